//! Whether a lot is sold where it was not meant to go, judged fairly: against how
//! far the same product's other lots travel, allowing for how much lots differ.
//!
//! A bottle bought here is drunk there, so a share of every lot is first scanned
//! outside its territory. Lots differ in that share by more than chance; so the
//! share of the others is taken as a beta distribution (mean and spread by
//! moments, Kleinman 1973), and a lot is told of when even so large a share as it
//! has comes by chance in fewer than one of a hundred such lists (Holm 1979).

use std::collections::BTreeMap;

use crate::registry::BatchRef;

/// First scans of a lot from which on it is judged.
pub const LABELS_MIN: u32 = 30;
/// Chance that a list of ordinary lots tells of any.
pub const LIST_ERROR: f64 = 0.01;
/// Where a product has no other lots: the share that travels, as worth this many
/// labels; and the spread between lots, as worth this many lots.
const USUAL_SHARE: f64 = 0.03;
const USUAL_LABELS: f64 = 100.0;
const USUAL_SPREAD: f64 = 0.02;
const USUAL_LOTS: f64 = 5.0;
/// Normal quantile of a two-sided interval of 95 %.
const Z95: f64 = 1.96;

/// Where a lot's labels were first scanned.
#[derive(Clone, Debug)]
pub struct Lot {
    pub batch: BatchRef,
    /// Province it was made for.
    pub destination: u8,
    /// Labels by province, the unknown ones left out.
    pub firsts: BTreeMap<u8, u32>,
}

impl Lot {
    fn labels(&self) -> u32 {
        self.firsts.values().sum()
    }

    fn outside(&self) -> u32 {
        let away = self.firsts.iter().filter(|(province, _)| **province != self.destination);
        away.map(|(_, labels)| labels).sum()
    }
}

/// What a lot's scans say.
#[derive(Clone, Debug, PartialEq)]
pub struct Travelled {
    pub batch: BatchRef,
    pub destination: u8,
    pub labels: u32,
    pub outside: u32,
    /// The other province with most of them.
    pub most: Option<(u8, u32)>,
    /// Interval of 95 % of its share outside (Wilson).
    pub share: (f64, f64),
    /// Share outside of the same product's other lots.
    pub usual: f64,
    /// How often a lot that travels like the others has such a share.
    pub chance: f64,
    /// Unusual by more than chance and difference between lots explain.
    pub unusual: bool,
}

/// Judges the lots of one product, each against the others; those with too few
/// scans are left out. What was told of once is no measure for the rest.
pub fn judge(lots: &[Lot]) -> Vec<Travelled> {
    let against = |told: &[BatchRef]| {
        let mut found: Vec<_> = lots
            .iter()
            .filter(|lot| lot.labels() >= LABELS_MIN)
            .map(|lot| {
                let ordinary = |o: &&Lot| o.batch != lot.batch && !told.contains(&o.batch);
                one(lot, &lots.iter().filter(ordinary).collect::<Vec<_>>())
            })
            .collect();
        holm(&mut found);
        found
    };
    let first = against(&[]);
    let told: Vec<_> = first.iter().filter(|lot| lot.unusual).map(|lot| lot.batch).collect();
    if told.is_empty() { first } else { against(&told) }
}

fn one(lot: &Lot, others: &[&Lot]) -> Travelled {
    let (mean, spread) = usual(others);
    let (labels, outside) = (lot.labels(), lot.outside());
    let most = lot.firsts.iter().filter(|(province, _)| **province != lot.destination);
    Travelled {
        batch: lot.batch,
        destination: lot.destination,
        labels,
        outside,
        most: most.max_by_key(|(_, n)| **n).map(|(province, n)| (*province, *n)),
        share: wilson(outside, labels),
        usual: mean,
        chance: at_least(outside, labels, mean, spread),
        unusual: false,
    }
}

/// Mean share outside, and the correlation of two labels of one lot.
fn usual(others: &[&Lot]) -> (f64, f64) {
    let pairs: Vec<(f64, f64)> = others
        .iter()
        .map(|lot| (f64::from(lot.outside()), f64::from(lot.labels())))
        .filter(|(_, n)| *n > 0.0)
        .collect();
    let (outside, labels) = pairs.iter().fold((0.0, 0.0), |(k, n), p| (k + p.0, n + p.1));
    let mean = (outside + USUAL_SHARE * USUAL_LABELS) / (labels + USUAL_LABELS);
    let lots = pairs.len() as f64;
    let squares: f64 = pairs.iter().map(|(_, n)| n * n).sum();
    let room = labels - squares / labels.max(1.0) - (lots - 1.0);
    let excess: f64 = pairs.iter().map(|(k, n)| n * (k / n - mean).powi(2)).sum::<f64>();
    let seen = (excess / (mean * (1.0 - mean)) - (lots - 1.0)) / room;
    let seen = if room > 0.0 { seen.clamp(0.0, 0.5) } else { 0.0 };
    let spread = (seen * lots + USUAL_SPREAD * USUAL_LOTS) / (lots + USUAL_LOTS);
    (mean, spread)
}

/// Chance that of `labels` at least `outside` are, beta-binomial.
fn at_least(outside: u32, labels: u32, mean: f64, spread: f64) -> f64 {
    let weight = 1.0 / spread - 1.0;
    let (alpha, beta, n) = (mean * weight, (1.0 - mean) * weight, f64::from(labels));
    // Logarithms: of many labels, that none is outside is a very small number.
    let mut term: f64 =
        (0..labels).map(|i| ((beta + f64::from(i)) / (weight + f64::from(i))).ln()).sum();
    let mut below = 0.0;
    for k in 0..outside {
        below += term.exp();
        let k = f64::from(k);
        term += ((n - k) * (alpha + k) / ((k + 1.0) * (beta + n - k - 1.0))).ln();
    }
    (1.0 - below).clamp(0.0, 1.0)
}

fn wilson(k: u32, n: u32) -> (f64, f64) {
    let (k, n) = (f64::from(k), f64::from(n));
    let (share, z2) = (k / n, Z95 * Z95);
    let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z95 * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt() / (1.0 + z2 / n);
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// The unlikeliest first, each against what is left of the list.
fn holm(found: &mut [Travelled]) {
    found.sort_by(|a, b| a.chance.total_cmp(&b.chance));
    let all = found.len();
    for (n, lot) in found.iter_mut().enumerate() {
        if lot.chance * (all - n) as f64 >= LIST_ERROR {
            break;
        }
        lot.unusual = lot.share.0 > lot.usual;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KeyNumber;

    fn lot(n: u32, home: u32, away: &[(u8, u32)]) -> Lot {
        let key = KeyNumber::new(1).expect("a key");
        let mut firsts: BTreeMap<u8, u32> = away.iter().copied().collect();
        firsts.insert(41, home);
        Lot { batch: BatchRef { key, batch: n }, destination: 41, firsts }
    }

    #[test]
    fn the_tail_is_that_of_a_sum_by_hand() {
        // Uniform: each of 0..=4 is as likely.
        let (mean, spread) = (0.5, 1.0 / 3.0);
        for (k, tail) in [(0, 1.0), (1, 0.8), (4, 0.2)] {
            assert!((at_least(k, 4, mean, spread) - tail).abs() < 1e-12, "{k}");
        }
        assert!(at_least(5_000, 100_000, 0.03, 0.02) > 0.05, "large lots do not underflow");
    }

    #[test]
    fn one_lot_of_many_that_goes_elsewhere_is_told_and_the_others_are_not() {
        let mut lots: Vec<_> = (1..=8).map(|n| lot(n, 190 + n, &[(34, 3), (32, 2)])).collect();
        lots.push(lot(9, 60, &[(44, 55), (34, 3)]));
        let found = judge(&lots);
        let told: Vec<_> = found.iter().filter(|f| f.unusual).map(|f| f.batch.batch).collect();
        assert_eq!(told, [9]);
        assert_eq!(found[0].most, Some((44, 55)));
        assert!(found[0].usual < 0.05 && found[0].share.0 > 0.4, "{:?}", found[0]);
    }

    #[test]
    fn lots_that_differ_among_themselves_accuse_none_of_them() {
        let away = [2, 25, 6, 40, 15, 31, 9, 50];
        let lots: Vec<_> = (1..).zip(away).map(|(n, k)| lot(n, 200 - k, &[(44, k)])).collect();
        assert!(judge(&lots).iter().all(|f| !f.unusual), "{:#?}", judge(&lots));
    }

    #[test]
    fn few_scans_and_a_single_lot_with_travellers_accuse_nobody() {
        assert!(judge(&[lot(1, 2, &[(44, 20)])]).is_empty());
        assert!(judge(&[lot(1, 45, &[(44, 5)])]).iter().all(|f| !f.unusual));
    }
}
