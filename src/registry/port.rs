//! What the registry asks of the ledger.
//!
//! Promises: every method is one transaction, durable before it answers; a
//! write that changes what servers hold in memory raises the revision in the
//! same transaction; a call that failed may be made again. What people change
//! is told in the audit trail, in the same transaction.

use async_trait::async_trait;
use uuid::Uuid;

use crate::base::{By, LedgerError, UnixMs};
use crate::registry::order::{BatchOrder, NewOrder, Order, OrderState};
use crate::registry::register::Changes;
use crate::registry::{
    Batch, BatchRef, Enterprise, Gtin, Licence, PreparedBatch, Product, RangeFact, Uscc,
};

/// One object to register.
#[derive(Clone)]
pub enum Registration {
    Enterprise(Enterprise),
    Product(Product),
    Batch(PreparedBatch),
}

impl Registration {
    pub const fn enterprise(&self) -> &Uscc {
        match self {
            Self::Enterprise(e) => &e.uscc,
            Self::Product(p) => &p.enterprise,
            Self::Batch(b) => &b.enterprise,
        }
    }

    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Enterprise(_) => "enterprise",
            Self::Product(_) => "product",
            Self::Batch(_) => "batch",
        }
    }

    /// Kind and name; a batch has none before it is registered.
    pub fn name(&self) -> String {
        match self {
            Self::Enterprise(e) => format!("enterprise {}", e.uscc),
            Self::Product(p) => format!("product {}", p.gtin),
            Self::Batch(b) => format!("batch of product {}", b.new.product),
        }
    }

    /// What the audit trail keeps of it: all but the secret of a batch.
    pub fn told(&self) -> serde_json::Value {
        let told = match self {
            Self::Enterprise(e) => serde_json::to_value(e),
            Self::Product(p) => serde_json::to_value(p),
            Self::Batch(b) => serde_json::to_value(&b.new),
        };
        told.unwrap_or_default()
    }
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registered {
    /// Or it was there and lacked its GS1 prefix, which it has now.
    Added,
    /// The same object was there already.
    Unchanged,
    /// A batch under its new number.
    Batch(BatchRef),
}

#[async_trait]
pub trait RegistryLedger: Send + Sync {
    /// Registers all or nothing. `Invalid` names the line of each object that
    /// stands in the way: registered otherwise, or without its enterprise or
    /// product.
    async fn register(
        &self,
        objects: &[(u64, Registration)],
        by: &By,
    ) -> Result<Vec<Registered>, LedgerError>;

    async fn enterprises(&self) -> Result<Vec<Enterprise>, LedgerError>;
    async fn enterprise(&self, uscc: &Uscc) -> Result<Enterprise, LedgerError>;
    /// Adds a licence, or gives the one of the same kind and number another end.
    /// `NotFound` for an unknown enterprise, `Invalid` at `LICENCES_MAX`.
    async fn set_licence(&self, of: &Uscc, licence: &Licence, by: &By) -> Result<(), LedgerError>;
    async fn products(&self, of: Option<&Uscc>) -> Result<Vec<Product>, LedgerError>;
    async fn product(&self, gtin: &Gtin) -> Result<Product, LedgerError>;
    /// Puts these particulars in the place of those of the product with this
    /// GTIN; false when they are the same. `NotFound` for one of another
    /// enterprise too, `Invalid` where GS1 asks for a GTIN of its own.
    async fn change_product(&self, product: &Product, by: &By) -> Result<bool, LedgerError>;
    /// Latest first, at most `limit`.
    async fn batches(&self, of: Option<&Uscc>, limit: u32) -> Result<Vec<Batch>, LedgerError>;
    async fn batch(&self, id: BatchRef) -> Result<Batch, LedgerError>;

    async fn add_range(&self, fact: &RangeFact, by: &By) -> Result<(), LedgerError>;
    /// False when it was lifted before, and for an office's block, which that
    /// office lifts.
    async fn lift_range(&self, id: Uuid, by: &By) -> Result<bool, LedgerError>;
    /// Lifted ones too, oldest first.
    async fn ranges(&self, batch: BatchRef) -> Result<Vec<RangeFact>, LedgerError>;

    /// Of the server's log: another one once a standby took over, 0 of a file. What was
    /// read on another may be gone, and its revisions may be those of something else.
    async fn timeline(&self) -> Result<i64, LedgerError>;
    /// What changed behind `since`; `None` when nothing did.
    async fn changes(&self, since: i64) -> Result<Option<Changes>, LedgerError>;
    /// The installation's secret: keys the hashes of devices and networks.
    async fn secret(&self) -> Result<[u8; 32], LedgerError>;
}

/// Orders of labels and their one worker.
#[async_trait]
pub trait OrderLedger: Send + Sync {
    /// The order with this key: the new one, or the one that was placed with
    /// it before; one that failed or was cancelled in the worker's hands waits again.
    /// One that is larger than what one person may order waits for a second
    /// one. `Invalid` when that one asked for something else.
    async fn place(&self, new: &NewOrder, by: &By) -> Result<Order, LedgerError>;
    /// As [`Self::place`], for all labels of a batch that is registered in the
    /// same transaction, unless the key is known.
    async fn place_with_batch(&self, new: &BatchOrder, by: &By) -> Result<Order, LedgerError>;
    async fn order(&self, id: Uuid) -> Result<Order, LedgerError>;
    /// Latest first.
    async fn orders(&self, of: Option<&Uscc>, limit: u32) -> Result<Vec<Order>, LedgerError>;
    /// Takes the oldest order that waits, or whose taker let its lease end;
    /// nobody else gets it until `lease_until`. Not those with a directory.
    async fn take(&self, at: UnixMs, lease_until: UnixMs) -> Result<Option<Order>, LedgerError>;
    /// Takes this one order, if it is not taken; for a run from the shell,
    /// which the lock of its directory keeps alone.
    async fn take_one(
        &self,
        id: Uuid,
        at: UnixMs,
        lease_until: UnixMs,
    ) -> Result<bool, LedgerError>;
    /// Tells how far it is and prolongs the lease; true when it is to stop.
    async fn progress(&self, id: Uuid, done: u64, lease_until: UnixMs)
    -> Result<bool, LedgerError>;
    /// Ends it: done, failed with the problem, or cancelled.
    async fn finish(
        &self,
        id: Uuid,
        state: OrderState,
        directory: Option<&str>,
        problem: Option<&str>,
        at: UnixMs,
    ) -> Result<(), LedgerError>;
    /// Cancels at once what waits; asks what runs to stop. False when final.
    async fn cancel(&self, id: Uuid, by: &By) -> Result<bool, LedgerError>;
    /// A second person lets it be made, or (`rejected` says why) does not. The order as it
    /// is then. `Invalid` for whoever placed it, and when it does not wait for
    /// that.
    async fn approve(
        &self,
        id: Uuid,
        rejected: Option<&str>,
        by: &By,
    ) -> Result<Order, LedgerError>;
}
