//! Scan rows, as followed from the durable log.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;

use super::rows::{Read, get, payload};
use super::{Ledger, down, signed, unsigned};
use crate::base::{LedgerError, UnixMs};
use crate::code::Payload;
use crate::registry::BatchRef;
use crate::scan::forgeries::Forgery;
use crate::scan::ledger::{DayCount, ScanLedger};
use crate::scan::{Channel, Cursor, Entry, Marks, Observation, Place, Spot, Tag48};

const fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Consumer => "consumer",
        Channel::Retail => "retail",
        Channel::Officer => "officer",
        Channel::Factory => "factory",
    }
}

fn channel(name: &str) -> Channel {
    [Channel::Retail, Channel::Officer, Channel::Factory]
        .into_iter()
        .find(|c| channel_name(*c) == name)
        .unwrap_or_default()
}

fn observation(row: &SqliteRow) -> Read<Observation> {
    let (lat, lon): (Option<f64>, Option<f64>) = (get(row, "lat")?, get(row, "lon")?);
    let narrow = |column| -> Read<u64> { Ok(unsigned(get(row, column)?)) };
    Ok(Observation {
        at: UnixMs(get(row, "seen_at")?),
        device: Tag48::new(narrow("device")?),
        network: u32::try_from(narrow("network")?).unwrap_or(0),
        place: Place(u16::try_from(narrow("place")?).unwrap_or(0)),
        spot: lat.zip(lon).and_then(|(lat, lon)| Spot::new(lat, lon, 512.0)),
        channel: channel(&get::<String>(row, "channel")?),
        marks: Marks::from_bits(u8::try_from(narrow("marks")?).unwrap_or(0)),
        scan: Tag48::new(narrow("scan_tag")?),
    })
}

#[async_trait]
impl ScanLedger for Ledger {
    async fn cursors(&self) -> Result<Vec<(u16, Cursor)>, LedgerError> {
        sqlx::query("SELECT * FROM log_cursors")
            .fetch_all(&self.reader)
            .await
            .map_err(down)?
            .iter()
            .map(|row| {
                let cursor = Cursor {
                    major: unsigned(get(row, "log_major")?),
                    minor: unsigned(get(row, "log_minor")?),
                };
                Ok((u16::try_from(get::<i64>(row, "shard")?).unwrap_or(u16::MAX), cursor))
            })
            .collect()
    }

    async fn append(&self, shard: u16, entries: &[Entry]) -> Result<(), LedgerError> {
        let Some(last) = entries.last() else { return Ok(()) };
        let mut tx = self.write().await?;
        for entry in entries {
            let Ok(code) = Payload::from_bytes(entry.code.payload) else { continue };
            let seen = &entry.seen;
            sqlx::query(
                "INSERT INTO scans (shard, log_major, log_minor, payload, key_number,
                 batch_number, label_number, seen_at, device, network, place, lat, lon,
                 channel, marks, scan_tag)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
                 ON CONFLICT DO NOTHING",
            )
            .bind(i64::from(shard))
            .bind(signed(entry.cursor.major))
            .bind(signed(entry.cursor.minor))
            .bind(entry.code.payload.to_vec())
            .bind(i64::from(code.key.get()))
            .bind(i64::from(code.batch))
            .bind(signed(entry.code.number))
            .bind(seen.at.0)
            .bind(signed(seen.device.get()))
            .bind(i64::from(seen.network))
            .bind(i64::from(seen.place.0))
            .bind(seen.spot.map(Spot::lat))
            .bind(seen.spot.map(Spot::lon))
            .bind(channel_name(seen.channel))
            .bind(i64::from(seen.marks.bits()))
            .bind(signed(seen.scan.get()))
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        }
        sqlx::query(
            "INSERT INTO log_cursors (shard, log_major, log_minor) VALUES ($1, $2, $3)
             ON CONFLICT (shard) DO UPDATE
             SET log_major = excluded.log_major, log_minor = excluded.log_minor",
        )
        .bind(i64::from(shard))
        .bind(signed(last.cursor.major))
        .bind(signed(last.cursor.minor))
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        tx.commit().await.map_err(down)
    }

    async fn scans_of(
        &self,
        payload: &[u8; 12],
        limit: u32,
    ) -> Result<Vec<Observation>, LedgerError> {
        sqlx::query(
            "SELECT * FROM scans WHERE payload = $1
             ORDER BY seen_at, log_major, log_minor LIMIT $2",
        )
        .bind(payload.to_vec())
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(observation)
        .collect()
    }

    async fn codes_tagged(
        &self,
        low: Tag48,
        high: Tag48,
        limit: u32,
    ) -> Result<Vec<[u8; 12]>, LedgerError> {
        sqlx::query("SELECT DISTINCT payload FROM scans WHERE scan_tag BETWEEN $1 AND $2 LIMIT $3")
            .bind(signed(low.get()))
            .bind(signed(high.get()))
            .bind(i64::from(limit))
            .fetch_all(&self.reader)
            .await
            .map_err(down)?
            .iter()
            .map(payload)
            .collect()
    }

    async fn scans_by_day(
        &self,
        batch: BatchRef,
        since: UnixMs,
        offset_ms: i64,
    ) -> Result<Vec<DayCount>, LedgerError> {
        sqlx::query(
            "SELECT (seen_at + $4) / 86400000 AS day, COUNT(*) AS scans,
                    COUNT(DISTINCT payload) AS labels
             FROM scans WHERE key_number = $1 AND batch_number = $2 AND seen_at >= $3
             GROUP BY 1 ORDER BY 1",
        )
        .bind(i64::from(batch.key.get()))
        .bind(i64::from(batch.batch))
        .bind(since.0)
        .bind(offset_ms)
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(|row| {
            Ok(DayCount {
                day: get(row, "day")?,
                scans: unsigned(get(row, "scans")?),
                labels: unsigned(get(row, "labels")?),
            })
        })
        .collect()
    }

    async fn scans_in(&self, batch: BatchRef) -> Result<u64, LedgerError> {
        sqlx::query_scalar("SELECT COUNT(*) FROM scans WHERE key_number = $1 AND batch_number = $2")
            .bind(i64::from(batch.key.get()))
            .bind(i64::from(batch.batch))
            .fetch_one(&self.reader)
            .await
            .map(unsigned)
            .map_err(down)
    }

    async fn add_forgeries(&self, seen: &[(Forgery, u64)]) -> Result<(), LedgerError> {
        if seen.is_empty() {
            return Ok(());
        }
        let mut tx = self.write().await?;
        for (forgery, count) in seen {
            let day = jiff::civil::date(1970, 1, 1)
                .saturating_add(jiff::Span::new().days(forgery.day))
                .to_string();
            sqlx::query(
                "INSERT INTO forgeries (key_number, batch_number, place, day, outcome, seen)
                 VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (key_number, batch_number, place, day, outcome)
                 DO UPDATE SET seen = forgeries.seen + excluded.seen",
            )
            .bind(i64::from(forgery.key))
            .bind(i64::from(forgery.batch))
            .bind(i64::from(forgery.place.0))
            .bind(day)
            .bind(forgery.kind.slug())
            .bind(signed(*count))
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        }
        tx.commit().await.map_err(down)
    }
}
