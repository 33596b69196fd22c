//! A sweep of a shelf: what its checks add up to.

use std::collections::HashMap;

use uuid::Uuid;

use crate::visits::record::{Check, Fact, Sampling, Sweep};
use crate::visits::sample::{self, Bound};
use crate::visits::says::{is_against, is_open};
use crate::visits::visit::{Kept, Part};

/// Units of a sweep, each label once however often it was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Units that could be told.
    pub checked: u32,
    /// Of those, units that speak for a copy.
    pub suspect: u32,
    /// Of those, units that may not be sold (recalled, never activated ...) and are no
    /// copies for all that is known.
    pub withdrawn: u32,
    /// Units that nobody could tell.
    pub open: u32,
    /// Labels that were read more than once.
    pub repeated: u32,
}

/// A sweep as it was carried out.
#[derive(Clone, Debug)]
pub struct SweepDone<'a> {
    pub id: Uuid,
    pub begun: &'a Kept,
    /// What was said last of it.
    pub plan: &'a Sweep,
    pub ended: bool,
    pub tally: Tally,
}

impl<'a> SweepDone<'a> {
    pub(super) fn all(timeline: &[&'a Kept], checks: &[Part<'a, Check>]) -> Vec<Self> {
        let mut sweeps: Vec<Self> = Vec::new();
        for kept in timeline {
            let Fact::Sweep(plan) = &kept.record.fact else { continue };
            let id = plan.sweep.unwrap_or(kept.record.id);
            match sweeps.iter_mut().find(|sweep| sweep.id == id) {
                Some(known) => {
                    known.plan = plan;
                    known.ended |= plan.ended;
                }
                None => {
                    let (begun, ended) = (*kept, plan.ended);
                    sweeps.push(Self { id, begun, plan, ended, tally: Tally::default() });
                }
            }
        }
        for sweep in &mut sweeps {
            sweep.tally = tally(checks.iter().filter(|check| check.fact.sweep == Some(sweep.id)));
        }
        sweeps
    }

    /// What it says of the stock; `None` where nothing follows for the rest of it,
    /// since the units were not drawn by lot.
    pub fn bound(&self) -> Option<Bound> {
        let Tally { checked, suspect, .. } = self.tally;
        match (self.plan.sampling, self.plan.stock) {
            (Sampling::Random, stock) => Some(sample::bound(suspect, checked, stock)),
            (_, Some(stock)) if checked >= stock => Some(Bound::Whole { suspect }),
            (Sampling::All, None) if self.tally.open == 0 => Some(Bound::Whole { suspect }),
            (Sampling::All | Sampling::Picked, _) => None,
        }
    }
}

/// What is worst of the readings of one label counts.
fn tally<'a>(checks: impl Iterator<Item = &'a Part<'a, Check>>) -> Tally {
    let mut labels: HashMap<&str, Vec<&Part<'_, Check>>> = HashMap::new();
    for check in checks {
        let serial = check.kept.says.as_ref().and_then(|says| says.serial.as_deref());
        labels.entry(serial.unwrap_or(&check.fact.code)).or_default().push(check);
    }
    let mut tally = Tally::default();
    for readings in labels.values() {
        if readings.len() > 1 {
            tally.repeated += 1;
        }
        if readings.iter().any(|check| speaks_against(check)) {
            tally.checked += 1;
            tally.suspect += 1;
        } else if readings.iter().all(|check| outcomes(check).all(is_open)) {
            tally.open += 1;
        } else {
            tally.checked += 1;
            let off = |outcome: &str| matches!(outcome, "withdrawn" | "not_on_sale");
            tally.withdrawn += u32::from(readings.iter().any(|check| outcomes(check).any(off)));
        }
    }
    tally
}

/// What the phone said, and what the register said on arrival.
fn outcomes<'a>(check: &'a Part<'a, Check>) -> impl Iterator<Item = &'a str> {
    let says = check.kept.says.as_ref().map(|says| says.outcome.as_str());
    std::iter::once(check.fact.shown.as_str()).chain(says)
}

/// Whether one reading speaks for a copy: the label does, by the phone (which may have
/// compared it with the goods) or by the register, or it is not the label of these
/// goods. What only one of them saw is not outvoted by the other.
pub fn speaks_against(check: &Part<'_, Check>) -> bool {
    outcomes(check).any(is_against) || check.fact.found.matches_label == Some(false)
}
