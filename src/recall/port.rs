//! What recalls ask of the ledger. Each method is one transaction that the audit
//! trail tells of; what changes the register raises its revision.

use async_trait::async_trait;
use uuid::Uuid;

use crate::base::{By, LedgerError, UnixMs};
use crate::recall::returns::{NewReturn, Progress, Return};
use crate::recall::{Numbers, Proposal, Recall, RecallError};
use crate::registry::Uscc;
use crate::trace::Unit;

/// Bottles, cases and pallets that one case, pallet or rule takes in.
pub const UNITS_MAX: usize = 500_000;

/// A yes or no, and what whoever says it looked at.
#[derive(Clone, Debug)]
pub struct Decision {
    pub recall: Uuid,
    pub approve: bool,
    /// Labels on sale, as they stood in what was looked at.
    pub on_sale: u64,
    pub note: String,
}

/// Labels and scans in one province.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegionCount {
    /// GB/T 2260, two digits and 00; 0: unknown.
    pub province: u16,
    /// Labels that buyers scanned there.
    pub labels: u64,
    pub scans: u64,
}

#[async_trait]
pub trait RecallLedger: Send + Sync {
    /// Keeps a proposal; the one with this id where it is known.
    ///
    /// # Errors
    /// `Invalid` for the id of another proposal, and for a lift of what is not in
    /// force in all of its ranges.
    async fn propose(&self, proposal: &Proposal, by: &By) -> Result<Recall, LedgerError>;
    /// Approves or rejects; an approval says or takes back what it is about in the
    /// same transaction.
    ///
    /// # Errors
    /// Refuses a recall that was decided, and to approve one's own.
    async fn decide_recall(&self, decision: &Decision, by: &By) -> Result<Recall, RecallError>;
    /// Counts goods that came back; the form that is known counts once.
    ///
    /// # Errors
    /// `Invalid` for more than there are, and for a code that was counted.
    async fn note_return(&self, new: &NewReturn, by: &By) -> Result<Progress, RecallError>;
    /// Ends the waiting for goods; what was said of the labels stands.
    ///
    /// # Errors
    /// Refuses one that is not in force.
    async fn close_recall(&self, id: Uuid, note: &str, by: &By) -> Result<Recall, RecallError>;
    /// Items in a case or pallet: those in it now, and those taken out of it since
    /// it was first shipped.
    ///
    /// # Errors
    /// `Invalid` for more than [`UNITS_MAX`] of them.
    async fn items_in(&self, unit: &Unit) -> Result<Vec<Numbers>, LedgerError>;
    /// Items shipped to a place since an instant, whatever they were taken out of
    /// since.
    ///
    /// # Errors
    /// As [`Self::items_in`].
    async fn sent_to(
        &self,
        of: &Uscc,
        place: &str,
        since: UnixMs,
    ) -> Result<Vec<Numbers>, LedgerError>;
    async fn recall(&self, id: Uuid) -> Result<Recall, LedgerError>;
    /// Latest first.
    async fn recalls(&self, of: Option<&Uscc>, limit: u32) -> Result<Vec<Recall>, LedgerError>;
    async fn progress_of(&self, id: Uuid) -> Result<Progress, LedgerError>;
    /// Latest first.
    async fn returns(&self, id: Uuid, limit: u32) -> Result<Vec<Return>, LedgerError>;
    /// What a recall says that still stands.
    async fn in_force(&self, id: Uuid) -> Result<Vec<Numbers>, LedgerError>;
    /// By where buyers scanned the labels since an instant; most labels first.
    async fn scanned_where(
        &self,
        ranges: &[Numbers],
        since: UnixMs,
    ) -> Result<Vec<RegionCount>, LedgerError>;
}
