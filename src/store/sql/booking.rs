//! Movements within a transaction: log and spans together.

use super::db;
use futures::TryStreamExt;
use serde_json::json;
use uuid::Uuid;

use super::rows::{self, Read, get};
use super::{Tx, audit, down, legs, next_revision, planted, signed, spans, unsigned};
use crate::auth::trail::Entry as Note;
use crate::base::{By, FieldError, LedgerError, UnixMs};
use crate::registry::movement::book::{Entry, shift, untouched};
use crate::registry::movement::{
    Account, Elsewhere, Holding, Kind, Moved, Movement, NewMovement, Ranges, Span, Words,
};
use crate::registry::{BatchRef, Uscc};

/// How many labels a batch has, and whose it is.
pub(super) async fn batch_of(tx: &mut Tx, batch: BatchRef) -> Read<(u64, Uscc)> {
    let row = db::query(
        "SELECT label_count, enterprise FROM batches WHERE key_number = $1 AND batch_number = $2",
    )
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .fetch_optional(&mut **tx)
    .await
    .map_err(down)?
    .ok_or_else(|| LedgerError::NotFound(format!("batch {batch}")))?;
    Ok((unsigned(get(&row, "label_count")?), rows::uscc(&row, "enterprise")?))
}

/// When and by whom a number came to where it lies, by the log.
async fn since(tx: &mut Tx, batch: BatchRef, number: u64) -> Read<Option<(UnixMs, String)>> {
    let mut legs = db::query(
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
        db::query(
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
    let mut ranges = new.ranges.clone();
    if matches!(new.kind, Kind::Activate | Kind::Release) {
        let (held, package) = planted::held_back(tx, new.batch, (first, last)).await?;
        let free = ranges.without(&held);
        if free.is_empty() || (!new.partial && free != ranges) {
            return Err(planted::not_signed_off(package));
        }
        ranges = free;
    }
    let mut shifted = shift(&window, &ranges, leads);
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

/// Takes back what is left of each entry; where nothing is, says where the first
/// of its labels went.
pub(super) async fn undo_in(tx: &mut Tx, booking: &Booking<'_>, of: Uuid) -> Read<Moved> {
    let batch = booking.batch;
    let mine = legs::entries(tx, batch, of).await?;
    let ends = mine.iter().filter_map(|entry| entry.ranges.ends());
    let Some((first, last)) = ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else {
        return Err(nothing_left(of));
    };
    let later = legs::later(tx, batch, of, (first, last)).await?;
    let (held, _) = planted::held_back(tx, batch, (first, last)).await?;
    let before = spans::window(tx, batch, first, last).await?;
    let (mut after, mut back, mut gone) = (before.clone(), Vec::new(), Vec::new());
    for entry in mine {
        let about = later.iter().map(|(undoes, ranges)| (*undoes, ranges));
        let mut left = untouched(&entry.ranges, of, about);
        if entry.from.account == Account::Activated {
            // Nor does an undo put on sale what nobody signed off.
            left = left.without(&held);
        }
        gone.extend_from_slice(entry.ranges.without(&left).runs());
        let shifted = shift(&after, &left, |on| (*on == entry.to).then(|| entry.from.clone()));
        after = shifted.spans;
        back.extend(shifted.entries);
    }
    if back.is_empty() {
        let gone = Ranges::of_runs(gone);
        return Ok(match gone.ends() {
            Some((number, _)) => Moved::Refused(where_is(tx, batch, &before, number, &gone).await?),
            None => return Err(nothing_left(of)),
        });
    }
    spans::write(tx, batch, &before, &after).await?;
    Ok(Moved::Done(booking.enter(tx, &back).await?, None))
}

/// Of a batch's numbers from `first` to `last` the first ones that are on
/// another account than those of `kept`, and how many are.
pub(super) async fn beyond(
    tx: &mut Tx,
    batch: BatchRef,
    (first, last): (u64, u64),
    kept: &[Account],
) -> Read<Option<Elsewhere>> {
    let window = spans::window(tx, batch, first, last).await?;
    let stays = |on: &Holding| kept.contains(&on.account).then(|| on.clone());
    let mut elsewhere = shift(&window, &Ranges::one(first, last), stays).elsewhere;
    if let Some(found) = &mut elsewhere {
        found.since = since(tx, batch, found.first).await?;
    }
    Ok(elsewhere)
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
