//! Leads: what officers look into first. Flagged codes that belong together are
//! one lead, and what is heard from elsewhere joins the lead of the same code.
//!
//! Codes belong together when they are neighbours in the run of numbers, when
//! they were packed into one case, when they are of the pool of one package for
//! a printing house, or when one phone went before them that is known for labels
//! which were met far away. A lead is known by a *key* that it keeps as it
//! grows: the serial of the code among its own that was flagged first.
//!
//! [`merge`] says what belongs together, [`score`] what comes first, [`why`] says
//! it in a sentence. None of them knows a store: the ledger keeps what they say
//! up to date, a replay asks them once.
//!
//! Not here: what officers find (cases), and flags, which are of single codes.

pub mod desk;
pub mod merge;
pub mod port;
pub mod score;
pub mod told;
pub mod why;

use uuid::Uuid;

use crate::base::UnixMs;
use crate::registry::BatchRef;
use crate::scan::{Place, Tag48};

/// What a lead is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// One label.
    Code,
    /// Labels with neighbouring numbers.
    Run,
    /// Labels of one packed case.
    Carton,
    /// Items of a package for a printing house that were not released.
    Package,
    /// Labels that one phone scanned before they were met elsewhere.
    Phone,
    /// Forged codes under a maker's name, in one place.
    Place,
    /// A lot that is sold where it was not meant to go.
    Lot,
    /// What somebody told that names no code.
    Told,
}

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::Code,
        Self::Run,
        Self::Carton,
        Self::Package,
        Self::Phone,
        Self::Place,
        Self::Lot,
        Self::Told,
    ];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Run => "run",
            Self::Carton => "carton",
            Self::Package => "package",
            Self::Phone => "phone",
            Self::Place => "place",
            Self::Lot => "lot",
            Self::Told => "told",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.slug() == slug)
    }
}

/// A flagged code as leads know it.
#[derive(Clone, Debug, PartialEq)]
pub struct Clue {
    pub payload: [u8; 12],
    pub batch: BatchRef,
    /// Running number among what carries this kind of code.
    pub number: u64,
    /// Probability that it was copied.
    pub risk: f64,
    /// Phones that scanned it.
    pub people: u32,
    /// Where witnesses were, each place once.
    pub places: Vec<Place>,
    /// When it was flagged first, and scanned last.
    pub opened_at: UnixMs,
    pub seen_at: UnixMs,
    pub ties: Ties,
}

/// What binds a code to others beside its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ties {
    /// The packed case that it is in, as traceability names it.
    pub case: Option<String>,
    /// The package of whose pool it is, without having been released.
    pub package: Option<Uuid>,
    /// A phone that scanned it and is known for labels met far away.
    pub phone: Option<Tag48>,
}
