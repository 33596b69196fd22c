//! Thins old scans, a little at a time, so that neither scans nor people at the
//! consoles wait for it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use crate::base::{By, Clock, LedgerError};
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
}

impl Retention {
    /// Works until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.pass(&stop).await {
                tracing::warn!(%error, "old scans were not thinned");
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
}
