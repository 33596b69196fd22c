//! The evidence across codes: pages of cells, and phones.

use super::db::{self, QueryBuilder, Row};
use async_trait::async_trait;

use super::rows::{Read, bad, batch_ref, get};
use super::{Ledger, ROWS_AT_ONCE, Tx, down, signed, unsigned};
use crate::base::LedgerError;
use crate::scan::Tag48;
use crate::scan::across::{Cell, Changes, Page, PageNumber, Phone};
use crate::scan::ledger::AcrossLedger;

const fn page_number(number: PageNumber) -> i64 {
    match number {
        PageNumber::Firsts => -1,
        PageNumber::NeverSold => -2,
        PageNumber::Met(page) => page as i64,
    }
}

fn narrow<T: TryFrom<i64>>(row: &Row, column: &str) -> Read<T> {
    T::try_from(get(row, column)?).map_err(|_| bad(column))
}

fn page(row: &Row) -> Read<Page> {
    let bytes: Vec<u8> = get(row, "cells")?;
    let (cells, []) = bytes.as_chunks::<{ Cell::BYTES }>() else { return Err(bad("cells")) };
    let number = match get::<i64>(row, "page")? {
        -1 => PageNumber::Firsts,
        -2 => PageNumber::NeverSold,
        _ => PageNumber::Met(narrow(row, "page")?),
    };
    Ok(Page {
        batch: batch_ref(row)?,
        number,
        destination: narrow(row, "destination")?,
        cells: cells.iter().map(Cell::from_bytes).collect(),
    })
}

fn phone(row: &Row) -> Read<(Tag48, Phone)> {
    let bytes: Vec<u8> = get(row, "latest")?;
    let (cases, []) = bytes.as_chunks::<4>() else { return Err(bad("latest")) };
    let phone = Phone {
        latest: cases.iter().map(|c| u32::from_be_bytes(*c)).take(Phone::LATEST_MAX).collect(),
        codes: narrow(row, "codes")?,
        cases: narrow(row, "cases")?,
        days: narrow(row, "days")?,
        last_day: get(row, "last_day")?,
        followed: narrow(row, "followed")?,
        met: narrow(row, "met")?,
    };
    Ok((Tag48::new(unsigned(get(row, "device")?)), phone))
}

/// Writes what changed under a revision of its own, which is given back.
pub(super) async fn keep(tx: &mut Tx, changes: &Changes) -> Result<u64, LedgerError> {
    let revision: i64 = db::query_scalar(
        "UPDATE across_revision SET revision = revision + 1 WHERE id = 1 RETURNING revision",
    )
    .fetch_one(&mut **tx)
    .await
    .map_err(down)?;
    for page in &changes.pages {
        let cells: Vec<u8> = page.cells.iter().flat_map(|cell| cell.to_bytes()).collect();
        db::query(
            "INSERT INTO across_pages (key_number, batch_number, page, destination, cells, revision)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (key_number, batch_number, page) DO UPDATE SET
             destination = excluded.destination, cells = excluded.cells,
             revision = excluded.revision",
        )
        .bind(i64::from(page.batch.key.get()))
        .bind(i64::from(page.batch.batch))
        .bind(page_number(page.number))
        .bind(i64::from(page.destination))
        .bind(cells)
        .bind(revision)
        .execute(&mut **tx)
        .await
        .map_err(down)?;
    }
    for phones in changes.phones.chunks(ROWS_AT_ONCE) {
        let mut upsert = QueryBuilder::new(
            "INSERT INTO across_phones (device, codes, cases, days, last_day, followed, met, latest,
             revision) ",
        );
        upsert.push_values(phones, |mut row, (tag, phone)| {
            let latest: Vec<u8> = phone.latest.iter().flat_map(|case| case.to_be_bytes()).collect();
            row.push_bind(signed(tag.get()))
                .push_bind(i64::from(phone.codes))
                .push_bind(i64::from(phone.cases))
                .push_bind(i64::from(phone.days))
                .push_bind(phone.last_day)
                .push_bind(i64::from(phone.followed))
                .push_bind(i64::from(phone.met))
                .push_bind(latest)
                .push_bind(revision);
        });
        upsert.push(
            " ON CONFLICT (device) DO UPDATE SET codes = excluded.codes, cases = excluded.cases,
             days = excluded.days, last_day = excluded.last_day, followed = excluded.followed,
             met = excluded.met, latest = excluded.latest, revision = excluded.revision",
        );
        upsert.build().execute(&mut **tx).await.map_err(down)?;
    }
    Ok(unsigned(revision))
}

#[async_trait]
impl AcrossLedger for Ledger {
    async fn across_since(&self, since: u64) -> Result<Option<Changes>, LedgerError> {
        let mut tx = self.reader.begin().await.map_err(down)?;
        let revision: i64 = db::query_scalar("SELECT revision FROM across_revision WHERE id = 1")
            .fetch_one(&mut *tx)
            .await
            .map_err(down)?;
        if unsigned(revision) == since {
            return Ok(None);
        }
        let pages = db::query("SELECT * FROM across_pages WHERE revision > $1")
            .bind(signed(since))
            .fetch_all(&mut *tx)
            .await
            .map_err(down)?;
        let phones = db::query("SELECT * FROM across_phones WHERE codes >= 2 AND revision > $1")
            .bind(signed(since))
            .fetch_all(&mut *tx)
            .await
            .map_err(down)?;
        Ok(Some(Changes {
            revision: unsigned(revision),
            pages: pages.iter().map(page).collect::<Read<_>>()?,
            phones: phones.iter().map(phone).collect::<Read<_>>()?,
        }))
    }

    async fn phones(&self, tags: &[Tag48]) -> Result<Vec<(Tag48, Phone)>, LedgerError> {
        // By whom they are written next, who holds the pages then.
        let mut writer = self.writer.acquire().await.map_err(down)?;
        let mut out = Vec::new();
        for tags in tags.chunks(ROWS_AT_ONCE) {
            let mut select = QueryBuilder::new("SELECT * FROM across_phones WHERE device IN (");
            let mut list = select.separated(", ");
            tags.iter().for_each(|tag| {
                list.push_bind(signed(tag.get()));
            });
            select.push(")");
            for row in select.build().fetch_all(&mut writer).await.map_err(down)? {
                out.push(phone(&row)?);
            }
        }
        Ok(out)
    }
}
