//! What own serials ask of the ledger.
//!
//! Promises: every method is one transaction, durable before it answers, and a
//! short one: an import of ten million serials is some thousand of them, so that
//! whoever follows scans gets the writer's place between. Nothing of an import is
//! found before [`OwnLedger::finish_import`], which makes its batch and shows all
//! of its serials at once. Who took an import writes until another takes it:
//! after that every write answers [`LedgerError::Conflict`].

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::maker::OldAddress;
use super::serial::Case;
use super::sort::Entry;
use crate::base::{By, FieldError, LedgerError, UnixMs};
use crate::registry::{BatchRef, NewBatch, Uscc};

/// The way from a serial to its label, for whoever answers scans.
#[async_trait]
pub trait OwnSerials: Send + Sync {
    /// Where each of the serials stands, each in the list of the maker with the
    /// number beside it; `None` where it stands in none. One read, whatever
    /// their number.
    async fn find_serials(
        &self,
        asked: &[(i64, &str)],
    ) -> Result<Vec<Option<(BatchRef, u64)>>, LedgerError>;
}

/// Where nobody has labels of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLists;

#[async_trait]
impl OwnSerials for NoLists {
    async fn find_serials(
        &self,
        asked: &[(i64, &str)],
    ) -> Result<Vec<Option<(BatchRef, u64)>>, LedgerError> {
        Ok(vec![None; asked.len()])
    }
}

/// What a list is to become.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Specification {
    /// Its count is that of the list.
    pub batch: NewBatch,
    pub expires_on: Option<jiff::civil::Date>,
    pub case: Case,
    /// Replaces the one that the enterprise gave before.
    pub address: Option<OldAddress>,
    /// The goods are on the market already: all of it goes on sale at once.
    pub on_sale: bool,
}

/// A list that is asked for.
#[derive(Clone, Debug)]
pub struct NewImport {
    pub id: Uuid,
    pub enterprise: Uscc,
    pub specification: Specification,
    /// Whether its file waits beside the ledger for the worker; else who asks
    /// reads it.
    pub uploaded: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ImportState {
    /// For the worker.
    Waiting,
    Running,
    /// It came to nothing, and its rows are being taken away.
    Clearing,
    Done,
    Failed,
}

impl ImportState {
    pub const ALL: [Self; 5] =
        [Self::Waiting, Self::Running, Self::Clearing, Self::Done, Self::Failed];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Clearing => "clearing",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.slug() == slug)
    }

    /// Nothing more becomes of it.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }
}

/// A list on its way, or there.
#[derive(Clone, Debug)]
pub struct Import {
    pub id: Uuid,
    /// In the row of each of its serials.
    pub number: i64,
    pub maker: i64,
    pub enterprise: Uscc,
    pub specification: Specification,
    pub state: ImportState,
    /// Serials that are kept.
    pub done: u64,
    /// Serials of the file, as far as it was read.
    pub total: u64,
    /// What is wrong with it.
    pub faults: Vec<FieldError>,
    pub uploaded: bool,
    /// How often it was taken; what its last taker writes by.
    pub takes: i64,
    pub asked_by: String,
    pub asked_at: UnixMs,
    pub finished_at: Option<UnixMs>,
    pub batch: Option<BatchRef>,
}

/// Serials in the row of a page ([`OwnLedger::put_pages`]).
pub const PAGE_SERIALS: usize = 500;

#[async_trait]
pub trait OwnLedger: Send + Sync {
    /// Keeps what is asked for: for the worker where the file was uploaded, else
    /// as taken by who asks, until `lease_until`. `Invalid` where the enterprise
    /// tells the case of letters otherwise, `Conflict` where another list of its
    /// is on the way.
    async fn begin_import(
        &self,
        new: &NewImport,
        lease_until: UnixMs,
        by: &By,
    ) -> Result<Import, LedgerError>;
    /// Takes the oldest that waits for the worker, or whose taker let its lease
    /// end; of `of` alone, where that is given, and then only the latter.
    async fn take_import(
        &self,
        of: Option<&Uscc>,
        at: UnixMs,
        lease_until: UnixMs,
    ) -> Result<Option<Import>, LedgerError>;
    /// Tells how many serials the file has, and prolongs the lease.
    async fn import_beats(
        &self,
        import: &Import,
        total: u64,
        lease_until: UnixMs,
    ) -> Result<(), LedgerError>;
    /// Keeps serials, ascending. Gives those that stand in another list already,
    /// which are not kept.
    async fn put_serials(
        &self,
        import: &Import,
        entries: &[Entry],
        lease_until: UnixMs,
    ) -> Result<Vec<String>, LedgerError>;
    /// Keeps pages of [`PAGE_SERIALS`] serials in the order of the file, each with
    /// its first number; the last may be shorter.
    async fn put_pages(
        &self,
        import: &Import,
        pages: &[(u64, String)],
        lease_until: UnixMs,
    ) -> Result<(), LedgerError>;
    /// Makes the batch and shows all serials, on sale where that was asked for.
    async fn finish_import(
        &self,
        import: &Import,
        count: u64,
        by: &By,
    ) -> Result<BatchRef, LedgerError>;
    /// Takes away some rows of what came to nothing, from `after` on; gives how
    /// far it is, `None` when there are no more.
    async fn clear_import(
        &self,
        import: &Import,
        after: &str,
        lease_until: UnixMs,
    ) -> Result<Option<String>, LedgerError>;
    /// Ends what came to nothing, its rows taken away.
    async fn fail_import(
        &self,
        import: &Import,
        faults: &[FieldError],
        by: &By,
    ) -> Result<(), LedgerError>;
    async fn import(&self, id: Uuid) -> Result<Import, LedgerError>;
    /// Latest first.
    async fn imports(&self, of: Option<&Uscc>, limit: u32) -> Result<Vec<Import>, LedgerError>;
    /// What stands on the labels of an own batch, from the number `first` on, at
    /// most `limit`.
    async fn serials_from(
        &self,
        batch: BatchRef,
        first: u64,
        limit: u32,
    ) -> Result<Vec<(u64, String)>, LedgerError>;
    /// What stands on one of them.
    async fn serial_of(&self, batch: BatchRef, number: u64) -> Result<Option<String>, LedgerError>;
}
