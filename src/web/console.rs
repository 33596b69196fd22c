//! The consoles of enterprises and officers: typed views of their pages.

use askama::Template;

use crate::base::{FieldError, Lang};

/// What every page of a console has.
#[derive(Clone, Debug)]
pub struct Frame {
    pub lang: Lang,
    /// Name of who signed in.
    pub who: Option<String>,
    pub area: Area,
    /// Path of this page, for the link to the other language.
    pub path: String,
    /// Seconds after which the page asks again, while something is under way.
    pub refresh: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    Enterprise,
    Officer,
}

impl Area {
    pub const fn home(self) -> &'static str {
        match self {
            Self::Enterprise => "/enterprise/",
            Self::Officer => "/officer/",
        }
    }
}

impl Frame {
    pub const fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.lang.pick(zh, en)
    }

    fn sheet(&self) -> String {
        crate::web::assets::url("console.css")
    }

    const fn title(&self) -> &'static str {
        match self.area {
            Area::Enterprise => self.t("真码 · 企业", "Zhenma · Enterprise"),
            Area::Officer => self.t("真码 · 市场监管", "Zhenma · Officer"),
        }
    }
}

/// A field of a form with what was typed and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub value: String,
    pub error: Option<String>,
}

impl Typed {
    pub fn of(name: &str, value: &str, errors: &[FieldError]) -> Self {
        let error = errors.iter().find(|e| e.field == name);
        Self {
            value: value.to_owned(),
            error: error.map(|e| format!("{}; {}", e.problem, e.remedy)),
        }
    }
}

#[derive(Template)]
#[template(path = "console/sign_in.html")]
pub struct SignInPage {
    pub f: Frame,
    pub login: String,
    pub failed: bool,
    pub locked_s: Option<u64>,
}

pub struct BatchLine {
    pub id: String,
    pub product: String,
    pub lot: String,
    pub made_on: String,
    pub count: u64,
    pub activated: u64,
    pub scans: u64,
}

pub struct OrderLine {
    pub id: String,
    pub batch: String,
    pub format: String,
    pub state: &'static str,
    pub done: u64,
    pub total: u64,
    pub created: String,
}

#[derive(Template)]
#[template(path = "console/enterprise_home.html")]
pub struct EnterpriseHome {
    pub f: Frame,
    pub enterprise: String,
    pub batches: Vec<BatchLine>,
    pub orders: Vec<OrderLine>,
}

pub struct Choice {
    pub value: String,
    pub text: String,
    pub chosen: bool,
}

#[derive(Template)]
#[template(path = "console/order_form.html")]
pub struct OrderForm {
    pub f: Frame,
    pub order_key: String,
    pub products: Vec<Choice>,
    pub product_error: Option<String>,
    pub lot: Typed,
    pub made_on: Typed,
    pub expires_on: Typed,
    pub destinations: Vec<Choice>,
    pub dealer: Typed,
    pub layers: Vec<Choice>,
    pub count: Typed,
    pub formats: Vec<Choice>,
    /// What is wrong with no field of the form.
    pub other: Vec<String>,
}

pub struct FileLine {
    pub name: String,
    pub size: String,
}

#[derive(Template)]
#[template(path = "console/order.html")]
pub struct OrderPage {
    pub f: Frame,
    pub order: OrderLine,
    pub percent: u64,
    pub problem: Option<String>,
    pub files: Vec<FileLine>,
    /// More files than are listed.
    pub more: usize,
    pub running: bool,
}

pub struct Bar {
    pub day: String,
    pub scans: u64,
    pub labels: u64,
    /// In the chart's units.
    pub x: u64,
    pub y: u64,
    pub height: u64,
}

pub struct RangeLine {
    pub first: u64,
    pub last: u64,
    pub state: &'static str,
    pub by: String,
    pub at: String,
    pub lifted: bool,
}

#[derive(Template)]
#[template(path = "console/batch.html")]
pub struct BatchPage {
    pub f: Frame,
    pub batch: BatchLine,
    pub expires_on: String,
    pub destination: String,
    pub dealer: String,
    pub ranges: Vec<RangeLine>,
    pub bars: Vec<Bar>,
    pub busiest: u64,
    pub range: Typed,
}

pub struct FlagLine {
    pub serial: String,
    pub product: String,
    pub batch: String,
    pub why: String,
    pub risk: String,
    pub scans: u64,
    pub updated: String,
}

#[derive(Template)]
#[template(path = "console/flags.html")]
pub struct FlagsPage {
    pub f: Frame,
    pub open: Vec<FlagLine>,
    pub decided: Vec<FlagLine>,
    pub asked: Typed,
}

pub struct ScanLine {
    pub at: String,
    pub place: String,
    /// A letter a phone and a number a network, in order of appearance.
    pub phone: String,
    pub network: String,
    pub channel: &'static str,
    pub note: &'static str,
}

pub struct DecisionLine {
    pub at: String,
    pub by: String,
    pub decision: &'static str,
    pub note: String,
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
    pub reasons: Vec<String>,
    pub facts: Vec<(&'static str, String)>,
    pub scans: Vec<ScanLine>,
    pub more_scans: u64,
    pub decisions: Vec<DecisionLine>,
    pub note: Typed,
}
