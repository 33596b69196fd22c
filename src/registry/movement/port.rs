//! What the book asks of the ledger.
//!
//! Promises: every method is one transaction, durable before it answers. Log
//! and spans change together, and the revision that servers follow with them.
//! Two that move the same numbers are one after the other: the second is
//! answered on what the first left. What is due is booked before anything else
//! of its batch. A call that failed may be made again; with the key of its
//! request it is done once.

use async_trait::async_trait;
use uuid::Uuid;

use super::closing::{Closing, NewClosing};
use super::{Balance, Holding, Moved, Movement, NewMovement, Ranges, Span, Words};
use crate::base::{By, LedgerError, UnixMs};
use crate::registry::{BatchRef, RangeFact, Uscc};

/// An activation that is to be booked at its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// Of the movement too, when it has come.
    pub id: Uuid,
    pub batch: BatchRef,
    pub ranges: Ranges,
    pub due: UnixMs,
    pub words: Words,
    pub by: String,
    pub at: UnixMs,
    pub state: ScheduleState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ScheduleState {
    Waiting,
    /// Labels that could not be activated when the time came were left out.
    Booked,
    Cancelled,
}

impl ScheduleState {
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Booked => "booked",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        [Self::Waiting, Self::Booked, Self::Cancelled].into_iter().find(|s| s.slug() == slug)
    }
}

#[async_trait]
pub trait MovementLedger: Send + Sync {
    /// Moves labels, all that are named or, where `partial`, all that can be.
    /// `Invalid` for numbers that the batch has not, `Conflict` for a request
    /// key that asked for something else.
    async fn move_labels(&self, new: &NewMovement, by: &By) -> Result<Moved, LedgerError>;
    /// Takes a movement back, as far as its labels have not moved since; nothing
    /// is left of it to take back where the answer is `Refused`. `NotFound` for
    /// one that the batch has not.
    async fn undo(
        &self,
        batch: BatchRef,
        movement: Uuid,
        words: &Words,
        by: &By,
    ) -> Result<Moved, LedgerError>;
    /// Latest first, at most `limit`.
    async fn movements(&self, batch: BatchRef, limit: u32) -> Result<Vec<Movement>, LedgerError>;
    async fn movement(&self, id: Uuid) -> Result<Option<Movement>, LedgerError>;
    /// The numbers of a movement, but for an undo.
    async fn moved_numbers(&self, batch: BatchRef, id: Uuid) -> Result<Ranges, LedgerError>;
    async fn balance(&self, batch: BatchRef) -> Result<Balance, LedgerError>;
    /// All of them, ascending.
    async fn spans(&self, batch: BatchRef) -> Result<Vec<Span>, LedgerError>;
    /// The spans as the log alone gives them.
    async fn replayed(&self, batch: BatchRef) -> Result<Vec<Span>, LedgerError>;

    /// Keeps an activation for its time; the one that is there under the key.
    async fn schedule(&self, new: &Scheduled, by: &By) -> Result<Scheduled, LedgerError>;
    /// False when it has come or was cancelled.
    async fn cancel_scheduled(
        &self,
        batch: BatchRef,
        id: Uuid,
        by: &By,
    ) -> Result<bool, LedgerError>;
    /// Latest first, at most `limit`.
    async fn scheduled(&self, batch: BatchRef, limit: u32) -> Result<Vec<Scheduled>, LedgerError>;
    /// Books what is due at `now`, of every batch; how many.
    async fn book_due(&self, now: UnixMs) -> Result<u64, LedgerError>;

    /// Keeps what was counted, and says of what is missing that it is.
    async fn close(&self, new: &NewClosing, by: &By) -> Result<Closing, LedgerError>;
    /// Of an enterprise, latest first.
    async fn closings(&self, of: &Uscc, limit: u32) -> Result<Vec<Closing>, LedgerError>;
    /// What is missing of an enterprise's labels now.
    async fn missing(&self, of: &Uscc) -> Result<Vec<(RangeFact, Vec<Holding>)>, LedgerError>;
}
