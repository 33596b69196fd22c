//! Which changes webhooks tell of, and what they say.

use super::db;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::outbox::tell;
use super::rows::Read;
use super::{Tx, down};
use crate::base::UnixMs;
use crate::cases::Flag;
use crate::cases::block::{Block, Span};
use crate::cases::inquiry::NewInquiry;
use crate::cases::matter::CaseUnit;
use crate::code::Payload;
use crate::handoff::Package;
use crate::hooks::{Event, Kind};
use crate::recall::{self, Numbers, Proposal};
use crate::registry::movement::closing::Closing;
use crate::registry::order::{Order, OrderState};
use crate::registry::{BatchRef, RangeFact, RangeState, Uscc};

/// Whose batch it is; `None` for one that is none of ours.
pub(super) async fn maker(tx: &mut Tx, batch: BatchRef) -> Read<Option<String>> {
    db::query_scalar("SELECT enterprise FROM batches WHERE key_number = $1 AND batch_number = $2")
        .bind(i64::from(batch.key.get()))
        .bind(i64::from(batch.batch))
        .fetch_optional(&mut **tx)
        .await
        .map_err(down)
}

/// A label answers `suspect` since now. A lead that officers alone see is not
/// told of.
pub(super) async fn flag_opened(tx: &mut Tx, flag: &Flag) -> Read<()> {
    let Ok(payload) = Payload::from_bytes(flag.payload) else { return Ok(()) };
    let Some(maker) = maker(tx, flag.batch).await? else { return Ok(()) };
    let reasons: Vec<_> = flag.reasons.iter().map(|reason| &reason.code).collect();
    let data = json!({"serial": payload.serial_text(), "batch": flag.batch,
        "number": flag.number, "scans": flag.scans, "reasons": reasons});
    tell(tx, &Event::new(Kind::FlagOpened, &maker, flag.updated_at, data)).await
}

/// `found`: slug of a decision, or `explained` where a cause explains the scans.
pub(super) async fn flag_decided(
    tx: &mut Tx,
    payload: &[u8; 12],
    found: &str,
    at: UnixMs,
) -> Read<()> {
    let Ok(payload) = Payload::from_bytes(*payload) else { return Ok(()) };
    let batch = BatchRef { key: payload.key, batch: payload.batch };
    let Some(maker) = maker(tx, batch).await? else { return Ok(()) };
    let data = json!({"serial": payload.serial_text(), "batch": batch, "decision": found});
    tell(tx, &Event::new(Kind::FlagDecided, &maker, at, data)).await
}

/// An order waits for a second person, is done or has failed.
pub(super) async fn order(tx: &mut Tx, order: &Order, at: UnixMs) -> Read<()> {
    let kind = match order.state {
        OrderState::AwaitingApproval => Kind::OrderAwaitingApproval,
        OrderState::Done => Kind::OrderDone,
        OrderState::Failed => Kind::OrderFailed,
        _ => return Ok(()),
    };
    let data = json!({"order": order.id, "order_key": order.new.order_key,
        "batch": order.new.batch, "labels": order.new.labels});
    tell(tx, &Event::new(kind, order.new.enterprise.as_str(), at, data)).await
}

/// A recall of a range stands, or is lifted.
pub(super) async fn range(
    tx: &mut Tx,
    kind: Kind,
    maker: &Uscc,
    fact: &RangeFact,
    at: UnixMs,
) -> Read<()> {
    if fact.state != RangeState::Recalled {
        return Ok(());
    }
    let ranges = [json!({"batch": fact.batch, "first": fact.first, "last": fact.last})];
    let data = json!({"recall": fact.id, "kind": "recall", "ranges": ranges,
        "more_ranges": 0, "reason": fact.reason, "remedy": fact.remedy});
    tell(tx, &Event::new(kind, maker.as_str(), at, data)).await
}

/// Ranges that one event lists; how many there are beyond it says too.
const RANGES_TOLD_MAX: usize = 100;

fn ranges_told(asked: &Proposal) -> Vec<Value> {
    let told = |r: &Numbers| json!({"batch": r.batch, "first": r.first, "last": r.last});
    asked.ranges.iter().take(RANGES_TOLD_MAX).map(told).collect()
}

/// A recall, a loss or a lift waits for a second person.
pub(super) async fn recall_proposed(tx: &mut Tx, asked: &Proposal, at: UnixMs) -> Read<()> {
    let ranges = ranges_told(asked);
    let data = json!({"recall": asked.id, "kind": asked.kind.slug(), "lifts": asked.lifts,
        "labels": asked.labels(), "more_ranges": asked.ranges.len() - ranges.len(),
        "ranges": ranges, "reason": asked.reason});
    let kind = Kind::RecallAwaitingApproval;
    tell(tx, &Event::new(kind, asked.enterprise.as_str(), at, data)).await
}

/// A recall or a loss was approved, or what puts goods back on sale.
pub(super) async fn recall(tx: &mut Tx, asked: &Proposal, at: UnixMs) -> Read<()> {
    let kind = match asked.kind {
        recall::Kind::Recall | recall::Kind::Loss => Kind::RecallApproved,
        recall::Kind::Lift => Kind::RecallLifted,
    };
    let ranges = ranges_told(asked);
    let data = json!({"recall": asked.lifts.unwrap_or(asked.id), "kind": asked.kind.slug(),
        "more_ranges": asked.ranges.len() - ranges.len(), "ranges": ranges,
        "reason": asked.reason, "remedy": asked.remedy});
    tell(tx, &Event::new(kind, asked.enterprise.as_str(), at, data)).await
}

/// An office asks about labels of an enterprise: which ones its console shows.
pub(super) async fn inquiry_opened(
    tx: &mut Tx,
    new: &NewInquiry,
    units: &[CaseUnit],
    at: UnixMs,
) -> Read<()> {
    let data = json!({"inquiry": new.id, "labels": units.len(), "photos": new.photos.len(),
        "due": new.due});
    tell(tx, &Event::new(Kind::InquiryOpened, new.enterprise.as_str(), at, data)).await
}

/// An office took labels off sale, or they are back: each maker is told of its own.
pub(super) async fn block(tx: &mut Tx, kind: Kind, block: &Block, at: UnixMs) -> Read<()> {
    let mut of: BTreeMap<String, Vec<&Span>> = BTreeMap::new();
    for span in &block.spans {
        if let Some(maker) = maker(tx, span.batch).await? {
            of.entry(maker).or_default().push(span);
        }
    }
    for (maker, spans) in of {
        let told = |s: &&Span| json!({"batch": s.batch, "first": s.first, "last": s.last});
        let ranges: Vec<_> = spans.iter().take(RANGES_TOLD_MAX).map(told).collect();
        let data = json!({"block": block.id, "more_ranges": spans.len() - ranges.len(),
            "ranges": ranges, "reason": block.reason, "until": block.until.rfc3339()});
        tell(tx, &Event::new(kind, &maker, at, data)).await?;
    }
    Ok(())
}

/// Wrong codes have closed a pick-up.
pub(super) async fn package_closed(tx: &mut Tx, package: &Package, at: UnixMs) -> Read<()> {
    let data = json!({"package": package.id, "number": package.number, "order": package.order,
        "batch": package.batch, "pick_up": package.pick_up});
    tell(tx, &Event::new(Kind::PackageClosed, package.enterprise.as_str(), at, data)).await
}

/// Somebody met an item of a package's pool that was not released, for the first
/// time. `planted`: never to be printed; else a spare.
pub(super) async fn package_leaked(
    tx: &mut Tx,
    package: &Package,
    label: u64,
    (planted, place): (bool, u16),
    at: UnixMs,
) -> Read<()> {
    let data = json!({"package": package.id, "number": package.number, "order": package.order,
        "batch": package.batch, "label": label, "planted": planted, "place": place});
    tell(tx, &Event::new(Kind::PackageLeaked, package.enterprise.as_str(), at, data)).await
}

/// A day's closing did not find what the book has.
pub(super) async fn closing(tx: &mut Tx, of: &Uscc, closing: &Closing, missing: &str) -> Read<()> {
    if closing.missing == 0 && closing.unexplained() == 0 {
        return Ok(());
    }
    let data = json!({"closing": closing.id, "batch": closing.batch, "day": closing.day,
        "account": closing.on.account, "book": closing.book, "counted": closing.counted,
        "missing": closing.missing, "ranges": missing, "unexplained": closing.unexplained()});
    tell(tx, &Event::new(Kind::ClosingMissing, of.as_str(), closing.at, data)).await
}
