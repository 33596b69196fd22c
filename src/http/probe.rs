//! Whether the scan state takes scans, asked once for all who want to know.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::base::limits::SCAN_STATE_WAIT_MS;
use crate::scan::StateError;
use crate::scan::port::Durability;

/// An answer is good for whoever asks so much later.
const KEPT: Duration = Duration::from_millis(500);

/// What a store answered last. To answer, it writes and syncs something, for which
/// scans wait; and anybody may ask us.
#[derive(Default)]
pub struct Probe(Mutex<Option<(Instant, Answer)>>);

/// What an acknowledged scan survives, or why none is taken.
pub type Answer = Result<Durability, String>;

impl Probe {
    /// `ask` asks the store; it is left alone where somebody else asked just now.
    pub async fn of(&self, ask: impl Future<Output = Result<Durability, StateError>>) -> Answer {
        let mut last = self.0.lock().await;
        if let Some((at, answer)) = &*last
            && at.elapsed() < KEPT
        {
            return answer.clone();
        }
        let answer =
            match tokio::time::timeout(Duration::from_millis(SCAN_STATE_WAIT_MS), ask).await {
                Ok(answer) => answer.map_err(|e| e.to_string()),
                Err(_) => Err("the scan state gives no answer in time".to_owned()),
            };
        *last = Some((Instant::now(), answer.clone()));
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use futures::FutureExt;
    use futures::future::join_all;

    use super::*;

    #[tokio::test]
    async fn many_who_ask_at_once_ask_the_store_once() {
        let (probe, asked) = (Probe::default(), AtomicU32::new(0));
        let ask = || {
            probe.of(async {
                asked.fetch_add(1, Relaxed);
                tokio::task::yield_now().await;
                Err(StateError::Unavailable("away".to_owned()))
            })
        };
        let answers = join_all((0..100).map(|_| ask())).await;
        assert!(answers.iter().all(|answer| answer.as_ref().is_err_and(|e| e.contains("away"))));
        assert_eq!(asked.load(Relaxed), 1);
        tokio::time::sleep(KEPT).await;
        // Who goes away before the answer keeps nobody from it.
        assert!(probe.of(std::future::pending()).now_or_never().is_none());
        assert!(ask().await.is_err());
        assert_eq!(asked.load(Relaxed), 2);
    }
}
