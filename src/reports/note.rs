//! The note of an answer, which a buyer attaches to a complaint, and its check
//! value: a keyed hash of all that the note says. What it said is kept under it,
//! so that whoever gets the note compares the two; a row that was altered does
//! not fit its own name any more and verifies as little as one that is missing.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::UnixMs;
use crate::code::base32;
use crate::registry::Bilingual;
use crate::reports::Seals;
use crate::reports::number::{grouped, in_fours};
use crate::scan::Place;

/// 20 characters, 100 bits: found by nobody who does not have the note.
const CHARACTERS: usize = 20;

/// What a note says. The order of the members is that of its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Slugs of the verdict and of the reason that decided it.
    pub outcome: String,
    pub reason: String,
    /// When the answer was given.
    pub at: UnixMs,
    /// As the page showed it; empty where it showed none.
    pub serial: String,
    /// What an officer finds the scan by.
    pub reference: String,
    pub first: Option<First>,
    pub product: Option<Goods>,
}

/// The first scan: its day and its region, nothing closer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct First {
    /// `2026-11-27`, in the installation's zone.
    pub day: String,
    pub region: Place,
}

/// The product as it was registered then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goods {
    pub gtin: String,
    pub name: Bilingual,
    pub maker: Bilingual,
    pub net_content: String,
    pub lot: String,
}

/// `ABCD-EFGH-IJKL-MNOP-QRST` where it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CheckValue(String);

impl CheckValue {
    fn of(seals: &Seals, content: &str) -> Self {
        let mut text = String::with_capacity(base32::length(32));
        base32::encode_into(&seals.of_note(content.as_bytes()), &mut text);
        text.truncate(CHARACTERS);
        Self(text)
    }

    /// However it is typed; `None` for what is none.
    pub fn parse(typed: &str) -> Option<Self> {
        grouped(typed, CHARACTERS).map(Self)
    }

    /// Without the dashes, as it stands in an address and in the ledger.
    pub fn plain(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CheckValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&in_fours(&self.0))
    }
}

impl Note {
    /// What is kept of it, and under which value. The same answer gives the same.
    pub fn content(&self, seals: &Seals) -> (CheckValue, String) {
        let content = serde_json::to_string(self).unwrap_or_default();
        (CheckValue::of(seals, &content), content)
    }

    /// Reads what was kept; `None` where it does not fit the value.
    pub fn read(seals: &Seals, check: &CheckValue, content: &str) -> Option<Self> {
        let fits = CheckValue::of(seals, content) == *check;
        fits.then(|| serde_json::from_str(content).ok()).flatten()
    }
}
