//! `/api/v1/orders/{id}/approve` and `/package`: approval and hand-over, as
//! programs need them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Refused;
use super::orders::{OrderRecord, find};
use crate::auth::duty::{Approving, Planning};
use crate::base::{FieldError, UnixMs, grounds};
use crate::handoff::Package;
use crate::handoff::report::Standing;
use crate::http::access::{ByKey, Registrar, With};
use crate::http::address::Path;
use crate::http::bodies::Sent;
use crate::http::desk::Desk;
use crate::http::handoff::{granted, house};
use crate::http::json;
use crate::http::problem::{Problem, ProblemDocument};

/// A second person's word on an order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Word {
    approved: bool,
    /// Why it is not approved.
    #[serde(default)]
    reason: String,
}

/// Lets an order be made that waits for approval, or does not. Whoever placed it
/// cannot.
#[utoipa::path(
    post,
    path = "/api/v1/orders/{id}/approve",
    tag = "orders",
    security(("key" = [])),
    params(("id" = Uuid, Path, description = "Id of the order")),
    request_body = Word,
    responses(
        (status = 200, body = OrderRecord, description = "The order as it is now"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such order within reach"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "It does not wait for approval, or its own placer asks"),
    )
)]
pub async fn approve(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<With<Approving>>,
    Path(id): Path<String>,
    Sent(body): Sent,
) -> Result<Json<OrderRecord>, Problem> {
    let order = find(&desk, &who, &id).await?;
    let word: Word = json::read(&body)?;
    let reason = (!word.approved).then(|| grounds("reason", &word.reason)).transpose();
    let reason = reason.map_err(|fault| Problem::invalid(vec![fault]))?;
    let order = desk.ledger.approve(order.id, reason.as_deref(), &by).await?;
    Ok(Json(OrderRecord::of(&order, by.at)))
}

/// A download that was begun.
#[derive(Serialize, ToSchema)]
pub struct DownloadRecord {
    number: u32,
    /// RFC 3339
    begun_at: String,
    /// /24 or /48
    network: String,
    bytes_sent: u64,
    finished_at: Option<String>,
}

/// The package of an order.
#[derive(Serialize, ToSchema)]
pub struct PackageRecord {
    id: Uuid,
    number: String,
    /// Id of the printing house.
    house: Uuid,
    /// building, ready or ended
    state: &'static str,
    /// What keeps it from being built.
    problem: Option<String>,
    /// From 1 on.
    pick_up: u32,
    /// RFC 3339; unknown before it is ready.
    good_until: Option<String>,
    downloads: Vec<DownloadRecord>,
    printed: u64,
    spoiled: u64,
    reprinted: u64,
    /// accepted or rejected; null: not yet.
    sign_off: Option<&'static str>,
    /// Shown with a new pick-up alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pick_up_code: Option<String>,
    /// The same, where the printing house has no key of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    passphrase: Option<String>,
}

async fn record(desk: &Desk, package: &Package) -> Result<PackageRecord, Problem> {
    let downloads = desk.ledger.downloads(package.id).await?;
    let standing = Standing::of(&desk.ledger.reports(package.id).await?);
    let word = |accepted| if accepted { "accepted" } else { "rejected" };
    Ok(PackageRecord {
        id: package.id,
        number: package.number.clone(),
        house: package.house,
        state: package.state.slug(),
        problem: package.problem.clone(),
        pick_up: package.pick_up,
        good_until: package.good_until().map(UnixMs::rfc3339),
        downloads: downloads
            .into_iter()
            .map(|d| DownloadRecord {
                number: d.number,
                begun_at: d.begun_at.rfc3339(),
                network: d.network,
                bytes_sent: d.sent,
                finished_at: d.finished_at.map(UnixMs::rfc3339),
            })
            .collect(),
        printed: standing.printed.len(),
        spoiled: standing.spoiled.len(),
        reprinted: standing.reprinted,
        sign_off: package.sign_off.as_ref().map(|s| word(s.accepted)),
        pick_up_code: None,
        passphrase: None,
    })
}

/// The package of an order and what became of it.
#[utoipa::path(
    get,
    path = "/api/v1/orders/{id}/package",
    tag = "orders",
    security(("key" = [])),
    params(("id" = Uuid, Path, description = "Id of the order")),
    responses(
        (status = 200, body = PackageRecord, description = "The package"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such order within reach, or it was not handed over"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Registrar>,
    Path(id): Path<String>,
) -> Result<Json<PackageRecord>, Problem> {
    let order = find(&desk, &who, &id).await?;
    let package = desk.ledger.package_of(order.id).await?.ok_or_else(Problem::nothing)?;
    Ok(Json(record(&desk, &package).await?))
}

/// Hands an order over, or grants a further pick-up of its package. The code
/// and the passphrase are in this answer alone.
#[utoipa::path(
    post,
    path = "/api/v1/orders/{id}/package",
    tag = "orders",
    security(("key" = [])),
    params(("id" = Uuid, Path, description = "Id of the order")),
    responses(
        (status = 201, body = PackageRecord, description = "With the pick-up code"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such order within reach"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "It cannot be handed over now"),
    )
)]
pub async fn hand_over(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<With<Planning>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let order = find(&desk, &who, &id).await?;
    let house_id = order.new.hand_over.house.ok_or_else(|| {
        let remedy = "order its labels for a printing house";
        Problem::invalid(vec![FieldError::new("order", "it names no printing house", remedy)])
    })?;
    let house = house(&*desk.ledger, &order.new.enterprise, house_id).await?;
    let granted = granted(&house).await?;
    let package = match desk.ledger.package_of(order.id).await? {
        None => desk.ledger.hand_over(order.id, &granted.grant, &by).await?,
        Some(package) => desk.ledger.renew(package.id, &granted.grant, &by).await?,
    };
    desk.show_changes().await;
    let record = PackageRecord {
        pick_up_code: Some(granted.code),
        passphrase: granted.passphrase,
        ..record(&desk, &package).await?
    };
    Ok((StatusCode::CREATED, Json(record)).into_response())
}
