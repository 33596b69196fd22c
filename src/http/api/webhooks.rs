//! `/api/v1/webhooks`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Page, Refused, added};
use crate::auth::duty::Owning;
use crate::base::{FieldError, UnixMs};
use crate::hooks::port::Again;
use crate::hooks::{Delivery, DeliveryState, Endpoint, Trouble};
use crate::http::access::{ByKey, With};
use crate::http::address::{Path, Query, Unread};
use crate::http::bodies::Sent;
use crate::http::desk::Desk;
use crate::http::json;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::webhooks::{self, ENDPOINTS_LISTED_MAX};
use crate::registry::Uscc;

/// Where a program is told.
#[derive(Serialize, ToSchema)]
pub struct WebhookRecord {
    id: Uuid,
    url: String,
    events: Vec<&'static str>,
    created_at: String,
    /// owner, failing or gone; null while it is called.
    ended: Option<&'static str>,
    failing_since: Option<String>,
    /// `whsec_...`: given once, when it is added.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl From<&Endpoint> for WebhookRecord {
    fn from(endpoint: &Endpoint) -> Self {
        Self {
            id: endpoint.id,
            url: endpoint.url.clone(),
            events: endpoint.kinds.iter().map(|kind| kind.slug()).collect(),
            created_at: told(endpoint.created_at),
            ended: endpoint.ended.map(|ended| ended.why.slug()),
            failing_since: endpoint.failing_since.map(told),
            secret: None,
        }
    }
}

fn told(at: UnixMs) -> String {
    Timestamp::from_millisecond(at.0).unwrap_or_default().to_string()
}

/// An enterprise's own key: the county has no endpoints.
fn own(who: &With<Owning>) -> Result<Uscc, Problem> {
    who.own().cloned().ok_or_else(Problem::forbidden)
}

fn read(id: &str) -> Result<Uuid, Problem> {
    id.parse().map_err(|_| Problem::nothing())
}

/// Endpoints of the enterprise.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks",
    tag = "webhooks",
    security(("key" = [])),
    responses((status = 200, body = Vec<WebhookRecord>, description = "Latest first"), Refused)
)]
pub async fn list(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<With<Owning>>,
) -> Result<Json<Vec<WebhookRecord>>, Problem> {
    let found = desk.ledger.endpoints(&own(&who)?, ENDPOINTS_LISTED_MAX).await?;
    Ok(Json(found.iter().map(WebhookRecord::from).collect()))
}

/// What a program asks to be told of, and where.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    url: String,
    /// Some of flag.opened, flag.decided, order.awaiting_approval, order.done, order.failed,
    /// recall.awaiting_approval, recall.approved, recall.lifted, package.not_picked_up,
    /// package.not_printed, package.not_activated, package.closed, package.leaked,
    /// batch.not_activated, closing.missing, inquiry.opened, labels.blocked,
    /// labels.unblocked
    #[schema(min_items = 1, max_items = 15)]
    events: Vec<String>,
}

/// Adds an endpoint; the answer has its secret, this once.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks",
    tag = "webhooks",
    security(("key" = [])),
    request_body = NewWebhook,
    responses(
        (status = 201, body = WebhookRecord, description = "Added"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        Refused,
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names each field that is wrong"),
    )
)]
pub async fn add(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<With<Owning>>,
    Sent(body): Sent,
) -> Result<Response, Problem> {
    let own = own(&who)?;
    let new: NewWebhook = json::read(&body)?;
    let events = new.events.iter().map(String::as_str);
    let endpoint = webhooks::add(&desk, &own, &new.url, events, &by).await?;
    let secret = Some(endpoint.secret.text());
    let address = format!("/api/v1/webhooks/{}/deliveries", endpoint.id);
    Ok(added(true, &address, WebhookRecord { secret, ..WebhookRecord::from(&endpoint) }))
}

/// Calls an endpoint no more.
#[utoipa::path(
    delete,
    path = "/api/v1/webhooks/{id}",
    tag = "webhooks",
    security(("key" = [])),
    params(("id" = Uuid, Path, description = "Id of the endpoint")),
    responses(
        (status = 204, description = "It is not called"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such endpoint of this enterprise"),
    )
)]
pub async fn disable(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<With<Owning>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    desk.ledger.disable_endpoint(&own(&who)?, read(&id)?, &by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An event on its way.
#[derive(Serialize, ToSchema)]
pub struct DeliveryRecord {
    /// `webhook-id`.
    event: Uuid,
    #[serde(rename = "type")]
    kind: String,
    happened_at: String,
    /// pending, done or failed
    state: &'static str,
    /// Attempts since it was last asked for.
    attempts: u32,
    /// Of the next attempt, while it is pending.
    next_at: Option<String>,
    /// Of the last attempt.
    last_at: Option<String>,
    last_took_ms: Option<u64>,
    last_status: Option<u16>,
    /// name, address, connection, certificate, time, answer or status
    last_trouble: Option<&'static str>,
}

impl From<&Delivery> for DeliveryRecord {
    fn from(d: &Delivery) -> Self {
        let pending = d.state == DeliveryState::Pending;
        Self {
            event: d.event,
            kind: d.kind.clone(),
            happened_at: told(d.happened_at),
            state: d.state.slug(),
            attempts: d.tries,
            next_at: pending.then(|| told(d.next_at)),
            last_at: d.last.map(|last| told(last.at)),
            last_took_ms: d.last.map(|last| last.took_ms),
            last_status: d.last.and_then(|last| last.status),
            last_trouble: d.last.and_then(|last| last.trouble).map(Trouble::slug),
        }
    }
}

/// What was sent to an endpoint, and what waits.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{id}/deliveries",
    tag = "webhooks",
    security(("key" = [])),
    params(
        ("id" = Uuid, Path, description = "Id of the endpoint"),
        ("limit" = Option<u32>, Query, description = "1 to 1000; 100 if left out"),
    ),
    responses(
        (status = 200, body = Vec<DeliveryRecord>, description = "Latest first"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such endpoint of this enterprise"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "The limit is out of bounds"),
    )
)]
pub async fn deliveries(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<With<Owning>>,
    Path(id): Path<String>,
    page: Result<Query<Page>, Unread>,
) -> Result<Json<Vec<DeliveryRecord>>, Problem> {
    let (own, rows) = (own(&who)?, Page::rows(page)?);
    let endpoint = desk.ledger.endpoint(&own, read(&id)?).await?;
    let found = desk.ledger.deliveries(&own, endpoint.id, rows).await?;
    Ok(Json(found.iter().map(DeliveryRecord::from).collect()))
}

/// One event, or all from an instant on (RFC 3339).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    event: Option<Uuid>,
    since: Option<String>,
}

impl Replay {
    fn again(&self) -> Result<Again, Problem> {
        let fault = |field, problem| {
            let remedy = "name one event, or since when, as 2026-12-01T00:00:00Z";
            Problem::invalid(vec![FieldError::new(field, problem, remedy)])
        };
        match (self.event, &self.since) {
            (Some(event), None) => Ok(Again::One(event)),
            (None, Some(since)) => {
                let at: Timestamp = since.parse().map_err(|_| fault("since", "is no instant"))?;
                Ok(Again::Since(UnixMs(at.as_millisecond())))
            }
            _ => Err(fault("event", "is not named alone")),
        }
    }
}

/// How many deliveries are due again.
#[derive(Serialize, ToSchema)]
pub struct Replayed {
    deliveries: u64,
}

/// Sends again what was sent before, under its old `webhook-id`.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{id}/replay",
    tag = "webhooks",
    security(("key" = [])),
    params(("id" = Uuid, Path, description = "Id of the endpoint")),
    request_body = Replay,
    responses(
        (status = 202, body = Replayed, description = "They are due at once"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such endpoint of this enterprise"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Neither an event nor an instant"),
    )
)]
pub async fn replay(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<With<Owning>>,
    Path(id): Path<String>,
    Sent(body): Sent,
) -> Result<Response, Problem> {
    let own = own(&who)?;
    let endpoint = desk.ledger.endpoint(&own, read(&id)?).await?;
    let again = json::read::<Replay>(&body)?.again()?;
    let deliveries = desk.ledger.replay(&own, endpoint.id, again, &by).await?;
    Ok((StatusCode::ACCEPTED, Json(Replayed { deliveries })).into_response())
}
