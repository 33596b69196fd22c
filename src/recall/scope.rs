//! From what somebody typed to ranges of running numbers. A line names a batch
//! (`1-4`), numbers of it (`1-4 100-199`), one label, or a case or pallet: its
//! serial, its text or URL, its SSCC.

use crate::base::FieldError;
use crate::recall::Numbers;
use crate::registry::service::parse_range;
use crate::registry::{BatchRef, Register, Uscc};
use crate::trace::Unit;

/// Lines of one proposal.
pub const LINES_MAX: usize = 10_000;
/// Faults that are told at once.
const FAULTS_MAX: usize = 20;

/// What the lines name.
#[derive(Debug, Default)]
pub struct Named {
    pub numbers: Vec<Numbers>,
    /// Cases and pallets, each with its line.
    pub units: Vec<(u64, Unit)>,
}

/// # Errors
/// Naming `scope` with the line of each fault.
pub fn read(text: &str, register: &Register, own: &Uscc) -> Result<Named, Vec<FieldError>> {
    let lines = (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty());
    let (mut named, mut faults) = (Named::default(), Vec::new());
    for (count, (number, line)) in lines.enumerate() {
        if count == LINES_MAX {
            let problem = format!("has more than {LINES_MAX} lines");
            return Err(vec![FieldError::new(
                "scope",
                problem,
                "name ranges, or ask in two parts",
            )]);
        }
        match of_line(line, register, own) {
            Ok(Found::Numbers(numbers)) => named.numbers.push(numbers),
            Ok(Found::Unit(unit)) => named.units.push((number, unit)),
            Err(fault) if faults.len() < FAULTS_MAX => faults.push(fault.at_line(number)),
            Err(_) => {}
        }
    }
    if faults.is_empty() { Ok(named) } else { Err(faults) }
}

enum Found {
    Numbers(Numbers),
    Unit(Unit),
}

fn fault(problem: impl Into<String>, remedy: &str) -> FieldError {
    FieldError::new("scope", problem, remedy)
}

fn of_line(line: &str, register: &Register, own: &Uscc) -> Result<Found, FieldError> {
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    if let Ok(batch) = name.parse::<BatchRef>() {
        return of_batch(batch, rest.trim(), register, own).map(Found::Numbers);
    }
    match Unit::read(line, register, own) {
        Ok(Unit::Bottle { batch, number }) => {
            Ok(Found::Numbers(Numbers { batch, first: number, last: number }))
        }
        Ok(unit) => Ok(Found::Unit(unit)),
        Err(_) => Err(fault(
            "is neither a batch, nor a label or case that was issued to you",
            "write 1-4, 1-4 100-199, or what stands under the symbol of a label",
        )),
    }
}

fn of_batch(
    id: BatchRef,
    range: &str,
    register: &Register,
    own: &Uscc,
) -> Result<Numbers, FieldError> {
    let batch = register.batches.get(&id).map(|facts| &facts.batch);
    let batch = batch
        .filter(|batch| batch.enterprise == *own)
        .ok_or_else(|| fault(format!("{id} is no batch of yours"), "see the list of batches"))?;
    // What is withdrawn whole is so with its spares.
    let last = batch.issued() - 1;
    if range.is_empty() {
        return Ok(Numbers { batch: id, first: 0, last });
    }
    let (first, to) = parse_range(range).map_err(|e| fault(e.problem, &e.remedy))?;
    if to > last {
        let remedy = format!("its running numbers are 0-{last}");
        return Err(fault(format!("{first}-{to} is not in batch {id}"), &remedy));
    }
    Ok(Numbers { batch: id, first, last: to })
}

/// Ranges that touch or overlap become one.
pub fn merged(mut ranges: Vec<Numbers>) -> Vec<Numbers> {
    ranges.sort_unstable();
    let mut out: Vec<Numbers> = Vec::new();
    for next in ranges {
        match out.last_mut() {
            Some(last) if last.batch == next.batch && next.first <= last.last + 1 => {
                last.last = last.last.max(next.last);
            }
            _ => out.push(next),
        }
    }
    out
}

/// What is left of `whole` without `parts`; both disjoint and in order.
pub fn without(whole: &[Numbers], parts: &[Numbers]) -> Vec<Numbers> {
    let mut out = Vec::new();
    for range in whole {
        let mut first = range.first;
        for part in parts.iter().filter(|part| part.batch == range.batch) {
            if part.last < first || part.first > range.last {
                continue;
            }
            if part.first > first {
                out.push(Numbers { batch: range.batch, first, last: part.first - 1 });
            }
            first = part.last + 1;
        }
        if first <= range.last {
            out.push(Numbers { batch: range.batch, first, last: range.last });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keys::KeyNumber;

    fn numbers(first: u64, last: u64) -> Numbers {
        let key = KeyNumber::new(1).expect("a key");
        Numbers { batch: BatchRef { key, batch: 1 }, first, last }
    }

    fn all(ranges: &[Numbers]) -> Vec<u64> {
        ranges.iter().flat_map(|range| range.first..=range.last).collect()
    }

    proptest! {
        #[test]
        fn merging_and_taking_out_are_those_of_sets(
            whole in proptest::collection::vec((0..60_u64, 0..9_u64), 0..9),
            parts in proptest::collection::vec((0..60_u64, 0..9_u64), 0..9),
        ) {
            let ranges = |pairs: &[(u64, u64)]| {
                merged(pairs.iter().map(|(a, n)| numbers(*a, a + n)).collect())
            };
            let (whole, parts) = (ranges(&whole), ranges(&parts));
            let (of_whole, of_parts) = (all(&whole), all(&parts));
            prop_assert!(of_whole.is_sorted_by(|a, b| a < b), "disjoint and in order");
            prop_assert!(whole.windows(2).all(|w| w[0].last + 1 < w[1].first), "as few as can be");
            let left: Vec<_> = of_whole.into_iter().filter(|n| !of_parts.contains(n)).collect();
            prop_assert_eq!(all(&without(&whole, &parts)), left);
        }
    }
}
