//! A label of the case: what the register knows of it, its scans, what the judge
//! says by which policy, and on which scans each reason rests.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Gather, Sources, utc};
use crate::base::{Lang, LedgerError, UnixMs};
use crate::cases::matter::CaseUnit;
use crate::code::Payload;
use crate::evidence::{Judged, JudgedElse, PolicyText, ReasonLine, ScanLine, Unit};
use crate::registry::Placement;
use crate::registry::register::Register;
use crate::scan::basis::basis;
use crate::scan::judge::Policy;
use crate::scan::policies::PolicyRecord;
use crate::scan::reason::place_text;
use crate::scan::{CodeId, History, Marks, Observation, Reason};

/// Latest scans of one label that are listed; more are counted.
const SCANS_MAX: u32 = 500;

/// Policies that are known, the one that decides first.
pub(super) struct Policies {
    all: Vec<(Arc<Policy>, String)>,
    judged: bool,
}

impl Policies {
    pub(super) async fn read<L: Sources + ?Sized>(
        from: &Gather<'_, L>,
        at: UnixMs,
    ) -> Result<Self, LedgerError> {
        let mut known = from.ledger.policies().await?;
        known.retain(|record| record.added_at <= at);
        let shipped = PolicyRecord::shipped();
        if known.iter().all(|record| record.name != shipped.name) {
            known.push(shipped);
        }
        known.sort_by(|a, b| a.name.cmp(&b.name));
        let decides = Arc::clone(from.scanner.policies.load().at(at));
        let text = known.iter().find(|record| *record.name == *decides.name);
        let text = text.map(|record| record.body.clone()).unwrap_or_default();
        let others = known.into_iter().filter(|record| *record.name != *decides.name);
        // One that this version cannot read was signed by no one.
        let read =
            |record: PolicyRecord| Some((Arc::new(Policy::read(&record.body).ok()?), record.body));
        let all = std::iter::once((Arc::clone(&decides), text)).chain(others.filter_map(read));
        Ok(Self { all: all.collect(), judged: false })
    }

    /// The text of the one by which the labels were judged, if any was.
    pub(super) fn decided(self) -> Vec<PolicyText> {
        let decides = self.all.into_iter().take(usize::from(self.judged));
        decides.map(|(policy, text)| PolicyText { name: policy.name.to_string(), text }).collect()
    }
}

/// `None` for a serial that is none.
pub(super) async fn read<L: Sources + ?Sized>(
    from: &Gather<'_, L>,
    unit: &CaseUnit,
    at: UnixMs,
    devices: &mut BTreeMap<u64, u32>,
    policies: &mut Policies,
) -> Result<Option<Unit>, LedgerError> {
    let Ok(payload) = Payload::from_serial_text(&unit.serial) else { return Ok(None) };
    let code = payload.to_bytes();
    let register = from.scanner.register.load_full();
    let number = match register.place(&payload) {
        Placement::Issued { number, .. } => Some(number),
        Placement::NotIssued => None,
    };
    let history = match number {
        Some(number) => history(from, CodeId { payload: code, number }, at).await?,
        None => History::default(),
    };
    let mut scans = from.ledger.scans_of(&code, SCANS_MAX).await?;
    scans.retain(|seen| seen.at <= at);
    // What the judge saw is in the log a moment later.
    let unlogged = |seen: &&Observation| scans.iter().all(|known| known.scan != seen.scan);
    let more: Vec<_> = history.observations.iter().filter(unlogged).copied().collect();
    scans.extend(more);
    scans.sort_by_key(|seen| (seen.at, seen.scan));
    let id = number.map(|number| CodeId { payload: code, number });
    let verdicts = id.map(|id| verdicts(from, id, &history, &scans, policies));
    let (judged, elsewhere) = verdicts.unwrap_or_default();
    let decisions = from.ledger.decisions(&code).await?;
    let causes = from.ledger.causes(&code).await?;
    Ok(Some(Unit {
        payload,
        number,
        register: of_register(&register, &payload),
        signed: None,
        judged,
        elsewhere,
        scans_unlisted: history.count().saturating_sub(scans.len() as u64),
        scans: scans.iter().map(|seen| scan_line(seen, devices)).collect(),
        decisions: decisions
            .iter()
            .filter(|made| made.decided_at <= at)
            .map(|made| {
                json!({"at": utc(made.decided_at), "by": made.decided_by,
                    "decision": made.decision.slug(), "note": made.note})
            })
            .collect(),
        causes: causes
            .iter()
            .filter(|cause| cause.recorded_at <= at)
            .map(|cause| {
                json!({"at": utc(cause.recorded_at), "by": cause.recorded_by,
                    "cause": cause.cause.kind.slug(), "from": utc(cause.cause.from),
                    "until": utc(cause.cause.until), "place": cause.cause.place, "note": cause.note,
                    "lifted": cause.lifted.as_ref().map(|(by, at)| json!({"by": by, "at": utc(*at)}))})
            })
            .collect(),
    }))
}

/// What had been seen of it.
async fn history<L: Sources + ?Sized>(
    from: &Gather<'_, L>,
    id: CodeId,
    at: UnixMs,
) -> Result<History, LedgerError> {
    // One that cannot be read now is tried again with the package.
    let mut history =
        from.scanner.state.peek(id).await.map_err(|error| {
            LedgerError::Unavailable(format!("a history was not read: {error}"))
        })?;
    history.observations.retain(|seen| seen.at <= at);
    Ok(history)
}

/// By the policy that decides, and by all others.
fn verdicts<L: Sources + ?Sized>(
    from: &Gather<'_, L>,
    id: CodeId,
    history: &History,
    scans: &[Observation],
    policies: &mut Policies,
) -> (Option<Judged>, Vec<JudgedElse>) {
    let mut by = policies.all.iter().filter_map(|(policy, _)| {
        let (verdict, _) = from.scanner.review_under(id, history, policy)?;
        Some((policy, verdict))
    });
    let Some((_, verdict)) = by.next() else { return (None, Vec::new()) };
    let line = |reason: &Reason| {
        let at = |tag| scans.iter().position(|seen| seen.scan == tag).map(|at| at as u32 + 1);
        ReasonLine {
            code: reason.slug().to_owned(),
            zh: reason.text(Lang::Zh, from.zone),
            en: reason.text(Lang::En, from.zone),
            rests_on: basis(reason, history).into_iter().filter_map(at).collect(),
        }
    };
    let judged = Judged {
        outcome: verdict.outcome.slug().to_owned(),
        risk: verdict.risk,
        judged_by: verdict.judged_by(),
        reasons: verdict.reasons.iter().chain(&verdict.doubts).map(line).collect(),
    };
    let elsewhere = by.map(|(policy, verdict)| JudgedElse {
        policy: policy.name.to_string(),
        outcome: verdict.outcome.slug().to_owned(),
        risk: verdict.risk,
        reasons: verdict.reasons.iter().map(|reason| reason.slug().to_owned()).collect(),
    });
    let elsewhere = elsewhere.collect();
    policies.judged = true;
    (Some(judged), elsewhere)
}

fn of_register(register: &Register, payload: &Payload) -> Value {
    let Placement::Issued { facts, .. } = register.place(payload) else {
        return json!({"issued": false});
    };
    let (batch, product, maker) = (&facts.batch, &facts.product, &facts.enterprise);
    json!({
        "issued": true, "batch": batch.id.to_string(), "lot": batch.lot,
        "made_on": batch.made_on.to_string(), "destination": batch.destination,
        "dealer": batch.dealer, "gtin": product.gtin.to_string(),
        "product": {"zh": product.name.zh, "en": product.name.en},
        "enterprise": {"uscc": maker.uscc.to_string(), "zh": maker.name.zh, "en": maker.name.en},
    })
}

/// A scan without what names somebody; devices are numbered as they come.
fn scan_line(seen: &Observation, devices: &mut BTreeMap<u64, u32>) -> ScanLine {
    let next = devices.len() as u32 + 1;
    let device =
        (seen.device.get() != 0).then(|| *devices.entry(seen.device.get()).or_insert(next));
    let network = match seen.marks {
        marks if marks.has(Marks::HOSTED) => "data_centre",
        marks if marks.has(Marks::PRIVATE) => "private",
        marks if marks.has(Marks::CARRIER_NAT) => "carrier_shared",
        _ if seen.network == 0 => "unknown",
        _ => "other",
    };
    ScanLine {
        at: seen.at,
        channel: format!("{:?}", seen.channel).to_lowercase(),
        region: seen.place.0,
        place: place_text(seen.place, Lang::Zh),
        network,
        foreign_host: seen.marks.has(Marks::FOREIGN_HOST),
        device,
    }
}
