//! What is known of a text before its history is asked for.

use crate::code::{Malformed, Outcome as ReadOutcome, Payload};
use crate::registry::Placement;
use crate::scan::judge::Check;
use crate::scan::own::OwnAnswer;

/// A text after everything that is asked before its history.
pub(super) struct Examined {
    pub(super) check: Check,
    pub(super) payload: Option<Payload>,
    pub(super) foreign_host: Option<String>,
    pub(super) placement: Placement,
    pub(super) own: Option<OwnAnswer>,
}

impl Examined {
    pub(super) const fn failed(check: Check) -> Self {
        Self {
            check,
            payload: None,
            foreign_host: None,
            placement: Placement::NotIssued,
            own: None,
        }
    }

    pub(super) const fn malformed(hint: Malformed) -> Self {
        Self::failed(Check::Malformed(hint))
    }

    pub(super) fn unknown_key(payload: Payload) -> Self {
        let failed = Self::failed(Check::Read(ReadOutcome::UnknownKey));
        Self { payload: Some(payload), ..failed }
    }
}
