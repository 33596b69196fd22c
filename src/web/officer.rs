//! The officer's console: typed views of its pages.

use askama::Template;

use crate::registry::Decision;
use crate::web::console::{Choice, Frame, Typed};
use crate::web::dossier::{Dossier, ReasonLine};
use crate::web::text::Text;

pub const fn decision(decision: Decision) -> Text {
    match decision {
        Decision::Copied => Text("认定为复制", "copied"),
        Decision::Genuine => Text("标签无误", "label in order"),
        Decision::CannotTell => Text("无法判断", "cannot tell"),
    }
}

pub struct ScanLine {
    /// From 1 on; reasons name it.
    pub number: usize,
    pub at: String,
    pub place: String,
    /// A letter a phone and a number a network, in order of appearance.
    pub phone: String,
    pub network: String,
    pub channel: &'static str,
    pub note: &'static str,
    /// What the buyer was shown to read out.
    pub reference: String,
}

pub struct CauseLine {
    pub id: String,
    pub kind: &'static str,
    pub from: String,
    pub until: String,
    pub place: String,
    pub by: String,
    pub note: String,
    /// Who took it back and when.
    pub lifted: Option<String>,
}

/// What is recorded of a cause.
pub struct CauseForm {
    pub kinds: Vec<Choice>,
    pub kind_error: Option<String>,
    pub from: Typed,
    pub until: Typed,
    pub places: Vec<Choice>,
    pub place_error: Option<String>,
    pub note: Typed,
    /// Whether it is shown.
    pub open: bool,
}

pub struct DecisionLine {
    pub at: String,
    pub by: String,
    pub decision: &'static str,
    pub note: String,
}

/// Where an item that was never to be sold stood.
pub struct Leak {
    pub planted: bool,
    pub says: String,
}

#[derive(Template)]
#[template(path = "console/code.html")]
pub struct CodePage {
    pub f: Frame,
    pub serial: String,
    pub serial_path: String,
    /// Slug of the outcome, for its colour.
    pub outcome: &'static str,
    pub outcome_text: String,
    pub risk: String,
    pub policy: String,
    pub reasons: Vec<ReasonLine>,
    pub facts: Vec<(&'static str, String)>,
    /// The package and the downloads that a planted code stood in.
    pub leak: Option<Leak>,
    pub scans: Vec<ScanLine>,
    pub more_scans: u64,
    pub decisions: Vec<DecisionLine>,
    pub note: Typed,
    pub causes: Vec<CauseLine>,
    pub cause: CauseForm,
    pub dossier: Dossier,
}

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
