//! Sets of running numbers, as runs.

use std::fmt;

/// A set of running numbers: runs `first..=last`, ascending, with a gap
/// between each two. Written `0-99 200 300-399`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    pub fn one(first: u64, last: u64) -> Self {
        Self(if first <= last { vec![(first, last)] } else { Vec::new() })
    }

    /// Of single numbers, in any order and with repeats.
    pub fn of_numbers(mut numbers: Vec<u32>) -> Self {
        numbers.sort_unstable();
        let mut out = Self::default();
        for number in numbers {
            out.push(number.into(), number.into());
        }
        out
    }

    /// Of runs in any order that may overlap.
    pub fn of_runs(mut runs: Vec<(u64, u64)>) -> Self {
        runs.sort_unstable();
        let mut out = Self::default();
        for (first, last) in runs {
            out.push(first, last);
        }
        out
    }

    /// Adds a run that begins no earlier than the last one.
    pub fn push(&mut self, first: u64, last: u64) {
        match self.0.last_mut() {
            Some(end) if first <= end.1.saturating_add(1) => end.1 = end.1.max(last),
            _ => self.0.push((first, last)),
        }
    }

    pub fn runs(&self) -> &[(u64, u64)] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The lowest number and the highest.
    pub fn ends(&self) -> Option<(u64, u64)> {
        Some((self.0.first()?.0, self.0.last()?.1))
    }

    /// How many numbers.
    pub fn labels(&self) -> u64 {
        self.0.iter().map(|(first, last)| last - first + 1).sum()
    }

    /// Those that are not in `other`.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut out = Self::default();
        let mut cuts = other.0.iter().peekable();
        for &(mut first, last) in &self.0 {
            while cuts.next_if(|cut| cut.1 < first).is_some() {}
            while let Some(&&(from, to)) = cuts.peek() {
                if from > last {
                    break;
                }
                if from > first {
                    out.push(first, from - 1);
                }
                first = to + 1;
                if to > last {
                    break;
                }
                cuts.next();
            }
            if first <= last {
                out.push(first, last);
            }
        }
        out
    }

    /// Those that are in `other` too.
    #[must_use]
    pub fn within(&self, other: &Self) -> Self {
        self.without(&self.without(other))
    }

    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        let run = |run: &str| {
            let (first, last) = run.split_once('-').unwrap_or((run, run));
            let run = (first.parse().ok()?, last.parse().ok()?);
            (run.0 <= run.1).then_some(run)
        };
        text.split_ascii_whitespace().map(run).collect::<Option<Vec<_>>>().map(Self::of_runs)
    }
}

impl fmt::Display for Ranges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (first, last)) in self.0.iter().enumerate() {
            let gap = if n > 0 { " " } else { "" };
            if first == last {
                write!(f, "{gap}{first}")?;
            } else {
                write!(f, "{gap}{first}-{last}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn numbers(ranges: &Ranges) -> BTreeSet<u64> {
        ranges.runs().iter().flat_map(|(first, last)| *first..=*last).collect()
    }

    proptest! {
        #[test]
        fn runs_are_the_set_that_they_stand_for(a: Vec<u8>, b: Vec<u8>) {
            let set = |bytes: &[u8]| {
                Ranges::of_numbers(bytes.iter().map(|n| u32::from(*n)).collect())
            };
            let (a, b) = (set(&a), set(&b));
            prop_assert_eq!(Ranges::parse(&a.to_string()), Some(a.clone()));
            let (of_a, of_b) = (numbers(&a), numbers(&b));
            prop_assert_eq!(a.labels(), of_a.len() as u64);
            prop_assert_eq!(numbers(&a.without(&b)), &of_a - &of_b);
            prop_assert_eq!(numbers(&a.within(&b)), &of_a & &of_b);
            let gaps = a.runs().windows(2).all(|pair| pair[0].1 + 1 < pair[1].0);
            prop_assert!(gaps, "{a}");
        }
    }
}
