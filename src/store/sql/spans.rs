//! The balance of batches: runs of numbers that lie together.

use super::db::{self, QueryBuilder, Row};
use std::collections::{BTreeMap, HashMap};

use futures::TryStreamExt;

use super::rows::{self, Read};
use super::{Ledger, ROWS_AT_ONCE, Tx, down, legs, signed, unsigned};
use crate::base::LedgerError;
use crate::registry::BatchRef;
use crate::registry::movement::{Account, Balance, Custody, Holding, Ranges, Span};

/// Above this many rows that go, the stretch is written anew in one statement
/// and its rows, not row by row.
const REWRITE_ABOVE: usize = 2_000;

/// Reads holdings; a batch has few, and very many spans may name each.
#[derive(Default)]
pub(super) struct Holdings(Vec<(Account, Holding)>);

impl Holdings {
    pub(super) fn read(&mut self, row: &Row, account: &str, place: &str) -> Read<Holding> {
        let slug: &str = row.try_get(account).map_err(down)?;
        let place: &str = row.try_get(place).map_err(down)?;
        let account = Account::from_slug(slug).ok_or_else(|| rows::bad("account"))?;
        let known = self.0.iter().find(|(a, on)| *a == account && on.place.as_str() == place);
        if let Some((_, on)) = known {
            return Ok(on.clone());
        }
        let on = Holding { account, place: Custody::kept(place) };
        self.0.push((account, on.clone()));
        Ok(on)
    }

    fn span(&mut self, row: &Row) -> Read<Span> {
        Ok(Span {
            first: unsigned(row.try_get("first_number").map_err(down)?),
            last: unsigned(row.try_get("last_number").map_err(down)?),
            on: self.read(row, "account", "place")?,
        })
    }
}

/// The spans in which `first..=last` lie, and those that touch it.
pub(super) async fn window(tx: &mut Tx, batch: BatchRef, first: u64, last: u64) -> Read<Vec<Span>> {
    let found = db::query(
        "SELECT first_number, last_number, account, place FROM spans
         WHERE key_number = $1 AND batch_number = $2 AND first_number <= $4 AND first_number >=
               COALESCE((SELECT MAX(first_number) FROM spans WHERE key_number = $1
                         AND batch_number = $2 AND first_number <= $3), 0)
         ORDER BY first_number",
    )
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .bind(signed(first.saturating_sub(1)))
    .bind(signed(last + 1))
    .fetch_all(&mut **tx)
    .await
    .map_err(down)?;
    let mut holdings = Holdings::default();
    found.iter().map(|row| holdings.span(row)).collect()
}

/// Makes `after` of `before`, which is a stretch of the batch's spans.
pub(super) async fn write(
    tx: &mut Tx,
    batch: BatchRef,
    before: &[Span],
    after: &[Span],
) -> Result<(), LedgerError> {
    let kept: HashMap<u64, &Span> = after.iter().map(|span| (span.first, span)).collect();
    let was: HashMap<u64, &Span> = before.iter().map(|span| (span.first, span)).collect();
    let gone: Vec<u64> =
        before.iter().map(|span| span.first).filter(|first| !kept.contains_key(first)).collect();
    let new = |span: &&Span| was.get(&span.first).is_none_or(|old| old != span);
    let mut written: Vec<&Span> = after.iter().filter(new).collect();
    if gone.len() > REWRITE_ABOVE {
        let (first, last) = (before.first(), before.last());
        delete_between(tx, batch, first.map_or(0, |s| s.first), last.map_or(0, |s| s.last)).await?;
        written = after.iter().collect();
    } else {
        delete(tx, batch, &gone).await?;
    }
    for spans in written.chunks(ROWS_AT_ONCE) {
        let mut insert = QueryBuilder::new(
            "INSERT INTO spans (key_number, batch_number, first_number, last_number, account,
             place) ",
        );
        insert.push_values(spans, |mut row, span| {
            row.push_bind(i64::from(batch.key.get()))
                .push_bind(i64::from(batch.batch))
                .push_bind(signed(span.first))
                .push_bind(signed(span.last))
                .push_bind(span.on.account.slug())
                .push_bind(span.on.place.as_str());
        });
        insert.push(
            " ON CONFLICT (key_number, batch_number, first_number) DO UPDATE SET
             last_number = excluded.last_number, account = excluded.account,
             place = excluded.place",
        );
        insert.build().execute(&mut **tx).await.map_err(down)?;
    }
    Ok(())
}

async fn delete(tx: &mut Tx, batch: BatchRef, firsts: &[u64]) -> Result<(), LedgerError> {
    for firsts in firsts.chunks(ROWS_AT_ONCE) {
        let mut delete = QueryBuilder::new("DELETE FROM spans WHERE key_number = ");
        delete.push_bind(i64::from(batch.key.get()));
        delete.push(" AND batch_number = ").push_bind(i64::from(batch.batch));
        delete.push(" AND first_number IN (");
        let mut list = delete.separated(", ");
        for first in firsts {
            list.push_bind(signed(*first));
        }
        delete.push(")");
        delete.build().execute(&mut **tx).await.map_err(down)?;
    }
    Ok(())
}

async fn delete_between(
    tx: &mut Tx,
    batch: BatchRef,
    first: u64,
    last: u64,
) -> Result<(), LedgerError> {
    db::query(
        "DELETE FROM spans WHERE key_number = $1 AND batch_number = $2
         AND first_number BETWEEN $3 AND $4",
    )
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .bind(signed(first))
    .bind(signed(last))
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    Ok(())
}

/// A new batch: all of it is issued, and nobody else's yet.
pub(super) async fn issue(tx: &mut Tx, batch: BatchRef, count: u64) -> Result<(), LedgerError> {
    let on = Holding { account: Account::Issued, place: Custody::default() };
    write(tx, batch, &[], &[Span { first: 0, last: count - 1, on }]).await
}

pub(super) async fn of(ledger: &Ledger, batch: BatchRef) -> Read<Vec<Span>> {
    let found = db::query(
        "SELECT first_number, last_number, account, place FROM spans
         WHERE key_number = $1 AND batch_number = $2 ORDER BY first_number",
    )
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .fetch_all(&ledger.reader)
    .await
    .map_err(down)?;
    let mut holdings = Holdings::default();
    found.iter().map(|row| holdings.span(row)).collect()
}

pub(super) async fn balance(ledger: &Ledger, batch: BatchRef) -> Read<Balance> {
    let found = db::query(
        "SELECT account, place, CAST(SUM(last_number - first_number + 1) AS BIGINT) AS labels FROM spans
         WHERE key_number = $1 AND batch_number = $2 GROUP BY account, place",
    )
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .fetch_all(&ledger.reader)
    .await
    .map_err(down)?;
    let mut sums = BTreeMap::new();
    for row in &found {
        let on = Holdings::default().read(row, "account", "place")?;
        sums.insert(on, unsigned(row.try_get("labels").map_err(down)?));
    }
    Ok(Balance(sums))
}

/// Where the numbers of a batch lie, or of every one.
type Lying = Vec<(BatchRef, Vec<(u64, Account)>)>;
/// Numbers that came to an account.
type Moves = Vec<(BatchRef, Account, Ranges)>;

/// What moved behind `since`, for servers that follow: where all numbers of the
/// batches lie that are `new` to them, and of the others what moved. Behind very
/// many moves it is cheaper to say where all is.
pub(super) async fn changed(tx: &mut Tx, since: i64, new: &[BatchRef]) -> Read<(Lying, Moves)> {
    if since == 0 {
        return Ok((lying(tx, None).await?, Vec::new()));
    }
    let (mut whole, moves) = match legs::since(tx, since).await? {
        Some(moves) => (new.to_vec(), moves),
        None => (legs::batches_since(tx, since).await?, Vec::new()),
    };
    whole.extend(new);
    whole.sort_unstable();
    whole.dedup();
    let mut all = Vec::with_capacity(whole.len());
    for batch in &whole {
        all.extend(lying(tx, Some(*batch)).await?);
    }
    Ok((all, moves.into_iter().filter(|(batch, ..)| !whole.contains(batch)).collect()))
}

async fn lying(tx: &mut Tx, batch: Option<BatchRef>) -> Read<Lying> {
    // Two statements: one that asks whether a batch is named reads all of them.
    let query = match batch {
        None => db::query(
            "SELECT key_number, batch_number, first_number, account FROM spans
             ORDER BY key_number, batch_number, first_number",
        ),
        Some(batch) => db::query(
            "SELECT key_number, batch_number, first_number, account FROM spans
             WHERE key_number = $1 AND batch_number = $2 ORDER BY first_number",
        )
        .bind(i64::from(batch.key.get()))
        .bind(i64::from(batch.batch)),
    };
    let mut found = query.fetch(&mut **tx);
    let mut out: Lying = Vec::new();
    while let Some(row) = found.try_next().await.map_err(down)? {
        let of = rows::batch_ref(&row)?;
        if out.last().is_none_or(|(last, _)| *last != of) {
            out.push((of, Vec::new()));
        }
        let slug: &str = row.try_get("account").map_err(down)?;
        let account = Account::from_slug(slug).ok_or_else(|| rows::bad("account"))?;
        if let Some((_, runs)) = out.last_mut() {
            runs.push((unsigned(row.try_get("first_number").map_err(down)?), account));
        }
    }
    Ok(out)
}
