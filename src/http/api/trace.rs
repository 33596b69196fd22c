//! `/api/v1/trace`: scans of lines, events in and out.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::Refused;
use crate::auth::duty::{Acting, OnLine};
use crate::auth::{Duties, Member};
use crate::base::FieldError;
use crate::http::access::ByKey;
use crate::http::address::{Query, Unread};
use crate::http::bodies;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::trace::{self, Answers, Asked, DOCUMENT_WAIT, SCANS_BYTES_MAX, Scans};
use crate::registry::Uscc;
use crate::trace::capture::DOCUMENT_BYTES_MAX;
use crate::trace::{Hands, service};

/// The enterprise of a member.
pub(super) fn own(who: &Member) -> Result<Uscc, Problem> {
    Uscc::parse(&who.enterprise).map_err(|_| Problem::broken())
}

/// Scans of a packing line: bottles then the case, or the case first. Each is
/// answered; what was answered is not done twice, however often it is sent.
#[utoipa::path(
    post,
    path = "/api/v1/trace/captures",
    tag = "traceability",
    security(("key" = [])),
    request_body = Scans,
    responses(
        (status = 200, body = Answers, description = "Every scan is answered, refusals too"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 256 KiB"),
        Refused,
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "No scan was taken; names what is wrong"),
    )
)]
pub async fn scan(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Acting<OnLine>>,
    request: Request,
) -> Result<Json<Answers>, Problem> {
    let body = bodies::whole(request.into_body(), SCANS_BYTES_MAX).await?;
    Ok(Json(trace::take(&desk, &own(&who)?, &body, &by).await?))
}

/// What became of a document.
#[derive(Serialize, ToSchema)]
pub struct Captured {
    /// In the order of the document.
    events: Vec<CapturedEvent>,
}

/// What became of one event.
#[derive(Serialize, ToSchema)]
pub struct CapturedEvent {
    #[serde(rename = "eventID")]
    event_id: String,
    /// False: the very same was kept before.
    new: bool,
}

/// Whether these duties reach the work of these hands.
fn may(duties: Duties, hands: Hands) -> bool {
    duties.allow(crate::web::trace::duty(hands))
}

/// Keeps an EPCIS 2.0 document: all of its events, or none. An event with
/// `errorDeclaration` takes back the one with its eventID.
#[utoipa::path(
    post,
    path = "/api/v1/trace/events",
    tag = "traceability",
    security(("key" = [])),
    request_body(content = Object, content_type = "application/json", description = "EPCISDocument, schemaVersion 2.0, at most 1000 events"),
    responses(
        (status = 200, body = Captured, description = "All are kept"),
        (status = 408, body = ProblemDocument, content_type = "application/problem+json", description = "The document came too slowly"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 4 MiB"),
        Refused,
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "None is kept; names the first that cannot be, and why"),
    )
)]
pub async fn capture(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Member>,
    request: Request,
) -> Result<Json<Captured>, Problem> {
    let duties = who.duties;
    if ![Hands::Line, Hands::Quality, Hands::Sales].into_iter().any(|hands| may(duties, hands)) {
        return Err(Problem::not_your_duty());
    }
    let own = own(&who)?;
    let body = bodies::within(DOCUMENT_WAIT, request.into_body(), DOCUMENT_BYTES_MAX).await?;
    let register = desk.scanner.register.load_full();
    let with = trace::recording(&desk, &own, &register);
    let kept =
        service::capture(&*desk.ledger, with, &body, |hands| may(duties, hands), &by).await?;
    let kept = kept.map_err(|refused| trace::refused(&refused))?;
    desk.show_changes().await;
    let events = kept.into_iter().map(|r| CapturedEvent { event_id: r.id, new: r.new }).collect();
    Ok(Json(Captured { events }))
}

/// Events of the enterprise as an EPCIS 2.0 document, in the order in which
/// they were kept.
#[utoipa::path(
    get,
    path = "/api/v1/trace/events",
    tag = "traceability",
    security(("key" = [])),
    params(
        ("batch" = Option<String>, Query, description = "KEY-BATCH"),
        ("act" = Option<String>, Query, description = "packed, shipped, inspected ..."),
        ("from" = Option<String>, Query, description = "First day, 2026-11-27"),
        ("until" = Option<String>, Query, description = "Last day"),
    ),
    responses(
        (status = 200, body = Object, content_type = "application/ld+json", description = "EPCISDocument"),
        Refused,
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names what is wrong"),
    )
)]
pub async fn export(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Member>,
    asked: Result<Query<Asked>, Unread>,
) -> Result<Response, Problem> {
    let Query(asked) = asked
        .map_err(|e| Problem::invalid(vec![FieldError::new("query", e.0, "see /openapi.json")]))?;
    let filter = asked.filter(&desk.zone).map_err(|fault| Problem::invalid(vec![fault]))?;
    trace::exported(&desk, own(&who)?, filter, &by).await
}
