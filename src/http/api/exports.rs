//! `GET /api/v1/exports/{kind}`

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;

use super::Refused;
use crate::auth::Duty;
use crate::base::FieldError;
use crate::exports::{Format, Kind};
use crate::http::access::{ByKey, Registrar};
use crate::http::address::{Path, Query};
use crate::http::desk::Desk;
use crate::http::exports::export;
use crate::http::problem::{Problem, ProblemDocument};

#[derive(Deserialize)]
pub struct Wanted {
    format: Option<String>,
}

/// Everything of one kind that the enterprise put in or that is about it, in
/// one file that is sent as it is read. A file that breaks off is not whole.
/// Cells of CSV that a spreadsheet would take for a formula have an apostrophe
/// before them.
#[utoipa::path(
    get,
    path = "/api/v1/exports/{kind}",
    tag = "exports",
    security(("key" = [])),
    params(
        ("kind" = String, Path, description = "One of enterprise, licences, products, batches, own-imports, own-serials, ranges, orders, printers, packages, visits, downloads, reports, movements, schedules, closings, places, events, recalls, recall-ranges, returns, scans, flags, replies, alarms; for owners people, keys, webhooks, trail"),
        ("format" = Option<String>, Query, description = "csv or jsonl; else by Accept, JSON Lines first"),
    ),
    responses(
        (status = 200, description = "The file", content(
            (String = "application/x-ndjson"),
            (String = "text/csv"),
        )),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such kind"),
        (status = 406, body = ProblemDocument, content_type = "application/problem+json", description = "Neither CSV nor JSON Lines is taken"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "No such format"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Two files of yours are under way"),
        (status = 503, body = ProblemDocument, content_type = "application/problem+json", description = "Too many exports are under way"),
    )
)]
pub async fn take(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Registrar>,
    Path(kind): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let own = who.own().cloned().ok_or_else(Problem::forbidden)?;
    let kind = Kind::from_slug(&kind).ok_or_else(Problem::nothing)?;
    if kind.is_for_owners() && !who.may(Some(Duty::Owner)) {
        return Err(Problem::forbidden());
    }
    let format = format(wanted.format.as_deref(), &headers)?;
    export(&desk, own, kind, format, &by).await
}

fn format(wanted: Option<&str>, headers: &HeaderMap) -> Result<Format, Problem> {
    const CSV: Format = Format::Csv { marked: false };
    match wanted {
        Some("csv") => return Ok(CSV),
        Some("jsonl") => return Ok(Format::JsonLines),
        Some(other) => {
            let problem = format!("{other:?} is not known");
            let fault = FieldError::new("format", problem, "write csv or jsonl");
            return Err(Problem::invalid(vec![fault]));
        }
        None => {}
    }
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let accept = accept.unwrap_or("*/*").to_ascii_lowercase();
    let names = |media: &str| accept.split(',').any(|range| range.trim().starts_with(media));
    if names("application/x-ndjson") || names("application/*") {
        Ok(Format::JsonLines)
    } else if names("text/csv") || names("text/*") {
        Ok(CSV)
    } else if names("*/*") {
        Ok(Format::JsonLines)
    } else {
        Err(Problem::new(
            StatusCode::NOT_ACCEPTABLE,
            "media_type",
            "请用 Accept: text/csv 或 application/x-ndjson，或者加 ?format=csv 或 jsonl。",
            "Accept text/csv or application/x-ndjson, or add ?format=csv or jsonl.",
        ))
    }
}
