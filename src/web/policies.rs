//! The page of policies: typed view.

use askama::Template;

use crate::web::console::{Choice, Frame, Typed};

/// Codes that one policy flags and the other does not.
pub struct DifferenceLine {
    pub what: &'static str,
    pub count: u64,
    /// Serials, of which more may exist than are kept.
    pub serials: Vec<String>,
    pub more: u64,
}

pub struct ComparisonView {
    pub against: String,
    pub at: String,
    pub scans: u64,
    pub codes: u64,
    pub differences: Vec<DifferenceLine>,
}

pub struct PolicyLine {
    pub name: String,
    pub state: String,
    pub decides: bool,
    /// Risk from which a label is suspect, and from which officers see it.
    pub suspect: String,
    pub lead: String,
    /// Who added it and when.
    pub added: String,
    pub comparison: Option<ComparisonView>,
}

pub struct TermLine {
    pub policy: String,
    pub from: String,
    pub by: String,
    pub signed: String,
    pub note: String,
}

#[derive(Template)]
#[template(path = "console/policies.html")]
pub struct PoliciesPage {
    pub f: Frame,
    pub policies: Vec<PolicyLine>,
    pub terms: Vec<TermLine>,
    pub choices: Vec<Choice>,
    pub policy_error: Option<String>,
    pub effective_at: Typed,
    pub note: Typed,
}
