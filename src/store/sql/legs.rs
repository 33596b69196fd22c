//! What movements took from one holding to one other.

use super::db::{self, Row};
use uuid::Uuid;

use super::booking::Booking;
use super::rows::{self, Read, get};
use super::spans::Holdings;
use super::{Tx, down, signed, unsigned};
use crate::base::LedgerError;
use crate::registry::BatchRef;
use crate::registry::movement::book::{Entry, shift};
use crate::registry::movement::{Account, Custody, Holding, Leg, Ranges, Span};

pub(super) fn ranges(row: &Row) -> Read<Ranges> {
    let text: &str = row.try_get("ranges").map_err(down)?;
    Ranges::parse(text).ok_or_else(|| rows::bad("ranges"))
}

fn entry(row: &Row, holdings: &mut Holdings) -> Read<Entry> {
    Ok(Entry {
        from: holdings.read(row, "from_account", "from_place")?,
        to: holdings.read(row, "to_account", "to_place")?,
        ranges: ranges(row)?,
    })
}

fn leg(row: &Row) -> Read<Leg> {
    let mut holdings = Holdings::default();
    Ok(Leg {
        from: holdings.read(row, "from_account", "from_place")?,
        to: holdings.read(row, "to_account", "to_place")?,
        labels: unsigned(get(row, "labels")?),
        first: unsigned(get(row, "first_number")?),
        last: unsigned(get(row, "last_number")?),
        runs: unsigned(get(row, "runs")?),
    })
}

pub(super) async fn insert(
    tx: &mut Tx,
    booking: &Booking<'_>,
    n: usize,
    entry: &Entry,
    revision: i64,
) -> Read<Leg> {
    let (first, last) = entry.ranges.ends().ok_or_else(|| rows::bad("entry"))?;
    let leg = Leg {
        from: entry.from.clone(),
        to: entry.to.clone(),
        labels: entry.ranges.labels(),
        first,
        last,
        runs: entry.ranges.runs().len() as u64,
    };
    db::query(
        "INSERT INTO movement_legs (movement, leg, key_number, batch_number, revision, undoes,
         from_account, from_place, to_account, to_place, labels, runs, first_number, last_number,
         ranges) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(booking.id.to_string())
    .bind(signed(n as u64))
    .bind(i64::from(booking.batch.key.get()))
    .bind(i64::from(booking.batch.batch))
    .bind(revision)
    .bind(booking.undoes.map(|id| id.to_string()))
    .bind(leg.from.account.slug())
    .bind(leg.from.place.as_str())
    .bind(leg.to.account.slug())
    .bind(leg.to.place.as_str())
    .bind(signed(leg.labels))
    .bind(signed(leg.runs))
    .bind(signed(first))
    .bind(signed(last))
    .bind(entry.ranges.to_string())
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    Ok(leg)
}

/// Without their numbers, of which there may be very many.
pub(super) async fn of<'e>(on: impl db::On<'e>, movement: Uuid) -> Read<Vec<Leg>> {
    db::query(
        "SELECT from_account, from_place, to_account, to_place, labels, runs, first_number,
         last_number FROM movement_legs WHERE movement = $1 ORDER BY leg",
    )
    .bind(movement.to_string())
    .fetch_all(on)
    .await
    .map_err(down)?
    .iter()
    .map(leg)
    .collect()
}

/// With their numbers. `NotFound` for a movement that the batch has not, and
/// for an undo, which is not taken back itself.
pub(super) async fn entries(tx: &mut Tx, batch: BatchRef, of: Uuid) -> Read<Vec<Entry>> {
    let known: Option<i64> = db::query_scalar(
        "SELECT revision FROM movements
         WHERE id = $1 AND key_number = $2 AND batch_number = $3 AND undoes IS NULL",
    )
    .bind(of.to_string())
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .fetch_optional(&mut **tx)
    .await
    .map_err(down)?;
    if known.is_none() {
        return Err(LedgerError::NotFound(format!("movement {of} of batch {batch}")));
    }
    let mut holdings = Holdings::default();
    db::query("SELECT * FROM movement_legs WHERE movement = $1 ORDER BY leg")
        .bind(of.to_string())
        .fetch_all(&mut **tx)
        .await
        .map_err(down)?
        .iter()
        .map(|row| entry(row, &mut holdings))
        .collect()
}

/// What moved behind a movement among `first..=last`, each with the movement
/// that it took back, if it did.
pub(super) async fn later(
    tx: &mut Tx,
    batch: BatchRef,
    of: Uuid,
    (first, last): (u64, u64),
) -> Read<Vec<(Option<Uuid>, Ranges)>> {
    let found = db::query(
        "SELECT undoes, ranges FROM movement_legs
         WHERE key_number = $1 AND batch_number = $2
           AND revision > (SELECT revision FROM movements WHERE id = $3)
           AND first_number <= $5 AND last_number >= $4",
    )
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .bind(of.to_string())
    .bind(signed(first))
    .bind(signed(last))
    .fetch_all(&mut **tx)
    .await
    .map_err(down)?;
    found
        .iter()
        .map(|row| {
            let undoes: Option<String> = get(row, "undoes")?;
            let undoes = undoes.map(|id| id.parse().map_err(|_| rows::bad("undoes")));
            Ok((undoes.transpose()?, ranges(row)?))
        })
        .collect()
}

/// Legs of the log that are told one by one; behind more a server is better
/// served with what they came to.
const TOLD_MAX: usize = 1_000;

/// What moved behind a revision, in its order, and to where; `None` where it is
/// too much to tell.
pub(super) async fn since(
    tx: &mut Tx,
    since: i64,
) -> Read<Option<Vec<(BatchRef, Account, Ranges)>>> {
    let found = db::query(
        "SELECT key_number, batch_number, to_account, ranges FROM movement_legs
         WHERE revision > $1 ORDER BY revision, leg LIMIT $2",
    )
    .bind(since)
    .bind(signed(TOLD_MAX as u64 + 1))
    .fetch_all(&mut **tx)
    .await
    .map_err(down)?;
    if found.len() > TOLD_MAX {
        return Ok(None);
    }
    let told = |row: &Row| {
        let slug: &str = row.try_get("to_account").map_err(down)?;
        let to = Account::from_slug(slug).ok_or_else(|| rows::bad("account"))?;
        Ok((rows::batch_ref(row)?, to, ranges(row)?))
    };
    found.iter().map(told).collect::<Read<Vec<_>>>().map(Some)
}

/// The batches of which anything moved behind a revision.
pub(super) async fn batches_since(tx: &mut Tx, since: i64) -> Read<Vec<BatchRef>> {
    db::query("SELECT DISTINCT key_number, batch_number FROM movement_legs WHERE revision > $1")
        .bind(since)
        .fetch_all(&mut **tx)
        .await
        .map_err(down)?
        .iter()
        .map(rows::batch_ref)
        .collect()
}

/// Legs of the log that are replayed at a time.
const REPLAYED_AT_ONCE: i64 = 200;

/// The spans that the log makes of a batch.
pub(super) async fn replay(tx: &mut Tx, batch: BatchRef, count: u64) -> Read<Vec<Span>> {
    let on = Holding { account: Account::Issued, place: Custody::default() };
    let mut spans = vec![Span { first: 0, last: count - 1, on }];
    let (mut after, mut holdings) = ((-1, -1), Holdings::default());
    loop {
        let found = db::query(
            "SELECT * FROM movement_legs WHERE key_number = $1 AND batch_number = $2
             AND (revision, leg) > ($3, $4) ORDER BY revision, leg LIMIT $5",
        )
        .bind(i64::from(batch.key.get()))
        .bind(i64::from(batch.batch))
        .bind(after.0)
        .bind(after.1)
        .bind(REPLAYED_AT_ONCE)
        .fetch_all(&mut **tx)
        .await
        .map_err(down)?;
        let Some(last) = found.last() else { return Ok(spans) };
        after = (get(last, "revision")?, get(last, "leg")?);
        for row in &found {
            let entry = entry(row, &mut holdings)?;
            let shifted =
                shift(&spans, &entry.ranges, |on| (*on == entry.from).then(|| entry.to.clone()));
            if let Some(wrong) = shifted.elsewhere {
                return Err(LedgerError::Conflict(format!(
                    "movement {} takes {} from {} where it is not",
                    get::<String>(row, "movement")?,
                    wrong.first,
                    entry.from.account.slug(),
                )));
            }
            spans = shifted.spans;
        }
    }
}
