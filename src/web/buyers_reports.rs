//! The officers' pages of buyers' reports.

use askama::Template;

use crate::web::console::{Choice, Frame, Typed};

/// A report in the list.
pub struct ReportLine {
    pub id: String,
    pub number: String,
    pub received: String,
    pub state: &'static str,
    pub wrong: String,
    pub product: String,
    /// Empty where the text named no code.
    pub serial: String,
    pub place: String,
    pub photos: usize,
    pub case: Option<String>,
}

/// A state to choose, with how many are in it.
pub struct StateChoice {
    pub slug: &'static str,
    pub text: &'static str,
    pub count: u64,
    pub chosen: bool,
}

#[derive(Template)]
#[template(path = "console/buyers_reports.html")]
pub struct ReportsPage {
    pub f: Frame,
    pub states: Vec<StateChoice>,
    /// The office's own region alone, and what it is called; none where the office
    /// has none.
    pub near: Option<(bool, String)>,
    pub lines: Vec<ReportLine>,
    /// Address of the page behind this one.
    pub next: Option<String>,
}

/// Who did something, and when.
pub struct Deed {
    pub what: &'static str,
    pub by: String,
    pub at: String,
}

/// What the contact field shows.
pub enum ContactView {
    /// There is none, or the clock has erased it.
    None,
    /// It is there; why it is not shown.
    Closed(&'static str),
    /// It can be asked for.
    Sealed,
    Open(String),
}

/// What somebody said, and who it was.
pub struct Said {
    pub note: String,
    pub shop: String,
    pub place: String,
    /// Addresses.
    pub photos: Vec<String>,
    pub contact: ContactView,
}

#[derive(Template)]
#[template(path = "console/buyers_report.html")]
pub struct ReportPage {
    pub f: Frame,
    pub id: String,
    pub number: String,
    pub state: &'static str,
    pub serial: String,
    /// Leads to the label's page.
    pub serial_path: Option<String>,
    /// What the buyer was told.
    pub answer: String,
    pub facts: Vec<(&'static str, String)>,
    pub wrong: Vec<&'static str>,
    /// None: the report stands in a case of another office.
    pub said: Option<Said>,
    pub deeds: Vec<Deed>,
    /// Other reports of the same code: number, address, state.
    pub others: Vec<(String, String, &'static str)>,
    /// The case that it is part of: number and address.
    pub case: Option<(String, String)>,
    /// Whoever looks may write, and it is not closed.
    pub may_look: bool,
    pub may_link: bool,
    pub may_close: bool,
    pub may_tell: bool,
    pub cases: Vec<Choice>,
    pub case_asked: Typed,
    pub endings: Vec<(&'static str, &'static str)>,
}
