//! How long the ledger keeps what tells of a person who scanned: see
//! `guide::privacy`. A scan that is old is thinned: device, network and precise
//! place go, its instant becomes its day; place, channel and code stay, since
//! they are what counts by place and day are made of.
//!
//! Evidence stays whole: scans of a code whose flag is open, and of one that an
//! officer found copied, as long as that can be prosecuted.

use async_trait::async_trait;

use crate::base::{By, LedgerError, UnixMs};

/// Days after a code was found copied for which its scans stay whole: what
/// endangers health is prosecuted for five years (行政处罚法, art. 36).
pub const EVIDENCE_DAYS: i64 = 1_827;

/// One transaction's part of the work.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    /// Scans made before it are thinned.
    pub before: UnixMs,
    /// Codes found copied since then are evidence.
    pub evidence_since: UnixMs,
    /// Of the zone in which days are told, east of UTC.
    pub offset_ms: i64,
    pub rows_max: u32,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thinned {
    pub scans: u64,
    /// There is more to do.
    pub more: bool,
}

#[async_trait]
pub trait RetentionLedger: Send + Sync {
    /// Thins the oldest `rows_max` scans of twice as many at most, in one
    /// transaction. The trail tells of all of them when there is nothing more to do, also of
    /// what a process thinned that was killed before it could tell.
    async fn thin_scans(&self, pass: &Pass, by: &By) -> Result<Thinned, LedgerError>;
    /// Forgets phones that scanned nothing since a day (days since 1970, UTC), at
    /// most `limit`; how many.
    async fn forget_phones(&self, before_day: i64, limit: u32) -> Result<u64, LedgerError>;
}
