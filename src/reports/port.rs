//! What reports ask of the ledger. Each method is one transaction.

use async_trait::async_trait;
use uuid::Uuid;

use crate::base::{By, LedgerError, UnixMs};
use crate::media::Sha256Hex;
use crate::reports::retention::{Erased, Pass};
use crate::reports::{CheckValue, ClosedAs, NewReport, Number, Report, State};
use crate::scan::{Place, Tag48};

/// What became of a report that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    New,
    /// This scan was reported before, under this number.
    Before(Number),
    /// As many as may be wait, of this kind.
    Full(Full),
}

/// Which bound a report ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    Code,
    Device,
    Queue,
}

/// Which reports are listed, newest first.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub state: Option<State>,
    /// Four digits; a province's has all of its prefectures. `None`: anywhere.
    pub region: Option<Place>,
    /// Reports that came before this one.
    pub before: Option<u64>,
}

/// What is held about one device, by its own cookie.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    /// Newest first.
    pub scans: Vec<HeldScan>,
    pub reports: Vec<Report>,
    /// Codes and days that the device is counted with across codes; `None` where
    /// it is in no such count.
    pub across: Option<(u64, u64)>,
    /// There are more scans than are told.
    pub more: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct HeldScan {
    pub payload: [u8; 12],
    pub at: UnixMs,
    pub place: Place,
    /// As it was given by a tap: latitude and longitude.
    pub precise: Option<(f64, f64)>,
    pub channel: String,
}

/// Scans of a device that an export tells of.
pub const HELD_SCANS_MAX: u32 = 1_000;

#[async_trait]
pub trait ReportLedger: Send + Sync {
    /// Keeps a report and the rows of its photos, whose files are on disk, within
    /// the bounds of this module.
    async fn add_report(&self, report: &NewReport, by: &By) -> Result<Added, LedgerError>;
    async fn buyers_report(&self, id: Uuid) -> Result<Option<Report>, LedgerError>;
    async fn report_numbered(&self, number: &Number) -> Result<Option<Report>, LedgerError>;
    /// At most `limit`.
    async fn buyers_reports(&self, wanted: &Wanted, limit: u32)
    -> Result<Vec<Report>, LedgerError>;
    /// Behind `seq` in the order in which they came: for whoever follows.
    async fn reports_after(&self, seq: u64, limit: u32) -> Result<Vec<Report>, LedgerError>;
    /// Oldest first.
    async fn reports_of(&self, payload: &[u8; 12]) -> Result<Vec<Report>, LedgerError>;
    /// How many are in each state, in the order of `State::ALL`.
    async fn reports_counted(&self, region: Option<Place>) -> Result<[u64; 4], LedgerError>;
    /// Marks it as looked at. False where it was already.
    async fn look_at_report(&self, id: Uuid, by: &By) -> Result<bool, LedgerError>;
    /// # Errors
    /// `Conflict` when it is closed, or part of a case, with which it is closed.
    async fn close_report(&self, id: Uuid, how: ClosedAs, by: &By) -> Result<(), LedgerError>;
    /// Keeps that the reporter was told. False where that was kept before.
    async fn tell_reporter(&self, id: Uuid, by: &By) -> Result<bool, LedgerError>;
    /// The sealed way to be told; the trail tells who opened it, for which case.
    /// `None` where there is none or the report is part of no case.
    async fn open_contact(&self, id: Uuid, by: &By) -> Result<Option<Vec<u8>>, LedgerError>;
    /// Keeps what a note said; again is nothing.
    async fn keep_note(
        &self,
        check: &CheckValue,
        content: &str,
        by: &By,
    ) -> Result<(), LedgerError>;
    async fn note_content(&self, check: &CheckValue) -> Result<Option<String>, LedgerError>;
    /// What is held about a device.
    async fn held_about(&self, device: Tag48) -> Result<Held, LedgerError>;
    /// Erases what is old; told in the trail when anything was.
    async fn erase_reports(&self, pass: &Pass, by: &By) -> Result<Erased, LedgerError>;
    /// Forgets files of [`Erased`] that are off the disk.
    async fn forget_files(&self, files: &[Sha256Hex]) -> Result<(), LedgerError>;
}
