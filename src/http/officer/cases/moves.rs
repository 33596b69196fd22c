//! Merging two cases, and splitting one.

use std::collections::{BTreeMap, HashMap};

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::typed::uuid;
use super::{answer, find, seen};
use crate::auth::office::{Serving, Working};
use crate::base::{FieldError, LedgerError};
use crate::cases::CaseError;
use crate::cases::port::SplitOff;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::web::cases::Kept;

fn invalid(fault: FieldError) -> CaseError {
    LedgerError::Invalid(vec![fault]).into()
}

/// Into which case, and why.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct TypedMerge {
    seq: String,
    /// Id of the case in which it goes on
    into: String,
    grounds: String,
}

/// Lets a case go on in another of the office.
#[utoipa::path(
    post,
    path = "/officer/cases/{id}/merge",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "Id of the case")),
    request_body(content = TypedMerge, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Merged: to the page of the case in which it goes on"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such case of this office"),
        (status = 409, body = String, content_type = "text/html", description = "The page, with why it was not done"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn merge(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Serving<Working>>,
    Path(id): Path<String>,
    Posted(typed): Posted<TypedMerge>,
) -> Result<Response, Problem> {
    let file = find(&desk, &who, &id).await?;
    let at = seen(&desk, &file, &typed.seq);
    let done = match uuid("into", &typed.into) {
        Ok(into) => desk.ledger.merge_cases(&at, into, &typed.grounds, &by).await,
        Err(fault) => Err(invalid(fault)),
    };
    let to = done.as_ref().map_or(file.id, |goes_on| goes_on.id);
    let kept = Kept {
        form: "merge".to_owned(),
        values: HashMap::from([("grounds", typed.grounds)]),
        errors: HashMap::new(),
    };
    answer(&desk, &who, frame, (to, kept), done).await
}

/// Which labels become a case of their own.
#[derive(Default, Deserialize, ToSchema)]
pub struct TypedSplit {
    #[serde(default)]
    seq: String,
    /// Of the new case; made with the form
    #[serde(default)]
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    grounds: String,
    /// Ids of the entries that put the labels there, each `yes`
    #[serde(flatten)]
    #[schema(value_type = Object)]
    chosen: BTreeMap<String, String>,
}

impl TypedSplit {
    fn read(&self) -> Result<SplitOff, FieldError> {
        let entries: Vec<_> = self.chosen.keys().filter_map(|id| id.parse().ok()).collect();
        if entries.is_empty() {
            return Err(FieldError::new("entries", "names no label", "choose those to move"));
        }
        let (title, grounds) = (self.title.trim().to_owned(), self.grounds.trim().to_owned());
        Ok(SplitOff { id: uuid("id", &self.id)?, entries, title, grounds })
    }
}

/// Makes labels a case of their own.
#[utoipa::path(
    post,
    path = "/officer/cases/{id}/split",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "Id of the case")),
    request_body(content = TypedSplit, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Split: to the page of the new case"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such case of this office"),
        (status = 409, body = String, content_type = "text/html", description = "The page, with why it was not done"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn split(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Serving<Working>>,
    Path(id): Path<String>,
    Posted(typed): Posted<TypedSplit>,
) -> Result<Response, Problem> {
    let file = find(&desk, &who, &id).await?;
    let at = seen(&desk, &file, &typed.seq);
    let done = match typed.read() {
        Ok(off) => desk.ledger.split_case(&at, &off, &by).await,
        Err(fault) => Err(invalid(fault)),
    };
    let to = done.as_ref().map_or(file.id, |made| made.id);
    let kept = Kept {
        form: "split".to_owned(),
        values: HashMap::from([("title", typed.title), ("grounds", typed.grounds)]),
        errors: HashMap::new(),
    };
    answer(&desk, &who, frame, (to, kept), done).await
}
