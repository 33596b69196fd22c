//! Goods taken off sale: recalls, lost and stolen goods, and putting goods back.
//!
//! One person asks, another approves; the approval puts the facts about labels
//! into the register in its own transaction, and every server answers by them
//! within a second. A loss goes the same way, and tells whoever scans no more
//! than that the label is blocked. What is taken in is ranges of running numbers,
//! worked out from what was typed ([`scope`]). Not here: how a label stands
//! (`registry`), and the order of an authority (`cases`).

pub mod error;
pub mod port;
pub mod returns;
pub mod scope;
pub mod service;

use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::base::UnixMs;
use crate::registry::{BatchRef, Bilingual, RangeState, Uscc};

pub use error::{RecallError, Refusal};

/// What it does to the labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Recall,
    /// Lost or stolen goods.
    Loss,
    /// Puts back on sale what another took off, all of it or a part.
    Lift,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Recall, Self::Loss, Self::Lift];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Recall => "recall",
            Self::Loss => "loss",
            Self::Lift => "lift",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.slug() == slug)
    }

    /// What is said of the labels; `None`: what was said is taken back.
    pub const fn says(self) -> Option<RangeState> {
        match self {
            Self::Recall => Some(RangeState::Recalled),
            Self::Loss => Some(RangeState::Stolen),
            Self::Lift => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Proposed,
    /// In force.
    Approved,
    Rejected,
    /// In force, and no more goods are waited for.
    Closed,
}

impl State {
    pub const ALL: [Self; 4] = [Self::Proposed, Self::Approved, Self::Rejected, Self::Closed];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Closed => "closed",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.slug() == slug)
    }
}

/// Running numbers `first..=last` of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Numbers {
    pub batch: BatchRef,
    pub first: u64,
    /// Inclusive.
    pub last: u64,
}

impl Numbers {
    pub const fn count(&self) -> u64 {
        self.last - self.first + 1
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Given with the form: the same form sent twice is one recall.
    pub id: Uuid,
    pub enterprise: Uscc,
    pub kind: Kind,
    /// Of a [`Kind::Lift`]: the recall or loss that it puts back.
    pub lifts: Option<Uuid>,
    /// Disjoint, in order.
    pub ranges: Vec<Numbers>,
    pub reason: Bilingual,
    pub remedy: Bilingual,
    /// For dealers and the press.
    pub notice: Bilingual,
}

impl Proposal {
    /// Labels that it takes in.
    pub fn labels(&self) -> u64 {
        self.ranges.iter().map(Numbers::count).sum()
    }
}

/// Who said yes or no, when, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub by: String,
    pub at: UnixMs,
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recall {
    pub proposal: Proposal,
    pub state: State,
    pub proposed_by: String,
    /// Who made the API key that proposed it; as of [`By`](crate::base::By).
    pub proposed_key_by: Option<String>,
    pub proposed_at: UnixMs,
    pub decided: Option<Word>,
    /// Labels on sale when it was approved.
    pub on_sale: u64,
    pub closed: Option<Word>,
}

impl Recall {
    /// Whether goods are waited for.
    pub fn is_open(&self) -> bool {
        self.state == State::Approved && self.proposal.kind != Kind::Lift
    }
}

/// How the labels stand that a proposal takes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    pub on_sale: u64,
    /// Issued and not yet on sale.
    pub not_on_sale: u64,
    /// Spoiled, planted or missing.
    pub never_for_sale: u64,
    /// Recalled, blocked, void or reported stolen already.
    pub withdrawn: u64,
}

impl Tally {
    pub const fn all(&self) -> u64 {
        self.on_sale + self.not_on_sale + self.never_for_sale + self.withdrawn
    }
}

/// Names what somebody looked at before they approved it: another tally or other
/// ranges have another one.
pub fn fingerprint(ranges: &[Numbers], tally: &Tally) -> String {
    let mut hash = Sha256::new();
    for range in ranges {
        hash.update(format!("{} {} {};", range.batch, range.first, range.last));
    }
    let Tally { on_sale, not_on_sale, never_for_sale, withdrawn } = tally;
    hash.update(format!("{on_sale} {not_on_sale} {never_for_sale} {withdrawn}"));
    crate::base::hex(&hash.finalize()[..8])
}
