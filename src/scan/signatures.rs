//! Signatures that wait at the same time are checked together, at a third of
//! the price.
//!
//! Who comes first asks for a round and lets run whatever can; who comes
//! meanwhile joins it. Nobody waits for a clock, and where few scans are in
//! work each checks its own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use arc_swap::ArcSwap;
use tokio::sync::oneshot;

use crate::base::limits::SIGNATURES_TOGETHER_MAX;
use crate::code::{Outcome, Reading, verify, verify_many};
use crate::keys::{Keyring, fold};
use crate::scan::pressure::Pressure;

/// Scans in work from which on a round has a chance of company; below, asking
/// for one costs more than it saves.
const COMPANY_MIN: usize = 8;

/// Scans in work that are never too many: a few milliseconds for a processor.
const KEPT_IN_WORK: usize = 128;

/// Rounds with more bad ones than one in so many do not pay. To take apart what
/// has one bad in four costs 0.86 to 0.98 of as many single checks, whether 4, 8,
/// 16 or 64 were summed, and more from there on; one in five leaves something for
/// the round itself.
const CHECKS_FOR_ONE_BAD: u32 = 5;

/// Checks after which it is seen whether there were more: a single bad one in a
/// small round says nothing of the next.
const SEEN: u32 = 64;

/// Checks made alone after so many bad ones: a flood of forgeries is worth no
/// more to its sender than without rounds. They say themselves whether it lasts;
/// so many without it, and there are rounds again.
const ALONE_AFTER_BAD: usize = 512;

/// The signatures of one server's scans.
#[derive(Default)]
pub struct Signatures {
    /// How long a round waits for its turn, as all that is ready does.
    pub pressure: Pressure,
    in_work: AtomicUsize,
    /// Checks still to be made alone.
    alone: AtomicUsize,
    seen: Mutex<Tally>,
    /// Never longer than `SIGNATURES_TOGETHER_MAX`.
    waiting: Mutex<Vec<Waiting>>,
}

/// What checks found: of one round, of one check made alone, or of late.
#[derive(Clone, Copy, Default)]
struct Tally {
    checked: u32,
    bad: u32,
}

impl Tally {
    /// Counts what a sum had in it, or would have had. What names a key that nobody
    /// has and what is refused for its S take no round apart: they neither make a
    /// flood nor thin one out. An R that is no point counts as bad, though it takes
    /// none apart either: to see that costs a sixth of a check, in the midst of a
    /// flood, and whoever makes an S with care can as well forge.
    fn of<'a>(checks: impl IntoIterator<Item = (&'a Reading, Outcome)>) -> Self {
        let mut found = Self::default();
        for (reading, outcome) in checks {
            let is_bad = match outcome {
                Outcome::Valid | Outcome::KeyRevoked => false,
                Outcome::BadSignature if fold::has_reduced_s(&reading.signature) => true,
                Outcome::BadSignature | Outcome::UnknownKey | Outcome::Malformed => continue,
            };
            found.checked += 1;
            found.bad += u32::from(is_bad);
        }
        found
    }

    /// Adds what was found; whether rounds do not pay at present.
    fn add(&mut self, found: Self) -> bool {
        self.checked += found.checked;
        self.bad += found.bad;
        if self.checked < SEEN {
            return false;
        }
        let Self { checked, bad } = std::mem::take(self);
        bad * CHECKS_FOR_ONE_BAD > checked
    }
}

struct Waiting {
    reading: Reading,
    answer: oneshot::Sender<Outcome>,
}

/// A scan in work, until it is dropped.
pub struct InWork<'a>(&'a AtomicUsize);

impl Drop for InWork<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Signatures {
    pub fn begin(&self) -> InWork<'_> {
        self.in_work.fetch_add(1, Ordering::Relaxed);
        InWork(&self.in_work)
    }

    /// Whether who comes at `now` had better come again later. Never while few are in
    /// work: these keep the processor busy, and without them nobody would find out that
    /// the wait is over.
    pub fn is_too_much(&self, now: Instant) -> bool {
        self.in_work.load(Ordering::Relaxed) >= KEPT_IN_WORK && self.pressure.is_too_much(now)
    }

    /// The outcome of [`verify`]. Whoever gives up waiting leaves the others'
    /// round as it is.
    pub async fn check(
        self: &Arc<Self>,
        keys: &Arc<ArcSwap<Keyring>>,
        reading: &Reading,
    ) -> Outcome {
        if self.in_work.load(Ordering::Relaxed) < COMPANY_MIN {
            return verify(&keys.load(), reading);
        }
        if let Some(left) = self.one_alone() {
            if left.is_multiple_of(COMPANY_MIN) {
                let all = Arc::clone(self);
                tokio::spawn(async move { all.take_turn().await });
            }
            let outcome = verify(&keys.load(), reading);
            self.note(Tally::of([(reading, outcome)]));
            return outcome;
        }
        let outcome = self.join(keys, reading.clone());
        // A round that was lost is no verdict.
        outcome.await.unwrap_or_else(|_| verify(&keys.load(), reading))
    }

    /// How many checks are to be made alone, if this is one of them.
    fn one_alone(&self) -> Option<usize> {
        if self.alone.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let one_less = |left: usize| left.checked_sub(1);
        self.alone.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).ok()
    }

    /// Lets run whatever can, and notes how long that takes.
    async fn take_turn(&self) {
        let ready = Instant::now();
        tokio::task::yield_now().await;
        self.pressure.note(ready, Instant::now());
    }

    fn join(
        self: &Arc<Self>,
        keys: &Arc<ArcSwap<Keyring>>,
        reading: Reading,
    ) -> oneshot::Receiver<Outcome> {
        let (answer, outcome) = oneshot::channel();
        let mut waiting = self.waiting();
        waiting.push(Waiting { reading, answer });
        if waiting.len() >= SIGNATURES_TOGETHER_MAX {
            let full = std::mem::take(&mut *waiting);
            drop(waiting);
            self.settle(&keys.load(), full);
        } else if waiting.len() == 1 {
            let (all, keys) = (Arc::clone(self), Arc::clone(keys));
            // A task of its own: the one that asks may be dropped.
            tokio::spawn(async move {
                all.take_turn().await;
                let waiting = std::mem::take(&mut *all.waiting());
                all.settle(&keys.load(), waiting);
            });
        }
        outcome
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settle(&self, keys: &Keyring, waiting: Vec<Waiting>) {
        let (readings, answers): (Vec<_>, Vec<_>) =
            waiting.into_iter().map(|w| (w.reading, w.answer)).unzip();
        let outcomes = verify_many(keys, &readings);
        self.note(Tally::of(readings.iter().zip(outcomes.iter().copied())));
        for (answer, outcome) in answers.into_iter().zip(outcomes) {
            let _ = answer.send(outcome);
        }
    }

    /// While there is a flood, the next checks are made alone.
    fn note(&self, found: Tally) {
        if self.seen.lock().unwrap_or_else(PoisonError::into_inner).add(found) {
            self.alone.store(ALONE_AFTER_BAD, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use futures::future::join_all;

    use super::*;
    use crate::code::{Layer, Payload, compact_text, read, sign_compact};
    use crate::keys::{KeyNumber, KeyStatus, PublishedKey, Signer, SoftSigner};

    fn signer() -> SoftSigner {
        SoftSigner::from_seed(KeyNumber::new(1).expect("not zero"), &[1; 32])
    }

    fn keys() -> Arc<ArcSwap<Keyring>> {
        let mut keys = Keyring::default();
        keys.insert(PublishedKey {
            number: KeyNumber::new(1).expect("not zero"),
            issuer: "test".to_owned(),
            status: KeyStatus::Active,
            not_before: None,
            not_after: None,
            public: signer().public().expect("sound"),
        });
        Arc::new(ArcSwap::from_pointee(keys))
    }

    /// Every ninth is forged.
    fn reading(serial: u64) -> (Reading, Outcome) {
        let key = KeyNumber::new(1).expect("not zero");
        let payload = Payload { layer: Layer::Outer, key, batch: 1, serial };
        let signature = sign_compact(&signer(), payload).expect("signs");
        let mut reading = read(&compact_text(payload, &signature)).expect("a code");
        if serial.is_multiple_of(9) {
            reading.signature[40] ^= 1;
            return (reading, Outcome::BadSignature);
        }
        (reading, Outcome::Valid)
    }

    #[tokio::test]
    async fn each_hears_of_its_own_signature_however_many_wait() {
        let (all, keys) = (Arc::new(Signatures::default()), keys());
        for company in [1, 3, COMPANY_MIN, SIGNATURES_TOGETHER_MAX * 3 + 5] {
            let in_work: Vec<_> = (0..company).map(|_| all.begin()).collect();
            join_all((0..company as u64).map(|serial| {
                let (all, keys) = (&all, &keys);
                async move {
                    let (reading, wanted) = reading(serial);
                    assert_eq!(all.check(keys, &reading).await, wanted, "{serial}");
                }
            }))
            .await;
            drop(in_work);
            assert_eq!(all.in_work.load(Ordering::Relaxed), 0);
            assert!(all.waiting().is_empty());
        }
    }

    #[tokio::test]
    async fn who_asked_for_the_round_may_leave_without_the_others() {
        let (all, keys) = (Arc::new(Signatures::default()), keys());
        let _in_work: Vec<_> = (0..COMPANY_MIN).map(|_| all.begin()).collect();
        let (first, second) = (reading(1), reading(2));
        let mut left = Box::pin(all.check(&keys, &first.0));
        assert!(futures::poll!(&mut left).is_pending());
        drop(left);
        assert_eq!(all.check(&keys, &second.0).await, second.1);
    }

    /// Whether a scan is answered at once, in no round.
    fn is_alone(all: &Arc<Signatures>, keys: &Arc<ArcSwap<Keyring>>, asked: &Reading) -> bool {
        let mut check = Box::pin(all.check(keys, asked));
        check.as_mut().now_or_never() == Some(verify(&keys.load(), asked))
    }

    #[tokio::test]
    async fn after_many_forgeries_each_is_checked_alone_for_a_while() {
        let (all, keys) = (Arc::new(Signatures::default()), keys());
        let _in_work: Vec<_> = (0..COMPANY_MIN).map(|_| all.begin()).collect();
        let (forged, good) = (reading(9).0, reading(1).0);
        // One among few is no flood.
        assert_eq!(all.check(&keys, &forged).await, Outcome::BadSignature);
        assert!(!is_alone(&all, &keys, &good));
        // With that one, and the good one that nobody waits for, as many as are looked at.
        for _ in 0..SEEN - 2 {
            assert_eq!(all.check(&keys, &forged).await, Outcome::BadSignature);
        }
        // While it lasts no round is tried, however long that is.
        for _ in 0..ALONE_AFTER_BAD * 2 {
            assert!(is_alone(&all, &keys, &forged));
        }
        // It ends with so many good ones.
        for _ in 0..ALONE_AFTER_BAD {
            assert!(is_alone(&all, &keys, &good));
        }
        let mut check = Box::pin(all.check(&keys, &good));
        assert!(futures::poll!(&mut check).is_pending());
        assert_eq!(check.await, Outcome::Valid);
    }

    /// With an S not below the group order, as 15 in 16 of random bytes have it.
    fn junk() -> [Reading; 3] {
        [0x20, 0x80, 0xff].map(|highest| {
            let mut junk = reading(1).0;
            junk.signature[63] = highest;
            junk
        })
    }

    #[tokio::test]
    async fn junk_alone_ends_no_rounds() {
        let (all, keys) = (Arc::new(Signatures::default()), keys());
        let _in_work: Vec<_> = (0..COMPANY_MIN).map(|_| all.begin()).collect();
        for junk in junk().iter().cycle().take(SEEN as usize * 4) {
            assert_eq!(all.check(&keys, junk).await, Outcome::BadSignature);
        }
        assert!(!is_alone(&all, &keys, &reading(1).0));
    }

    #[test]
    fn junk_hides_no_flood() {
        let [first, second, third] = junk();
        let (forged, good) = (reading(9).0, reading(1).0);
        let mut seen = Tally::default();
        // One in four that are in a sum, one in thirteen of all.
        let mut round = vec![(&forged, Outcome::BadSignature)];
        round.extend([(&good, Outcome::Valid); 3]);
        for junk in [&first, &second, &third] {
            round.extend([(junk, Outcome::BadSignature); 2]);
        }
        round.extend([(&good, Outcome::UnknownKey); 3]);
        for _ in 1..SEEN / 4 {
            assert!(!seen.add(Tally::of(round.iter().copied())));
        }
        assert!(seen.add(Tally::of(round)));
    }
}
