//! What a dossier reads of codes, orders and places.

use async_trait::async_trait;

use super::cases::flag;
use super::rows::{self, Read, get};
use super::{Ledger, down, unsigned};
use crate::base::{LedgerError, UnixMs};
use crate::cases::Flag;
use crate::dossier::port::{DossierLedger, Forged, Met};
use crate::keys::KeyNumber;
use crate::registry::BatchRef;
use crate::registry::order::Order;

/// First and last code of a place: one prefecture, or a province with all of its own.
fn span(place: u16) -> (i64, i64) {
    let place = i64::from(place);
    if place % 100 == 0 { (place, place + 99) } else { (place, place) }
}

async fn one(ledger: &Ledger, payload: &[u8; 12]) -> Read<Met> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS scans, COALESCE(SUM(CASE WHEN channel = 'consumer' THEN 1 ELSE 0 END),
         0) AS by_buyers, MAX(seen_at) AS last_at FROM scans WHERE payload = $1",
    )
    .bind(payload.to_vec())
    .fetch_one(&ledger.reader)
    .await
    .map_err(down)?;
    let raised = sqlx::query("SELECT * FROM flags WHERE payload = $1")
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
        sqlx::query(
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
        sqlx::query(
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
        let found = sqlx::query(
            "SELECT day, outcome, key_number, batch_number, SUM(seen) AS seen FROM forgeries
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
}
