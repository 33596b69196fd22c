//! `/api/v1/overview`

use axum::Json;
use axum::extract::State;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::Refused;
use super::trace::own;
use crate::auth::Member;
use crate::http::access::ByKey;
use crate::http::desk::Desk;
use crate::http::overview::{Figures, figures, kinds};
use crate::http::problem::Problem;
use crate::overview::flow::Flow;
use crate::scan::diversion::Travelled;

/// What the enterprise sees of its goods at a glance. Provinces are two digits of
/// GB/T 2260, 0 unknown; shares are 0 to 1.
#[derive(Serialize, ToSchema)]
pub struct OverviewRecord {
    accounts: Vec<AccountRecord>,
    /// Buyers' scans of the last 60 days, days without any left out.
    days: Vec<DayRecord>,
    provinces: Vec<ProvinceRecord>,
    /// Labels that answer `suspect` now, at most 100, by the first reason.
    suspect: Vec<SuspectRecord>,
    /// Registered 14 days ago or more; labels wait and none is on sale. At most 50.
    not_activated: Vec<IdleRecord>,
    /// Of the lots of which anything was shipped.
    shipments: Vec<FlowRecord>,
    shipments_by_lot: Vec<LotFlowRecord>,
    /// Lots made for one province that have 30 first scans, the most unusual first, at most 50.
    lots: Vec<LotRecord>,
}

#[derive(Serialize, ToSchema)]
pub struct AccountRecord {
    /// issued, printed, spoiled, applied, returned, destroyed, activated or held
    #[schema(example = "activated")]
    account: &'static str,
    labels: u64,
}

#[derive(Serialize, ToSchema)]
pub struct DayRecord {
    /// ISO 8601, where the server is
    #[schema(value_type = String, format = Date)]
    day: Date,
    scans: u64,
}

#[derive(Serialize, ToSchema)]
pub struct ProvinceRecord {
    #[schema(example = 41)]
    province: u8,
    /// Of the last 60 days.
    scans: u64,
    /// Labels that were scanned there for the first time, ever.
    first_scans: u64,
}

#[derive(Serialize, ToSchema)]
pub struct SuspectRecord {
    #[schema(example = "places_too_far_apart")]
    reason: String,
    labels: u64,
}

#[derive(Serialize, ToSchema)]
pub struct IdleRecord {
    #[schema(example = "1-4")]
    batch: String,
    /// Since it was registered.
    days: i64,
}

/// Shipments beside first scans.
#[derive(Serialize, ToSchema)]
pub struct FlowRecord {
    #[schema(example = 41)]
    province: u8,
    /// By events of traceability; returns are not taken off.
    bottles_shipped: u64,
    /// Labels of these lots that were scanned there for the first time.
    first_scans: u64,
}

#[derive(Serialize, ToSchema)]
pub struct LotFlowRecord {
    #[schema(example = "1-4")]
    batch: String,
    provinces: Vec<FlowRecord>,
}

/// A lot against how far the same product's other lots travel. A mark is a
/// reason to ask, not a finding.
#[derive(Serialize, ToSchema)]
pub struct LotRecord {
    #[schema(example = "1-4")]
    batch: String,
    /// Province that it was made for.
    destination: u8,
    first_scans: u32,
    /// Of them outside that province.
    outside: u32,
    /// Interval of 95 % of the share outside.
    share_low: f64,
    share_high: f64,
    /// Share outside of the other lots.
    usual: f64,
    /// How often a lot that travels like the others has such a share.
    chance: f64,
    unusual: bool,
}

fn flow((province, flow): (u8, Flow)) -> FlowRecord {
    FlowRecord { province, bottles_shipped: flow.shipped, first_scans: flow.firsts }
}

impl From<&Travelled> for LotRecord {
    fn from(lot: &Travelled) -> Self {
        Self {
            batch: lot.batch.to_string(),
            destination: lot.destination,
            first_scans: lot.labels,
            outside: lot.outside,
            share_low: lot.share.0,
            share_high: lot.share.1,
            usual: lot.usual,
            chance: lot.chance,
            unusual: lot.unusual,
        }
    }
}

/// Lots of whose shipments the answer tells: the latest.
const LOTS_MAX: usize = 100;

impl From<Figures> for OverviewRecord {
    fn from(f: Figures) -> Self {
        let epoch = jiff::civil::date(1970, 1, 1);
        let mut places: Vec<u8> = f.scanned.keys().chain(f.firsts.keys()).copied().collect();
        places.sort_unstable();
        places.dedup();
        let province = |code: u8| ProvinceRecord {
            province: code,
            scans: f.scanned.get(&code).copied().unwrap_or(0),
            first_scans: f.firsts.get(&code).copied().unwrap_or(0),
        };
        let day =
            |&(day, scans): &(i64, u64)| DayRecord { day: epoch.saturating_add(day.days()), scans };
        let accounts = f.accounts.iter();
        let lot_flows = f.flows.lots.iter().take(LOTS_MAX);
        Self {
            accounts: accounts
                .map(|(on, labels)| AccountRecord { account: on.slug(), labels: *labels })
                .collect(),
            days: f.days.iter().map(day).collect(),
            provinces: places.into_iter().map(province).collect(),
            suspect: kinds(&f.accused)
                .into_iter()
                .map(|(reason, labels)| SuspectRecord { reason: reason.to_owned(), labels })
                .collect(),
            not_activated: f
                .idle
                .iter()
                .map(|(days, batch)| IdleRecord { batch: batch.to_string(), days: *days })
                .collect(),
            shipments: f.flows.provinces.iter().map(|(p, of)| flow((*p, *of))).collect(),
            shipments_by_lot: lot_flows
                .map(|(batch, by)| LotFlowRecord {
                    batch: batch.to_string(),
                    provinces: by.iter().map(|(p, of)| flow((*p, *of))).collect(),
                })
                .collect(),
            lots: f.lots.iter().map(LotRecord::from).collect(),
        }
    }
}

/// The figures of the overview.
#[utoipa::path(
    get,
    path = "/api/v1/overview",
    tag = "overview",
    security(("key" = [])),
    responses((status = 200, body = OverviewRecord, description = "As they are now"), Refused)
)]
pub async fn show(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Member>,
) -> Result<Json<OverviewRecord>, Problem> {
    Ok(Json(figures(&desk, &own(&who)?).await?.into()))
}
