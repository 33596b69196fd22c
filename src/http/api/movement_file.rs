//! `POST /api/v1/batches/{batch}/movements/file`: the labels that a file names.

use axum::extract::{Request, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Refused;
use super::batches::find;
use super::movement_records::{Done, answer};
use super::movements::How;
use crate::base::FieldError;
use crate::http::access::{ByKey, Registrar};
use crate::http::address::{Path, Query, Unread};
use crate::http::desk::Desk;
use crate::http::labels_file;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::turns::{Holder, Work};
use crate::registry::movement::Words;
use crate::registry::movement::service::{Asked, move_labels};

/// How the labels of a file are moved, and why.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfFile {
    /// print, spoil, reprint, apply, return, destroy, activate, hold, release or transfer
    kind: String,
    /// Place of custody where they go; they stay where they are if left out.
    place: Option<String>,
    /// Place of custody where they have to be.
    from: Option<String>,
    /// Moves those that can be moved, and tells of the others.
    #[serde(default)]
    partial: bool,
    #[serde(default)]
    reason: String,
    /// Number of a delivery note, a roll, an order.
    #[serde(default)]
    reference: String,
    /// The same key in the same batch is the same request, done once.
    request: Option<String>,
}

/// Moves the labels that a file names, one a line: codes, addresses, serials or
/// running numbers; CSV with a column, or JSON Lines with a member `code`,
/// `url`, `serial` or `number`, or nothing but the texts. Where a line is broken
/// nothing is done, unless `partial` is asked for.
#[utoipa::path(
    post,
    path = "/api/v1/batches/{batch}/movements/file",
    tag = "book",
    security(("key" = [])),
    params(("batch" = String, Path, description = "KEY-BATCH"), OfFile),
    request_body(content(
        (String = "text/csv"),
        (String = "application/x-ndjson"),
        (String = "text/plain"),
    )),
    responses(
        (status = 201, body = Done, description = "They are moved"),
        (status = 200, body = Done, description = "The same request moved them before"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such batch within reach"),
        (status = 408, body = ProblemDocument, content_type = "application/problem+json", description = "The file came too slowly"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "The key of another request"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Nothing was moved; names the lines that are wrong"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Another file of yours is being sent"),
    )
)]
pub async fn make(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Registrar>,
    Path(batch): Path<String>,
    how: Result<Query<OfFile>, Unread>,
    request: Request,
) -> Result<Response, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    let Query(new) = how.map_err(|e| {
        let remedy = "give kind, and what else is wanted, behind the address";
        Problem::invalid(vec![FieldError::new("kind", e.0, remedy)])
    })?;
    let how = How {
        kind: &new.kind,
        place: new.place.as_deref(),
        from: new.from.as_deref(),
        partial: new.partial,
        words: Words::checked(&new.reason, &new.reference, new.request.as_deref()),
    };
    let asked = how.asked(&who)?;
    let _turn = desk.turns.take(Work::Import, Holder::from(&who.scope))?;
    let named = labels_file::read(&batch, request.into_body()).await?;
    let (ranges, broken) = labels_file::usable(named, asked.partial).map_err(Problem::invalid)?;
    let asked = Asked { ranges: Some(ranges), ..asked };
    let moved = move_labels(&*desk.ledger, &who.scope, batch.id, asked, &by).await?;
    desk.show_changes().await;
    answer(moved, broken.iter().filter_map(|fault| fault.line).collect())
}
