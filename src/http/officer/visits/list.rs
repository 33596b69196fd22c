//! `/officer/visits`: visits of the office, latest first.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::cases;
use crate::auth::Officer;
use crate::http::access::AtConsole;
use crate::http::address::{Query, counted};
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::scan::Place;
use crate::scan::reason::minute_text;
use crate::visits::Fact;
use crate::visits::port::{self, VISITS_SHOWN_MAX};
use crate::web::console::Frame;
use crate::web::visits::{VisitLine, VisitsPage};

#[derive(Deserialize)]
pub struct From {
    #[serde(default, deserialize_with = "counted")]
    before: Option<u64>,
}

/// Visits of the office.
#[utoipa::path(
    get,
    path = "/officer/visits",
    tag = "officer console",
    params(("before" = Option<u64>, Query, description = "Where the page before ended")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Officer>,
    Query(From { before }): Query<From>,
) -> Result<Response, Problem> {
    let found = desk.ledger.field_visits(who.office, before, VISITS_SHOWN_MAX).await?;
    let full = found.len() as u32 == VISITS_SHOWN_MAX;
    let next = found.last().filter(|_| full).map(|last| last.opening.seq);
    let mut visits = Vec::new();
    for one in &found {
        visits.push(line(&desk, &who, one, &frame).await?);
    }
    let lang = frame.lang;
    page(&VisitsPage { f: frame, visits, next }, lang, StatusCode::OK)
}

async fn line(
    desk: &Desk,
    who: &Officer,
    one: &port::VisitLine,
    f: &Frame,
) -> Result<VisitLine, Problem> {
    let Fact::Visit(opening) = &one.opening.record.fact else { return Err(Problem::broken()) };
    Ok(VisitLine {
        id: one.opening.record.id.to_string(),
        at: minute_text(one.opening.made_by_server(), f.lang, &desk.zone),
        seller: opening.seller.name.clone(),
        region: Place(opening.region).text(f.lang).unwrap_or_default(),
        by: one.opening.arrival.recorded_by.clone(),
        checks: one.checks,
        photos: one.photos,
        seals: one.seals,
        overtaken: one.overtaken,
        cases: cases(desk, who, &one.cases).await?,
    })
}
