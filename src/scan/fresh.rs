//! How old what a server knows of the ledger is.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::{Duration, Instant};

use crate::base::limits::REGISTER_AGE_S_MAX;

/// When keys, register, policies and evidence were last renewed, by a clock that does
/// not step and goes on while the process is stopped. What was never renewed is not
/// kept by anybody, and does not age: tools and tests have it once for all.
pub struct Freshness {
    start: Instant,
    /// Milliseconds from the start; 0 is never.
    renewed: AtomicU64,
    failed: AtomicBool,
}

/// A renewal, in milliseconds from the start; 0 is none.
#[derive(Clone, Copy, Debug)]
pub struct Mark(u64);

impl Default for Freshness {
    fn default() -> Self {
        Self { start: Instant::now(), renewed: AtomicU64::new(0), failed: AtomicBool::new(false) }
    }
}

impl Freshness {
    /// All of it was read, and is what stood in the ledger at `begun`.
    pub fn renewed(&self, begun: Instant) {
        // Behind what was read: who sees the mark sees no older register.
        self.renewed.store(self.at(begun), Release);
        self.failed.store(false, Relaxed);
    }

    /// It could not be read; what was read before stays.
    pub fn not_renewed(&self) {
        self.failed.store(true, Relaxed);
    }

    /// Whether the last look at the ledger was answered.
    pub fn is_fresh(&self) -> bool {
        !self.failed.load(Relaxed)
    }

    /// How old what is read from now on is at most.
    pub fn mark(&self) -> Mark {
        Mark(self.renewed.load(Acquire))
    }

    /// Whether a label may have been recalled, put on sale or issued since, and who read
    /// behind `mark` would not know.
    pub fn is_old(&self, mark: Mark, now: Instant) -> bool {
        let age = Duration::from_millis(self.at(now).saturating_sub(mark.0));
        mark.0 > 0 && age > Duration::from_secs(REGISTER_AGE_S_MAX)
    }

    fn at(&self, instant: Instant) -> u64 {
        let since = instant.saturating_duration_since(self.start).as_millis();
        u64::try_from(since).unwrap_or(u64::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_ages_from_when_its_reading_began() {
        let fresh = Freshness::default();
        let at = |s| fresh.start + Duration::from_secs(s);
        let is_old = |s| fresh.is_old(fresh.mark(), at(s));
        assert!(fresh.is_fresh() && !is_old(3_600), "nobody keeps it");
        fresh.renewed(at(5));
        assert!(!is_old(5 + REGISTER_AGE_S_MAX));
        assert!(is_old(6 + REGISTER_AGE_S_MAX));
        fresh.not_renewed();
        assert!(!fresh.is_fresh() && !is_old(6), "it was read a second ago");
        let mark = fresh.mark();
        fresh.renewed(at(60));
        assert!(fresh.is_fresh() && !is_old(61));
        assert!(fresh.is_old(mark, at(61)), "what was read before is as old as it was");
    }
}
