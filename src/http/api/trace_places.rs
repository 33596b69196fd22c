//! `/api/v1/trace/places`: sites, dealers, stations.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::trace::own;
use super::{Refused, Words};
use crate::auth::Member;
use crate::auth::duty::{Acting, Selling};
use crate::base::FieldError;
use crate::http::access::ByKey;
use crate::http::bodies::Sent;
use crate::http::desk::Desk;
use crate::http::json;
use crate::http::problem::{Problem, ProblemDocument};
use crate::trace::place::{PlaceKind, Site};

/// A place or party.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceRecord {
    /// The enterprise's own short name for it; stays.
    code: String,
    /// site, dealer or station
    kind: String,
    name: Words,
    /// Global Location Number, 13 digits.
    gln: Option<String>,
    /// GB/T 2260, four digits; 0: not said.
    #[serde(default)]
    region: u16,
}

impl From<&Site> for PlaceRecord {
    fn from(s: &Site) -> Self {
        Self {
            code: s.code.clone(),
            kind: s.kind.slug().to_owned(),
            name: (&s.name).into(),
            gln: s.gln.clone(),
            region: s.region,
        }
    }
}

/// Places of the enterprise.
#[utoipa::path(
    get,
    path = "/api/v1/trace/places",
    tag = "traceability",
    security(("key" = [])),
    responses((status = 200, body = Vec<PlaceRecord>, description = "By code"), Refused)
)]
pub async fn list(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Member>,
) -> Result<Json<Vec<PlaceRecord>>, Problem> {
    let sites = desk.ledger.sites(&own(&who)?).await?;
    Ok(Json(sites.iter().map(PlaceRecord::from).collect()))
}

/// Adds a place, or changes the one with its code.
#[utoipa::path(
    post,
    path = "/api/v1/trace/places",
    tag = "traceability",
    security(("key" = [])),
    request_body = PlaceRecord,
    responses(
        (status = 201, body = PlaceRecord, description = "It is registered so"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        Refused,
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names what is wrong"),
    )
)]
pub async fn put(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Acting<Selling>>,
    Sent(body): Sent,
) -> Result<(StatusCode, Json<PlaceRecord>), Problem> {
    let sent: PlaceRecord = json::read(&body)?;
    let kind = PlaceKind::from_slug(&sent.kind).ok_or_else(|| {
        let remedy = "write site, dealer or station";
        Problem::invalid(vec![FieldError::new("kind", "is not known", remedy)])
    })?;
    let PlaceRecord { code, name, gln, region, .. } = sent;
    let site = Site { code, kind, name: name.into(), gln, region };
    site.check().map_err(Problem::invalid)?;
    desk.ledger.put_site(&own(&who)?, &site, &by).await?;
    Ok((StatusCode::CREATED, Json((&site).into())))
}
