//! `/api/v1/batches/{batch}/ranges`: what is said of running numbers.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::batches::find;
use super::{Refused, Words, added};
use crate::auth::Role;
use crate::base::{FieldError, UnixMs};
use crate::http::access::{ByKey, Registrar};
use crate::http::address::Path;
use crate::http::bodies::Sent;
use crate::http::desk::Desk;
use crate::http::json;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::service::{self, Marking};
use crate::registry::{RangeFact, RangeState};

/// What is said of a range.
#[derive(Serialize, ToSchema)]
pub struct RangeRecord {
    id: Uuid,
    first: u64,
    /// Inclusive.
    last: u64,
    /// activated, spoiled, planted, missing, void, stolen, blocked or recalled
    state: &'static str,
    reason: Words,
    remedy: Words,
    set_by: String,
    /// RFC 3339
    set_at: String,
    /// null: it stands.
    lifted_at: Option<String>,
}

impl From<&RangeFact> for RangeRecord {
    fn from(f: &RangeFact) -> Self {
        Self {
            id: f.id,
            first: f.first,
            last: f.last,
            state: f.state.slug(),
            reason: (&f.reason).into(),
            remedy: (&f.remedy).into(),
            set_by: f.set_by.clone(),
            set_at: f.set_at.rfc3339(),
            lifted_at: f.lifted_at.map(UnixMs::rfc3339),
        }
    }
}

/// Says something of labels. Without first and last it is said of the batch.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRange {
    first: Option<u64>,
    /// Inclusive.
    last: Option<u64>,
    /// activated, spoiled, planted, missing, void, stolen, blocked or recalled
    state: String,
    /// Whoever scans the label reads it; needed but for the first four.
    #[serde(default)]
    reason: Words,
    #[serde(default)]
    remedy: Words,
}

/// All that was ever said of a batch's labels.
#[utoipa::path(
    get,
    path = "/api/v1/batches/{batch}/ranges",
    tag = "registry",
    security(("key" = [])),
    params(("batch" = String, Path, description = "KEY-BATCH")),
    responses(
        (status = 200, body = Vec<RangeRecord>, description = "Oldest first"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such batch within reach"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Registrar>,
    Path(batch): Path<String>,
) -> Result<Json<Vec<RangeRecord>>, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    let facts = service::said_of(&*desk.ledger, &who.scope, batch.id).await?;
    Ok(Json(facts.iter().map(RangeRecord::from).collect()))
}

/// Activates, spoils, blocks, recalls ... labels; scans show it within a second.
#[utoipa::path(
    post,
    path = "/api/v1/batches/{batch}/ranges",
    tag = "registry",
    security(("key" = [])),
    params(("batch" = String, Path, description = "KEY-BATCH")),
    request_body = NewRange,
    responses(
        (status = 201, body = RangeRecord, description = "It stands"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such batch within reach"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names what is wrong"),
    )
)]
pub async fn mark(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Registrar>,
    Path(batch): Path<String>,
    Sent(body): Sent,
) -> Result<Response, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    let new: NewRange = json::read(&body)?;
    let invalid = |fault| Problem::invalid(vec![fault]);
    let states = || RangeState::ALL.map(RangeState::slug).join(", ");
    let state = RangeState::from_slug(&new.state).ok_or_else(|| {
        let remedy = format!("write one of {}", states());
        invalid(FieldError::new("state", format!("{:?} is not known", new.state), remedy))
    })?;
    if !who.may(state.duty()) {
        return Err(Problem::forbidden());
    }
    let range = match (new.first, new.last) {
        (None, None) => None,
        (Some(first), Some(last)) => Some((first, last)),
        _ => {
            let problem = "has one end";
            return Err(invalid(FieldError::new("range", problem, "give first and last, or none")));
        }
    };
    let marking = Marking {
        batch: batch.id,
        range,
        state,
        reason: new.reason.into(),
        remedy: new.remedy.into(),
    };
    let fact = service::mark(&*desk.ledger, &who.scope, marking, &by).await?;
    desk.show_changes().await;
    let address = format!("/api/v1/batches/{}/ranges", batch.id);
    Ok(added(true, &address, RangeRecord::from(&fact)))
}

/// Takes back what was said.
#[utoipa::path(
    delete,
    path = "/api/v1/batches/{batch}/ranges/{id}",
    tag = "registry",
    security(("key" = [])),
    params(
        ("batch" = String, Path, description = "KEY-BATCH"),
        ("id" = Uuid, Path, description = "Id of what was said"),
    ),
    responses(
        (status = 204, description = "It does not stand any more"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such fact within reach"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "It is the block of an office, which lifts it"),
    )
)]
pub async fn lift(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Registrar>,
    Path((batch, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    let id: Uuid = id.parse().map_err(|_| Problem::nothing())?;
    let facts = service::said_of(&*desk.ledger, &who.scope, batch.id).await?;
    let fact = facts.iter().find(|f| f.id == id).ok_or_else(Problem::nothing)?;
    if let Some(own) = who.own() {
        // What the county or the shell said, a maker does not take back.
        let account = desk.ledger.account(&fact.set_by).await?;
        let role = account.map(|account| account.role);
        let ours = role.as_ref().and_then(Role::enterprise) == Some(own.as_str());
        if !ours || !who.may(fact.state.duty()) {
            return Err(Problem::forbidden());
        }
    }
    // Lifted before or now: it does not stand.
    service::lift(&*desk.ledger, &who.scope, batch.id, id, &by).await?;
    desk.show_changes().await;
    Ok(StatusCode::NO_CONTENT)
}
