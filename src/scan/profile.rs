//! What the codes of a stream are like, as shares: the same figures of the
//! simulated streams that a policy was fitted to, and of the field.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::scan::CodeId;
use crate::scan::judge::measures::{Measure, Measures};

/// A share of the codes that buyers scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// Met by two witnesses or more.
    Several,
    /// A known phone came back to it.
    Again,
    /// Met outside the places where its batch is sold.
    Away,
    /// Met anew more than sixty days after its first scan.
    Late,
    /// Met by a device that keeps no cookie.
    Anonymous,
    /// Met by six or more within two days.
    Burst,
    /// Suspect at some time.
    Suspect,
    /// On officers' list at some time, suspects included.
    Lead,
}

impl Share {
    pub const ALL: [Self; 8] = [
        Self::Several,
        Self::Again,
        Self::Away,
        Self::Late,
        Self::Anonymous,
        Self::Burst,
        Self::Suspect,
        Self::Lead,
    ];

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Lowest and highest share that the simulated streams have.
pub type Expected = BTreeMap<Share, [f64; 2]>;

/// Gathers the shares along a stream: a byte a code.
#[derive(Default)]
pub struct Profile(HashMap<CodeId, u8>);

impl Profile {
    /// Takes in what was measured of a code, and whether it was suspect or a
    /// lead then.
    pub fn take(&mut self, id: CodeId, measures: &Measures, suspect: bool, lead: bool) {
        let at_least = |measure: Measure, n: f32| measures.values[measure as usize] >= n;
        if !at_least(Measure::Witnesses, 1.0) {
            return;
        }
        let holds = |share| match share {
            Share::Several => at_least(Measure::Witnesses, 2.0),
            Share::Again => at_least(Measure::Returns, 1.0),
            Share::Away => at_least(Measure::Away, 1.0),
            Share::Late => at_least(Measure::Late, 1.0),
            Share::Anonymous => at_least(Measure::Anonymous, 1.0),
            Share::Burst => at_least(Measure::Burst, 6.0),
            Share::Suspect => suspect,
            Share::Lead => suspect || lead,
        };
        let bits = Share::ALL.into_iter().filter(|share| holds(*share));
        *self.0.entry(id).or_default() |= bits.fold(0, |all, share| all | share.bit());
    }

    /// Codes that a buyer scanned.
    pub fn codes(&self) -> u64 {
        self.0.len() as u64
    }

    pub fn count(&self, share: Share) -> u64 {
        self.0.values().filter(|bits| *bits & share.bit() != 0).count() as u64
    }

    /// Shares by name, 0 to 1.
    #[allow(clippy::cast_precision_loss, reason = "counts of codes")]
    pub fn shares(&self) -> BTreeMap<Share, f64> {
        let all = self.codes().max(1) as f64;
        Share::ALL.into_iter().map(|share| (share, self.count(share) as f64 / all)).collect()
    }
}
