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
use crate::keys::Keyring;
use crate::scan::pressure::Pressure;

/// Scans in work from which on a round has a chance of the four that folding
/// needs; below, asking for one costs more than it saves.
const COMPANY_MIN: usize = 8;

/// Scans in work that are never too many: a few milliseconds for a processor.
const KEPT_IN_WORK: usize = 128;

/// Rounds with more bad ones than one in so many cost more to take apart than
/// they save.
const GOOD_FOR_ONE_BAD: u32 = 8;

/// Checks after which it is seen whether there were more: a single bad one in a
/// small round says nothing of the next.
const SEEN: u32 = 64;

/// Checks made alone after so many bad ones: a flood of forgeries is worth no
/// more to its sender than without rounds.
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

/// What rounds found of late.
#[derive(Default)]
struct Tally {
    checked: u32,
    bad: u32,
}

impl Tally {
    /// Counts a round; whether rounds do not pay at present.
    fn count(&mut self, outcomes: &[Outcome]) -> bool {
        let is_bad = |outcome: &&Outcome| **outcome == Outcome::BadSignature;
        self.checked += u32::try_from(outcomes.len()).unwrap_or(u32::MAX);
        self.bad += u32::try_from(outcomes.iter().filter(is_bad).count()).unwrap_or(u32::MAX);
        if self.checked < SEEN {
            return false;
        }
        let Self { checked, bad } = std::mem::take(self);
        bad * GOOD_FOR_ONE_BAD > checked
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
            return verify(&keys.load(), reading);
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
        if self.seen.lock().unwrap_or_else(PoisonError::into_inner).count(&outcomes) {
            self.alone.store(ALONE_AFTER_BAD, Ordering::Relaxed);
        }
        for (answer, outcome) in answers.into_iter().zip(outcomes) {
            let _ = answer.send(outcome);
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

    #[tokio::test]
    async fn after_many_forgeries_each_is_checked_alone_for_a_while() {
        let (all, keys) = (Arc::new(Signatures::default()), keys());
        let _in_work: Vec<_> = (0..COMPANY_MIN).map(|_| all.begin()).collect();
        let (forged, good) = (reading(9).0, reading(1).0);
        let is_alone = || {
            let mut check = Box::pin(all.check(&keys, &good));
            check.as_mut().now_or_never() == Some(Outcome::Valid)
        };
        // One among few is no flood.
        assert_eq!(all.check(&keys, &forged).await, Outcome::BadSignature);
        assert!(!is_alone());
        // With that one, and the good one that nobody waits for, as many as are looked at.
        for _ in 0..SEEN - 2 {
            assert_eq!(all.check(&keys, &forged).await, Outcome::BadSignature);
        }
        for _ in 0..ALONE_AFTER_BAD {
            assert!(is_alone());
        }
        let mut check = Box::pin(all.check(&keys, &good));
        assert!(futures::poll!(&mut check).is_pending());
        assert_eq!(check.await, Outcome::Valid);
    }
}
