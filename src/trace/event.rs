//! One event: what, when, where, why.

use serde::{Deserialize, Serialize};

use crate::base::{FieldError, UnixMs, is_a_formula, misleads};
use crate::trace::{Act, Range, Unit};

/// Units that one event names. A pallet is one; what is on it is not named.
pub const EVENT_UNITS_MAX: usize = 500;
/// How far ahead of ours a clock on the floor may be, milliseconds.
pub const CLOCK_AHEAD_MS_MAX: i64 = 10 * 60 * 1_000;
/// Bytes of an identifier of somebody else's: event, transaction, thing.
pub const URI_BYTES_MAX: usize = 400;
/// Characters of the name of a station, of a report's number.
const TEXT_CHARACTERS_MAX: usize = 80;

/// What happened to goods of one enterprise.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// A URI; the same one is the same event.
    pub id: String,
    pub act: Act,
    pub at: UnixMs,
    /// East of UTC, at the place of the event.
    pub offset_minutes: i32,
    /// The case or pallet of packing, unpacking and attaching.
    pub parent: Option<Unit>,
    /// Bottles, cases, pallets. Of unpacking none: all that is in it.
    pub units: Vec<Unit>,
    /// Instead of units, bottles by running number: 10^6 are one event.
    pub range: Option<Range>,
    /// Raw batches that went in.
    pub inputs: Vec<Quantity>,
    /// How many belong in the case or on the pallet; `None`: not said.
    pub size: Option<usize>,
    /// Code of the place where it happened.
    pub place: Option<String>,
    /// Code of the place or dealer that goods come from, or go to.
    pub from: Option<String>,
    pub to: Option<String>,
    pub transaction: Option<Transaction>,
    pub report: Option<Report>,
    /// The thing that goes with the parent, a URI.
    pub thing: Option<String>,
}

/// So much of a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantity {
    /// A URI, such as a raw batch in the maker's own terms.
    pub class: String,
    pub quantity: f64,
    /// UN/CEFACT Recommendation 20: KGM, LTR; `None`: pieces.
    pub uom: Option<String>,
}

/// An order, invoice, dispatch advice (CBV 2.0, 7.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// One of [`TRANSACTION_TYPES`].
    pub kind: String,
    /// A URI.
    pub uri: String,
}

/// CBV 2.0, 7.3.
pub const TRANSACTION_TYPES: [&str; 13] = [
    "bol",
    "cert",
    "desadv",
    "inv",
    "pedigree",
    "po",
    "poc",
    "prodorder",
    "recadv",
    "rma",
    "testprd",
    "testres",
    "upevt",
];

/// What a station found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub station: String,
    pub number: String,
    pub passed: bool,
    /// SHA-256 of the document, 64 hexadecimal digits; empty: not given.
    #[serde(default)]
    pub sha256: String,
}

/// A record of something that did not happen so (EPCIS 2.0, 7.4.1.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    pub at: UnixMs,
    pub reason: ErrorReason,
    /// Events that say how it was.
    #[serde(default)]
    pub corrective: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorReason {
    DidNotOccur,
    IncorrectData,
}

impl ErrorReason {
    pub const fn slug(self) -> &'static str {
        match self {
            Self::DidNotOccur => "did_not_occur",
            Self::IncorrectData => "incorrect_data",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        [Self::DidNotOccur, Self::IncorrectData].into_iter().find(|r| r.slug() == slug)
    }
}

impl Event {
    /// An event without anything but its act and its time.
    pub const fn new(id: String, act: Act, at: UnixMs, offset_minutes: i32) -> Self {
        Self {
            id,
            act,
            at,
            offset_minutes,
            parent: None,
            units: Vec::new(),
            range: None,
            inputs: Vec::new(),
            size: None,
            place: None,
            from: None,
            to: None,
            transaction: None,
            report: None,
            thing: None,
        }
    }

    /// Whether it has what its act needs; whether that is possible is for
    /// [`crate::trace::rules`].
    ///
    /// # Errors
    /// Every field that cannot be taken.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut fault = |field: &str, problem: &str, remedy: &str| {
            errors.push(FieldError::new(field, problem, remedy));
        };
        let named = !self.units.is_empty() || self.range.is_some();
        match self.act {
            Act::Packed if self.parent.is_none() || self.units.is_empty() => {
                fault("units", "are missing", "name the case and what goes in");
            }
            Act::Unpacked if self.parent.is_none() => {
                fault("parent", "is missing", "name the case or pallet");
            }
            Act::Attached | Act::Detached if self.parent.is_none() || self.thing.is_none() => {
                fault("thing", "is missing", "name the case or pallet and the thing's URI");
            }
            Act::Bottled if self.inputs.is_empty() || self.range.is_none() => {
                fault("inputs", "are missing", "name raw batches and the numbers of the bottles");
            }
            Act::Commissioned if self.range.is_none() => {
                fault("range", "is missing", "name the numbers of the bottles");
            }
            Act::Inspected if self.report.is_none() => {
                fault("report", "is missing", "give station, number and result");
            }
            Act::Linked if self.transaction.is_none() => {
                fault("transaction", "is missing", "name the order, invoice or advice");
            }
            Act::Inspected if !named => {
                fault("units", "are missing", "name bottles, cases or pallets");
            }
            Act::Shipped | Act::Received | Act::Returned | Act::Linked | Act::Destroyed
                if self.units.is_empty() =>
            {
                fault("units", "are missing", "name cases or pallets: a range has no way");
            }
            _ => {}
        }
        if self.units.len() > EVENT_UNITS_MAX {
            fault("units", "are too many", "send several events");
        }
        self.check_texts(&mut errors);
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn check_texts(&self, errors: &mut Vec<FieldError>) {
        let mut uri = |field: &str, text: &str| {
            if !is_uri(text) {
                let remedy = "write a URI such as urn:uuid:... or https://...";
                errors.push(FieldError::new(field, "is no URI", remedy));
            }
        };
        uri("id", &self.id);
        if let Some(thing) = &self.thing {
            uri("thing", thing);
        }
        if let Some(transaction) = &self.transaction {
            uri("transaction", &transaction.uri);
            if !TRANSACTION_TYPES.contains(&transaction.kind.as_str()) {
                let remedy = format!("write one of {}", TRANSACTION_TYPES.join(", "));
                errors.push(FieldError::new("transaction_type", "is not known", remedy));
            }
        }
        for input in &self.inputs {
            input.check(errors);
        }
        if let Some(report) = &self.report {
            report.check(errors);
        }
        if !(-14 * 60..=14 * 60).contains(&self.offset_minutes) {
            let remedy = "write an offset such as +08:00";
            errors.push(FieldError::new("eventTimeZoneOffset", "is out of range", remedy));
        }
    }
}

impl Quantity {
    fn check(&self, errors: &mut Vec<FieldError>) {
        let mut fault = |problem: &str, remedy: &str| {
            errors.push(FieldError::new("inputs", problem, remedy));
        };
        if !is_uri(&self.class) {
            fault("name a class that is no URI", "write a URI of the raw batch");
        }
        if !self.quantity.is_finite() || self.quantity <= 0.0 {
            fault("have no amount", "write a number above zero");
        }
        let sound = |uom: &String| {
            (2..=3).contains(&uom.len())
                && uom.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        };
        if !self.uom.as_ref().is_none_or(sound) {
            fault("have an unknown unit", "write a code of UN/CEFACT such as KGM or LTR");
        }
    }
}

impl Report {
    fn check(&self, errors: &mut Vec<FieldError>) {
        for (field, text) in [("station", &self.station), ("number", &self.number)] {
            if let Err(fault) = plain(field, text) {
                errors.push(fault);
            }
        }
        let hex = self.sha256.len() == 64 && self.sha256.bytes().all(|c| c.is_ascii_hexdigit());
        if !self.sha256.is_empty() && !hex {
            let remedy = "write the 64 digits that sha256sum prints, or nothing";
            errors.push(FieldError::new("sha256", "is no SHA-256", remedy));
        }
    }
}

/// A text for people: not empty, short, without control characters or marks
/// that turn the direction of what stands beside it.
///
/// # Errors
/// Naming the field.
pub fn plain(field: &str, text: &str) -> Result<(), FieldError> {
    let problem = if text.trim().is_empty() {
        "is empty"
    } else if text.chars().count() > TEXT_CHARACTERS_MAX {
        "is too long"
    } else if text.chars().any(misleads) {
        "has a control character or a mark of direction"
    } else if is_a_formula(text.trim_start()) {
        "begins like a spreadsheet's formula"
    } else {
        return Ok(());
    };
    let remedy = format!("write 1 to {TEXT_CHARACTERS_MAX} plain characters");
    Err(FieldError::new(field, problem, remedy))
}

/// A scheme, a colon, and printable ASCII without what JSON or HTML trips on.
pub fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let letters = |c: u8| c.is_ascii_alphanumeric() || b"+-.".contains(&c);
    text.len() <= URI_BYTES_MAX
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(letters)
        && !rest.is_empty()
        && rest.bytes().all(|c| c.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&c))
}
