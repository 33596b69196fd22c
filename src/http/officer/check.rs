//! `/officer/check`: checks on the spot, with a phone, without network too.

use std::sync::LazyLock;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use sha2::{Digest, Sha256};

use crate::auth::Officer;
use crate::auth::office::{Serving, Working};
use crate::http::access::AtConsole;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::kept;
use crate::http::problem::Problem;
use crate::web::assets::CHECK_WORKER;
use crate::web::check::CheckPage;
use crate::web::console::Frame;

/// Beside what such pages may: a worker, and a manifest for whoever installs it.
static POLICY: LazyLock<HeaderValue> =
    LazyLock::new(|| kept::policy("; worker-src 'self'; manifest-src 'self'"));

/// It may look through the camera, and ask where it is when the officer taps.
const PERMISSIONS: HeaderValue =
    HeaderValue::from_static("camera=(self), geolocation=(self), microphone=(), payment=()");

/// Bytes of an account's hash that tell its own records on a shared phone.
const ACCOUNT_BYTES: usize = 8;

/// The page on the spot.
#[utoipa::path(
    get,
    path = "/officer/check",
    tag = "officer console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Serving<Working>>,
) -> Result<Response, Problem> {
    let region = region_of(&desk, &who).await?;
    check_page(frame, who.login.clone(), region)
}

/// GB/T 2260 of the officer's office; 0: anywhere.
pub(super) async fn region_of(desk: &Desk, who: &Officer) -> Result<u16, Problem> {
    let offices = desk.ledger.offices().await?;
    Ok(offices.iter().find(|office| office.id == who.office).map_or(0, |office| office.region))
}

/// `login`: whose page it is; nobody's in the copy that a phone keeps.
fn check_page(f: Frame, login: String, region: u16) -> Result<Response, Problem> {
    let lang = f.lang;
    let account = if login.is_empty() { String::new() } else { account(&login) };
    let mut response = page(&CheckPage::new(f, login, account, region), lang, StatusCode::OK)?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    headers.insert(HeaderName::from_static("permissions-policy"), PERMISSIONS);
    Ok(response)
}

/// Tells one account's records from another's on a phone that two share.
fn account(login: &str) -> String {
    let digest = Sha256::digest(login.as_bytes());
    digest[..ACCOUNT_BYTES].iter().map(|b| format!("{b:02x}")).collect()
}

/// The same page without anybody's name, as the service worker keeps it for a
/// time without network.
#[utoipa::path(
    get,
    path = "/officer/check/shell",
    tag = "officer console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn shell(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Serving<Working>>,
) -> Result<Response, Problem> {
    let region = region_of(&desk, &who).await?;
    check_page(kept::nobodys(frame, "/officer/check"), String::new(), region)
}

/// Where signing out leads. The service worker of the page on the spot, where
/// there is one, hears of it here and removes itself with all that it kept.
#[utoipa::path(
    get,
    path = "/officer/check/left",
    tag = "officer console",
    responses((status = 303, description = "To the form for signing in"))
)]
pub async fn left() -> Redirect {
    Redirect::to("/officer/sign-in")
}

/// The service worker of the page on the spot.
#[utoipa::path(
    get,
    path = "/officer/check-worker.js",
    tag = "officer console",
    responses((status = 200, body = String, content_type = "text/javascript", description = "A script"))
)]
pub async fn worker() -> impl IntoResponse {
    kept::worker(CHECK_WORKER.as_str())
}
