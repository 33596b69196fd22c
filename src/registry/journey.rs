//! What a buyer may hear of the way of a batch: its milestones, as the register
//! holds them in memory. They are few and of the batch, never of one label, so
//! that a scan costs no look at the ledger for them.

use serde::{Deserialize, Serialize};

use crate::base::UnixMs;
use crate::registry::Bilingual;

/// Milestones that are kept of one batch; regions that it went to among them.
pub const MILESTONES_OF_A_BATCH_MAX: usize = 48;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MilestoneKind {
    Bottled,
    Inspected,
    Packed,
    Shipped,
}

impl MilestoneKind {
    pub const ALL: [Self; 4] = [Self::Bottled, Self::Inspected, Self::Packed, Self::Shipped];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Bottled => "bottled",
            Self::Inspected => "inspected",
            Self::Packed => "packed",
            Self::Shipped => "shipped",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.slug() == slug)
    }
}

/// The first time that something happened to goods of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
    pub kind: MilestoneKind,
    pub at: UnixMs,
    /// GB/T 2260, four digits: where it was shipped to; 0: not said.
    pub region: u16,
    /// The station that inspected, or the dealer whom the enterprise names;
    /// empty: not said.
    pub name: Bilingual,
    /// Number of the report; empty: none.
    pub report: String,
    /// What an inspection found; `None` of anything else.
    pub passed: Option<bool>,
}
