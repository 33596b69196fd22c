//! `/officer/figures`: a month in figures, as a page, a table or a paper.

mod paper;
mod table;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::auth::Officer;
use crate::base::Lang;
use crate::figures::{Came, CaseCounts, CaseFigures, Counts, Figures, Month};
use crate::http::access::AtConsole;
use crate::http::address::{Query, Unread};
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::figures::span;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::provinces::province;
use crate::registry::Gtin;
use crate::scan::Place;
use crate::scan::reason::place_text;
use crate::web::cases::words;
use crate::web::console::Frame;
use crate::web::figures::{
    CaseFigureLine, FigureLine, FiguresPage, count_text, days_text, per_thousand_text, share_text,
};
use crate::web::verdict::named;

/// Which month, and how.
#[derive(Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    month: String,
    #[serde(default)]
    format: String,
}

/// A month in figures, each with what it is a share of.
#[utoipa::path(
    get,
    path = "/officer/figures",
    tag = "officer console",
    params(
        ("month" = Option<String>, Query, description = "2026-11; this month if left out"),
        ("format" = Option<String>, Query, description = "csv or pdf: a file"),
    ),
    responses(
        (status = 200, description = "A page, or the file", content(
            (String = "text/html"), (String = "text/csv"), (String = "application/pdf"),
        )),
        (status = 303, description = "To the form for signing in"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "No such month"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Officer>,
    wanted: Result<Query<Wanted>, Unread>,
) -> Result<Response, Problem> {
    let Query(wanted) = wanted.unwrap_or_default();
    let this = Month::of(desk.today());
    let month = match wanted.month.as_str() {
        "" => this,
        text => Month::parse(text).map_err(|fault| Problem::invalid(vec![fault]))?,
    };
    let span = span(&desk, month);
    let figures = desk.ledger.figures(&span).await?;
    let cases = desk.ledger.case_figures(who.office, &span).await?;
    let offices = desk.ledger.offices().await?;
    let office = offices.iter().find(|office| office.id == who.office);
    let office = office.map(|office| office.name(frame.lang).to_owned());
    let of = Of { month, figures: &figures, cases: &cases, office: office.unwrap_or_default() };
    match wanted.format.as_str() {
        "csv" => Ok(file("text/csv; charset=utf-8", "csv", month, of.table(&desk, frame.lang))),
        "pdf" => Ok(file("application/pdf", "pdf", month, of.paper(&desk, frame.lang))),
        _ => {
            let lang = frame.lang;
            let shown = of.page(&desk, frame, this);
            page(&shown, lang, StatusCode::OK)
        }
    }
}

fn file(kind: &'static str, ending: &str, month: Month, bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    let name = format!("attachment; filename=\"zhenma-{month}.{ending}\"");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

/// A month of one office.
struct Of<'a> {
    month: Month,
    figures: &'a Figures,
    cases: &'a CaseFigures,
    office: String,
}

impl<'a> Of<'a> {
    fn page(&self, desk: &Desk, f: Frame, this: Month) -> FiguresPage {
        let lang = f.lang;
        FiguresPage {
            office: self.office.clone(),
            month: self.month.to_string(),
            before: self.month.before().to_string(),
            after: (self.month < this).then(|| self.month.after().to_string()),
            all: line((String::new(), &self.figures.all)),
            products: self.products(desk, lang).into_iter().map(line).collect(),
            provinces: self.provinces(lang).into_iter().map(line).collect(),
            wrong: share_text(self.figures.all.wrong()),
            cases: case_line((String::new(), &self.cases.all)),
            cases_closed: self.closed(lang),
            case_products: self.case_products(desk, lang).into_iter().map(case_line).collect(),
            case_places: self.case_places(lang).into_iter().map(case_line).collect(),
            f,
        }
    }

    fn products(&self, desk: &Desk, lang: Lang) -> Vec<(String, &'a Counts)> {
        let lines = self.figures.by_product.iter();
        lines.map(|(gtin, counts)| (product(desk, gtin, lang), counts)).collect()
    }

    fn provinces(&self, lang: Lang) -> Vec<(String, &'a Counts)> {
        let lines = self.figures.by_province.iter();
        lines.map(|(code, counts)| (province(*code, lang), counts)).collect()
    }

    fn case_products(&self, desk: &Desk, lang: Lang) -> Vec<(String, &'a CaseCounts)> {
        let lines = self.cases.by_product.iter();
        lines.map(|(gtin, counts)| (product(desk, gtin, lang), counts)).collect()
    }

    fn case_places(&self, lang: Lang) -> Vec<(String, &'a CaseCounts)> {
        let lines = self.cases.by_place.iter();
        lines.map(|(code, counts)| (place_text(Place(*code), lang), counts)).collect()
    }

    fn closed(&self, lang: Lang) -> Vec<(&'static str, u64)> {
        let closed = self.cases.all.closed.iter();
        closed.map(|(outcome, n)| (words::outcome(*outcome).of(lang), *n)).collect()
    }
}

fn product(desk: &Desk, gtin: &Gtin, lang: Lang) -> String {
    let register = desk.scanner.register.load();
    let product = register.products.get(gtin);
    product.map_or_else(|| gtin.to_string(), |product| named(&product.name, lang).to_owned())
}

fn line((name, counts): (String, &Counts)) -> FigureLine {
    FigureLine {
        name,
        scans: counts.scans,
        opened: counts.opened,
        per_thousand: per_thousand_text(counts.per_thousand()),
        shown: counts.opened_shown,
        decided: counts.closed.len() as u64,
        copied: counts.came(Came::Copied),
        confirmed: share_text(counts.confirmed()),
        genuine: counts.came(Came::Genuine),
        explained: counts.came(Came::Explained),
        cannot_tell: counts.came(Came::CannotTell),
        half: days_text(counts.hours(50)),
        most: days_text(counts.hours(90)),
    }
}

fn case_line((name, counts): (String, &CaseCounts)) -> CaseFigureLine {
    CaseFigureLine {
        name,
        opened: counts.opened,
        open: counts.open,
        closed: counts.closed.values().sum(),
        counterfeit: share_text(counts.counterfeit()),
        half: count_text(counts.days(50)),
        most: count_text(counts.days(90)),
    }
}
