//! Movements of a batch's labels, from its page.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::batch::{batch_page, find};
use super::book_view::{elsewhere_text, fault_text, may};
use super::home::own;
use crate::auth::Member;
use crate::auth::duty::{Acting, OnLine};
use crate::base::{FieldError, LedgerError};
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::movement::service::{Asked, move_labels, undo};
use crate::registry::movement::{Custody, Kind, Moved, Ranges, Words};
use crate::registry::service::Scope;
use crate::registry::{Batch, BatchRef};
use crate::web::book::Forms;
use crate::web::console::{Frame, Typed};

/// What is to be done with which labels.
#[derive(Clone, Default, Deserialize, ToSchema)]
pub struct Wanted {
    /// print, spoil, reprint, apply, return, destroy, hold, release or transfer
    #[serde(default)]
    kind: String,
    /// Runs such as `0-99 200`; empty: all that can be moved so.
    #[serde(default)]
    numbers: String,
    #[serde(default)]
    place: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    reference: String,
    /// Tells the form from one sent again.
    #[serde(default)]
    request: String,
}

impl Wanted {
    fn asked(&self, kind: Kind) -> Result<Asked, FieldError> {
        let (numbers, place) = (self.numbers.trim(), self.place.trim());
        let ranges = (!numbers.is_empty()).then(|| read_numbers("numbers", numbers)).transpose()?;
        let place = (!place.is_empty()).then(|| Custody::parse(place)).transpose()?;
        let request = Some(&*self.request).filter(|key| !key.is_empty());
        let words = Words::checked(&self.reason, &self.reference, request)?;
        Ok(Asked { place, words, ..Asked::plain(kind, ranges) })
    }

    fn forms(&self, fault: Option<(&str, String)>) -> Forms {
        let typed = |field: &str, value: &str| Typed {
            value: value.to_owned(),
            error: fault.as_ref().filter(|(of, _)| *of == field).map(|(_, says)| says.clone()),
        };
        Forms {
            kind: self.kind.clone(),
            kind_error: fault.as_ref().filter(|(of, _)| *of == "kind").map(|(_, e)| e.clone()),
            numbers: typed("numbers", &self.numbers),
            place: typed("place", &self.place),
            reason: typed("reason", &self.reason),
            reference: typed("reference", &self.reference),
            open: "move",
            ..Forms::default()
        }
    }
}

/// Runs as people type them: also with long dashes, and with commas between.
pub(super) fn read_numbers(field: &str, text: &str) -> Result<Ranges, FieldError> {
    let plain: String = text
        .chars()
        .map(|c| match c {
            '\u{2013}' | '\u{2014}' | '\u{ff0d}' | '~' | '\u{ff5e}' => '-',
            ',' | ';' | '\u{ff0c}' | '\u{3001}' | '\u{ff1b}' => ' ',
            c => c,
        })
        .collect();
    Ranges::parse(&plain).ok_or_else(|| {
        FieldError::new(field, "cannot be read", "write runs of numbers, as 0-99 200")
    })
}

pub(super) fn to_batch(batch: BatchRef) -> Response {
    Redirect::to(&format!("/enterprise/batches/{batch}")).into_response()
}

/// The page again with what is wrong.
pub(super) async fn again(
    desk: &Desk,
    frame: Frame,
    batch: Batch,
    forms: Forms,
) -> Result<Response, Problem> {
    batch_page(desk, frame, batch, forms, StatusCode::UNPROCESSABLE_ENTITY).await
}

/// The kind that a form names, of those that this person may do.
///
/// # Errors
/// 403 for one that is another's; the inner one for none.
pub(super) fn kind_of(named: &str, f: &Frame) -> Result<Result<Kind, FieldError>, Problem> {
    match Kind::from_slug(named).filter(|kind| *kind != Kind::Undo) {
        Some(kind) if may(f, kind) => Ok(Ok(kind)),
        None if Kind::NAMED.into_iter().any(|kind| may(f, kind)) => {
            Ok(Err(FieldError::new("kind", "is not known", "choose one of the list")))
        }
        _ => Err(Problem::not_your_duty()),
    }
}

/// Records a movement of labels.
#[utoipa::path(
    post,
    path = "/enterprise/batches/{batch}/move",
    tag = "enterprise console",
    params(("batch" = String, Path, description = "KEY-BATCH")),
    request_body(content = Wanted, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Done: to the page of the batch"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not this person's duty"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such batch of this enterprise"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn make(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Member>,
    Path(batch): Path<String>,
    Posted(wanted): Posted<Wanted>,
) -> Result<Response, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    let fault = match kind_of(&wanted.kind, &frame)?.and_then(|kind| wanted.asked(kind)) {
        Err(fault) => fault,
        Ok(asked) => {
            let scope = Scope::One(own(&who)?);
            let moved = move_labels(&*desk.ledger, &scope, batch.id, asked, &by).await;
            desk.show_changes().await;
            match moved {
                Ok(Moved::Done(..) | Moved::Before(_)) => return Ok(to_batch(batch.id)),
                Ok(Moved::Refused(elsewhere)) => {
                    let says = elsewhere_text(&elsewhere, &frame, &desk.zone);
                    let forms = wanted.forms(Some(("numbers", says)));
                    return again(&desk, frame, batch, forms).await;
                }
                Err(LedgerError::Invalid(mut faults)) if !faults.is_empty() => faults.remove(0),
                Err(error) => return Err(error.into()),
            }
        }
    };
    let field = match fault.field.as_str() {
        "range" | "roll" => "numbers",
        field => field,
    };
    let forms = wanted.forms(Some((field, fault_text(&fault, &frame))));
    again(&desk, frame, batch, forms).await
}

/// Why a movement is taken back.
#[derive(Deserialize, ToSchema)]
pub struct Why {
    #[serde(default)]
    reason: String,
}

/// Takes a movement back, as far as its labels have not moved since.
#[utoipa::path(
    post,
    path = "/enterprise/batches/{batch}/movements/{id}/undo",
    tag = "enterprise console",
    params(
        ("batch" = String, Path, description = "KEY-BATCH"),
        ("id" = Uuid, Path, description = "Of the movement"),
    ),
    request_body(content = Why, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Done: to the page of the batch"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not this person's duty"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such movement of this enterprise"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn take_back(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Member>,
    Path((batch, id)): Path<(String, String)>,
    Posted(why): Posted<Why>,
) -> Result<Response, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    let id: Uuid = id.parse().map_err(|_| Problem::nothing())?;
    let of = desk.ledger.movement(id).await?.filter(|of| of.batch == batch.id);
    let of = of.ok_or_else(Problem::nothing)?;
    if !may(&frame, of.kind) {
        return Err(Problem::not_your_duty());
    }
    let scope = Scope::One(own(&who)?);
    let undone = match Words::checked(&why.reason, "", None) {
        Ok(words) => undo(&*desk.ledger, &scope, batch.id, id, words, &by).await,
        Err(fault) => Err(LedgerError::Invalid(vec![fault])),
    };
    desk.show_changes().await;
    let says = match undone {
        Ok(Moved::Done(..) | Moved::Before(_)) => return Ok(to_batch(batch.id)),
        Ok(Moved::Refused(elsewhere)) => elsewhere_text(&elsewhere, &frame, &desk.zone),
        Err(LedgerError::Invalid(faults)) if !faults.is_empty() => fault_text(&faults[0], &frame),
        Err(error) => return Err(error.into()),
    };
    again(&desk, frame, batch, Forms { undo: Some(says), ..Forms::default() }).await
}

/// Cancels an activation that waits for its time.
#[utoipa::path(
    post,
    path = "/enterprise/batches/{batch}/activations/{id}/cancel",
    tag = "enterprise console",
    params(
        ("batch" = String, Path, description = "KEY-BATCH"),
        ("id" = Uuid, Path, description = "Of the activation"),
    ),
    responses(
        (status = 303, description = "To the page of the batch, which says what waits still"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such batch of this enterprise"),
    )
)]
pub async fn cancel(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Acting<OnLine>>,
    Path((batch, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    let id: Uuid = id.parse().map_err(|_| Problem::nothing())?;
    desk.ledger.cancel_scheduled(batch.id, id, &by).await?;
    desk.show_changes().await;
    Ok(to_batch(batch.id))
}
