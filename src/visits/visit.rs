//! A visit: the fold of what was recorded of it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::UnixMs;
use crate::visits::Says;
use crate::visits::record::{Check, Fact, Note, Opening, Photo, Record, Seal, Signature};
use crate::visits::sweep::SweepDone;

/// A record as it was taken in.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Counts up as records arrive.
    pub seq: u64,
    pub record: Record,
    /// SHA-256 of the record, as it was when it arrived.
    pub hash: [u8; 32],
    pub arrival: Arrival,
    /// Of a check: what the register said on arrival.
    pub says: Option<Says>,
}

/// How a record came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// The installation of the page that made it.
    pub phone: Uuid,
    /// Whose phone it was.
    pub recorded_by: String,
    /// Under whose session it came.
    pub taken_in_by: String,
    /// By the phone's clock.
    pub sent_at: UnixMs,
    /// By the server's.
    pub received_at: UnixMs,
}

impl Arrival {
    /// How far the phone's clock was ahead of the server's when it sent, milliseconds;
    /// the way of the request is in it.
    pub const fn ahead_ms(&self) -> i64 {
        self.sent_at.since(self.received_at)
    }
}

impl Kept {
    /// When it was made by the server's clock, as far as the phone's ran evenly since.
    pub const fn made_by_server(&self) -> UnixMs {
        self.record.made_at.plus_ms(-self.arrival.ahead_ms())
    }

    pub fn is_overtaken(&self) -> bool {
        self.says.as_ref().is_some_and(|says| says.overtaken)
    }
}

/// A part of a visit with the record that it stands in.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a, T> {
    pub kept: &'a Kept,
    pub fact: &'a T,
}

/// What is known of a visit, in the order in which it was made.
#[derive(Clone, Debug)]
pub struct Visit<'a> {
    pub id: Uuid,
    pub opening: Part<'a, Opening>,
    pub checks: Vec<Part<'a, Check>>,
    pub photos: Vec<Part<'a, Photo>>,
    pub seals: Vec<Part<'a, Seal>>,
    pub signatures: Vec<Part<'a, Signature>>,
    pub notes: Vec<Part<'a, Note>>,
    pub sweeps: Vec<SweepDone<'a>>,
    /// Everything, by when it was made.
    pub timeline: Vec<&'a Kept>,
}

impl<'a> Visit<'a> {
    /// Of all records of one visit, in any order; `None` without the one that
    /// begins it.
    pub fn fold(records: &'a [Kept]) -> Option<Self> {
        let mut timeline: Vec<&Kept> = records.iter().collect();
        timeline.sort_by_key(|kept| (kept.made_by_server(), kept.seq));
        let begun = |kept: &&'a Kept| match &kept.record.fact {
            Fact::Visit(fact) => Some(Part { kept, fact }),
            _ => None,
        };
        let opening = timeline.iter().find_map(begun)?;
        let mut visit = Self {
            id: opening.kept.record.id,
            opening,
            checks: Vec::new(),
            photos: Vec::new(),
            seals: Vec::new(),
            signatures: Vec::new(),
            notes: Vec::new(),
            sweeps: Vec::new(),
            timeline,
        };
        for kept in visit.timeline.clone() {
            visit.add(kept);
        }
        visit.sweeps = SweepDone::all(&visit.timeline, &visit.checks);
        Some(visit)
    }

    fn add(&mut self, kept: &'a Kept) {
        match &kept.record.fact {
            Fact::Check(fact) => self.checks.push(Part { kept, fact }),
            Fact::Photo(fact) => self.photos.push(Part { kept, fact }),
            Fact::Seal(fact) => self.seals.push(Part { kept, fact }),
            Fact::Signature(fact) => self.signatures.push(Part { kept, fact }),
            Fact::Note(fact) => self.notes.push(Part { kept, fact }),
            Fact::Visit(_) | Fact::Sweep(_) => {}
        }
    }

    /// From the first record to the last, by the server's clock.
    pub fn span(&self) -> (UnixMs, UnixMs) {
        let at = |kept: Option<&&Kept>| kept.map_or(UnixMs(0), |kept| kept.made_by_server());
        (at(self.timeline.first()), at(self.timeline.last()))
    }

    /// Hashes of every picture that it names, once each: photos, then signatures.
    pub fn pictures(&self) -> Vec<&'a str> {
        let photos = self.photos.iter().map(|photo| photo.fact.sha256.as_str());
        let checked = self.checks.iter().flat_map(|check| check.fact.photos.iter());
        let signed = self.signatures.iter().filter_map(|s| s.fact.sha256.as_deref());
        let mut out: Vec<&str> = Vec::new();
        for hash in photos.chain(checked.map(String::as_str)).chain(signed) {
            if !out.contains(&hash) {
                out.push(hash);
            }
        }
        out
    }

    /// Who recorded, once each.
    pub fn recorders(&self) -> Vec<&'a str> {
        let mut out: Vec<&str> = Vec::new();
        for kept in &self.timeline {
            let login = kept.arrival.recorded_by.as_str();
            if !out.contains(&login) {
                out.push(login);
            }
        }
        out
    }

    /// The greatest distance of a phone's clock from the server's, milliseconds, with
    /// its sign.
    pub fn clock_ahead_ms(&self) -> i64 {
        let ahead = self.timeline.iter().map(|kept| kept.arrival.ahead_ms());
        ahead.max_by_key(|ms| ms.unsigned_abs()).unwrap_or(0)
    }
}
