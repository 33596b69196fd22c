//! A whole ledger from a PostgreSQL database into a SQLite file, and from a file
//! into a database: what `zhenma backup`, `restore` and `move` are made of.
//!
//! Rows go one by one in the order of their keys, so that memory is bounded, in the
//! binary form of PostgreSQL's COPY. Rows of a file are written in the same form:
//! then one SHA-256 over the rows of a table tells whether both sides have the same.
//! What was written is read back and compared before anybody may use it. References
//! and indices are left out meanwhile and made at the end, over all rows at once.
//!
//! Which tables and columns there are, the file says; a test holds both schemas to
//! be one. `_sqlx_migrations` stays each side's own.

mod file;
mod load;
mod rows;
mod snapshot;

use std::collections::BTreeMap;

use crate::base::LedgerError;

pub use load::Load;
pub use snapshot::Snapshot;

/// What a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub rows: u64,
    /// Over its rows in the order of their keys.
    pub sha256: [u8; 32],
}

/// What a ledger holds, by table.
pub type Tally = BTreeMap<String, Held>;

/// Compares what was written with what is read back.
fn same(written: &Tally, back: &Tally, place: &str) -> Result<(), LedgerError> {
    let differs =
        |(name, held): (&String, &Held)| (back.get(name) != Some(held)).then(|| name.clone());
    let differing: Vec<String> = written.iter().filter_map(differs).collect();
    if differing.is_empty() && written.len() == back.len() {
        return Ok(());
    }
    Err(LedgerError::Conflict(format!(
        "{place} gives back other rows than were put there (tables {}): look at its disk, and begin \
         again",
        differing.join(", ")
    )))
}
