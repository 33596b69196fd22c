//! Sessions as the people see them who have them: since when, last seen when,
//! from which network, in what kind of browser.

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use crate::base::{By, LedgerError, UnixMs};

/// A session ends so many hours after it began.
pub const SESSION_HOURS: i64 = 12;
/// Sessions of one account that are listed, last seen first.
pub const SESSIONS_LISTED_MAX: u32 = 50;

/// Names under which a session's own data say what a listing tells.
pub mod field {
    pub const LOGIN: &str = "login";
    /// Of who gave the password and not yet the code; with a `login` of its own.
    pub const HALF: &str = "half";
    pub const BEGUN_AT: &str = "begun_at";
    pub const ORIGIN: &str = "origin";
    pub const BROWSER: &str = "browser";
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionLine {
    /// What is kept of its id, which opens nothing.
    pub id: String,
    pub begun_at: UnixMs,
    /// In steps of a minute.
    pub last_seen_at: UnixMs,
    /// A network: /24 or /48.
    pub origin: String,
    /// `Edge, Windows`
    pub browser: String,
}

/// What is kept of a session's id: its SHA-256, so that a stolen ledger opens
/// no session.
pub fn kept(id: &str) -> String {
    crate::base::hex(&Sha256::digest(id.as_bytes()))
}

/// Each method is one transaction. Sessions are begun by their own store.
#[async_trait]
pub trait SessionLedger: Send + Sync {
    /// Those that are open at `at`, last seen first.
    async fn sessions(&self, login: &str, at: UnixMs) -> Result<Vec<SessionLine>, LedgerError>;
    /// Notes that a session was used, once a minute at most.
    async fn see_session(&self, id: &str, origin: &str, at: UnixMs) -> Result<(), LedgerError>;
    /// False when the account has no such session.
    async fn end_session(&self, login: &str, id: &str, by: &By) -> Result<bool, LedgerError>;
    /// All but `keep`; gives how many ended.
    async fn end_other_sessions(
        &self,
        login: &str,
        keep: &str,
        by: &By,
    ) -> Result<u64, LedgerError>;
}
