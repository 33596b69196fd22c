//! What a dossier reads of codes, orders and places.

use super::db;
use async_trait::async_trait;
use uuid::Uuid;

use super::case_lists::line as case_line;
use super::cases::flag;
use super::report_rows::{report_of, with_photos};
use super::rows::{self, Read, get};
use super::visits::kept;
use super::{Ledger, down, unsigned};
use crate::base::{LedgerError, UnixMs};
use crate::cases::Flag;
use crate::cases::port::CaseLine;
use crate::dossier::port::{DossierLedger, Forged, Met, VISITS_LOOKED_THROUGH};
use crate::keys::KeyNumber;
use crate::registry::BatchRef;
use crate::registry::order::Order;
use crate::reports::Report;
use crate::visits::{Fact, Kept};

/// First and last code of a place: one prefecture, or a province with all of its own.
fn span(place: u16) -> (i64, i64) {
    let place = i64::from(place);
    if place % 100 == 0 { (place, place + 99) } else { (place, place) }
}

async fn one(ledger: &Ledger, payload: &[u8; 12]) -> Read<Met> {
    let row = db::query(
        "SELECT COUNT(*) AS scans, CAST(COALESCE(SUM(CASE WHEN channel = 'consumer' THEN 1 ELSE 0 END),
         0) AS BIGINT) AS by_buyers, MAX(seen_at) AS last_at FROM scans WHERE payload = $1",
    )
    .bind(payload.to_vec())
    .fetch_one(&ledger.reader)
    .await
    .map_err(down)?;
    let raised = db::query("SELECT * FROM flags WHERE payload = $1")
        .bind(payload.to_vec())
        .fetch_optional(&ledger.reader)
        .await
        .map_err(down)?;
    Ok(Met {
        scans: unsigned(get(&row, "scans")?),
        by_buyers: unsigned(get(&row, "by_buyers")?),
        last_at: get::<Option<i64>>(&row, "last_at")?.map(UnixMs),
        flag: raised.as_ref().map(flag).transpose()?,
    })
}

/// The region that the record of a visit gives.
fn lies_in(kept: &Kept, (first, last): (i64, i64)) -> bool {
    match &kept.record.fact {
        Fact::Visit(opening) => (first..=last).contains(&i64::from(opening.region)),
        _ => false,
    }
}

#[async_trait]
impl DossierLedger for Ledger {
    async fn met(&self, payloads: &[[u8; 12]]) -> Result<Vec<Met>, LedgerError> {
        let mut out = Vec::with_capacity(payloads.len());
        for payload in payloads {
            out.push(one(self, payload).await?);
        }
        Ok(out)
    }

    async fn orders_of(&self, batch: BatchRef, limit: u32) -> Result<Vec<Order>, LedgerError> {
        db::query(
            "SELECT * FROM orders WHERE key_number = $1 AND batch_number = $2
             ORDER BY created_at DESC, id DESC LIMIT $3",
        )
        .bind(i64::from(batch.key.get()))
        .bind(i64::from(batch.batch))
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(rows::order)
        .collect()
    }

    async fn flags_in(&self, place: u16, limit: u32) -> Result<Vec<Flag>, LedgerError> {
        let (first, last) = span(place);
        db::query(
            "SELECT * FROM flags WHERE state = 'open' AND EXISTS (SELECT 1 FROM scans
             WHERE scans.payload = flags.payload AND scans.place BETWEEN $1 AND $2)
             ORDER BY risk DESC, updated_at DESC LIMIT $3",
        )
        .bind(first)
        .bind(last)
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(flag)
        .collect()
    }

    async fn forged_in(&self, place: u16, limit: u32) -> Result<Vec<Forged>, LedgerError> {
        let (first, last) = span(place);
        let found = db::query(
            "SELECT day, outcome, key_number, batch_number, CAST(SUM(seen) AS BIGINT) AS seen FROM forgeries
             WHERE place BETWEEN $1 AND $2 GROUP BY day, outcome, key_number, batch_number
             ORDER BY day DESC, seen DESC LIMIT $3",
        )
        .bind(first)
        .bind(last)
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?;
        found
            .iter()
            .map(|row| {
                let (key, batch): (i64, i64) = (get(row, "key_number")?, get(row, "batch_number")?);
                let key = u32::try_from(key).ok().and_then(KeyNumber::new);
                let batch = u32::try_from(batch).ok().filter(|batch| *batch > 0);
                Ok(Forged {
                    day: get(row, "day")?,
                    kind: get(row, "outcome")?,
                    batch: key.zip(batch).map(|(key, batch)| BatchRef { key, batch }),
                    seen: unsigned(get(row, "seen")?),
                })
            })
            .collect()
    }

    async fn field_checks(
        &self,
        office: Uuid,
        payload: &[u8; 12],
        limit: u32,
    ) -> Result<(Vec<Kept>, u64), LedgerError> {
        let own = db::query(
            "SELECT * FROM field_records WHERE payload = $1 AND office = $2
             ORDER BY seq DESC LIMIT $3",
        )
        .bind(payload.to_vec())
        .bind(office.to_string())
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?;
        let others: i64 = db::query_scalar(
            "SELECT COUNT(*) FROM field_records WHERE payload = $1 AND office <> $2",
        )
        .bind(payload.to_vec())
        .bind(office.to_string())
        .fetch_one(&self.reader)
        .await
        .map_err(down)?;
        let own: Read<Vec<Kept>> = own.iter().map(kept).collect();
        Ok((own?, unsigned(others)))
    }

    async fn reports_there(
        &self,
        place: u16,
        limit: u32,
    ) -> Result<(Vec<Report>, u64), LedgerError> {
        let (first, last) = span(place);
        let found = db::query(
            "SELECT r.*, c.state AS case_state FROM reports r
             LEFT JOIN case_files c ON c.id = r.case_id WHERE r.region BETWEEN $1 AND $2
             ORDER BY r.seq DESC LIMIT $3",
        )
        .bind(first)
        .bind(last)
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?;
        let nowhere: i64 = db::query_scalar("SELECT COUNT(*) FROM reports WHERE region = 0")
            .fetch_one(&self.reader)
            .await
            .map_err(down)?;
        let mut found: Vec<Report> = found.iter().map(report_of).collect::<Read<_>>()?;
        with_photos(self, &mut found).await?;
        Ok((found, unsigned(nowhere)))
    }

    async fn visits_there(
        &self,
        office: Uuid,
        place: u16,
        limit: u32,
    ) -> Result<Vec<Kept>, LedgerError> {
        let latest = db::query(
            "SELECT * FROM field_records WHERE office = $1 AND kind = 'visit'
             ORDER BY seq DESC LIMIT $2",
        )
        .bind(office.to_string())
        .bind(i64::from(VISITS_LOOKED_THROUGH))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?;
        let latest: Read<Vec<Kept>> = latest.iter().map(kept).collect();
        let there = latest?.into_iter().filter(|kept| lies_in(kept, span(place)));
        Ok(there.take(limit as usize).collect())
    }

    async fn cases_there(
        &self,
        office: Uuid,
        place: u16,
        limit: u32,
    ) -> Result<Vec<CaseLine>, LedgerError> {
        let (first, last) = span(place);
        db::query(
            "SELECT * FROM case_files WHERE office = $1 AND region BETWEEN $2 AND $3
             ORDER BY opened_at DESC, id LIMIT $4",
        )
        .bind(office.to_string())
        .bind(first)
        .bind(last)
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(case_line)
        .collect()
    }
}
