//! Where lots were shipped, beside where their labels were first scanned.

use std::collections::BTreeMap;

use crate::registry::BatchRef;
use crate::scan::across::Across;

/// Lots and provinces that are read at once: the latest lots.
pub const SHIPPED_ROWS_MAX: u32 = 20_000;

/// Bottles of a lot that went to a province, by events of traceability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shipped {
    pub batch: BatchRef,
    /// Two digits of GB/T 2260; 0: not said.
    pub province: u8,
    pub bottles: u64,
}

/// Of one province, or of one province of one lot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    pub shipped: u64,
    /// Labels that were first scanned there.
    pub firsts: u64,
}

/// Both, of all lots of which anything was shipped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flows {
    pub provinces: BTreeMap<u8, Flow>,
    /// The latest lot first.
    pub lots: Vec<(BatchRef, BTreeMap<u8, Flow>)>,
}

impl Flows {
    /// `shipped`: the latest lot first, its rows together.
    pub fn of(shipped: &[Shipped], across: &Across) -> Self {
        let mut out = Self::default();
        for rows in shipped.chunk_by(|a, b| a.batch == b.batch) {
            let mut lot = BTreeMap::<u8, Flow>::new();
            for row in rows {
                lot.entry(row.province).or_default().shipped += row.bottles;
            }
            for (province, labels) in across.first_seen(rows[0].batch).into_iter().flatten() {
                lot.entry(*province).or_default().firsts += u64::from(*labels);
            }
            for (province, flow) in &lot {
                let sum = out.provinces.entry(*province).or_default();
                sum.shipped += flow.shipped;
                sum.firsts += flow.firsts;
            }
            out.lots.push((rows[0].batch, lot));
        }
        out
    }

    /// Provinces, those with most bottles and labels first.
    pub fn by_size(of: &BTreeMap<u8, Flow>) -> Vec<(u8, Flow)> {
        let mut all: Vec<_> = of.iter().map(|(province, flow)| (*province, *flow)).collect();
        all.sort_by_key(|(_, flow)| std::cmp::Reverse((flow.shipped, flow.firsts)));
        all
    }
}
