//! The composition root: from settings to what serves and what works.

use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures::FutureExt;
use rustls::pki_types::CertificateDer;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_sessions::ExpiredDeletion;

use crate::app::alarms::Alarms;
use crate::app::backup;
use crate::app::config::{ConfigError, Settings};
use crate::app::evidence::{Authority, EvidencePackages};
use crate::app::follower::Follower;
use crate::app::hooks::Hooks;
use crate::app::kits::{Kits, OpenOffice};
use crate::app::leads::Leads;
use crate::app::live::{Keys, Live, LiveError};
use crate::app::old_cases::OldCases;
use crate::app::old_visits::OldVisits;
use crate::app::orders::{OpenSigner, Orders};
use crate::app::own::OwnImports;
use crate::app::packages::Packages;
use crate::app::paths;
use crate::app::retention::Retention;
use crate::app::stamps::{self, Stamps};
use crate::base::{Clock, LedgerError, UnixMs};
use crate::keys::office::OfficeKeys;
use crate::keys::{KeyDir, KeyError};
use crate::media::MediaStore;
use crate::registry::port::RegistryLedger as _;
use crate::scan::forgeries::Forgeries;
use crate::scan::hosting::Hosting;
use crate::scan::ledger::ScanLedger;
use crate::scan::place::{Locator, Nowhere};
use crate::scan::service::Scanner;
use crate::scan::tags::Tagger;
use crate::scan::{ScanState, StateError};
use crate::store::embedded::EmbeddedState;
use crate::store::geo::{GeoDatabases, hosting};
use crate::store::redis::RedisState;
use crate::store::sql::Ledger;
use crate::store::sql::sessions::Sessions;
use crate::web::map::{self, Map};

/// How often counted forgeries go to the ledger.
const FORGERIES_EVERY: Duration = Duration::from_secs(5);
/// How often sessions that are over are deleted.
const SESSIONS_EVERY: Duration = Duration::from_secs(3_600);

/// Why nothing starts, in words for whoever starts it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Live(#[from] LiveError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("geo_database: {0}")]
    Geo(String),
    #[error("hosting_networks: {0}")]
    Hosting(String),
    #[error("map: {0}")]
    Map(String),
    #[error("tsa_roots: {0}")]
    TsaRoots(String),
    #[error(
        "{setting}: {address} cannot be used ({problem}); choose another with ZHENMA_{}",
        .setting.to_uppercase()
    )]
    Listen { setting: &'static str, address: SocketAddr, problem: String },
    #[error("{0}")]
    Other(String),
}

/// Everything that a server or a worker has open.
#[derive(Clone)]
pub struct Parts {
    pub settings: Arc<Settings>,
    pub clock: Arc<dyn Clock>,
    pub ledger: Ledger,
    pub scanner: Scanner,
    /// Whether keys, register, policies and evidence could be renewed last.
    /// The published keys of offices.
    pub offices: Arc<ArcSwap<OfficeKeys>>,
    /// From which the certificate of an authority for the time must come.
    pub tsa_roots: Arc<Vec<CertificateDer<'static>>>,
    /// Of provinces, for consoles.
    pub map: Arc<Map>,
    pub stop: CancellationToken,
    /// Background work that is waited for at the end.
    pub tasks: TaskTracker,
}

/// Opens stores, keys and register, and keeps the latter two fresh until `stop`.
///
/// # Errors
/// Naming the setting or file that stands in the way.
pub async fn open(
    settings: Settings,
    kind: Keys,
    locator: Option<Arc<dyn Locator>>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> Result<Parts, StartError> {
    backup::usable(&settings).map_err(StartError::Other)?;
    let ledger = open_ledger(&settings, clock.now()).await?;
    backup::all_moved(&settings, &ledger).await?;
    let state = open_state(&settings.scan_store, &settings.data).await?;
    let locator = match locator {
        Some(locator) => locator,
        None if settings.geo_database.is_empty() => Arc::new(Nowhere),
        None => Arc::new(GeoDatabases::open(&settings.geo_database).map_err(StartError::Geo)?),
    };
    let hosting = match &settings.hosting_networks {
        Some(path) => hosting(path).map_err(StartError::Hosting)?,
        None => Hosting::default(),
    };
    let map = match &settings.map {
        Some(path) => province_map(path).map_err(StartError::Map)?,
        None => Map::cartogram(),
    };
    let tsa_roots = match &settings.tsa_roots {
        Some(path) => stamps::roots(path).map_err(StartError::TsaRoots)?,
        None => Vec::new(),
    };
    let (keys, of_live) = (KeyDir::at(&settings.keys), Arc::new(ledger.clone()));
    let live = Live::load(keys, kind, of_live, Arc::clone(&clock)).await?;
    let scanner = Scanner {
        keys: Arc::clone(&live.keys),
        register: Arc::clone(&live.register),
        state,
        tags: Tagger::new(&ledger.secret().await?),
        locator,
        hosting: Arc::new(hosting),
        hosts: settings.hosts().into(),
        forgeries: Arc::new(Forgeries::default()),
        policies: Arc::clone(&live.policies),
        across: Arc::clone(&live.across),
        signatures: Arc::default(),
        fresh: Arc::clone(&live.fresh),
        own: Arc::new(ledger.clone()),
    };
    let offices = Arc::clone(&live.offices);
    let tasks = TaskTracker::new();
    spawn(&tasks, live.keep(stop.clone()));
    Ok(Parts {
        settings: Arc::new(settings),
        clock,
        ledger,
        scanner,
        offices,
        tsa_roots: Arc::new(tsa_roots),
        map,
        stop,
        tasks,
    })
}

/// A process without some of its work would go on and not be what it says: it would hold a
/// lease and follow nothing. One in which such work panics ends, and is started again.
fn spawn(tasks: &TaskTracker, work: impl Future<Output = ()> + Send + 'static) {
    tasks.spawn(async move {
        if AssertUnwindSafe(work).catch_unwind().await.is_err() {
            tracing::error!("work beside the answers panicked: the process ends");
            std::process::abort();
        }
    });
}

/// Reads the operator's map of provinces.
///
/// # Errors
/// What is wrong with the file and what to do.
pub fn province_map(path: &Path) -> Result<Arc<Map>, String> {
    let told = |problem: String| format!("{}: {problem}", path.display());
    let bytes = std::fs::metadata(path).map_err(|e| told(e.to_string()))?.len();
    if bytes > map::FILE_BYTES_MAX {
        return Err(told(format!("is longer than {} MiB", map::FILE_BYTES_MAX >> 20)));
    }
    let text = std::fs::read_to_string(path).map_err(|e| told(e.to_string()))?;
    Map::read(&text).map(Arc::new).map_err(told)
}

/// Opens the ledger that the settings name.
///
/// # Errors
/// Of the ledger.
pub async fn open_ledger(settings: &Settings, now: UnixMs) -> Result<Ledger, LedgerError> {
    if settings.ledger == "embedded" {
        Ledger::open(&paths::ledger(&settings.data), now).await
    } else {
        // What else lies there is made within it.
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&settings.data)
            .map_err(|e| LedgerError::Unavailable(format!("{}: {e}", settings.data.display())))?;
        Ledger::connect(&settings.ledger, now).await
    }
}

/// Opens the scan state that a setting names.
///
/// # Errors
/// Of the store.
pub async fn open_state(setting: &str, data: &Path) -> Result<Arc<dyn ScanState>, StateError> {
    Ok(if setting == "embedded" {
        Arc::new(EmbeddedState::open(&paths::scans(data))?)
    } else {
        Arc::new(RedisState::open(setting).await?)
    })
}

impl Parts {
    /// Starts what every server does behind the answers.
    pub fn serve_behind(&self) {
        self.sweep_sessions();
        let (forgeries, ledger) = (Arc::clone(&self.scanner.forgeries), self.ledger.clone());
        let stop = self.stop.clone();
        self.spawn(async move {
            loop {
                tokio::select! {
                    // What is answered until then is kept at the end.
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(FORGERIES_EVERY) => {}
                }
                keep_forgeries(&forgeries, &ledger).await;
            }
        });
    }

    /// Forgets sessions that are over, now and then.
    fn sweep_sessions(&self) {
        let (sessions, stop) = (Sessions(self.ledger.clone()), self.stop.clone());
        self.spawn(async move {
            loop {
                if let Err(error) = sessions.delete_expired().await {
                    tracing::warn!(%error, "sessions that are over were not forgotten");
                }
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(SESSIONS_EVERY) => {}
                }
            }
        });
    }

    /// What makes offline kits.
    pub fn kits(&self, open: Arc<OpenOffice>) -> Kits {
        Kits {
            ledger: self.ledger.clone(),
            scanner: self.scanner.clone(),
            offices: Arc::clone(&self.offices),
            open,
            clock: Arc::clone(&self.clock),
        }
    }

    /// Starts what one worker does: following the log, running orders, building
    /// packages and kits, thinning old scans, raising alarms, gathering leads.
    pub fn work_behind(&self, signers: Arc<OpenSigner>, offices: Arc<OpenOffice>) {
        self.spawn(self.kits(Arc::clone(&offices)).work(self.stop.clone()));
        let follower = Follower::new(
            self.scanner.clone(),
            self.ledger.clone(),
            Arc::clone(&self.clock),
            self.settings.zone(),
        );
        self.spawn(follower.run(self.stop.clone()));
        let packages = Packages {
            ledger: self.ledger.clone(),
            signers: Arc::clone(&signers),
            public_url: self.settings.public_url.clone(),
            clock: Arc::clone(&self.clock),
        };
        let (data, stop) = (self.settings.data.clone(), self.stop.clone());
        self.spawn(async move { packages.work(&data, stop).await });
        let orders = Orders {
            ledger: self.ledger.clone(),
            signers,
            public_url: self.settings.public_url.clone(),
            clock: Arc::clone(&self.clock),
        };
        let (data, stop) = (self.settings.data.clone(), self.stop.clone());
        self.spawn(async move { orders.work(&data, stop).await });
        let own = OwnImports {
            ledger: self.ledger.clone(),
            clock: Arc::clone(&self.clock),
            data: self.settings.data.clone(),
        };
        let stop = self.stop.clone();
        self.spawn(async move { own.work(stop).await });
        let retention = Retention {
            ledger: self.ledger.clone(),
            clock: Arc::clone(&self.clock),
            zone: self.settings.zone(),
            days: self.settings.scan_retention_days,
            media: MediaStore::at(paths::media(&self.settings.data)),
            contact_days: self.settings.report_contact_days,
            content_days: self.settings.report_content_days,
        };
        self.spawn(retention.run(self.stop.clone()));
        let old_visits = OldVisits {
            ledger: self.ledger.clone(),
            clock: Arc::clone(&self.clock),
            media: MediaStore::at(paths::media(&self.settings.data)),
        };
        self.spawn(old_visits.run(self.stop.clone()));
        let old_cases = OldCases {
            ledger: self.ledger.clone(),
            clock: Arc::clone(&self.clock),
            data: self.settings.data.clone(),
            years: self.settings.case_years,
        };
        self.spawn(old_cases.run(self.stop.clone()));
        let clock = Arc::clone(&self.clock);
        let alarms = Alarms::new(self.ledger.clone(), self.scanner.clone(), clock);
        self.spawn(alarms.run(self.stop.clone()));
        self.spawn(self.evidence(offices).work(self.stop.clone()));
        let clock = Arc::clone(&self.clock);
        let leads = Leads::new(self.ledger.clone(), self.scanner.clone(), clock);
        self.spawn(leads.run(self.stop.clone()));
    }

    /// What builds packages of evidence.
    fn evidence(&self, offices: Arc<OpenOffice>) -> EvidencePackages {
        let settings = &self.settings;
        EvidencePackages {
            ledger: self.ledger.clone(),
            scanner: self.scanner.clone(),
            media: MediaStore::at(paths::media(&settings.data)),
            offices,
            published: Arc::clone(&self.offices),
            authority: settings
                .tsa_url
                .clone()
                .map(|url| Authority { url, roots: self.tsa_roots.as_ref().clone() }),
            zone: settings.zone(),
            clock: Arc::clone(&self.clock),
            data: settings.data.clone(),
        }
    }

    /// Starts what a courier does: delivering webhooks, asking for the time.
    pub fn deliver_behind(&self) {
        let allowed = self.settings.webhook_allow.clone().into();
        let hooks = Hooks::new(self.ledger.clone(), Arc::clone(&self.clock), allowed);
        self.spawn(hooks.work(self.stop.clone()));
        // The settings were checked when they were read.
        if let Ok(Some(url)) = self.settings.tsa() {
            let (ledger, clock) = (self.ledger.clone(), Arc::clone(&self.clock));
            self.spawn(Stamps { ledger, clock, url }.work(self.stop.clone()));
        }
    }

    /// Does `work` beside what is answered.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        spawn(&self.tasks, work);
    }

    /// Waits until all background work has ended, and closes the ledger.
    pub async fn end(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        keep_forgeries(&self.scanner.forgeries, &self.ledger).await;
        self.ledger.close().await;
    }

    /// Says in the log what an acknowledged scan survives.
    pub async fn say_durability(&self) {
        match self.scanner.state.durability().await {
            Ok(d) if d.is_full() => tracing::info!(durability = %d.says, "scan store"),
            Ok(d) => tracing::warn!(durability = %d.says, "scan store"),
            Err(error) => tracing::warn!(%error, "scan store: answers will be cannot_confirm"),
        }
    }
}

async fn keep_forgeries(forgeries: &Forgeries, ledger: &Ledger) {
    let seen = forgeries.take();
    if let Err(error) = ledger.add_forgeries(&seen).await {
        tracing::warn!(%error, lost = seen.len(), "counts of forgeries were lost");
    }
}

/// # Errors
/// When the address is taken or not ours; names it.
pub async fn listen(setting: &'static str, address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| StartError::Listen {
        setting,
        address,
        problem: error.to_string(),
    })
}

/// Completes when the process is told to end (SIGTERM, SIGINT).
pub async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[ignore = "ends its process: it is run by the next one"]
    async fn panics_beside_the_answers() {
        let tasks = TaskTracker::new();
        spawn(&tasks, async { panic!("of a test") });
        tasks.close();
        tasks.wait().await;
    }

    #[test]
    fn a_process_whose_work_panics_ends() {
        use std::os::unix::process::ExitStatusExt;
        let this = std::env::current_exe().expect("a program");
        let name = "app::compose::tests::panics_beside_the_answers";
        let ran = std::process::Command::new(this).args(["--ignored", "--exact", name]).output();
        let ran = ran.expect("runs");
        assert_eq!(ran.status.signal(), Some(6), "{}", String::from_utf8_lossy(&ran.stdout));
    }
}
