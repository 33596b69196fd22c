//! What an enterprise takes away: everything that it put in or that is about
//! it, a kind a file, as CSV or JSON Lines, read page by page so that a file of
//! any length costs the same memory.
//!
//! A file is no snapshot: each page is of its own instant. Not in it: who
//! scanned (device and network tags, precise places), scans by officers, leads
//! that officers alone see, secrets of batches and endpoints.

pub mod table;
pub mod write;

use async_trait::async_trait;

use crate::base::LedgerError;
use crate::registry::Uscc;

pub use table::{Cell, Kind};
pub use write::Format;

/// Behind which row the next page begins; the default is before the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    pub text: String,
    pub numbers: [i64; 6],
}

/// Some rows, each with a cell for every column of its kind.
pub struct Page {
    pub rows: Vec<Vec<Cell>>,
    /// `None` behind the last row.
    pub next: Option<Mark>,
}

#[async_trait]
pub trait ExportLedger: Send + Sync {
    /// Rows of one kind of one enterprise behind `after`, at most `limit`.
    async fn export(
        &self,
        of: &Uscc,
        kind: Kind,
        after: &Mark,
        limit: u32,
    ) -> Result<Page, LedgerError>;
}
