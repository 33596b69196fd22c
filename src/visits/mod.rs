//! What officers record on the spot, with a phone that may be without network for
//! days: a visit to a seller, labels that were checked, photos, goods sealed and
//! sampled, sweeps of a shelf, signatures.
//!
//! A record is made once, by a phone, and never changed: a visit is the fold of
//! its records ([`Visit::fold`]). Each carries the phone's clock; with the instant
//! at which the phone says that it sent it and the server's own, the offset of the
//! two is stated, and nothing is corrected silently. What the phone answered then
//! and what the register says on arrival are kept side by side.
//!
//! Begin with [`record`] (shapes and bounds), [`port`] (exactly once), [`sample`]
//! (what a sweep allows to say) and [`papers`]. Not here: photos themselves
//! (`media`), cases (`cases`), the judge (`scan`).

pub mod measure;
pub mod papers;
pub mod pick;
pub mod port;
pub mod read;
pub mod record;
pub mod sample;
pub mod says;
pub mod statement;
pub mod sweep;
pub mod visit;

pub use record::{Fact, Record};
pub use says::Says;
pub use visit::{Kept, Visit};

/// Records of one call; a phone sends what it has in several.
pub const RECORDS_AT_ONCE_MAX: usize = 50;
/// Bytes of such a call.
pub const RECORDS_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of one record as JSON.
pub const RECORD_BYTES_MAX: usize = 48 * 1024;
/// Records of one visit.
pub const VISIT_RECORDS_MAX: u32 = 5_000;
