//! The log of movements, and the spans that it makes.

use async_trait::async_trait;
use futures::TryStreamExt;
use serde_json::json;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::rows::{self, Read, get};
use super::{Ledger, Tx, audit, closings, down, legs, next_revision, schedules, signed, spans};
use crate::auth::trail::Entry as Note;
use crate::base::{By, FieldError, LedgerError, UnixMs};
use crate::registry::movement::book::{Entry, shift, untouched};
use crate::registry::movement::closing::{Closing, NewClosing};
use crate::registry::movement::port::{MovementLedger, Scheduled};
use crate::registry::movement::{
    Balance, Elsewhere, Holding, Kind, Moved, Movement, NewMovement, Ranges, Span, Words,
};
use crate::registry::{BatchRef, RangeFact, Uscc};

pub(super) fn movement(row: &SqliteRow) -> Read<Movement> {
    let undoes: Option<String> = get(row, "undoes")?;
    Ok(Movement {
        id: rows::id(row)?,
        batch: rows::batch_ref(row)?,
        kind: Kind::from_slug(&get::<String>(row, "kind")?).ok_or_else(|| rows::bad("kind"))?,
        undoes: undoes.map(|id| id.parse().map_err(|_| rows::bad("undoes"))).transpose()?,
        legs: Vec::new(),
        undone: get::<Option<i64>>(row, "undone_at")?
            .map(|at| Ok((super::unsigned(get(row, "undone")?), UnixMs(at))))
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
    let row = sqlx::query(
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

/// How many labels a batch has, and whose it is.
pub(super) async fn batch_of(tx: &mut Tx, batch: BatchRef) -> Read<(u64, Uscc)> {
    let row = sqlx::query(
        "SELECT label_count, enterprise FROM batches WHERE key_number = $1 AND batch_number = $2",
    )
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .fetch_optional(&mut **tx)
    .await
    .map_err(down)?
    .ok_or_else(|| LedgerError::NotFound(format!("batch {batch}")))?;
    Ok((super::unsigned(get(&row, "label_count")?), rows::uscc(&row, "enterprise")?))
}

/// When and by whom a number came to where it lies, by the log.
async fn since(tx: &mut Tx, batch: BatchRef, number: u64) -> Read<Option<(UnixMs, String)>> {
    let mut legs = sqlx::query(
        "SELECT l.ranges, m.moved_by, m.moved_at FROM movement_legs l
         JOIN movements m ON m.id = l.movement
         WHERE l.key_number = $1 AND l.batch_number = $2
           AND l.first_number <= $3 AND l.last_number >= $3
         ORDER BY l.revision DESC",
    )
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .bind(signed(number))
    .fetch(&mut **tx);
    let one = Ranges::one(number, number);
    while let Some(row) = legs.try_next().await.map_err(down)? {
        let ranges = legs::ranges(&row)?;
        if !one.within(&ranges).is_empty() {
            return Ok(Some((UnixMs(get(&row, "moved_at")?), get(&row, "moved_by")?)));
        }
    }
    Ok(None)
}

/// What is moved in one transaction, under one revision.
pub(super) struct Booking<'a> {
    pub(super) id: Uuid,
    pub(super) batch: BatchRef,
    pub(super) kind: Kind,
    pub(super) undoes: Option<Uuid>,
    pub(super) words: &'a Words,
    pub(super) request: String,
    pub(super) by: &'a By,
    /// When it counts as moved: for what waited for its time, then.
    pub(super) at: UnixMs,
}

impl Booking<'_> {
    /// Writes the log and tells of it; the spans are the caller's.
    pub(super) async fn enter(&self, tx: &mut Tx, entries: &[Entry]) -> Read<Movement> {
        let revision = next_revision(tx).await?;
        sqlx::query(
            "INSERT INTO movements (id, key_number, batch_number, kind, undoes, reason, reference,
             request_key, request, moved_by, moved_at, revision)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(self.id.to_string())
        .bind(i64::from(self.batch.key.get()))
        .bind(i64::from(self.batch.batch))
        .bind(self.kind.slug())
        .bind(self.undoes.map(|id| id.to_string()))
        .bind(&self.words.reason)
        .bind(&self.words.reference)
        .bind(&self.words.key)
        .bind(&self.request)
        .bind(&self.by.login)
        .bind(self.at.0)
        .bind(revision)
        .execute(&mut **tx)
        .await
        .map_err(down)?;
        let mut legs = Vec::with_capacity(entries.len());
        for (n, entry) in entries.iter().enumerate() {
            legs.push(legs::insert(tx, self, n, entry, revision).await?);
        }
        let movement = Movement {
            id: self.id,
            batch: self.batch,
            kind: self.kind,
            undoes: self.undoes,
            legs,
            undone: None,
            words: self.words.clone(),
            by: self.by.login.clone(),
            at: self.at,
        };
        self.tell(tx, &movement).await?;
        Ok(movement)
    }

    async fn tell(&self, tx: &mut Tx, movement: &Movement) -> Read<()> {
        let (_, enterprise) = batch_of(tx, self.batch).await?;
        let legs: Vec<_> = movement
            .legs
            .iter()
            .map(|leg| {
                json!({"from": leg.from.account, "from_place": leg.from.place.as_str(),
                    "to": leg.to.account, "to_place": leg.to.place.as_str(),
                    "labels": leg.labels, "first": leg.first, "last": leg.last})
            })
            .collect();
        let after = json!({"movement": self.id, "undoes": self.undoes, "legs": legs,
            "reason": self.words.reason, "reference": self.words.reference});
        let entry = Note {
            action: self.kind.action(),
            object: format!("batch {}", self.batch),
            enterprise: Some(enterprise.as_str()),
            before: serde_json::Value::Null,
            after,
        };
        audit::note(tx, self.by, &entry).await
    }
}

/// Moves in a transaction that is begun; it is the caller's to end it, and to
/// let it go where the answer is `Refused`.
pub(super) async fn move_in(
    tx: &mut Tx,
    new: &NewMovement,
    request: String,
    (by, at): (&By, UnixMs),
) -> Read<Moved> {
    let (count, _) = batch_of(tx, new.batch).await?;
    let Some((first, last)) = new.ranges.ends().filter(|(_, last)| *last < count) else {
        let problem = format!("is not in batch {}", new.batch);
        let remedy = format!("its running numbers are 0-{}", count - 1);
        return Err(LedgerError::Invalid(vec![FieldError::new("range", problem, remedy)]));
    };
    let window = spans::window(tx, new.batch, first, last).await?;
    let leads = |on: &Holding| {
        new.from.as_ref().is_none_or(|from| *from == on.place).then_some(())?;
        let account = new.kind.leads(on.account)?;
        let place = new.place.as_ref().unwrap_or(&on.place).clone();
        let to = Holding { account, place };
        (to != *on).then_some(to)
    };
    let mut shifted = shift(&window, &new.ranges, leads);
    if let Some(elsewhere) = &mut shifted.elsewhere
        && (!new.partial || shifted.entries.is_empty())
    {
        elsewhere.since = since(tx, new.batch, elsewhere.first).await?;
        return Ok(Moved::Refused(elsewhere.clone()));
    }
    spans::write(tx, new.batch, &window, &shifted.spans).await?;
    let booking = Booking {
        id: new.id,
        batch: new.batch,
        kind: new.kind,
        undoes: None,
        words: &new.words,
        request,
        by,
        at,
    };
    let movement = booking.enter(tx, &shifted.entries).await?;
    Ok(Moved::Done(movement, shifted.elsewhere))
}

/// Takes back what is left of each leg, and keeps the last that was refused.
async fn undo_in(tx: &mut Tx, booking: &Booking<'_>, of: Uuid) -> Read<Moved> {
    let batch = booking.batch;
    let mine = legs::entries(tx, batch, of).await?;
    let ends = mine.iter().filter_map(|entry| entry.ranges.ends());
    let Some((first, last)) = ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else {
        return Err(nothing_left(of));
    };
    let later = legs::later(tx, batch, of, (first, last)).await?;
    let before = spans::window(tx, batch, first, last).await?;
    let (mut after, mut back, mut gone) = (before.clone(), Vec::new(), Ranges::default());
    for entry in mine {
        let about = later.iter().map(|(undoes, ranges)| (*undoes, ranges));
        let left = untouched(&entry.ranges, of, about);
        if gone.is_empty() {
            gone = entry.ranges.without(&left);
        }
        let shifted = shift(&after, &left, |on| (*on == entry.to).then(|| entry.from.clone()));
        after = shifted.spans;
        back.extend(shifted.entries);
    }
    if back.is_empty() {
        return Ok(match gone.ends() {
            Some((number, _)) => Moved::Refused(where_is(tx, batch, &before, number, &gone).await?),
            None => return Err(nothing_left(of)),
        });
    }
    spans::write(tx, batch, &before, &after).await?;
    Ok(Moved::Done(booking.enter(tx, &back).await?, None))
}

fn nothing_left(of: Uuid) -> LedgerError {
    LedgerError::Conflict(format!("movement {of} moved nothing that can be taken back"))
}

async fn where_is(
    tx: &mut Tx,
    batch: BatchRef,
    spans: &[Span],
    number: u64,
    gone: &Ranges,
) -> Read<Elsewhere> {
    let span = spans.iter().find(|span| (span.first..=span.last).contains(&number));
    let span = span.ok_or_else(|| rows::bad("span"))?;
    let last = gone.runs().first().map_or(number, |(_, last)| (*last).min(span.last));
    let since = since(tx, batch, number).await?;
    Ok(Elsewhere { first: number, last, on: span.on.clone(), since, labels: gone.labels() })
}

/// A movement with its legs.
async fn one(tx: &mut Tx, id: Uuid) -> Read<Option<Movement>> {
    let row = sqlx::query(
        "SELECT m.*, (SELECT SUM(labels) FROM movement_legs WHERE undoes = m.id) AS undone,
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
        let rows = sqlx::query(
            "SELECT m.*, (SELECT SUM(labels) FROM movement_legs WHERE undoes = m.id) AS undone,
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
    ) -> Result<bool, LedgerError> {
        schedules::cancel(self, batch, id, by).await
    }

    async fn scheduled(&self, batch: BatchRef, limit: u32) -> Result<Vec<Scheduled>, LedgerError> {
        schedules::of(self, batch, limit).await
    }

    async fn book_due(&self, now: UnixMs) -> Result<u64, LedgerError> {
        schedules::book_due(self, now).await
    }

    async fn close(&self, new: &NewClosing, by: &By) -> Result<Closing, LedgerError> {
        closings::close(self, new, by).await
    }

    async fn closings(&self, of: &Uscc, limit: u32) -> Result<Vec<Closing>, LedgerError> {
        closings::of(self, of, limit).await
    }

    async fn missing(&self, of: &Uscc) -> Result<Vec<(RangeFact, Vec<Holding>)>, LedgerError> {
        closings::missing(self, of).await
    }
}
