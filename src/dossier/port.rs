//! What a dossier asks of the ledger beside what others ask. Reads alone.

use async_trait::async_trait;
use uuid::Uuid;

use crate::base::{LedgerError, UnixMs};
use crate::cases::Flag;
use crate::cases::port::CaseLine;
use crate::registry::BatchRef;
use crate::registry::order::Order;
use crate::reports::Report;
use crate::visits::Kept;

/// Visits of an office among which those of a place are looked for.
pub const VISITS_LOOKED_THROUGH: u32 = 2_000;

/// What became of one code, as far as its scans were followed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Met {
    pub scans: u64,
    /// By buyers.
    pub by_buyers: u64,
    pub last_at: Option<UnixMs>,
    pub flag: Option<Flag>,
}

/// Scans of a place that name a real key and fail, of one kind and day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forged {
    /// ISO 8601, UTC.
    pub day: String,
    /// `bad_signature`, `never_issued`, `not_listed`.
    pub kind: String,
    /// The batch that was named; none where it is not one of ours.
    pub batch: Option<BatchRef>,
    pub seen: u64,
}

#[async_trait]
pub trait DossierLedger: Send + Sync {
    /// In the order of `payloads`, of which there are at most a hundred.
    async fn met(&self, payloads: &[[u8; 12]]) -> Result<Vec<Met>, LedgerError>;
    /// Orders of labels of a batch, the latest first, at most `limit`.
    async fn orders_of(&self, batch: BatchRef, limit: u32) -> Result<Vec<Order>, LedgerError>;
    /// Open flags whose codes were scanned in a place: a prefecture, or all of a
    /// province where the code ends with two noughts. The riskiest first.
    async fn flags_in(&self, place: u16, limit: u32) -> Result<Vec<Flag>, LedgerError>;
    /// The latest first.
    async fn forged_in(&self, place: u16, limit: u32) -> Result<Vec<Forged>, LedgerError>;
    /// What officers of an office found when they checked a label on the spot, the
    /// latest first; and how often officers of other offices did.
    async fn field_checks(
        &self,
        office: Uuid,
        payload: &[u8; 12],
        limit: u32,
    ) -> Result<(Vec<Kept>, u64), LedgerError>;
    /// Buyers' reports from a place, the latest first; and how many are of no known
    /// place.
    async fn reports_there(
        &self,
        place: u16,
        limit: u32,
    ) -> Result<(Vec<Report>, u64), LedgerError>;
    /// Records that began an office's visits in a place, the latest first, among its
    /// latest [`VISITS_LOOKED_THROUGH`].
    async fn visits_there(
        &self,
        office: Uuid,
        place: u16,
        limit: u32,
    ) -> Result<Vec<Kept>, LedgerError>;
    /// An office's cases of a place, the latest first.
    async fn cases_there(
        &self,
        office: Uuid,
        place: u16,
        limit: u32,
    ) -> Result<Vec<CaseLine>, LedgerError>;
}
