//! `serve`, `worker`, `courier` and `demo` as processes: start, serve, stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::app::compose::{self, Parts, StartError, listen, told_to_stop};
use crate::app::config::Settings;
use crate::app::demo;
use crate::app::hooks::Hooks;
use crate::app::kits::offices_of;
use crate::app::live::Keys;
use crate::app::orders::{OpenSigner, signers_of};
use crate::app::paths;
use crate::app::stamps::Stamps;
use crate::app::watch;
use crate::auth::mail::Mailer;
use crate::base::{Clock, Lang, clock::SystemClock};
use crate::http::catalogue::Role;
use crate::http::desk::Desk;
use crate::http::{self, Doorkeeper, Services, Site, Staff};
use crate::keys::office::development_signer;
use crate::keys::{KeyDir, KeyError, KeyStatus, Signer, development};
use crate::label::svg;
use crate::media::MediaStore;
use crate::registry::Bilingual;
use crate::store::sql::Ledger;
use crate::store::sql::lease::{Lease, Work};
use crate::store::sql::sessions::Sessions;
use crate::web::home::Sample;
use crate::web::text::{Text, legend};

/// Micrometres a module of a symbol on the landing page.
const SHOWN_MODULE_UM: f32 = 700.0;

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

impl Parts {
    /// What the HTTP surface works with.
    pub fn services(&self, samples: Vec<Sample>, metrics: Option<PrometheusHandle>) -> Services {
        let site = Site { public_url: self.settings.public_url.clone() };
        let mut services = Services::new(
            self.scanner.clone(),
            Arc::clone(&self.clock),
            self.settings.zone(),
            site,
        );
        services.evidence = Some(paths::all_evidence(&self.settings.data));
        services.offices = Arc::clone(&self.offices);
        services.trusted_proxies = self.settings.trusted_proxies.clone().into();
        services.webhook_allowed = self.settings.webhook_allow.clone().into();
        services.map = Arc::clone(&self.map);
        services.stopping = self.stop.clone();
        services.uploads = Some(paths::own(&self.settings.data));
        services.media = Some(MediaStore::at(paths::media(&self.settings.data)));
        services.samples = samples.into();
        // The settings were checked when they were read.
        services.mailer =
            self.settings.mailer().ok().flatten().map(|relay| Arc::new(relay) as Arc<dyn Mailer>);
        services.identify = Arc::new(Doorkeeper {
            sessions: Sessions(self.ledger.clone()),
            ledger: Arc::new(self.ledger.clone()),
            clock: Arc::clone(&self.clock),
        });
        services.metrics = metrics;
        services
    }

    /// Serves until told to stop, answers what is in work, ends the rest.
    async fn serve(
        self,
        listener: tokio::net::TcpListener,
        samples: Vec<Sample>,
        metrics: Option<PrometheusHandle>,
    ) -> Result<(), StartError> {
        self.serve_behind();
        self.spawn(watch::look(self.clone()));
        let services = self.services(samples, metrics);
        let desk = Desk::new(services.clone(), Arc::new(self.ledger.clone()));
        let staff = Staff::new(desk, Sessions(self.ledger.clone()));
        let router = http::router(services, Some(staff));
        let stop = self.stop.clone();
        let serving = tokio::spawn(http::serve(listener, router, stop.clone()));
        tokio::select! {
            () = told_to_stop() => tracing::info!("told to stop: answering what is in work"),
            () = stop.cancelled() => {}
        }
        stop.cancel();
        let _ = serving.await;
        self.end().await;
        Ok(())
    }
}

/// `zhenma serve`: answers scans and consoles with public keys alone.
///
/// # Errors
/// Naming what stands in the way of starting.
pub async fn serve(settings: Settings) -> Result<(), StartError> {
    let listener = listen("listen", settings.listen).await?;
    let address = local(&listener, settings.listen);
    let stop = CancellationToken::new();
    let metrics = watch::begin(Role::Serve, &stop);
    let parts = compose::open(settings, Keys::Production, None, clock(), stop).await?;
    parts.say_durability().await;
    println!("ready http://{address}");
    parts.serve(listener, Vec::new(), metrics).await
}

fn local(listener: &tokio::net::TcpListener, asked: SocketAddr) -> SocketAddr {
    listener.local_addr().unwrap_or(asked)
}

/// `zhenma worker`: signs, follows the log of scans, runs orders.
///
/// # Errors
/// Naming what stands in the way of starting.
pub async fn worker(settings: Settings, passphrase: Zeroizing<String>) -> Result<(), StartError> {
    let keys = KeyDir::at(&settings.keys);
    // An order must not be the one to find out that the passphrase is wrong.
    for key in keys.keyring()?.iter().filter(|key| key.status == KeyStatus::Active) {
        if keys.private_file(key.number).exists() {
            keys.signer(key.number, &passphrase, SystemClock.now())?;
        } else {
            tracing::warn!(key = %key.number, "its file is not here: orders under it fail");
        }
    }
    for key in keys.office_keys()?.iter().filter(|key| key.status == KeyStatus::Active) {
        if keys.office_file(key.kid).exists() {
            keys.office_signer(key.kid, &passphrase, SystemClock.now())?;
        } else {
            tracing::warn!(key = %key.kid, "its file is not here: nothing is sealed with it");
        }
    }
    let (stop, mut first) = (told(), true);
    let metrics = watch::begin(Role::Worker, &stop);
    watch::answer(settings.metrics_listen, metrics, &stop).await?;
    tokio::spawn(watch::look_at_clock(watch::Steps::new(clock()), stop.clone()));
    loop {
        let turn_ends = stop.child_token();
        let opened =
            compose::open(settings.clone(), Keys::Production, None, clock(), turn_ends).await;
        let mut parts = match opened {
            Ok(parts) => parts,
            Err(error) if first => return Err(error),
            Err(error) => {
                if pause(&error, &stop).await {
                    continue;
                }
                return Ok(());
            }
        };
        if std::mem::take(&mut first) {
            parts.say_durability().await;
            println!("ready");
        }
        let Some(mut lease) = turn(&parts.ledger, Work::Worker, &stop).await else {
            parts.end().await;
            return Ok(());
        };
        parts.ledger = parts.ledger.under(&lease);
        let offices = offices_of(keys.clone(), passphrase.clone(), clock());
        parts.work_behind(signers_of(keys.clone(), passphrase.clone(), clock()), offices);
        let lost = is_lost(&mut lease, Work::Worker, &stop).await;
        parts.end().await;
        if !lost {
            return Ok(());
        }
    }
}

/// `zhenma courier`: delivers webhooks and asks for the time. It alone calls out, and so it has neither
/// keys nor passphrase, nor a port.
///
/// # Errors
/// Naming what stands in the way of starting.
pub async fn courier(settings: Settings) -> Result<(), StartError> {
    let (stop, mut first) = (told(), true);
    let metrics = watch::begin(Role::Courier, &stop);
    watch::answer(settings.metrics_listen, metrics, &stop).await?;
    tokio::spawn(watch::look_at_clock(watch::Steps::new(clock()), stop.clone()));
    loop {
        let ledger = match compose::open_ledger(&settings, clock().now()).await {
            Ok(ledger) => ledger,
            Err(error) if first => return Err(error.into()),
            Err(error) => {
                if pause(&error.into(), &stop).await {
                    continue;
                }
                return Ok(());
            }
        };
        if std::mem::take(&mut first) {
            println!("ready");
        }
        let Some(mut lease) = turn(&ledger, Work::Courier, &stop).await else {
            ledger.close().await;
            return Ok(());
        };
        let (ledger, turn) = (ledger.under(&lease), CancellationToken::new());
        // The settings were checked when they were read.
        let stamps = settings.tsa().ok().flatten().map(|url| {
            let stamps = Stamps { ledger: ledger.clone(), clock: clock(), url };
            tokio::spawn(stamps.work(turn.clone()))
        });
        let hooks = Hooks::new(ledger.clone(), clock(), settings.webhook_allow.clone().into());
        let working = tokio::spawn(hooks.work(turn.clone()));
        let lost = is_lost(&mut lease, Work::Courier, &stop).await;
        turn.cancel();
        let _ = working.await;
        if let Some(stamps) = stamps {
            let _ = stamps.await;
        }
        ledger.close().await;
        if !lost {
            return Ok(());
        }
    }
}

/// How often a process that waits for its turn asks.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// Is cancelled when the process is told to end. One listener from the beginning: a
/// signal that comes between two would be lost.
fn told() -> CancellationToken {
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        told_to_stop().await;
        told.cancel();
    });
    stop
}

/// Waits until nobody else does this work; None when told to stop before.
async fn turn(ledger: &Ledger, work: Work, stop: &CancellationToken) -> Option<Lease> {
    let mut told = false;
    let asking = async {
        loop {
            match ledger.take_work(work, clock().now()).await {
                Ok(Some(lease)) => {
                    tracing::info!(work = work.name(), "working");
                    return lease;
                }
                Ok(None) if told => {}
                Ok(None) => {
                    told = true;
                    tracing::info!(work = work.name(), "another process works; waiting for it");
                }
                Err(error) => tracing::warn!(%error, work = work.name(), "no turn was had"),
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    };
    tokio::select! {
        lease = asking => Some(lease),
        () = stop.cancelled() => None,
    }
}

/// Waits for the end of a turn: true when the work may be another's, false when told
/// to stop.
async fn is_lost(lease: &mut Lease, work: Work, stop: &CancellationToken) -> bool {
    tokio::select! {
        () = lease.lost() => {
            tracing::warn!(work = work.name(), "the connection that held the work is gone");
            true
        }
        () = stop.cancelled() => false,
    }
}

/// Between two tries to open what was there before; false when told to stop.
async fn pause(error: &StartError, stop: &CancellationToken) -> bool {
    tracing::warn!(%error, "not open again yet");
    tokio::select! {
        () = tokio::time::sleep(ASK_EVERY) => true,
        () = stop.cancelled() => false,
    }
}

/// `zhenma demo`: all of it in one process, on sample brands.
///
/// # Errors
/// Naming what stands in the way of starting.
pub async fn demo(dir: PathBuf, address: SocketAddr) -> Result<(), StartError> {
    if address.ip().is_unspecified() {
        return Err(StartError::Other(format!(
            "listen: {address} is no address that a phone can open, and it stands in the labels; \
             give this machine's own, such as --listen 192.168.1.20:8080"
        )));
    }
    let listener = listen("listen", address).await.map_err(|error| match error {
        // Its settings are its own: no variable is read.
        StartError::Listen { problem, .. } => StartError::Other(format!(
            "listen: {address} cannot be used ({problem}); choose another with --listen"
        )),
        error => error,
    })?;
    let address = local(&listener, address);
    let settings = demo::settings(&dir, address);
    demo::publish_keys(&settings, SystemClock.now())?;
    let places = Arc::new(demo::people::MadeUpPlaces);
    let stop = CancellationToken::new();
    let metrics = watch::begin(Role::All, &stop);
    let parts = compose::open(settings, Keys::Development, Some(places), clock(), stop).await?;
    if !demo::is_seeded(&parts.settings) {
        println!(
            "making three brands, their batches and a few thousand scans in {} ...",
            dir.display()
        );
        demo::seed(&parts).await?;
    }
    let sheet = demo::write_sheet(&parts).await?;
    let signers: Arc<OpenSigner> = Arc::new(|number| {
        development::signer(number.get())
            .map(|signer| Arc::new(signer) as Arc<dyn Signer>)
            .ok_or_else(|| KeyError::File(format!("key {number} is not a development key")))
    });
    parts.work_behind(signers, Arc::new(|_| Ok(development_signer())));
    parts.deliver_behind();
    let samples = tell(&parts, &sheet, address).await?;
    println!("ready http://{address}");
    parts.serve(listener, samples, metrics).await
}

/// Prints the tour and gives the landing page its samples.
async fn tell(
    parts: &Parts,
    sheet: &std::path::Path,
    address: SocketAddr,
) -> Result<Vec<Sample>, StartError> {
    let mut shown = Vec::new();
    println!("\nA label for each kind of answer (open it, or scan it from http://{address}/):\n");
    for sample in demo::samples(parts).await? {
        let outcome = sample.outcome.slug();
        println!("  {outcome:<15} {} / {}", sample.note.zh, sample.note.en);
        println!("                  http://{address}{}", sample.path);
        shown.push(Sample {
            title: sample.note,
            note: both(legend(sample.outcome)),
            path: sample.path,
            symbol_svg: svg(&sample.symbol, SHOWN_MODULE_UM),
        });
    }
    println!("\nA sheet of labels to print: {}", sheet.display());
    if address.ip().is_loopback() {
        println!("To scan with a phone: --listen with this machine's address in its network");
    }
    if let Some(told) = demo::pick_up(&parts.settings.data) {
        println!("A package for the printing house, at http://{address}/printer/ in a moment:");
        println!("  number {}  code {}", told.number, told.code);
        println!("  it opens with: age -d -i {} FILE | tar -x", told.key.display());
    }
    println!("Consoles, password {}:", demo::PASSWORD);
    for (login, name, role, ..) in demo::PEOPLE {
        let path = match role {
            "officer" => "/officer/",
            "administrator" => "/county/",
            _ => "/enterprise/",
        };
        println!("  {login:<14} {name}  http://{address}{path}");
    }
    println!();
    Ok(shown)
}

fn both(text: Text) -> Bilingual {
    Bilingual { zh: text.of(Lang::Zh).to_owned(), en: text.of(Lang::En).to_owned() }
}

/// Runs one of the above on a runtime of its own.
///
/// # Errors
/// Those of `work`, and when no runtime can be made.
pub fn block_on<T>(work: impl Future<Output = Result<T, StartError>>) -> Result<T, StartError> {
    raise_descriptors();
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| StartError::Other(e.to_string()))?
        .block_on(work)
}

/// Connections are descriptors, and the usual soft limit of 1 024 is far below
/// `CONNECTIONS_MAX`; the hard one is the operator's word.
fn raise_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "the limit of open files was not raised");
    }
}
