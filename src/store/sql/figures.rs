//! Figures of a month, read from flags, decisions, counted scans and cases.

use super::db::{self, Row};
use std::collections::BTreeMap;

use async_trait::async_trait;
use futures::TryStreamExt;
use uuid::Uuid;

use super::rows::{self, Read, get};
use super::{Ledger, down, unsigned};
use crate::base::LedgerError;
use crate::cases::fact::Outcome;
use crate::figures::port::{FigureLedger, Span};
use crate::figures::{Came, CaseFigures, Closed, Figures};
use crate::registry::Gtin;

/// Of a flag, the province in which its code was first scanned.
const OPENED: &str = "SELECT b.gtin, f.shown_at, COALESCE((SELECT s.place FROM scans s
    WHERE s.payload = f.payload ORDER BY s.seen_at LIMIT 1), 0) / 100 AS province
    FROM flags f JOIN batches b ON b.key_number = f.key_number
     AND b.batch_number = f.batch_number WHERE f.opened_at >= $1 AND f.opened_at < $2";
/// The latest decision stands; where there is none, a cause settled the flag.
const CLOSED: &str = "SELECT * FROM (SELECT b.gtin, f.shown_at, f.opened_at,
    COALESCE((SELECT s.place FROM scans s WHERE s.payload = f.payload
     ORDER BY s.seen_at LIMIT 1), 0) / 100 AS province,
    (SELECT d.decision FROM decisions d WHERE d.payload = f.payload
     ORDER BY d.revision DESC LIMIT 1) AS decision,
    COALESCE((SELECT d.decided_at FROM decisions d WHERE d.payload = f.payload
     ORDER BY d.revision DESC LIMIT 1), f.updated_at) AS closed_at
    FROM flags f JOIN batches b ON b.key_number = f.key_number
     AND b.batch_number = f.batch_number WHERE f.state = 'decided' AND f.updated_at >= $1) c
    WHERE c.closed_at >= $1 AND c.closed_at < $2";
const SCANS: &str =
    "SELECT b.gtin, d.province, CAST(SUM(d.scans) AS BIGINT) AS scans FROM scan_days d
    JOIN batches b ON b.key_number = d.key_number AND b.batch_number = d.batch_number
    WHERE d.day >= $1 AND d.day < $2 GROUP BY b.gtin, d.province";

/// Cases opened before the end, and when those that are closed were.
const CASES: &str = "SELECT id, region, opened_at, outcome, CASE WHEN state = 'closed' THEN
    (SELECT MAX(e.at) FROM case_entries e WHERE e.case_id = c.id AND e.kind = 'closed') END
    AS closed_at FROM case_files c
    WHERE office = $1 AND opened_at < $2 AND state IN ('open', 'closing', 'closed')";
/// Products whose labels are in cases of an office.
const CASE_PRODUCTS: &str = "SELECT DISTINCT u.case_id, b.gtin FROM case_units u
    JOIN case_files c ON c.id = u.case_id JOIN batches b ON b.key_number = u.key_number
     AND b.batch_number = u.batch_number WHERE c.office = $1";
const DAY_MS: i64 = 86_400_000;

async fn products_of_cases(ledger: &Ledger, office: Uuid) -> Read<BTreeMap<String, Vec<Gtin>>> {
    let found = db::query(CASE_PRODUCTS).bind(office.to_string());
    let mut out = BTreeMap::<String, Vec<Gtin>>::new();
    for row in &found.fetch_all(&ledger.reader).await.map_err(down)? {
        let gtin = Gtin::try_from(get::<String>(row, "gtin")?).map_err(|_| rows::bad("gtin"))?;
        out.entry(get(row, "case_id")?).or_default().push(gtin);
    }
    Ok(out)
}

fn whose(row: &Row) -> Read<(Gtin, u8)> {
    let gtin = Gtin::try_from(get::<String>(row, "gtin")?).map_err(|_| rows::bad("gtin"))?;
    let province = u8::try_from(get::<i64>(row, "province")?);
    Ok((gtin, province.map_err(|_| rows::bad("province"))?))
}

fn closed(row: &Row) -> Read<Closed> {
    let came = match get::<Option<String>>(row, "decision")?.as_deref() {
        Some("copied") => Came::Copied,
        Some("genuine") => Came::Genuine,
        Some(_) => Came::CannotTell,
        None => Came::Explained,
    };
    let took = get::<i64>(row, "closed_at")? - get::<i64>(row, "opened_at")?;
    Ok(Closed {
        came,
        shown: get::<Option<i64>>(row, "shown_at")?.is_some(),
        hours: u32::try_from(took.max(0) / 3_600_000).unwrap_or(u32::MAX),
    })
}

/// Hands every row of a statement over two bounds to `each`.
async fn every(
    ledger: &Ledger,
    sql: &'static str,
    (from, until): (i64, i64),
    mut each: impl FnMut(&Row) -> Read<()>,
) -> Read<()> {
    let mut rows = db::query(sql).bind(from).bind(until).fetch(&ledger.reader);
    while let Some(row) = rows.try_next().await.map_err(down)? {
        each(&row)?;
    }
    Ok(())
}

#[async_trait]
impl FigureLedger for Ledger {
    async fn figures(&self, span: &Span) -> Result<Figures, LedgerError> {
        let mut out = Figures::default();
        let instants = (span.from.0, span.until.0);
        every(self, SCANS, (span.first_day, span.last_day), |row| {
            let ((gtin, province), scans) = (whose(row)?, unsigned(get(row, "scans")?));
            out.add(&gtin, province, |counts| counts.scans += scans);
            Ok(())
        })
        .await?;
        every(self, OPENED, instants, |row| {
            let (gtin, province) = whose(row)?;
            let shown = u64::from(get::<Option<i64>>(row, "shown_at")?.is_some());
            out.add(&gtin, province, |counts| {
                counts.opened += 1;
                counts.opened_shown += shown;
            });
            Ok(())
        })
        .await?;
        every(self, CLOSED, instants, |row| {
            let ((gtin, province), closed) = (whose(row)?, closed(row)?);
            out.add(&gtin, province, |counts| counts.closed.push(closed));
            Ok(())
        })
        .await?;
        Ok(out)
    }

    async fn case_figures(&self, office: Uuid, span: &Span) -> Result<CaseFigures, LedgerError> {
        let products = products_of_cases(self, office).await?;
        let found = db::query(CASES)
            .bind(office.to_string())
            .bind(span.until.0)
            .fetch_all(&self.reader)
            .await
            .map_err(down)?;
        let mut out = CaseFigures::default();
        for row in &found {
            let place = u16::try_from(get::<i64>(row, "region")?);
            let place = place.map_err(|_| rows::bad("region"))?;
            let id: String = get(row, "id")?;
            let of = products.get(&id).map_or(&[][..], Vec::as_slice);
            let opened: i64 = get(row, "opened_at")?;
            let closed = get::<Option<i64>>(row, "closed_at")?;
            let outcome = get::<Option<String>>(row, "outcome")?;
            let outcome = outcome.and_then(|slug| Outcome::from_slug(&slug));
            let new = opened >= span.from.0;
            out.add(of, place, |counts| {
                counts.opened += u64::from(new);
                match closed.zip(outcome) {
                    Some((at, _)) if at < span.from.0 => {}
                    Some((at, outcome)) if at < span.until.0 => {
                        *counts.closed.entry(outcome).or_default() += 1;
                        let days = (at - opened).max(0) / DAY_MS;
                        counts.days.push(u32::try_from(days).unwrap_or(u32::MAX));
                    }
                    _ => counts.open += 1,
                }
            });
        }
        Ok(out)
    }
}
