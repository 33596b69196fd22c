//! `POST /officer/cases/{id}/questions`: an enterprise is asked.

use std::collections::{BTreeMap, HashMap};

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::typed::{TypedEntry, day, uuid};
use super::{answer, find, seen};
use crate::auth::office::{Serving, Working};
use crate::base::{FieldError, LedgerError};
use crate::cases::inquiry::NewInquiry;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::Uscc;
use crate::web::cases::Kept;

/// A question as it is typed.
#[derive(Default, Deserialize, ToSchema)]
pub struct TypedQuestion {
    #[serde(default)]
    seq: String,
    /// Made with the form
    #[serde(default)]
    id: String,
    /// Unified social credit code
    #[serde(default)]
    enterprise: String,
    /// A day such as 2026-12-01
    #[serde(default)]
    due: String,
    #[serde(default)]
    text: String,
    /// Hashes of the photos that it sees, each `yes`
    #[serde(flatten)]
    #[schema(value_type = Object)]
    photos: BTreeMap<String, String>,
}

impl TypedQuestion {
    fn read(&self) -> Result<NewInquiry, FieldError> {
        Ok(NewInquiry {
            id: uuid("id", &self.id)?,
            enterprise: Uscc::parse(&self.enterprise).map_err(|_| {
                FieldError::new("enterprise", "is not known", "choose one of the list")
            })?,
            text: self.text.trim().to_owned(),
            photos: self.photos.keys().cloned().collect(),
            due: day("due", &self.due)?,
        })
    }

    fn kept(&self) -> Kept {
        let values = [
            ("enterprise", self.enterprise.clone()),
            ("due", self.due.clone()),
            ("text", self.text.clone()),
        ];
        Kept { form: "question".to_owned(), values: HashMap::from(values), errors: HashMap::new() }
    }
}

/// Asks the maker of labels in the case.
#[utoipa::path(
    post,
    path = "/officer/cases/{id}/questions",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "Id of the case")),
    request_body(content = TypedQuestion, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Asked: to the page of the case"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such case of this office"),
        (status = 409, body = String, content_type = "text/html", description = "The page, with why it was not done"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn ask(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Serving<Working>>,
    Path(id): Path<String>,
    Posted(typed): Posted<TypedQuestion>,
) -> Result<Response, Problem> {
    let file = find(&desk, &who, &id).await?;
    let done = match typed.read() {
        Ok(new) => desk.ledger.ask(&seen(&desk, &file, &typed.seq), &new, &by).await,
        Err(fault) => Err(LedgerError::Invalid(vec![fault]).into()),
    };
    answer(&desk, &who, frame, (file.id, typed.kept()), done).await
}

/// Takes a question back that was not answered.
#[utoipa::path(
    post,
    path = "/officer/cases/{id}/questions/drop",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "Id of the case")),
    request_body(content = TypedEntry, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Taken back: to the page of the case"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such case of this office"),
        (status = 409, body = String, content_type = "text/html", description = "The page: it was answered before"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn drop_question(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Serving<Working>>,
    Path(id): Path<String>,
    Posted(typed): Posted<TypedEntry>,
) -> Result<Response, Problem> {
    let file = find(&desk, &who, &id).await?;
    let at = seen(&desk, &file, &typed.seq);
    let done = match uuid("entry", &typed.entry) {
        Ok(inquiry) => desk.ledger.drop_inquiry(&at, inquiry, &typed.grounds, &by).await,
        Err(fault) => Err(LedgerError::Invalid(vec![fault]).into()),
    };
    answer(&desk, &who, frame, (file.id, typed.kept()), done).await
}
