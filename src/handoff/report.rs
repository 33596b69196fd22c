//! What a printing house reports of its labels, and what follows of it.

use std::collections::BTreeMap;

use crate::base::UnixMs;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportKind {
    Printed,
    Spoiled,
    /// Spoiled before, and printed again with the same code.
    Reprinted,
}

impl ReportKind {
    pub const ALL: [Self; 3] = [Self::Printed, Self::Spoiled, Self::Reprinted];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Printed => "printed",
            Self::Spoiled => "spoiled",
            Self::Reprinted => "reprinted",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.slug() == slug)
    }
}

/// Of running numbers first to last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub kind: ReportKind,
    pub first: u64,
    pub last: u64,
    pub at: UnixMs,
    /// Where it came from: `203.0.113.0/24`.
    pub network: String,
}

/// Reports of one package, at most.
pub const REPORTS_MAX: usize = 2_000;

/// Running numbers as ranges that neither touch nor overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers(BTreeMap<u64, u64>);

impl Numbers {
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        self.0.iter().map(|(first, last)| (*first, *last))
    }

    pub fn len(&self) -> u64 {
        self.iter().map(|(first, last)| last - first + 1).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all of `first..=last` is in it.
    pub fn holds(&self, first: u64, last: u64) -> bool {
        self.0.range(..=first).next_back().is_some_and(|(_, end)| *end >= last)
    }

    /// Those of `first..=last` that are in it.
    pub fn within(&self, first: u64, last: u64) -> u64 {
        let part = |(a, b): (u64, u64)| (b.min(last) + 1).saturating_sub(a.max(first));
        self.iter().map(part).sum()
    }

    pub fn add(&mut self, mut first: u64, mut last: u64) {
        let touching: Vec<u64> = self
            .0
            .range(..=last.saturating_add(1))
            .rev()
            .take_while(|(_, end)| end.saturating_add(1) >= first)
            .map(|(start, _)| *start)
            .collect();
        for start in touching {
            if let Some(end) = self.0.remove(&start) {
                (first, last) = (first.min(start), last.max(end));
            }
        }
        self.0.insert(first, last);
    }

    pub fn remove(&mut self, first: u64, last: u64) {
        let overlapping: Vec<(u64, u64)> = self
            .0
            .range(..=last)
            .rev()
            .take_while(|(_, end)| **end >= first)
            .map(|(start, end)| (*start, *end))
            .collect();
        for (start, end) in overlapping {
            self.0.remove(&start);
            if start < first {
                self.0.insert(start, first - 1);
            }
            if end > last {
                self.0.insert(last + 1, end);
            }
        }
    }
}

/// Where a package stands by its reports, the last word on a number counting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub printed: Numbers,
    pub spoiled: Numbers,
    /// How often labels were printed again.
    pub reprinted: u64,
}

impl Standing {
    /// Of reports, oldest first.
    pub fn of<'a>(reports: impl IntoIterator<Item = &'a Report>) -> Self {
        let mut out = Self::default();
        for report in reports {
            let (first, last) = (report.first, report.last);
            let (to, from) = match report.kind {
                ReportKind::Spoiled => (&mut out.spoiled, &mut out.printed),
                ReportKind::Printed | ReportKind::Reprinted => (&mut out.printed, &mut out.spoiled),
            };
            to.add(first, last);
            from.remove(first, last);
            if report.kind == ReportKind::Reprinted {
                out.reprinted += last - first + 1;
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(kind: ReportKind, first: u64, last: u64) -> Report {
        Report { kind, first, last, at: UnixMs(0), network: String::new() }
    }

    #[test]
    fn the_last_word_on_a_label_counts() {
        use ReportKind::{Printed, Reprinted, Spoiled};
        let standing = Standing::of(&[
            report(Printed, 0, 99),
            report(Spoiled, 10, 19),
            report(Spoiled, 20, 24),
            report(Reprinted, 12, 13),
        ]);
        assert_eq!(standing.spoiled.iter().collect::<Vec<_>>(), [(10, 11), (14, 24)]);
        assert_eq!(standing.printed.iter().collect::<Vec<_>>(), [(0, 9), (12, 13), (25, 99)]);
        assert_eq!((standing.spoiled.len(), standing.reprinted), (13, 2));
        assert!(standing.printed.holds(30, 99) && !standing.printed.holds(9, 10));
        assert_eq!(standing.spoiled.within(11, 14), 2);
    }

    #[test]
    fn ranges_agree_with_a_plain_set() {
        let mut draw = crate::handoff::spares::Draw::new([1; 32]);
        let (mut numbers, mut plain) = (Numbers::default(), std::collections::BTreeSet::new());
        for round in 0..2_000 {
            let mut ends = draw.take(&mut (0..60).collect(), 2);
            ends.sort_unstable();
            if round % 2 == 0 {
                numbers.add(ends[0], ends[1]);
                plain.extend(ends[0]..=ends[1]);
            } else {
                numbers.remove(ends[0], ends[1]);
                plain.retain(|n| !(ends[0]..=ends[1]).contains(n));
            }
            let all: Vec<u64> = numbers.iter().flat_map(|(a, b)| a..=b).collect();
            assert!(all.iter().eq(&plain), "round {round}");
            let apart = numbers.iter().zip(numbers.iter().skip(1)).all(|(a, b)| a.1 + 1 < b.0);
            assert!(apart, "round {round}: ranges that touch are one");
        }
    }
}
