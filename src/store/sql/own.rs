//! Own serials: makers, rows, pages.

use super::db::{self, QueryBuilder, Row};
use async_trait::async_trait;

use super::own_imports::hold;
use super::rows::{self, Read, get};
use super::{Ledger, Tx, down, signed, unsigned};
use crate::base::{LedgerError, UnixMs};
use crate::registry::BatchRef;
use crate::registry::own::port::{Import, OwnSerials, PAGE_SERIALS};
use crate::registry::own::sort::Entry;
use crate::registry::own::{Case, Maker, OldAddress};

/// Serials of one statement; two parameters each.
const SERIALS_AT_ONCE: usize = 500;
/// Rows that are looked through at once where what came to nothing is cleared.
const CLEARED_AT_ONCE: i64 = 10_000;
/// Lists of one statement that looks for a serial.
const LISTS_AT_ONCE: usize = 100;

fn maker(row: &Row) -> Read<Maker> {
    let url: Option<String> = get(row, "url")?;
    Ok(Maker {
        id: get(row, "id")?,
        enterprise: rows::uscc(row, "enterprise")?,
        case: Case::from_slug(&get::<String>(row, "letter_case")?)
            .ok_or_else(|| rows::bad("letter_case"))?,
        address: url
            .map(|url| OldAddress::parse(&url).map_err(|_| rows::bad("url")))
            .transpose()?,
    })
}

/// Makers with a list, of which something changed behind `since`.
pub(super) async fn changed(tx: &mut Tx, since: i64) -> Read<Vec<Maker>> {
    db::query(
        "SELECT * FROM own_makers m WHERE revision > $1 AND EXISTS
         (SELECT 1 FROM own_imports i WHERE i.maker = m.id AND i.batch_number IS NOT NULL)",
    )
    .bind(since)
    .fetch_all(&mut **tx)
    .await
    .map_err(down)?
    .iter()
    .map(maker)
    .collect()
}

#[async_trait]
impl OwnSerials for Ledger {
    async fn find_serials(
        &self,
        asked: &[(i64, &str)],
    ) -> Result<Vec<Option<(BatchRef, u64)>>, LedgerError> {
        let mut found = vec![None; asked.len()];
        for (chunk, found) in asked.chunks(LISTS_AT_ONCE).zip(found.chunks_mut(LISTS_AT_ONCE)) {
            let mut query = QueryBuilder::new(
                "SELECT s.maker, s.serial, s.number, i.key_number, i.batch_number FROM own_serials s
                 JOIN own_imports i ON i.number = s.import
                 WHERE i.batch_number IS NOT NULL AND (",
            );
            let mut either = query.separated(" OR ");
            for (maker, serial) in chunk {
                either.push("(s.maker = ").push_bind_unseparated(*maker);
                either.push_unseparated(" AND s.serial = ").push_bind_unseparated(*serial);
                either.push_unseparated(")");
            }
            query.push(")");
            for row in query.build().fetch_all(&self.reader).await.map_err(down)? {
                let (maker, serial) = (get::<i64>(&row, "maker")?, get::<String>(&row, "serial")?);
                let at = chunk.iter().position(|asked| *asked == (maker, serial.as_str()));
                let at = at.ok_or_else(|| rows::bad("serial"))?;
                found[at] = Some((rows::batch_ref(&row)?, unsigned(get(&row, "number")?)));
            }
        }
        Ok(found)
    }
}

/// Keeps serials, ascending; gives those that another list has.
pub(super) async fn put_serials(
    ledger: &Ledger,
    import: &Import,
    entries: &[Entry],
    lease_until: UnixMs,
) -> Read<Vec<String>> {
    let mut tx = ledger.write().await?;
    hold(&mut tx, import, entries.len() as u64, lease_until).await?;
    let mut elsewhere = Vec::new();
    for some in entries.chunks(SERIALS_AT_ONCE) {
        let mut query =
            QueryBuilder::new("INSERT INTO own_serials (maker, serial, import, number) ");
        query.push_values(some, |mut row, entry| {
            // The two that are the same in every row are numbers of ours.
            row.push(import.maker).push_bind(&entry.serial);
            row.push(import.number).push_bind(i64::from(entry.number));
        });
        query.push(" ON CONFLICT (maker, serial) DO NOTHING");
        let done = query.build().execute(&mut *tx).await.map_err(down)?;
        if done.rows_affected() < some.len() as u64 {
            elsewhere.extend(of_another(&mut tx, import, some).await?);
        }
    }
    tx.commit().await.map_err(down)?;
    Ok(elsewhere)
}

async fn of_another(tx: &mut Tx, import: &Import, entries: &[Entry]) -> Read<Vec<String>> {
    let mut query = QueryBuilder::new("SELECT serial FROM own_serials WHERE import <> ");
    query.push_bind(import.number).push(" AND maker = ").push_bind(import.maker);
    query.push(" AND serial IN (");
    let mut serials = query.separated(", ");
    for entry in entries {
        serials.push_bind(&entry.serial);
    }
    query.push(")");
    query.build_query_scalar().fetch_all(&mut **tx).await.map_err(down)
}

pub(super) async fn put_pages(
    ledger: &Ledger,
    import: &Import,
    pages: &[(u64, String)],
    lease_until: UnixMs,
) -> Read<()> {
    let mut tx = ledger.write().await?;
    hold(&mut tx, import, 0, lease_until).await?;
    let mut query = QueryBuilder::new("INSERT INTO own_pages (import, first_number, serials) ");
    query.push_values(pages, |mut row, (first, serials)| {
        row.push_bind(import.number).push_bind(signed(*first)).push_bind(serials);
    });
    query.push(" ON CONFLICT (import, first_number) DO NOTHING");
    query.build().execute(&mut *tx).await.map_err(down)?;
    tx.commit().await.map_err(down)
}

/// Takes away some rows of what came to nothing: serials in the order in which
/// they went in, then all pages.
pub(super) async fn clear(
    ledger: &Ledger,
    import: &Import,
    after: &str,
    lease_until: UnixMs,
) -> Read<Option<String>> {
    let mut tx = ledger.write().await?;
    hold(&mut tx, import, 0, lease_until).await?;
    let seen: Vec<String> = db::query_scalar(
        "SELECT serial FROM own_serials WHERE maker = $1 AND serial > $2 ORDER BY serial LIMIT $3",
    )
    .bind(import.maker)
    .bind(after)
    .bind(CLEARED_AT_ONCE)
    .fetch_all(&mut *tx)
    .await
    .map_err(down)?;
    if let Some(last) = seen.last() {
        db::query(
            "DELETE FROM own_serials WHERE maker = $1 AND serial > $2 AND serial <= $3
             AND import = $4",
        )
        .bind(import.maker)
        .bind(after)
        .bind(last)
        .bind(import.number)
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        tx.commit().await.map_err(down)?;
        return Ok(Some(last.clone()));
    }
    for all in [
        "DELETE FROM own_pages WHERE import = $1",
        "UPDATE own_imports SET serials_done = 0 WHERE number = $1",
    ] {
        db::query(all).bind(import.number).execute(&mut *tx).await.map_err(down)?;
    }
    tx.commit().await.map_err(down)?;
    Ok(None)
}

/// What stands on the labels from the number `first` on.
pub(super) async fn serials_from(
    ledger: &Ledger,
    batch: BatchRef,
    first: u64,
    limit: u32,
) -> Read<Vec<(u64, String)>> {
    if !batch.is_own() {
        return Ok(Vec::new());
    }
    let page = PAGE_SERIALS as u64;
    let end = first.saturating_add(u64::from(limit));
    let rows = db::query(
        "SELECT p.first_number, p.serials FROM own_imports i
         JOIN own_pages p ON p.import = i.number
         WHERE i.batch_number = $1 AND p.first_number >= $2 AND p.first_number < $3
         ORDER BY p.first_number",
    )
    .bind(i64::from(batch.batch))
    .bind(signed(first / page * page))
    .bind(signed(end))
    .fetch_all(&ledger.reader)
    .await
    .map_err(down)?;
    let mut out = Vec::new();
    for row in &rows {
        let begins = unsigned(get(row, "first_number")?);
        let serials: &str = row.try_get("serials").map_err(down)?;
        let numbered = (begins..).zip(serials.lines());
        let wanted = numbered.filter(|(number, _)| (first..end).contains(number));
        out.extend(wanted.map(|(number, serial)| (number, serial.to_owned())));
    }
    Ok(out)
}
