//! What the API says of recalls and takes for them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Words;
use crate::recall::returns::Progress;
use crate::recall::{Recall, Word};

/// What is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRecall {
    /// A UUID of yours: the same one is the same recall.
    pub(super) id: Option<Uuid>,
    /// Unified social credit code; needed of the county's key alone.
    pub(super) enterprise: Option<String>,
    /// recall, loss or lift
    pub(super) kind: String,
    /// Of a lift: id of the recall whose goods go back on sale.
    pub(super) lifts: Option<Uuid>,
    /// Each a batch `1-4`, numbers of it `1-4 100-199`, a label's serial, or the
    /// code or SSCC of a case or pallet.
    #[serde(default)]
    pub(super) scope: Vec<String>,
    /// All that was shipped to a place too.
    pub(super) sent_to: Option<SentTo>,
    pub(super) reason: Words,
    #[serde(default)]
    pub(super) remedy: Words,
    #[serde(default)]
    pub(super) notice: Words,
}

/// Goods by where they went.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SentTo {
    /// Code of a place of the enterprise.
    pub(super) place: String,
    /// First day, as 2026-11-01, where the server is.
    pub(super) since: String,
}

/// Who decided, when and why.
#[derive(Serialize, ToSchema)]
pub struct WordRecord {
    pub(super) by: String,
    /// RFC 3339
    pub(super) at: String,
    pub(super) note: String,
}

impl From<&Word> for WordRecord {
    fn from(word: &Word) -> Self {
        Self { by: word.by.clone(), at: word.at.rfc3339(), note: word.note.clone() }
    }
}

/// How its labels stand now.
#[derive(Serialize, ToSchema)]
pub struct TallyRecord {
    pub(super) on_sale: u64,
    pub(super) not_on_sale: u64,
    pub(super) never_for_sale: u64,
    pub(super) withdrawn: u64,
    /// Sent back with an approval: it is refused when the labels stand otherwise.
    pub(super) seen: String,
}

/// Where buyers scanned its labels.
#[derive(Serialize, ToSchema)]
pub struct RegionRecord {
    /// GB/T 2260, four digits; 0: unknown
    pub(super) province: u16,
    pub(super) labels: u64,
    pub(super) scans: u64,
}

/// Goods that came back.
#[derive(Serialize, ToSchema)]
pub struct ProgressRecord {
    pub(super) on_sale: u64,
    pub(super) recovered: u64,
    pub(super) destroyed: u64,
    pub(super) outstanding: u64,
}

impl From<Progress> for ProgressRecord {
    fn from(p: Progress) -> Self {
        Self {
            on_sale: p.on_sale,
            recovered: p.recovered,
            destroyed: p.destroyed,
            outstanding: p.outstanding(),
        }
    }
}

/// A recall.
#[derive(Serialize, ToSchema)]
pub struct RecallRecord {
    pub(super) id: Uuid,
    pub(super) enterprise: String,
    pub(super) kind: &'static str,
    pub(super) lifts: Option<Uuid>,
    /// proposed, approved, rejected or closed
    pub(super) state: &'static str,
    pub(super) labels: u64,
    /// Each `BATCH FIRST-LAST`; at most 1000.
    pub(super) ranges: Vec<String>,
    pub(super) reason: Words,
    pub(super) remedy: Words,
    pub(super) notice: Words,
    pub(super) proposed_by: String,
    pub(super) proposed_at: String,
    pub(super) decided: Option<WordRecord>,
    pub(super) closed: Option<WordRecord>,
}

/// Ranges that a record tells.
const RANGES_MAX: usize = 1_000;

impl From<&Recall> for RecallRecord {
    fn from(r: &Recall) -> Self {
        let p = &r.proposal;
        let ranges = p.ranges.iter().take(RANGES_MAX);
        Self {
            id: p.id,
            enterprise: p.enterprise.to_string(),
            kind: p.kind.slug(),
            lifts: p.lifts,
            state: r.state.slug(),
            labels: p.labels(),
            ranges: ranges.map(|n| format!("{} {}-{}", n.batch, n.first, n.last)).collect(),
            reason: (&p.reason).into(),
            remedy: (&p.remedy).into(),
            notice: (&p.notice).into(),
            proposed_by: r.proposed_by.clone(),
            proposed_at: r.proposed_at.rfc3339(),
            decided: r.decided.as_ref().map(WordRecord::from),
            closed: r.closed.as_ref().map(WordRecord::from),
        }
    }
}

/// A recall with how its labels stand and how far it is.
#[derive(Serialize, ToSchema)]
pub struct RecallDetail {
    #[serde(flatten)]
    pub(super) recall: RecallRecord,
    pub(super) tally: TallyRecord,
    /// Before the decision: ever; behind it: since. Most labels first.
    pub(super) regions: Vec<RegionRecord>,
    pub(super) progress: ProgressRecord,
}
