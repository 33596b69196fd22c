//! What the register says of enterprises and batches, beside the keys.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Finding, NOT_BEFORE, SOON_DAYS, local, some_of};
use crate::app::backup::ledger_left;
use crate::app::config::Settings;
use crate::base::{LedgerError, UnixMs};
use crate::keys::{KeyNumber, KeyStatus, Keyring};
use crate::registry::port::RegistryLedger;
use crate::registry::{BatchRef, Enterprise};
use crate::store::sql::Ledger;

/// Batches that are looked at, latest first.
const BATCHES_MAX: u32 = 100_000;

pub async fn checks(
    settings: &Settings,
    ledger: &Ledger,
    ring: Option<&Keyring>,
    now: UnixMs,
) -> Vec<Finding> {
    let read = async || -> Result<_, LedgerError> {
        Ok((ledger.enterprises().await?, ledger.batches(None, BATCHES_MAX).await?))
    };
    let (enterprises, batches) = match read().await {
        Ok(both) => both,
        Err(error) => {
            let remedy = "stop the processes, keep a copy of the ledger, restore a backup";
            return vec![Finding::fault("register", error.to_string(), remedy)];
        }
    };
    if enterprises.is_empty()
        && let Some(says) = ledger_left(settings)
    {
        return vec![Finding::fault("register", says, NOT_BEFORE)];
    }
    let today = local(settings, now).date();
    let mut found: Vec<_> = enterprises.iter().flat_map(|e| licences(e, today)).collect();
    if let Some(ring) = ring {
        found.extend(enterprises.iter().filter_map(|e| without_key(e, ring)));
        found.extend(of_lost_keys(batches.iter().map(|b| b.id), ring));
    }
    if found.is_empty() {
        let says = format!("{} enterprises, {} batches", enterprises.len(), batches.len());
        found.push(Finding::ok("register", says));
    }
    found
}

fn licences(enterprise: &Enterprise, today: Date) -> Vec<Finding> {
    let name = &enterprise.name.zh;
    enterprise
        .licences
        .iter()
        .filter_map(|licence| {
            let days = (licence.expires_on - today).get_days();
            let which = format!("{} {} of {name}", licence.kind, licence.number);
            let says = if days < 0 {
                format!("{which} expired on {}", licence.expires_on)
            } else if i64::from(days) < SOON_DAYS {
                format!("{which} expires on {}", licence.expires_on)
            } else {
                return None;
            };
            let remedy = "ask the enterprise for the renewed licence; its products may have to \
                          leave the market until then";
            Some(Finding::warning("licences", says, remedy))
        })
        .collect()
}

fn without_key(enterprise: &Enterprise, ring: &Keyring) -> Option<Finding> {
    let issues =
        ring.iter().any(|key| key.status == KeyStatus::Active && enterprise.issues_as(&key.issuer));
    let name = &enterprise.name.zh;
    (!issues).then(|| {
        Finding::warning(
            "enterprises",
            format!("{name} has no active key: it can order no labels"),
            format!("zhenma key new --issuer {name}"),
        )
    })
}

/// Batches whose labels no key proves any more.
fn of_lost_keys(batches: impl Iterator<Item = BatchRef>, ring: &Keyring) -> Vec<Finding> {
    const CHECK: &str = "batches";
    let mut of_key = BTreeMap::<KeyNumber, Vec<BatchRef>>::new();
    // What nothing signs needs no key.
    for batch in batches.filter(|batch| !batch.is_own()) {
        of_key.entry(batch.key).or_default().push(batch);
    }
    of_key
        .into_iter()
        .filter_map(|(number, batches)| match ring.get(number).map(|key| key.status) {
            None => Some(Finding::fault(
                CHECK,
                format!(
                    "key {number} of the batches {} is not in the key set: their labels are \
                     called not genuine",
                    some_of(&batches)
                ),
                "restore jwks.json from a backup that has it",
            )),
            Some(KeyStatus::Revoked) => Some(Finding::warning(
                CHECK,
                format!(
                    "key {number} of the batches {} is revoked: their labels are answered \
                     cannot_confirm",
                    some_of(&batches)
                ),
                "recall what is still on sale, and issue new labels under a new key",
            )),
            Some(KeyStatus::Active | KeyStatus::Retired) => None,
        })
        .collect()
}
