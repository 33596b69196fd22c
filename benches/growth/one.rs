//! With the scans of one code: its history is bounded.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde_json::json;
use zhenma::scan::ScanState;
use zhenma::store::embedded::EmbeddedState;
use zhenma::store::redis::RedisState;

use crate::redis_server::RedisServer;
use crate::scans::{Run, Until, forget_logs, label, recording, run};
use crate::{WRITERS, kept};

/// Scans at which the next are measured.
const AT: [u64; 6] = [0, 100, 1_000, 10_000, 100_000, 1_000_000];
/// Scans of one measurement, and between two trims.
const EACH: u64 = 5_000;
const UNTRIMMED: u64 = 250_000;

pub async fn curves() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let state = EmbeddedState::open(&folder.path().join("scans.sqlite")).expect("opens");
    let embedded = curve(Arc::new(state), None).await;
    let Some(server) = RedisServer::start() else { return };
    server.command::<()>("CONFIG SET appendfsync everysec");
    let state = RedisState::open(&server.url()).await.expect("opens");
    let redis = curve(Arc::new(state), Some(&server)).await;
    println!("\nScans of one code, {WRITERS} at once: us a scan, of them processor time\n");
    println!("| scans before | embedded | Redis, everysec |\n|---|---|---|");
    let of = |run: &Run| format!("{:.1}, {:.1}", 1e6 / run.rate, run.all_cpu_us());
    for ((at, embedded), redis) in AT.into_iter().zip(embedded).zip(redis) {
        println!("| {at} | {} | {} |", of(&embedded), of(&redis));
        let value = json!({"scans": at, "embedded": embedded, "redis": redis});
        kept::keep("growth", "scans of one code", value);
    }
}

async fn curve(state: Arc<dyn ScanState>, redis: Option<&RedisServer>) -> Vec<Run> {
    let work = recording(Arc::clone(&state), |_| label(1, 1));
    let next = AtomicU64::new(0);
    let mut points = Vec::new();
    for at in AT {
        loop {
            let left = at.saturating_sub(next.load(std::sync::atomic::Ordering::Relaxed));
            if left == 0 {
                break;
            }
            run(WRITERS, Until::Done(left.min(UNTRIMMED)), &next, &work, redis).await;
            forget_logs(&*state).await;
        }
        points.push(run(WRITERS, Until::Done(EACH), &next, &work, redis).await);
        forget_logs(&*state).await;
    }
    points
}
