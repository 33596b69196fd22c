//! Adapters: what the domains' ports ask for, on concrete stores. Only `app`
//! names one of them. Each backend is native to its store and shares no code
//! with the others; one contract suite tries what the ports promise.

pub mod embedded;
pub mod frozen;
pub mod geo;
pub mod mail;
pub mod redis;
pub mod sql;

use std::time::Duration;

use crate::base::limits::{SCAN_LOG_ENTRIES_MAX, SCAN_STATE_QUEUE_MAX};

const LOCK_WAIT: Duration = Duration::from_millis(500);

/// Bounds of a scan state; a test sets smaller ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Entries of one shard's log that nobody has followed and trimmed yet.
    pub log_entries_max: u64,
    /// Calls waiting for the store; one more is refused at once.
    pub queue_max: usize,
    /// How long a scan waits for a lock that another process holds on the
    /// embedded file: below `SCAN_STATE_WAIT_MS`, so that its caller is told
    /// why.
    pub lock_wait: Duration,
}

/// Tells the metrics how many scans go to the store together, and how many wait behind them.
fn told_of_batch(scans: usize, behind: usize) {
    #[allow(clippy::cast_precision_loss, reason = "counts of what waits in a bounded queue")]
    let (batch, waited) = (scans as f64, (scans + behind) as f64);
    metrics::histogram!("zhenma_scan_batch_scans").record(batch);
    metrics::gauge!("zhenma_scan_queue_scans").set(waited);
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            log_entries_max: SCAN_LOG_ENTRIES_MAX,
            queue_max: SCAN_STATE_QUEUE_MAX,
            lock_wait: LOCK_WAIT,
        }
    }
}
