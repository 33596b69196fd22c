//! `/county/audit`: who changed what, and the same as JSON Lines.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

use crate::auth::Administrator;
use crate::auth::trail::{Row, Wanted};
use crate::base::{FieldError, Lang, LedgerError, UnixMs};
use crate::http::access::AtConsole;
use crate::http::address::{Query, Unread};
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::exports::taken;
use crate::http::problem::Problem;
use crate::scan::reason::minute_text;
use crate::web::console::{Frame, Typed};
use crate::web::county::{TrailFilter, TrailLine, TrailPage};
use crate::web::trail::{action, object};

/// Rows of one page.
const ROWS: u32 = 100;
/// Rows that an export reads at once.
const EXPORT_ROWS: u32 = 1_000;

/// What the trail is narrowed to.
#[derive(Clone, Default, Deserialize)]
pub struct Filter {
    #[serde(default)]
    login: String,
    #[serde(default)]
    enterprise: String,
    /// Or its beginning: `order`
    #[serde(default)]
    action: String,
    /// Days, both inclusive: 2026-12-01
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    /// Rows before this one: its number.
    #[serde(default)]
    before: String,
}

impl Filter {
    fn wanted(&self, desk: &Desk) -> Result<Wanted, FieldError> {
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let from = day("from", &self.from)?;
        let until = day("until", &self.until)?;
        let begins = |day: Date| begin_of(day, desk);
        Ok(Wanted {
            enterprise: text(&self.enterprise),
            login: text(&self.login),
            action: text(&self.action),
            from: from.map(begins).transpose()?,
            // The whole of the day that was named.
            until: until.map(|day| begins(day.saturating_add(1.day()))).transpose()?,
        })
    }

    fn before(&self) -> Result<Option<u64>, Problem> {
        if self.before.is_empty() {
            return Ok(None);
        }
        let number = self.before.parse().ok().filter(|seq| i64::try_from(*seq).is_ok());
        number.map(Some).ok_or_else(|| {
            let remedy = "begin with the newest";
            Problem::invalid(vec![FieldError::new("before", "is no number of a row", remedy)])
        })
    }

    fn query(&self) -> String {
        let mut out = String::new();
        for (name, value) in [
            ("login", &self.login),
            ("enterprise", &self.enterprise),
            ("action", &self.action),
            ("from", &self.from),
            ("until", &self.until),
        ] {
            if !value.trim().is_empty() {
                out += &format!("{name}={}&", escaped(value.trim()));
            }
        }
        out
    }
}

/// For a query (RFC 3986, 2.1).
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |out, b| match b {
        b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => {
            out + char::from(b).encode_utf8(&mut [0; 4])
        }
        b => out + &format!("%{b:02X}"),
    })
}

fn day(field: &str, typed: &str) -> Result<Option<Date>, FieldError> {
    if typed.trim().is_empty() {
        return Ok(None);
    }
    let fault = |_| FieldError::new(field, "is no date", "write 2026-12-01, or nothing");
    typed.trim().parse().map(Some).map_err(fault)
}

fn begin_of(day: Date, desk: &Desk) -> Result<i64, FieldError> {
    let zoned = day.to_zoned_datetime(desk.zone.clone());
    zoned
        .map(|zoned| zoned.timestamp().as_millisecond())
        .map_err(|_| FieldError::new("from", "is out of range", "write 2026-12-01"))
}

fn trail_line(row: Row, desk: &Desk, lang: Lang) -> TrailLine {
    let none = |json: String| if json == "null" { String::new() } else { json };
    TrailLine {
        seq: row.seq,
        at: minute_text(UnixMs(row.at), lang, &desk.zone),
        login: row.login,
        origin: row.origin,
        enterprise: row.enterprise.unwrap_or_default(),
        action: action(&row.action, lang),
        object: object(&row.object, lang),
        before: none(row.before),
        after: none(row.after),
    }
}

/// The audit trail, newest first.
#[utoipa::path(
    get,
    path = "/county/audit",
    tag = "county console",
    params(
        ("login" = Option<String>, Query, description = "Who"),
        ("enterprise" = Option<String>, Query, description = "Whom it concerns"),
        ("action" = Option<String>, Query, description = "What, or its beginning"),
        ("from" = Option<String>, Query, description = "First day"),
        ("until" = Option<String>, Query, description = "Last day"),
        ("before" = Option<String>, Query, description = "Rows before the one of this number"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { frame: f, .. }: AtConsole<Administrator>,
    filter: Result<Query<Filter>, Unread>,
) -> Result<Response, Problem> {
    let lang = f.lang;
    let filter = filter.map_or_else(|_| Filter::default(), |Query(filter)| filter);
    let before = filter.before()?;
    let (rows, fault) = match filter.wanted(&desk) {
        Ok(wanted) => (desk.ledger.trail_back(&wanted, before, ROWS).await?, None),
        Err(fault) => (Vec::new(), Some(fault)),
    };
    let full = u32::try_from(rows.len()).is_ok_and(|rows| rows == ROWS);
    let older = rows.last().map(|row| row.seq).filter(|_| full);
    let shown = TrailPage {
        rows: rows.into_iter().map(|row| trail_line(row, &desk, lang)).collect(),
        query: filter.query(),
        filter: filled(filter, fault.as_ref(), &f),
        older,
        f,
    };
    let status = if fault.is_none() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(&shown, lang, status)
}

fn filled(filter: Filter, fault: Option<&FieldError>, f: &Frame) -> TrailFilter {
    let typed = |field: &str, value: String| {
        let wrong = fault.filter(|e| e.field == field);
        let error = wrong.map(|_| f.t("请填日期，例如2026-12-01", "Write a day: 2026-12-01"));
        Typed { value, error: error.map(str::to_owned) }
    };
    TrailFilter {
        from: typed("from", filter.from),
        until: typed("until", filter.until),
        login: filter.login,
        enterprise: filter.enterprise,
        action: filter.action,
    }
}

/// The audit trail, oldest first, a JSON object a line.
#[utoipa::path(
    get,
    path = "/county/audit.jsonl",
    tag = "county console",
    params(
        ("login" = Option<String>, Query, description = "Who"),
        ("enterprise" = Option<String>, Query, description = "Whom it concerns"),
        ("action" = Option<String>, Query, description = "What, or its beginning"),
        ("from" = Option<String>, Query, description = "First day"),
        ("until" = Option<String>, Query, description = "Last day"),
    ),
    responses(
        (status = 200, body = String, content_type = "application/x-ndjson", description = "A row a line"),
        (status = 303, description = "To the form for signing in"),
        (status = 422, description = "A day that is none"),
    )
)]
pub async fn export(
    State(desk): State<Desk>,
    AtConsole { by, .. }: AtConsole<Administrator>,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let wanted = filter.wanted(&desk).map_err(|fault| Problem::invalid(vec![fault]))?;
    // Not what it is narrowed to: somebody may have typed anything.
    let asked = serde_json::json!({"format": "jsonl", "narrowed": !filter.query().is_empty()});
    taken(&desk, &by, "trail", None, asked).await?;
    // Read as it is sent: the trail may be longer than memory.
    let lines = stream::try_unfold((desk, wanted, Some(0)), |(desk, wanted, after)| async move {
        let Some(after) = after else { return Ok(None) };
        let rows = desk.ledger.trail(&wanted, after, EXPORT_ROWS).await?;
        let full = u32::try_from(rows.len()).is_ok_and(|rows| rows == EXPORT_ROWS);
        let next = rows.last().map(|row| row.seq).filter(|_| full);
        let text: String = rows.iter().map(|row| format!("{}\n", row.told())).collect();
        Ok::<_, LedgerError>(Some((Bytes::from(text), (desk, wanted, next))))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.jsonl\""),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}
