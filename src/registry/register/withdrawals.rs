//! Which labels of a batch are withdrawn, as facts and not one by one.

use super::{BatchFacts, Withdrawal, withdrawn};
use crate::registry::movement::Ranges;
use crate::registry::{RangeFact, Standing};

impl BatchFacts {
    /// Facts in force that withdraw labels, latest first: of two that speak of a
    /// label the first is the one that is told.
    pub fn withdrawals(&self) -> impl Iterator<Item = (&RangeFact, Withdrawal)> {
        self.ranges.iter().filter_map(|fact| match withdrawn(fact) {
            Some(Standing::Withdrawn { kind, .. }) => Some((fact, kind)),
            _ => None,
        })
    }

    /// Items that no such fact speaks of.
    pub fn not_withdrawn(&self) -> Ranges {
        let said = self.withdrawals().map(|(fact, _)| (fact.first, fact.last)).collect();
        Ranges::one(0, self.batch.issued().saturating_sub(1)).without(&Ranges::of_runs(said))
    }
}
