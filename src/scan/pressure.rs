//! Whether more comes than can be answered.
//!
//! The sign of it is how long work that is ready waits for a processor. A wait now and
//! then is a burst, and passes; one that has lasted for [`Pressure::LASTING`] will not
//! go away by itself (the rule of CoDel, RFC 8289). From then on whoever comes while
//! the wait is long is sent away at once, so that the others are answered soon, until
//! it was short for as long. Only who is let in finds out how long the wait is, so some
//! always are ([`Signatures::is_too_much`](super::signatures::Signatures::is_too_much)).

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// How long ready work waits.
pub struct Pressure {
    start: Instant,
    /// All in microseconds from the start; 0 is never.
    wait_us: AtomicU64,
    noted: AtomicU64,
    long_since: AtomicU64,
    strained_until: AtomicU64,
}

impl Default for Pressure {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            wait_us: AtomicU64::default(),
            noted: AtomicU64::default(),
            long_since: AtomicU64::default(),
            strained_until: AtomicU64::default(),
        }
    }
}

impl Pressure {
    /// A longer wait is one too many.
    pub const LONG: Duration = Duration::from_millis(5);
    /// A burst is over by then.
    pub const LASTING: Duration = Duration::from_millis(100);
    /// What was noted longer ago says nothing of now.
    const STALE: Duration = Duration::from_millis(50);

    /// Notes that something ready at `ready` came to its turn at `turn`.
    pub fn note(&self, ready: Instant, turn: Instant) {
        let (wait, now) = (us(turn.saturating_duration_since(ready)), self.at(turn));
        let is_new = now.saturating_sub(self.noted.load(Relaxed)) > us(Self::STALE);
        self.wait_us.store(wait, Relaxed);
        self.noted.store(now, Relaxed);
        if wait <= us(Self::LONG) {
            return self.long_since.store(0, Relaxed);
        }
        let since = match self.long_since.load(Relaxed) {
            since @ 1.. if !is_new => since,
            _ => {
                self.long_since.store(now, Relaxed);
                now
            }
        };
        if now - since.min(now) >= us(Self::LASTING) || self.is_strained(now) {
            self.strained_until.store(now + us(Self::LASTING), Relaxed);
        }
    }

    /// Whether who comes at `now` had better come again later.
    pub fn is_too_much(&self, now: Instant) -> bool {
        let now = self.at(now);
        self.is_strained(now)
            && self.wait_us.load(Relaxed) > us(Self::LONG)
            && now.saturating_sub(self.noted.load(Relaxed)) <= us(Self::STALE)
    }

    fn is_strained(&self, now: u64) -> bool {
        now < self.strained_until.load(Relaxed)
    }

    fn at(&self, instant: Instant) -> u64 {
        us(instant.saturating_duration_since(self.start)).max(1)
    }
}

fn us(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_pass_and_what_lasts_is_not() {
        let pressure = Pressure::default();
        let at = |ms| pressure.start + Duration::from_millis(ms);
        let note = |ms, wait| pressure.note(at(ms - wait), at(ms));
        // A burst, and a short wait again.
        for ms in 100..150 {
            note(ms, 20);
            assert!(!pressure.is_too_much(at(ms)), "{ms}");
        }
        note(150, 1);
        // It lasts.
        for ms in 200..299 {
            note(ms, 20);
            assert!(!pressure.is_too_much(at(ms)), "{ms}");
        }
        note(300, 20);
        assert!(pressure.is_too_much(at(300)));
        // The wait is short for a moment: whoever comes in it is taken.
        note(310, 2);
        assert!(!pressure.is_too_much(at(310)));
        note(311, 8);
        assert!(pressure.is_too_much(at(311)), "it has not been short for long");
        // Nothing came to its turn for a while: nobody knows.
        assert!(!pressure.is_too_much(at(362)));
        // Short for as long as it takes: a burst is let pass again.
        for ms in 362..412 {
            note(ms, 2);
        }
        note(413, 20);
        assert!(!pressure.is_too_much(at(413)));
    }

    #[test]
    fn two_bursts_with_quiet_between_do_not_add_up() {
        let pressure = Pressure::default();
        let at = |ms| pressure.start + Duration::from_millis(ms);
        for ms in [20, 40, 60, 200, 220, 240] {
            pressure.note(at(ms - 10), at(ms));
            assert!(!pressure.is_too_much(at(ms)), "{ms}");
        }
    }
}
