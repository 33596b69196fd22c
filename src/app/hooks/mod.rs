//! Delivers webhooks. A delivery is taken under a lease; a courier that dies lets
//! it end, and the event is sent again: at least once, never lost.

mod call;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::base::{By, Clock, LedgerError, rng};
use crate::hooks::delivery::KEPT_MS;
use crate::hooks::port::{AtOnce, HookLedger};
use crate::hooks::{Allowed, Attempt, Due, Target, Trouble};
use crate::store::sql::Ledger;

use call::{CALL_MAX, Caller, Headers};

/// Longer than a call can take.
const LEASE_MS: i64 = 60_000;
/// How often the ledger is asked what is due.
const BEAT: Duration = Duration::from_secs(1);
/// Calls at once.
const CALLS_AT_ONCE: usize = 32;
/// Of these, to one endpoint and to those of one enterprise: what hangs must not hold
/// up the others.
const CALLS_OF_ONE: AtOnce = AtOnce { of_endpoint: 2, of_enterprise: 4 };
/// Events forgotten in one transaction, and beats between two looks for some.
const FORGOTTEN_AT_ONCE: u32 = 500;
const BEATS_BETWEEN_FORGETTING: u32 = 600;

#[derive(Clone)]
pub struct Hooks {
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    caller: Arc<Caller>,
}

impl Hooks {
    pub fn new(ledger: Ledger, clock: Arc<dyn Clock>, allowed: Allowed) -> Self {
        Self { ledger, clock, caller: Arc::new(Caller::new(allowed)) }
    }

    /// Delivers what is due until `stop`, and lets what is under way end.
    pub async fn work(self, stop: CancellationToken) {
        let mut running = JoinSet::new();
        let mut beats = 0_u32;
        while !stop.is_cancelled() {
            if let Err(error) = self.begin(&mut running).await {
                tracing::warn!(%error, "webhooks: the ledger was not asked");
            }
            if beats.is_multiple_of(BEATS_BETWEEN_FORGETTING) {
                self.forget().await;
            }
            beats = beats.wrapping_add(1);
            tokio::select! {
                () = stop.cancelled() => {}
                Some(_) = running.join_next() => {}
                () = tokio::time::sleep(BEAT) => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    async fn begin(&self, running: &mut JoinSet<()>) -> Result<(), LedgerError> {
        while running.len() < CALLS_AT_ONCE {
            let now = self.clock.now();
            let until = now.plus_ms(LEASE_MS);
            let Some(due) = self.ledger.take_delivery(now, until, CALLS_OF_ONE).await? else {
                break;
            };
            let hooks = self.clone();
            running.spawn(async move { hooks.deliver(&due).await });
        }
        Ok(())
    }

    /// Makes one attempt and keeps what came of it.
    async fn deliver(&self, due: &Due) {
        let attempt = self.attempt(due).await;
        let [spread] = rng::bytes();
        let next = due.next(&attempt, spread);
        let outcome = attempt.trouble.map_or("delivered", Trouble::slug);
        metrics::counter!("zhenma_webhook_attempts_total", "outcome" => outcome).increment(1);
        // Neither the address nor the body: they are the enterprise's.
        tracing::debug!(endpoint = %due.endpoint.id, event = %due.event, outcome, "webhook");
        let by = By::worker(self.clock.now());
        if let Err(error) = self.ledger.note_attempt(due, &attempt, &next, &by).await {
            tracing::warn!(endpoint = %due.endpoint.id, %error, "webhooks: an attempt was not kept");
        }
    }

    async fn attempt(&self, due: &Due) -> Attempt {
        let at = self.clock.now();
        let id = due.event.to_string();
        let headers = Headers {
            id: &id,
            timestamp: at.seconds(),
            signature: &due.endpoint.signatures(&id, at, &due.body),
        };
        let called = match Target::parse(&due.endpoint.url) {
            Ok(target) => {
                let call = self.caller.call(&target, &headers, &due.body);
                tokio::time::timeout(CALL_MAX, call).await.unwrap_or(Err(Trouble::Time))
            }
            Err(_) => Err(Trouble::Address),
        };
        let (status, trouble) = match called {
            Ok(status @ 200..=299) => (Some(status), None),
            Ok(status) => (Some(status), Some(Trouble::Status)),
            Err(trouble) => (None, Some(trouble)),
        };
        let took_ms = u64::try_from(self.clock.now().since(at)).unwrap_or(0);
        Attempt { at, took_ms, status, trouble }
    }

    async fn forget(&self) {
        let before = self.clock.now().plus_ms(-KEPT_MS);
        loop {
            match self.ledger.forget_events(before, FORGOTTEN_AT_ONCE).await {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "webhooks: old events were not forgotten");
                    return;
                }
            }
        }
    }
}
