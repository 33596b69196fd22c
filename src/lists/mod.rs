//! Tables of the consoles: narrowed by a few words, sorted by one of the
//! columns that are named for it, a page at a time, or poured into a file.
//!
//! A page begins behind a row and not at a count of rows ("keyset"): the
//! thousandth page costs what the first does, and a row that is added meanwhile
//! moves no other to a page where it is read twice. For the same reason nothing
//! is counted: a page says whether more follows. All of the state is in the
//! address, so that a page can be kept and sent.
//!
//! Not here: what a row may have done to it. That stands on the pages of things.

mod columns;
mod list;
mod wanted;

use async_trait::async_trait;
use uuid::Uuid;

use crate::base::LedgerError;
use crate::exports::Cell;
use crate::registry::{BatchRef, Uscc};

pub use columns::{Column, Shape, Sorts};
pub use list::{Belongs, List};
pub use wanted::{Mark, Value, Wanted};

/// Rows of one page.
pub const ROWS: u32 = 50;
/// Characters of what is looked for.
pub const FIND_CHARACTERS_MAX: usize = 64;

/// Whose rows.
#[derive(Clone, Debug)]
pub enum Within {
    County,
    Enterprise(Uscc),
    /// Of a batch, if it is the enterprise's.
    Batch(Uscc, BatchRef),
    /// Of an endpoint of webhooks, if it is the enterprise's.
    Endpoint(Uscc, Uuid),
}

impl Within {
    pub const fn enterprise(&self) -> Option<&Uscc> {
        match self {
            Self::County => None,
            Self::Enterprise(of) | Self::Batch(of, _) | Self::Endpoint(of, _) => Some(of),
        }
    }
}

/// Rows, each with a cell for every column of its list.
pub struct Page {
    pub rows: Vec<Vec<Cell>>,
    /// Behind the last row; `None` where nothing follows.
    pub next: Option<Mark>,
}

#[async_trait]
pub trait ListLedger: Send + Sync {
    /// Rows of a list, at most `limit`. The time it takes grows with the rows
    /// that are given, not with those before them; a search that finds little
    /// reads on through what is `within`.
    async fn list(&self, within: &Within, wanted: &Wanted, limit: u32)
    -> Result<Page, LedgerError>;
}
