//! `/enterprise/exports`: files of what the enterprise has.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::home::own;
use crate::auth::{Duty, Member};
use crate::exports::{Format, Kind};
use crate::http::access::AtConsole;
use crate::http::address::{Path, Query};
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::exports::export;
use crate::http::problem::{Problem, ProblemDocument};
use crate::web::exports::{ExportLine, ExportsPage, kind as words};

/// What can be taken away.
#[utoipa::path(
    get,
    path = "/enterprise/exports",
    tag = "enterprise console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn list(AtConsole { who, frame, .. }: AtConsole<Member>) -> Result<Response, Problem> {
    let lang = frame.lang;
    let line = |kind: Kind| {
        let (name, has) = words(kind);
        ExportLine { kind: kind.slug(), name: name.of(lang), has: has.of(lang) }
    };
    let kinds = Kind::ALL.into_iter().filter(|kind| may(&who, *kind)).map(line).collect();
    page(&ExportsPage { f: frame, kinds }, lang, StatusCode::OK)
}

fn may(who: &Member, kind: Kind) -> bool {
    !kind.is_for_owners() || who.duties.allow(Duty::Owner)
}

/// `csv` or `jsonl`.
#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    format: String,
}

/// One file: CSV for a spreadsheet, with a byte order mark, or JSON Lines.
#[utoipa::path(
    get,
    path = "/enterprise/exports/{kind}",
    tag = "enterprise console",
    params(
        ("kind" = String, Path, description = "One of enterprise, licences, products, batches, ranges, orders, printers, packages, visits, downloads, reports, movements, schedules, closings, places, events, recalls, recall-ranges, returns, scans, flags, replies, alarms; for owners people, keys, webhooks, trail"),
        ("format" = Option<String>, Query, description = "csv, or jsonl"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/csv", description = "The file"),
        (status = 303, description = "To the form for signing in"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "For owners"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such kind"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Two files of yours are under way"),
    )
)]
pub async fn take(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Member>,
    Path(kind): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let kind = Kind::from_slug(&kind).ok_or_else(Problem::nothing)?;
    if !may(&who, kind) {
        return Err(Problem::not_your_duty());
    }
    let format = match wanted.format.as_str() {
        "jsonl" => Format::JsonLines,
        _ => Format::Csv { marked: true },
    };
    export(&desk, own(&who)?, kind, format, &by).await
}
