//! `POST /officer/cases/{id}/supervise`: what the head of an office decides.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::typed::{TypedEntry, ruling, uuid};
use super::{answer, find, seen};
use crate::auth::office::{Serving, Supervising};
use crate::base::{By, FieldError, LedgerError};
use crate::cases::CaseError;
use crate::cases::fact::Fact;
use crate::cases::file::CaseFile;
use crate::cases::port::FileLedger;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};

/// Files a case or gives more time, hands it over, makes it void, or takes it up
/// again.
#[utoipa::path(
    post,
    path = "/officer/cases/{id}/supervise",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "Id of the case")),
    request_body(content = TypedEntry, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Done: to the page of the case, or to the cases that are left"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such case of this office"),
        (status = 409, body = String, content_type = "text/html", description = "The page, with why it was not done"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn supervise(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Serving<Supervising>>,
    Path(id): Path<String>,
    Posted(typed): Posted<TypedEntry>,
) -> Result<Response, Problem> {
    let file = find(&desk, &who, &id).await?;
    let done = act(&desk, &file, &typed, &by).await;
    if done.is_ok() && typed.kind == "hand_over" {
        return Ok(Redirect::to("/officer/cases?show=given").into_response());
    }
    answer(&desk, &who, frame, (file.id, typed.kept()), done).await
}

async fn act(desk: &Desk, file: &CaseFile, typed: &TypedEntry, by: &By) -> Result<(), CaseError> {
    let invalid = |fault: FieldError| CaseError::Ledger(LedgerError::Invalid(vec![fault]));
    let at = seen(desk, file, &typed.seq);
    let grounds = typed.text.trim().to_owned();
    let fact = match typed.kind.as_str() {
        "hand_over" => {
            let to = uuid("to", &typed.to).map_err(invalid)?;
            return desk.ledger.hand_case_over(&at, to, &grounds, by).await;
        }
        "ruling" => ruling(typed, true).map_err(invalid)?,
        "voided" => Fact::Voided { grounds },
        "reopened" => Fact::Reopened { grounds },
        _ => return Err(invalid(FieldError::new("kind", "is not known", "open the page anew"))),
    };
    FileLedger::append(&*desk.ledger, &at, &[fact], by).await.map(drop)
}
