//! Throughput and latency of the scan states by number of writers, beside
//! floors that do the same writes and nothing else; and what a scanned code
//! costs Redis in memory. Prints Markdown. `cargo bench --bench store`

#[path = "../tests/it/need.rs"]
mod need;
#[path = "../tests/it/redis_server.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod redis_server;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, join_all};
use redis_server::RedisServer;
use rusqlite::{Connection, params};
use zhenma::base::UnixMs;
use zhenma::scan::{Channel, CodeId, Cursor, Marks, Observation, Place, ScanState, Tag48};
use zhenma::store::embedded::EmbeddedState;
use zhenma::store::redis::RedisState;

const RUN: Duration = Duration::from_secs(2);
const WRITERS: [usize; 5] = [1, 16, 64, 256, 1024];
/// Labels of the batch that the codes come from.
const BATCH: u64 = 1_000_000;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    println!("| store | writers | scans/s | p50 ms | p99 ms |\n|---|---|---|---|---|");
    runtime.block_on(embedded());
    for fsync in ["always", "everysec"] {
        runtime.block_on(redis(fsync));
    }
    println!();
    println!("| Redis memory | bytes a code | bytes a log line |\n|---|---|---|");
    for (each, of) in [(1, 1), (1, 10), (1, 100)] {
        for scans in 1..=3 {
            runtime.block_on(memory(each, of, scans));
        }
    }
}

/// One scan of a code of the batch, by its place in the run.
fn some(n: u64) -> (CodeId, Observation) {
    (label(mix(n) % BATCH), observation(n))
}

fn label(number: u64) -> CodeId {
    let mut payload = [0x10, 0, 0, 1, 0, 0, 7, 0, 0, 0, 0, 0];
    payload[7..].copy_from_slice(&mix(number).to_be_bytes()[3..]);
    CodeId { payload, number }
}

fn observation(n: u64) -> Observation {
    Observation {
        at: UnixMs(1_790_000_000_000 + n.cast_signed()),
        device: Tag48::new(mix(n)),
        network: 0x0a00_0000,
        place: Place(4101),
        spot: None,
        channel: Channel::Consumer,
        marks: Marks::default(),
        scan: Tag48::new(mix(n) >> 7),
    }
}

/// Splitmix64's last step.
fn mix(n: u64) -> u64 {
    let z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

type Work = Arc<dyn Fn(u64) -> BoxFuture<'static, ()> + Send + Sync>;

/// Lets the writers work for `RUN` and prints a line.
async fn measure(name: &str, writers: usize, next: &Arc<AtomicU64>, work: Work) {
    let end = Instant::now() + RUN;
    let tasks = (0..writers).map(|_| {
        let (next, work) = (next.clone(), work.clone());
        tokio::spawn(async move {
            let mut took = Vec::new();
            while Instant::now() < end {
                let start = Instant::now();
                work(next.fetch_add(1, Ordering::Relaxed)).await;
                took.push(start.elapsed());
            }
            took
        })
    });
    let start = Instant::now();
    let done = join_all(tasks).await;
    let seconds = start.elapsed().as_secs_f64();
    let mut took: Vec<Duration> = done.into_iter().flat_map(|t| t.expect("a writer")).collect();
    took.sort_unstable();
    #[allow(clippy::cast_precision_loss, reason = "a rate")]
    let rate = took.len() as f64 / seconds;
    let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!("| {name} | {writers} | {rate:.0} | {:.2} | {:.2} |", at(50), at(99));
}

fn recording(state: Arc<dyn ScanState>) -> Work {
    Arc::new(move |n| {
        let state = state.clone();
        Box::pin(async move {
            let (code, seen) = some(n);
            state.record(code, seen).await.expect("recorded");
        })
    })
}

async fn embedded() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("scans.sqlite");
    let state = Arc::new(EmbeddedState::open(&path).expect("opens"));
    let next = Arc::new(AtomicU64::new(0));
    for writers in WRITERS {
        measure("embedded", writers, &next, recording(state.clone())).await;
    }
    drop(state);
    for group in WRITERS {
        bare_sqlite(&folder.path().join(format!("floor-{group}.sqlite")), group);
    }
}

/// The same rows in groups of the same size by one thread that does nothing
/// else: what SQLite and the disk give at best.
fn bare_sqlite(path: &std::path::Path, group: usize) {
    let mut file = Connection::open(path).expect("opens");
    file.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE history (code BLOB PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;
         CREATE TABLE log (seq INTEGER PRIMARY KEY, code BLOB, number INTEGER, observation BLOB);",
    )
    .expect("made");
    let (start, mut n, mut took) = (Instant::now(), 0, Vec::new());
    while start.elapsed() < RUN {
        let began = Instant::now();
        let tx = file.transaction().expect("begun");
        for _ in 0..group {
            let (code, seen) = some(n);
            n += 1;
            let seen = seen.to_bytes();
            tx.prepare_cached("INSERT OR REPLACE INTO history VALUES (?1, ?2)")
                .and_then(|mut put| put.execute(params![code.payload, seen]))
                .expect("written");
            tx.prepare_cached("INSERT INTO log (code, number, observation) VALUES (?1, ?2, ?3)")
                .and_then(|mut put| put.execute(params![code.payload, 7, seen]))
                .expect("written");
        }
        tx.commit().expect("committed");
        took.push(began.elapsed());
    }
    took.sort_unstable();
    #[allow(clippy::cast_precision_loss, reason = "a rate")]
    let rate = n as f64 / start.elapsed().as_secs_f64();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!(
        "| floor: bare SQLite, groups of | {group} | {rate:.0} | {:.2} | {:.2} |",
        at(50),
        at(99)
    );
}

async fn redis(fsync: &str) {
    let Some(server) = RedisServer::start() else { return };
    server.command::<()>(&format!("CONFIG SET appendfsync {fsync}"));
    let state = Arc::new(RedisState::open(&server.url()).await.expect("opens"));
    let next = Arc::new(AtomicU64::new(0));
    for writers in WRITERS {
        // The log of a run would reach its bound in the next.
        forget_logs(&*state).await;
        measure(&format!("Redis {fsync}"), writers, &next, recording(state.clone())).await;
    }
    server.command::<()>("FLUSHALL");
    let floor = bare_redis(&server).await;
    for writers in WRITERS {
        let name = format!("floor: bare EVALSHA, {fsync}");
        measure(&name, writers, &next, floor.clone()).await;
    }
}

/// One call a scan of a script that only writes, on one connection.
async fn bare_redis(server: &RedisServer) -> Work {
    const WRITES: &str = "redis.call('HSET', KEYS[1]..ARGV[1], ARGV[2], ARGV[3])
        redis.call('XADD', KEYS[1], '*', 's', ARGV[3]) return ARGV[3]";
    let client = redis::Client::open(server.url()).expect("a URL");
    let mut connection = client.get_multiplexed_async_connection().await.expect("connected");
    let script: String = redis::cmd("SCRIPT")
        .arg("LOAD")
        .arg(WRITES)
        .query_async(&mut connection)
        .await
        .expect("loaded");
    Arc::new(move |n| {
        let (mut connection, script) = (connection.clone(), script.clone());
        Box::pin(async move {
            let (code, seen) = some(n);
            let block = (code.number >> 8).to_be_bytes();
            let _: Vec<u8> = redis::cmd("EVALSHA")
                .arg(script)
                .arg(1)
                .arg("floor")
                .arg(&block[..])
                .arg(code.number & 255)
                .arg(&seen.to_bytes()[..])
                .query_async(&mut connection)
                .await
                .expect("written");
        })
    })
}

async fn forget_logs(state: &dyn ScanState) {
    let everything = Cursor { major: u64::MAX, minor: 0 };
    for shard in 0..state.shards() {
        state.trim(shard, everything).await.expect("trimmed");
    }
}

/// 200 000 codes, each `each` of `of` in a batch, with `scans` scans.
async fn memory(each: u64, of: u64, scans: u64) {
    const CODES: u64 = 200_000;
    let Some(server) = RedisServer::start() else { return };
    server.command::<()>("CONFIG SET appendonly no");
    let used = || -> f64 {
        let info: String = server.command("INFO memory");
        let line = info.lines().find_map(|l| l.strip_prefix("used_memory:")).expect("a line");
        line.trim().parse().expect("a number")
    };
    let state = RedisState::open(&server.url()).await.expect("opens");
    state.record(label(0), observation(0)).await.expect("recorded");
    forget_logs(&state).await;
    let before = used();
    // Every code of the batch is scanned with the same probability.
    let codes: Vec<u64> = (0..).filter(|n| mix(*n) % of < each).take(200_000).collect();
    for round in 0..scans {
        for some in codes.chunks(1_000) {
            let calls = some.iter().map(|n| state.record(label(*n), observation(n * 4 + round)));
            for done in join_all(calls).await {
                done.expect("recorded");
            }
        }
    }
    let with_logs = used();
    forget_logs(&state).await;
    let histories = used();
    #[allow(clippy::cast_precision_loss, reason = "small")]
    let (codes, lines) = (CODES as f64, (CODES * scans) as f64);
    println!(
        "| {} % of a batch, scans each: {scans} | {:.0} | {:.0} |",
        100 * each / of,
        (histories - before) / codes,
        (with_logs - histories) / lines
    );
}
