//! Scans of a packing line: taken once, in one transaction a call.

use super::db;
use serde_json::json;
use uuid::Uuid;

use super::rows::{self, Read};
use super::trace::Keeper;
use super::{Ledger, Tx, down, trace_world};
use crate::base::{By, FieldError, LedgerError, ids};
use crate::registry::Uscc;
use crate::trace::Unit;
use crate::trace::line::{Batch, Hand, Outcome, Read as Scanned, Told};
use crate::trace::port::Recording;

/// How long the hand of a device is kept that scans no more, milliseconds.
const KEPT_MS: i64 = 30 * 86_400_000;

async fn hand(tx: &mut Tx, own: &Uscc, session: Uuid) -> Read<Hand> {
    let found: Option<String> =
        db::query_scalar("SELECT hand FROM trace_lines WHERE enterprise = $1 AND session = $2")
            .bind(own.as_str())
            .bind(session.to_string())
            .fetch_optional(&mut **tx)
            .await
            .map_err(down)?;
    found.map_or(Ok(Hand::default()), |hand| {
        serde_json::from_str(&hand).map_err(|_| rows::bad("hand"))
    })
}

async fn keep_hand(tx: &mut Tx, own: &Uscc, session: Uuid, hand: &Hand, by: &By) -> Read<()> {
    db::query("DELETE FROM trace_lines WHERE updated_at < $1")
        .bind(by.at.0 - KEPT_MS)
        .execute(&mut **tx)
        .await
        .map_err(down)?;
    db::query(
        "INSERT INTO trace_lines (enterprise, session, hand, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (enterprise, session) DO UPDATE SET hand = excluded.hand,
         updated_at = excluded.updated_at",
    )
    .bind(own.as_str())
    .bind(session.to_string())
    .bind(json!(hand).to_string())
    .bind(by.at.0)
    .execute(&mut **tx)
    .await
    .map(drop)
    .map_err(down)
}

pub(super) async fn scan(
    ledger: &Ledger,
    with: Recording<'_>,
    batch: &Batch,
    by: &By,
) -> Read<Vec<Told>> {
    let read = batch.read(with.register, with.own);
    let mut tx = ledger.write().await?;
    let mut hand = hand(&mut tx, with.own, batch.session).await?;
    if batch.scans.iter().all(|scan| scan.n <= hand.last) {
        let told = batch.scans.iter().filter_map(|scan| hand.before(scan.n, batch.size));
        return Ok(told.collect());
    }
    let mut keeper = Keeper::open(&mut tx, with, by).await?;
    if batch.place.as_ref().is_some_and(|code| !keeper.sites.contains_key(code)) {
        let fault = FieldError::new("place", "is not registered", "register the place first");
        return Err(LedgerError::Invalid(vec![fault]));
    }
    hand.begin(batch.level);
    let scanned = read.iter().flatten().filter_map(|read| match read {
        Scanned::Unit(unit) => Some(unit),
        Scanned::Reset | Scanned::Close => None,
    });
    let units: Vec<Unit> = scanned.chain(&hand.items).chain(&hand.open).cloned().collect();
    trace_world::load(&mut tx, &mut keeper.world, &units).await?;
    trace_world::load_contents(&mut tx, &mut keeper.world, &units).await?;
    let mut answers = Vec::with_capacity(batch.scans.len());
    for (scan, read) in batch.scans.iter().zip(read) {
        if let Some(told) = hand.before(scan.n, batch.size) {
            answers.push(told);
            continue;
        }
        let name = || format!("urn:uuid:{}", ids::new_id(by.at));
        let now = (with.register, by.at);
        let (told, event) = hand.take(batch, scan, read, &mut keeper.world, now, name);
        if let Some(event) = event {
            keeper.keep_packed(&mut tx, &event).await?;
        }
        hand.last = scan.n;
        answers.push(told);
    }
    hand.told.clone_from(&answers);
    keep_hand(&mut tx, with.own, batch.session, &hand, by).await?;
    let packed = answers.iter().filter(|told| told.outcome == Outcome::Packed).count();
    if packed > 0 {
        keeper.note(&mut tx, "trace.pack", json!({"line": batch.line, "packed": packed})).await?;
    }
    tx.commit().await.map_err(down)?;
    Ok(answers)
}
