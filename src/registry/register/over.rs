//! Facts that end by the clock: an office's blocks.

use std::sync::Arc;

use super::{BatchFacts, Draft, Register};
use crate::base::UnixMs;

impl Register {
    /// Whether a fact is among them that is over.
    pub fn has_over(&self, now: UnixMs) -> bool {
        self.ends.is_some_and(|ends| ends <= now)
    }

    /// The register without facts that are over. What has none is shared.
    #[must_use]
    pub fn without_over(mut self, now: UnixMs) -> Self {
        if !self.has_over(now) {
            return self;
        }
        let over = |facts: &&Arc<BatchFacts>| facts.ranges.iter().any(|fact| fact.is_over(now));
        let mut drafts: Vec<_> =
            self.batches.values().filter(over).map(|facts| Draft::of(facts)).collect();
        drafts.iter_mut().for_each(|draft| draft.ranges.retain(|fact| !fact.is_over(now)));
        drafts.into_iter().for_each(|draft| self.put(draft));
        let facts = self.batches.values().flat_map(|facts| &facts.ranges);
        self.ends = facts.filter_map(|fact| fact.until).min();
        self
    }

    /// Puts a batch in, with when the first of its facts is over.
    pub(super) fn put(&mut self, draft: Draft) {
        let Draft { batch, ranges, whereabouts } = draft;
        let enterprise = self.enterprises.get(&batch.enterprise);
        let product = self.products.get(&batch.product);
        let (Some(enterprise), Some(product)) = (enterprise, product) else { return };
        let (enterprise, product) = (Arc::clone(enterprise), Arc::clone(product));
        let facts = BatchFacts::new(batch, enterprise, product, ranges, whereabouts);
        let ends = facts.ranges.iter().filter_map(|fact| fact.until);
        self.ends = ends.chain(self.ends).min();
        self.batches.insert(facts.batch.id, Arc::new(facts));
    }
}
