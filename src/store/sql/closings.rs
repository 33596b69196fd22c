//! Closings of a day, and what they found missing.

use super::db::{self, Row};
use jiff::civil::Date;

use super::rows::{self, Read, get};
use super::spans::{self, Holdings};
use super::{Ledger, Tx, audit, down, facts, signed, told, unsigned};
use crate::auth::trail::Entry;
use crate::base::{By, FieldError, LedgerError, UnixMs, ids};
use crate::registry::movement::book::shift;
use crate::registry::movement::closing::{Closing, NewClosing};
use crate::registry::movement::{Holding, Ranges};
use crate::registry::{BatchRef, Bilingual, RangeFact, RangeState, Uscc};

fn closing(row: &Row) -> Read<Closing> {
    Ok(Closing {
        id: rows::id(row)?,
        batch: rows::batch_ref(row)?,
        on: Holdings::default().read(row, "account", "place")?,
        day: get::<String>(row, "day")?.parse::<Date>().map_err(|_| rows::bad("day"))?,
        book: unsigned(get(row, "book")?),
        counted: unsigned(get(row, "counted")?),
        missing: unsigned(get(row, "missing")?),
        note: get(row, "note")?,
        by: get(row, "closed_by")?,
        at: UnixMs(get(row, "closed_at")?),
    })
}

/// The numbers that lie on a holding.
async fn lying(tx: &mut Tx, batch: BatchRef, on: &Holding) -> Read<Ranges> {
    let all = spans::window(tx, batch, 0, u64::from(u32::MAX)).await?;
    let there = all.iter().filter(|span| span.on == *on);
    Ok(Ranges::of_runs(there.map(|span| (span.first, span.last)).collect()))
}

/// The numbers that are called missing.
async fn called_missing(tx: &mut Tx, batch: BatchRef) -> Read<Ranges> {
    let runs: Vec<(i64, i64)> = db::query_as(
        "SELECT first_number, last_number FROM batch_ranges WHERE key_number = $1
         AND batch_number = $2 AND state = $3 AND lifted_at IS NULL",
    )
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .bind(RangeState::Missing.slug())
    .fetch_all(&mut **tx)
    .await
    .map_err(down)?;
    Ok(Ranges::of_runs(runs.into_iter().map(|(a, b)| (unsigned(a), unsigned(b))).collect()))
}

pub(super) async fn close(ledger: &Ledger, new: &NewClosing, by: &By) -> Read<Closing> {
    let mut tx = ledger.write().await?;
    super::schedules::book(&mut tx, Some(new.batch), by.at).await?;
    let there = lying(&mut tx, new.batch, &new.on).await?;
    let before = called_missing(&mut tx, new.batch).await?;
    let book = there.without(&before);
    let strange = new.missing.without(&book);
    if let Some((first, last)) = strange.runs().first() {
        let problem = format!("{first}-{last} are not there in the book, or missing already");
        let remedy = format!("name numbers that are {} at this place", new.on.account.slug());
        return Err(LedgerError::Invalid(vec![FieldError::new("missing", problem, remedy)]));
    }
    let closing = Closing {
        id: new.id,
        batch: new.batch,
        on: new.on.clone(),
        day: new.day,
        book: book.labels(),
        counted: new.counted.unwrap_or(book.labels() - new.missing.labels()),
        missing: new.missing.labels(),
        note: new.note.clone(),
        by: by.login.clone(),
        at: by.at,
    };
    insert(&mut tx, &new.enterprise, &closing).await?;
    for (first, last) in new.missing.runs() {
        let fact = RangeFact {
            id: ids::new_id(by.at),
            batch: new.batch,
            first: *first,
            last: *last,
            state: RangeState::Missing,
            reason: Bilingual::default(),
            remedy: Bilingual::default(),
            set_by: by.login.clone(),
            set_at: by.at,
            until: None,
            lifted_at: None,
        };
        facts::insert(&mut tx, &fact).await?;
    }
    let missing = new.missing.to_string();
    let after = serde_json::json!({"closing": closing.id, "account": closing.on.account,
        "place": closing.on.place.as_str(), "day": closing.day, "book": closing.book,
        "counted": closing.counted, "missing": missing, "note": closing.note});
    let entry = Entry {
        action: "labels.close",
        object: format!("batch {}", new.batch),
        enterprise: Some(new.enterprise.as_str()),
        before: serde_json::Value::Null,
        after,
    };
    audit::note(&mut tx, by, &entry).await?;
    told::closing(&mut tx, &new.enterprise, &closing, &new.missing.to_string()).await?;
    tx.commit().await.map_err(down)?;
    Ok(closing)
}

async fn insert(tx: &mut Tx, enterprise: &Uscc, c: &Closing) -> Result<(), LedgerError> {
    db::query(
        "INSERT INTO closings (id, enterprise, key_number, batch_number, account, place, day, book,
         counted, missing, note, closed_by, closed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(c.id.to_string())
    .bind(enterprise.as_str())
    .bind(i64::from(c.batch.key.get()))
    .bind(i64::from(c.batch.batch))
    .bind(c.on.account.slug())
    .bind(c.on.place.as_str())
    .bind(c.day.to_string())
    .bind(signed(c.book))
    .bind(signed(c.counted))
    .bind(signed(c.missing))
    .bind(&c.note)
    .bind(&c.by)
    .bind(c.at.0)
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    Ok(())
}

pub(super) async fn of(ledger: &Ledger, of: &Uscc, limit: u32) -> Read<Vec<Closing>> {
    db::query(
        "SELECT * FROM closings WHERE enterprise = $1 ORDER BY closed_at DESC, id DESC LIMIT $2",
    )
    .bind(of.as_str())
    .bind(i64::from(limit))
    .fetch_all(&ledger.reader)
    .await
    .map_err(down)?
    .iter()
    .map(closing)
    .collect()
}

/// What is missing of an enterprise's labels, and where the book has it.
pub(super) async fn missing(ledger: &Ledger, of: &Uscc) -> Read<Vec<(RangeFact, Vec<Holding>)>> {
    let mut tx = ledger.reader.begin().await.map_err(down)?;
    let found = db::query(
        "SELECT r.* FROM batch_ranges r JOIN batches b
         ON b.key_number = r.key_number AND b.batch_number = r.batch_number
         WHERE b.enterprise = $1 AND r.state = $2 AND r.lifted_at IS NULL
         ORDER BY r.set_at DESC, r.id",
    )
    .bind(of.as_str())
    .bind(RangeState::Missing.slug())
    .fetch_all(&mut *tx)
    .await
    .map_err(down)?;
    let mut out = Vec::with_capacity(found.len());
    for row in &found {
        let fact = rows::range(row)?;
        let window = spans::window(&mut tx, fact.batch, fact.first, fact.last).await?;
        let entries = shift(&window, &Ranges::one(fact.first, fact.last), |on| Some(on.clone()));
        out.push((fact, entries.entries.into_iter().map(|entry| entry.from).collect()));
    }
    Ok(out)
}
