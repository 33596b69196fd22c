//! What every server holds in memory and renews: the key set, the register, the
//! policies that decide and the evidence across codes. Looked at five times a
//! second, so that a revoked key or a recall shows within one.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use tokio_util::sync::CancellationToken;

use crate::base::limits::REGISTER_AGE_S_MAX;
use crate::base::{Clock, LedgerError};
use crate::keys::office::OfficeKeys;
use crate::keys::{KeyDir, KeyError, Keyring};
use crate::registry::Register;
use crate::registry::movement::port::MovementLedger;
use crate::registry::port::RegistryLedger;
use crate::registry::service::renew;
use crate::scan::across::Across;
use crate::scan::fresh::Freshness;
use crate::scan::ledger::AcrossLedger;
use crate::scan::policies::{self, Policies, PolicyLedger};

/// How often keys and register are looked at.
const LOOK: Duration = Duration::from_millis(200);
/// How long a look may take: a server that vanished without a word would be waited for
/// until the system gives its connection up.
const LOOK_S_MAX: u64 = REGISTER_AGE_S_MAX;

/// Which keys are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// Any but the development keys: everybody knows their private halves.
    Production,
    /// The demonstration's.
    Development,
}

#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Policy(#[from] policies::RenewError),
    #[error(
        "key {0} is a development key, whose private half everybody can read: whoever likes can \
         sign labels with it. It works in `zhenma demo` alone. Make a key of your own with \
         `zhenma key new`, in another directory of keys"
    )]
    DevelopmentKey(String),
    #[error(
        "{0} is the development key of an office, whose private half everybody can read: whoever \
         likes can sign as the office with it. It works in `zhenma demo` alone. Make a key of your \
         own with `zhenma key new --office`, in another directory of keys"
    )]
    DevelopmentOfficeKey(String),
}

/// Keys, register, policies and evidence across codes, renewed in place.
pub struct Live {
    pub keys: Arc<ArcSwap<Keyring>>,
    pub offices: Arc<ArcSwap<OfficeKeys>>,
    pub register: Arc<ArcSwap<Register>>,
    pub policies: Arc<ArcSwap<Policies>>,
    pub across: Arc<RwLock<Across>>,
    /// How old all of it is.
    pub fresh: Arc<Freshness>,
    dir: KeyDir,
    kind: Keys,
    seen: Vec<u8>,
    seen_offices: Vec<u8>,
    ledger: Arc<dyn LiveLedger>,
    /// On which policies and evidence were read.
    timeline: i64,
    clock: Arc<dyn Clock>,
}

/// What is followed of a ledger.
pub trait LiveLedger: RegistryLedger + MovementLedger + AcrossLedger + PolicyLedger {}

impl<T: RegistryLedger + MovementLedger + AcrossLedger + PolicyLedger> LiveLedger for T {}

impl Live {
    /// Reads all of it once.
    ///
    /// # Errors
    /// When either cannot be read, or a development key stands where it must not.
    pub async fn load(
        dir: KeyDir,
        kind: Keys,
        ledger: Arc<dyn LiveLedger>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LiveError> {
        let mut live = Self {
            keys: Arc::default(),
            offices: Arc::default(),
            register: Arc::default(),
            policies: Arc::default(),
            across: Arc::default(),
            fresh: Arc::default(),
            dir,
            kind,
            seen: Vec::new(),
            seen_offices: Vec::new(),
            ledger,
            timeline: 0,
            clock,
        };
        let begun = Instant::now();
        live.renew_keys()?;
        live.renew_offices()?;
        live.renew_register().await?;
        live.timeline = live.register.load().timeline;
        live.renew_policies(false).await?;
        live.renew_across(false).await?;
        live.fresh.renewed(begun);
        Ok(live)
    }

    fn renew_keys(&mut self) -> Result<(), LiveError> {
        let bytes = self.dir.jwks()?;
        if bytes == self.seen {
            return Ok(());
        }
        let ring = Keyring::from_jwks(&bytes)?;
        if self.kind == Keys::Production
            && let Some(number) = ring.development_keys().first()
        {
            return Err(LiveError::DevelopmentKey(number.to_string()));
        }
        self.keys.store(Arc::new(ring));
        self.seen = bytes;
        Ok(())
    }

    fn renew_offices(&mut self) -> Result<(), LiveError> {
        let bytes = self.dir.office_jwks()?;
        if bytes == self.seen_offices {
            return Ok(());
        }
        let keys = OfficeKeys::from_jwks(&bytes)?;
        if self.kind == Keys::Production
            && let Some(kid) = keys.development_keys().first()
        {
            return Err(LiveError::DevelopmentOfficeKey(kid.to_string()));
        }
        self.offices.store(Arc::new(keys));
        self.seen_offices = bytes;
        Ok(())
    }

    /// What waited for its time is booked by whoever looks first.
    async fn renew_register(&self) -> Result<(), LiveError> {
        let booked = self.ledger.book_due(self.clock.now()).await;
        // What can be read is read, whether or not anything can be written.
        renew(&*self.ledger, &self.register, self.clock.now()).await?;
        Ok(booked.map(drop)?)
    }

    async fn renew_policies(&self, anew: bool) -> Result<(), LiveError> {
        Ok(policies::renew(&*self.ledger, &self.policies, anew).await?)
    }

    async fn renew_across(&self, anew: bool) -> Result<(), LiveError> {
        if !anew {
            let since = self.across.read().unwrap_or_else(PoisonError::into_inner).revision;
            let Some(changes) = self.ledger.across_since(since).await? else { return Ok(()) };
            if changes.revision >= since {
                self.across.write().unwrap_or_else(PoisonError::into_inner).apply(changes);
                return Ok(());
            }
        }
        // The ledger went back: a standby that had not all took over, or a backup.
        let mut all = Across::default();
        self.ledger.across_since(0).await?.into_iter().for_each(|changes| all.apply(changes));
        *self.across.write().unwrap_or_else(PoisonError::into_inner) = all;
        Ok(())
    }

    /// Keeps all of it fresh until `stop`. What cannot be read leaves what was read
    /// before, as [`Freshness`] has it, and is said once until it changes.
    pub async fn keep(mut self, stop: CancellationToken) {
        let mut said = String::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            let begun = Instant::now();
            let keys = self.renew_keys().and(self.renew_offices());
            // The register tells when a standby took over; these follow at the next look.
            let timeline = self.register.load().timeline;
            let anew = timeline != self.timeline;
            let (register, policies, across) = tokio::join!(
                in_time(self.renew_register()),
                in_time(self.renew_policies(anew)),
                in_time(self.renew_across(anew)),
            );
            if policies.is_ok() && across.is_ok() {
                self.timeline = timeline;
            }
            metrics::histogram!("zhenma_store_call_seconds", "store" => "ledger", "call" => "renew")
                .record(begun.elapsed());
            if register.is_err() || policies.is_err() || across.is_err() {
                metrics::counter!("zhenma_store_errors_total", "store" => "ledger",
                    "call" => "renew", "reason" => "unavailable")
                .increment(1);
            }
            let problem = keys
                .and(register)
                .and(policies)
                .and(across)
                .err()
                .map(|e| e.to_string())
                .unwrap_or_default();
            if problem != said && !problem.is_empty() {
                tracing::error!(%problem, "keys, register, policies or evidence cannot be renewed; the last stay");
            }
            metrics::gauge!("zhenma_register_fresh").set(if problem.is_empty() { 1 } else { 0 });
            if problem.is_empty() {
                self.fresh.renewed(begun);
                #[allow(clippy::cast_precision_loss, reason = "seconds since 1970")]
                let now = self.clock.now().seconds() as f64;
                metrics::gauge!("zhenma_register_renewed_timestamp_seconds").set(now);
            } else {
                self.fresh.not_renewed();
            }
            said = problem;
        }
    }
}

async fn in_time(look: impl Future<Output = Result<(), LiveError>>) -> Result<(), LiveError> {
    let late = |_| LedgerError::Unavailable(format!("no answer within {LOOK_S_MAX} s"));
    tokio::time::timeout(Duration::from_secs(LOOK_S_MAX), look).await.map_err(late)?
}
