//! What a stream says of whole batches and of phones, for officers.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::base::UnixMs;
use crate::registry::BatchRef;
use crate::scan::across::{Across, Around};
use crate::scan::{CodeId, Tag48};

/// Codes of a batch that are probably copied, from which on it is told.
const COPIED_CODES: f64 = 6.0;

/// Of one batch or phone, told once.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alert {
    /// `batch`: several of its codes are copied; `diversion`: it is sold where
    /// it was not made for; `device`: a phone whose labels are met far away.
    pub kind: &'static str,
    /// The batch as the stream names it; a keyed hash of the phone.
    pub key: String,
    /// Higher is worse: probable copied codes; standard deviations of codes
    /// first seen in another province; labels met far away.
    pub score: f64,
    /// When it was told first; none where the score never reached the bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub t: Option<Timestamp>,
}

/// Gathers them along a stream.
#[derive(Default)]
pub struct Alerts {
    copied: HashMap<BatchRef, Copied>,
    diverted: HashMap<BatchRef, Timestamp>,
    phones: HashMap<Tag48, (u32, Timestamp)>,
}

#[derive(Default)]
struct Copied {
    /// The highest risk of each code that is a lead.
    risks: HashMap<CodeId, f64>,
    sum: f64,
    told: Option<Timestamp>,
}

impl Alerts {
    /// Takes in one answer; `lead`: its risk makes it one.
    pub fn take(
        &mut self,
        code: CodeId,
        batch: BatchRef,
        (risk, lead): (f64, bool),
        around: &Around,
        at: UnixMs,
    ) {
        let Ok(at) = Timestamp::from_millisecond(at.0) else { return };
        if lead {
            let copied = self.copied.entry(batch).or_default();
            let known = copied.risks.entry(code).or_default();
            copied.sum += (risk - *known).max(0.0);
            *known = known.max(risk);
            if copied.sum >= COPIED_CODES {
                copied.told.get_or_insert(at);
            }
        }
        if around.diverted {
            self.diverted.entry(batch).or_insert(at);
        }
        if let Some(tag) = around.phone
            && around.tells_of_a_phone()
        {
            let (met, _) = self.phones.entry(tag).or_insert((0, at));
            *met = (*met).max(around.phone_met);
        }
    }

    /// All of them; batches by the names in `names`.
    pub fn all(&self, across: &Across, names: &HashMap<BatchRef, &str>) -> Vec<Alert> {
        let name =
            |batch: &BatchRef| names.get(batch).map_or_else(String::new, |n| (*n).to_owned());
        let mut out: Vec<Alert> = self
            .copied
            .iter()
            .map(|(batch, c)| Alert { kind: "batch", key: name(batch), score: c.sum, t: c.told })
            .collect();
        out.extend(across.batches().filter_map(|batch| {
            let score = across.diversion(batch)?;
            let t = self.diverted.get(&batch).copied();
            Some(Alert { kind: "diversion", key: name(&batch), score, t })
        }));
        out.extend(self.phones.iter().map(|(tag, (met, at))| Alert {
            kind: "device",
            key: format!("{:012x}", tag.get()),
            score: f64::from(*met),
            t: Some(*at),
        }));
        out.sort_by(|a, b| (a.kind, &a.key).cmp(&(b.kind, &b.key)));
        out
    }
}
