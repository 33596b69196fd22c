//! What accounts ask of the ledger. Each method is one transaction.

use async_trait::async_trait;

use crate::auth::trail::{Entry, Row, Wanted};
use crate::auth::{Account, Duties};
use crate::base::{By, LedgerError, UnixMs};

/// An API key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    pub hash: [u8; 32],
    pub login: String,
    pub label: String,
    /// What it may do of what its account may; `None`: all.
    pub scope: Option<Duties>,
    /// Who made it, and so has seen it; `None`: it was made at the machine itself.
    pub made_by: Option<String>,
    pub created_at: UnixMs,
    pub expires_at: UnixMs,
    pub last_used_at: Option<UnixMs>,
}

/// Whom a good key lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHolder {
    /// With the duties of both, account and key.
    pub account: Account,
    /// As of [`ApiKey`].
    pub made_by: Option<String>,
}

#[async_trait]
pub trait AccountLedger: Send + Sync {
    /// `Conflict` when the login is taken, `NotFound` for an unknown enterprise.
    async fn add_account(&self, account: &Account, by: &By) -> Result<(), LedgerError>;
    async fn account(&self, login: &str) -> Result<Option<Account>, LedgerError>;
    async fn accounts(&self) -> Result<Vec<Account>, LedgerError>;
    /// Its sessions and keys are good for nothing from here on.
    async fn disable_account(&self, login: &str, by: &By) -> Result<bool, LedgerError>;
    /// Closes an account for good and deletes what tells of a person: name,
    /// password, keys, sessions. The login stays as the pseudonym under which
    /// records and trail name it, and is never given to another. `None` for an
    /// unknown login, false where it was erased before.
    async fn erase_account(&self, login: &str, by: &By) -> Result<Option<bool>, LedgerError>;
    async fn add_api_key(&self, key: &ApiKey, by: &By) -> Result<(), LedgerError>;
    /// The account that a token's hash belongs to, if key and account are
    /// good at `at`. Reads alone: it stands on the way of a scan.
    async fn account_by_key(
        &self,
        hash: &[u8; 32],
        at: UnixMs,
    ) -> Result<Option<KeyHolder>, LedgerError>;
    /// Notes that a key was used, once a minute at most.
    async fn note_key_use(&self, hash: &[u8; 32], at: UnixMs) -> Result<(), LedgerError>;
}

/// The audit trail.
#[async_trait]
pub trait TrailLedger: Send + Sync {
    /// Tells of something that no other method of the ledger changes.
    async fn note(&self, by: &By, entry: &Entry<'_>) -> Result<(), LedgerError>;
    /// Rows before `before`, or the latest, newest first.
    async fn trail_back(
        &self,
        wanted: &Wanted,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Row>, LedgerError>;
    /// Rows behind `after`, oldest first.
    async fn trail(&self, wanted: &Wanted, after: u64, limit: u32)
    -> Result<Vec<Row>, LedgerError>;
}
