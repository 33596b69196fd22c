//! Scans a second that each store records, by number of writers, beside
//! baselines that take turns with it in the same run: SQLite alone with the
//! same writers and the same rows, and bare script calls on one connection.
//! Then what a scanned code costs Redis in memory. Prints Markdown.
//! `cargo bench --bench store [-- ROUNDS [embedded] [everysec] [always] [memory]]`
//!
//! The share is of the rates of one round, and the median of the rounds counts.

mod floors;
mod kept;
#[path = "../tests/it/need.rs"]
mod need;
#[path = "../tests/it/redis_server.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod redis_server;
#[allow(dead_code, reason = "growth needs more of it")]
mod scans;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use floors::BareSqlite;
use futures::future::join_all;
use redis_server::RedisServer;
use scans::{
    Run, Until, Work, forget_logs, label, median, mix, observation, recording, redis_bytes,
};
use serde_json::json;
use zhenma::scan::{CodeId, ScanState};
use zhenma::store::embedded::EmbeddedState;
use zhenma::store::redis::RedisState;

const RUN: Duration = Duration::from_secs(1);
const WRITERS: [usize; 5] = [1, 16, 64, 256, 1024];
const ROUNDS: usize = 5;
const PARTS: [&str; 4] = ["embedded", "everysec", "always", "memory"];
/// Labels of the batch that the codes come from.
const BATCH: u64 = 1_000_000;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let rounds = words.iter().find_map(|word| word.parse().ok()).unwrap_or(ROUNDS);
    let named = PARTS.into_iter().filter(|part| words.iter().any(|word| word == part));
    let named: Vec<&str> = named.collect();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for part in if named.is_empty() { PARTS.to_vec() } else { named } {
        match part {
            "embedded" => runtime.block_on(embedded(rounds)),
            "memory" => runtime.block_on(memory_by_density()),
            fsync => runtime.block_on(on_redis(fsync, rounds)),
        }
    }
}

/// Of the `n`th scan the code: some label of the batch.
fn some(n: u64) -> CodeId {
    label(7, mix(n) % BATCH)
}

/// What takes its turn in a round.
struct Variant {
    name: &'static str,
    work: Work,
    next: AtomicU64,
    log: Log,
    redis: Option<RedisServer>,
    runs: [Vec<Run>; WRITERS.len()],
}

/// Who keeps the log that is emptied between runs, as a worker would.
enum Log {
    Ours(Arc<dyn ScanState>),
    Sqlite(BareSqlite),
    Streams,
}

impl Variant {
    fn new(name: &'static str, work: Work, log: Log, redis: Option<RedisServer>) -> Self {
        Self { name, work, next: AtomicU64::new(0), log, redis, runs: Default::default() }
    }

    async fn take_turn(&mut self, at: usize) {
        let until = Until::After(RUN);
        let redis = self.redis.as_ref();
        let run = scans::run(WRITERS[at], until, &self.next, &self.work, redis).await;
        self.runs[at].push(run);
        match (&self.log, redis) {
            (Log::Ours(state), _) => forget_logs(&**state).await,
            (Log::Sqlite(floor), _) => floor.forget().await,
            (Log::Streams, Some(redis)) => floors::forget_streams(redis),
            (Log::Streams, None) => {}
        }
    }
}

async fn embedded(rounds: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let state = EmbeddedState::open(&folder.path().join("scans.sqlite")).expect("opens");
    let state: Arc<dyn ScanState> = Arc::new(state);
    let floor = BareSqlite::open(&folder.path().join("floor.sqlite"));
    let ours = recording(Arc::clone(&state), some);
    let variants = vec![
        Variant::new("embedded", ours, Log::Ours(state), None),
        Variant::new("SQLite alone", floor.work(), Log::Sqlite(floor), None),
    ];
    compare("embedded", variants, rounds).await;
}

async fn on_redis(fsync: &str, rounds: usize) {
    let server = || {
        let server = RedisServer::start()?;
        server.command::<()>(&format!("CONFIG SET appendfsync {fsync}"));
        Some(server)
    };
    let (Some(ours), Some(fold), Some(write)) = (server(), server(), server()) else { return };
    let state = RedisState::open(&ours.url()).await.expect("opens");
    let state: Arc<dyn ScanState> = Arc::new(state);
    let recorded = recording(Arc::clone(&state), some);
    let (folded, written) = (floors::bare_fold(&fold).await, floors::bare_write(&write).await);
    let variants = vec![
        Variant::new("Redis", recorded, Log::Ours(state), Some(ours)),
        Variant::new("fold.lua, a call a scan", folded, Log::Streams, Some(fold)),
        Variant::new("minimal script, a call a scan", written, Log::Streams, Some(write)),
    ];
    compare(fsync, variants, rounds).await;
}

/// Lets the variants take turns and prints their table; the first is ours.
async fn compare(store: &str, mut variants: Vec<Variant>, rounds: usize) {
    for _ in 0..rounds {
        for at in 0..WRITERS.len() {
            for variant in &mut variants {
                variant.take_turn(at).await;
            }
        }
    }
    println!(
        "\n{store}: scans/s · p50 / p99 ms · us of processor time a scan, Redis's own after +; share\n"
    );
    let names: Vec<_> = variants.iter().map(|variant| variant.name).collect();
    println!("| writers | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()));
    for (at, writers) in WRITERS.into_iter().enumerate() {
        print!("| {writers} |");
        for variant in &variants {
            let m = Run::median(&variant.runs[at]);
            print!(" {:.0} · {:.2} / {:.2} · {:.1}", m.rate, m.p50_ms, m.p99_ms, m.cpu_us);
            if variant.redis.is_some() {
                print!(" + {:.1}", m.redis_cpu_us);
            }
            let rates = variants[0].runs[at].iter().zip(&variant.runs[at]);
            let share = median(rates.map(|(ours, other)| ours.rate / other.rate).collect());
            if variant.name != names[0] {
                print!(" · {share:.2}");
            }
            print!(" |");
            let what = format!("{store}, {}, {writers} writers", variant.name);
            kept::keep("store", &what, json!({"writers": writers, "run": m, "share": share}));
        }
        println!();
    }
}

async fn memory_by_density() {
    println!("\n| Redis memory | bytes a code | bytes a log line |\n|---|---|---|");
    for of in [1, 10, 100] {
        for scans in 1..=3 {
            memory(of, scans).await;
        }
    }
}

/// 200 000 codes, one `of` so many of a batch, with `scans` scans.
async fn memory(of: u64, scans: u64) {
    const CODES: usize = 200_000;
    let Some(server) = RedisServer::start() else { return };
    server.command::<()>("CONFIG SET appendonly no");
    let state = RedisState::open(&server.url()).await.expect("opens");
    state.record(label(7, 0), observation(0)).await.expect("recorded");
    forget_logs(&state).await;
    let before = redis_bytes(&server);
    // Every code of the batch is scanned with the same probability.
    let codes: Vec<u64> = (0..).filter(|n| mix(*n).is_multiple_of(of)).take(CODES).collect();
    for round in 0..scans {
        for some in codes.chunks(1_000) {
            let calls = some.iter().map(|n| state.record(label(7, *n), observation(n * 4 + round)));
            for done in join_all(calls).await {
                done.expect("recorded");
            }
        }
    }
    let with_logs = redis_bytes(&server);
    forget_logs(&state).await;
    let histories = redis_bytes(&server);
    let a_code = (histories - before) / CODES as f64;
    let a_line = (with_logs - histories) / (CODES as u64 * scans) as f64;
    println!("| 1 of {of} of a batch, scans each: {scans} | {a_code:.0} | {a_line:.0} |");
    let what = format!("Redis bytes a code, 1 of {of}, {scans} scans");
    kept::keep("store", &what, a_code);
}
