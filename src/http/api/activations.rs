//! `/api/v1/batches/{batch}/activations`: activations that wait for their time,
//! and `/api/v1/activations`: of one label, by a scan.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::batches::find;
use super::movements::ranges;
use super::{Page, Refused, added};
use crate::auth::duty::OnLine;
use crate::base::limits::CODE_TEXT_BYTES_MAX;
use crate::base::{FieldError, LedgerError, UnixMs};
use crate::http::access::{ByKey, Registrar, With};
use crate::http::address::{Path, Query, Unread};
use crate::http::bodies::Sent;
use crate::http::desk::Desk;
use crate::http::json;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::movement::Words;
use crate::registry::movement::port::{ScheduleState, Scheduled};
use crate::registry::movement::service::{Scanned, activate_at, activate_code};

/// An activation and its time.
#[derive(Serialize, ToSchema)]
pub struct ActivationRecord {
    /// Of the movement too, when it has come.
    id: Uuid,
    batch: String,
    /// `0-99 200 300-399`
    numbers: String,
    labels: u64,
    /// RFC 3339
    due: String,
    /// waiting, booked or cancelled
    state: &'static str,
    reason: String,
    reference: String,
    by: String,
    /// RFC 3339
    at: String,
}

impl From<&Scheduled> for ActivationRecord {
    fn from(s: &Scheduled) -> Self {
        Self {
            id: s.id,
            batch: s.batch.to_string(),
            numbers: s.ranges.to_string(),
            labels: s.ranges.labels(),
            due: s.due.rfc3339(),
            state: s.state.slug(),
            reason: s.words.reason.clone(),
            reference: s.words.reference.clone(),
            by: s.by.clone(),
            at: s.at.rfc3339(),
        }
    }
}

/// Which labels go on sale when. Without numbers: all of the batch.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewActivation {
    /// RFC 3339, to come
    #[schema(value_type = String, format = DateTime)]
    due: Timestamp,
    first: Option<u64>,
    /// Inclusive.
    last: Option<u64>,
    /// Several runs instead: `0-99 200 300-399`.
    numbers: Option<String>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    reference: String,
    /// The same key in the same batch is the same request, done once.
    request: Option<String>,
}

/// Activations of a batch that wait, or waited.
#[utoipa::path(
    get,
    path = "/api/v1/batches/{batch}/activations",
    tag = "book",
    security(("key" = [])),
    params(
        ("batch" = String, Path, description = "KEY-BATCH"),
        ("limit" = Option<u32>, Query, description = "1 to 1000 [default: 100]"),
    ),
    responses(
        (status = 200, body = Vec<ActivationRecord>, description = "Latest first"),
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
) -> Result<Json<Vec<ActivationRecord>>, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    let found = desk.ledger.scheduled(batch.id, Page::rows(page)?).await?;
    Ok(Json(found.iter().map(ActivationRecord::from).collect()))
}

/// Puts labels on sale at a time to come. Those that can be activated then are;
/// the others stay where they are.
#[utoipa::path(
    post,
    path = "/api/v1/batches/{batch}/activations",
    tag = "book",
    security(("key" = [])),
    params(("batch" = String, Path, description = "KEY-BATCH")),
    request_body = NewActivation,
    responses(
        (status = 201, body = ActivationRecord, description = "It waits; the same request is kept once"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such batch within reach"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "The key of another request, or too many wait"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names what is wrong"),
    )
)]
pub async fn schedule(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<With<OnLine>>,
    Path(batch): Path<String>,
    Sent(body): Sent,
) -> Result<Response, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    let new: NewActivation = json::read(&body)?;
    let words = Words::checked(&new.reason, &new.reference, new.request.as_deref());
    let words = words.map_err(|fault| Problem::invalid(vec![fault]))?;
    let numbers = ranges(new.first, new.last, new.numbers.as_deref())?;
    let when = (numbers, UnixMs(new.due.as_millisecond()));
    let kept = activate_at(&*desk.ledger, &who.scope, batch.id, when, words, &by).await?;
    let address = format!("/api/v1/batches/{}/activations", batch.id);
    Ok(added(true, &address, ActivationRecord::from(&kept)))
}

/// Cancels an activation that waits.
#[utoipa::path(
    delete,
    path = "/api/v1/batches/{batch}/activations/{id}",
    tag = "book",
    security(("key" = [])),
    params(
        ("batch" = String, Path, description = "KEY-BATCH"),
        ("id" = Uuid, Path, description = "Of the activation"),
    ),
    responses(
        (status = 204, description = "It does not wait any more"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such activation within reach"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "Its time has come"),
    )
)]
pub async fn cancel(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<With<OnLine>>,
    Path((batch, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    let id: Uuid = id.parse().map_err(|_| Problem::nothing())?;
    match desk.ledger.cancel_scheduled(batch.id, id, &by).await? {
        ScheduleState::Waiting | ScheduleState::Cancelled => Ok(StatusCode::NO_CONTENT),
        ScheduleState::Booked => {
            let says = format!("activation {id} has come; undo the movement");
            Err(LedgerError::Conflict(says).into())
        }
    }
}

/// A label that was scanned to be put on sale.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewScan {
    /// Its code, address or serial.
    code: String,
}

/// What came of it.
#[derive(Serialize, ToSchema)]
pub struct ScanRecord {
    /// activated; already: it was before, as when a scan is sent twice; refused:
    /// it is not where it could be activated; unknown: no label of yours
    outcome: &'static str,
    batch: Option<String>,
    number: Option<u64>,
    /// Where a refused one is, or why there is none.
    says: Option<String>,
}

impl From<Scanned> for ScanRecord {
    fn from(scanned: Scanned) -> Self {
        let known = |outcome, batch: crate::registry::BatchRef, number, says| Self {
            outcome,
            batch: Some(batch.to_string()),
            number: Some(number),
            says,
        };
        match scanned {
            Scanned::Activated(batch, number) => known("activated", batch, number, None),
            Scanned::Already(batch, number) => known("already", batch, number, None),
            Scanned::Refused(batch, at) => {
                known("refused", batch, at.first, Some(at.fault().problem))
            }
            Scanned::Unknown(unfound) => {
                let says = Some(unfound.to_string());
                Self { outcome: "unknown", batch: None, number: None, says }
            }
        }
    }
}

/// Puts the scanned label on sale; sent twice, it is done once.
#[utoipa::path(
    post,
    path = "/api/v1/activations",
    tag = "book",
    security(("key" = [])),
    request_body = NewScan,
    responses(
        (status = 200, body = ScanRecord, description = "What came of it, whatever the text"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        Refused,
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A member is missing or not known"),
    )
)]
pub async fn scan(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<With<OnLine>>,
    Sent(body): Sent,
) -> Result<Json<ScanRecord>, Problem> {
    let new: NewScan = json::read(&body)?;
    if new.code.len() > CODE_TEXT_BYTES_MAX {
        let problem = format!("is longer than {CODE_TEXT_BYTES_MAX} bytes");
        let fault = FieldError::new("code", problem, "send what the symbol says");
        return Err(Problem::invalid(vec![fault]));
    }
    let scanned = activate_code(&*desk.ledger, &who.scope, &new.code, &by).await?;
    desk.show_changes().await;
    Ok(Json(ScanRecord::from(scanned)))
}
