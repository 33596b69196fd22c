//! `POST /officer/cases/{id}/entries`: something is put down in a case.

use axum::extract::State;
use axum::response::Response;

use super::typed::{TypedEntry, facts};
use super::{answer, find, seen};
use crate::auth::office::{Serving, Working};
use crate::cases::port::FileLedger;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};

/// Puts something down behind what was on the page.
#[utoipa::path(
    post,
    path = "/officer/cases/{id}/entries",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "Id of the case")),
    request_body(content = TypedEntry, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Put down: to the page of the case"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such case of this office"),
        (status = 409, body = String, content_type = "text/html", description = "The page, with what came in between or stands in the way, and what was typed"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn put_down(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Serving<Working>>,
    Path(id): Path<String>,
    Posted(typed): Posted<TypedEntry>,
) -> Result<Response, Problem> {
    let file = find(&desk, &who, &id).await?;
    let done = match facts(&desk, &typed).await? {
        Ok(facts) => {
            FileLedger::append(&*desk.ledger, &seen(&desk, &file, &typed.seq), &facts, &by).await
        }
        Err(error) => Err(error),
    };
    answer(&desk, &who, frame, (file.id, typed.kept()), done).await
}
