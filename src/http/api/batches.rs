//! `/api/v1/batches`

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use utoipa::ToSchema;

use super::input::NewBatch;
use super::{Page, Refused, add as register, added};
use crate::auth::duty::Planning;
use crate::http::access::{ByKey, Registrar, With};
use crate::http::address::{Path, Query, Unread};
use crate::http::bodies::Sent;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::import::ImportKind;
use crate::registry::port::Registered;
use crate::registry::register::BatchFacts;
use crate::registry::{Batch, BatchRef, service};

/// A registered batch.
#[derive(Serialize, ToSchema)]
pub struct BatchRecord {
    /// KEY-BATCH, the two numbers that stand in each of its codes.
    batch: String,
    enterprise: String,
    /// GTIN
    product: String,
    lot: String,
    #[schema(value_type = String, format = Date)]
    made_on: Date,
    #[schema(value_type = Option<String>, format = Date)]
    expires_on: Option<Date>,
    /// First four digits of the GB/T 2260 code; 0: anywhere.
    destination: u16,
    dealer: String,
    /// outer, or outer+inner
    layers: &'static str,
    /// Labels.
    count: u64,
    /// Labels that stand on sale.
    on_sale: u64,
    /// Codes of cases.
    cases: u64,
    /// SSCC of the first case, 18 digits; null where cases have none.
    first_sscc: Option<String>,
    last_sscc: Option<String>,
    /// Codes of pallets.
    pallets: u64,
    /// SSCC of the first pallet, 18 digits; null where pallets have none.
    first_pallet_sscc: Option<String>,
    last_pallet_sscc: Option<String>,
}

impl BatchRecord {
    fn of(batch: &Batch, desk: &Desk) -> Self {
        let register = desk.scanner.register.load();
        let facts = register.batches.get(&batch.id);
        let (first_sscc, last_sscc) = batch.sscc_ends().unzip();
        let (first_pallet_sscc, last_pallet_sscc) = batch.pallet_sscc_ends().unzip();
        Self {
            batch: batch.id.to_string(),
            enterprise: batch.enterprise.to_string(),
            product: batch.product.to_string(),
            lot: batch.lot.clone(),
            made_on: batch.made_on,
            expires_on: batch.expires_on,
            destination: batch.destination,
            dealer: batch.dealer.clone(),
            layers: batch.layers.slug(),
            count: batch.count,
            on_sale: facts.map_or(0, |facts| BatchFacts::on_sale(facts)),
            cases: batch.cases,
            first_sscc: first_sscc.map(String::from),
            last_sscc: last_sscc.map(String::from),
            pallets: batch.pallets,
            first_pallet_sscc: first_pallet_sscc.map(String::from),
            last_pallet_sscc: last_pallet_sscc.map(String::from),
        }
    }
}

/// The batch that a path names, if it is within reach.
pub(super) async fn find(desk: &Desk, who: &Registrar, name: &str) -> Result<Batch, Problem> {
    let id: BatchRef = name.parse().map_err(|_| Problem::nothing())?;
    Ok(service::batch(&*desk.ledger, &who.scope, id).await?)
}

/// Batches within the key's reach, latest first.
#[utoipa::path(
    get,
    path = "/api/v1/batches",
    tag = "registry",
    security(("key" = [])),
    params(("limit" = Option<u32>, Query, description = "1 to 1000 [default: 100]")),
    responses(
        (status = 200, body = Vec<BatchRecord>, description = "Latest first"),
        Refused,
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A limit out of bounds"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Registrar>,
    page: Result<Query<Page>, Unread>,
) -> Result<Json<Vec<BatchRecord>>, Problem> {
    let found = desk.ledger.batches(who.own(), Page::rows(page)?).await?;
    Ok(Json(found.iter().map(|batch| BatchRecord::of(batch, &desk)).collect()))
}

/// Registers a batch, which gets its number here.
///
/// A batch has no name before: a request that is sent again makes another
/// one. `POST /api/v1/orders` is idempotent by its order key.
#[utoipa::path(
    post,
    path = "/api/v1/batches",
    tag = "registry",
    security(("key" = [])),
    request_body = NewBatch,
    responses(
        (status = 201, body = BatchRecord, description = "Registered"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        Refused,
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names each field that is wrong"),
    )
)]
pub async fn add(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<With<Planning>>,
    Sent(body): Sent,
) -> Result<Response, Problem> {
    let done = register(&desk, &who.scope, &by, ImportKind::Batches, &body).await?;
    let (Registered::Batch(id), _) = done else { return Err(Problem::broken()) };
    let batch = desk.ledger.batch(id).await?;
    Ok(added(true, &format!("/api/v1/batches/{id}"), BatchRecord::of(&batch, &desk)))
}

/// One batch.
#[utoipa::path(
    get,
    path = "/api/v1/batches/{batch}",
    tag = "registry",
    security(("key" = [])),
    params(("batch" = String, Path, description = "KEY-BATCH")),
    responses(
        (status = 200, body = BatchRecord, description = "The batch"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such batch within reach"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Registrar>,
    Path(batch): Path<String>,
) -> Result<Json<BatchRecord>, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    Ok(Json(BatchRecord::of(&batch, &desk)))
}

/// Scans of one day.
#[derive(Serialize, ToSchema)]
pub struct DayRecord {
    /// In the zone of the installation.
    #[schema(value_type = String, format = Date)]
    day: Date,
    scans: u64,
    /// Different labels.
    labels: u64,
}

/// Days that are looked back upon.
const DAYS: i64 = 400;

/// Scans of a batch by day, as far as they were followed.
#[utoipa::path(
    get,
    path = "/api/v1/batches/{batch}/scans",
    tag = "registry",
    security(("key" = [])),
    params(("batch" = String, Path, description = "KEY-BATCH")),
    responses(
        (status = 200, body = Vec<DayRecord>, description = "Days with scans, of the last 400"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such batch within reach"),
    )
)]
pub async fn scans(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Registrar>,
    Path(batch): Path<String>,
) -> Result<Json<Vec<DayRecord>>, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    let now = desk.clock.now();
    let stamp = Timestamp::from_millisecond(now.0).unwrap_or_default();
    let offset_ms = i64::from(desk.zone.to_offset(stamp).seconds()) * 1_000;
    let since = now.plus_ms(-DAYS * 86_400_000);
    let days = desk.ledger.scans_by_day(batch.id, since, offset_ms).await?;
    let epoch = jiff::civil::date(1970, 1, 1);
    let record = |day: crate::scan::ledger::DayCount| DayRecord {
        day: epoch.saturating_add(day.day.days()),
        scans: day.scans,
        labels: day.labels,
    };
    Ok(Json(days.into_iter().map(record).collect()))
}
