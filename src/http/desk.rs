//! What consoles and the enterprise API work with, beside the services that
//! every handler has.

use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::auth::port::{AccountLedger, TrailLedger};
use crate::cases::CaseLedger;
use crate::http::Services;
use crate::http::rate::Keyed;
use crate::overview::OverviewLedger;
use crate::recall::port::RecallLedger;
use crate::registry::movement::port::MovementLedger;
use crate::registry::port::{OrderLedger, RegistryLedger};
use crate::registry::service::renew;
use crate::scan::ledger::ScanLedger;
use crate::scan::policies::{self, PolicyLedger};
use crate::scan::tags::Network;

/// Every port of the ledger.
pub trait DeskLedger:
    RegistryLedger
    + MovementLedger
    + OrderLedger
    + ScanLedger
    + CaseLedger
    + AccountLedger
    + TrailLedger
    + PolicyLedger
    + RecallLedger
    + OverviewLedger
{
}

impl<T> DeskLedger for T where
    T: RegistryLedger
        + MovementLedger
        + OrderLedger
        + ScanLedger
        + CaseLedger
        + AccountLedger
        + TrailLedger
        + PolicyLedger
        + RecallLedger
        + OverviewLedger
{
}

#[derive(Clone)]
pub struct Desk {
    pub services: Arc<Services>,
    pub ledger: Arc<dyn DeskLedger>,
    pub(super) sign_ins: Arc<SignIns>,
}

impl Desk {
    pub fn new(services: Services, ledger: Arc<dyn DeskLedger>) -> Self {
        Self { services: Arc::new(services), ledger, sign_ins: Arc::default() }
    }
}

impl Desk {
    /// The day that it is where the installation stands.
    pub(super) fn today(&self) -> jiff::civil::Date {
        let now = jiff::Timestamp::from_millisecond(self.clock.now().0).unwrap_or_default();
        now.to_zoned_datetime(self.zone.clone()).date()
    }

    /// Makes what was just written show on the page that follows. Where it
    /// cannot, register and policies are renewed a moment later all the same.
    pub(super) async fn show_changes(&self) {
        if let Err(error) = renew(&*self.ledger, &self.scanner.register).await {
            tracing::warn!(%error, "the register was not renewed at once");
        }
        if let Err(error) = policies::renew(&*self.ledger, &self.scanner.policies).await {
            tracing::warn!(%error, "the policies were not renewed at once");
        }
    }
}

impl Deref for Desk {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.services
    }
}

/// Tries to sign in, slowed down: by login and network together, so that
/// nobody can lock an owner out from elsewhere.
pub(super) struct SignIns {
    tries: Keyed<(Option<Network>, String)>,
    /// Whatever the login: made-up ones must not keep the processors busy.
    networks: Keyed<Option<Network>>,
    /// Passwords that are hashed at once: each takes 19 MiB and a core.
    pub(super) hashing: Semaphore,
}

const TRIES_PER_MINUTE: NonZeroU32 = NonZeroU32::new(10).expect("not zero");
const NETWORK_TRIES_PER_MINUTE: NonZeroU32 = NonZeroU32::new(60).expect("not zero");
const HASHING_MAX: usize = 2;

impl Default for SignIns {
    fn default() -> Self {
        Self {
            tries: Keyed::new(TRIES_PER_MINUTE),
            networks: Keyed::new(NETWORK_TRIES_PER_MINUTE),
            hashing: Semaphore::new(HASHING_MAX),
        }
    }
}

impl SignIns {
    /// Counts one try.
    ///
    /// # Errors
    /// Seconds after which to try again.
    pub(super) fn check(&self, network: Option<Network>, login: &str) -> Result<(), u64> {
        self.tries.check(&(network, login.to_owned()))?;
        self.networks.check(&network)
    }
}
