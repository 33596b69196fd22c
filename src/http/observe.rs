//! Request ids, log lines, metrics.
//!
//! What is logged is the route's template and never the path, which is a
//! code; no address either.

use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use metrics::{Counter, Histogram, SharedString};
use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use tracing::field::Empty;

use crate::base::ids;
use crate::http::Services;
use crate::http::client::Client;

/// The id of a request; a request extension and the header `X-Request-Id`.
#[derive(Clone, Debug, Default)]
pub struct RequestId(pub String);

impl RequestId {
    /// The one that a proxy gave, where it may be believed, or a new one.
    pub fn of(services: &Services, request: &Parts, proxied: impl FnOnce() -> bool) -> Self {
        let given = request.headers.get(HEADER).and_then(|id| id.to_str().ok());
        let given = given.filter(|id| is_plain(id) && proxied());
        let new = || ids::new_id(services.clock.now()).simple().to_string();
        Self(given.map_or_else(new, str::to_owned))
    }
}

pub const HEADER: &str = "x-request-id";
const REQUEST_ID_CHARACTERS_MAX: usize = 64;

/// Buckets of what takes time, seconds. 0.3 is what nine hundred and ninety-nine of a
/// thousand scans are promised.
const BUCKETS_S: [f64; 12] =
    [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 0.5, 1.0, 2.5];
/// Buckets of what goes together, scans.
const BUCKETS_SCANS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 256.0, 1_024.0, 8_192.0];

/// A recorder with our buckets; the process installs one, a test has its own.
///
/// # Errors
/// Never with the buckets above.
pub fn recorder() -> Result<PrometheusRecorder, BuildError> {
    let builder = PrometheusBuilder::new().set_buckets(&BUCKETS_S)?;
    let batch = Matcher::Full("zhenma_scan_batch_scans".to_owned());
    Ok(builder.set_buckets_for_metric(batch, &BUCKETS_SCANS)?.build_recorder())
}

/// Installs the recorder of the process; `None` when there is one already, which
/// then stays.
pub fn install() -> Option<PrometheusHandle> {
    let recorder = recorder().ok()?;
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).ok()?;
    Some(handle)
}

/// Folds what was measured into the histograms every few seconds. Without it
/// they grow with every request until somebody scrapes.
pub async fn upkeep(handle: PrometheusHandle, stopping: CancellationToken) {
    const EVERY: Duration = Duration::from_secs(5);
    while stopping.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
        handle.run_upkeep();
    }
}

/// A request, from when it came to its answer.
pub struct Observed {
    pub id: RequestId,
    pub method: Method,
    started: Instant,
}

impl Observed {
    pub fn begin(services: &Services, request: &Parts, client: &Client) -> Self {
        Self {
            id: RequestId::of(services, request, || client.proxied),
            method: request.method.clone(),
            started: Instant::now(),
        }
    }

    /// Names the request in what was answered. Gives how long it took.
    pub fn end(&self, response: &mut Response) -> Duration {
        let took = self.started.elapsed();
        if let Ok(value) = HeaderValue::from_str(&self.id.0) {
            response.headers_mut().insert(HEADER, value);
        }
        took
    }
}

pub fn milliseconds(took: Duration) -> f64 {
    took.as_micros() as f64 / 1000.0
}

/// Counts and times an answer.
pub fn count(route: SharedString, method: &Method, status: StatusCode, took: Duration) {
    seconds(route.clone()).record(took.as_secs_f64());
    requests(route, method, status).increment(1);
}

/// From request to answer, of one route.
pub fn seconds(route: SharedString) -> Histogram {
    metrics::histogram!("zhenma_http_request_seconds", "route" => route)
}

/// Answers of one kind.
pub fn requests(route: SharedString, method: &Method, status: StatusCode) -> Counter {
    metrics::counter!("zhenma_http_requests_total", "route" => route,
        "method" => method_label(method), "status" => status.as_str().to_owned())
}

/// Finds out the client and the request id, then times, counts and logs what the rest
/// makes of it: one line a request.
pub async fn observe<F: Future<Output = Response>>(
    services: &Services,
    request: Request,
    rest: impl FnOnce(Request) -> F,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let client = Client::of(&parts, &services.trusted_proxies);
    let route = parts.extensions.get::<MatchedPath>().map_or("none", |m| m.as_str()).to_owned();
    let observed = Observed::begin(services, &parts, &client);
    // What is said of a scan that is asked for here is recorded in it.
    let span = tracing::info_span!("request", request_id = observed.id.0,
        method = %observed.method, route = &*route,
        outcome = Empty, reason = Empty, recorded = Empty, reference = Empty);
    parts.extensions.insert(client);
    parts.extensions.insert(observed.id.clone());
    let answered = rest(Request::from_parts(parts, body)).instrument(span.clone());
    let mut response = answered.await;
    let took = observed.end(&mut response);
    count(route.into(), &observed.method, response.status(), took);
    let (status, ms) = (response.status().as_u16(), milliseconds(took));
    span.in_scope(|| tracing::info!(status, ms, "answered"));
    response
}

fn is_plain(id: &str) -> bool {
    (1..=REQUEST_ID_CHARACTERS_MAX).contains(&id.len())
        && id.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c))
}

/// Methods are the client's to invent; labels are not.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "other",
    }
}
