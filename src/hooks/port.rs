//! What webhooks ask of the ledger. Each method is one transaction; what people
//! change is told in the audit trail, in the same transaction.

use async_trait::async_trait;
use uuid::Uuid;

use crate::base::{By, LedgerError, UnixMs};
use crate::hooks::{Attempt, Delivery, Due, Endpoint, Next, Secret};
use crate::registry::Uscc;

/// Which deliveries of an endpoint are made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    One(Uuid),
    /// Of events from this instant on.
    Since(UnixMs),
}

/// Deliveries that may be taken at once, so that what hangs holds up no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtOnce {
    pub of_endpoint: u32,
    /// Over all of its endpoints.
    pub of_enterprise: u32,
}

/// Another enterprise's endpoint is `NotFound`.
#[async_trait]
pub trait HookLedger: Send + Sync {
    /// # Errors
    /// `Invalid` when `ENDPOINTS_MAX` are in use.
    async fn add_endpoint(&self, new: &Endpoint, by: &By) -> Result<(), LedgerError>;
    /// Latest first, at most `limit`.
    async fn endpoints(&self, of: &Uscc, limit: u32) -> Result<Vec<Endpoint>, LedgerError>;
    async fn endpoint(&self, of: &Uscc, id: Uuid) -> Result<Endpoint, LedgerError>;
    /// From now on `secret` signs, and until `old_until` the one before too.
    async fn rotate_secret(
        &self,
        of: &Uscc,
        id: Uuid,
        secret: &Secret,
        old_until: UnixMs,
        by: &By,
    ) -> Result<(), LedgerError>;
    /// False when it was so before.
    async fn disable_endpoint(&self, of: &Uscc, id: Uuid, by: &By) -> Result<bool, LedgerError>;
    /// What was gathered meanwhile is due at once. False when it was so before.
    ///
    /// # Errors
    /// `Invalid` when `ENDPOINTS_MAX` are in use.
    async fn enable_endpoint(&self, of: &Uscc, id: Uuid, by: &By) -> Result<bool, LedgerError>;
    /// Sends it an event of its own; gives the event's id.
    async fn test_endpoint(&self, of: &Uscc, id: Uuid, by: &By) -> Result<Uuid, LedgerError>;
    /// Latest first, at most `limit`.
    async fn deliveries(
        &self,
        of: &Uscc,
        endpoint: Uuid,
        limit: u32,
    ) -> Result<Vec<Delivery>, LedgerError>;
    /// How many are due again.
    async fn replay(
        &self,
        of: &Uscc,
        endpoint: Uuid,
        again: Again,
        by: &By,
    ) -> Result<u64, LedgerError>;

    /// Takes one delivery that is due, of an endpoint and an enterprise with fewer
    /// taken than `most`; nobody else gets it until `lease_until`.
    async fn take_delivery(
        &self,
        at: UnixMs,
        lease_until: UnixMs,
        most: AtOnce,
    ) -> Result<Option<Due>, LedgerError>;
    /// Keeps what came of it. Without effect where the lease had ended and
    /// another has the delivery, unless it was delivered.
    async fn note_attempt(
        &self,
        due: &Due,
        attempt: &Attempt,
        next: &Next,
        by: &By,
    ) -> Result<(), LedgerError>;
    /// Forgets events from before an instant, at most `limit`; how many.
    async fn forget_events(&self, before: UnixMs, limit: u32) -> Result<u64, LedgerError>;
}
