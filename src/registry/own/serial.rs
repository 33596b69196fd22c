//! How a serial is compared: without what a phone's keyboard, a printer's
//! grouping or a spreadsheet adds.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::base::FieldError;

/// Characters of a serial, without spaces and hyphens.
pub const CHARACTERS_MAX: usize = 64;

/// Whether an enterprise's serials differ by the case of their letters. One
/// choice for all of its imports: a serial is asked for without telling which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Case {
    /// `ab1` and `AB1` are one serial, kept in capitals.
    #[default]
    Fold,
    /// They are two.
    Exact,
}

impl Case {
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Fold => "fold",
            Self::Exact => "exact",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        [Self::Fold, Self::Exact].into_iter().find(|case| case.slug() == slug)
    }
}

/// Full-width forms as their ASCII; what is no character of a serial but often
/// stands in one is dropped: spaces, hyphens of every kind, marks without width.
fn plain(c: char) -> Option<char> {
    match c {
        '\u{ff01}'..='\u{ff5e}' => plain(char::from_u32(u32::from(c) - 0xfee0)?),
        '-'
        | '\u{ad}'
        | '\u{2010}'..='\u{2015}'
        | '\u{2212}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2060}'
        | '\u{feff}' => None,
        c if c.is_whitespace() => None,
        c => Some(c),
    }
}

/// A serial as it is kept: 1 to [`CHARACTERS_MAX`] ASCII letters, digits, `.` or
/// `_`, with a letter or a digit among them. Spaces and hyphens are not part of
/// it, full-width characters are taken as the plain ones.
///
/// # Errors
/// Naming the field `serial`.
pub fn normal(text: &str, case: Case) -> Result<Cow<'_, str>, FieldError> {
    let kept = |c: u8| {
        let small = c.is_ascii_lowercase() && case == Case::Fold;
        !small && (c.is_ascii_alphanumeric() || c == b'.' || c == b'_')
    };
    let serial = if text.bytes().all(kept) {
        Cow::Borrowed(text)
    } else {
        let mut serial: String = text.chars().filter_map(plain).collect();
        if case == Case::Fold {
            serial.make_ascii_uppercase();
        }
        Cow::Owned(serial)
    };
    check(&serial)?;
    Ok(serial)
}

fn check(serial: &str) -> Result<(), FieldError> {
    let fault = |problem: String, remedy: &str| Err(FieldError::new("serial", problem, remedy));
    if let Some(c) = serial.chars().find(|c| !(c.is_ascii_alphanumeric() || ['.', '_'].contains(c)))
    {
        let problem = format!("has the character {:?}", c.escape_default().to_string());
        return fault(problem, "write letters A to Z, digits, . or _; spaces and hyphens are free");
    }
    if serial.len() > CHARACTERS_MAX {
        return fault(format!("has {} characters", serial.len()), "at most 64 are kept");
    }
    if !serial.bytes().any(|c| c.is_ascii_alphanumeric()) {
        return fault("has neither letter nor digit".into(), "write the serial, or leave it out");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_keyboard_or_a_printer_adds_is_taken_off() {
        for (typed, case, kept) in [
            ("SH2024000017", Case::Fold, "SH2024000017"),
            ("sh2024000017", Case::Fold, "SH2024000017"),
            ("sh2024000017", Case::Exact, "sh2024000017"),
            (" SH2024-0000-17 ", Case::Fold, "SH2024000017"),
            ("ＳＨ２０２４　０００－０１７", Case::Fold, "SH2024000017"),
            ("SH2024\u{2013}000017", Case::Fold, "SH2024000017"),
            ("a.b_c", Case::Exact, "a.b_c"),
            ("\u{feff}1", Case::Fold, "1"),
        ] {
            assert_eq!(normal(typed, case).expect(typed), kept, "{typed}");
        }
    }

    #[test]
    fn what_is_no_serial_is_told_why() {
        let long = "9".repeat(65);
        for (typed, problem) in [
            ("", "neither letter nor digit"),
            (" - ", "neither letter nor digit"),
            ("..", "neither letter nor digit"),
            ("12/34", "has the character"),
            ("编号17", "has the character"),
            ("=1+1", "has the character"),
            ("12\u{0}34", "has the character"),
            (&long, "has 65 characters"),
        ] {
            let fault = normal(typed, Case::Fold).expect_err(typed);
            assert_eq!(fault.field, "serial");
            assert!(fault.problem.contains(problem), "{typed}: {fault}");
        }
        assert!(normal(&"9".repeat(64), Case::Fold).is_ok());
    }
}
