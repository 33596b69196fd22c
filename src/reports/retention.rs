//! How long the ledger keeps what a reporter gave: see `guide::privacy`.

use crate::base::UnixMs;
use crate::media::Sha256Hex;

/// Days after which the way to be told goes, unless set otherwise; an officer
/// who has not called by then will not.
pub const CONTACT_DAYS: u32 = 180;
/// Days after which photos, free texts and what tells of the device go.
pub const CONTENT_DAYS: u32 = 730;
/// What may be set for either.
pub const CONTACT_DAYS_RANGE: std::ops::RangeInclusive<u32> = 30..=730;
pub const CONTENT_DAYS_RANGE: std::ops::RangeInclusive<u32> = 180..=1_825;
/// Days for which a note is verified: in five years what it tells of is past
/// prosecution (行政处罚法, art. 36).
pub const NOTE_DAYS: i64 = 1_827;

/// One transaction's part of the work. Reports of a case that is not closed, or
/// that is held, stay whole.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    /// Contacts of reports received before it go.
    pub contacts_before: UnixMs,
    pub contents_before: UnixMs,
    pub notes_before: UnixMs,
    pub rows_max: u32,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    pub contacts: u64,
    pub contents: u64,
    pub notes: u64,
    /// Files that nothing names any more, to be deleted.
    pub files: Vec<Sha256Hex>,
    pub more: bool,
}
