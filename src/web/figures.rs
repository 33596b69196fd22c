//! Figures of the office, and those that everybody may read.

use askama::Template;

use crate::base::Lang;
use crate::figures::Share;
use crate::web::console::Frame;
use crate::web::text;

/// One product, one province, or all.
pub struct FigureLine {
    pub name: String,
    pub scans: u64,
    pub opened: u64,
    pub per_thousand: String,
    pub shown: u64,
    pub decided: u64,
    /// Copied, and its share of those decided.
    pub copied: u64,
    pub confirmed: String,
    pub genuine: u64,
    pub explained: u64,
    pub cannot_tell: u64,
    /// Days within which half, and nine in ten, were decided.
    pub half: String,
    pub most: String,
}

/// Cases of all, one product or one place.
pub struct CaseFigureLine {
    pub name: String,
    pub opened: u64,
    pub open: u64,
    pub closed: u64,
    /// Of those closed, as counterfeit.
    pub counterfeit: String,
    /// Days within which half, and nine in ten, were closed.
    pub half: String,
    pub most: String,
}

#[derive(Template)]
#[template(path = "console/figures.html")]
pub struct FiguresPage {
    pub f: Frame,
    pub office: String,
    /// `2026-11`, and its neighbours where there are any.
    pub month: String,
    pub before: String,
    pub after: Option<String>,
    pub all: FigureLine,
    pub products: Vec<FigureLine>,
    pub provinces: Vec<FigureLine>,
    pub wrong: String,
    pub cases: CaseFigureLine,
    /// What the outcome is called, and how many.
    pub cases_closed: Vec<(&'static str, u64)>,
    pub case_products: Vec<CaseFigureLine>,
    pub case_places: Vec<CaseFigureLine>,
}

/// A month of the public page.
pub struct AccuracyLine {
    pub month: String,
    pub scans: u64,
    pub shown: u64,
    pub per_thousand: String,
    pub decided: u64,
    pub copied: u64,
    pub in_order: u64,
    pub cannot_tell: u64,
}

#[derive(Template)]
#[template(path = "accuracy.html")]
pub struct AccuracyPage {
    pub lang: Lang,
    pub lines: Vec<AccuracyLine>,
    /// Of the months together.
    pub wrong: Share,
    pub told: String,
    pub as_of: String,
}

/// `3.2 % (1.1 – 9.0 %)`; a dash of nothing.
pub fn share_text(share: Share) -> String {
    match (share.value(), share.interval()) {
        (Some(value), Some((low, high))) => {
            let percent = |x: f64| x * 100.0;
            format!("{:.1} % ({:.1} – {:.1} %)", percent(value), percent(low), percent(high))
        }
        _ => "–".to_owned(),
    }
}

/// Days with one place; a dash where nothing was decided.
pub fn days_text(hours: Option<u32>) -> String {
    hours.map_or_else(|| "–".to_owned(), |hours| format!("{:.1}", f64::from(hours) / 24.0))
}

pub fn per_thousand_text(flags: Option<f64>) -> String {
    flags.map_or_else(|| "–".to_owned(), |flags| format!("{flags:.2}"))
}

/// A number, or a dash where there is none.
pub fn count_text(count: Option<u32>) -> String {
    count.map_or_else(|| "–".to_owned(), |count| count.to_string())
}
