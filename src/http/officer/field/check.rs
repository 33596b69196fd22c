//! `POST /officer/field/check`: the answer to a scan on the spot, with what a buyer
//! does not see.

use axum::Extension;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::look::named;
use crate::auth::Officer;
use crate::auth::office::{Serving, Working};
use crate::base::Lang;
use crate::base::limits::SCAN_BODY_BYTES_MAX;
use crate::code::{Layer, Payload};
use crate::handoff::secret::grouped;
use crate::http::access::AtPhone;
use crate::http::client::Client;
use crate::http::consumer::answer::{PlaceView, ScanAnswer};
use crate::http::consumer::ask::{Head, Wish, ask};
use crate::http::consumer::scans::Location;
use crate::http::consumer::visit::Caller;
use crate::http::desk::Desk;
use crate::http::json::Object;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::{bodies, json, negotiate};
use crate::registry::Placement;
use crate::scan::{Channel, Observation, Place};

/// Scans that are told one by one.
const LATEST_MAX: u32 = 10;

/// A label in an officer's hand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpotCheck {
    /// As scanned or typed.
    code: String,
    /// The same id again is the same scan.
    #[serde(default)]
    scan_id: Option<Uuid>,
    #[serde(default)]
    #[schema(value_type = Option<Location>)]
    location: Option<Object<Location>>,
}

/// The answer to a scan, and what is for officers alone.
#[derive(Serialize, ToSchema)]
pub struct SpotAnswer<'a> {
    #[serde(flatten)]
    answer: ScanAnswer<'a>,
    officer: ForOfficers,
}

/// What a buyer does not see.
#[derive(Serialize, ToSchema)]
pub struct ForOfficers {
    /// Probability that the code was copied, 0 to 1.
    risk: f64,
    flag: Option<FlagView>,
    /// A label that was never meant to be printed on goods.
    planted: bool,
    /// The print package that the label stood in, and who had it.
    leak: Option<String>,
    batch: Option<BatchFactsView>,
    /// Where the goods were meant to be sold; null for anywhere.
    destination: Option<PlaceView>,
    scans: ScansView,
    /// Open leads that the label is in.
    leads: Vec<String>,
    /// Numbers of the office's cases that the label is in.
    cases: Vec<String>,
}

/// A flag of the label.
#[derive(Serialize, ToSchema)]
pub struct FlagView {
    /// open or decided
    state: &'static str,
    reasons: Vec<FlagReason>,
}

/// Why it was raised.
#[derive(Serialize, ToSchema)]
pub struct FlagReason {
    code: String,
    zh: String,
    en: String,
}

/// The batch, for whoever holds goods of it.
#[derive(Serialize, ToSchema)]
pub struct BatchFactsView {
    id: String,
    /// Running number of the label in it.
    number: u64,
    count: u64,
    dealer: String,
}

/// Scans of the label.
#[derive(Serialize, ToSchema)]
pub struct ScansView {
    count: u64,
    /// Latest first.
    latest: Vec<ScanView>,
}

/// One scan.
#[derive(Serialize, ToSchema)]
pub struct ScanView {
    /// RFC 3339.
    at: String,
    place: Option<PlaceView>,
    /// consumer, retail, officer or factory
    #[schema(value_type = String)]
    channel: Channel,
}

/// Checks a label on the spot. The scan is an officer's: it stands in the history
/// and accuses nobody.
#[utoipa::path(
    post,
    path = "/officer/field/check",
    tag = "officer console",
    request_body = SpotCheck,
    responses(
        (status = 200, body = SpotAnswer<'static>, description = "An outcome for any text"),
        (status = 401, body = ProblemDocument, content_type = "application/problem+json", description = "Nobody is signed in"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not for this seat"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "JSON of another shape; names the member"),
    )
)]
pub async fn check(
    State(desk): State<Desk>,
    AtPhone { who, .. }: AtPhone<Serving<Working>>,
    Extension(client): Extension<Client>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let body = bodies::whole(request.into_body(), SCAN_BODY_BYTES_MAX).await?;
    let SpotCheck { code, scan_id, location } = json::read(&body)?;
    let head = Head { method: &method, headers: &headers, client: &client };
    let named = named(&desk, &code).await;
    let payload = named.payload();
    let (at, lang) = (desk.clock.now(), negotiate::lang(&uri, &headers));
    let caller = Caller { headers: &headers, client: &client, payload, scan_id, device: None, at };
    let visit = desk.visits.of_post(&caller);
    let location = location.map(|Object(l)| (l.lat, l.lon, l.accuracy_m));
    let wish = Wish { lang, at, location, channel: Some(Channel::Officer), record: true };
    let asked = ask(&desk, head, named, visit, wish).await;
    let issued = payload.filter(|_| asked.answer.item.is_some());
    let mut officer = for_officers(&desk, &who, issued, lang).await?;
    officer.risk = asked.answer.verdict.risk;
    officer.scans.count = asked.answer.scans.map_or(0, |scans| scans.count);
    Ok(Json(SpotAnswer { answer: ScanAnswer::new(&asked, &desk), officer }).into_response())
}

/// What the ledger knows of a label that was issued; of any other, nothing.
async fn for_officers(
    desk: &Desk,
    who: &Officer,
    payload: Option<Payload>,
    lang: Lang,
) -> Result<ForOfficers, Problem> {
    let mut told = ForOfficers {
        risk: 0.0,
        flag: None,
        planted: false,
        leak: None,
        batch: None,
        destination: None,
        scans: ScansView { count: 0, latest: Vec::new() },
        leads: Vec::new(),
        cases: Vec::new(),
    };
    let Some(payload) = payload else { return Ok(told) };
    let placed = desk.scanner.register.load().place(&payload);
    let Placement::Issued { facts, number, .. } = placed else { return Ok(told) };
    let bytes = payload.to_bytes();
    let batch = &facts.batch;
    told.batch = Some(BatchFactsView {
        id: batch.id.to_string(),
        number,
        count: batch.count,
        dealer: batch.dealer.clone(),
    });
    told.destination = PlaceView::new(Place(batch.destination), lang);
    told.leads = desk.ledger.leads_of(&bytes).await?.iter().map(Uuid::to_string).collect();
    told.flag = desk.ledger.flag_of(&bytes).await?.map(|flag| FlagView {
        state: flag.state.slug(),
        reasons: flag
            .reasons
            .into_iter()
            .map(|r| FlagReason { code: r.code, zh: r.zh, en: r.en })
            .collect(),
    });
    let on_goods = matches!(payload.layer, Layer::Outer | Layer::Inner);
    let planting = if on_goods { desk.ledger.planting(batch.id, number).await? } else { None };
    if let Some(planting) = planting {
        told.planted = planting.planted;
        let package = grouped(&planting.package_number);
        told.leak = Some(format!("{package} · {}", planting.house));
    }
    let scans = desk.ledger.scans_of(&bytes, LATEST_MAX).await?;
    told.scans.latest = scans.iter().rev().map(|seen| scan_view(seen, lang)).collect();
    let cases = desk.ledger.cases_of(who.office, &bytes).await?;
    told.cases = cases.into_iter().map(|case| case.number).collect();
    Ok(told)
}

fn scan_view(seen: &Observation, lang: Lang) -> ScanView {
    ScanView {
        at: seen.at.rfc3339(),
        place: PlaceView::new(seen.place, lang),
        channel: seen.channel,
    }
}
