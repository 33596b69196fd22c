//! What officers do with a report.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::reports::{find, is_theirs, looked, sealed_view, shown};
use crate::auth::Officer;
use crate::auth::office::{Serving, Working};
use crate::base::FieldError;
use crate::cases::port::Sight;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::desk::Desk;
use crate::http::media;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::report_case::{Target, link};
use crate::reports::{ClosedAs, Report};
use crate::web::buyers_reports::ContactView;
use crate::web::console::Typed;

fn to_page(id: Uuid) -> Response {
    Redirect::to(&format!("/officer/reports/{id}")).into_response()
}

/// A report whose words are for this office.
async fn own(desk: &Desk, who: &Officer, id: Uuid) -> Result<Report, Problem> {
    let report = find(desk, id).await?;
    if is_theirs(desk, who, &report).await? { Ok(report) } else { Err(Problem::nothing()) }
}

/// Says that somebody looks into a report.
#[utoipa::path(
    post,
    path = "/officer/reports/{id}/look",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "UUID")),
    responses(
        (status = 303, description = "To the page of the report"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not this seat's"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is no such report"),
    )
)]
pub async fn look(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Serving<Working>>,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    own(&desk, &who, id).await?;
    desk.ledger.look_at_report(id, &by).await?;
    Ok(to_page(id))
}

#[derive(Deserialize, ToSchema)]
pub struct Into {
    /// UUID of a case of the office, or `new`.
    case: String,
}

/// Makes a report part of a case of the office.
#[utoipa::path(
    post,
    path = "/officer/reports/{id}/case",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "UUID")),
    request_body(content = Into, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of the report"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not this seat's"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is no such report"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "It is part of another case, or closed"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn case(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Serving<Working>>,
    Path(id): Path<Uuid>,
    Posted(into): Posted<Into>,
) -> Result<Response, Problem> {
    let report = find(&desk, id).await?;
    let target = match into.case.as_str() {
        "new" => Some(Target::New),
        other => other.parse().ok().map(Target::Known),
    };
    let own = match target {
        Some(Target::Known(case)) => {
            matches!(desk.ledger.case_file(who.office, case).await, Ok(Sight::Own(_)))
        }
        Some(Target::New) => true,
        None => false,
    };
    let Some(target) = target.filter(|_| own) else {
        let error = frame.t("请选择本单位办理中的案件", "Choose an open case of your office.");
        let asked = Typed { value: into.case, error: Some(error.to_owned()) };
        let contact = sealed_view(&report, &who, &frame);
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return shown(&desk, &who, frame, &report, contact, (asked, status)).await;
    };
    link(&desk, &report, target, who.office, &by).await?;
    Ok(to_page(id))
}

#[derive(Deserialize, ToSchema)]
pub struct Closing {
    /// handled, no_grounds, passed_on or repeated
    #[serde(rename = "as")]
    how: String,
}

/// Closes a report that is part of no case.
#[utoipa::path(
    post,
    path = "/officer/reports/{id}/close",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "UUID")),
    request_body(content = Closing, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of the report"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not this seat's"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is no such report"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "It is part of a case, or closed"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "No such way to close it"),
    )
)]
pub async fn close(
    State(desk): State<Desk>,
    AtConsole { by, .. }: AtConsole<Serving<Working>>,
    Path(id): Path<Uuid>,
    Posted(closing): Posted<Closing>,
) -> Result<Response, Problem> {
    let how = ClosedAs::from_slug(&closing.how).ok_or_else(|| {
        let known = ClosedAs::ALL.map(ClosedAs::slug).join(", ");
        let fault = FieldError::new("as", "is not known", format!("write one of {known}"));
        Problem::invalid(vec![fault])
    })?;
    desk.ledger.close_report(id, how, &by).await?;
    Ok(to_page(id))
}

/// Keeps that the reporter was told.
#[utoipa::path(
    post,
    path = "/officer/reports/{id}/told",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "UUID")),
    responses(
        (status = 303, description = "To the page of the report"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not this seat's"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is no such report"),
    )
)]
pub async fn told(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Serving<Working>>,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    own(&desk, &who, id).await?;
    desk.ledger.tell_reporter(id, &by).await?;
    Ok(to_page(id))
}

/// Opens how to reach the reporter, for a case that the office has. The trail
/// tells of it before it is shown.
#[utoipa::path(
    post,
    path = "/officer/reports/{id}/contact",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "UUID")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "The page, with it"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not this seat's"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is no such report, nothing was left, or it is part of no case of this office"),
    )
)]
pub async fn contact(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Serving<Working>>,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let report = own(&desk, &who, id).await?;
    let sealed = desk.ledger.open_contact(id, &by).await?.ok_or_else(Problem::nothing)?;
    let opened = desk.seals.open_contact(id, &sealed);
    let opened = opened.ok_or_else(|| {
        tracing::error!("a sealed contact does not open");
        Problem::broken()
    })?;
    let view = ContactView::Open(opened.text().to_owned());
    shown(&desk, &who, frame, &report, view, (Typed::default(), StatusCode::OK)).await
}

/// A photo of a report, as it was made here of what was sent.
#[utoipa::path(
    get,
    path = "/officer/reports/{id}/photos/{position}",
    tag = "officer console",
    params(
        ("id" = Uuid, Path, description = "UUID"),
        ("position" = usize, Path, description = "From 1"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "image/jpeg", description = "The picture"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is no such photo"),
    )
)]
pub async fn photo(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Officer>,
    Path((id, position)): Path<(Uuid, usize)>,
) -> Result<Response, Problem> {
    let report = own(&desk, &who, id).await?;
    let hash = position.checked_sub(1).and_then(|n| report.photos.get(n));
    let picture = media::picture(&desk, hash.ok_or_else(Problem::nothing)?).await?;
    looked(&desk, &report, ("report.photo", json!({"photo": position})), &by).await?;
    Ok(picture)
}
