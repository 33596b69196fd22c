//! Scan rows, as followed from the durable log.

use super::db::{self, Conn, QueryBuilder, Row};
use std::collections::HashSet;

use async_trait::async_trait;
use futures::TryStreamExt;

use super::across::keep;
use super::rows::{Read, batch_ref, get, payload};
use super::scan_days::Days;
use super::{Ledger, ROWS_AT_ONCE, down, leads, leaks, signed, unsigned};
use crate::base::{LedgerError, UnixMs};
use crate::code::Payload;
use crate::registry::BatchRef;
use crate::scan::across::Changes;
use crate::scan::forgeries::Forgery;
use crate::scan::ledger::{DayCount, ScanLedger};
use crate::scan::{Channel, CodeId, Cursor, Entry, LogId, Marks, Observation, Place, Spot, Tag48};

pub(super) const fn channel_name(channel: Channel) -> &'static str {
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

fn observation(row: &Row) -> Read<Observation> {
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

/// Tags and payloads of those of the entries that were written before.
async fn written(on: &mut Conn, entries: &[Entry]) -> Read<HashSet<(u64, [u8; 12])>> {
    let mut written = HashSet::with_capacity(entries.len());
    for entries in entries.chunks(ROWS_AT_ONCE) {
        let mut select =
            QueryBuilder::new("SELECT scan_tag, payload FROM scans WHERE (scan_tag, payload) IN (");
        select.push_values(entries, |mut row, entry| {
            row.push_bind(signed(entry.seen.scan.get())).push_bind(entry.code.payload.to_vec());
        });
        select.push(")");
        for row in select.build().fetch_all(&mut *on).await.map_err(down)? {
            written.insert((unsigned(get(&row, "scan_tag")?), payload(&row)?));
        }
    }
    Ok(written)
}

/// What of one batch was scanned in a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScannedBatch {
    pub batch: BatchRef,
    pub scans: u64,
    /// Different codes among them.
    pub labels: u64,
}

impl Ledger {
    /// What was scanned from an instant on and before another, by batch. Reads the times
    /// of all scans.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn scanned(
        &self,
        from: UnixMs,
        to: UnixMs,
    ) -> Result<Vec<ScannedBatch>, LedgerError> {
        let rows = db::query(
            "SELECT key_number, batch_number, COUNT(*) AS scans, COUNT(DISTINCT payload) AS labels
             FROM scans WHERE seen_at >= $1 AND seen_at < $2
             GROUP BY key_number, batch_number ORDER BY key_number, batch_number",
        )
        .bind(from.0)
        .bind(to.0)
        .fetch_all(&self.reader)
        .await
        .map_err(down)?;
        let of = |row: &Row| {
            Ok(ScannedBatch {
                batch: batch_ref(row)?,
                scans: unsigned(get(row, "scans")?),
                labels: unsigned(get(row, "labels")?),
            })
        };
        rows.iter().map(of).collect()
    }

    /// Takes up logs of which nothing was followed yet: those of a scan store into which
    /// the former one was put.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn expect_logs(&self, logs: &[LogId]) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        for log in logs {
            db::query(
                "INSERT INTO scan_logs (id, identity, log_major, log_minor)
                 SELECT COALESCE(MAX(id), 0) + 1, $1, 0, 0 FROM scan_logs WHERE true
                 ON CONFLICT (identity) DO NOTHING",
            )
            .bind(log.0.to_vec())
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        }
        tx.commit().await.map_err(down)
    }
}

#[async_trait]
impl ScanLedger for Ledger {
    async fn cursor(&self, log: LogId) -> Result<Option<Cursor>, LedgerError> {
        db::query("SELECT log_major, log_minor FROM scan_logs WHERE identity = $1")
            .bind(log.0.to_vec())
            .fetch_optional(&self.reader)
            .await
            .map_err(down)?
            .map(|row| {
                Ok(Cursor {
                    major: unsigned(get(&row, "log_major")?),
                    minor: unsigned(get(&row, "log_minor")?),
                })
            })
            .transpose()
    }

    async fn append(
        &self,
        log: LogId,
        entries: &[Entry],
        across: &Changes,
        offset_ms: i64,
    ) -> Result<u64, LedgerError> {
        let Some(last) = entries.last() else { return Ok(0) };
        let mut tx = self.write().await?;
        let log: i64 = db::query_scalar(
            "INSERT INTO scan_logs (id, identity, log_major, log_minor)
             SELECT COALESCE(MAX(id), 0) + 1, $1, $2, $3 FROM scan_logs WHERE true
             ON CONFLICT (identity) DO UPDATE
             SET log_major = excluded.log_major, log_minor = excluded.log_minor
             RETURNING id",
        )
        .bind(log.0.to_vec())
        .bind(signed(last.cursor.major))
        .bind(signed(last.cursor.minor))
        .fetch_one(&mut *tx)
        .await
        .map_err(down)?;
        // What another log brought before is not written, and not counted.
        let mut written = written(&mut tx, entries).await?;
        let new = |e: &Entry| {
            let payload = Payload::from_bytes(e.code.payload).ok()?;
            written.insert((e.seen.scan.get(), e.code.payload)).then_some((*e, payload))
        };
        let rows: Vec<(Entry, Payload)> = entries.iter().filter_map(new).collect();
        let mut days = Days::default();
        for (entry, code) in &rows {
            days.take(BatchRef { key: code.key, batch: code.batch }, &entry.seen, offset_ms);
        }
        for rows in rows.chunks(ROWS_AT_ONCE) {
            let mut insert = QueryBuilder::new(
                "INSERT INTO scans (log, log_major, log_minor, payload, key_number, batch_number,
                 label_number, seen_at, device, network, place, lat, lon, channel, marks, scan_tag) ",
            );
            insert.push_values(rows, |mut row, (entry, code)| {
                let seen = &entry.seen;
                row.push_bind(log)
                    .push_bind(signed(entry.cursor.major))
                    .push_bind(signed(entry.cursor.minor))
                    .push_bind(entry.code.payload.to_vec())
                    .push_bind(i64::from(code.key.get()))
                    .push_bind(i64::from(code.batch))
                    .push_bind(signed(entry.code.number))
                    .push_bind(seen.at.0)
                    .push_bind(signed(seen.device.get()))
                    .push_bind(i64::from(seen.network))
                    .push_bind(i64::from(seen.place.0))
                    .push_bind(seen.spot.map(Spot::lat))
                    .push_bind(seen.spot.map(Spot::lon))
                    .push_bind(channel_name(seen.channel))
                    .push_bind(i64::from(seen.marks.bits()))
                    .push_bind(signed(seen.scan.get()));
            });
            insert.build().execute(&mut *tx).await.map_err(down)?;
        }
        if let Some(first) = entries.first() {
            leaks::note(&mut tx, log, first.cursor, last.cursor).await?;
        }
        days.add(&mut tx).await?;
        let revision = keep(&mut tx, across).await?;
        tx.commit().await.map_err(down)?;
        Ok(revision)
    }

    async fn missing(&self, entries: &[Entry]) -> Result<Vec<Entry>, LedgerError> {
        // By whom they are written next, who holds the pages then.
        let mut writer = self.writer.acquire().await.map_err(down)?;
        let written = written(&mut writer, entries).await?;
        let new = |e: &&Entry| {
            Payload::from_bytes(e.code.payload).is_ok()
                && !written.contains(&(e.seen.scan.get(), e.code.payload))
        };
        Ok(entries.iter().filter(new).copied().collect())
    }

    async fn scans_of(
        &self,
        payload: &[u8; 12],
        limit: u32,
    ) -> Result<Vec<Observation>, LedgerError> {
        db::query(
            "SELECT * FROM (SELECT * FROM scans WHERE payload = $1
                ORDER BY seen_at DESC, log DESC, log_major DESC, log_minor DESC LIMIT $2) AS latest
             ORDER BY seen_at, log, log_major, log_minor",
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

    async fn scans_since(
        &self,
        since: UnixMs,
        each: &mut (dyn FnMut(CodeId, Observation) + Send),
    ) -> Result<(), LedgerError> {
        let mut rows = db::query(
            // What was thinned tells no phone from another.
            "SELECT * FROM scans WHERE seen_at >= $1 AND NOT (device = 0 AND network = 0)
             ORDER BY seen_at, log, log_major, log_minor",
        )
        .bind(since.0)
        .fetch(&self.reader);
        while let Some(row) = rows.try_next().await.map_err(down)? {
            let number = unsigned(get(&row, "label_number")?);
            each(CodeId { payload: payload(&row)?, number }, observation(&row)?);
        }
        Ok(())
    }

    async fn codes_tagged(
        &self,
        low: Tag48,
        high: Tag48,
        limit: u32,
    ) -> Result<Vec<[u8; 12]>, LedgerError> {
        db::query("SELECT DISTINCT payload FROM scans WHERE scan_tag BETWEEN $1 AND $2 LIMIT $3")
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
        db::query(
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
        db::query_scalar("SELECT COUNT(*) FROM scans WHERE key_number = $1 AND batch_number = $2")
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
            db::query(
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
            leads::mark_forged(&mut tx, forgery.key, forgery.place.0).await?;
        }
        tx.commit().await.map_err(down)
    }
}
