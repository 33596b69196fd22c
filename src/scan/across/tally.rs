//! Counts of codes met again, and how far they are from what is ordinary.

use crate::base::limits::HISTORY_OBSERVATIONS_MAX as MAX;
use crate::scan::Place;

const PROVINCES: usize = 100;

/// Where codes are met again, by the destination of their batch.
#[derive(Clone, Debug)]
pub(super) struct Travel {
    /// `of[destination][province]`.
    of: Vec<[u32; PROVINCES]>,
    /// Outside the destination, by destination; and over all of them.
    away_from: [u32; PROVINCES],
    pub(super) away: u32,
    /// Over all destinations, by province; and over all provinces.
    to: [u32; PROVINCES],
    all: u32,
}

impl Default for Travel {
    fn default() -> Self {
        let none = [0; PROVINCES];
        Self { of: vec![none; PROVINCES], away_from: none, away: 0, to: none, all: 0 }
    }
}

impl Travel {
    pub(super) fn add(&mut self, destination: u8, province: u8, codes: u32) {
        self.change(destination, province, |n| *n += codes);
    }

    pub(super) fn take(&mut self, destination: u8, province: u8, codes: u32) {
        self.change(destination, province, |n| *n -= codes);
    }

    fn change(&mut self, destination: u8, province: u8, change: impl Fn(&mut u32)) {
        let (from, to) = (index(destination), index(province));
        change(&mut self.of[from][to]);
        change(&mut self.to[to]);
        change(&mut self.all);
        if from != to {
            change(&mut self.away_from[from]);
            change(&mut self.away);
        }
    }

    /// The part of what a batch for `destination` has away from home that
    /// other batches have in `province`; what is this batch's own, `here` and
    /// `away`, is left out.
    #[allow(clippy::cast_precision_loss, reason = "a share")]
    pub(super) fn share(&self, destination: u8, province: u8, here: u32, away: u32) -> f32 {
        /// Weight of what all destinations have together, in codes.
        const PRIOR: f32 = 20.0;
        let (from, to) = (index(destination), index(province));
        let prior = (self.to[to] as f32 + 1.0) / (self.all as f32 + 34.0);
        let others = self.of[from][to].saturating_sub(here) as f32;
        let all = self.away_from[from].saturating_sub(away) as f32;
        (others + PRIOR * prior) / (all + PRIOR)
    }
}

pub(super) fn index(province: u8) -> usize {
    usize::from(province).min(PROVINCES - 1)
}

/// Codes met again, where it matters for one code.
pub(super) struct Tally {
    pub(super) all: u32,
    pub(super) provinces: [u32; PROVINCES],
    pub(super) towns: [u32; MAX],
}

impl Default for Tally {
    fn default() -> Self {
        Self { all: 0, provinces: [0; PROVINCES], towns: [0; MAX] }
    }
}

impl Tally {
    pub(super) fn add(&mut self, place: Place, n: u32, towns: &[Place]) {
        self.all += n;
        self.provinces[index(place.province())] += n;
        if let Some(i) = towns.iter().position(|p| *p == place) {
            self.towns[i] += n;
        }
    }

    pub(super) fn take(&mut self, place: Place, towns: &[Place]) {
        let less = |n: &mut u32| *n = n.saturating_sub(1);
        less(&mut self.all);
        less(&mut self.provinces[index(place.province())]);
        if let Some(i) = towns.iter().position(|p| *p == place) {
            less(&mut self.towns[i]);
        }
    }
}

/// Standard deviations of `seen` above `expected`, as if Poisson; `soft` keeps
/// small numbers small.
#[allow(clippy::cast_precision_loss, reason = "a count")]
pub(super) fn excess(seen: u32, expected: f32, soft: f32) -> f32 {
    (seen as f32 - expected) / (expected + soft).sqrt()
}
