//! Forgets visits on the spot that became no case, when their time is over.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::base::{By, Clock, LedgerError};
use crate::media::{MediaStore, Sha256Hex};
use crate::reports::ReportLedger;
use crate::scan::retention::EVIDENCE_DAYS;
use crate::store::sql::Ledger;
use crate::visits::port::VisitLedger;

const DAY_MS: i64 = 86_400_000;
/// Visits of one transaction.
const VISITS_AT_ONCE: u32 = 20;
/// How often there is a look for what has become old.
const EVERY: Duration = Duration::from_secs(6 * 3_600);

pub struct OldVisits {
    pub ledger: Ledger,
    pub clock: Arc<dyn Clock>,
    pub media: MediaStore,
}

impl OldVisits {
    /// Works until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.pass(&stop).await {
                tracing::warn!(%error, "old visits were not forgotten");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// All that is old now; how many visits it were.
    ///
    /// # Errors
    /// Of the ledger; what was forgotten stays so.
    pub async fn pass(&self, stop: &CancellationToken) -> Result<u32, LedgerError> {
        let now = self.clock.now();
        let before = now.plus_ms(-EVIDENCE_DAYS * DAY_MS);
        let mut visits = 0;
        while !stop.is_cancelled() {
            let by = By::worker(now);
            let forgotten = self.ledger.forget_visits(before, VISITS_AT_ONCE, &by).await?;
            self.delete(&forgotten.files).await?;
            visits += forgotten.visits;
            if forgotten.visits < VISITS_AT_ONCE {
                break;
            }
        }
        Ok(visits)
    }

    /// One that stays on the disk is tried again with those of reports.
    async fn delete(&self, files: &[[u8; 32]]) -> Result<(), LedgerError> {
        let mut gone = Vec::with_capacity(files.len());
        for file in files.iter().copied().map(Sha256Hex::from_bytes) {
            match self.media.remove(&file).await {
                Ok(()) => gone.push(file),
                Err(error) => tracing::warn!(%error, "a photo of a forgotten visit stays"),
            }
        }
        self.ledger.forget_files(&gone).await
    }
}
