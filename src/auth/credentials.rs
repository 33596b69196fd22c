//! What somebody signs in with, as the ledger keeps it: password, second factor
//! and one-time links.

use async_trait::async_trait;

use crate::auth::link::Link;
use crate::auth::second_factor::SecondFactor;
use crate::base::{By, LedgerError, UnixMs};

/// A second factor that was just confirmed with its first code.
#[derive(Clone, Debug)]
pub struct Enrolment {
    pub sealed: Vec<u8>,
    /// The step of that code: it opens nothing more.
    pub step: u64,
    /// What is kept of the recovery codes.
    pub recovery: Vec<[u8; 32]>,
}

/// What somebody chose who followed a link.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// `None`: as it was.
    pub name: Option<String>,
    pub password_hash: String,
}

/// Each method is one transaction. Of two who use up the same step, code or
/// link at once, one hears that it was good.
#[async_trait]
pub trait CredentialLedger: Send + Sync {
    async fn second_factor(&self, login: &str) -> Result<Option<SecondFactor>, LedgerError>;
    /// False when the account has one already.
    async fn enrol(&self, login: &str, new: &Enrolment, by: &By) -> Result<bool, LedgerError>;
    /// Uses up a step and all before it; false when that was done before.
    async fn take_step(&self, login: &str, step: u64) -> Result<bool, LedgerError>;
    /// Uses up a recovery code; false when it is not one of the account's, or
    /// was used.
    async fn take_recovery(
        &self,
        login: &str,
        hash: &[u8; 32],
        by: &By,
    ) -> Result<bool, LedgerError>;
    /// Puts others in the place of all recovery codes; false without a second
    /// factor.
    async fn renew_recovery(
        &self,
        login: &str,
        hashes: &[[u8; 32]],
        by: &By,
    ) -> Result<bool, LedgerError>;
    /// With its recovery codes; false when there is none.
    async fn remove_second_factor(&self, login: &str, by: &By) -> Result<bool, LedgerError>;
    /// Ends every session but `keep`, and every link of the account.
    async fn set_password(
        &self,
        login: &str,
        hash: &str,
        keep: &str,
        by: &By,
    ) -> Result<(), LedgerError>;
    /// Takes back the account's links before it.
    async fn add_link(&self, link: &Link, by: &By) -> Result<(), LedgerError>;
    /// A link that is good at `at`, of an account that is open. Uses nothing up.
    async fn link(&self, hash: &[u8; 32], at: UnixMs) -> Result<Option<Link>, LedgerError>;
    /// Uses a link up, with all sessions and other links of the account; false
    /// when it is no longer good. Whoever follows it is the account's own.
    async fn take_link(
        &self,
        hash: &[u8; 32],
        chosen: &Chosen,
        by: &By,
    ) -> Result<bool, LedgerError>;
}
