//! `POST /officer/codes/{serial}/decide`: what an officer finds of a label.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::code::{Filled, code_page, find};
use crate::auth::office::{Serving, Working};
use crate::base::{GROUNDS_CHARACTERS_MAX, ids};
use crate::cases::DecisionRecord;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::Decision;
use crate::web::console::Typed;

/// A decision and its grounds.
#[derive(Deserialize, ToSchema)]
pub struct Found {
    /// copied, genuine or cannot_tell
    #[serde(default)]
    decision: String,
    #[serde(default)]
    note: String,
}

/// Keeps a decision. The next scan of the label respects it.
#[utoipa::path(
    post,
    path = "/officer/codes/{serial}/decide",
    tag = "officer console",
    params(("serial" = String, Path, description = "20 characters")),
    request_body(content = Found, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of the label"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such label was issued"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn decide(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Serving<Working>>,
    Path(serial): Path<String>,
    Posted(found): Posted<Found>,
) -> Result<Response, Problem> {
    let label = find(&desk, &serial)?;
    let note = found.note.trim();
    let error = if note.is_empty() {
        frame.t("请写明依据", "say on what grounds")
    } else if note.chars().count() > GROUNDS_CHARACTERS_MAX {
        frame.t("依据最多1000个字", "at most 1000 characters are kept")
    } else if Decision::from_slug(&found.decision).is_none() {
        frame.t("请用下面三个按钮之一", "use one of the three buttons")
    } else {
        ""
    };
    let (Some(decision), true) = (Decision::from_slug(&found.decision), error.is_empty()) else {
        let note = Typed { value: found.note.clone(), error: Some(error.to_owned()) };
        let filled = Filled { note, ..Filled::default() };
        return code_page(&desk, (frame, &who), label, filled, StatusCode::UNPROCESSABLE_ENTITY)
            .await;
    };
    let record = DecisionRecord {
        id: ids::new_id(by.at),
        payload: label.payload.to_bytes(),
        decision,
        note: note.to_owned(),
        decided_by: who.login.clone(),
        decided_at: by.at,
    };
    desk.ledger.decide(&record, &by).await?;
    desk.show_changes().await;
    let path = format!("/officer/codes/{}", label.payload.serial_text());
    Ok(Redirect::to(&path).into_response())
}
