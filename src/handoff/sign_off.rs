//! The roll that comes back: labels from its beginning, middle and end are
//! scanned, and each must be one of the package.

use std::collections::BTreeSet;

use crate::base::FieldError;
use crate::registry::BatchRef;

/// What a scanned text turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// No code, or one whose signature is not good.
    Unreadable,
    /// Never issued, or not the label of an item.
    Unknown,
    /// An item's label, whose signature is good.
    Item { batch: BatchRef, number: u64 },
}

/// The quality office's word on a roll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// With what was scanned of it.
    Accept(Vec<Scanned>),
    /// With the reason.
    Reject(String),
}

/// What the roll of a package may hold.
pub struct Roll<'a> {
    pub batch: BatchRef,
    pub first: u64,
    pub last: u64,
    /// Spares that were released.
    pub released: &'a [u64],
    /// Numbers that the house reported spoiled and did not print again.
    pub spoiled: &'a super::report::Numbers,
    /// Labels that must be scanned.
    pub needed: u32,
}

/// Lines that are looked at.
pub const LINES_MAX: usize = 500;

/// The numbers scanned, each once.
///
/// # Errors
/// Naming the line of each label that does not belong there, and what the
/// roll as a whole lacks.
pub fn check(roll: &Roll<'_>, lines: &[Scanned]) -> Result<BTreeSet<u64>, Vec<FieldError>> {
    let (mut numbers, mut errors) = (BTreeSet::new(), Vec::new());
    for (line, scanned) in (1..).zip(lines.iter().take(LINES_MAX)) {
        match fault(roll, *scanned) {
            Ok(number) => drop(numbers.insert(number)),
            Err((problem, remedy)) => {
                errors.push(FieldError::new("codes", problem, remedy).at_line(line));
            }
        }
    }
    let length = roll.last - roll.first + 1;
    let needed = u64::from(roll.needed).min(length);
    if (numbers.len() as u64) < needed {
        let problem = format!("{} different labels are good, of {needed}", numbers.len());
        errors.push(FieldError::new("codes", problem, "scan more of them"));
    }
    if length >= 3 {
        let third = |number: u64| (number - roll.first) * 3 / length;
        let thirds: BTreeSet<u64> =
            numbers.iter().filter(|n| **n <= roll.last).map(|n| third(*n)).collect();
        for (part, name) in [(0, "first"), (1, "middle"), (2, "last")] {
            if !thirds.contains(&part) {
                let problem = format!("no label is of the {name} third of the roll");
                errors.push(FieldError::new("thirds", problem, "scan one from there"));
            }
        }
    }
    if errors.is_empty() { Ok(numbers) } else { Err(errors) }
}

type Fault = (String, &'static str);

fn fault(roll: &Roll<'_>, scanned: Scanned) -> Result<u64, Fault> {
    let (batch, number) = match scanned {
        Scanned::Unreadable => {
            return Err(("is no code of ours, or does not verify".into(), "scan the label again"));
        }
        Scanned::Unknown => {
            return Err(("is no label of an item".into(), "scan a label of the roll"));
        }
        Scanned::Item { batch, number } => (batch, number),
    };
    if batch != roll.batch {
        let problem = format!("is of batch {batch}, not {}", roll.batch);
        return Err((problem, "keep the rolls of batches apart"));
    }
    if roll.released.contains(&number) {
        return Ok(number);
    }
    if number > roll.last || number < roll.first {
        // Spares that were not released, planted ones among them: one answer,
        // so that nobody learns which are which.
        return Err((
            format!("number {number} was not to be printed for this package"),
            "do not use the roll; tell the owner",
        ));
    }
    if roll.spoiled.holds(number, number) {
        let problem = format!("number {number} was reported spoiled");
        return Err((problem, "take it off the roll"));
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::super::report::Numbers;
    use super::*;

    const BATCH: &str = "1-4";

    fn item(number: u64) -> Scanned {
        Scanned::Item { batch: BATCH.parse().unwrap(), number }
    }

    fn said(lines: &[Scanned]) -> Result<usize, String> {
        let mut spoiled = Numbers::default();
        spoiled.add(40, 41);
        let roll = Roll {
            batch: BATCH.parse().unwrap(),
            first: 0,
            last: 99,
            released: &[104],
            spoiled: &spoiled,
            needed: 4,
        };
        check(&roll, lines).map(|numbers| numbers.len()).map_err(|errors| errors[0].to_string())
    }

    #[test]
    fn labels_of_every_third_sign_a_roll_off_and_others_do_not() {
        assert_eq!(said(&[item(0), item(50), item(99), item(104)]), Ok(4));
        for (lines, says) in [
            (vec![item(0), item(50), item(99)], "3 different labels are good, of 4"),
            (vec![item(0), item(0), item(50), item(99)], "3 different labels"),
            (vec![item(0), item(1), item(2), item(3)], "of the middle third"),
            (vec![item(0), item(50), item(99), item(105)], "line 4, codes: number 105 was not"),
            (vec![item(0), item(50), item(99), item(40)], "line 4, codes: number 40 was reported"),
            (vec![Scanned::Unreadable], "line 1, codes: is no code of ours"),
            (vec![Scanned::Unknown], "line 1, codes: is no label of an item"),
            (
                vec![Scanned::Item { batch: "1-5".parse().unwrap(), number: 1 }],
                "line 1, codes: is of batch 1-5, not 1-4",
            ),
        ] {
            let error = said(&lines).expect_err(says);
            assert!(error.contains(says), "{error}");
        }
    }
}
