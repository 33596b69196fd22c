//! What buyers report of a label that they scanned, and the note that they may
//! take of its answer.
//!
//! A report is bound to one scan by a sealed [`Ticket`], which stands in the page
//! of the answer: whoever reports had a label in hand, or at least its code, and
//! no address and no log has it. Nobody gives an account or a name.
//!
//! * One scan, one report: the same again gives the same number.
//! * How to be told is sealed; officers open it for a case, and the trail tells.
//! * Free texts, photos and the way to be told are erased by a clock
//!   ([`retention`]); that there was a report of a code stays.
//! * Nothing here accuses a seller: a report is what somebody says.

pub mod contact;
pub mod note;
pub mod number;
pub mod port;
pub mod retention;
pub mod seals;
pub mod ticket;
pub mod wrong;

use uuid::Uuid;

use crate::base::UnixMs;
use crate::media::{MediaRow, Sha256Hex};
use crate::scan::{Place, Tag48};

pub use contact::Contact;
pub use note::{CheckValue, Note};
pub use number::Number;
pub use port::{Added, ReportLedger, Wanted};
pub use seals::Seals;
pub use ticket::Ticket;
pub use wrong::Wrong;

/// Photos of one report.
pub const REPORT_PHOTOS_MAX: usize = 4;
/// Characters of what somebody writes.
pub const REPORT_NOTE_CHARACTERS_MAX: usize = 1_000;
/// Reports of one code a day. Ten people who hold copies of one label are a
/// case whether or not the eleventh is counted.
pub const REPORTS_OF_CODE_A_DAY_MAX: u32 = 10;
/// Reports a day of texts that name no code; they lead to no label.
pub const REPORTS_OF_NO_CODE_A_DAY_MAX: u32 = 50;
/// Reports of one device a day: a buyer with a case of bottles reports it once.
pub const REPORTS_OF_DEVICE_A_DAY_MAX: u32 = 10;
/// Reports that nobody has looked at. More than an office reads in months would
/// only hide the real ones.
pub const REPORTS_WAITING_MAX: u32 = 20_000;
/// Bytes of buyers' photos on disk; beyond it reports are taken without.
pub const REPORT_PHOTO_BYTES_MAX: u64 = 8 * 1024 * 1024 * 1024;

/// As what an office closed a report, in words that accuse nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosedAs {
    /// Dealt with.
    Handled,
    /// Nothing was found that would bear it out.
    NoGrounds,
    /// Another authority's business.
    PassedOn,
    /// Told before, in another report.
    Repeated,
}

impl ClosedAs {
    pub const ALL: [Self; 4] = [Self::Handled, Self::NoGrounds, Self::PassedOn, Self::Repeated];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Handled => "handled",
            Self::NoGrounds => "no_grounds",
            Self::PassedOn => "passed_on",
            Self::Repeated => "repeated",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|closed| closed.slug() == slug)
    }
}

/// How far a report has come: all that its reporter is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Received,
    /// Somebody of the office looks at it.
    Looked,
    /// It is part of a case.
    InCase,
    Closed,
}

impl State {
    pub const ALL: [Self; 4] = [Self::Received, Self::Looked, Self::InCase, Self::Closed];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Looked => "looked_at",
            Self::InCase => "in_case",
            Self::Closed => "closed",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.slug() == slug)
    }
}

/// A report as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub id: Uuid,
    /// In which order it came.
    pub seq: u64,
    pub number: Number,
    /// `None` where the text named no code.
    pub payload: Option<[u8; 12]>,
    /// Slugs of what the answer had said.
    pub outcome: String,
    pub reason: String,
    pub wrong: Vec<Wrong>,
    /// Free texts, empty where nothing was said or the clock has erased it.
    pub note: String,
    pub shop: String,
    pub place: String,
    /// Of the scan, from its address.
    pub region: Place,
    pub scan: Tag48,
    /// 0 when forgotten.
    pub device: Tag48,
    pub photos: Vec<Sha256Hex>,
    /// Whether there is a way to tell the reporter.
    pub has_contact: bool,
    pub received_at: UnixMs,
    /// Who first looked at it, and when.
    pub looked: Option<(String, UnixMs)>,
    pub case: Option<CaseRef>,
    /// That case is over.
    pub case_over: bool,
    pub closed: Option<(ClosedAs, String, UnixMs)>,
    /// Who told the reporter, and when.
    pub told: Option<(String, UnixMs)>,
}

/// A case as a report names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRef {
    pub id: Uuid,
    pub number: String,
}

impl Report {
    pub const fn state(&self) -> State {
        match (&self.closed, &self.case, &self.looked) {
            (Some(_), ..) => State::Closed,
            (None, Some(_), _) if self.case_over => State::Closed,
            (None, Some(_), _) => State::InCase,
            (None, None, Some(_)) => State::Looked,
            (None, None, None) => State::Received,
        }
    }
}

/// A report as it comes in; every text of it is bounded.
#[derive(Clone, Debug)]
pub struct NewReport {
    pub id: Uuid,
    pub number: Number,
    pub ticket: Ticket,
    pub wrong: Vec<Wrong>,
    pub note: String,
    pub shop: String,
    pub place: String,
    pub region: Place,
    /// Sealed for `id`.
    pub contact: Option<Vec<u8>>,
    pub photos: Vec<MediaRow>,
    pub received_at: UnixMs,
}
