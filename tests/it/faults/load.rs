//! Writers that keep their own record of what was acknowledged.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use zhenma::base::limits::SCAN_STATE_WAIT_MS;
use zhenma::scan::{CodeId, Cursor, Observation, Recorded, ScanState, StateError, Tag48};

use crate::store_contract::bed::{code, scan, whole_log};

/// What is promised to whoever scans.
pub const ANSWER_MAX: Duration = Duration::from_secs(1);
/// A fault is over and the store must have noticed by then.
pub const RECOVERY_MAX: Duration = Duration::from_secs(20);
/// Few enough that no code has more than 64 scans in a test.
const CODES: u64 = 4_000;
/// Neighbours would share a block, and so a shard.
const APART: u64 = 256;

/// One call as the service makes it, in time or the test fails.
pub async fn call(
    state: &dyn ScanState,
    code: CodeId,
    seen: Observation,
) -> Result<Recorded, StateError> {
    let start = Instant::now();
    let wait = Duration::from_millis(SCAN_STATE_WAIT_MS);
    let answer = tokio::time::timeout(wait, state.record(code, seen)).await;
    assert!(start.elapsed() < ANSWER_MAX, "an answer took {:?}", start.elapsed());
    answer.unwrap_or_else(|_| Err(StateError::Unavailable("no answer in time".into())))
}

#[derive(Default)]
struct Counts {
    acknowledged: AtomicU64,
    failed: AtomicU64,
}

/// Writers at work.
pub struct Load {
    state: Arc<dyn ScanState>,
    stop: Arc<AtomicBool>,
    counts: Arc<Counts>,
    writers: Vec<JoinHandle<Vec<(CodeId, Tag48)>>>,
}

impl Load {
    pub fn start(state: Arc<dyn ScanState>, writers: u64) -> Self {
        let (stop, counts) = (Arc::new(AtomicBool::new(false)), Arc::new(Counts::default()));
        let writers = (0..writers)
            .map(|w| tokio::spawn(write(state.clone(), w << 32, stop.clone(), counts.clone())))
            .collect();
        Self { state, stop, counts, writers }
    }

    pub fn failed(&self) -> u64 {
        self.counts.failed.load(Ordering::Relaxed)
    }

    /// Waits until this many more scans were acknowledged.
    pub async fn progress(&self, more: u64) {
        let goal = self.counts.acknowledged.load(Ordering::Relaxed) + more;
        eventually("scans are acknowledged", || async {
            self.counts.acknowledged.load(Ordering::Relaxed) >= goal
        })
        .await;
    }

    /// Waits until this many more calls have failed.
    pub async fn failures(&self, more: u64) {
        let goal = self.failed() + more;
        eventually("calls fail", || async { self.failed() >= goal }).await;
    }

    /// Stops the writers and compares their record with the store.
    pub async fn finish(self) {
        let (_, lost) = self.lost().await;
        assert_eq!(lost, 0, "acknowledged scans that are not in the log");
    }

    /// Stops the writers and counts what was acknowledged, and what of it is gone. What
    /// is there is there once, in history and log alike.
    pub async fn lost(self) -> (u64, u64) {
        let (state, acknowledged) = self.stop().await;
        assert!(!acknowledged.is_empty());
        for shard in 0..state.shards() {
            eventually("every log can be followed", || async {
                state.follow(shard, Cursor::START, 1).await.is_ok()
            })
            .await;
        }
        let log = whole_log(&*state).await;
        let mut logged: HashMap<(CodeId, Tag48), u32> = HashMap::new();
        for entry in &log {
            *logged.entry((entry.code, entry.seen.scan)).or_default() += 1;
        }
        assert!(logged.values().all(|n| *n == 1), "a scan is in the log twice");
        let lost = acknowledged.iter().filter(|scan| !logged.contains_key(scan)).count();
        let mut scans: HashMap<CodeId, Vec<Observation>> = HashMap::new();
        for entry in log {
            scans.entry(entry.code).or_default().push(entry.seen);
        }
        for (code, logged) in scans {
            let history = state.peek(code).await.expect("read");
            assert_eq!(history.observations, logged, "history and log agree");
        }
        (acknowledged.len() as u64, lost as u64)
    }

    async fn stop(self) -> (Arc<dyn ScanState>, Vec<(CodeId, Tag48)>) {
        self.stop.store(true, Ordering::Relaxed);
        let mut acknowledged = Vec::new();
        for writer in self.writers {
            acknowledged.extend(writer.await.expect("a writer saw nothing wrong"));
        }
        (self.state, acknowledged)
    }
}

async fn write(
    state: Arc<dyn ScanState>,
    first: u64,
    stop: Arc<AtomicBool>,
    counts: Arc<Counts>,
) -> Vec<(CodeId, Tag48)> {
    let mut acknowledged = Vec::new();
    let mut n = first;
    while !stop.load(Ordering::Relaxed) {
        let (code, seen) = (code(n % CODES * APART), scan(n));
        match call(&*state, code, seen).await {
            Ok(recorded) => {
                let own = recorded.history.observations[recorded.position];
                assert_eq!(own, seen);
                counts.acknowledged.fetch_add(1, Ordering::Relaxed);
                acknowledged.push((code, seen.scan));
                n += 1;
            }
            // The same scan again, as a phone that got no answer does.
            Err(_) => {
                counts.failed.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
    acknowledged
}

/// Polls until it holds.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let deadline = Instant::now() + RECOVERY_MAX;
    while !holds().await {
        assert!(Instant::now() < deadline, "not within {RECOVERY_MAX:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
