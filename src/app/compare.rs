//! A policy held against the one that decides, over the scans that the ledger
//! has and with what officers decided of them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::base::{LedgerError, UnixMs};
use crate::cases::CaseLedger;
use crate::code::Payload;
use crate::registry::port::RegistryLedger;
use crate::registry::{Decision, Findings, Placement, Register};
use crate::scan::judge::Policy;
use crate::scan::ledger::ScanLedger;
use crate::scan::policies::Comparison;
use crate::scan::replay::Contest;
use crate::scan::service::label;

/// Replays the scans since an instant under both. Codes are judged as if on
/// sale: how they stand is not the policy's to say.
///
/// # Errors
/// Of the ledger.
pub async fn compare(
    ledger: &(impl RegistryLedger + ScanLedger + CaseLedger),
    policy: Arc<Policy>,
    against: Arc<Policy>,
    (since, now): (UnixMs, UnixMs),
) -> Result<Comparison, LedgerError> {
    let changes = ledger.changes(0).await?.unwrap_or_default();
    let register = Register::default().apply(changes);
    let mut decided = HashMap::<_, Vec<(UnixMs, Decision)>>::new();
    for d in ledger.all_decisions().await? {
        decided.entry(d.payload).or_default().push((d.decided_at, d.decision));
    }
    let mut contest = Contest::new(policy, against);
    let mut each = |id: crate::scan::CodeId, seen: crate::scan::Observation| {
        let Ok(payload) = Payload::from_bytes(id.payload) else { return };
        let Placement::Issued { facts, number, standing } = register.place(&payload) else {
            return;
        };
        // Causes are facts of their time, whenever they were learnt.
        let by_then = Findings {
            decision: decided
                .get(&id.payload)
                .and_then(|all| all.iter().rev().find(|(at, _)| *at <= seen.at))
                .map(|(at, decision)| (*decision, *at)),
            causes: register.findings(&id.payload).causes.clone(),
        };
        let label = label(&payload, &facts, number, &standing);
        contest.scan(id, label.as_ref(), seen, &by_then);
    };
    ledger.scans_since(since, &mut each).await?;
    Ok(contest.found(since, now))
}
