//! Makes offline kits for officers' phones.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::base::{Clock, LedgerError};
use crate::keys::office::{OfficeKeys, OfficeKid, OfficeSigner};
use crate::keys::{KeyDir, KeyError, KeyNumber, KeyStatus, jws};
use crate::kit::{KitLedger, manifest, service};
use crate::scan::service::Scanner;
use crate::store::sql::Ledger;

/// How often a kit may be made.
const EVERY: Duration = Duration::from_secs(60);

/// Opens the private key of an office.
pub type OpenOffice = dyn Fn(OfficeKid) -> Result<OfficeSigner, KeyError> + Send + Sync;

/// Opens keys of offices from their files.
pub fn offices_of(
    keys: KeyDir,
    passphrase: Zeroizing<String>,
    clock: Arc<dyn Clock>,
) -> Arc<OpenOffice> {
    Arc::new(move |kid| keys.office_signer(kid, &passphrase, clock.now()))
}

#[derive(Debug, thiserror::Error)]
pub enum KitError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(
        "key {0} is not the key that was published under this number before; `zhenma doctor` says \
         what to do"
    )]
    Exchanged(KeyNumber),
    #[error("no office has a key: make one with `zhenma key new --office NAME`")]
    NoOffice,
}

/// What makes kits.
#[derive(Clone)]
pub struct Kits {
    pub ledger: Ledger,
    pub scanner: Scanner,
    /// The published keys of offices.
    pub offices: Arc<ArcSwap<OfficeKeys>>,
    pub open: Arc<OpenOffice>,
    pub clock: Arc<dyn Clock>,
}

impl Kits {
    /// Makes kits until `stop`. What stands in the way is said once until it changes.
    pub async fn work(self, stop: CancellationToken) {
        let mut said = String::new();
        loop {
            let problem = match self.make().await {
                Ok(made) => {
                    if let Some(version) = made {
                        tracing::info!(version, "kit: made");
                    }
                    String::new()
                }
                Err(error) => error.to_string(),
            };
            if problem != said && !problem.is_empty() {
                tracing::warn!(%problem, "kit: not made; phones lock when theirs is too old");
            }
            said = problem;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Makes the next kit where one is due; gives its version.
    ///
    /// # Errors
    /// When no office has a key, the key or the ledger cannot be used, or a published
    /// key was exchanged: a kit with the other one would hide that.
    pub async fn make(&self) -> Result<Option<i64>, KitError> {
        let newest = |keys: &OfficeKeys| {
            keys.iter().filter(|key| key.status == KeyStatus::Active).map(|key| key.kid).max()
        };
        let kid = newest(&self.offices.load()).ok_or(KitError::NoOffice)?;
        let (register, keys) = (self.scanner.register.load_full(), self.scanner.keys.load_full());
        let now = self.clock.now();
        let hosts = &self.scanner.hosts;
        let Some(draft) = service::next(&self.ledger, &register, &keys, hosts, now).await? else {
            return Ok(None);
        };
        // Phones would refuse what was sold, as the servers do now.
        if let Some(number) = self.ledger.exchanged_keys(&keys).await?.first() {
            return Err(KitError::Exchanged(*number));
        }
        let signer = (self.open)(kid)?;
        let payload = serde_json::to_vec(&draft.manifest).expect("texts and numbers only");
        let jws = jws::sign(&signer, manifest::TYPE, &payload);
        self.ledger.put_kit(&draft.manifest, &jws, now, &draft.parts).await?;
        Ok(Some(draft.manifest.version))
    }
}
