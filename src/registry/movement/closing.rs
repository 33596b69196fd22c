//! A day's closing: what the book says of a place against what lies there.

use jiff::civil::Date;
use uuid::Uuid;

use super::{Account, Holding, Ranges};
use crate::base::{FieldError, UnixMs};
use crate::registry::{BatchRef, Uscc};

/// Runs of numbers that one closing calls missing.
pub const MISSING_RUNS_MAX: usize = 200;

/// The accounts whose labels somebody can count.
pub const COUNTED: [Account; 5] =
    [Account::Printed, Account::Returned, Account::Applied, Account::Held, Account::Activated];

/// A count, as handed in.
#[derive(Clone, Debug)]
pub struct NewClosing {
    pub id: Uuid,
    pub enterprise: Uscc,
    pub batch: BatchRef,
    pub on: Holding,
    /// The day that is closed, where the enterprise is.
    pub day: Date,
    /// `None`: all but what is named missing.
    pub counted: Option<u64>,
    /// Numbers that lie there in the book and were not found.
    pub missing: Ranges,
    pub note: String,
}

/// A count that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    pub id: Uuid,
    pub batch: BatchRef,
    pub on: Holding,
    pub day: Date,
    /// Labels that the book had there, without those called missing before.
    pub book: u64,
    pub counted: u64,
    /// Labels that this closing named missing.
    pub missing: u64,
    pub note: String,
    pub by: String,
    pub at: UnixMs,
}

impl Closing {
    /// Labels that are neither there nor named: above zero too few, below too
    /// many.
    pub fn unexplained(&self) -> i64 {
        let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        signed(self.book) - signed(self.missing) - signed(self.counted)
    }
}

impl NewClosing {
    /// # Errors
    /// For an account that nobody counts, and for too many runs.
    pub fn check(&self) -> Result<(), FieldError> {
        if !COUNTED.contains(&self.on.account) {
            let problem = format!("{} labels cannot be counted", self.on.account.slug());
            let remedy = format!("choose one of {}", COUNTED.map(Account::slug).join(", "));
            return Err(FieldError::new("account", problem, remedy));
        }
        if self.missing.runs().len() > MISSING_RUNS_MAX {
            let problem = format!("names {} runs of numbers", self.missing.runs().len());
            let remedy = format!("name at most {MISSING_RUNS_MAX} in one closing");
            return Err(FieldError::new("missing", problem, remedy));
        }
        Ok(())
    }
}
