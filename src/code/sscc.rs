//! SSCC, the number of one case in GS1's world (General Specifications 3.2.1
//! and 7.9): extension digit, company prefix, serial reference, check digit.
//!
//! It stands beside the code of a case and is no part of what is signed: it is
//! for the warehouses of others, who know GS1 and nothing of us.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::FieldError;
use crate::code::gs1::{check_digit, check_digit_is_right};

const DIGITS: usize = 18;
/// Digits that prefix and serial reference share.
const SHARED_DIGITS: usize = 16;
/// The extension digit only makes room for more numbers; one suffices.
const EXTENSION: char = '0';

/// GS1 Company Prefix, 4 to 12 digits: whose serial references are counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Gs1Prefix(String);

impl Gs1Prefix {
    /// # Errors
    /// Naming what is wrong: length or character.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let text = text.trim();
        if !(4..=12).contains(&text.len()) || !text.bytes().all(|c| c.is_ascii_digit()) {
            return Err(FieldError::new(
                "gs1_prefix",
                format!("{text:?} is not 4 to 12 digits"),
                "write the company prefix (厂商识别代码) of the GS1 certificate",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many serial references there are under it: 10^4 to 10^12.
    pub fn serial_references(&self) -> u64 {
        (self.0.len()..SHARED_DIGITS).fold(1, |n, _| n * 10)
    }
}

impl fmt::Display for Gs1Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Gs1Prefix {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|e| format!("{}; {}", e.problem, e.remedy))
    }
}

impl From<Gs1Prefix> for String {
    fn from(prefix: Gs1Prefix) -> Self {
        prefix.0
    }
}

/// Serial Shipping Container Code: 18 digits, the last a check digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sscc(String);

impl Sscc {
    /// Takes the 18 digits, with spaces between them or not, and with the
    /// application identifier (00) before them or not.
    ///
    /// # Errors
    /// Naming what is wrong: length, character, or check digit.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let wrong = |problem: String| {
            FieldError::new("sscc", problem, "write the 18 digits under the bar code of the case")
        };
        let plain: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let bare = plain.strip_prefix("(00)").unwrap_or(&plain);
        let bare = if bare.len() == DIGITS + 2 { bare.strip_prefix("00") } else { Some(bare) };
        let digits = bare
            .filter(|bare| bare.len() == DIGITS && bare.bytes().all(|c| c.is_ascii_digit()))
            .ok_or_else(|| wrong(format!("{:?} is not 18 digits", text.trim())))?;
        if !check_digit_is_right(digits) {
            return Err(wrong(format!("the check digit of {digits} is wrong")));
        }
        Ok(Self(digits.to_owned()))
    }

    /// The 18 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Sscc {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|e| format!("{}; {}", e.problem, e.remedy))
    }
}

impl From<Sscc> for String {
    fn from(sscc: Sscc) -> Self {
        sscc.0
    }
}

/// The serial references of one batch's cases and pallets. It keeps the prefix too, so
/// that the SSCC of what was printed can never become another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SsccRun {
    pub prefix: Gs1Prefix,
    /// Serial reference of case 0.
    pub first: u64,
}

impl SsccRun {
    /// The serial references behind the first `taken`.
    #[must_use]
    pub fn behind(&self, taken: u64) -> Self {
        Self { prefix: self.prefix.clone(), first: self.first.saturating_add(taken) }
    }

    /// The SSCC of case `number`; `None` behind the last serial reference of
    /// the prefix, which no case of a registered batch reaches.
    pub fn sscc(&self, number: u64) -> Option<Sscc> {
        let reference = self.first.checked_add(number)?;
        if reference >= self.prefix.serial_references() {
            return None;
        }
        let width = SHARED_DIGITS - self.prefix.0.len();
        let digits = format!("{EXTENSION}{}{reference:0width$}", self.prefix);
        Some(Sscc(format!("{digits}{}", check_digit(&digits))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(prefix: &str, first: u64) -> SsccRun {
        SsccRun { prefix: Gs1Prefix::parse(prefix).expect("sound"), first }
    }

    #[test]
    fn published_examples_are_read_and_made() {
        // GS1 EPC Tag Data Standard 2.3, annex E.3; GS1's Digital Link tests.
        for (prefix, reference, sscc) in [
            ("9520123", 456_789_123, "095201234567891235"),
            ("0614141", 123_456_789, "006141411234567890"),
        ] {
            assert_eq!(Sscc::parse(sscc).expect("sound").to_string(), sscc);
            assert_eq!(run(prefix, reference).sscc(0).expect("in range").as_str(), sscc);
        }
    }

    #[test]
    fn slips_of_a_digit_are_told() {
        let good = "095201234567891235";
        for i in 0..good.len() {
            let mut slipped = good.as_bytes().to_vec();
            slipped[i] = b'0' + (slipped[i] - b'0' + 1) % 10;
            let slipped = String::from_utf8(slipped).expect("digits");
            let said = Sscc::parse(&slipped).expect_err(&slipped).to_string();
            assert!(said.contains("check digit"), "{said}");
        }
    }

    #[test]
    fn it_is_read_as_it_is_printed() {
        let good = Sscc::parse("095201234567891235");
        assert!(good.is_ok());
        for text in ["(00) 0 9520123 456789123 5", "00095201234567891235", " 095201234567891235 "] {
            assert_eq!(Sscc::parse(text), good, "{text}");
        }
        for text in
            ["", "09520123456789123", "10095201234567891235", "(01)095201234567891235", "０９５２"]
        {
            let said = Sscc::parse(text).expect_err(text).to_string();
            assert!(said.contains("18 digits"), "{said}");
        }
    }

    #[test]
    fn prefixes_have_4_to_12_digits_and_what_is_left_counts_cases() {
        for (prefix, references) in [("6901", 1_000_000_000_000), ("690123456789", 10_000)] {
            let run = run(prefix, references - 1);
            assert_eq!(run.prefix.serial_references(), references);
            let last = run.sscc(0).expect("the last one");
            assert_eq!(Sscc::parse(last.as_str()).as_ref(), Ok(&last));
            assert_eq!(run.sscc(1), None, "behind the last");
            assert_eq!(run.sscc(u64::MAX), None);
        }
        for bad in ["690", "6901234567890", "69o1", "", "-6901"] {
            assert!(Gs1Prefix::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn cases_of_a_run_are_numbered_one_after_another() {
        let run = run("6901234", 41);
        let made = |n| run.sscc(n).expect("in range").as_str()[..17].to_owned();
        assert_eq!([made(0), made(1)], ["06901234000000041", "06901234000000042"]);
    }
}
