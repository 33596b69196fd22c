//! `/api/v1/alarms` and `/api/v1/approvals`: what the enterprise is to look
//! after, and what waits for a second person.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Refused;
use super::orders::OrderRecord;
use super::recall_records::RecallRecord;
use super::trace::own;
use crate::auth::Member;
use crate::base::UnixMs;
use crate::handoff::alarm::{Leak, Progress};
use crate::hooks::Kind;
use crate::http::access::ByKey;
use crate::http::desk::Desk;
use crate::http::handoff::LEAKS_MAX;
use crate::http::problem::Problem;
use crate::overview::late::Late;
use crate::registry::RangeFact;

/// Packages that are looked at: the latest.
const PACKAGES_MAX: u32 = 200;
/// Orders and recalls that are listed.
const WAITING_MAX: u32 = 500;

/// Something to look after. It goes when its cause does.
#[derive(Default, Serialize, ToSchema)]
pub struct AlarmRecord {
    /// As webhooks call it: package.not_picked_up, package.not_printed,
    /// package.not_activated, package.closed, package.leaked, batch.not_activated,
    /// closing.missing
    #[schema(example = "package.not_picked_up")]
    alarm: &'static str,
    /// Since when, RFC 3339.
    since: String,
    /// KEY-BATCH
    #[schema(example = "1-4")]
    batch: String,
    package: Option<Uuid>,
    /// What people call the package.
    #[schema(example = "ABCD2345")]
    package_number: Option<String>,
    /// First and last running number that the alarm is about, where it is about some.
    first: Option<u64>,
    last: Option<u64>,
    /// Of a leak: how often it was scanned.
    scans: Option<u64>,
}

fn instant(at: UnixMs) -> String {
    Timestamp::from_millisecond(at.0).unwrap_or_default().to_string()
}

impl From<Late> for AlarmRecord {
    fn from(late: Late) -> Self {
        let text = |member: &str| late.data[member].as_str().map(str::to_owned);
        Self {
            alarm: late.kind.slug(),
            since: instant(late.since),
            batch: text("batch").unwrap_or_default(),
            package: late.object.parse().ok(),
            package_number: text("number"),
            ..Self::default()
        }
    }
}

impl From<&Leak> for AlarmRecord {
    fn from(leak: &Leak) -> Self {
        Self {
            alarm: Kind::PackageLeaked.slug(),
            since: instant(leak.first_seen_at),
            batch: leak.batch.to_string(),
            package: Some(leak.planting.package),
            package_number: Some(leak.planting.package_number.clone()),
            first: Some(leak.number),
            last: Some(leak.number),
            scans: Some(leak.scans),
        }
    }
}

impl From<&RangeFact> for AlarmRecord {
    fn from(missing: &RangeFact) -> Self {
        Self {
            alarm: Kind::ClosingMissing.slug(),
            since: instant(missing.set_at),
            batch: missing.batch.to_string(),
            first: Some(missing.first),
            last: Some(missing.last),
            ..Self::default()
        }
    }
}

/// Of which wrong codes closed the pick-up.
fn closed(progress: &Progress) -> AlarmRecord {
    let package = &progress.package;
    AlarmRecord {
        alarm: Kind::PackageClosed.slug(),
        since: instant(package.ready_at.unwrap_or(package.created_at)),
        batch: package.batch.to_string(),
        package: Some(package.id),
        package_number: Some(package.number.clone()),
        ..AlarmRecord::default()
    }
}

/// What is late, leaked or missing.
#[utoipa::path(
    get,
    path = "/api/v1/alarms",
    tag = "overview",
    security(("key" = [])),
    responses((status = 200, body = Vec<AlarmRecord>, description = "Packages, latest first; leaks; missing labels; batches"), Refused)
)]
pub async fn list(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Member>,
) -> Result<Json<Vec<AlarmRecord>>, Problem> {
    let (own, now) = (own(&who)?, desk.clock.now());
    let settings = desk.ledger.settings(&own).await?;
    let mut out = Vec::new();
    for progress in desk.ledger.packages(&own, PACKAGES_MAX).await? {
        match Late::of_package(&progress, &settings, now) {
            Some(late) => out.push(late.into()),
            None => out.extend(progress.alarm(&settings, now).map(|_| closed(&progress))),
        }
    }
    out.extend(desk.ledger.leaks(&own, LEAKS_MAX).await?.iter().map(AlarmRecord::from));
    let missing = desk.ledger.missing_labels(&own).await?;
    out.extend(missing.iter().map(|(fact, _)| AlarmRecord::from(fact)));
    let register = desk.scanner.register.load_full();
    let own_batches = register.batches.values().filter(|facts| facts.batch.enterprise == own);
    out.extend(own_batches.filter_map(|facts| Late::of_batch(facts, now)).map(AlarmRecord::from));
    Ok(Json(out))
}

/// What waits for a second person.
#[derive(Serialize, ToSchema)]
pub struct WaitingRecord {
    /// At most 500, latest first.
    orders: Vec<OrderRecord>,
    /// Recalls, losses and lifts; at most 500, latest first.
    recalls: Vec<RecallRecord>,
}

/// Orders and recalls that wait for a second person.
#[utoipa::path(
    get,
    path = "/api/v1/approvals",
    tag = "overview",
    security(("key" = [])),
    responses((status = 200, body = WaitingRecord, description = "All that wait"), Refused)
)]
pub async fn approvals(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Member>,
) -> Result<Json<WaitingRecord>, Problem> {
    let (own, now) = (own(&who)?, desk.clock.now());
    let orders = desk.ledger.orders_awaiting(&own, WAITING_MAX).await?;
    let recalls = desk.ledger.recalls_awaiting(&own, WAITING_MAX).await?;
    Ok(Json(WaitingRecord {
        orders: orders.iter().map(|order| OrderRecord::of(order, now)).collect(),
        recalls: recalls.iter().map(RecallRecord::from).collect(),
    }))
}
