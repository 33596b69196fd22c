//! What the follower of the durable log writes, and what consoles read of it.
//!
//! Promises: [`ScanLedger::append`] writes rows and the cursor in one
//! transaction, and writes nothing twice, so that a follower may die anywhere
//! and start again from [`ScanLedger::cursors`].

use async_trait::async_trait;

use crate::base::{LedgerError, UnixMs};
use crate::registry::BatchRef;
use crate::scan::forgeries::Forgery;
use crate::scan::{Cursor, Entry, Observation, Tag48};

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
    /// How far each shard was followed; shards that never were are absent.
    async fn cursors(&self) -> Result<Vec<(u16, Cursor)>, LedgerError>;
    /// Entries of one shard in the order of its log.
    async fn append(&self, shard: u16, entries: &[Entry]) -> Result<(), LedgerError>;
    /// Scans of one code, oldest first, at most `limit`.
    async fn scans_of(
        &self,
        payload: &[u8; 12],
        limit: u32,
    ) -> Result<Vec<Observation>, LedgerError>;
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
