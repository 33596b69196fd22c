//! What packages ask of the ledger. Each method is one transaction; those that
//! change something tell the audit trail.

use async_trait::async_trait;
use uuid::Uuid;

use crate::auth::office::Seat;
use crate::auth::trail::Row;
use crate::base::{By, LedgerError, UnixMs};
use crate::cases::block::Block;
use crate::cases::inquiry::Inquiry;
use crate::reports::Report;

/// Packages of one case that are shown.
pub const PACKAGES_SHOWN_MAX: u32 = 100;
/// Rows of the trail that a package takes in.
pub const TRAIL_ROWS_MAX: u32 = 20_000;

/// A package that somebody wants.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub id: Uuid,
    pub office: Uuid,
    pub case: Uuid,
    pub case_number: String,
    /// Number of the last entry that goes in.
    pub entries: u32,
    /// Hash of all that goes in ([`Dossier::digest`](crate::evidence::Dossier::digest)).
    pub state: String,
    /// Of whoever asks.
    pub name: String,
    pub seat: Seat,
}

/// A package as the ledger knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageRow {
    pub id: Uuid,
    pub office: Uuid,
    pub case: Uuid,
    pub case_number: String,
    pub entries: u32,
    /// Hash of all that is in it; empty: of a version that did not keep it.
    pub state: String,
    pub asked_by: String,
    pub asked_name: String,
    pub asked_seat: Seat,
    pub asked_at: UnixMs,
    /// Why the last try built nothing.
    pub problem: Option<String>,
    /// `None`: it is not built yet.
    pub built: Option<Built>,
    pub downloads: u64,
}

/// A package that lies on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    pub at: UnixMs,
    /// Name of the key that signed it.
    pub kid: String,
    pub bytes: u64,
    pub files: u32,
    pub sha256: String,
    pub dated: Option<DatedBy>,
    /// Why no authority dated it, where one was asked.
    pub undated: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedBy {
    pub authority: String,
    pub at: UnixMs,
}

/// A question for the time that waits.
#[derive(Clone, Debug)]
pub struct StampAsked {
    pub package: Uuid,
    pub query: Vec<u8>,
}

#[async_trait]
pub trait EvidenceLedger: Send + Sync {
    /// Asks for a package; the one of this state of the case where there is one,
    /// whoever asked for it. True: it is a new one.
    async fn want_evidence(
        &self,
        wanted: &Wanted,
        by: &By,
    ) -> Result<(PackageRow, bool), LedgerError>;
    /// Packages of a case, latest first.
    async fn evidence_of(&self, case: Uuid) -> Result<Vec<PackageRow>, LedgerError>;
    /// # Errors
    /// `NotFound`.
    async fn evidence(&self, id: Uuid) -> Result<PackageRow, LedgerError>;
    /// Takes one that waits, until `until`.
    async fn take_evidence(
        &self,
        now: UnixMs,
        until: UnixMs,
    ) -> Result<Option<PackageRow>, LedgerError>;
    /// Keeps one that was taken. False when it was built meanwhile.
    async fn keep_evidence(&self, id: Uuid, until: UnixMs) -> Result<bool, LedgerError>;
    /// It is on the disk. `state`: of what went in, where something came between
    /// asking and building.
    async fn evidence_built(
        &self,
        id: Uuid,
        state: &str,
        built: &Built,
        by: &By,
    ) -> Result<(), LedgerError>;
    /// It could not be built; whoever comes after `again` tries anew.
    async fn evidence_failed(
        &self,
        id: Uuid,
        problem: &str,
        again: UnixMs,
    ) -> Result<(), LedgerError>;
    /// Somebody takes it away.
    async fn evidence_taken(&self, row: &PackageRow, by: &By) -> Result<(), LedgerError>;
    /// Questions to enterprises of a case, oldest first.
    async fn inquiries_of(&self, case: Uuid) -> Result<Vec<Inquiry>, LedgerError>;
    /// Blocks that were set for a case, oldest first.
    async fn blocks_of(&self, case: Uuid) -> Result<Vec<Block>, LedgerError>;
    /// Reports that are part of a case, oldest first.
    async fn reports_in(&self, case: Uuid) -> Result<Vec<Report>, LedgerError>;
    /// What the trail tells of these objects, in its order. It reads all of the trail:
    /// nothing that somebody waits for.
    async fn trail_of(&self, objects: &[String]) -> Result<Vec<Row>, LedgerError>;
    /// Asks for the time of a statement, in place of what was asked before.
    async fn ask_stamp(&self, asked: &StampAsked) -> Result<(), LedgerError>;
    /// Takes a question that waits, until `until`.
    async fn take_stamp(
        &self,
        now: UnixMs,
        until: UnixMs,
    ) -> Result<Option<StampAsked>, LedgerError>;
    /// What came of a question, unless another was asked since.
    async fn stamp_answered(
        &self,
        asked: &StampAsked,
        answer: Result<Vec<u8>, String>,
    ) -> Result<(), LedgerError>;
    /// `None`: nothing yet.
    async fn stamp_of(&self, package: Uuid)
    -> Result<Option<Result<Vec<u8>, String>>, LedgerError>;
}
