//! Follows the durable log of scans: writes rows to the ledger, opens flags,
//! lets the store forget what was written.
//!
//! Flags first, then rows with the cursor, then the trim: each step may be
//! done twice without harm, and the cursor moves only behind the flags, so a
//! death between two steps loses nothing.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use crate::base::{Clock, Lang, LedgerError};
use crate::cases::{CaseLedger, Flag, FlagState, KeptReason};
use crate::code::Payload;
use crate::registry::BatchRef;
use crate::scan::ledger::ScanLedger;
use crate::scan::service::Scanner;
use crate::scan::{CodeId, Cursor, Entry, Outcome, StateError};
use crate::store::sql::Ledger;

/// Entries taken from one shard at once.
const BLOCK: usize = 500;
/// Wait when there is nothing to follow, or when something failed.
const IDLE: Duration = Duration::from_millis(250);

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

pub struct Follower {
    pub scanner: Scanner,
    pub ledger: Ledger,
    pub clock: Arc<dyn Clock>,
    pub zone: TimeZone,
}

impl Follower {
    /// Follows all shards until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let shards = self.scanner.state.shards();
        let mut cursors: Option<Vec<Cursor>> = None;
        while !stop.is_cancelled() {
            let followed = match &mut cursors {
                Some(cursors) => self.round(cursors).await,
                None => match self.ledger.cursors().await {
                    Ok(known) => {
                        let mut all = vec![Cursor::START; usize::from(shards)];
                        for (shard, cursor) in known {
                            if let Some(place) = all.get_mut(usize::from(shard)) {
                                *place = cursor;
                            }
                        }
                        cursors = Some(all);
                        continue;
                    }
                    Err(error) => Err(error.into()),
                },
            };
            match followed {
                Ok(0) => {}
                Ok(entries) => {
                    metrics::counter!("zhenma_scans_followed_total").increment(entries);
                    continue;
                }
                Err(error) => tracing::warn!(%error, "the log of scans cannot be followed now"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(IDLE) => {}
            }
        }
    }

    /// One block of every shard; how many entries there were.
    async fn round(&self, cursors: &mut [Cursor]) -> Result<u64, Trouble> {
        let mut followed = 0;
        for (shard, cursor) in (0..).zip(cursors) {
            let entries = self.scanner.state.follow(shard, *cursor, BLOCK).await?;
            let Some(last) = entries.last() else { continue };
            self.flag(&entries).await?;
            self.ledger.append(shard, &entries).await?;
            *cursor = last.cursor;
            self.scanner.state.trim(shard, *cursor).await?;
            followed += entries.len() as u64;
        }
        Ok(followed)
    }

    async fn flag(&self, entries: &[Entry]) -> Result<(), Trouble> {
        let codes: HashSet<CodeId> = entries.iter().map(|e| e.code).collect();
        for code in codes {
            let Some((verdict, history)) = self.scanner.review(code).await? else { continue };
            let Ok(payload) = Payload::from_bytes(code.payload) else { continue };
            if verdict.outcome != Outcome::Suspect {
                continue;
            }
            let now = self.clock.now();
            let reasons = verdict
                .reasons
                .iter()
                .map(|reason| KeptReason {
                    code: reason.slug().to_owned(),
                    zh: reason.text(Lang::Zh, &self.zone),
                    en: reason.text(Lang::En, &self.zone),
                })
                .collect();
            let flag = Flag {
                payload: code.payload,
                batch: BatchRef { key: payload.key, batch: payload.batch },
                number: code.number,
                state: FlagState::Open,
                risk: verdict.risk,
                reasons,
                policy: verdict.policy.to_owned(),
                scans: history.count(),
                opened_at: now,
                updated_at: now,
            };
            self.ledger.raise_flag(&flag).await?;
            metrics::counter!("zhenma_flags_raised_total").increment(1);
        }
        Ok(())
    }
}
