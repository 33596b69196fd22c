//! `POST /officer/codes/{serial}/look`: what tells of the people who scanned a
//! label. It takes a case in which the label is, and the trail keeps who looked,
//! and for which case.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::code::{SCANS_MAX, find};
use crate::auth::Officer;
use crate::auth::trail::Entry;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::scan::across::Phone;
use crate::scan::reason::{minute_text, place_text};
use crate::scan::{Observation, Tag48};
use crate::web::console::Frame;
use crate::web::dossier::{LookLine, LookPage};

/// For which case.
#[derive(Default, Deserialize, ToSchema)]
pub struct Wish {
    /// Id of the case
    #[serde(default)]
    case: String,
}

/// Places that people gave by a tap, and what else their phones did. The trail
/// tells of it.
#[utoipa::path(
    post,
    path = "/officer/codes/{serial}/look",
    tag = "officer console",
    params(("serial" = String, Path, description = "20 characters")),
    request_body(content = Wish, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such label, or the office has no such case with it"),
    )
)]
pub async fn look(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Officer>,
    Path(serial): Path<String>,
    Posted(wish): Posted<Wish>,
) -> Result<Response, Problem> {
    let label = find(&desk, &serial)?;
    let payload = label.payload.to_bytes();
    let wanted: Uuid = wish.case.parse().map_err(|_| Problem::nothing())?;
    let cases = desk.ledger.cases_of(who.office, &payload).await?;
    let case = cases.into_iter().find(|case| case.id == wanted).ok_or_else(Problem::nothing)?;
    let entry = Entry {
        action: "code.look",
        object: format!("code {serial}"),
        enterprise: None,
        before: Value::Null,
        after: json!({"case": case.number}),
    };
    // Told before it is shown: nobody looks unseen.
    desk.ledger.note(&by, &entry).await?;
    let scans = desk.ledger.scans_of(&payload, SCANS_MAX).await?;
    let tags: Vec<Tag48> = scans.iter().map(|seen| seen.device).collect();
    let phones: HashMap<_, _> = desk.ledger.phones(&tags).await?.into_iter().collect();
    let lang = frame.lang;
    let looked = LookPage {
        serial: label.payload.to_string(),
        serial_path: label.payload.serial_text(),
        case: case.number,
        case_id: case.id.to_string(),
        lines: (1..)
            .zip(&scans)
            .map(|(n, seen)| line(n, seen, phones.get(&seen.device), &desk, &frame))
            .collect(),
        f: frame,
    };
    page(&looked, lang, StatusCode::OK)
}

fn line(
    number: usize,
    seen: &Observation,
    phone: Option<&Phone>,
    desk: &Desk,
    f: &Frame,
) -> LookLine {
    let spot = seen.spot.map(|spot| {
        let (lat, lon) = (spot.lat(), spot.lon());
        format!("{lat:.3}, {lon:.3} ± {:.0} m", spot.accuracy_m().max(600.0))
    });
    LookLine {
        number,
        at: minute_text(seen.at, f.lang, &desk.zone),
        place: place_text(seen.place, f.lang),
        spot: spot.unwrap_or_default(),
        phone: phone.map(|phone| (phone.codes, phone.cases, phone.days, phone.met)),
    }
}
