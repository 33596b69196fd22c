//! Activations that wait for their time. Whichever process looks first when it
//! has come books them, and whatever moves labels of the batch books them
//! before.

use super::db::{self, Row};
use serde_json::json;
use uuid::Uuid;

use super::booking::{batch_of, move_in};
use super::rows::{self, Read, get};
use super::{Ledger, Tx, audit, down, legs};
use crate::auth::trail::Entry;
use crate::base::{By, LedgerError, UnixMs};
use crate::registry::BatchRef;
use crate::registry::movement::port::{ScheduleState, Scheduled};
use crate::registry::movement::{Kind, NewMovement, Words};

/// Activations that wait in one batch.
const WAITING_MAX: i64 = 100;

fn scheduled(row: &Row) -> Read<Scheduled> {
    Ok(Scheduled {
        id: rows::id(row)?,
        batch: rows::batch_ref(row)?,
        ranges: legs::ranges(row)?,
        due: UnixMs(get(row, "due_at")?),
        words: Words {
            reason: get(row, "reason")?,
            reference: get(row, "reference")?,
            key: get(row, "request_key")?,
        },
        by: get(row, "scheduled_by")?,
        at: UnixMs(get(row, "scheduled_at")?),
        state: ScheduleState::from_slug(&get::<String>(row, "state")?)
            .ok_or_else(|| rows::bad("state"))?,
    })
}

pub(super) async fn keep(ledger: &Ledger, new: &Scheduled, by: &By) -> Read<Scheduled> {
    let mut tx = ledger.write().await?;
    let known = db::query(
        "SELECT * FROM scheduled_activations
         WHERE key_number = $1 AND batch_number = $2 AND request_key = $3",
    )
    .bind(i64::from(new.batch.key.get()))
    .bind(i64::from(new.batch.batch))
    .bind(&new.words.key)
    .fetch_optional(&mut *tx)
    .await
    .map_err(down)?;
    if let Some(row) = known {
        let old = scheduled(&row)?;
        if (&old.ranges, old.due, &old.words) == (&new.ranges, new.due, &new.words) {
            return Ok(old);
        }
        let key = new.words.key.as_deref().unwrap_or_default();
        return Err(LedgerError::Conflict(format!(
            "request {key:?} of batch {} asked for something else",
            new.batch
        )));
    }
    let waiting: i64 = db::query_scalar(
        "SELECT COUNT(*) FROM scheduled_activations
         WHERE key_number = $1 AND batch_number = $2 AND state = 'waiting'",
    )
    .bind(i64::from(new.batch.key.get()))
    .bind(i64::from(new.batch.batch))
    .fetch_one(&mut *tx)
    .await
    .map_err(down)?;
    if waiting >= WAITING_MAX {
        return Err(LedgerError::Conflict(format!(
            "{waiting} activations of batch {} wait already; cancel one",
            new.batch
        )));
    }
    db::query(
        "INSERT INTO scheduled_activations (id, key_number, batch_number, ranges, due_at, reason,
         reference, request_key, scheduled_by, scheduled_at, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(new.id.to_string())
    .bind(i64::from(new.batch.key.get()))
    .bind(i64::from(new.batch.batch))
    .bind(new.ranges.to_string())
    .bind(new.due.0)
    .bind(&new.words.reason)
    .bind(&new.words.reference)
    .bind(&new.words.key)
    .bind(&by.login)
    .bind(by.at.0)
    .bind(new.state.slug())
    .execute(&mut *tx)
    .await
    .map_err(down)?;
    let after = json!({"id": new.id, "labels": new.ranges.labels(), "due": new.due,
        "reason": new.words.reason, "reference": new.words.reference});
    note(&mut tx, new.batch, by, ("labels.schedule", after)).await?;
    tx.commit().await.map_err(down)?;
    Ok(new.clone())
}

async fn note(
    tx: &mut Tx,
    batch: BatchRef,
    by: &By,
    (action, after): (&'static str, serde_json::Value),
) -> Read<()> {
    let (_, enterprise) = batch_of(tx, batch).await?;
    let entry = Entry {
        action,
        object: format!("batch {batch}"),
        enterprise: Some(enterprise.as_str()),
        before: serde_json::Value::Null,
        after,
    };
    audit::note(tx, by, &entry).await
}

pub(super) async fn cancel(
    ledger: &Ledger,
    batch: BatchRef,
    id: Uuid,
    by: &By,
) -> Read<ScheduleState> {
    let mut tx = ledger.write().await?;
    book(&mut tx, Some(batch), by.at).await?;
    let state: Option<String> = db::query_scalar(
        "SELECT state FROM scheduled_activations
         WHERE id = $1 AND key_number = $2 AND batch_number = $3",
    )
    .bind(id.to_string())
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .fetch_optional(&mut *tx)
    .await
    .map_err(down)?;
    let state = state.ok_or_else(|| LedgerError::NotFound(format!("activation {id}")))?;
    let mut state = ScheduleState::from_slug(&state).ok_or_else(|| rows::bad("state"))?;
    if state == ScheduleState::Waiting {
        state = ScheduleState::Cancelled;
        db::query("UPDATE scheduled_activations SET state = $1 WHERE id = $2")
            .bind(state.slug())
            .bind(id.to_string())
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        note(&mut tx, batch, by, ("labels.unschedule", json!({"id": id}))).await?;
    }
    tx.commit().await.map_err(down)?;
    Ok(state)
}

pub(super) async fn of(ledger: &Ledger, batch: BatchRef, limit: u32) -> Read<Vec<Scheduled>> {
    db::query(
        "SELECT * FROM scheduled_activations WHERE key_number = $1 AND batch_number = $2
         ORDER BY scheduled_at DESC, id DESC LIMIT $3",
    )
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .bind(i64::from(limit))
    .fetch_all(&ledger.reader)
    .await
    .map_err(down)?
    .iter()
    .map(scheduled)
    .collect()
}

const DUE: &str = "SELECT * FROM scheduled_activations WHERE state = 'waiting' AND due_at <= $1
     AND ($2 IS NULL OR (key_number = $2 AND batch_number = $3)) ORDER BY due_at, id";

/// Books what is due of a batch, or of all; how many.
pub(super) async fn book(tx: &mut Tx, of: Option<BatchRef>, now: UnixMs) -> Read<u64> {
    let due = db::query(DUE)
        .bind(now.0)
        .bind(of.map(|b| i64::from(b.key.get())))
        .bind(of.map(|b| i64::from(b.batch)))
        .fetch_all(&mut **tx)
        .await
        .map_err(down)?;
    for row in &due {
        let s = scheduled(row)?;
        let new = NewMovement {
            id: s.id,
            batch: s.batch,
            kind: Kind::Activate,
            ranges: s.ranges,
            place: None,
            from: None,
            partial: true,
            words: Words { key: None, ..s.words },
        };
        // Refused: none of its labels can be activated any more.
        let by = By { login: s.by, ..By::worker(now) };
        match move_in(tx, &new, String::new(), (&by, s.due)).await {
            // So are labels whose roll nobody signed off in time.
            Err(LedgerError::Invalid(_)) => {}
            moved => drop(moved?),
        }
        db::query("UPDATE scheduled_activations SET state = 'booked' WHERE id = $1")
            .bind(s.id.to_string())
            .execute(&mut **tx)
            .await
            .map_err(down)?;
    }
    Ok(due.len() as u64)
}

pub(super) async fn book_due(ledger: &Ledger, now: UnixMs) -> Read<u64> {
    // Nearly always nothing is, and a look costs the writer nothing.
    let none: Option<i64> = None;
    let due = db::query(DUE)
        .bind(now.0)
        .bind(none)
        .bind(none)
        .fetch_optional(&ledger.reader)
        .await
        .map_err(down)?;
    if due.is_none() {
        return Ok(0);
    }
    let mut tx = ledger.write().await?;
    let booked = book(&mut tx, None, now).await?;
    tx.commit().await.map_err(down)?;
    Ok(booked)
}
