//! What traceability asks of the ledger.
//!
//! Promises: every method is one transaction, durable before it answers; what
//! is decided by [`crate::trace::rules`] is decided on what the same
//! transaction reads, so that of two who pack one bottle at once one is
//! refused; the same event (its id) and the same scan (session and number) are
//! kept once, however often they are sent; a call that failed may be made
//! again.

use async_trait::async_trait;

use crate::base::{By, FieldError, LedgerError, UnixMs};
use crate::registry::{BatchRef, Register, Uscc};
use crate::trace::capture::Captured;
use crate::trace::event::Declaration;
use crate::trace::line::{Batch, Told};
use crate::trace::place::{Customs, Site};
use crate::trace::rules::{State, Whereabouts};
use crate::trace::{Act, Refusal, Unit};

/// Units whose state one event may read or change, contents included.
pub const TOUCHED_MAX: usize = 5_000;

/// What events are decided and written with.
#[derive(Clone, Copy)]
pub struct Recording<'a> {
    pub own: &'a Uscc,
    pub register: &'a Register,
    /// Scheme and host of this site.
    pub origin: &'a str,
}

/// What became of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub id: String,
    /// False: the very same was kept before.
    pub new: bool,
}

/// The first of several events that cannot be kept; then none is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its place among those sent.
    pub index: usize,
    pub why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    Impossible(Refusal),
    Invalid(FieldError),
}

/// An event as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Counts up with the events of the ledger.
    pub seq: i64,
    pub id: String,
    pub act: Act,
    pub at: UnixMs,
    pub offset_minutes: i32,
    pub recorded_at: UnixMs,
    pub recorded_by: String,
    pub parent: Option<Unit>,
    /// The first of those that it names.
    pub first: Option<Unit>,
    /// Bottles, cases, pallets that it names, or that its range has.
    pub count: u64,
    pub place: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    /// JSON-LD, without what was declared.
    pub body: String,
    pub declared: Option<Declaration>,
}

/// All that is known of one unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub unit: Unit,
    pub state: State,
    /// What holds it, the innermost first, each with its state.
    pub holders: Vec<(Unit, State)>,
    pub contents: Vec<(Unit, Whereabouts)>,
    /// Oldest first: its own events, and since it was packed those of its
    /// holders.
    pub history: Vec<Kept>,
}

/// Which events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub batch: Option<BatchRef>,
    pub act: Option<Act>,
    /// Time of the event, from and before.
    pub from: Option<UnixMs>,
    pub until: Option<UnixMs>,
}

#[async_trait]
pub trait TraceLedger: Send + Sync {
    /// Keeps events and declarations of errors, all or none.
    async fn record(
        &self,
        with: Recording<'_>,
        sent: &[Captured],
        by: &By,
    ) -> Result<Result<Vec<Recorded>, Refused>, LedgerError>;

    /// Takes the scans of a line that were not taken before, and answers all.
    /// What cannot be is an answer, not an error.
    async fn scan_line(
        &self,
        with: Recording<'_>,
        batch: &Batch,
        by: &By,
    ) -> Result<Vec<Told>, LedgerError>;

    /// Of a unit that no event touched too.
    async fn picture(&self, own: &Uscc, unit: &Unit) -> Result<Picture, LedgerError>;

    /// Events in the order in which they were kept, behind `after`; or, with
    /// `None`, the latest, those first.
    async fn events(
        &self,
        own: &Uscc,
        filter: &Filter,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Kept>, LedgerError>;

    async fn sites(&self, own: &Uscc) -> Result<Vec<Site>, LedgerError>;
    /// Adds a place, or changes the one with its code.
    async fn put_site(&self, own: &Uscc, site: &Site, by: &By) -> Result<(), LedgerError>;
    async fn customs(&self, own: &Uscc) -> Result<Customs, LedgerError>;
    async fn set_customs(&self, own: &Uscc, customs: &Customs, by: &By) -> Result<(), LedgerError>;
}
