//! What the office, and everybody, may know of how well this works: flags for a
//! thousand scans, what came of them and how long it took, by product and place;
//! and how often a label that was shown as suspect proved to be in order. Each
//! figure comes with what it is a share of.
//!
//! A flag counts in the month in which it was opened, a decision in the month in
//! which it was made. Not here: drift of the model (`app::drift`).

pub mod month;
pub mod port;
pub mod share;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cases::fact::Outcome;
use crate::registry::Gtin;

pub use month::Month;
pub use share::{Share, percentile};

/// What came of a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    Copied,
    Genuine,
    CannotTell,
    /// A cause was found for its scans: a banquet, an exhibition, a poster.
    Explained,
}

/// A flag that was decided in the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    pub came: Came,
    /// Whether buyers were shown that the label is suspect.
    pub shown: bool,
    /// From opening to decision.
    pub hours: u32,
}

/// Counts of one product, one province, or all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Buyers' scans.
    pub scans: u64,
    /// Flags opened, those that buyers were shown among them.
    pub opened: u64,
    pub opened_shown: u64,
    pub closed: Vec<Closed>,
}

impl Counts {
    pub fn came(&self, wanted: Came) -> u64 {
        self.closed.iter().filter(|closed| closed.came == wanted).count() as u64
    }

    /// Flags opened of a thousand scans; `None` without scans.
    #[allow(clippy::cast_precision_loss, reason = "counts")]
    pub fn per_thousand(&self) -> Option<f64> {
        (self.scans > 0).then(|| self.opened as f64 * 1_000.0 / self.scans as f64)
    }

    /// Of the flags that were decided, those found copied.
    pub fn confirmed(&self) -> Share {
        Share { part: self.came(Came::Copied), of: self.closed.len() as u64 }
    }

    /// Of the labels that buyers were shown as suspect and that were decided,
    /// those found in order or explained: the error rate of the system.
    pub fn wrong(&self) -> Share {
        let shown = || self.closed.iter().filter(|closed| closed.shown);
        let wrong = shown().filter(|c| matches!(c.came, Came::Genuine | Came::Explained));
        Share { part: wrong.count() as u64, of: shown().count() as u64 }
    }

    /// Hours from opening to decision within which so many per cent were decided.
    pub fn hours(&self, percent: usize) -> Option<u32> {
        let mut hours: Vec<u32> = self.closed.iter().map(|closed| closed.hours).collect();
        percentile(&mut hours, percent)
    }
}

/// Cases of one office: all, those with one product, or of one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseCounts {
    pub opened: u64,
    /// Open at the month's end, or now where it is not over.
    pub open: u64,
    /// By outcome.
    pub closed: BTreeMap<Outcome, u64>,
    /// Of those that were closed, in whole days from opening.
    pub days: Vec<u32>,
}

impl CaseCounts {
    /// Of those that were closed, those that ended as counterfeit.
    pub fn counterfeit(&self) -> Share {
        let part = self.closed.get(&Outcome::Counterfeit).copied().unwrap_or(0);
        Share { part, of: self.closed.values().sum() }
    }

    /// Days from opening within which so many per cent were closed.
    pub fn days(&self, percent: usize) -> Option<u32> {
        percentile(&mut self.days.clone(), percent)
    }
}

/// Cases of one office in a month. One with labels of two products counts with
/// each, so that products do not add up to all; places do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseFigures {
    pub all: CaseCounts,
    pub by_product: BTreeMap<Gtin, CaseCounts>,
    /// GB/T 2260, four digits; 0: not known.
    pub by_place: BTreeMap<u16, CaseCounts>,
}

impl CaseFigures {
    /// Adds to all, to every product and to the place alike.
    pub fn add(&mut self, products: &[Gtin], place: u16, add: impl Fn(&mut CaseCounts)) {
        add(&mut self.all);
        for gtin in products {
            add(self.by_product.entry(gtin.clone()).or_default());
        }
        add(self.by_place.entry(place).or_default());
    }
}

/// One month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub all: Counts,
    pub by_product: BTreeMap<Gtin, Counts>,
    /// Two digits of GB/T 2260; 0: not known.
    pub by_province: BTreeMap<u8, Counts>,
}

impl Figures {
    /// Adds to all, to a product and to a province alike.
    pub fn add(&mut self, product: &Gtin, province: u8, add: impl Fn(&mut Counts)) {
        add(&mut self.all);
        add(self.by_product.entry(product.clone()).or_default());
        add(self.by_province.entry(province).or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(came: Came, shown: bool, hours: u32) -> Closed {
        Closed { came, shown, hours }
    }

    #[test]
    fn what_was_never_shown_to_buyers_is_no_error_of_the_system() {
        let counts = Counts {
            scans: 4_000,
            opened: 6,
            opened_shown: 3,
            closed: vec![
                closed(Came::Copied, true, 10),
                closed(Came::Genuine, true, 20),
                closed(Came::Explained, true, 30),
                closed(Came::CannotTell, true, 40),
                closed(Came::Genuine, false, 50),
            ],
        };
        assert_eq!(counts.wrong(), Share { part: 2, of: 4 });
        assert_eq!(counts.confirmed(), Share { part: 1, of: 5 });
        assert_eq!(counts.per_thousand(), Some(1.5));
        assert_eq!((counts.hours(50), counts.hours(90)), (Some(30), Some(50)));
        assert_eq!(Counts::default().per_thousand(), None);
        assert_eq!(Counts::default().hours(50), None);
    }

    #[test]
    fn a_case_of_two_products_counts_with_each_and_once_in_all() {
        let gtin = |text: &str| Gtin::try_from(text.to_owned()).expect("a number");
        let (one, two) = (gtin("06900000001011"), gtin("06900000002018"));
        let mut figures = CaseFigures::default();
        let closed = |outcome, days| {
            move |counts: &mut CaseCounts| {
                *counts.closed.entry(outcome).or_default() += 1;
                counts.days.push(days);
            }
        };
        figures.add(&[one.clone(), two.clone()], 4116, closed(Outcome::Counterfeit, 40));
        figures.add(std::slice::from_ref(&one), 4116, closed(Outcome::Diverted, 10));
        figures.add(&[], 0, |counts| counts.open += 1);
        assert_eq!(figures.all.counterfeit(), Share { part: 1, of: 2 });
        assert_eq!(figures.by_product[&one].counterfeit(), Share { part: 1, of: 2 });
        assert_eq!(figures.by_product[&two].counterfeit(), Share { part: 1, of: 1 });
        assert_eq!((figures.all.days(50), figures.all.days(90)), (Some(10), Some(40)));
        assert_eq!((figures.by_place[&0].open, figures.by_place[&0].days(50)), (1, None));
    }

    #[test]
    fn products_and_provinces_add_up_to_all() {
        let mut figures = Figures::default();
        let gtin = |text: &str| Gtin::try_from(text.to_owned()).expect("a number");
        for (product, province, scans) in
            [("06900000001011", 41, 5), ("06900000001011", 44, 7), ("06900000002018", 41, 11)]
        {
            figures.add(&gtin(product), province, |counts| counts.scans += scans);
        }
        let sum = |scans: Vec<u64>| scans.iter().sum::<u64>();
        assert_eq!(figures.all.scans, 23);
        assert_eq!(sum(figures.by_product.values().map(|c| c.scans).collect()), 23);
        assert_eq!(sum(figures.by_province.values().map(|c| c.scans).collect()), 23);
    }
}
