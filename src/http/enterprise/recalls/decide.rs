//! `POST /enterprise/recalls/{id}/decide`: yes or no.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::find;
use super::show::{Beside, recall_page};
use crate::auth::{Duty, Member};
use crate::base::{FieldError, grounds};
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::recall::{RecallError, service};
use crate::web::console::Typed;
use crate::web::recall::{fault, refusal};

/// What the form sends.
#[derive(Deserialize, ToSchema)]
#[serde(default)]
#[derive(Default)]
pub struct Word {
    /// approve or reject
    decision: String,
    /// Names what the page showed.
    seen: String,
    note: String,
}

/// Approves or rejects; whoever asked may only take it back.
#[utoipa::path(
    post,
    path = "/enterprise/recalls/{id}/decide",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Id of the recall")),
    request_body(content = Word, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Done: to the page of the recall"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such recall of this enterprise"),
        (status = 409, body = String, content_type = "text/html", description = "The page, with why it was not done"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn decide(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Member>,
    Path(id): Path<String>,
    Posted(word): Posted<Word>,
) -> Result<Response, Problem> {
    let recall = find(&desk, &who, &id).await?;
    let approve = word.decision == "approve";
    let takes_back = word.decision == "reject" && recall.proposed_by == who.login;
    if !who.duties.allow(Duty::Approver) && !takes_back {
        return Err(Problem::not_your_duty());
    }
    if !approve && word.decision != "reject" {
        let remedy = "use one of the buttons of the page";
        return Err(Problem::invalid(vec![FieldError::new("decision", "is not known", remedy)]));
    }
    let note = match grounds("note", &word.note) {
        Ok(note) => note,
        Err(wrong) => {
            let note = Typed { value: word.note, error: Some(fault(&wrong, frame.lang)) };
            let beside = Beside { note, ..Beside::default() };
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return recall_page(&desk, &who, frame, recall, beside, status).await;
        }
    };
    desk.show_changes().await;
    let register = desk.scanner.register.load_full();
    let said = (approve, &*word.seen, &*note);
    match service::decide(&*desk.ledger, &register, &recall, said, &by).await {
        Ok(_) => {
            desk.show_changes().await;
            let page = format!("/enterprise/recalls/{}", recall.proposal.id);
            Ok(Redirect::to(&page).into_response())
        }
        Err(RecallError::Refused(why)) => {
            let note = Typed { value: word.note, error: None };
            let refused = Some(refusal(&why, frame.lang));
            let beside = Beside { refused, note, ..Beside::default() };
            let recall = find(&desk, &who, &id).await?;
            recall_page(&desk, &who, frame, recall, beside, StatusCode::CONFLICT).await
        }
        Err(error) => Err(error.into()),
    }
}
