//! `/county/calendar`: public holidays, weekend days that are worked instead, and how
//! long the terms of cases are.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Administrator;
use crate::base::FieldError;
use crate::cases::terms::{Calendar, Terms, read_days, written_days};
use crate::http::access::AtConsole;
use crate::http::address::Query;
use crate::http::bodies::Posted;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::web::console::{Frame, Typed};
use crate::web::county::{CalendarPage, TermField};

/// Years before and after this one that can be set.
const YEARS: i16 = 5;

/// Which year is shown.
#[derive(Deserialize)]
pub struct Asked {
    year: Option<i16>,
}

/// Days of a year, one or a run a line.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct TypedYear {
    year: String,
    /// Days off, such as 2027-01-01 or 2027-02-06..2027-02-12
    off: String,
    /// Weekend days that are worked
    on: String,
    /// Working days to decide whether to file; 1 to 365, as the next three
    check_days: String,
    /// Working days that the head of an office may add
    check_more: String,
    /// Days from filing to the decision
    decide_days: String,
    /// Days that the head of an office may add
    decide_more: String,
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
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let this = desk.today().year();
    let year = asked.year.filter(|year| is_near(*year, this)).unwrap_or(this);
    let calendar = desk.ledger.calendar().await?;
    let of_year = |days: &std::collections::BTreeSet<Date>| {
        written_days(days.iter().copied().filter(|day| day.year() == year))
    };
    let typed = TypedYear {
        year: year.to_string(),
        off: of_year(&calendar.off),
        on: of_year(&calendar.on),
        check_days: calendar.terms.check_days.to_string(),
        check_more: calendar.terms.check_more.to_string(),
        decide_days: calendar.terms.decide_days.to_string(),
        decide_more: calendar.terms.decide_more.to_string(),
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

fn is_near(year: i16, this: i16) -> bool {
    (this - YEARS..=this + YEARS).contains(&year)
}

fn read(typed: &TypedYear, this: i16) -> Result<(i16, Calendar), Vec<FieldError>> {
    let year = typed.year.trim().parse().ok().filter(|year| is_near(*year, this));
    let year = year.ok_or_else(|| {
        vec![FieldError::new("year", "is too far away", "choose one of the list")]
    })?;
    let (off, on) = (read_days("off", &typed.off, year), read_days("on", &typed.on, year));
    match (off, on, terms(typed)) {
        (Ok(off), Ok(on), Ok(terms)) => match off.intersection(&on).next() {
            None => Ok((year, Calendar { off, on, terms })),
            Some(day) => {
                let problem = format!("{day} stands in both");
                Err(vec![FieldError::new("on", problem, "leave it out of one")])
            }
        },
        (off, on, terms) => Err([off.err(), on.err(), terms.err()].into_iter().flatten().collect()),
    }
}

fn terms(typed: &TypedYear) -> Result<Terms, FieldError> {
    let days = |text: &str| {
        let days = text.trim().parse().ok().filter(|days| Terms::DAYS.contains(days));
        days.ok_or_else(|| FieldError::new("terms", "are not all days", "write 1 to 365"))
    };
    Ok(Terms {
        check_days: days(&typed.check_days)?,
        check_more: days(&typed.check_more)?,
        decide_days: days(&typed.decide_days)?,
        decide_more: days(&typed.decide_more)?,
    })
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
        let zh = match field {
            "terms" => "请填1至365的整数",
            _ => "每行写一天或一段，例如 2027-02-06..2027-02-12，须在这一年内，两栏不能重复",
        };
        let line = fault.line.map(|line| format!("line {line}: ")).unwrap_or_default();
        let en = format!("{line}{}; {}", fault.problem, fault.remedy);
        Some(lang.pick(zh, &en).to_owned())
    };
    let usual = Terms::default();
    let shown = CalendarPage {
        terms: [
            (
                "check_days",
                f.t("核查：决定是否立案（工作日）", "To decide whether to file, working days"),
                typed.check_days,
                usual.check_days,
            ),
            (
                "check_more",
                f.t("核查可延长（工作日）", "More that the head may give"),
                typed.check_more,
                usual.check_more,
            ),
            (
                "decide_days",
                f.t("办案：作出处理决定（日）", "From filing to the decision, days"),
                typed.decide_days,
                usual.decide_days,
            ),
            (
                "decide_more",
                f.t("办案可延长（日）", "More that the head may give"),
                typed.decide_more,
                usual.decide_more,
            ),
        ]
        .map(|(name, text, value, usual)| TermField { name, text, value, usual }),
        terms_error: said("terms"),
        years: (this - 1..=this + 1).map(|year| (year, year.to_string() == typed.year)).collect(),
        off: Typed { error: said("off"), value: typed.off },
        on: Typed { error: said("on"), value: typed.on },
        year: typed.year,
        f,
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(&shown, lang, status)
}
