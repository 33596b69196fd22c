//! How fast a worker follows the log of scans, beside what SQLite alone takes
//! for the rows that come of it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use futures::{StreamExt, stream};
use jiff::tz::TimeZone;
use rusqlite::{Connection, params};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use zhenma::app::follower::Follower;
use zhenma::base::UnixMs;
use zhenma::base::clock::SystemClock;
use zhenma::code::Layer;
use zhenma::code::Payload;
use zhenma::registry::service::renew;
use zhenma::registry::{BatchRef, Register};
use zhenma::scan::ledger::ScanLedger;
use zhenma::scan::service::Scanner;
use zhenma::scan::{CodeId, Cursor, Observation, Place, ScanState, Tag48};
use zhenma::store::embedded::EmbeddedState;
use zhenma::store::redis::RedisState;
use zhenma::store::sql::Ledger;

use crate::installation::{Installation, LABELS};
use crate::redis_server::RedisServer;
use crate::scans::{cpu_us, mix, observation};
use crate::{batch, kept};

const SCANS: u64 = 200_000;
const BATCHES: usize = 10;
/// Of so many scans one is of a code that was scanned before.
const AGAIN: u64 = 20;
const AT_ONCE: usize = 1_024;
/// Rows of one transaction of the baseline, as the follower's.
const ROWS: u64 = 2_000;

pub async fn table() {
    println!("\nFollowing {SCANS} scans of {BATCHES} batches, one in {AGAIN} of a code again\n");
    println!("| log | scans/s | us of processor time a scan | bytes of the ledger a scan |");
    println!("|---|---|---|---|");
    say("SQLite alone, the rows of the scans", rows_alone().await);
    let installation = Installation::with(BATCHES).await;
    let state = Arc::new(EmbeddedState::open(&installation.scans()).expect("opens"));
    say("embedded", follow(&installation, state).await);
    let Some(server) = RedisServer::start() else { return };
    server.command::<()>("CONFIG SET appendfsync everysec");
    let installation = Installation::with(BATCHES).await;
    let state = Arc::new(RedisState::open(&server.url()).await.expect("opens"));
    say("Redis, everysec", follow(&installation, state).await);
}

/// What following took.
struct Took {
    seconds: f64,
    /// Microseconds of processor time.
    cpu_us: f64,
    /// By which the ledger grew.
    bytes: u64,
}

fn say(log: &str, took: Took) {
    let (rate, cpu) = (SCANS as f64 / took.seconds, took.cpu_us / SCANS as f64);
    let bytes = took.bytes as f64 / SCANS as f64;
    println!("| {log} | {rate:.0} | {cpu:.1} | {bytes:.0} |");
    let value = json!({"log": log, "rate": rate, "cpu_us": cpu, "ledger_bytes": bytes});
    kept::keep("growth", "follow", value);
}

/// Bytes of all pages of a database, those in its write-ahead log included.
fn size(path: &Path) -> u64 {
    let file = Connection::open(path).expect("opens");
    let of = |pragma| file.pragma_query_value(None, pragma, |row| row.get::<_, u64>(0));
    of("page_count").expect("counted") * of("page_size").expect("told")
}

/// The `n`th scan: nearly all at home, each by another phone.
fn scan(of: &Installation, n: u64) -> (CodeId, Observation) {
    let code = if n.is_multiple_of(AGAIN) { n / 2 + 1 } else { n };
    let facts = &of.batches[(mix(code) % BATCHES as u64) as usize];
    let number = mix(code ^ 1 << 50) % LABELS;
    let serial = facts.permutation(Layer::Outer).serial_of(number);
    let BatchRef { key, batch } = facts.id;
    let payload = Payload { layer: Layer::Outer, key, batch, serial }.to_bytes();
    let place = if mix(n).is_multiple_of(33) { Place(4401) } else { Place(4116) };
    (
        CodeId { payload, number },
        Observation { place, device: Tag48::new(mix(n)), ..observation(n) },
    )
}

async fn follow(of: &Installation, state: Arc<dyn ScanState>) -> Took {
    let records = (0..SCANS).map(|n| {
        let (code, seen) = scan(of, n);
        state.record(code, seen)
    });
    let mut records = stream::iter(records).buffer_unordered(AT_ONCE);
    while let Some(done) = records.next().await {
        done.expect("recorded");
    }
    let register = Arc::new(ArcSwap::from_pointee(Register::default()));
    renew(&of.ledger, &register, UnixMs(0)).await.expect("a register");
    let scanner = batch::services(Arc::clone(&state)).scanner;
    let scanner = Scanner { register, ..scanner };
    let clock = Arc::new(SystemClock);
    let follower = Follower::new(scanner, of.ledger.clone(), clock, TimeZone::UTC);
    let stop = CancellationToken::new();
    let path = of.path().join("data/ledger.sqlite");
    let (begun, cpu, before) = (Instant::now(), cpu_us(), size(&path));
    let following = tokio::spawn(follower.run(stop.clone()));
    while !is_followed(&*state).await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (seconds, cpu_us) = (begun.elapsed().as_secs_f64(), cpu_us() - cpu);
    stop.cancel();
    following.await.expect("it ended well");
    let mut rows = 0;
    for batch in &of.batches {
        rows += of.ledger.scans_in(batch.id).await.expect("counted");
    }
    assert_eq!(rows, SCANS, "each scan is in the ledger once");
    Took { seconds, cpu_us, bytes: size(&path) - before }
}

async fn is_followed(state: &dyn ScanState) -> bool {
    for shard in 0..state.shards() {
        if !state.follow(shard, Cursor::START, 1).await.expect("read").is_empty() {
            return false;
        }
    }
    true
}

/// The same rows into the same table with its indices, and nothing else.
async fn rows_alone() -> Took {
    let installation = Installation::with(BATCHES).await;
    let path = installation.path().join("data/rows.sqlite");
    Ledger::open(&path, UnixMs(0)).await.expect("made").close().await;
    let mut file = Connection::open(&path).expect("opens");
    file.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA cache_size = -32768;
         INSERT INTO scan_logs (id, identity, log_major, log_minor) VALUES (1, x'00', 0, 0)",
    )
    .expect("set");
    let (begun, cpu, before) = (Instant::now(), cpu_us(), size(&path));
    for first in (0..SCANS).step_by(ROWS as usize) {
        let tx = file.transaction().expect("begun");
        for n in first..first + ROWS {
            put(&tx, &installation, n).expect("put");
        }
        tx.commit().expect("committed");
    }
    let seconds = begun.elapsed().as_secs_f64();
    Took { seconds, cpu_us: cpu_us() - cpu, bytes: size(&path) - before }
}

fn put(tx: &Connection, of: &Installation, n: u64) -> rusqlite::Result<usize> {
    let (code, seen) = scan(of, n);
    let batch =
        i64::from(u32::from_be_bytes([0, code.payload[4], code.payload[5], code.payload[6]]));
    tx.prepare_cached(
        "INSERT INTO scans (log, log_major, log_minor, payload, key_number, batch_number,
         label_number, seen_at, device, network, place, channel, marks, scan_tag)
         VALUES (1, ?1, 0, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, 'consumer', 0, ?9)",
    )?
    .execute(params![
        n.cast_signed(),
        code.payload,
        batch,
        code.number.cast_signed(),
        seen.at.0,
        seen.device.get().cast_signed(),
        seen.network,
        seen.place.0,
        seen.scan.get().cast_signed(),
    ])
}
