//! What an enterprise sees of its goods at a glance: where labels lie, when and
//! where buyers scan, what is flagged, which lots travel unusually. Everything
//! here is counted as it happens; nothing walks over scans.

pub mod flow;
pub mod late;

use std::collections::BTreeMap;

use async_trait::async_trait;
use uuid::Uuid;

use crate::base::{By, LedgerError, UnixMs};
use crate::cases::Flag;
use crate::recall::Recall;
use crate::registry::movement::Account;
use crate::registry::order::Order;
use crate::registry::{BatchRef, Gtin, Register, Uscc};
use crate::scan::across::Across;
use crate::scan::diversion::{self, Lot, Travelled};

pub use flow::{Flows, Shipped};

/// What somebody says to a lot that travels unusually.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Given with the form: the same form sent twice is one reply.
    pub id: Uuid,
    pub batch: BatchRef,
    pub text: String,
    pub by: String,
    pub at: UnixMs,
}

/// What overviews ask of the ledger.
#[async_trait]
pub trait OverviewLedger: Send + Sync {
    /// Labels of all batches by where they lie.
    async fn labels_by_account(&self, of: &Uscc) -> Result<Vec<(Account, u64)>, LedgerError>;
    /// Buyers' scans by day since 1970, from `since` on.
    async fn buyers_by_day(&self, of: &Uscc, since: i64) -> Result<Vec<(i64, u64)>, LedgerError>;
    /// The same by province, two digits of GB/T 2260; 0: unknown.
    async fn buyers_by_province(
        &self,
        of: &Uscc,
        since: i64,
    ) -> Result<Vec<(u8, u64)>, LedgerError>;
    /// Codes that answer `suspect` now, riskiest first. Leads that officers alone
    /// see are not among them.
    async fn accused(&self, of: &Uscc, limit: u32) -> Result<Vec<Flag>, LedgerError>;
    /// Bottles shipped, by lot and province, the latest lot first and its rows
    /// together, at most `limit`.
    async fn shipped(&self, of: &Uscc, limit: u32) -> Result<Vec<Shipped>, LedgerError>;
    /// Orders that wait for a second person, latest first.
    async fn orders_awaiting(&self, of: &Uscc, limit: u32) -> Result<Vec<Order>, LedgerError>;
    /// The same of recalls, losses and lifts.
    async fn recalls_awaiting(&self, of: &Uscc, limit: u32) -> Result<Vec<Recall>, LedgerError>;
    /// Keeps a reply; the form that is known is one reply.
    async fn reply(&self, new: &Reply, by: &By) -> Result<(), LedgerError>;
    /// Latest first.
    async fn replies(&self, of: &Uscc, limit: u32) -> Result<Vec<Reply>, LedgerError>;
}

/// Labels by the province in which each was first scanned.
pub fn first_scans(register: &Register, across: &Across, of: &Uscc) -> BTreeMap<u8, u64> {
    let mut out = BTreeMap::new();
    for lot in lots(register, across, of).into_values().flatten() {
        for (province, labels) in lot.firsts {
            *out.entry(province).or_default() += u64::from(labels);
        }
    }
    out
}

/// Lots that were made for a province, by product.
fn lots(register: &Register, across: &Across, of: &Uscc) -> BTreeMap<Gtin, Vec<Lot>> {
    let mut out = BTreeMap::<Gtin, Vec<Lot>>::new();
    let own = register.batches.values().filter(|facts| facts.batch.enterprise == *of);
    for facts in own {
        let batch = &facts.batch;
        let Some(firsts) = across.first_seen(batch.id) else { continue };
        let known = firsts.iter().filter(|(province, _)| **province != 0);
        out.entry(batch.product.clone()).or_default().push(Lot {
            batch: batch.id,
            destination: u8::try_from(batch.destination / 100).unwrap_or(0),
            firsts: known.map(|(province, labels)| (*province, *labels)).collect(),
        });
    }
    out
}

/// How the lots travelled that were made for one province, the most unusual
/// first.
pub fn travelled(register: &Register, across: &Across, of: &Uscc) -> Vec<Travelled> {
    let by_product = lots(register, across, of).into_values().map(|mut lots| {
        lots.retain(|lot| lot.destination != 0);
        diversion::judge(&lots)
    });
    let mut found: Vec<_> = by_product.flatten().collect();
    found.sort_by(|a, b| b.unusual.cmp(&a.unusual).then(a.chance.total_cmp(&b.chance)));
    found
}
