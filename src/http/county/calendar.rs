//! `/county/calendar`: public holidays, and weekend days that are worked instead,
//! by which terms of cases are counted.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Administrator;
use crate::base::FieldError;
use crate::cases::terms::{Calendar, read_days, written_days};
use crate::http::access::AtConsole;
use crate::http::bodies::Posted;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::web::console::{Frame, Typed};
use crate::web::county::CalendarPage;

/// Years before and after this one that can be set.
const YEARS: i16 = 5;

/// Days of a year, one or a run a line.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct TypedYear {
    year: String,
    /// Days off, such as 2027-01-01 or 2027-02-06..2027-02-12
    off: String,
    /// Weekend days that are worked
    on: String,
}

/// The days of a year.
#[utoipa::path(
    get,
    path = "/county/calendar",
    tag = "county console",
    params(("year" = Option<i16>, Query, description = "This year unless named")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { frame, .. }: AtConsole<Administrator>,
    asked: Result<Query<TypedYear>, QueryRejection>,
) -> Result<Response, Problem> {
    let asked = asked.map_or_else(|_| TypedYear::default(), |Query(asked)| asked);
    let this = desk.today().year();
    let year = read_year(&asked.year, this).unwrap_or(this);
    let calendar = desk.ledger.calendar().await?;
    let of_year = |days: &std::collections::BTreeSet<Date>| {
        written_days(days.iter().copied().filter(|day| day.year() == year))
    };
    let typed = TypedYear {
        year: year.to_string(),
        off: of_year(&calendar.off),
        on: of_year(&calendar.on),
    };
    render(frame, typed, this, &[])
}

/// Replaces the days of a year.
#[utoipa::path(
    post,
    path = "/county/calendar",
    tag = "county console",
    request_body(content = TypedYear, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Kept: to the year"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn put(
    State(desk): State<Desk>,
    AtConsole { frame, by, .. }: AtConsole<Administrator>,
    Posted(typed): Posted<TypedYear>,
) -> Result<Response, Problem> {
    let this = desk.today().year();
    match read(&typed, this) {
        Ok((year, calendar)) => {
            desk.ledger.set_calendar(year, &calendar, &by).await?;
            Ok(Redirect::to(&format!("/county/calendar?year={year}")).into_response())
        }
        Err(faults) => render(frame, typed, this, &faults),
    }
}

fn read_year(text: &str, this: i16) -> Option<i16> {
    text.trim().parse().ok().filter(|year| (this - YEARS..=this + YEARS).contains(year))
}

fn read(typed: &TypedYear, this: i16) -> Result<(i16, Calendar), Vec<FieldError>> {
    let year = read_year(&typed.year, this).ok_or_else(|| {
        vec![FieldError::new("year", "is too far away", "choose one of the list")]
    })?;
    let (off, on) = (read_days("off", &typed.off, year), read_days("on", &typed.on, year));
    match (off, on) {
        (Ok(off), Ok(on)) => match off.intersection(&on).next() {
            None => Ok((year, Calendar { off, on })),
            Some(day) => {
                let problem = format!("{day} stands in both");
                Err(vec![FieldError::new("on", problem, "leave it out of one")])
            }
        },
        (off, on) => Err([off.err(), on.err()].into_iter().flatten().collect()),
    }
}

fn render(
    f: Frame,
    typed: TypedYear,
    this: i16,
    faults: &[FieldError],
) -> Result<Response, Problem> {
    let lang = f.lang;
    let said = |field: &str| {
        let fault = faults.iter().find(|fault| fault.field == field)?;
        let zh = "每行写一天或一段，例如 2027-02-06..2027-02-12，须在这一年内，两栏不能重复";
        let en = format!("{} {}; {}", fault.line.unwrap_or(1), fault.problem, fault.remedy);
        Some(lang.pick(zh, &en).to_owned())
    };
    let shown = CalendarPage {
        years: (this - 1..=this + 1).map(|year| (year, year.to_string() == typed.year)).collect(),
        off: Typed { error: said("off"), value: typed.off },
        on: Typed { error: said("on"), value: typed.on },
        year: typed.year,
        f,
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(&shown, lang, status)
}
