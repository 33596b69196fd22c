//! What case files ask of the ledger. Each method is one transaction that the
//! audit trail tells of: the entries, what follows from them for labels and
//! enterprises, and the trail's row are there together or not at all.

use async_trait::async_trait;
use jiff::civil::Date;
use uuid::Uuid;

use crate::base::{By, LedgerError, UnixMs};
use crate::cases::CaseError;
use crate::cases::fact::{Fact, Ground, Outcome};
use crate::cases::file::{CaseFile, State};
use crate::cases::terms::Calendar;

/// Cases of one page of a list.
pub const CASES_SHOWN_MAX: u32 = 50;

/// A case to be opened.
#[derive(Clone, Debug)]
pub struct NewCase {
    /// Given with the form: the same form sent twice is one case.
    pub id: Uuid,
    pub office: Uuid,
    pub title: String,
    pub ground: Ground,
    pub lead: Option<Uuid>,
    /// GB/T 2260, four digits; 0: unknown.
    pub region: u16,
    /// Since when the office knows of it.
    pub found_on: Date,
    /// Where the installation stands: numbers begin anew each year.
    pub today: Date,
    /// What it begins with: labels, parties, places.
    pub facts: Vec<Fact>,
}

/// What somebody looked at who writes: the case of an office, up to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub office: Uuid,
    pub case: Uuid,
    /// Number of the last entry that was seen.
    pub seq: u32,
    /// Where the installation stands.
    pub today: Date,
}

/// The case that a buyer's report goes into.
#[derive(Clone, Debug)]
pub enum Takes {
    /// A new one, which its id names: the form sent twice is one case.
    New(NewCase),
    /// An open one of the office.
    Known { office: Uuid, case: Uuid },
}

/// Labels that become a case of their own.
#[derive(Clone, Debug)]
pub struct SplitOff {
    /// Of the new case; given with the form.
    pub id: Uuid,
    /// Entries that put the labels into the case.
    pub entries: Vec<Uuid>,
    pub title: String,
    pub grounds: String,
}

/// A case as a list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseLine {
    pub id: Uuid,
    pub office: Uuid,
    pub number: String,
    pub title: String,
    pub state: State,
    pub assignee: Option<String>,
    pub region: u16,
    /// Labels in it.
    pub units: u64,
    pub hold: bool,
    pub outcome: Option<Outcome>,
    /// The nearest day by which something is due.
    pub due_on: Option<Date>,
    /// A question to an enterprise waits.
    pub waits: bool,
    pub opened_at: UnixMs,
    pub updated_at: UnixMs,
}

/// What an office sees of a case that it has or had.
#[derive(Clone, Debug)]
pub enum Sight {
    Own(Box<CaseFile>),
    /// It handed the case over, and sees that alone.
    HandedOver(HandedOver),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedOver {
    pub case: Uuid,
    /// Its number at the office that gave it away.
    pub number: String,
    pub to: Uuid,
    pub by: String,
    pub at: UnixMs,
    pub grounds: String,
}

/// Somebody of an office who may be given its cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colleague {
    pub login: String,
    pub name: String,
}

/// Which cases of an office are wanted, most urgent first: by the day on which
/// something is due, those without one last, then by age.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub office: Uuid,
    /// None: all states.
    pub states: Vec<State>,
    pub assignee: Option<String>,
    /// Nobody's.
    pub unassigned: bool,
    /// Due before this day.
    pub due_before: Option<Date>,
    /// Part of a number, a title or a serial.
    pub find: String,
    /// Behind which case.
    pub after: Option<Mark>,
}

/// Where a page of a list ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub due_on: Option<Date>,
    pub id: Uuid,
}

/// How many cases of an office stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Open ones of whoever asks.
    pub mine: u64,
    pub open: u64,
    /// Of those, nobody's.
    pub unassigned: u64,
    /// Of those, such that something was due before today.
    pub overdue: u64,
    /// Of those, such that a second person decides on their closing.
    pub closing: u64,
    pub closed: u64,
}

#[async_trait]
pub trait FileLedger: Send + Sync {
    /// Opens a case, under the office's next number of the year; the one with
    /// this id where it is known.
    ///
    /// # Errors
    /// `Invalid` for words that cannot be taken, and for the id of another case.
    async fn open_case(&self, new: &NewCase, by: &By) -> Result<CaseFile, CaseError>;
    /// Puts facts down behind what was seen. To close tells detection of
    /// every label of the case, and to take it up again takes that back; to make
    /// it void lets its reports go.
    ///
    /// # Errors
    /// `Stale` with what came in between; refused as [`CaseFile::admit`] says;
    /// `NotFound` for another office's; `Invalid` for who does not work there.
    async fn append(&self, seen: &Seen, facts: &[Fact], by: &By) -> Result<CaseFile, CaseError>;
    /// Makes a buyer's report part of a case and puts down what it says, but for
    /// labels that are there; together, or neither. Done again it is nothing.
    ///
    /// # Errors
    /// `Conflict` for a report that is closed or part of another case; refused as
    /// [`CaseFile::admit`] says; `NotFound` for another office's case.
    async fn take_report(
        &self,
        report: Uuid,
        into: &Takes,
        facts: &[Fact],
        by: &By,
    ) -> Result<CaseFile, CaseError>;
    /// Gives a case to another office, under a number of that one, with the blocks
    /// that stand for it: whoever asked for one to be lifted asks there anew.
    ///
    /// # Errors
    /// As [`Self::append`]; `Invalid` for an office that is not known.
    async fn hand_case_over(
        &self,
        seen: &Seen,
        to: Uuid,
        grounds: &str,
        by: &By,
    ) -> Result<(), CaseError>;
    /// Lets a case go on in another of the same office, which takes over what it
    /// is about. The case that goes on.
    ///
    /// # Errors
    /// As [`Self::append`]; refused when either is not open.
    async fn merge_cases(
        &self,
        seen: &Seen,
        into: Uuid,
        grounds: &str,
        by: &By,
    ) -> Result<CaseFile, CaseError>;
    /// Moves labels, named by their entries, into a new case. The new case.
    ///
    /// # Errors
    /// As [`Self::append`]; refused for an entry that is no label of it.
    async fn split_case(&self, seen: &Seen, off: &SplitOff, by: &By)
    -> Result<CaseFile, CaseError>;
    /// # Errors
    /// `NotFound` for a case that the office never had.
    async fn case_file(&self, office: Uuid, case: Uuid) -> Result<Sight, LedgerError>;
    /// For what is done behind, whichever office has it.
    ///
    /// # Errors
    /// `NotFound`, and those of the ledger.
    async fn any_case(&self, case: Uuid) -> Result<CaseFile, LedgerError>;
    /// Cases of an office that a label is in, latest first.
    async fn cases_of(
        &self,
        office: Uuid,
        payload: &[u8; 12],
    ) -> Result<Vec<CaseLine>, LedgerError>;
    /// At most `limit`, and where the page ends when there are more.
    async fn list_cases(
        &self,
        wanted: &Wanted,
        limit: u32,
    ) -> Result<(Vec<CaseLine>, Option<Mark>), LedgerError>;
    async fn count_cases(
        &self,
        office: Uuid,
        login: &str,
        today: Date,
    ) -> Result<Counts, LedgerError>;
    /// Cases that an office gave away, latest first.
    async fn given_away(&self, office: Uuid, limit: u32) -> Result<Vec<HandedOver>, LedgerError>;
    /// Those who work in an office now, by login, at most `limit`.
    async fn colleagues(&self, office: Uuid, limit: u32) -> Result<Vec<Colleague>, LedgerError>;
    /// Days that are not as their weekday says, and how long terms are.
    async fn calendar(&self) -> Result<Calendar, LedgerError>;
    /// Replaces the days of a year and the terms, and works out anew what is due in
    /// open cases.
    async fn set_calendar(
        &self,
        year: i16,
        calendar: &Calendar,
        by: &By,
    ) -> Result<(), LedgerError>;
}
