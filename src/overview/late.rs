//! What is late, and told of once: computed from what is known, raised by the
//! worker under a mark that is written with the event.

use async_trait::async_trait;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::base::{LedgerError, UnixMs};
use crate::handoff::Settings;
use crate::handoff::alarm::{Alarm, Progress};
use crate::hooks::Kind;
use crate::registry::Uscc;
use crate::registry::register::BatchFacts;

/// Days after which a batch is told of, nothing of it having been put on sale.
pub const IDLE_DAYS: i64 = 14;

const DAY_MS: i64 = 86_400_000;

/// Something that is late.
#[derive(Clone, Debug)]
pub struct Late {
    pub kind: Kind,
    pub enterprise: Uscc,
    /// A package's id, or a batch.
    pub object: String,
    /// What it waits since: the same object, late again since another instant,
    /// is another alarm.
    pub since: UnixMs,
    /// Numbers: never a code, an address or a person.
    pub data: Value,
}

impl Late {
    /// A pick-up that wrong codes closed is told of when it happens.
    pub fn of_package(progress: &Progress, settings: &Settings, now: UnixMs) -> Option<Self> {
        let package = &progress.package;
        let (kind, days, since) = match progress.alarm(settings, now)? {
            Alarm::NotPickedUp(days) => (Kind::PackageNotPickedUp, days, package.ready_at),
            Alarm::NotPrinted(days) => (Kind::PackageNotPrinted, days, progress.first_download_at),
            Alarm::NotActivated(days) => {
                let signed_off = package.sign_off.as_ref().map(|word| word.at);
                (Kind::PackageNotActivated, days, signed_off)
            }
            Alarm::WrongCodes => return None,
        };
        let data = json!({"package": package.id, "number": package.number,
            "order": package.order, "batch": package.batch, "days": days});
        let (object, enterprise) = (package.id.to_string(), package.enterprise.clone());
        Some(Self { kind, enterprise, object, since: since?, data })
    }

    pub fn of_batch(facts: &BatchFacts, now: UnixMs) -> Option<Self> {
        let (days, batch) = (idle_days(facts, now)?, &facts.batch);
        Some(Self {
            kind: Kind::BatchNotActivated,
            enterprise: batch.enterprise.clone(),
            object: batch.id.to_string(),
            since: batch.created_at,
            data: json!({"batch": batch.id, "labels": batch.count, "days": days}),
        })
    }
}

/// Days since a batch was ordered, `IDLE_DAYS` or more, where labels of it wait
/// and none was put on sale.
pub fn idle_days(facts: &BatchFacts, now: UnixMs) -> Option<i64> {
    let days = now.since(facts.batch.created_at) / DAY_MS;
    (facts.waits() && days >= IDLE_DAYS).then_some(days)
}

/// What the worker asks of the ledger.
#[async_trait]
pub trait AlarmLedger: Send + Sync {
    /// Packages of all enterprises of which something may be late, by their ids
    /// from behind `after`, at most `limit`.
    async fn unfinished_packages(
        &self,
        after: Uuid,
        limit: u32,
    ) -> Result<Vec<Progress>, LedgerError>;
    /// Marks it as raised and tells the enterprise's endpoints, in one
    /// transaction; false when it was raised before.
    async fn raise(&self, late: &Late, at: UnixMs) -> Result<bool, LedgerError>;
}
