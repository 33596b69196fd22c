//! What visits ask of the ledger.
//!
//! Promises: [`VisitLedger::take_records`] is one transaction. What it answers as
//! accepted is on disk; a record is there once, whoever sends it how often and from
//! how many connections at once; a call that dies leaves all of its records or none,
//! and the same call again ends in the same state.

use std::collections::BTreeSet;

use async_trait::async_trait;
use uuid::Uuid;

use crate::base::{By, LedgerError, UnixMs};
use crate::visits::visit::{Arrival, Kept};
use crate::visits::{Record, Says};

/// Visits of one page of a list.
pub const VISITS_SHOWN_MAX: u32 = 50;

/// A record on its way in.
#[derive(Clone, Debug)]
pub struct Coming {
    pub record: Record,
    /// Of a check of a label that was issued.
    pub payload: Option<[u8; 12]>,
    pub says: Option<Says>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// New; overtaken where it says so.
    Accepted(Told),
    /// Known; what was said of it when it came.
    Repeated(Told),
    Refused(Refused),
}

/// What is told of a record that is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Of a check: what the register said when it came.
    pub says: Option<Says>,
    /// Of a visit that names a case: whether it stands in it.
    pub joined: Option<Joined>,
}

/// What became of a visit that is to stand in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    Stands,
    /// The office has no case of that number.
    NoCase,
    /// It has, and nothing is put into it any more.
    NotOpen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Another content is kept under this id, or another office has it.
    OtherContent,
    /// No visit of this office has that id.
    NoVisit,
    /// The visit has as many records as it may have.
    Full,
}

/// A visit as a list has it.
#[derive(Clone, Debug)]
pub struct VisitLine {
    pub opening: Kept,
    pub checks: u32,
    pub photos: u32,
    pub seals: u32,
    pub overtaken: u32,
    /// Cases that it was put into.
    pub cases: Vec<Uuid>,
}

/// What was let go of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    pub visits: u32,
    /// SHA-256 of files that are nobody's any more.
    pub files: Vec<[u8; 32]>,
}

#[async_trait]
pub trait VisitLedger: Send + Sync {
    /// Takes in records of one phone, in their order; the answers are in it too. A visit
    /// that names a case is put into it with the same stroke.
    async fn take_records(
        &self,
        office: Uuid,
        arrival: &Arrival,
        coming: &[Coming],
        by: &By,
    ) -> Result<Vec<Taken>, LedgerError>;
    /// Those of the ids under which a record is kept: it need not be judged again.
    async fn known_records(&self, ids: &[Uuid]) -> Result<BTreeSet<Uuid>, LedgerError>;
    /// All records of a visit, as they came.
    ///
    /// # Errors
    /// `NotFound` for a visit of no or another office.
    async fn visit_records(&self, office: Uuid, visit: Uuid) -> Result<Vec<Kept>, LedgerError>;
    /// The same for what is done behind, whichever office recorded it: a case goes
    /// to another office with its visits.
    ///
    /// # Errors
    /// `NotFound`.
    async fn any_visit(&self, visit: Uuid) -> Result<Vec<Kept>, LedgerError>;
    /// Visits of an office, latest first, those that came before `before`.
    async fn field_visits(
        &self,
        office: Uuid,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<VisitLine>, LedgerError>;
    /// Cases that a visit was put into.
    async fn cases_of_visit(&self, visit: Uuid) -> Result<Vec<Uuid>, LedgerError>;
    /// Puts a visit into the case of its office that has this number, behind whatever
    /// others wrote there; once, however often it is asked for.
    async fn join_case(
        &self,
        office: Uuid,
        visit: Uuid,
        number: &str,
        by: &By,
    ) -> Result<Joined, LedgerError>;
    /// Forgets visits that came before an instant and stand in no case, at most
    /// `limit`, with the photos that nothing else names.
    async fn forget_visits(
        &self,
        before: UnixMs,
        limit: u32,
        by: &By,
    ) -> Result<Forgotten, LedgerError>;
}
