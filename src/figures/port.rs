//! What figures ask of the ledger. Reads alone.

use async_trait::async_trait;
use uuid::Uuid;

use super::{CaseFigures, Figures};
use crate::base::{LedgerError, UnixMs};

/// From and before: instants, and days since 1970 as scans are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: UnixMs,
    pub until: UnixMs,
    pub first_day: i64,
    /// Exclusive.
    pub last_day: i64,
}

#[async_trait]
pub trait FigureLedger: Send + Sync {
    /// Flags and scans of the span. A flag that was opened again counts where it
    /// was first opened, and its latest decision where that was made.
    async fn figures(&self, span: &Span) -> Result<Figures, LedgerError>;
    /// Cases that an office has.
    async fn case_figures(&self, office: Uuid, span: &Span) -> Result<CaseFigures, LedgerError>;
}
