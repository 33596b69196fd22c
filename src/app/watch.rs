//! What nobody asks for and everybody wants to know: how stores, clock, disk and keys
//! are, as metrics. Looked at every few seconds, away from the answers.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::compose::{Parts, StartError, listen};
use crate::app::paths;
use crate::base::limits::{SCAN_LOG_ENTRIES_MAX, SCAN_STATE_WAIT_MS};
use crate::base::{Clock, Near, UnixMs};
use crate::http::catalogue::{self, Role};
use crate::http::{self, observe, ops};
use crate::keys::KeyStatus;

/// How often all of it is looked at: a scraper comes every 15 s or so.
const EVERY: Duration = Duration::from_secs(10);

/// Installs the metrics of this process. `None` where another has: tests run many
/// servers in one process.
pub fn begin(role: Role, stop: &CancellationToken) -> Option<PrometheusHandle> {
    let handle = observe::install()?;
    catalogue::announce(role);
    let version = env!("CARGO_PKG_VERSION");
    let name = match role {
        Role::Serve => "serve",
        Role::Worker => "worker",
        Role::Courier => "courier",
        Role::All => "demo",
    };
    metrics::gauge!("zhenma_build_info", "version" => version, "role" => name).set(1);
    tokio::spawn(observe::upkeep(handle.clone(), stop.clone()));
    Some(handle)
}

/// Answers `/metrics` and `/healthz` where a worker or courier is told to
/// (`ZHENMA_METRICS_LISTEN`), and nothing else.
///
/// # Errors
/// When the address cannot be used.
pub async fn answer(
    address: Option<SocketAddr>,
    metrics: Option<PrometheusHandle>,
    stop: &CancellationToken,
) -> Result<(), StartError> {
    let (Some(address), Some(metrics)) = (address, metrics) else { return Ok(()) };
    let listener: TcpListener = listen("metrics_listen", address).await?;
    tokio::spawn(http::serve(listener, machine_room(metrics), stop.clone()));
    Ok(())
}

/// Health and metrics alone, for a process that serves nobody else.
fn machine_room(metrics: PrometheusHandle) -> Router {
    async fn near(
        State(metrics): State<PrometheusHandle>,
        ConnectInfo(peer): ConnectInfo<SocketAddr>,
    ) -> Result<Response, StatusCode> {
        let near = Near::of(peer.ip()).is_some();
        if near { Ok(ops::text(&metrics)) } else { Err(StatusCode::NOT_FOUND) }
    }
    Router::new()
        .route("/metrics", get(near))
        .route("/healthz", get(ops::healthz))
        .with_state(metrics)
}

/// How far the wall clock ran from the one that is never set.
pub struct Steps {
    clock: Arc<dyn Clock>,
    wall: UnixMs,
    steady: Instant,
}

impl Steps {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { wall: clock.now(), steady: Instant::now(), clock }
    }

    fn look(&self) {
        let steady = i64::try_from(self.steady.elapsed().as_millis()).unwrap_or(i64::MAX);
        skew("start", self.clock.now().since(self.wall) - steady);
    }
}

/// Tells how far our clock is ahead of another.
#[allow(clippy::cast_precision_loss, reason = "milliseconds of a skew")]
pub fn skew(against: &'static str, ms: i64) {
    metrics::gauge!("zhenma_clock_skew_seconds", "against" => against).set(ms as f64 / 1_000.0);
}

/// What a worker or courier looks at.
pub async fn look_at_clock(steps: Steps, stop: CancellationToken) {
    loop {
        steps.look();
        if stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
            return;
        }
    }
}

/// What a server looks at.
pub async fn look(parts: Parts) {
    let steps = Steps::new(Arc::clone(&parts.clock));
    loop {
        steps.look();
        look_at_store(&parts).await;
        look_at_keys(&parts);
        let data = parts.settings.data.clone();
        // A disk that hangs must not hang more than this.
        let _ = tokio::task::spawn_blocking(move || look_at_disk(&data)).await;
        if parts.stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
            return;
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of entries and bytes")]
async fn look_at_store(parts: &Parts) {
    let state = &parts.scanner.state;
    let wait = Duration::from_millis(SCAN_STATE_WAIT_MS);
    let durability = tokio::time::timeout(wait, state.durability()).await;
    let durability = durability.ok().and_then(Result::ok);
    let reachable = metrics::gauge!("zhenma_scan_store_reachable");
    reachable.set(if durability.is_some() { 1 } else { 0 });
    // What cannot be asked is not known to be worse than it was.
    if let Some(durability) = durability {
        let synced = metrics::gauge!("zhenma_scan_store_synced");
        synced.set(if durability.synced { 1 } else { 0 });
    }
    let asked = (parts.clock.now(), Instant::now());
    let Ok(Ok(vitals)) = tokio::time::timeout(wait, state.vitals(asked.0)).await else { return };
    metrics::gauge!("zhenma_scan_log_entries").set(vitals.log_entries as f64);
    let fill = vitals.log_entries_of_one as f64 / SCAN_LOG_ENTRIES_MAX as f64;
    metrics::gauge!("zhenma_scan_log_fill_ratio").set(fill);
    let age = vitals.oldest.map_or(0, |oldest| asked.0.since(oldest).max(0));
    metrics::gauge!("zhenma_scan_unfollowed_age_seconds").set(age as f64 / 1_000.0);
    if let Some(memory) = vitals.memory {
        metrics::gauge!("zhenma_scan_store_memory_bytes").set(memory.used as f64);
        metrics::gauge!("zhenma_scan_store_memory_max_bytes").set(memory.max as f64);
    }
    if let Some(theirs) = vitals.clock {
        // Theirs was read somewhere between question and answer.
        let half = i64::try_from(asked.1.elapsed().as_millis() / 2).unwrap_or(0);
        skew("scan_store", asked.0.plus_ms(half).since(theirs));
    }
}

#[allow(clippy::cast_precision_loss, reason = "seconds since 1970")]
fn look_at_keys(parts: &Parts) {
    let keys = parts.scanner.keys.load();
    for status in [KeyStatus::Active, KeyStatus::Retired, KeyStatus::Revoked] {
        let count = keys.iter().filter(|key| key.status == status).count();
        metrics::gauge!("zhenma_keys", "status" => status.slug()).set(count as f64);
    }
    // The first to end alone: a number would name the enterprise whose key it is.
    let end = |kind: &'static str, ends: Option<i64>| {
        if let Some(ends) = ends {
            metrics::gauge!("zhenma_key_expiry_timestamp_seconds", "kind" => kind).set(ends as f64);
        }
    };
    let active = keys.iter().filter(|key| key.status == KeyStatus::Active);
    end("labels", active.filter_map(|key| key.not_after).min());
    let offices = parts.offices.load();
    let active = offices.iter().filter(|key| key.status == KeyStatus::Active);
    end("office", active.filter_map(|key| key.not_after).min());
}

#[allow(clippy::cast_precision_loss, reason = "bytes of a disk, seconds since 1970")]
fn look_at_disk(data: &PathBuf) {
    let taken = std::fs::read_to_string(paths::last_backup(data)).ok();
    let taken = taken.and_then(|text| text.trim().parse::<i64>().ok()).unwrap_or(0);
    metrics::gauge!("zhenma_backup_timestamp_seconds").set(taken as f64);
    let Ok(disk) = rustix::fs::statvfs(data) else { return };
    let bytes = |blocks: u64| blocks as f64 * disk.f_frsize as f64;
    metrics::gauge!("zhenma_data_free_bytes").set(bytes(disk.f_bavail));
    metrics::gauge!("zhenma_data_size_bytes").set(bytes(disk.f_blocks));
}
