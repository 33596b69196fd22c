//! `GET /api/v1/trace/units/{code}`: what holds it, what it holds, where it is.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Refused;
use super::trace::own;
use crate::auth::Member;
use crate::http::access::ByKey;
use crate::http::address::Path;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::Register;
use crate::trace::document::{kind_word, time_text};
use crate::trace::port::Kept;
use crate::trace::rules::State as UnitState;
use crate::trace::{Refusal, Unit};

/// A bottle, case or pallet.
#[derive(Serialize, ToSchema)]
pub struct UnitName {
    /// bottle, case or pallet
    kind: &'static str,
    /// KEY-BATCH of its label; null of a pallet.
    batch: Option<String>,
    /// Running number; null of a pallet.
    number: Option<u64>,
    /// Its serial, or the pallet's SSCC or number.
    code: String,
}

/// All that is known of it.
#[derive(Serialize, ToSchema)]
pub struct UnitRecord {
    unit: UnitName,
    /// at_maker, in_transit, received, returned or destroyed: of the outermost
    /// that holds it
    whereabouts: &'static str,
    /// Code of a place; of what is under way, where it goes to.
    place: Option<String>,
    /// What holds it, the innermost first.
    holders: Vec<UnitName>,
    /// At most 500.
    contents: Vec<UnitName>,
    /// Oldest first.
    history: Vec<EventLine>,
}

/// One event of its history.
#[derive(Serialize, ToSchema)]
pub struct EventLine {
    #[serde(rename = "eventID")]
    event_id: String,
    /// packed, shipped, inspected ...
    act: &'static str,
    /// RFC 3339
    at: String,
    parent: Option<UnitName>,
    count: u64,
    place: Option<String>,
    from: Option<String>,
    to: Option<String>,
    /// Whether it was declared an error.
    error: bool,
}

fn named(unit: &Unit, register: &Register) -> UnitName {
    let (number, code) = match unit {
        Unit::Bottle { number, .. } | Unit::Case { number, .. } => {
            let payload = unit.payload(register);
            (Some(*number), payload.map(|p| p.serial_text()).unwrap_or_default())
        }
        Unit::Pallet { code, .. } => (None, code.clone()),
    };
    let batch = unit.batch().map(|batch| batch.to_string());
    UnitName { kind: kind_word(unit), batch, number, code }
}

fn line(kept: &Kept, register: &Register) -> EventLine {
    EventLine {
        event_id: kept.id.clone(),
        act: kept.act.slug(),
        at: time_text(kept.at, kept.offset_minutes),
        parent: kept.parent.as_ref().map(|unit| named(unit, register)),
        count: kept.count,
        place: kept.place.clone(),
        from: kept.from.clone(),
        to: kept.to.clone(),
        error: kept.declared.is_some(),
    }
}

/// A bottle, case or pallet by its serial, SSCC or number.
#[utoipa::path(
    get,
    path = "/api/v1/trace/units/{code}",
    tag = "traceability",
    security(("key" = [])),
    params(("code" = String, Path, description = "Serial, code, SSCC, or pallet number")),
    responses(
        (status = 200, body = UnitRecord, description = "What events tell of it"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "Not of this enterprise"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Member>,
    Path(code): Path<String>,
) -> Result<Json<UnitRecord>, Problem> {
    let own = own(&who)?;
    let register = desk.scanner.register.load_full();
    let unit = Unit::read(&code, &register, &own).map_err(|_: Refusal| Problem::nothing())?;
    let picture = desk.ledger.picture(&own, &unit).await?;
    let outermost: &UnitState = picture.holders.last().map_or(&picture.state, |(_, state)| state);
    Ok(Json(UnitRecord {
        unit: named(&unit, &register),
        whereabouts: outermost.whereabouts.slug(),
        place: outermost.place.clone(),
        holders: picture.holders.iter().map(|(unit, _)| named(unit, &register)).collect(),
        contents: picture.contents.iter().map(|(unit, _)| named(unit, &register)).collect(),
        history: picture.history.iter().map(|kept| line(kept, &register)).collect(),
    }))
}
