//! `/privacy`: what is kept of buyers, and all that is held about the device that
//! asks (PIPL, article 45). By its own cookie, so that nobody sees another's.

use axum::Extension;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::{device_tag, doors, media, page};
use crate::code::Payload;
use crate::http::client::Client;
use crate::http::consumer::page::in_language;
use crate::http::desk::Desk;
use crate::http::negotiate;
use crate::http::problem::{Problem, ProblemDocument};
use crate::reports::Report;
use crate::reports::port::{Held, HeldScan};
use crate::web::report::HeldPage;

/// All that is held about one device.
#[derive(Serialize, ToSchema)]
pub struct HeldAbout {
    /// RFC 3339.
    #[schema(format = DateTime)]
    asked_at: String,
    /// Newest first.
    scans: Vec<HeldScanRecord>,
    /// There are more scans than the thousand that are told.
    more_scans: bool,
    reports: Vec<HeldReport>,
    /// How the device counts across labels; null where it does not.
    across: Option<HeldAcross>,
    /// What this list cannot have, and why.
    besides: &'static str,
}

#[derive(Serialize, ToSchema)]
pub struct HeldScanRecord {
    /// Of the label, without its signature.
    serial: String,
    #[schema(format = DateTime)]
    at: String,
    /// GB/T 2260, four digits; 0 where it is not known.
    region: u16,
    /// As it was given by a tap, on a grid of some hundred metres.
    lat: Option<f64>,
    lon: Option<f64>,
    channel: String,
}

#[derive(Serialize, ToSchema)]
pub struct HeldReport {
    number: String,
    #[schema(format = DateTime)]
    received_at: String,
    state: &'static str,
    wrong: Vec<&'static str>,
    note: String,
    shop: String,
    place: String,
    photos: usize,
    /// Whether a way to tell the reporter is kept, sealed.
    contact: bool,
}

#[derive(Serialize, ToSchema)]
pub struct HeldAcross {
    labels: u64,
    days: u64,
}

const BESIDES: &str = "The history of each label that this device scanned holds the same keyed hash \
    with its last 64 scans at most, since the next answer is made of them. Scans older than the \
    time of retention were thinned and cannot be told to be this device's. Reports whose time is \
    over neither.";

impl HeldAbout {
    fn of(held: Held, at: String) -> Self {
        Self {
            asked_at: at,
            scans: held.scans.into_iter().map(HeldScanRecord::of).collect(),
            more_scans: held.more,
            reports: held.reports.into_iter().map(HeldReport::of).collect(),
            across: held.across.map(|(labels, days)| HeldAcross { labels, days }),
            besides: BESIDES,
        }
    }
}

impl HeldScanRecord {
    fn of(scan: HeldScan) -> Self {
        let serial = Payload::from_bytes(scan.payload).map(Payload::serial_text);
        Self {
            serial: serial.unwrap_or_default(),
            at: scan.at.rfc3339(),
            region: scan.place.0,
            lat: scan.precise.map(|(lat, _)| lat),
            lon: scan.precise.map(|(_, lon)| lon),
            channel: scan.channel,
        }
    }
}

impl HeldReport {
    fn of(report: Report) -> Self {
        Self {
            number: report.number.to_string(),
            received_at: report.received_at.rfc3339(),
            state: report.state().slug(),
            wrong: report.wrong.iter().map(|wrong| wrong.slug()).collect(),
            note: report.note,
            shop: report.shop,
            place: report.place,
            photos: report.photos.len(),
            contact: report.has_contact,
        }
    }
}

/// What is kept of buyers, in words.
#[utoipa::path(
    get,
    path = "/privacy",
    tag = "consumer",
    params(("lang" = Option<String>, Query, description = "zh or en, before Accept-Language")),
    responses((status = 200, body = String, content_type = "text/html", description = "A page"))
)]
pub async fn about(State(desk): State<Desk>, parts: Parts) -> Result<Response, Problem> {
    media(&desk)?;
    let lang = negotiate::lang(&parts.uri, &parts.headers);
    let known = device_tag(&desk, &parts.headers).is_some();
    let other_language = in_language(&parts.uri, lang.other());
    page(&HeldPage { lang, known, other_language }, lang, StatusCode::OK)
}

/// All that is held about the device whose cookie comes along; of no other.
#[utoipa::path(
    post,
    path = "/privacy/export",
    tag = "consumer",
    responses(
        (status = 200, body = HeldAbout, description = "All of it"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "The browser has no mark of ours"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Too many from this network"),
    )
)]
pub async fn export(
    State(desk): State<Desk>,
    Extension(client): Extension<Client>,
    parts: Parts,
) -> Result<Response, Problem> {
    media(&desk)?;
    doors(&desk).export(client.address)?;
    let device = device_tag(&desk, &parts.headers).ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_FOUND,
            "no_mark",
            "本浏览器没有标识，系统中没有可以与它对应的记录。",
            "This browser has no mark of ours; nothing that is held can be told to be about it.",
        )
    })?;
    let held = desk.ledger.held_about(device).await?;
    let told = HeldAbout::of(held, desk.clock.now().rfc3339());
    let body = serde_json::to_vec_pretty(&told).map_err(|_| Problem::broken())?;
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let name = HeaderValue::from_static("attachment; filename=\"zhenma-device.json\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}
