//! What the follower of the durable log writes, and what consoles read of it.
//!
//! Promises: [`ScanLedger::append`] writes rows and the log's cursor in one
//! transaction, and no scan (code and tag) twice, whichever logs hold it, so
//! that a follower may die anywhere and begin any log again.

use async_trait::async_trait;

use crate::base::{LedgerError, UnixMs};
use crate::registry::BatchRef;
use crate::scan::across::{Changes, Phone};
use crate::scan::forgeries::Forgery;
use crate::scan::{CodeId, Cursor, Entry, LogId, Observation, Tag48};

/// Scans of one day of a batch.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DayCount {
    /// Days since 1970 in the zone that was asked for.
    pub day: i64,
    pub scans: u64,
    /// Different labels.
    pub labels: u64,
}

#[async_trait]
pub trait ScanLedger: Send + Sync {
    /// How far a log was followed; `None` for one that never was.
    async fn cursor(&self, log: LogId) -> Result<Option<Cursor>, LedgerError>;
    /// Entries of one log in its order.
    ///
    /// # Errors
    /// Also for an entry at a position where another scan is: nothing of the
    /// call is written then.
    /// `across` is what the new ones among them changed across codes; the
    /// revision under which it was kept is given back. Days are counted
    /// `offset_ms` east of UTC.
    async fn append(
        &self,
        log: LogId,
        entries: &[Entry],
        across: &Changes,
        offset_ms: i64,
    ) -> Result<u64, LedgerError>;
    /// Those of the entries that were never written, from any log.
    async fn missing(&self, entries: &[Entry]) -> Result<Vec<Entry>, LedgerError>;
    /// The latest `limit` scans of one code, oldest first.
    async fn scans_of(
        &self,
        payload: &[u8; 12],
        limit: u32,
    ) -> Result<Vec<Observation>, LedgerError>;
    /// Hands every scan since an instant to `each`, in the order in which
    /// they were made.
    async fn scans_since(
        &self,
        since: UnixMs,
        each: &mut (dyn FnMut(CodeId, Observation) + Send),
    ) -> Result<(), LedgerError>;
    /// Codes of which a scan has a tag from `low` to `high`, at most `limit`:
    /// what a buyer reads out leads back to the label.
    async fn codes_tagged(
        &self,
        low: Tag48,
        high: Tag48,
        limit: u32,
    ) -> Result<Vec<[u8; 12]>, LedgerError>;
    /// Scans of a batch by day, `offset_ms` east of UTC, from `since` on.
    async fn scans_by_day(
        &self,
        batch: BatchRef,
        since: UnixMs,
        offset_ms: i64,
    ) -> Result<Vec<DayCount>, LedgerError>;
    /// All scans followed so far of a batch.
    async fn scans_in(&self, batch: BatchRef) -> Result<u64, LedgerError>;
    async fn add_forgeries(&self, seen: &[(Forgery, u64)]) -> Result<(), LedgerError>;
}

/// What the follower gathers across codes, as servers follow it.
#[async_trait]
pub trait AcrossLedger: Send + Sync {
    /// What was kept after the revision `since`: pages, and phones of more
    /// than one code; `None` where nothing was.
    async fn across_since(&self, since: u64) -> Result<Option<Changes>, LedgerError>;
    /// Those of the phones that are known.
    async fn phones(&self, tags: &[Tag48]) -> Result<Vec<(Tag48, Phone)>, LedgerError>;
}
