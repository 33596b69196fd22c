//! The one HTTP surface: routes, negotiation, bounds, problems. Handlers find
//! out who asks, call one service and render what it says.
//!
//! [`router`] is the flat list of routes. Consoles and the enterprise API
//! bring theirs as an [`OpenApiRouter`] with its own state; all share the
//! bounds, the problems and the document.

pub mod bounds;
pub mod client;
pub mod consumer;
pub mod negotiate;
pub mod observe;
pub mod ops;
pub mod problem;
pub mod rate;
pub mod serve;
pub mod services;

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Router};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use utoipa::openapi::{Info, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::base::limits::BODY_BYTES_MAX;
use crate::http::problem::Problem;

pub use serve::serve;
pub use services::{Identify, Services, SignedIn, Site};

/// What buyers and operators use.
fn public() -> OpenApiRouter<Services> {
    OpenApiRouter::with_openapi(about())
        .routes(routes!(consumer::home::home))
        .routes(routes!(consumer::page::compact))
        .routes(routes!(consumer::page::gs1))
        .routes(routes!(consumer::check::check))
        .routes(routes!(consumer::scans::scan))
        .routes(routes!(ops::jwks))
        .routes(routes!(ops::openapi))
        .routes(routes!(ops::file))
        .routes(routes!(ops::favicon))
        .routes(routes!(ops::robots))
}

/// Asked by machines that must hear even when there is too much to do.
fn health() -> OpenApiRouter<Services> {
    OpenApiRouter::new()
        .routes(routes!(ops::healthz))
        .routes(routes!(ops::readyz))
        .routes(routes!(ops::metrics))
}

fn about() -> OpenApi {
    let mut info = Info::new("zhenma", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "Asks what is known of a signed label. Answers speak of the label, never of what is in \
         the package. Problems are RFC 9457 documents; every response has X-Request-Id."
            .to_owned(),
    );
    OpenApiBuilder::new().info(info).build()
}

/// The whole surface. `others` are the consoles and the enterprise API, with
/// their state already given.
pub fn router(services: Services, others: OpenApiRouter) -> Router {
    let compressed = public().fallback(consumer::page::otherwise).layer(CompressionLayer::new());
    let bounded = compressed
        .with_state(services.clone())
        .merge(others)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(bounds::Places::default(), bounds::bound));
    let all = bounded.merge(health().with_state(services.clone()));
    let (router, document) = all.split_for_parts();
    let document = document.to_pretty_json().unwrap_or_default().into_bytes();
    router
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(Extension(ops::Document(document.into())))
        .layer(CatchPanicLayer::custom(bounds::panicked))
        .layer(from_fn(problem::render))
        .layer(from_fn_with_state(services.clone(), bounds::protect))
        .layer(from_fn_with_state(services, observe::observe))
}
