//! The walk of one scan.

use std::sync::Arc;

use crate::base::UnixMs;
use crate::code::Payload;
use crate::registry::register::BatchFacts;
use crate::scan::{Place, verdict::Verdict};

/// Everything an answer may show; what the caller may see of it is decided
/// where it is rendered.
pub struct Answer {
    pub verdict: Verdict,
    /// `None` where nothing could be parsed.
    pub payload: Option<Payload>,
    /// Absent for `not_genuine`.
    pub item: Option<Item>,
    /// Absent where no history was read.
    pub scans: Option<ScanSummary>,
    /// Whether this scan is in the history now.
    pub recorded: RecordState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordState {
    Recorded,
    /// The same scan was there already (reload, language switch).
    Repeated,
    /// Nothing to record: not ours, or only looked at.
    NotAsked,
    /// The store did not take it; the page says so.
    Failed,
}

/// The register's facts of the label.
pub struct Item {
    pub facts: Arc<BatchFacts>,
    /// Running number in the batch. Officers and the enterprise only.
    pub number: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScanSummary {
    /// Scans recorded, this one included.
    pub count: u64,
    /// Distinct phones, a lower bound once old scans left the history.
    pub devices: u32,
    pub first_at: UnixMs,
    pub first_place: Place,
}
