//! Facts about ranges of running numbers.

use super::db;
use uuid::Uuid;

use super::rows::{self, Read};
use super::{Ledger, Tx, audit, down, next_revision, planted, signed, told};
use crate::auth::trail::Entry;
use crate::base::{By, FieldError, LedgerError};
use crate::hooks::Kind;
use crate::registry::port::RegistryLedger;
use crate::registry::{BatchRef, RangeFact, Uscc};

pub(super) async fn insert(tx: &mut Tx, fact: &RangeFact) -> Result<(), LedgerError> {
    let revision = next_revision(tx).await?;
    db::query(
        "INSERT INTO batch_ranges (id, key_number, batch_number, first_number, last_number,
         state, reason_zh, reason_en, remedy_zh, remedy_en, set_by, set_at, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(fact.id.to_string())
    .bind(i64::from(fact.batch.key.get()))
    .bind(i64::from(fact.batch.batch))
    .bind(signed(fact.first))
    .bind(signed(fact.last))
    .bind(fact.state.slug())
    .bind(&fact.reason.zh)
    .bind(&fact.reason.en)
    .bind(&fact.remedy.zh)
    .bind(&fact.remedy.en)
    .bind(&fact.set_by)
    .bind(fact.set_at.0)
    .bind(revision)
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    Ok(())
}

/// Tells of a fact about a batch's labels.
async fn note_range(
    tx: &mut Tx,
    by: &By,
    action: &'static str,
    (id, enterprise): (BatchRef, &Uscc),
    [before, after]: [serde_json::Value; 2],
) -> Read<()> {
    let object = format!("batch {id}");
    let entry = Entry { action, object, enterprise: Some(enterprise.as_str()), before, after };
    audit::note(tx, by, &entry).await
}

fn range_told(fact: &RangeFact) -> serde_json::Value {
    serde_json::json!({"id": fact.id, "first": fact.first, "last": fact.last,
        "state": fact.state.slug(), "reason": fact.reason, "remedy": fact.remedy})
}

pub(super) async fn add(ledger: &Ledger, fact: &RangeFact, by: &By) -> Read<()> {
    let batch = ledger.batch(fact.batch).await?;
    if fact.first > fact.last || fact.last >= batch.issued() {
        return Err(LedgerError::Invalid(vec![FieldError::new(
            "range",
            format!("{}-{} is not in batch {}", fact.first, fact.last, batch.id),
            format!("its running numbers are 0-{}", batch.issued() - 1),
        )]));
    }
    let mut tx = ledger.write().await?;
    insert(&mut tx, fact).await?;
    let told = [serde_json::Value::Null, range_told(fact)];
    note_range(&mut tx, by, "range.mark", (fact.batch, &batch.enterprise), told).await?;
    told::range(&mut tx, Kind::RecallApproved, &batch.enterprise, fact, by.at).await?;
    tx.commit().await.map_err(down)
}

pub(super) async fn lift(ledger: &Ledger, id: Uuid, by: &By) -> Read<bool> {
    let mut tx = ledger.write().await?;
    let revision = next_revision(&mut tx).await?;
    let lifted = db::query(
        "UPDATE batch_ranges SET lifted_at = $1, revision = $2
         WHERE id = $3 AND lifted_at IS NULL AND block IS NULL RETURNING *",
    )
    .bind(by.at.0)
    .bind(revision)
    .bind(id.to_string())
    .fetch_optional(&mut *tx)
    .await
    .map_err(down)?;
    let Some(row) = lifted else { return Ok(false) };
    let fact = rows::range(&row)?;
    let batch = ledger.batch(fact.batch).await?;
    let told = [range_told(&fact), serde_json::Value::Null];
    note_range(&mut tx, by, "range.lift", (batch.id, &batch.enterprise), told).await?;
    told::range(&mut tx, Kind::RecallLifted, &batch.enterprise, &fact, by.at).await?;
    tx.commit().await.map_err(down)?;
    Ok(true)
}

pub(super) async fn of(ledger: &Ledger, batch: BatchRef) -> Read<Vec<RangeFact>> {
    db::query(
        "SELECT * FROM batch_ranges WHERE key_number = $1 AND batch_number = $2
         ORDER BY set_at, id",
    )
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .fetch_all(&ledger.reader)
    .await
    .map_err(down)?
    .iter()
    .map(rows::range)
    .collect()
}

/// All facts of every batch of which one changed behind `since`, for servers, and
/// with them what is said of its packages' pools.
pub(super) async fn changed(tx: &mut Tx, since: i64) -> Read<Vec<(BatchRef, Vec<RangeFact>)>> {
    let found = db::query(
        "SELECT * FROM batch_ranges WHERE (key_number, batch_number) IN
         (SELECT key_number, batch_number FROM batch_ranges WHERE revision > $1
          UNION SELECT key_number, batch_number FROM batches WHERE revision > $1)
         ORDER BY set_at, id",
    )
    .bind(since)
    .fetch_all(&mut **tx)
    .await
    .map_err(down)?;
    let mut ranges = planted::changed(tx, since).await?;
    for row in &found {
        let fact = rows::range(row)?;
        ranges.entry(fact.batch).or_default().push(fact);
    }
    Ok(ranges.into_iter().collect())
}
