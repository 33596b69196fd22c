//! Two policies over the same scans: which codes one of them flags alone.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::engine::Engine;
use crate::base::UnixMs;
use crate::code::{Outcome as ReadOutcome, Payload};
use crate::registry::{Findings, Standing};
use crate::scan::across::Label;
use crate::scan::judge::{Check, Evidence, Policy, judge};
use crate::scan::policies::{Comparison, Difference};
use crate::scan::{CodeId, Marks, Observation, Outcome};

/// What one policy made of the scans.
struct Side {
    policy: Arc<Policy>,
    /// Suspect now, and since when.
    accused: HashMap<CodeId, UnixMs>,
    suspects: HashSet<CodeId>,
    /// What officers see; suspects are among them.
    leads: HashSet<CodeId>,
}

impl Side {
    fn new(policy: Arc<Policy>) -> Self {
        Self { policy, accused: HashMap::new(), suspects: HashSet::new(), leads: HashSet::new() }
    }

    fn judge(&mut self, id: CodeId, evidence: &mut Evidence<'_>, at: UnixMs) {
        // What an officer decided since is not undecided any more.
        if let Some((_, decided)) = evidence.findings.decision
            && self.accused.get(&id).is_some_and(|since| *since <= decided)
        {
            self.accused.remove(&id);
        }
        evidence.accused = self.accused.get(&id).copied();
        let verdict = judge(evidence, &self.policy);
        let suspect = verdict.outcome == Outcome::Suspect;
        if suspect {
            self.accused.entry(id).or_insert(at);
            self.suspects.insert(id);
        }
        if suspect || !verdict.doubts.is_empty() {
            self.leads.insert(id);
        }
    }
}

pub struct Contest {
    engine: Engine,
    new: Side,
    old: Side,
    scans: u64,
}

impl Contest {
    pub fn new(policy: Arc<Policy>, against: Arc<Policy>) -> Self {
        Self {
            engine: Engine::default(),
            new: Side::new(policy),
            old: Side::new(against),
            scans: 0,
        }
    }

    /// Takes in a scan; `findings`: what officers had found by then.
    pub fn scan(
        &mut self,
        id: CodeId,
        label: Option<&Label>,
        scan: Observation,
        findings: &Findings,
    ) {
        self.scans += 1;
        let (new, old) = (&mut self.new, &mut self.old);
        self.engine.scan(id, label, Some(scan), findings, |seen| {
            let foreign =
                seen.history.observations.iter().any(|o| o.marks.has(Marks::FOREIGN_HOST));
            let mut evidence = Evidence {
                check: Check::Read(ReadOutcome::Valid),
                standing: Some(&Standing::OnSale),
                case: false,
                foreign_host: foreign.then_some(""),
                seen: Some(seen),
                findings,
                accused: None,
            };
            new.judge(id, &mut evidence, scan.at);
            old.judge(id, &mut evidence, scan.at);
        });
    }

    /// What came of it, replayed `since` and told `at`.
    pub fn found(self, since: UnixMs, at: UnixMs) -> Comparison {
        Comparison {
            against: self.old.policy.name.to_string(),
            at,
            since,
            scans: self.scans,
            codes: self.engine.codes() as u64,
            suspect_more: alone(&self.new.suspects, &self.old.suspects),
            suspect_fewer: alone(&self.old.suspects, &self.new.suspects),
            lead_more: alone(&self.new.leads, &self.old.leads),
            lead_fewer: alone(&self.old.leads, &self.new.leads),
        }
    }
}

/// Those of `a` that are not in `b`.
fn alone(a: &HashSet<CodeId>, b: &HashSet<CodeId>) -> Difference {
    let mut payloads: Vec<_> = a.difference(b).map(|id| id.payload).collect();
    payloads.sort_unstable();
    let mut out = Difference::default();
    for payload in payloads {
        out.add(|| {
            Payload::from_bytes(payload).map_or_else(|_| String::new(), |p| p.serial_text())
        });
    }
    out
}
