//! Forged texts that name a real key are a lead of their own: counted by key,
//! batch, place and day, in bounded number, and handed to the ledger.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::code::{Outcome, Payload};
use crate::keys::KeyNumber;
use crate::scan::Place;

/// Different counters kept until the worker takes them; more are one sum.
const COUNTERS_MAX: usize = 4_096;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Forgery {
    pub key: u32,
    /// 0 where the key has no such batch, or where the counters are full.
    pub batch: u32,
    pub place: Place,
    /// Days since 1970, UTC.
    pub day: i64,
    pub kind: ForgeryKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ForgeryKind {
    BadSignature,
    NeverIssued,
    /// A number that is in no list of the maker that it names.
    NotListed,
}

impl ForgeryKind {
    pub const fn slug(self) -> &'static str {
        match self {
            Self::BadSignature => "bad_signature",
            Self::NeverIssued => "never_issued",
            Self::NotListed => "not_listed",
        }
    }

    /// The kind of a text that names a real key and fails.
    pub const fn of(read: Outcome, issued: bool) -> Option<Self> {
        match (read, issued) {
            (Outcome::BadSignature, _) => Some(Self::BadSignature),
            (Outcome::Valid | Outcome::KeyRevoked, false) => Some(Self::NeverIssued),
            _ => None,
        }
    }
}

#[derive(Debug, Default)]
pub struct Forgeries {
    seen: Mutex<HashMap<Forgery, u64>>,
}

impl Forgeries {
    pub fn count(&self, kind: ForgeryKind, payload: &Payload, known: bool, place: Place, day: i64) {
        let batch = if known { payload.batch } else { 0 };
        self.add(Forgery { key: payload.key.get(), batch, place, day, kind });
    }

    /// Counts a number that no list has: it names no batch.
    pub fn count_unlisted(&self, place: Place, day: i64) {
        let (key, kind) = (KeyNumber::OWN.get(), ForgeryKind::NotListed);
        self.add(Forgery { key, batch: 0, place, day, kind });
    }

    fn add(&self, mut one: Forgery) {
        let mut seen = self.seen.lock().expect("nobody panics while counting");
        if seen.len() >= COUNTERS_MAX && !seen.contains_key(&one) {
            one = Forgery { batch: 0, place: Place::UNKNOWN, ..one };
        }
        // A key number is one of the register's, so the sums are few too.
        *seen.entry(one).or_default() += 1;
    }

    /// What was counted since the last call.
    pub fn take(&self) -> Vec<(Forgery, u64)> {
        std::mem::take(&mut *self.seen.lock().expect("nobody panics while counting"))
            .into_iter()
            .collect()
    }
}
