//! Codes that officers would have on their list, as a stream leaves them.

use std::collections::HashMap;

use super::{Issued, Replay};
use crate::base::UnixMs;
use crate::registry::BatchRef;
use crate::scan::diversion::{self, Lot, Travelled};
use crate::scan::spread::Spread;
use crate::scan::{CodeId, Reason, Verdict};

/// A code that looks copied.
#[derive(Clone, Debug, PartialEq)]
pub struct Flagged {
    /// As the stream names it.
    pub code: String,
    pub id: CodeId,
    pub batch: BatchRef,
    /// When it was last worth a look.
    pub risk: f64,
    pub reason: Option<Reason>,
    pub spread: Spread,
    pub opened_at: UnixMs,
    pub seen_at: UnixMs,
}

/// What one scan said of it.
pub(super) struct Met<'a> {
    pub verdict: &'a Verdict,
    pub spread: Spread,
    pub at: UnixMs,
}

/// Opens a flag, or brings it up to date.
pub(super) fn take(
    flagged: &mut HashMap<CodeId, Flagged>,
    code: &str,
    issued: &Issued,
    met: Met<'_>,
) {
    let Met { verdict, spread, at } = met;
    let reasons = verdict.doubts.iter().chain(&verdict.reasons);
    let known = flagged.entry(issued.id).or_insert_with(|| Flagged {
        code: code.to_owned(),
        id: issued.id,
        batch: issued.label.batch,
        risk: 0.0,
        reason: None,
        spread: Spread::default(),
        opened_at: at,
        seen_at: at,
    });
    known.risk = verdict.risk;
    known.reason = reasons.into_iter().find(|r| !matches!(r, Reason::Undecided { .. })).cloned();
    known.spread = spread;
    known.seen_at = known.seen_at.max(at);
}

impl Replay {
    /// Codes on officers' list so far, the first flagged first.
    pub fn flagged(&self) -> Vec<&Flagged> {
        let mut all: Vec<_> = self.flagged.values().collect();
        all.sort_by_key(|flagged| (flagged.opened_at, flagged.id.payload));
        all
    }

    /// What a batch is of, and its name in the stream.
    pub fn batch(&self, of: BatchRef) -> Option<(&str, &str)> {
        let mut known = self.recording.batches.iter();
        let (name, known) = known.find(|(_, known)| known.reference() == of)?;
        Some((&known.product, name))
    }

    /// Lots that are sold where they were not made for, each against the others
    /// of its product.
    pub fn diverted(&self) -> Vec<Travelled> {
        let mut products = HashMap::<&str, Vec<Lot>>::new();
        for known in self.recording.batches.values().filter(|known| known.destination != 0) {
            let batch = known.reference();
            let Some(firsts) = self.engine.across.first_seen(batch) else { continue };
            let (destination, firsts) = (known.destination, firsts.clone());
            products.entry(&known.product).or_default().push(Lot { batch, destination, firsts });
        }
        let judged = products.values().flat_map(|lots| diversion::judge(lots));
        judged.filter(|lot| lot.unusual).collect()
    }
}
