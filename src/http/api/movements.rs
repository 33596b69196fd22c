//! `/api/v1/batches/{batch}/movements`: the log of a batch.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::batches::find;
use super::movement_records::{Done, MovementRecord, answer};
use super::{Page, Refused};
use crate::base::FieldError;
use crate::http::access::{ByKey, Registrar};
use crate::http::address::{Path, Query, Unread};
use crate::http::bodies::Sent;
use crate::http::desk::Desk;
use crate::http::json;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::Batch;
use crate::registry::movement::service::{Asked, move_labels, undo};
use crate::registry::movement::{Custody, Kind, Movement, Ranges, Words};

/// What is to be done with which labels. Without numbers: with all of the batch
/// that can be moved so.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMovement {
    first: Option<u64>,
    /// Inclusive.
    last: Option<u64>,
    /// Several runs instead: `0-99 200 300-399`.
    numbers: Option<String>,
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

/// What both have.
pub(super) struct How<'a> {
    pub(super) kind: &'a str,
    pub(super) place: Option<&'a str>,
    pub(super) from: Option<&'a str>,
    pub(super) partial: bool,
    pub(super) words: Result<Words, FieldError>,
}

impl How<'_> {
    pub(super) fn asked(self, who: &Registrar) -> Result<Asked, Problem> {
        let invalid = |fault| Problem::invalid(vec![fault]);
        let kind = Kind::from_slug(self.kind).filter(|kind| *kind != Kind::Undo);
        let kind = kind.ok_or_else(|| {
            let problem = format!("{:?} is not known", self.kind);
            let remedy = format!("write one of {}", Kind::NAMED.map(Kind::slug).join(", "));
            invalid(FieldError::new("kind", problem, remedy))
        })?;
        if !kind.duties().iter().any(|duty| who.may(Some(*duty))) {
            return Err(Problem::forbidden());
        }
        let place = |text: Option<&str>| text.map(Custody::parse).transpose().map_err(invalid);
        Ok(Asked {
            kind,
            ranges: None,
            place: place(self.place)?,
            from: place(self.from)?,
            partial: self.partial,
            words: self.words.map_err(invalid)?,
        })
    }
}

pub(super) fn ranges(
    first: Option<u64>,
    last: Option<u64>,
    numbers: Option<&str>,
) -> Result<Option<Ranges>, Problem> {
    let wrong = |problem: &str| {
        let remedy = "give first and last, or numbers as 0-99 200 300-399, or none";
        Problem::invalid(vec![FieldError::new("range", problem, remedy)])
    };
    match (first, last, numbers) {
        (None, None, None) => Ok(None),
        (Some(first), Some(last), None) if first <= last => Ok(Some(Ranges::one(first, last))),
        (Some(_), Some(_), None) => Err(wrong("ends before it begins")),
        (None, None, Some(text)) => {
            Ranges::parse(text).map(Some).ok_or_else(|| wrong("cannot be read"))
        }
        _ => Err(wrong("is said by halves or twice")),
    }
}

/// Movements of a batch.
#[utoipa::path(
    get,
    path = "/api/v1/batches/{batch}/movements",
    tag = "book",
    security(("key" = [])),
    params(
        ("batch" = String, Path, description = "KEY-BATCH"),
        ("limit" = Option<u32>, Query, description = "1 to 1000 [default: 100]"),
    ),
    responses(
        (status = 200, body = Vec<MovementRecord>, description = "Latest first"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such batch within reach"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A limit out of bounds"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Registrar>,
    Path(batch): Path<String>,
    page: Result<Query<Page>, Unread>,
) -> Result<Json<Vec<MovementRecord>>, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    let found = desk.ledger.movements(batch.id, Page::rows(page)?).await?;
    Ok(Json(found.iter().map(MovementRecord::from).collect()))
}

/// Moves labels: prints, activates, spoils, returns, holds ... them; scans show
/// it within a second. All that are named move, or none does.
#[utoipa::path(
    post,
    path = "/api/v1/batches/{batch}/movements",
    tag = "book",
    security(("key" = [])),
    params(("batch" = String, Path, description = "KEY-BATCH")),
    request_body = NewMovement,
    responses(
        (status = 201, body = Done, description = "They are moved"),
        (status = 200, body = Done, description = "The same request moved them before"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such batch within reach"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "The key of another request"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names what is wrong: of labels that lie elsewhere where, since when and by whom"),
    )
)]
pub async fn make(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Registrar>,
    Path(batch): Path<String>,
    Sent(body): Sent,
) -> Result<Response, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    let new: NewMovement = json::read(&body)?;
    let how = How {
        kind: &new.kind,
        place: new.place.as_deref(),
        from: new.from.as_deref(),
        partial: new.partial,
        words: Words::checked(&new.reason, &new.reference, new.request.as_deref()),
    };
    let mut asked = how.asked(&who)?;
    asked.ranges = ranges(new.first, new.last, new.numbers.as_deref())?;
    let moved = move_labels(&*desk.ledger, &who.scope, batch.id, asked, &by).await?;
    desk.show_changes().await;
    answer(moved, Vec::new())
}

/// A movement with all of its numbers.
#[derive(Serialize, ToSchema)]
pub struct WithNumbers {
    #[serde(flatten)]
    movement: MovementRecord,
    /// All of them: `0-99 200 300-399`; null for an undo.
    numbers: Option<String>,
}

/// One movement.
#[utoipa::path(
    get,
    path = "/api/v1/batches/{batch}/movements/{id}",
    tag = "book",
    security(("key" = [])),
    params(
        ("batch" = String, Path, description = "KEY-BATCH"),
        ("id" = Uuid, Path, description = "Of the movement"),
    ),
    responses(
        (status = 200, body = WithNumbers, description = "The movement"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such movement within reach"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Registrar>,
    Path((batch, id)): Path<(String, String)>,
) -> Result<Json<WithNumbers>, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    let found = movement(&desk, &batch, &id).await?;
    let numbers = match found.undoes {
        Some(_) => None,
        None => Some(desk.ledger.moved_numbers(batch.id, found.id).await?.to_string()),
    };
    Ok(Json(WithNumbers { movement: MovementRecord::from(&found), numbers }))
}

/// The movement of that id, if it is one of the batch.
async fn movement(desk: &Desk, batch: &Batch, id: &str) -> Result<Movement, Problem> {
    let id: Uuid = id.parse().map_err(|_| Problem::nothing())?;
    let found = desk.ledger.movement(id).await?.filter(|found| found.batch == batch.id);
    found.ok_or_else(Problem::nothing)
}

/// Why a movement is taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUndo {
    reason: String,
    #[serde(default)]
    reference: String,
    /// The same key in the same batch is the same request, done once.
    request: Option<String>,
}

/// Takes a movement back, as far as its labels have not moved since.
#[utoipa::path(
    post,
    path = "/api/v1/batches/{batch}/movements/{id}/undo",
    tag = "book",
    security(("key" = [])),
    params(
        ("batch" = String, Path, description = "KEY-BATCH"),
        ("id" = Uuid, Path, description = "Of the movement"),
    ),
    request_body = NewUndo,
    responses(
        (status = 201, body = Done, description = "They are where they were before"),
        (status = 200, body = Done, description = "The same request did it before"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such movement within reach"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "The key of another request"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "No reason, or nothing is left to take back"),
    )
)]
pub async fn take_back(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Registrar>,
    Path((batch, id)): Path<(String, String)>,
    Sent(body): Sent,
) -> Result<Response, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    let of = movement(&desk, &batch, &id).await?;
    // Whoever may do a thing may take it back.
    if !of.kind.duties().iter().any(|duty| who.may(Some(*duty))) {
        return Err(Problem::forbidden());
    }
    let new: NewUndo = json::read(&body)?;
    let words = Words::checked(&new.reason, &new.reference, new.request.as_deref());
    let words = words.map_err(|fault| Problem::invalid(vec![fault]))?;
    let undone = undo(&*desk.ledger, &who.scope, batch.id, of.id, words, &by).await?;
    desk.show_changes().await;
    answer(undone, Vec::new())
}
