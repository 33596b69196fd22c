//! Erases persons, words and photos of cases whose time is over.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::paths;
use crate::base::{By, Clock, LedgerError};
use crate::cases::clock::CaseClock;
use crate::store::sql::Ledger;

/// Days of a year, as the calendar has them on average, rounded up.
const YEAR_DAYS: i64 = 366;
const DAY_MS: i64 = 86_400_000;
/// Cases of one transaction.
const CASES_AT_ONCE: u32 = 5;
/// How often there is a look for what has become old.
const EVERY: Duration = Duration::from_secs(6 * 3_600);

pub struct OldCases {
    pub ledger: Ledger,
    pub clock: Arc<dyn Clock>,
    /// The data directory.
    pub data: PathBuf,
    pub years: u32,
}

impl OldCases {
    /// Works until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.pass(&stop).await {
                tracing::warn!(%error, "old cases were not erased");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// All that is old now; how many cases it were.
    ///
    /// # Errors
    /// Of the ledger; what was erased stays so.
    pub async fn pass(&self, stop: &CancellationToken) -> Result<u32, LedgerError> {
        let now = self.clock.now();
        let before = now.plus_ms(-i64::from(self.years) * YEAR_DAYS * DAY_MS);
        let mut cases = 0;
        while !stop.is_cancelled() {
            let erased = self.ledger.erase_cases(before, CASES_AT_ONCE, &By::worker(now)).await?;
            cases += erased.cases;
            self.delete(erased.packages).await?;
            if !erased.more {
                break;
            }
        }
        Ok(cases)
    }

    /// A file that the disk does not let go of is tried again with the next pass.
    async fn delete(&self, packages: Vec<Uuid>) -> Result<(), LedgerError> {
        let mut gone = Vec::with_capacity(packages.len());
        for package in packages {
            match tokio::fs::remove_file(paths::evidence(&self.data, package)).await {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    tracing::warn!(%error, "a package of evidence was not deleted");
                }
                _ => gone.push(package),
            }
        }
        if gone.is_empty() { Ok(()) } else { self.ledger.forget_packages(&gone).await }
    }
}
