//! Thins old scans and erases old reports, a little at a time, so that neither
//! scans nor people at the consoles wait for it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use crate::base::{By, Clock, LedgerError};
use crate::media::{MediaStore, Sha256Hex};
use crate::reports::{ReportLedger, retention as reports};
use crate::scan::retention::{EVIDENCE_DAYS, Pass, RetentionLedger};
use crate::store::sql::Ledger;

const DAY_MS: i64 = 86_400_000;
/// Scans of one transaction, and the wait before the next one.
const ROWS_AT_ONCE: u32 = 500;
const BREATH: Duration = Duration::from_millis(100);
/// How often there is a look for what has become old.
const EVERY: Duration = Duration::from_secs(6 * 3_600);

pub struct Retention {
    pub ledger: Ledger,
    pub clock: Arc<dyn Clock>,
    pub zone: TimeZone,
    /// Days for which a scan stays whole.
    pub days: u32,
    /// Where photos lie.
    pub media: MediaStore,
    /// Days for which it is kept how a reporter is reached, and for which a report
    /// stays whole.
    pub contact_days: u32,
    pub content_days: u32,
}

impl Retention {
    /// Works until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.pass(&stop).await {
                tracing::warn!(%error, "old scans were not thinned");
            }
            if let Err(error) = self.pass_reports(&stop).await {
                tracing::warn!(%error, "old reports were not erased");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// All that is old now.
    ///
    /// # Errors
    /// Of the ledger; what was thinned stays so.
    pub async fn pass(&self, stop: &CancellationToken) -> Result<u64, LedgerError> {
        let now = self.clock.now();
        let stamp = Timestamp::from_millisecond(now.0).unwrap_or_default();
        let before = now.plus_ms(-i64::from(self.days) * DAY_MS);
        let pass = Pass {
            before,
            evidence_since: now.plus_ms(-EVIDENCE_DAYS * DAY_MS),
            offset_ms: i64::from(self.zone.to_offset(stamp).seconds()) * 1_000,
            rows_max: ROWS_AT_ONCE,
        };
        let mut scans = 0;
        while !stop.is_cancelled() {
            let thinned = self.ledger.thin_scans(&pass, &By::worker(now)).await?;
            scans += thinned.scans;
            if !thinned.more {
                break;
            }
            tokio::time::sleep(BREATH).await;
        }
        let day = before.0.div_euclid(DAY_MS);
        while !stop.is_cancelled() && self.ledger.forget_phones(day, ROWS_AT_ONCE).await? > 0 {
            tokio::time::sleep(BREATH).await;
        }
        if scans > 0 {
            metrics::counter!("zhenma_scans_thinned_total").increment(scans);
            tracing::info!(scans, days = self.days, "old scans were thinned");
        }
        Ok(scans)
    }

    /// Erases of reports and notes what is old now.
    ///
    /// # Errors
    /// Of the ledger; what was erased stays so.
    pub async fn pass_reports(&self, stop: &CancellationToken) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let before = |days: i64| now.plus_ms(-days * DAY_MS);
        let pass = reports::Pass {
            contacts_before: before(i64::from(self.contact_days)),
            contents_before: before(i64::from(self.content_days)),
            notes_before: before(reports::NOTE_DAYS),
            rows_max: ROWS_AT_ONCE,
        };
        while !stop.is_cancelled() {
            let erased = self.ledger.erase_reports(&pass, &By::worker(now)).await?;
            self.delete(&erased.files).await?;
            if !erased.more {
                break;
            }
            tokio::time::sleep(BREATH).await;
        }
        Ok(())
    }

    /// A file that the disk does not let go of is tried again with the next pass.
    async fn delete(&self, files: &[Sha256Hex]) -> Result<(), LedgerError> {
        let mut gone = Vec::with_capacity(files.len());
        for file in files {
            match self.media.remove(file).await {
                Ok(()) => gone.push(*file),
                Err(error) => tracing::warn!(%error, "a photo was not deleted"),
            }
        }
        if gone.is_empty() { Ok(()) } else { self.ledger.forget_files(&gone).await }
    }
}
