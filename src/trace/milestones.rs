//! What of an event buyers may hear: milestones of the batches it touches.

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::journey::{Milestone, MilestoneKind};
use crate::registry::{BatchRef, Bilingual, Register};
use crate::trace::place::Site;
use crate::trace::rules::World;
use crate::trace::{Act, Event, Unit};

/// The batches of which an event speaks, of those too whose bottles are in what
/// it names.
pub fn batches(event: &Event, world: &World) -> BTreeSet<BatchRef> {
    let mut out: BTreeSet<_> = event.range.iter().map(|range| range.batch).collect();
    for unit in event.units.iter().chain(&event.parent) {
        // Of a case the bottles say it; its own label is of the batch that it
        // was printed for.
        let inside = world.with_contents(unit);
        let bottles = inside.iter().filter(|u| matches!(u, Unit::Bottle { .. }));
        let before = out.len();
        out.extend(bottles.filter_map(Unit::batch));
        if out.len() == before {
            out.extend(unit.batch());
        }
    }
    out
}

/// Bottles that an event shipped, by batch and by the province they went to, two
/// digits of GB/T 2260; 0: not said. Of a case that nobody packed here it is not
/// known how many it holds.
pub fn shipped(
    event: &Event,
    world: &World,
    register: &Register,
    sites: &BTreeMap<String, Site>,
) -> BTreeMap<(BatchRef, u8), u64> {
    let mut out = BTreeMap::new();
    if event.act != Act::Shipped {
        return out;
    }
    for unit in event.units.iter().flat_map(|unit| world.with_contents(unit)) {
        if let Unit::Bottle { batch, .. } = unit {
            let region = region(event, batch, register, sites);
            let province = u8::try_from(region / 100).unwrap_or(0);
            *out.entry((batch, province)).or_default() += 1;
        }
    }
    out
}

/// Where goods go: the region of the dealer, or the one that the batch was made
/// for.
fn region(
    event: &Event,
    batch: BatchRef,
    register: &Register,
    sites: &BTreeMap<String, Site>,
) -> u16 {
    let to = event.to.as_ref().and_then(|code| sites.get(code));
    let meant = || register.batches.get(&batch).map_or(0, |facts| facts.batch.destination);
    to.map(|site| site.region).filter(|r| *r != 0).unwrap_or_else(meant)
}

/// The milestone that an event is for each of its batches, if it is one. The
/// name of a dealer goes along; whether it is shown the enterprise says.
pub fn milestone(
    event: &Event,
    batch: BatchRef,
    register: &Register,
    sites: &BTreeMap<String, Site>,
) -> Option<Milestone> {
    let kind = match event.act {
        Act::Bottled | Act::Commissioned => MilestoneKind::Bottled,
        Act::Inspected => MilestoneKind::Inspected,
        Act::Packed => MilestoneKind::Packed,
        Act::Shipped => MilestoneKind::Shipped,
        _ => return None,
    };
    let mut milestone = Milestone {
        kind,
        at: event.at,
        region: 0,
        name: Bilingual::default(),
        report: String::new(),
        passed: None,
    };
    if kind == MilestoneKind::Shipped {
        let to = event.to.as_ref().and_then(|code| sites.get(code));
        milestone.region = region(event, batch, register, sites);
        milestone.name = to.map(|site| site.name.clone()).unwrap_or_default();
    }
    if let Some(report) = &event.report {
        milestone.name = Bilingual { zh: report.station.clone(), en: report.station.clone() };
        milestone.report.clone_from(&report.number);
        milestone.passed = Some(report.passed);
    }
    Some(milestone)
}
