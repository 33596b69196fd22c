//! `POST /enterprise/recalls/{id}/close`: no more goods are waited for.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::find;
use super::show::{Beside, recall_page};
use crate::auth::duty::{Acting, Withdrawing};
use crate::base::grounds;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::recall::RecallError;
use crate::web::recall::{fault, refusal};

/// What the form sends.
#[derive(Deserialize, ToSchema)]
pub struct Conclusion {
    #[serde(default)]
    note: String,
}

/// Closes a recall; its labels stay off sale.
#[utoipa::path(
    post,
    path = "/enterprise/recalls/{id}/close",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Id of the recall")),
    request_body(content = Conclusion, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Closed: to the page of the recall"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such recall of this enterprise"),
        (status = 409, body = String, content_type = "text/html", description = "The page, with why it was not done"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn close(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Withdrawing>>,
    Path(id): Path<String>,
    Posted(conclusion): Posted<Conclusion>,
) -> Result<Response, Problem> {
    let recall = find(&desk, &who, &id).await?;
    let (said, status) = match grounds("note", &conclusion.note) {
        Err(wrong) => (fault(&wrong, frame.lang), StatusCode::UNPROCESSABLE_ENTITY),
        Ok(note) => match desk.ledger.close_recall(recall.proposal.id, &note, &by).await {
            Ok(recall) => {
                let page = format!("/enterprise/recalls/{}", recall.proposal.id);
                return Ok(Redirect::to(&page).into_response());
            }
            Err(RecallError::Refused(why)) => (refusal(&why, frame.lang), StatusCode::CONFLICT),
            Err(error) => return Err(error.into()),
        },
    };
    let beside = Beside { refused: Some(said), ..Beside::default() };
    recall_page(&desk, &who, frame, recall, beside, status).await
}
