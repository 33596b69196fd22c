//! Whether the field is like the streams to which a policy was fitted, and
//! whether its risks come true: officers' decisions are the labels.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use crate::base::{LedgerError, UnixMs};
use crate::cases::{CaseLedger, FlagState};
use crate::code::Payload;
use crate::registry::port::RegistryLedger;
use crate::registry::{Decision, Placement, Register};
use crate::scan::judge::Policy;
use crate::scan::ledger::ScanLedger;
use crate::scan::profile::Share;
use crate::scan::replay::Survey;
use crate::scan::service::label;

/// Flags that are looked at, latest among them the riskiest.
const FLAGS_MAX: u32 = 100_000;
/// Normal deviate of a two-sided interval of 95 %.
const Z: f64 = 1.96;

/// Codes among others, with the interval of 95 % (Wilson 1927) of their share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Observed {
    pub count: u64,
    pub of: u64,
    pub low: f64,
    pub high: f64,
}

impl Observed {
    #[allow(clippy::cast_precision_loss, reason = "counts of codes")]
    pub fn new(count: u64, of: u64) -> Self {
        if of == 0 {
            return Self { count, of, low: 0.0, high: 1.0 };
        }
        let (n, p) = (of as f64, count as f64 / of as f64);
        let scale = 1.0 + Z * Z / n;
        let middle = (p + Z * Z / (2.0 * n)) / scale;
        let half = Z / scale * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        Self { count, of, low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
    }

    /// Whether what was expected cannot be reconciled with it.
    pub fn contradicts(&self, [low, high]: [f64; 2]) -> bool {
        self.of > 0 && (self.high < low || self.low > high)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShareLine {
    pub share: Share,
    pub observed: Observed,
    /// Lowest and highest of the simulated streams.
    pub expected: [f64; 2],
    pub drifted: bool,
}

/// Flags that officers decided, by the risk at which they were raised.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RiskLine {
    /// Risk from, inclusive, and to.
    pub risk: [f64; 2],
    /// Found copied, of those found copied or in order.
    pub copied: Observed,
    pub cannot_tell: u64,
    pub undecided: u64,
    /// Mean risk of those that were decided, if any: what `copied` should be.
    pub expected: Option<f64>,
    pub drifted: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drift {
    pub policy: String,
    pub since: UnixMs,
    pub shares: Vec<ShareLine>,
    pub risks: Vec<RiskLine>,
    /// Codes at a risk to accuse that officers found in order, of all scanned.
    pub accused_in_order: Observed,
}

impl Drift {
    pub fn any(&self) -> bool {
        self.shares.iter().any(|line| line.drifted) || self.risks.iter().any(|line| line.drifted)
    }
}

/// Surveys the scans since an instant, and all flags.
///
/// # Errors
/// Of the ledger.
pub async fn drift(
    ledger: &(impl RegistryLedger + ScanLedger + CaseLedger),
    policy: Arc<Policy>,
    since: UnixMs,
) -> Result<Drift, LedgerError> {
    let changes = ledger.changes(0).await?.unwrap_or_default();
    let register = Register::default().apply(changes);
    let mut survey = Survey::new(Arc::clone(&policy));
    let mut each = |id: crate::scan::CodeId, seen: crate::scan::Observation| {
        let Ok(payload) = Payload::from_bytes(id.payload) else { return };
        if let Placement::Issued { facts, number, standing } = register.place(&payload) {
            survey.scan(id, label(&payload, &facts, number, &standing).as_ref(), seen);
        }
    };
    ledger.scans_since(since, &mut each).await?;
    let profile = &survey.profile;
    let shares = policy.expected.iter().map(|(share, expected)| {
        let observed = Observed::new(profile.count(*share), profile.codes());
        let drifted = observed.contradicts(*expected);
        ShareLine { share: *share, observed, expected: *expected, drifted }
    });
    let risks = risks(ledger, &policy).await?;
    let accusing = risks.iter().filter(|line| line.risk[0] >= f64::from(policy.suspect_risk));
    let in_order = accusing.map(|line| line.copied.of - line.copied.count).sum();
    Ok(Drift {
        policy: policy.name.to_string(),
        since,
        shares: shares.collect(),
        accused_in_order: Observed::new(in_order, profile.codes()),
        risks,
    })
}

async fn risks(ledger: &impl CaseLedger, policy: &Policy) -> Result<Vec<RiskLine>, LedgerError> {
    let mut found = HashMap::new();
    for decision in ledger.all_decisions().await? {
        found.insert(decision.payload, decision.decision);
    }
    let (lead, suspect) = (f64::from(policy.lead_risk), f64::from(policy.suspect_risk));
    let edges = [lead, f64::midpoint(lead, suspect), suspect, f64::midpoint(suspect, 1.0), 1.0];
    let mut flags = ledger.flags(FlagState::Open, FLAGS_MAX).await?;
    flags.extend(ledger.flags(FlagState::Decided, FLAGS_MAX).await?);
    let line = |pair: &[f64]| {
        let risk = [pair[0], pair[1]];
        let last = risk[1] >= 1.0;
        let within: Vec<_> = flags
            .iter()
            .filter(|flag| flag.risk >= risk[0] && (flag.risk < risk[1] || last))
            .map(|flag| (flag.risk, found.get(&flag.payload)))
            .collect();
        let count = |d| within.iter().filter(|(_, said)| *said == d).count() as u64;
        let (copied, in_order) = (count(Some(&Decision::Copied)), count(Some(&Decision::Genuine)));
        let decided = within
            .iter()
            .filter(|(_, said)| matches!(said, Some(Decision::Copied | Decision::Genuine)));
        let sum: f64 = decided.map(|(risk, _)| risk).sum();
        #[allow(clippy::cast_precision_loss, reason = "a mean")]
        let expected = (copied + in_order > 0).then(|| sum / (copied + in_order) as f64);
        let observed = Observed::new(copied, copied + in_order);
        RiskLine {
            risk,
            copied: observed,
            cannot_tell: count(Some(&Decision::CannotTell)),
            undecided: count(None),
            expected,
            drifted: expected.is_some_and(|risk| observed.contradicts([risk, risk])),
        }
    };
    Ok(edges.windows(2).map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_holds_the_share_and_narrows_with_what_was_seen() {
        let few = Observed::new(1, 10);
        assert!(few.low < 0.1 && few.high > 0.1 && few.high < 0.45, "{few:?}");
        let many = Observed::new(1_000, 10_000);
        assert!((0.094..0.1).contains(&many.low) && (0.1..0.107).contains(&many.high), "{many:?}");
        assert!(!few.contradicts([0.2, 0.3]) && many.contradicts([0.2, 0.3]));
        assert!(many.contradicts([0.01, 0.09]) && !many.contradicts([0.05, 0.15]));
        let none = Observed::new(0, 20_000);
        assert!(none.low == 0.0 && none.high < 0.0002, "none of many is at most 0.02 %: {none:?}");
        assert!(!Observed::new(0, 0).contradicts([0.9, 1.0]), "nothing says nothing");
    }
}
