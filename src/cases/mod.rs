//! Flags that the judge raised, what officers decided of them, the causes that
//! they found for scans; and case files ([`file`](mod@file)), which are lists of entries.

pub mod block;
pub mod clock;
pub mod error;
pub mod fact;
pub mod file;
pub mod inquiry;
pub mod matter;
pub mod port;
pub mod terms;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::{By, LedgerError, UnixMs};
use crate::registry::findings::Cause;
use crate::registry::{BatchRef, Decision};
use crate::scan::spread::Spread;

pub use error::CaseError;

/// A reason as a flag keeps it: the sentence of the day it was raised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptReason {
    pub code: String,
    pub zh: String,
    pub en: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlagState {
    Open,
    Decided,
}

impl FlagState {
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Decided => "decided",
        }
    }
}

/// A code that the judge found suspect, or worth a look.
#[derive(Clone, Debug, PartialEq)]
pub struct Flag {
    pub payload: [u8; 12],
    pub batch: BatchRef,
    /// Running number of the label.
    pub number: u64,
    pub state: FlagState,
    pub risk: f64,
    pub reasons: Vec<KeptReason>,
    pub policy: String,
    /// Since when its answer is `suspect`; `None` for a lead that officers
    /// alone see. It stays so until an officer decides.
    pub accused_at: Option<UnixMs>,
    pub scans: u64,
    /// Who met it and where, as of its latest scan.
    pub spread: Spread,
    pub seen_at: UnixMs,
    pub opened_at: UnixMs,
    pub updated_at: UnixMs,
}

/// What an officer decided of one code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRecord {
    pub id: Uuid,
    pub payload: [u8; 12],
    pub decision: Decision,
    pub note: String,
    pub decided_by: String,
    pub decided_at: UnixMs,
}

/// A cause as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CauseRecord {
    pub cause: Cause,
    pub payload: [u8; 12],
    pub note: String,
    pub recorded_by: String,
    pub recorded_at: UnixMs,
    /// Who took it back, and when.
    pub lifted: Option<(String, UnixMs)>,
}

/// What flags and decisions ask of the ledger. Each method is one transaction.
#[async_trait]
pub trait CaseLedger: Send + Sync {
    /// Opens each flag, or brings the open one up to date. One that was decided
    /// stays as it was decided upon, unless the label had been found in order
    /// and looks copied since, or nobody could tell and its scans have doubled.
    async fn raise_flags(&self, flags: &[Flag]) -> Result<(), LedgerError>;
    /// Riskiest first.
    async fn flags(&self, state: FlagState, limit: u32) -> Result<Vec<Flag>, LedgerError>;
    /// Of one code.
    async fn flag_of(&self, payload: &[u8; 12]) -> Result<Option<Flag>, LedgerError>;
    /// Keeps the decision, sets a flag decided, and raises the register's
    /// revision, so that the next scan respects it.
    async fn decide(&self, decision: &DecisionRecord, by: &By) -> Result<(), LedgerError>;
    /// Sets a flag decided that a cause explains: nothing that remains speaks
    /// against the code.
    async fn settle_flag(&self, payload: &[u8; 12], at: UnixMs) -> Result<(), LedgerError>;
    /// Keeps a cause and raises the register's revision.
    ///
    /// # Errors
    /// `Invalid` when the code has `Cause::OF_A_CODE_MAX` of them.
    async fn record_cause(&self, cause: &CauseRecord, by: &By) -> Result<(), LedgerError>;
    /// Takes a cause back. A flag that nothing else decided is open again.
    /// False when it was lifted before, or is another code's.
    async fn lift_cause(&self, payload: &[u8; 12], id: Uuid, by: &By) -> Result<bool, LedgerError>;
    /// Lifted ones too, oldest first.
    async fn causes(&self, payload: &[u8; 12]) -> Result<Vec<CauseRecord>, LedgerError>;
    /// Of all codes, oldest first.
    async fn all_decisions(&self) -> Result<Vec<DecisionRecord>, LedgerError>;
    /// Oldest first.
    async fn decisions(&self, payload: &[u8; 12]) -> Result<Vec<DecisionRecord>, LedgerError>;
}
