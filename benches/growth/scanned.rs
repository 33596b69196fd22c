//! With the codes that were scanned: one in ten labels of a batch of a million,
//! batch after batch.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use futures::{StreamExt, stream};
use rusqlite::{Connection, params};
use serde_json::json;
use zhenma::scan::{CodeId, History, ScanState};
use zhenma::store::embedded::EmbeddedState;
use zhenma::store::redis::RedisState;

use crate::redis_server::RedisServer;
use crate::scans::{
    Run, Until, Work, forget_logs, label, mix, observation, recording, redis_bytes, run,
};
use crate::{ROUNDS, WRITERS, kept};

/// Scanned labels of one batch, and labels for each of these.
const OF_A_BATCH: u64 = 100_000;
const ONE_OF: u64 = 10;
/// A prime above all counts: multiplied by it numbers are scattered.
const PRIME: u64 = 999_999_937;
/// Codes that are recorded at once to fill Redis, and between two trims.
const AT_ONCE: usize = 2_048;
const UNTRIMMED: u64 = 500_000;

/// The `i`th code that was scanned; with a `beside` of 1 to 9, a neighbour
/// that was not.
fn scanned(i: u64, beside: u64) -> CodeId {
    let number = i % OF_A_BATCH * ONE_OF + (mix(i) + beside) % ONE_OF;
    label(u32::try_from(1 + i / OF_A_BATCH).expect("few batches"), number)
}

const fn scattered(n: u64, of: u64) -> u64 {
    n * PRIME % of
}

/// Writes the rows that the state would have after the first scans of the
/// codes `from..to`, in an order as theirs would be.
pub fn fill_sqlite(path: &Path, from: u64, to: u64) {
    drop(EmbeddedState::open(path).expect("made"));
    let mut file = Connection::open(path).expect("opens");
    file.execute_batch("PRAGMA cache_size = -1048576; PRAGMA synchronous = OFF").expect("set");
    let tx = file.transaction().expect("begun");
    {
        let put = "INSERT INTO history (code, bytes) VALUES (?1, ?2)";
        let mut put = tx.prepare(put).expect("prepared");
        for n in 0..to - from {
            let i = from + scattered(n, to - from);
            let mut history = History::default();
            history.fold(observation(i));
            put.execute(params![scanned(i, 0).payload, history.to_bytes()]).expect("put");
        }
    }
    tx.commit().expect("committed");
    let truncated = file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    truncated.expect("written");
}

/// Records the first scans of the codes `from..to`.
pub async fn fill_redis(state: &dyn ScanState, from: u64, to: u64) {
    for first in (from..to).step_by(UNTRIMMED as usize) {
        let codes = first..to.min(first + UNTRIMMED);
        let scans = codes.map(|i| state.record(scanned(i, 0), observation(i)));
        let mut scans = stream::iter(scans).buffer_unordered(AT_ONCE);
        while let Some(done) = scans.next().await {
            done.expect("recorded");
        }
        forget_logs(state).await;
    }
}

/// A Redis that is filled quickly.
pub fn quick_redis() -> Option<RedisServer> {
    let server = RedisServer::start()?;
    server.command::<()>("CONFIG SET auto-aof-rewrite-percentage 0");
    server.command::<()>("CONFIG SET appendonly no");
    Some(server)
}

/// From now on it keeps what it holds, and syncs once a second.
pub fn keep_everysec(server: &RedisServer) {
    server.command::<()>("CONFIG SET appendfsync everysec");
    server.command::<()>("CONFIG SET appendonly yes");
    let busy =
        |info: &str| info.contains("rewrite_in_progress:1") || info.contains("rewrite_scheduled:1");
    while busy(&server.command::<String>("INFO persistence")) {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// What was measured at one count.
struct Point {
    codes: u64,
    bytes_a_code: f64,
    new: Run,
    second: Run,
    peek: Run,
}

pub async fn curves(most: u64) {
    let counts: Vec<u64> = [1_000, 10_000, 100_000, 1_000_000, 10_000_000]
        .into_iter()
        .filter(|n| *n <= most)
        .collect();
    print("embedded", &on_sqlite(&counts).await);
    if let Some(points) = on_redis(&counts).await {
        print("Redis, everysec", &points);
    }
}

async fn on_sqlite(counts: &[u64]) -> Vec<Point> {
    let mut points = Vec::new();
    for codes in counts {
        // Each count in a file of its own: what was measured before adds codes.
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("scans.sqlite");
        fill_sqlite(&path, 0, *codes);
        let bytes = std::fs::metadata(&path).expect("there").len() as f64;
        let state = Arc::new(EmbeddedState::open(&path).expect("opens"));
        points.push(measure(state, *codes, bytes, None).await);
    }
    points
}

async fn on_redis(counts: &[u64]) -> Option<Vec<Point>> {
    let mut points = Vec::new();
    for codes in counts {
        let server = quick_redis()?;
        let state = RedisState::open(&server.url()).await.expect("opens");
        let empty = redis_bytes(&server);
        fill_redis(&state, 0, *codes).await;
        let bytes = redis_bytes(&server) - empty;
        keep_everysec(&server);
        points.push(measure(Arc::new(state), *codes, bytes, Some(&server)).await);
    }
    Some(points)
}

async fn measure(
    state: Arc<dyn ScanState>,
    codes: u64,
    bytes: f64,
    redis: Option<&RedisServer>,
) -> Point {
    let each = (codes / 5).clamp(1_000, 20_000);
    // Of each kind its own scan ids, and codes that no other takes.
    let new = move |n| scanned(scattered(n, codes), 1 + n / codes % 9);
    let again = move |n: u64| scanned(scattered(n + 7, codes), 0);
    let works: [Work; 3] = [
        recording(Arc::clone(&state), new),
        recording(Arc::clone(&state), again),
        peeking(Arc::clone(&state), again),
    ];
    let mut runs: [Vec<Run>; 3] = Default::default();
    let next = [0, 1 << 40, 1 << 41].map(AtomicU64::new);
    for _ in 0..ROUNDS {
        for (kind, work) in works.iter().enumerate() {
            let done = run(WRITERS, Until::Done(each), &next[kind], work, redis).await;
            runs[kind].push(done);
            forget_logs(&*state).await;
        }
    }
    let [new, second, peek] = runs.map(|runs| Run::median(&runs));
    Point { codes, bytes_a_code: bytes / codes as f64, new, second, peek }
}

fn peeking(state: Arc<dyn ScanState>, of: impl Fn(u64) -> CodeId + Send + Sync + 'static) -> Work {
    Arc::new(move |n| {
        let (state, code) = (Arc::clone(&state), of(n));
        Box::pin(async move {
            let history = state.peek(code).await.expect("looked at");
            assert!(history.count() > 0);
        })
    })
}

fn print(store: &str, points: &[Point]) {
    println!("\nCodes scanned, {store}, {WRITERS} at once: us a scan, of them processor time\n");
    println!("| codes scanned | bytes a code | first scan | second scan | look |");
    println!("|---|---|---|---|---|");
    let of = |run: &Run| format!("{:.1}, {:.1}", 1e6 / run.rate, run.all_cpu_us());
    for p in points {
        let (new, second, peek) = (of(&p.new), of(&p.second), of(&p.peek));
        println!("| {} | {:.0} | {new} | {second} | {peek} |", p.codes, p.bytes_a_code);
        let value = json!({
            "store": store, "codes": p.codes, "bytes_a_code": p.bytes_a_code,
            "new": p.new, "second": p.second, "peek": p.peek,
        });
        kept::keep("growth", "scanned", value);
    }
}
