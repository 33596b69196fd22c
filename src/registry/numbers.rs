//! Numbers with a check digit: unified social credit code and GTIN.

use crate::base::FieldError;
use crate::registry::{Gtin, Uscc};

const USCC_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const USCC_WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

impl Uscc {
    /// # Errors
    /// Naming what is wrong: length, character, or check digit (GB 32100-2015).
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let wrong = |problem: String| {
            FieldError::new("uscc", problem, "write the 18 characters of the business licence")
        };
        let text = text.trim().to_ascii_uppercase();
        if text.len() != 18 {
            return Err(wrong(format!("{} characters, not 18", text.chars().count())));
        }
        let mut values = [0; 18];
        for (value, c) in values.iter_mut().zip(text.bytes()) {
            *value = USCC_ALPHABET.iter().position(|a| *a == c).ok_or_else(|| {
                wrong(format!("the character {:?} does not occur in such a code", char::from(c)))
            })?;
        }
        let sum: usize = values.iter().zip(USCC_WEIGHTS).map(|(v, w)| v * w).sum();
        if values[17] != (31 - sum % 31) % 31 {
            return Err(wrong(format!("the check digit of {text} is wrong")));
        }
        Ok(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Gtin {
    /// Takes GTIN-8, -12, -13 and -14 and fills it to 14 digits.
    ///
    /// # Errors
    /// Naming what is wrong: length, character, or check digit (GS1 mod 10).
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let wrong = |problem: String| {
            FieldError::new("gtin", problem, "write the digits under the product's bar code")
        };
        let text = text.trim();
        if !matches!(text.len(), 8 | 12 | 13 | 14) || !text.bytes().all(|c| c.is_ascii_digit()) {
            return Err(wrong(format!("{text:?} is not 8, 12, 13 or 14 digits")));
        }
        let full = format!("{text:0>14}");
        if !crate::code::gs1::gtin_is_sound(&full) {
            return Err(wrong(format!("the check digit of {text} is wrong")));
        }
        Ok(Self(full))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Of the 14 digits of one those that stand under the bar code of a pack.
    pub fn printed(gtin: &str) -> &str {
        let short = gtin.strip_prefix("000000").or_else(|| gtin.strip_prefix('0'));
        short.filter(|_| gtin.len() == 14).unwrap_or(gtin)
    }
}

impl TryFrom<String> for Uscc {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|e| format!("{}; {}", e.problem, e.remedy))
    }
}

impl TryFrom<String> for Gtin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|e| format!("{}; {}", e.problem, e.remedy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_checked() {
        assert!(Uscc::parse("91411628MA9DEM01XU").is_ok());
        assert_eq!(Uscc::parse("91350100m000100y43").map(|u| u.0), Ok("91350100M000100Y43".into()));
        for (bad, says) in [
            ("91411628MA9DEM01XT", "check digit"),
            ("91411628MA9DEM01X", "17 characters"),
            ("91411628MA9DEMO1XU", "'O'"),
        ] {
            let error = Uscc::parse(bad).expect_err(bad).to_string();
            assert!(error.contains(says), "{error}");
        }
        assert_eq!(Gtin::parse("6923292086917").map(|g| g.0), Ok("06923292086917".into()));
        assert_eq!(Gtin::parse("96385074").map(|g| g.0), Ok("00000096385074".into()));
        assert!(Gtin::parse("6923292086918").is_err());
        assert!(Gtin::parse("692329208691").is_err());
        assert!(Gtin::parse("").is_err());
    }

    #[test]
    fn a_pack_bears_no_zero_in_front() {
        for (gtin, printed) in [
            ("06900000001011", "6900000001011"),
            ("00000096385074", "96385074"),
            ("16900000001018", "16900000001018"),
            ("", ""),
        ] {
            assert_eq!(Gtin::printed(gtin), printed);
        }
    }
}
