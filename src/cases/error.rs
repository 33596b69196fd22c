//! Why a case does not go on as somebody asked.

use crate::base::LedgerError;
use crate::cases::fact::Entry;
use crate::cases::file::Refusal;

#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Others wrote since: what came in between, oldest first.
    #[error("{} entries were put down since you looked", .0.len())]
    Stale(Vec<Entry>),
}
