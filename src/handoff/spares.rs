//! Spare labels of a package, and those of them that are planted.
//!
//! A package carries, beside the labels that were ordered, a file of spare ones:
//! items behind the last of their batch, of the same kind and fields. The house
//! prints of them what the enterprise releases against reported spoilage, so
//! most of the file is never printed. Some entries never are: they are planted.
//! Whoever sells the file, or prints it all, gives them away with the rest.
//!
//! Each of the downloads of a pick-up has its own variant of the file. A planted
//! code stands in one of them, in two, or in all three, so that what several
//! variants have in common names them too: somebody who compares two downloads
//! and leaves out what differs still has those that both carry. Which entries
//! are planted is told by nothing in the file: running numbers are drawn at
//! random from a pool that has gaps anyway, and serials are a keyed permutation.

use sha2::{Digest, Sha256};

/// Pick-ups that a package may be given, one after the other.
pub const PICK_UPS_MAX: u32 = 5;
/// Downloads of one pick-up.
pub const DOWNLOADS_MAX: u32 = 3;
/// All downloads of a pick-up, as a set.
const ALL: u8 = 0b111;

/// How many numbers a package takes, by the size of its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    unit: u64,
}

impl Plan {
    pub const fn of(labels: u64) -> Self {
        let unit = labels / 4_000;
        Self {
            unit: match unit {
                0 => 1,
                1..=12 => unit,
                _ => 12,
            },
        }
    }

    /// Spare labels that may be printed, as far as they are released.
    pub const fn listed(self) -> u64 {
        self.unit * 40
    }

    /// Of these, those that are ever released: what stays unreleased hides the
    /// planted ones.
    pub const fn releasable(self) -> u64 {
        self.listed() / 2
    }

    /// Numbers of a package: gaps stand for the planted ones of other variants
    /// and of pick-ups to come.
    pub const fn pool(self) -> u64 {
        self.unit * 100
    }
}

/// A number that is never to be printed, and the downloads of its pick-up in
/// which it stands, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planted {
    pub number: u64,
    pub downloads: u8,
}

impl Planted {
    /// Whether it stands in the variant of download 1, 2 or 3.
    pub const fn is_in(self, download: u32) -> bool {
        download >= 1 && self.downloads & (1 << (download - 1)) != 0
    }
}

/// Draws at random; the same seed draws the same.
pub struct Draw {
    seed: [u8; 32],
    drawn: u64,
}

impl Draw {
    pub const fn new(seed: [u8; 32]) -> Self {
        Self { seed, drawn: 0 }
    }

    /// Below `bound`. The bias is under 2^-50 for what is drawn here.
    fn below(&mut self, bound: usize) -> usize {
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(self.drawn.to_be_bytes());
        self.drawn += 1;
        let bytes: [u8; 32] = hash.finalize().into();
        let mut first = [0; 8];
        first.copy_from_slice(&bytes[..8]);
        usize::try_from(u64::from_be_bytes(first) % bound as u64).unwrap_or(0)
    }

    /// Takes `count` of `from`, or all there are.
    pub fn take(&mut self, from: &mut Vec<u64>, count: u64) -> Vec<u64> {
        let mut out = Vec::new();
        while (out.len() as u64) < count && !from.is_empty() {
            let at = self.below(from.len());
            out.push(from.swap_remove(at));
        }
        out
    }
}

/// The planted numbers of one pick-up, drawn from the `free` ones of the pool.
pub fn planted(plan: Plan, free: &mut Vec<u64>, draw: &mut Draw) -> Vec<Planted> {
    let mut out = Vec::new();
    for downloads in 1..=ALL {
        // One that two variants share is told less exactly: fewer of them.
        let share = if downloads.count_ones() == 2 { plan.unit } else { 2 * plan.unit };
        let numbers = draw.take(free, share);
        out.extend(numbers.into_iter().map(|number| Planted { number, downloads }));
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_pool_holds_every_pick_up_and_every_variant_is_as_long_as_another() {
        for labels in [1, 4_000, 20_000, 100_000_000] {
            let plan = Plan::of(labels);
            let mut draw = Draw::new([7; 32]);
            let mut free: Vec<u64> = (labels..labels + plan.pool()).collect();
            let listed = draw.take(&mut free, plan.listed());
            assert_eq!(listed.len() as u64, plan.listed());
            let mut seen: BTreeSet<u64> = listed.iter().copied().collect();
            for _ in 0..PICK_UPS_MAX {
                let planted = planted(plan, &mut free, &mut draw);
                let lengths: BTreeSet<_> = (1..=DOWNLOADS_MAX)
                    .map(|d| planted.iter().filter(|p| p.is_in(d)).count())
                    .collect();
                assert_eq!(lengths.len(), 1, "variants of one length: {lengths:?}");
                assert!(planted.iter().all(|p| seen.insert(p.number)), "a number is drawn once");
            }
            assert!(!free.is_empty(), "gaps are left");
        }
    }

    #[test]
    fn whoever_compares_two_downloads_is_still_told() {
        let plan = Plan::of(10_000);
        let mut free: Vec<u64> = (0..plan.pool()).collect();
        let planted = planted(plan, &mut free, &mut Draw::new([3; 32]));
        for (a, b) in [(1, 2), (1, 3), (2, 3)] {
            let both = planted.iter().filter(|p| p.is_in(a) && p.is_in(b));
            let not_of_all = both.filter(|p| p.downloads != ALL).count();
            assert!(not_of_all > 0, "{a} and {b} share some that the third has not");
        }
    }

    #[test]
    fn other_seeds_draw_others() {
        let drawn = |seed| Draw::new([seed; 32]).take(&mut (0..1_000).collect(), 5);
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
    }
}
