//! `POST /officer/cases/{id}/decide`: a second person on a closing; a legal hold.

use axum::extract::State;
use axum::response::Response;

use super::typed::TypedEntry;
use super::{answer, find, seen};
use crate::auth::office::{Advising, Serving};
use crate::base::{FieldError, LedgerError};
use crate::cases::fact::{Fact, Outcome};
use crate::cases::port::FileLedger;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};

/// Closes a case as was proposed, sends it back, holds it or lifts the hold.
#[utoipa::path(
    post,
    path = "/officer/cases/{id}/decide",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "Id of the case")),
    request_body(content = TypedEntry, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Decided: to the page of the case"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such case of this office"),
        (status = 409, body = String, content_type = "text/html", description = "The page, with why it was not done: own proposals above all"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn decide(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Serving<Advising>>,
    Path(id): Path<String>,
    Posted(typed): Posted<TypedEntry>,
) -> Result<Response, Problem> {
    let file = find(&desk, &who, &id).await?;
    let done = match fact(&typed) {
        Ok(fact) => {
            FileLedger::append(&*desk.ledger, &seen(&desk, &file, &typed.seq), &[fact], &by).await
        }
        Err(fault) => Err(LedgerError::Invalid(vec![fault]).into()),
    };
    let mut kept = typed.kept();
    let of_hold = matches!(typed.kind.as_str(), "hold" | "release");
    kept.form = if of_hold { "hold" } else { "decide" }.to_owned();
    answer(&desk, &who, frame, (file.id, kept), done).await
}

fn fact(typed: &TypedEntry) -> Result<Fact, FieldError> {
    let grounds = typed.grounds.trim().to_owned();
    let unknown = |field| FieldError::new(field, "is not known", "open the page anew");
    Ok(match typed.kind.as_str() {
        "closed" => {
            let outcome = Outcome::from_slug(&typed.outcome).ok_or_else(|| unknown("outcome"))?;
            Fact::Closed { outcome, grounds }
        }
        "sent_back" => Fact::SentBack { grounds },
        "hold" => Fact::Hold { on: true, grounds },
        "release" => Fact::Hold { on: false, grounds },
        _ => return Err(unknown("kind")),
    })
}
