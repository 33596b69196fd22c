//! `/api/v1/batches/{batch}/balance`: where the labels of a batch are.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Refused;
use super::batches::find;
use crate::http::access::{ByKey, Registrar};
use crate::http::address::Path;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::movement::{Account, Holding};

/// Labels of one account at one place.
#[derive(Serialize, ToSchema)]
pub struct HoldingRecord {
    account: &'static str,
    /// Of custody; empty: the enterprise.
    place: String,
    labels: u64,
}

/// Labels that came to an account, and those that are there now.
#[derive(Serialize, ToSchema)]
pub struct SumRecord {
    account: &'static str,
    /// Sum of what is there and of what went on from there.
    through: u64,
    on: u64,
}

/// The sums of a batch: issued = printed + spoiled, printed = applied + returned
/// + destroyed, applied = activated + held, each with what has not come so far.
#[derive(Serialize, ToSchema)]
pub struct BalanceRecord {
    batch: String,
    labels: u64,
    sums: Vec<SumRecord>,
    holdings: Vec<HoldingRecord>,
}

/// Where the labels of a batch are.
#[utoipa::path(
    get,
    path = "/api/v1/batches/{batch}/balance",
    tag = "book",
    security(("key" = [])),
    params(("batch" = String, Path, description = "KEY-BATCH")),
    responses(
        (status = 200, body = BalanceRecord, description = "Now"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such batch within reach"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Registrar>,
    Path(batch): Path<String>,
) -> Result<Json<BalanceRecord>, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    let balance = desk.ledger.balance(batch.id).await?;
    let sum = |account: Account| SumRecord {
        account: account.slug(),
        through: balance.through(account),
        on: balance.on(account),
    };
    let holding = |(on, labels): (&Holding, &u64)| HoldingRecord {
        account: on.account.slug(),
        place: on.place.to_string(),
        labels: *labels,
    };
    Ok(Json(BalanceRecord {
        batch: batch.id.to_string(),
        labels: batch.count,
        sums: Account::ALL.into_iter().map(sum).collect(),
        holdings: balance.0.iter().map(holding).collect(),
    }))
}
