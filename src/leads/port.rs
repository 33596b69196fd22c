//! What leads ask of the ledger.
//!
//! Promises: what changes about a code, a forgery or a package leaves a mark in
//! the transaction of the change, and [`LeadLedger::work_leads`] takes marks and
//! keeps what follows from them in one transaction, so that a worker may die
//! anywhere: nothing is lost, and nothing is done twice. What comes of a set of
//! marks does not depend on their order.

use async_trait::async_trait;
use jiff::civil::Date;
use uuid::Uuid;

use super::desk::{Act, Counts, Deed, Lead, Mark, Wanted};
use super::told::{Kept, Told};
use super::why::OfLot;
use crate::base::{By, LedgerError, UnixMs};
use crate::registry::BatchRef;
use crate::scan::Place;

/// Codes of one lead; what would make it larger begins another.
pub const LEAD_CODES_MAX: u64 = 2_000;

/// A code of a lead.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadCode {
    pub payload: [u8; 12],
    pub batch: BatchRef,
    pub number: u64,
    /// 0 for one that was told of and that nothing else speaks against.
    pub risk: f64,
    pub people: u32,
    pub scans: u64,
    pub places: Vec<Place>,
    pub seen_at: UnixMs,
    /// Since when an officer's decision took it out.
    pub left_at: Option<UnixMs>,
}

/// Something that was told, or found without a code.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceLine {
    /// forged, diverted, consumer, enterprise or office
    pub source: String,
    /// Code of an enterprise, id of an office; empty for our own.
    pub origin: String,
    pub reference: String,
    pub place: Place,
    pub says_zh: String,
    pub says_en: String,
    pub at: UnixMs,
    pub gone_at: Option<UnixMs>,
}

/// All of one lead.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadFile {
    pub lead: Lead,
    /// The riskiest first, at most [`LEAD_CODES_MAX`].
    pub codes: Vec<LeadCode>,
    /// Latest first.
    pub sources: Vec<SourceLine>,
    pub acts: Vec<Act>,
    /// Number and id of cases that were opened from it, with their office.
    pub cases: Vec<(Uuid, Uuid, String)>,
}

/// A lot that is sold elsewhere, as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct Diverted {
    pub batch: BatchRef,
    pub probability: f64,
    pub lot: OfLot,
}

#[async_trait]
pub trait LeadLedger: Send + Sync {
    /// Takes at most `limit` marks, oldest first, and keeps what follows; how
    /// many it took.
    async fn work_leads(&self, now: UnixMs, limit: u32) -> Result<u64, LedgerError>;
    /// Weighs leads anew whose freshness has fallen; how many.
    async fn refresh_leads(&self, now: UnixMs, limit: u32) -> Result<u64, LedgerError>;
    /// Keeps which lots are sold elsewhere now; those that were and are not any
    /// more are told so.
    async fn keep_diverted(&self, lots: &[Diverted], now: UnixMs) -> Result<(), LedgerError>;
    /// Keeps what others told, all or nothing; of each its lead. What its origin
    /// told before under the same reference is kept once.
    ///
    /// # Errors
    /// `Invalid` with the line of each whose reference was told with other words.
    async fn tell_leads(&self, told: &[Told], by: &By) -> Result<Vec<Kept>, LedgerError>;
    /// Up to which report buyers' reports were told, and that they were.
    async fn reports_told(&self) -> Result<u64, LedgerError>;
    async fn set_reports_told(&self, seq: u64) -> Result<(), LedgerError>;
    /// Login, name and office of who may be given leads, at most `limit`.
    async fn lead_workers(&self, limit: u32) -> Result<Vec<(String, String, Uuid)>, LedgerError>;
    /// Those that are wanted, at most `limit`, and where the page ends when more
    /// follow.
    async fn list_leads(
        &self,
        wanted: &Wanted,
        limit: u32,
    ) -> Result<(Vec<Lead>, Option<Mark>), LedgerError>;
    /// Of all that fits `wanted` but for its tab and place in the list.
    async fn count_leads(&self, wanted: &Wanted) -> Result<Counts, LedgerError>;
    /// # Errors
    /// `NotFound`.
    async fn lead(&self, id: Uuid) -> Result<LeadFile, LedgerError>;
    /// Open leads of a code, and the one that it was in.
    async fn leads_of(&self, payload: &[u8; 12]) -> Result<Vec<Uuid>, LedgerError>;
    /// Does the same to each of them; to how many it made a difference. One that
    /// is merged is left alone.
    ///
    /// # Errors
    /// `NotFound` for one that does not exist, `Invalid` naming `assignee` for
    /// who cannot work on leads.
    async fn act_on_leads(
        &self,
        ids: &[Uuid],
        deed: &Deed,
        today: Date,
        by: &By,
    ) -> Result<u64, LedgerError>;
}
