//! Judging again what was recorded, for who follows the log and for who looks.

use std::time::Instant;

use crate::base::UnixMs;
use crate::code::{Layer, Outcome as ReadOutcome, Payload};
use crate::keys::KeyNumber;
use crate::registry::Placement;
use crate::scan::judge::{Check, Evidence, Policy, Seen, judge};
use crate::scan::service::{Scanner, label};
use crate::scan::spread::Spread;
use crate::scan::{CodeId, History, Marks, StateError, Verdict};

impl Scanner {
    /// Reads the history of a code and judges it, as [`Self::review_of`].
    ///
    /// # Errors
    /// When the history cannot be read now.
    pub async fn review(
        &self,
        id: CodeId,
        at: UnixMs,
    ) -> Result<Option<(Verdict, History)>, StateError> {
        let mark = self.fresh.mark();
        let history = self.state.peek(id).await?;
        let verdict = self.review_of(id, &history, at).map(|mut verdict| {
            if self.fresh.is_old(mark, Instant::now()) {
                verdict.by_an_old_register();
            }
            verdict
        });
        Ok(verdict.map(|verdict| (verdict, history)))
    }

    /// Judges a code by its history as it is at `at`, for whoever follows the
    /// log. Its scans were recorded, so its signature was checked then, if it is
    /// one that has any. `None` where the register does not know it any more.
    pub fn review_of(&self, id: CodeId, history: &History, at: UnixMs) -> Option<Verdict> {
        self.review_with(id, history, at).map(|(verdict, _)| verdict)
    }

    /// The same, with who met the code and where, if anything speaks against it.
    pub fn review_with(
        &self,
        id: CodeId,
        history: &History,
        at: UnixMs,
    ) -> Option<(Verdict, Spread)> {
        self.review_under(id, history, self.policies.load().at(at))
    }

    /// The same by a policy that need not be in force.
    pub fn review_under(
        &self,
        id: CodeId,
        history: &History,
        policy: &Policy,
    ) -> Option<(Verdict, Spread)> {
        let register = self.register.load_full();
        let payload = Payload::from_bytes(id.payload).ok()?;
        let Placement::Issued { facts, number, standing } = register.place(&payload) else {
            return None;
        };
        let findings = register.findings(&id.payload);
        let label = label(&payload, &facts, number, &standing);
        // The name itself is not kept, only that it was not ours.
        let foreign = history.observations.iter().any(|o| o.marks.has(Marks::FOREIGN_HOST));
        let own = payload.key == KeyNumber::OWN;
        let evidence = Evidence {
            check: if own { Check::Listed } else { Check::Read(ReadOutcome::Valid) },
            standing: Some(&standing),
            case: matches!(payload.layer, Layer::Case | Layer::Pallet),
            foreign_host: foreign.then_some(""),
            seen: Some(Seen::new(history, None, false, findings, |walk, noted| {
                self.around(label, walk, noted)
            })),
            findings,
            accused: register.accused.get(&id.payload).copied(),
        };
        let verdict = judge(&evidence, policy);
        let spread = evidence.seen.as_ref().filter(|_| verdict.is_for_officers()).map(Spread::of);
        Some((verdict, spread.unwrap_or_default()))
    }
}
