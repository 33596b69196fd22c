//! Since when a caller without cookies is known: a table of one size, which many threads
//! use at once and none waits for.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::base::UnixMs;
use crate::base::limits::RECENT_VISITS_MAX;

/// Entries among which a visit has its place: a line of the cache.
const WAYS: usize = 8;
/// An entry is the visit's first instant, milliseconds in this many bits, and above them a
/// part of its key. 0 is none.
const TIME_BITS: u32 = 36;
const TIME: u64 = (1 << TIME_BITS) - 1;

#[derive(Default)]
#[repr(align(64))]
struct Set([AtomicU64; WAYS]);

pub struct Recent {
    sets: Box<[Set]>,
    /// How long a visit is known, milliseconds.
    known_ms: i64,
}

impl Recent {
    pub fn new(known_ms: i64) -> Self {
        Self { sets: (0..RECENT_VISITS_MAX / WAYS).map(|_| Set::default()).collect(), known_ms }
    }

    /// When the visit began whose key this is: `at`, where none did of late. A set that is
    /// full forgets its oldest.
    ///
    /// Two keys that differ are taken for one where place and 28 bits are alike, 3 in 10^8
    /// at most; a caller must not be told from another by this instant alone.
    pub fn since(&self, key: &[u8; 32], at: UnixMs) -> UnixMs {
        let [a, b, c, d, e, f, g, h, ..] = *key;
        let set = u32::from_be_bytes([a, b, c, d]) as usize % self.sets.len();
        let tag = u64::from(u32::from_be_bytes([e, f, g, h])) << TIME_BITS;
        let ways = &self.sets[set].0;
        let mut entries = ways.each_ref().map(|way| way.load(Relaxed));
        // A place that another took meanwhile is looked at again: it may be this very visit.
        for _ in 0..2 * WAYS {
            let ages = entries.map(|entry| age(entry, at));
            let known = |way: &usize| {
                entries[*way] & !TIME == tag
                    && ages[*way].is_some_and(|age| age.abs() < self.known_ms)
            };
            if let Some(way) = (0..WAYS).find(known) {
                return at.plus_ms(-ages[way].unwrap_or_default());
            }
            let oldest = (0..WAYS).max_by_key(|way| ages[*way].unwrap_or(i64::MAX)).unwrap_or(0);
            let entry = tag | at.0.cast_unsigned() & TIME;
            match ways[oldest].compare_exchange(entries[oldest], entry, Relaxed, Relaxed) {
                Ok(_) => return at,
                Err(other) => entries[oldest] = other,
            }
        }
        at
    }
}

/// How long before `at`, milliseconds; after it where the clocks of two threads differ.
/// `None` of an empty place.
fn age(entry: u64, at: UnixMs) -> Option<i64> {
    const HALF: u64 = 1 << (TIME_BITS - 1);
    let age = at.0.cast_unsigned().wrapping_sub(entry) & TIME;
    let signed = if age < HALF { age.cast_signed() } else { age.cast_signed() - (1 << TIME_BITS) };
    (entry != 0).then_some(signed)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    const NOW: UnixMs = UnixMs(1_790_000_000_000);

    fn key(n: u64) -> [u8; 32] {
        Sha256::digest(n.to_be_bytes()).into()
    }

    #[test]
    fn a_visit_is_known_for_its_time_and_not_longer() {
        let recent = Recent::new(60_000);
        let at = |ms| NOW.plus_ms(ms);
        assert_eq!(recent.since(&key(1), at(0)), at(0));
        assert_eq!(recent.since(&key(2), at(10)), at(10));
        assert_eq!(recent.since(&key(1), at(-5)), at(0), "of a thread whose clock is behind");
        assert_eq!(recent.since(&key(1), at(59_999)), at(0));
        assert_eq!(recent.since(&key(1), at(60_000)), at(60_000));
        assert_eq!(recent.since(&key(2), at(60_001)), at(10));
    }

    /// A minute of a province's festival: nobody's reload becomes another scan.
    #[test]
    fn of_half_of_what_it_holds_hardly_any_is_forgotten() {
        let recent = Recent::new(60_000);
        let visits = RECENT_VISITS_MAX as u64 / 2;
        let at = |n: u64| NOW.plus_ms((n * 59_000 / visits).cast_signed());
        for n in 0..visits {
            recent.since(&key(n), at(n));
        }
        let end = NOW.plus_ms(59_500);
        // Some of them, since who is not known is put in, and puts another out.
        let some = (0..visits).step_by(64);
        let forgotten = some.clone().filter(|n| recent.since(&key(*n), end) != at(*n)).count();
        // Of sets in which four are expected, one in fifty has more than eight.
        assert!(forgotten * 50 < some.count(), "{forgotten} of a sixty-fourth of {visits}");
    }

    #[test]
    fn of_many_who_come_at_once_under_one_key_all_hear_the_same() {
        let recent = Recent::new(60_000);
        for round in 0..200 {
            let (recent, key) = (&recent, &key(round));
            let heard: Vec<UnixMs> = std::thread::scope(|scope| {
                let ask = |n| scope.spawn(move || recent.since(key, NOW.plus_ms(n)));
                let asked: Vec<_> = (0..4).map(ask).collect();
                asked.into_iter().map(|one| one.join().expect("no panic")).collect()
            });
            assert!(heard.iter().all(|at| *at == heard[0]), "{heard:?}");
        }
    }
}
