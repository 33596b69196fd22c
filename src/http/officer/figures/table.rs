//! A month as a table: CSV, each share with what it is a share of and its interval.

use super::Of;
use crate::base::Lang;
use crate::cases::fact::Outcome;
use crate::exports::{Cell, Format};
use crate::figures::{Came, CaseCounts, Counts, Share};
use crate::http::desk::Desk;

/// Of every row.
const WHAT: [&str; 3] = ["month", "of", "name"];
/// Of flags: all, a product, or a province.
const FLAGS: [&str; 19] = [
    "scans",
    "flags_opened",
    "flags_shown",
    "decided",
    "copied",
    "genuine",
    "explained",
    "cannot_tell",
    "half_decided_days",
    "nine_in_ten_days",
    "confirmed_share",
    "confirmed_low",
    "confirmed_high",
    "shown_and_decided",
    "wrong",
    "error_rate",
    "error_low",
    "error_high",
    "flags_per_thousand_scans",
];
/// Of cases: all, those with a product, or of a place.
const CASES: [&str; 13] = [
    "cases_opened",
    "cases_open",
    "cases_closed",
    "counterfeit",
    "labels_in_order",
    "diverted",
    "label_defect",
    "cannot_tell_cases",
    "counterfeit_share",
    "counterfeit_low",
    "counterfeit_high",
    "half_closed_days",
    "nine_in_ten_closed_days",
];

impl Of<'_> {
    /// With a mark of its encoding, so that a spreadsheet reads it, and with no cell
    /// that it would take for a formula.
    pub(super) fn table(&self, desk: &Desk, lang: Lang) -> Vec<u8> {
        let columns: Vec<&str> = WHAT.iter().chain(&FLAGS).chain(&CASES).copied().collect();
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        let mut write = |row: Vec<String>| rows.push(row.into_iter().map(Cell::Text).collect());
        let of = |of: &'static str| move |(name, counts)| (of, name, counts);
        let all = std::iter::once(("all", String::new(), &self.figures.all));
        let products = self.products(desk, lang).into_iter().map(of("product"));
        let provinces = self.provinces(lang).into_iter().map(of("province"));
        for (of, name, counts) in all.chain(products).chain(provinces) {
            let row = [self.month.to_string(), of.to_owned(), name].into_iter();
            write(row.chain(flags(counts)).chain(CASES.map(|_| String::new())).collect());
        }
        let of = |of: &'static str| move |(name, counts)| (of, name, counts);
        let all = std::iter::once(("cases", self.office.clone(), &self.cases.all));
        let products = self.case_products(desk, lang).into_iter().map(of("cases_product"));
        let places = self.case_places(lang).into_iter().map(of("cases_place"));
        for (of, name, counts) in all.chain(products).chain(places) {
            let row = [self.month.to_string(), of.to_owned(), name].into_iter();
            write(row.chain(FLAGS.map(|_| String::new())).chain(cases(counts)).collect());
        }
        let format = Format::Csv { marked: true };
        [format.head(&columns), format.rows(&columns, rows)].concat()
    }
}

fn flags(counts: &Counts) -> Vec<String> {
    let came = |wanted| counts.came(wanted).to_string();
    let wrong = counts.wrong();
    let mut row = vec![
        counts.scans.to_string(),
        counts.opened.to_string(),
        counts.opened_shown.to_string(),
        counts.closed.len().to_string(),
        came(Came::Copied),
        came(Came::Genuine),
        came(Came::Explained),
        came(Came::CannotTell),
        days(counts.hours(50)),
        days(counts.hours(90)),
    ];
    row.extend(share(counts.confirmed()));
    row.extend([wrong.of.to_string(), wrong.part.to_string()]);
    row.extend(share(wrong));
    row.push(number(counts.per_thousand()));
    row
}

fn cases(counts: &CaseCounts) -> Vec<String> {
    let ended = |outcome| counts.closed.get(&outcome).copied().unwrap_or(0u64).to_string();
    let mut row = vec![
        counts.opened.to_string(),
        counts.open.to_string(),
        counts.counterfeit().of.to_string(),
        ended(Outcome::Counterfeit),
        ended(Outcome::Genuine),
        ended(Outcome::Diverted),
        ended(Outcome::LabelDefect),
        ended(Outcome::CannotTell),
    ];
    row.extend(share(counts.counterfeit()));
    row.extend([whole(counts.days(50)), whole(counts.days(90))]);
    row
}

/// The share and its interval of 95 %, 0 to 1; empty of nothing.
fn share(share: Share) -> [String; 3] {
    let (low, high) = share.interval().unzip();
    [share.value(), low, high].map(number)
}

/// Days with one place; empty where nothing was decided.
fn days(hours: Option<u32>) -> String {
    hours.map(|hours| format!("{:.1}", f64::from(hours) / 24.0)).unwrap_or_default()
}

fn whole(days: Option<u32>) -> String {
    days.map(|days| days.to_string()).unwrap_or_default()
}

fn number(value: Option<f64>) -> String {
    value.map(|value| format!("{value:.4}")).unwrap_or_default()
}
