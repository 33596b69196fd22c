//! `GET /reports/{number}`: what became of a report, for whoever has its number.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{doors, media, page};
use crate::http::address::{Path, Query, Unread};
use crate::http::client::Client;
use crate::http::consumer::page::in_language;
use crate::http::desk::Desk;
use crate::http::negotiate;
use crate::http::problem::{Problem, ProblemDocument};
use crate::reports::Number;
use crate::web::report::{AskReport, ReportState};

#[derive(Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    number: String,
}

/// The form for the number of a report.
#[utoipa::path(
    get,
    path = "/reports",
    tag = "consumer",
    params(
        ("number" = Option<String>, Query, description = "What was typed"),
        ("lang" = Option<String>, Query, description = "zh or en, before Accept-Language"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "The form"),
        (status = 303, description = "To the page of the report"),
    )
)]
pub async fn ask(
    State(desk): State<Desk>,
    parts: Parts,
    typed: Result<Query<Typed>, Unread>,
) -> Result<Response, Problem> {
    media(&desk)?;
    let typed = typed.map_or_else(|_| Typed::default(), |Query(typed)| typed).number;
    let lang = negotiate::lang(&parts.uri, &parts.headers);
    if let Some(number) = Number::parse(&typed) {
        let path = format!("/reports/{}?lang={}", number.plain(), lang.tag());
        return Ok(Redirect::to(&path).into_response());
    }
    let form = AskReport { lang, unknown: !typed.is_empty() };
    page(&form, lang, StatusCode::OK)
}

/// How far a report has come. Nothing that its reporter said stands there.
#[utoipa::path(
    get,
    path = "/reports/{number}",
    tag = "consumer",
    params(
        ("number" = String, Path, description = "12 characters"),
        ("lang" = Option<String>, Query, description = "zh or en, before Accept-Language"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is no such report"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Too many looks from this network"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    Extension(client): Extension<Client>,
    Path(number): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    media(&desk)?;
    doors(&desk).look(client.address)?;
    let number = Number::parse(&number).ok_or_else(Problem::not_found)?;
    let report = desk.ledger.report_numbered(&number).await?.ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "没有找到这个举报编号，请逐字核对：12个字符，只有字母A到Z和数字2到7。",
            "There is no report of this number. Compare each character: 12 of them, letters A to \
             Z and digits 2 to 7.",
        )
    })?;
    let lang = negotiate::lang(&parts.uri, &parts.headers);
    let other_language = in_language(&parts.uri, lang.other());
    let state = ReportState::new(&report, lang, &desk.zone, other_language);
    page(&state, lang, StatusCode::OK)
}
