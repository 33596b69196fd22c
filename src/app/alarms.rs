//! Raises alarms, and notes which blocks are over: what becomes late does so
//! without anybody doing anything, so somebody has to look.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::base::{By, Clock, LedgerError, UnixMs};
use crate::cases::block::BlockLedger;
use crate::handoff::Settings;
use crate::handoff::port::HandoffLedger;
use crate::hooks::Kind;
use crate::overview::late::{AlarmLedger, Late};
use crate::registry::Uscc;
use crate::scan::service::Scanner;
use crate::store::sql::Ledger;

/// How often there is a look: what is late is late by days.
const EVERY: Duration = Duration::from_secs(60);
/// Packages that are read at once.
const PACKAGES_AT_ONCE: u32 = 200;

pub struct Alarms {
    ledger: Ledger,
    scanner: Scanner,
    clock: Arc<dyn Clock>,
    /// Raised, as far as this worker knows: spares the ledger the question.
    raised: HashSet<(Kind, String, UnixMs)>,
}

impl Alarms {
    pub fn new(ledger: Ledger, scanner: Scanner, clock: Arc<dyn Clock>) -> Self {
        Self { ledger, scanner, clock, raised: HashSet::new() }
    }

    /// Looks again and again until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "alarms: the ledger was not asked");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Raises what is late now and was not raised before; how many.
    ///
    /// # Errors
    /// Of the ledger; what was raised stays so.
    pub async fn look(&mut self) -> Result<u64, LedgerError> {
        let now = self.clock.now();
        self.ledger.end_blocks(&By::worker(now)).await?;
        let mut raised = 0;
        let mut settings = HashMap::<Uscc, Settings>::new();
        let mut after = Uuid::nil();
        loop {
            let found = self.ledger.unfinished_packages(after, PACKAGES_AT_ONCE).await?;
            let Some(last) = found.last() else { break };
            after = last.package.id;
            for progress in &found {
                let of = &progress.package.enterprise;
                if !settings.contains_key(of) {
                    settings.insert(of.clone(), self.ledger.settings(of).await?);
                }
                if let Some(late) = Late::of_package(progress, &settings[of], now) {
                    raised += u64::from(self.raise(late, now).await?);
                }
            }
        }
        let register = self.scanner.register.load_full();
        for facts in register.batches.values() {
            if let Some(late) = Late::of_batch(facts, now) {
                raised += u64::from(self.raise(late, now).await?);
            }
        }
        Ok(raised)
    }

    async fn raise(&mut self, late: Late, now: UnixMs) -> Result<bool, LedgerError> {
        let key = (late.kind, late.object.clone(), late.since);
        if self.raised.contains(&key) {
            return Ok(false);
        }
        let raised = self.ledger.raise(&late, now).await?;
        self.raised.insert(key);
        Ok(raised)
    }
}
