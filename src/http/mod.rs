//! The one HTTP surface: routes, negotiation, bounds, problems. Handlers find
//! out who asks, call one service and render what it says.
//!
//! [`router`] puts the flat lists of routes together: `public` here, those of
//! the consoles and the enterprise API in their folders. All share the bounds,
//! the problems and the document.

pub mod access;
pub mod account;
pub mod address;
pub mod api;
pub mod bodies;
pub mod bounds;
pub mod browser;
pub mod catalogue;
pub mod client;
pub mod console;
pub mod consumer;
pub mod county;
pub mod desk;
pub mod document;
pub mod enterprise;
mod evidence;
pub mod exports;
pub mod figures;
pub mod handoff;
pub mod join;
pub mod json;
mod kept;
pub mod labels_file;
mod lists;
pub mod media;
pub mod negotiate;
pub mod observe;
pub mod officer;
pub mod ops;
pub mod orders;
pub mod overview;
pub mod own;
pub mod pack;
pub mod people;
pub mod printer;
mod probe;
pub mod problem;
mod provinces;
pub mod rate;
mod report_case;
pub mod serve;
pub mod services;
mod session;
pub mod sign_in;
mod sign_ins;
pub mod trace;
mod trace_lines;
mod turns;
pub mod upload;
pub mod webhooks;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_sessions::SessionStore;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, Info, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::base::limits::{
    BODY_BYTES_MAX, BUYERS_REQUESTS_IN_WORK_MAX, FIELD_PHOTO_S_MAX, FIELD_PHOTOS_IN_WORK_MAX,
    IMPORT_S_MAX, IMPORTS_IN_WORK_MAX, OWN_FILE_S_MAX, OWN_FILES_IN_WORK_MAX, REPORT_S_MAX,
    REPORTS_IN_WORK_MAX, REQUEST_S_MAX, STAFF_REQUESTS_IN_WORK_MAX,
};
use crate::http::desk::Desk;
use crate::http::problem::Problem;

pub use access::Doorkeeper;
pub use serve::{serve, serve_unread};
pub use services::{Identify, Services, Site};

/// What buyers and operators use.
fn public() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::with_openapi(about())
        .routes(routes!(consumer::home::home))
        .routes(routes!(consumer::proof::proof))
        .routes(routes!(consumer::proof::proof_in_small_letters))
        .routes(routes!(consumer::check::check))
        .routes(routes!(ops::jwks))
        .routes(routes!(ops::office_jwks))
        .routes(routes!(ops::openapi))
        .routes(routes!(ops::file))
        .routes(routes!(ops::favicon))
        .routes(routes!(ops::robots))
}

/// Scans: no layer is around them, see [`consumer::direct`].
fn scans() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new()
        .routes(routes!(consumer::page::compact))
        .routes(routes!(consumer::page::gs1))
        .routes(routes!(consumer::page::gs1_unsigned))
        .routes(routes!(consumer::page::own))
        .routes(routes!(consumer::scans::scan))
}

/// Asked by machines that must hear even when there is too much to do.
fn health() -> OpenApiRouter<Arc<Services>> {
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
    let mut key = Http::new(HttpAuthScheme::Bearer);
    key.description = Some("An API key, made by `zhenma user key`.".to_owned());
    let components =
        ComponentsBuilder::new().security_scheme("key", SecurityScheme::Http(key)).build();
    OpenApiBuilder::new().info(info).components(Some(components)).build()
}

/// What surrounds every request. One layer, since axum boxes each one and the
/// rest behind it anew for every request.
async fn surround(State(services): State<Arc<Services>>, request: Request, next: Next) -> Response {
    let answered = observe::observe(&services, request, |request| problem::render(request, next));
    let mut response = answered.await;
    bounds::protect(&services, response.headers_mut());
    response
}

/// What people and programs use who sign in.
pub struct Staff {
    consoles: OpenApiRouter,
    api: OpenApiRouter,
    imports: OpenApiRouter,
    lists: OpenApiRouter,
    photos: OpenApiRouter,
    buyers: OpenApiRouter,
    reports: OpenApiRouter,
}

impl Staff {
    /// `sessions` keeps the sessions of the consoles.
    pub fn new(desk: Desk, sessions: impl SessionStore + Clone) -> Self {
        Self {
            buyers: consumer::report::routes(desk.clone()),
            reports: consumer::report::uploads(desk.clone()),
            consoles: console::router(desk.clone(), sessions.clone()),
            api: api::router(desk.clone()),
            imports: api::imports(desk.clone())
                .merge(console::uploads(desk.clone(), sessions.clone())),
            photos: console::photos(desk.clone(), sessions.clone()),
            lists: api::lists(desk.clone()).merge(console::lists(desk, sessions)),
        }
    }
}

/// The whole surface; without `staff`, what buyers use.
pub fn router(services: Services, staff: Option<Staff>) -> Router {
    // Every layer is copied for every request.
    let services = Arc::new(services);
    let within = |places: bounds::Places| {
        ServiceBuilder::new()
            .layer(from_fn_with_state(places, bounds::bound))
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
    };
    let bounds = |requests, seconds| within(bounds::Places::new(requests, seconds));
    let packed = public().fallback(consumer::page::otherwise).layer(from_fn(pack::pack));
    let mut bounded =
        packed.with_state(Arc::clone(&services)).layer(within(services.places.clone()));
    if let Some(Staff { consoles, api, imports, lists, photos, buyers, reports }) = staff {
        let staff = consoles.layer(from_fn(pack::pack)).merge(api);
        bounded = bounded
            .merge(staff.layer(bounds(STAFF_REQUESTS_IN_WORK_MAX, REQUEST_S_MAX)))
            .merge(
                photos.layer(bounds(FIELD_PHOTOS_IN_WORK_MAX, FIELD_PHOTO_S_MAX + REQUEST_S_MAX)),
            )
            .merge(
                buyers
                    .layer(from_fn(pack::pack))
                    .layer(bounds(BUYERS_REQUESTS_IN_WORK_MAX, REQUEST_S_MAX)),
            )
            .merge(reports.layer(bounds(REPORTS_IN_WORK_MAX, REPORT_S_MAX)))
            .merge(imports.layer(bounds(IMPORTS_IN_WORK_MAX, IMPORT_S_MAX)))
            .merge(lists.layer(bounds(OWN_FILES_IN_WORK_MAX, OWN_FILE_S_MAX + REQUEST_S_MAX)));
    }
    let all = bounded.merge(health().with_state(Arc::clone(&services)));
    let (scans, of_scans) = scans().with_state(Arc::clone(&services)).split_for_parts();
    let (router, mut document) = all.split_for_parts();
    document.merge(of_scans);
    let document = document::published(document).to_pretty_json().unwrap_or_default().into_bytes();
    let surrounded = router.method_not_allowed_fallback(not_allowed).layer(
        ServiceBuilder::new()
            .layer(from_fn_with_state(Arc::clone(&services), surround))
            .layer(CatchPanicLayer::custom(|panic| bounds::panicked(panic).into_response()))
            .layer(Extension(ops::Document(document.into()))),
    );
    let of_scans = from_fn_with_state(services, surround);
    surrounded.merge(scans.method_not_allowed_fallback(not_allowed.layer(of_scans)))
}

async fn not_allowed() -> Problem {
    Problem::method_not_allowed()
}
