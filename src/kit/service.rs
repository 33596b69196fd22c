//! Makes the next kit where one is due.

use std::collections::BTreeMap;

use crate::base::{LedgerError, UnixMs};
use crate::code::Payload;
use crate::keys::{KeyStatus, Keyring};
use crate::kit::port::{Head, KitLedger};
use crate::kit::{Facts, Flagged, Manifest, Part, parts};
use crate::registry::{BatchRef, Decision, Register};

/// A kit is signed anew when the last is so old, even if nothing changed: its
/// age is what a phone goes by. Milliseconds.
pub const RESIGN_MS: i64 = 30 * 60_000;

/// A kit that waits for its signature.
pub struct Draft {
    pub manifest: Manifest,
    pub parts: Vec<Part>,
}

/// The next kit; `None` where the last is young and says the same.
///
/// # Errors
/// Of the ledger.
pub async fn next(
    ledger: &impl KitLedger,
    register: &Register,
    keys: &Keyring,
    hosts: &[String],
    now: UnixMs,
) -> Result<Option<Draft>, LedgerError> {
    let head = ledger.kit_head().await?;
    let revoked: Vec<_> =
        keys.iter().filter(|key| key.status == KeyStatus::Revoked).map(|key| key.number).collect();
    let revoked = ledger.revoked_since(&revoked, now).await?;
    let flagged = flagged(ledger, register).await?;
    let parts = parts(&Facts { register, keys, revoked: &revoked, flagged: &flagged });
    if head.as_ref().is_some_and(|head| says_the_same(head, &parts, now)) {
        return Ok(None);
    }
    let version = head.map_or(1, |head| head.version + 1);
    let manifest = Manifest::new(version, register.revision, now, hosts.to_vec(), &parts);
    Ok(Some(Draft { manifest, parts }))
}

fn says_the_same(head: &Head, parts: &[Part], now: UnixMs) -> bool {
    let young = (0..RESIGN_MS).contains(&now.since(head.made_at));
    let same =
        |((name, hash), part): (&(String, String), &Part)| *name == part.name && *hash == part.hash;
    young && head.parts.len() == parts.len() && head.parts.iter().zip(parts).all(same)
}

/// Codes whose answer is `suspect`, and those that an officer found copied.
async fn flagged(
    ledger: &impl KitLedger,
    register: &Register,
) -> Result<Vec<Flagged>, LedgerError> {
    let copied = register.findings.iter().filter_map(|(payload, found)| match found.decision {
        Some((Decision::Copied, at)) => Some((*payload, at)),
        _ => None,
    });
    let accused = register.accused.iter().map(|(payload, since)| (*payload, *since));
    let since: BTreeMap<_, _> = copied.chain(accused).collect();
    let payloads: Vec<_> = since.keys().copied().collect();
    let mut provinces = BTreeMap::<_, Vec<u16>>::new();
    for (payload, province) in ledger.provinces_of(&payloads).await? {
        provinces.entry(payload).or_default().push(province);
    }
    let one = |(payload, since)| {
        let mut met = provinces.remove(&payload).unwrap_or_default();
        met.extend(bound_for(register, &payload));
        met.sort_unstable();
        met.dedup();
        Flagged { payload, since, provinces: met }
    };
    Ok(since.into_iter().map(one).collect())
}

/// The province that the code's batch is made for, where it is for one.
fn bound_for(register: &Register, payload: &[u8; 12]) -> Option<u16> {
    let Payload { key, batch, .. } = Payload::from_bytes(*payload).ok()?;
    let facts = register.batches.get(&BatchRef { key, batch })?;
    Some(facts.batch.destination / 100).filter(|province| *province != 0)
}
