//! For programs and operators: published keys, health, metrics, the document
//! of this API, static files.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::http::Services;
use crate::http::address::Path;
use crate::http::client::Client;
use crate::http::problem::{Problem, ProblemDocument};
use crate::web::assets;

/// The published keys, as a JWK Set.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "operations",
    responses(
        (status = 200, body = Object, content_type = "application/jwk-set+json", description = "RFC 7517; the same bytes until a key changes"),
        (status = 304, description = "The ETag of If-None-Match still holds"),
    )
)]
pub async fn jwks(State(services): State<Arc<Services>>, headers: HeaderMap) -> Response {
    let bytes = services.scanner.keys.load().to_jwks();
    tagged(bytes, "application/jwk-set+json", "public, max-age=60, must-revalidate", &headers)
}

/// The published keys of offices, as a JWK Set of its own: they sign evidence
/// packages and kits, and no label.
#[utoipa::path(
    get,
    path = "/.well-known/office-jwks.json",
    tag = "operations",
    responses(
        (status = 200, body = Object, content_type = "application/jwk-set+json", description = "RFC 7517; the same bytes until a key changes; empty where no office has a key"),
        (status = 304, description = "The ETag of If-None-Match still holds"),
    )
)]
pub async fn office_jwks(State(services): State<Arc<Services>>, headers: HeaderMap) -> Response {
    let bytes = services.offices.load().to_jwks();
    tagged(bytes, "application/jwk-set+json", "public, max-age=60, must-revalidate", &headers)
}

/// This document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "operations",
    responses((status = 200, body = Object, description = "OpenAPI 3.1"))
)]
pub async fn openapi(Extension(document): Extension<Document>, headers: HeaderMap) -> Response {
    tagged(document.0.to_vec(), "application/json", "public, max-age=60", &headers)
}

/// The document of the whole API; an extension of the router.
#[derive(Clone)]
pub struct Document(pub Arc<[u8]>);

/// Content with its digest as ETag; 304 where the client has it already.
fn tagged(
    bytes: Vec<u8>,
    media: &'static str,
    cache: &'static str,
    request: &HeaderMap,
) -> Response {
    let digest = Sha256::digest(&bytes);
    let tag: String = digest[..12].iter().map(|b| format!("{b:02x}")).collect();
    let known = request.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    let same = known.is_some_and(|list| {
        list.split(',')
            .map(|t| t.trim().trim_start_matches("W/").trim_matches('"'))
            .any(|t| t == tag || t == "*")
    });
    let mut response = if same {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, media)], bytes).into_response()
    };
    if let Ok(value) = HeaderValue::from_str(&format!("\"{tag}\"")) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

/// The process runs.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "operations",
    responses((status = 200, body = String, content_type = "text/plain", description = "ok"))
)]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether to send requests here, and what an acknowledged scan survives.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// `ready`, `degraded` (scans are answered `cannot_confirm`: the scan store or, for
    /// longer than ten seconds, the ledger does not answer) or `stopping`.
    status: &'static str,
    /// Revision of the register held in memory.
    register_revision: i64,
    /// Whether it could be renewed last. Where it could not, the ledger does not answer:
    /// for ten seconds scans are judged by what is in memory; the consoles wait.
    register_fresh: bool,
    /// Keys known.
    keys: usize,
    scan_state: ScanStateHealth,
}

/// The store of histories.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScanStateHealth {
    reachable: bool,
    /// Nothing acknowledged can be lost by the death of a process or machine.
    durable: bool,
    /// What can be lost, in words.
    says: String,
}

/// Health in words.
///
/// An unreachable scan state makes it `degraded` and not unready: all servers have the
/// same, so a proxy that left them out would have none, and `cannot_confirm` helps a
/// buyer more than that. 503 is said by a server that stops, and by no other.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operations",
    responses(
        (status = 200, body = Readiness, description = "`ready` or `degraded`: send requests"),
        (status = 503, body = Readiness, description = "`stopping`: send requests elsewhere"),
    )
)]
pub async fn readyz(
    State(services): State<Arc<Services>>,
    Extension(client): Extension<Client>,
) -> Response {
    let scan_state = match services.probe.of(services.scanner.state.durability()).await {
        Ok(d) => ScanStateHealth { reachable: true, durable: d.is_full(), says: d.says },
        Err(says) => ScanStateHealth { reachable: false, durable: false, says },
    };
    let stopping = services.stopping.is_cancelled();
    let fresh = &services.scanner.fresh;
    let confirms = scan_state.reachable && !fresh.is_old(fresh.mark(), Instant::now());
    let mut readiness = Readiness {
        status: match (stopping, confirms) {
            (true, _) => "stopping",
            (false, true) => "ready",
            (false, false) => "degraded",
        },
        register_revision: services.scanner.register.load().revision,
        register_fresh: fresh.is_fresh(),
        keys: services.scanner.keys.load().iter().count(),
        scan_state,
    };
    if !client.is_near() {
        // How we are built is not for strangers.
        readiness.scan_state.says = String::new();
    }
    let status = if stopping { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (status, Json(readiness)).into_response()
}

/// Metrics in the Prometheus text format.
///
/// They count a business, so they are for callers on this machine or in a
/// private network.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operations",
    responses(
        (status = 200, body = String, content_type = "text/plain", description = "Prometheus text format 0.0.4"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "To callers from afar"),
    )
)]
pub async fn metrics(
    State(services): State<Arc<Services>>,
    Extension(client): Extension<Client>,
) -> Result<Response, Problem> {
    let handle = services.metrics.as_ref().filter(|_| client.is_near());
    let handle = handle.ok_or_else(Problem::not_found)?;
    Ok(text(handle))
}

/// What is measured, as Prometheus reads it.
pub fn text(metrics: &PrometheusHandle) -> Response {
    let media = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, media)], metrics.render()).into_response()
}

/// A file whose name carries the hash of its content.
#[utoipa::path(
    get,
    path = "/static/{name}",
    tag = "operations",
    params(("name" = String, Path, description = "Name with hash")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream", description = "The file"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such file"),
    )
)]
pub async fn file(Path(name): Path<String>) -> Result<Response, Problem> {
    let asset = assets::find(&name).ok_or_else(Problem::not_found)?;
    let cache = "public, max-age=31536000, immutable";
    Ok(([(header::CONTENT_TYPE, asset.media_type), (header::CACHE_CONTROL, cache)], &*asset.bytes)
        .into_response())
}

/// The icon, for browsers that ask for it by its old name.
#[utoipa::path(
    get,
    path = "/favicon.ico",
    tag = "operations",
    responses((status = 200, body = Vec<u8>, content_type = "image/svg+xml", description = "The icon"))
)]
pub async fn favicon() -> Result<Response, Problem> {
    let icon = assets::named("icon.svg").ok_or_else(Problem::not_found)?;
    let cache = "public, max-age=86400";
    Ok(([(header::CONTENT_TYPE, icon.media_type), (header::CACHE_CONTROL, cache)], &*icon.bytes)
        .into_response())
}

/// Codes are nobody's to index.
#[utoipa::path(
    get,
    path = "/robots.txt",
    tag = "operations",
    responses((status = 200, body = String, content_type = "text/plain", description = "Keeps crawlers off the codes"))
)]
pub async fn robots() -> &'static str {
    "User-agent: *\nAllow: /$\nDisallow: /\n"
}
