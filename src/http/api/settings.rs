//! `/api/v1/settings` and `/api/v1/trace/customs`: what an enterprise decides of
//! its orders and packages, and of what a line packs and buyers read.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Refused;
use super::trace::own;
use crate::auth::Member;
use crate::auth::duty::{Acting, Owning};
use crate::base::FieldError;
use crate::handoff::Settings;
use crate::http::access::ByKey;
use crate::http::bodies::Sent;
use crate::http::desk::Desk;
use crate::http::json;
use crate::http::problem::{Problem, ProblemDocument};
use crate::trace::place::Customs;
use crate::trace::rules::{CASE_BOTTLES_MAX, PALLET_CASES_MAX};

/// Of orders and packages.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsRecord {
    /// An order of more labels waits for a second person; 0: every order.
    #[schema(example = 100_000)]
    approval_labels: u64,
    /// Labels of a roll that are scanned before it is signed off, 3 to 100.
    #[schema(example = 5)]
    sign_off_labels: u32,
    /// Days after which a package that nobody picked up is an alarm, 1 to 365.
    #[schema(example = 5)]
    pick_up_days: u32,
    /// Days from the first download until all is reported printed, 1 to 365.
    #[schema(example = 14)]
    printed_days: u32,
    /// Days from the sign-off until any label is on sale, 1 to 365.
    #[schema(example = 30)]
    activated_days: u32,
}

impl From<Settings> for SettingsRecord {
    fn from(s: Settings) -> Self {
        Self {
            approval_labels: s.approval_labels,
            sign_off_labels: s.sign_off_labels,
            pick_up_days: s.pick_up_days,
            printed_days: s.printed_days,
            activated_days: s.activated_days,
        }
    }
}

impl From<SettingsRecord> for Settings {
    fn from(s: SettingsRecord) -> Self {
        Self {
            approval_labels: s.approval_labels,
            sign_off_labels: s.sign_off_labels,
            pick_up_days: s.pick_up_days,
            printed_days: s.printed_days,
            activated_days: s.activated_days,
        }
    }
}

/// What the enterprise has decided of orders and packages.
#[utoipa::path(
    get,
    path = "/api/v1/settings",
    tag = "settings",
    security(("key" = [])),
    responses((status = 200, body = SettingsRecord, description = "As they are"), Refused)
)]
pub async fn show(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Acting<Owning>>,
) -> Result<Json<SettingsRecord>, Problem> {
    Ok(Json(desk.ledger.settings(&own(&who)?).await?.into()))
}

/// Decides anew, all of it.
#[utoipa::path(
    put,
    path = "/api/v1/settings",
    tag = "settings",
    security(("key" = [])),
    request_body = SettingsRecord,
    responses(
        (status = 200, body = SettingsRecord, description = "They are so"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        Refused,
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names each field that is wrong"),
    )
)]
pub async fn set(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Acting<Owning>>,
    Sent(body): Sent,
) -> Result<Json<SettingsRecord>, Problem> {
    let settings: Settings = json::read::<SettingsRecord>(&body)?.into();
    settings.check().map_err(Problem::invalid)?;
    desk.ledger.set_settings(&own(&who)?, &settings, &by).await?;
    Ok(Json(settings.into()))
}

/// Of goods on their way.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomsRecord {
    /// Whether buyers read the names of dealers in the journey; else the region alone.
    name_dealers: bool,
    /// Bottles of a full case; 0: not checked.
    #[schema(example = 6)]
    case_size: usize,
    /// Cases of a full pallet; 0: not checked.
    #[schema(example = 60)]
    pallet_size: usize,
    /// Whether bottles go on sale when a line packs them.
    activates: bool,
}

impl From<Customs> for CustomsRecord {
    fn from(c: Customs) -> Self {
        Self {
            name_dealers: c.name_dealers,
            case_size: c.case_size,
            pallet_size: c.pallet_size,
            activates: c.activates,
        }
    }
}

/// What the enterprise has decided of its goods.
#[utoipa::path(
    get,
    path = "/api/v1/trace/customs",
    tag = "traceability",
    security(("key" = [])),
    responses((status = 200, body = CustomsRecord, description = "As they are"), Refused)
)]
pub async fn customs(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Member>,
) -> Result<Json<CustomsRecord>, Problem> {
    Ok(Json(desk.ledger.customs(&own(&who)?).await?.into()))
}

/// Decides anew what a line packs and what buyers read, all of it.
#[utoipa::path(
    put,
    path = "/api/v1/trace/customs",
    tag = "traceability",
    security(("key" = [])),
    request_body = CustomsRecord,
    responses(
        (status = 200, body = CustomsRecord, description = "They are so"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        Refused,
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names each field that is wrong"),
    )
)]
pub async fn set_customs(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Acting<Owning>>,
    Sent(body): Sent,
) -> Result<Json<CustomsRecord>, Problem> {
    let CustomsRecord { name_dealers, case_size, pallet_size, activates } = json::read(&body)?;
    let sizes = [
        ("case_size", case_size, CASE_BOTTLES_MAX),
        ("pallet_size", pallet_size, PALLET_CASES_MAX),
    ];
    let faults: Vec<_> = sizes
        .into_iter()
        .filter(|(_, size, max)| size > max)
        .map(|(field, size, max)| {
            FieldError::new(field, format!("is {size}"), format!("write 0 to {max}"))
        })
        .collect();
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let customs = Customs { name_dealers, case_size, pallet_size, activates };
    desk.ledger.set_customs(&own(&who)?, &customs, &by).await?;
    Ok(Json(customs.into()))
}
