//! What belongs to a case and is kept beside its file: questions, blocks, reports.

use serde_json::{Value, json};

use super::{Sources, utc};
use crate::base::LedgerError;
use crate::cases::block::Block;
use crate::cases::fact::Fact;
use crate::cases::file::CaseFile;
use crate::cases::inquiry::Inquiry;
use crate::reports::Report;

/// Of the case and of those that went into it.
#[derive(Default)]
pub(super) struct Related {
    pub(super) inquiries: Vec<Value>,
    pub(super) blocks: Vec<Value>,
    pub(super) reports: Vec<Value>,
}

impl Related {
    pub(super) async fn read<L: Sources + ?Sized>(
        ledger: &L,
        file: &CaseFile,
    ) -> Result<Self, LedgerError> {
        let joined = file.standing().filter_map(|entry| match &entry.fact {
            Fact::Joined { from, .. } => Some(*from),
            _ => None,
        });
        let mut related = Self::default();
        for case in std::iter::once(file.id).chain(joined) {
            related.inquiries.extend(ledger.inquiries_of(case).await?.iter().map(inquiry));
            related.blocks.extend(ledger.blocks_of(case).await?.iter().map(block));
            related.reports.extend(ledger.reports_in(case).await?.iter().map(report));
        }
        Ok(related)
    }
}

/// A question to an enterprise with its answer, whoever typed it in.
fn inquiry(asked: &Inquiry) -> Value {
    json!({
        "id": asked.id, "enterprise": asked.enterprise.as_str(), "question": asked.text,
        "serials": asked.units.iter().map(|unit| &unit.serial).collect::<Vec<_>>(),
        "photos_sha256": asked.photos, "asked_at": utc(asked.asked_at),
        "due": asked.due.to_string(), "dropped_at": asked.dropped_at.map(utc),
        "answer": asked.answered.as_ref().map(|told| json!({
            "opinion": told.answer.opinion.slug(), "grounds": told.answer.grounds,
            "signer": told.answer.signer, "position": told.answer.position,
            "by": told.by, "at": utc(told.at),
        })),
    })
}

fn block(set: &Block) -> Value {
    json!({
        "id": set.id, "labels": set.labels, "by": set.by, "at": utc(set.at),
        "until": utc(set.until), "reason": {"zh": set.reason.zh, "en": set.reason.en},
        "ranges": set.spans.iter().map(|span| json!({
            "batch": span.batch.to_string(), "first": span.first, "last": span.last,
        })).collect::<Vec<_>>(),
        "lift_asked": set.lift_asked.as_ref().map(|asked| json!({
            "by": asked.by, "at": utc(asked.at), "grounds": asked.grounds,
        })),
        "lifted": set.lifted.as_ref().map(|(by, at)| json!({"by": by, "at": utc(*at)})),
    })
}

/// What a buyer said; who it is, and from which device it came, stays out.
fn report(told: &Report) -> Value {
    json!({
        "id": told.id, "number": told.number.to_string(), "received_at": utc(told.received_at),
        "serial": told.payload.and_then(|bytes| crate::code::Payload::from_bytes(bytes).ok())
            .map(|payload| payload.serial_text()),
        "answer_was": {"outcome": told.outcome, "reason": told.reason},
        "wrong": told.wrong.iter().map(|wrong| wrong.slug()).collect::<Vec<_>>(),
        "note": told.note, "shop": told.shop, "place": told.place, "region": told.region.0,
        "photos_sha256": told.photos.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
