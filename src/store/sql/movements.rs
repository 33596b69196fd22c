//! The log of movements, and the spans that it makes.

use super::db::{self, Row};
use async_trait::async_trait;
use uuid::Uuid;

use super::booking::{Booking, batch_of, move_in, undo_in};
use super::rows::{self, Read, get};
use super::{Ledger, Tx, closings, down, legs, schedules, spans, unsigned};
use crate::base::{By, LedgerError, UnixMs};
use crate::registry::movement::closing::{Closing, NewClosing};
use crate::registry::movement::port::{MovementLedger, ScheduleState, Scheduled};
use crate::registry::movement::{
    Balance, Holding, Kind, Moved, Movement, NewMovement, Ranges, Span, Words,
};
use crate::registry::{BatchRef, RangeFact, Uscc};

pub(super) fn movement(row: &Row) -> Read<Movement> {
    let undoes: Option<String> = get(row, "undoes")?;
    Ok(Movement {
        id: rows::id(row)?,
        batch: rows::batch_ref(row)?,
        kind: Kind::from_slug(&get::<String>(row, "kind")?).ok_or_else(|| rows::bad("kind"))?,
        undoes: undoes.map(|id| id.parse().map_err(|_| rows::bad("undoes"))).transpose()?,
        legs: Vec::new(),
        undone: get::<Option<i64>>(row, "undone_at")?
            .map(|at| Ok((unsigned(get(row, "undone")?), UnixMs(at))))
            .transpose()?,
        words: Words {
            reason: get(row, "reason")?,
            reference: get(row, "reference")?,
            key: get(row, "request_key")?,
        },
        by: get(row, "moved_by")?,
        at: UnixMs(get(row, "moved_at")?),
    })
}

/// What is asked for, but for who asks and when: the same words are the same
/// request.
fn request(new: &NewMovement) -> String {
    let place = |place: &Option<_>| place.as_ref().map_or("*".to_owned(), |p| format!("={p}"));
    format!(
        "{}\n{}\n{}\n{}\n{}\n{}\n{}",
        new.kind.slug(),
        new.ranges,
        place(&new.place),
        place(&new.from),
        new.partial,
        new.words.reason,
        new.words.reference,
    )
}

/// The movement with this key, if there is one.
async fn known(tx: &mut Tx, batch: BatchRef, key: &str, asked: &str) -> Read<Option<Uuid>> {
    let row = db::query(
        "SELECT id, request FROM movements
         WHERE key_number = $1 AND batch_number = $2 AND request_key = $3",
    )
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .bind(key)
    .fetch_optional(&mut **tx)
    .await
    .map_err(down)?;
    let Some(row) = row else { return Ok(None) };
    if get::<String>(&row, "request")? != asked {
        let text = format!("request {key:?} of batch {batch} asked for something else");
        return Err(LedgerError::Conflict(text));
    }
    rows::id(&row).map(Some)
}

/// A movement with its legs.
async fn one(tx: &mut Tx, id: Uuid) -> Read<Option<Movement>> {
    let row = db::query(
        "SELECT m.*, (SELECT CAST(SUM(labels) AS BIGINT) FROM movement_legs WHERE undoes = m.id) AS undone,
         (SELECT MAX(moved_at) FROM movements WHERE undoes = m.id) AS undone_at
         FROM movements m WHERE m.id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(&mut **tx)
    .await
    .map_err(down)?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Movement { legs: legs::of(&mut **tx, id).await?, ..movement(&row)? }))
}

/// What a request did that is made again.
async fn before(tx: &mut Tx, id: Uuid) -> Read<Moved> {
    one(tx, id).await?.map(Moved::Before).ok_or_else(|| rows::bad("movement"))
}

#[async_trait]
impl MovementLedger for Ledger {
    async fn move_labels(&self, new: &NewMovement, by: &By) -> Result<Moved, LedgerError> {
        let mut tx = self.write().await?;
        let asked = request(new);
        if let Some(key) = &new.words.key
            && let Some(id) = known(&mut tx, new.batch, key, &asked).await?
        {
            return before(&mut tx, id).await;
        }
        schedules::book(&mut tx, Some(new.batch), by.at).await?;
        let kept = if new.words.key.is_some() { asked } else { String::new() };
        let moved = move_in(&mut tx, new, kept, (by, by.at)).await?;
        if matches!(moved, Moved::Done(..)) {
            tx.commit().await.map_err(down)?;
        }
        Ok(moved)
    }

    async fn undo(
        &self,
        batch: BatchRef,
        movement: Uuid,
        words: &Words,
        by: &By,
    ) -> Result<Moved, LedgerError> {
        let mut tx = self.write().await?;
        let asked = format!("undo\n{movement}");
        if let Some(key) = &words.key
            && let Some(id) = known(&mut tx, batch, key, &asked).await?
        {
            return before(&mut tx, id).await;
        }
        schedules::book(&mut tx, Some(batch), by.at).await?;
        let booking = Booking {
            id: crate::base::ids::new_id(by.at),
            batch,
            kind: Kind::Undo,
            undoes: Some(movement),
            words,
            request: if words.key.is_some() { asked } else { String::new() },
            by,
            at: by.at,
        };
        let moved = undo_in(&mut tx, &booking, movement).await?;
        if matches!(moved, Moved::Done(..)) {
            tx.commit().await.map_err(down)?;
        }
        Ok(moved)
    }

    async fn movements(&self, batch: BatchRef, limit: u32) -> Result<Vec<Movement>, LedgerError> {
        let rows = db::query(
            "SELECT m.*, (SELECT CAST(SUM(labels) AS BIGINT) FROM movement_legs WHERE undoes = m.id) AS undone,
             (SELECT MAX(moved_at) FROM movements WHERE undoes = m.id) AS undone_at
             FROM movements m WHERE m.key_number = $1 AND m.batch_number = $2
             ORDER BY m.revision DESC LIMIT $3",
        )
        .bind(i64::from(batch.key.get()))
        .bind(i64::from(batch.batch))
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?;
        let mut out = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut movement = movement(row)?;
            movement.legs = legs::of(&self.reader, movement.id).await?;
            out.push(movement);
        }
        Ok(out)
    }

    async fn movement(&self, id: Uuid) -> Result<Option<Movement>, LedgerError> {
        one(&mut self.reader.begin().await.map_err(down)?, id).await
    }

    async fn moved_numbers(&self, batch: BatchRef, id: Uuid) -> Result<Ranges, LedgerError> {
        let mut tx = self.reader.begin().await.map_err(down)?;
        let entries = legs::entries(&mut tx, batch, id).await?;
        let runs = entries.iter().flat_map(|entry| entry.ranges.runs()).copied().collect();
        Ok(Ranges::of_runs(runs))
    }

    async fn balance(&self, batch: BatchRef) -> Result<Balance, LedgerError> {
        spans::balance(self, batch).await
    }

    async fn spans(&self, batch: BatchRef) -> Result<Vec<Span>, LedgerError> {
        spans::of(self, batch).await
    }

    async fn replayed(&self, batch: BatchRef) -> Result<Vec<Span>, LedgerError> {
        let mut tx = self.reader.begin().await.map_err(down)?;
        let (count, _) = batch_of(&mut tx, batch).await?;
        legs::replay(&mut tx, batch, count).await
    }

    async fn schedule(&self, new: &Scheduled, by: &By) -> Result<Scheduled, LedgerError> {
        schedules::keep(self, new, by).await
    }

    async fn cancel_scheduled(
        &self,
        batch: BatchRef,
        id: Uuid,
        by: &By,
    ) -> Result<ScheduleState, LedgerError> {
        schedules::cancel(self, batch, id, by).await
    }

    async fn scheduled(&self, batch: BatchRef, limit: u32) -> Result<Vec<Scheduled>, LedgerError> {
        schedules::of(self, batch, limit).await
    }

    async fn book_due(&self, now: UnixMs) -> Result<u64, LedgerError> {
        schedules::book_due(self, now).await
    }

    async fn close_day(&self, new: &NewClosing, by: &By) -> Result<Closing, LedgerError> {
        closings::close(self, new, by).await
    }

    async fn closings(&self, of: &Uscc, limit: u32) -> Result<Vec<Closing>, LedgerError> {
        closings::of(self, of, limit).await
    }

    async fn missing_labels(
        &self,
        of: &Uscc,
    ) -> Result<Vec<(RangeFact, Vec<Holding>)>, LedgerError> {
        closings::missing(self, of).await
    }
}
