//! Why a recall does not go on as somebody asked.

use crate::base::LedgerError;

/// What stands in the way of a decision or a return.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the labels stand otherwise now than in what you looked at: look again, then decide")]
    Stale,
    #[error(
        "you asked for it yourself, or made a key or a link by which one asks or decides: another person with the duty to approve decides"
    )]
    Own,
    #[error("{by} decided it before")]
    Decided { by: String },
    #[error("it is not in force, or closed already")]
    NotOpen,
}

#[derive(Debug, thiserror::Error)]
pub enum RecallError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Refused(#[from] Refusal),
}
