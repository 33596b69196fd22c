//! Case files at the officer's console: typed views.

pub mod words;

use std::sync::Arc;

use askama::Template;

use crate::web::console::{Choice, Frame, Typed};
use crate::web::dossier::{PlaceLine, ReasonLine};
use crate::web::map::Map;
use crate::web::overview::Shape;

pub struct CaseRow {
    pub id: String,
    pub number: String,
    pub title: String,
    pub state: &'static str,
    pub assignee: String,
    pub units: u64,
    pub place: String,
    /// When something is due, and whether that is over.
    pub due: Option<(String, bool)>,
    pub waits: bool,
    pub hold: bool,
}

/// A way to narrow the list, with how many there are.
pub struct Tab {
    pub href: String,
    pub text: &'static str,
    pub count: Option<u64>,
    pub chosen: bool,
}

/// A case that was given away.
pub struct GivenLine {
    pub id: String,
    pub number: String,
    pub to: String,
    pub at: String,
    pub by: String,
    pub grounds: String,
}

#[derive(Template)]
#[template(path = "console/cases.html")]
pub struct CasesPage {
    pub f: Frame,
    pub tabs: Vec<Tab>,
    /// Which is shown.
    pub show: &'static str,
    pub find: String,
    pub cases: Vec<CaseRow>,
    pub next: Option<String>,
    pub given: Vec<GivenLine>,
}

#[derive(Template)]
#[template(path = "console/case_form.html")]
pub struct CaseForm {
    pub f: Frame,
    pub id: String,
    pub lead: String,
    pub title: Typed,
    pub grounds: Vec<Choice>,
    pub regions: Vec<Choice>,
    pub found_on: Typed,
    pub codes: Typed,
    pub party: Typed,
    pub text: Typed,
    pub other: Vec<String>,
}

/// One entry as the time line shows it.
pub struct EntryLine {
    pub id: String,
    pub seq: u32,
    pub at: String,
    pub by: String,
    pub kind: &'static str,
    pub text: String,
    /// Where more of it stands, and what that is called.
    pub link: Option<(String, String)>,
    pub gone: bool,
    pub removable: bool,
}

pub struct UnitLine {
    pub entry: String,
    pub serial: String,
    pub product: String,
    pub batch: String,
    pub number: u64,
    pub standing: &'static str,
    pub note: String,
}

pub struct DueLine {
    /// Of the entry, where it can be ticked off.
    pub entry: Option<String>,
    pub what: String,
    pub on: String,
    pub over: bool,
    pub extended: bool,
}

/// A question that waits for its answer.
pub struct WaitingLine {
    pub inquiry: String,
    pub due: String,
    pub over: bool,
}

/// A place of the case.
pub struct SpotLine {
    pub name: String,
    pub town: String,
    /// GB/T 2260, four digits.
    pub region: Option<u16>,
    pub address: String,
    /// Degrees.
    pub position: Option<String>,
}

/// Why a label of the case is what it is said to be.
pub struct UnitReasons {
    pub serial: String,
    /// For its colour.
    pub outcome: &'static str,
    pub says: &'static str,
    pub risk: String,
    pub scans: u64,
    pub reasons: Vec<ReasonLine>,
}

/// What is known of the labels, and what remains open.
pub struct Known {
    pub map: Arc<Map>,
    pub shapes: Vec<Shape>,
    /// Towns in which labels were scanned, those with the most scans first.
    pub places: Vec<PlaceLine>,
    /// The others, folded away.
    pub more_places: Vec<PlaceLine>,
    pub spots: Vec<SpotLine>,
    pub reasons: Vec<UnitReasons>,
    /// Labels that were not read.
    pub left: usize,
    pub unknown: Vec<String>,
}

pub struct PhotoLine {
    pub media: String,
    /// Whether the picture has come.
    pub there: bool,
    pub caption: String,
    pub shows: String,
}

pub struct ProposalView {
    pub outcome: &'static str,
    pub slug: &'static str,
    pub grounds: String,
    pub by: String,
    pub at: String,
    /// Whoever looks proposed it.
    pub own: bool,
}

/// What stands in a form that comes back.
#[derive(Default)]
pub struct Kept {
    /// Which form it was.
    pub form: String,
    pub values: std::collections::HashMap<&'static str, String>,
    pub errors: std::collections::HashMap<String, String>,
}

impl Kept {
    pub fn is(&self, form: &str) -> bool {
        self.form == form
    }

    pub fn v(&self, form: &str, name: &str) -> &str {
        let value = self.values.get(name).filter(|_| self.is(form));
        value.map_or("", String::as_str)
    }

    pub fn e(&self, form: &str, name: &str) -> Option<&String> {
        self.errors.get(name).filter(|_| self.is(form))
    }
}

#[derive(Template)]
#[template(path = "console/case.html")]
pub struct CasePage {
    pub f: Frame,
    pub id: String,
    pub number: String,
    pub title: String,
    pub state: &'static str,
    pub open: bool,
    pub closed: bool,
    pub hold: bool,
    /// The clock took persons, words and photos.
    pub erased: bool,
    pub seq: u32,
    pub today: String,
    /// Why something was not done.
    pub refused: Option<String>,
    /// What others put down while whoever comes back typed.
    pub between: Vec<EntryLine>,
    pub kept: Kept,
    /// Faults of no field that is shown.
    pub faults: Vec<String>,
    pub facts: Vec<(&'static str, String)>,
    pub merged_into: Option<String>,
    pub due: Vec<DueLine>,
    pub units: Vec<UnitLine>,
    pub photos: Vec<PhotoLine>,
    pub known: Known,
    pub proposal: Option<ProposalView>,
    pub timeline: Vec<EntryLine>,
    pub roles: Vec<Choice>,
    pub rulings: Vec<Choice>,
    pub head_rulings: Vec<Choice>,
    pub outcomes: Vec<Choice>,
    pub regions: Vec<Choice>,
    pub officers: Vec<Choice>,
    pub offices: Vec<Choice>,
    pub others: Vec<Choice>,
    pub enterprises: Vec<Choice>,
    pub waiting: Vec<WaitingLine>,
    pub new_id: String,
    pub answer_by: String,
}

pub struct BlockLine {
    pub id: String,
    pub at: String,
    pub by: String,
    pub labels: u64,
    pub spans: Vec<String>,
    pub reason: String,
    pub until: String,
    pub state: &'static str,
    pub stands: bool,
    pub case: Option<String>,
    /// Who asked for it to be lifted, when and why.
    pub asked: Option<String>,
    /// Whoever looks asked.
    pub own: bool,
}

#[derive(Template)]
#[template(path = "console/blocks.html")]
pub struct BlocksPage {
    pub f: Frame,
    pub blocks: Vec<BlockLine>,
    pub refused: Option<String>,
}

#[derive(Template)]
#[template(path = "console/block_form.html")]
pub struct BlockForm {
    pub f: Frame,
    pub id: String,
    pub case: String,
    pub scope: Typed,
    pub reason_zh: Typed,
    pub reason_en: Typed,
    pub until: Typed,
    pub other: Vec<String>,
}

/// What is left of a case that was handed over.
#[derive(Template)]
#[template(path = "console/case_given.html")]
pub struct GivenPage {
    pub f: Frame,
    pub given: GivenLine,
}
