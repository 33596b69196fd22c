//! How a reporter wishes to be told: a telephone or a mail address, which is
//! nobody's name and is sealed as soon as it is read.

use crate::base::{FieldError, misleads};

/// Characters of a mail address (RFC 5321, 4.5.3.1.3).
const MAIL_CHARACTERS_MAX: usize = 254;
/// Digits of a telephone number: from those of a landline without its area to
/// the longest of ITU-T E.164.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

#[derive(Clone, PartialEq, Eq)]
pub struct Contact(String);

impl Contact {
    /// `None` where nothing was given.
    ///
    /// # Errors
    /// For what is neither.
    pub fn parse(typed: &str) -> Result<Option<Self>, FieldError> {
        let text = typed.trim();
        if text.is_empty() {
            return Ok(None);
        }
        if is_a_mail(text) {
            return Ok(Some(Self(text.to_owned())));
        }
        let digits: String = text.chars().filter_map(digit).collect();
        let plus = text.starts_with(['+', '＋']);
        let rest = |c: char| digit(c).is_some() || " -()（）－+＋".contains(c);
        if DIGITS.contains(&digits.len()) && text.chars().all(rest) {
            return Ok(Some(Self(format!("{}{digits}", if plus { "+" } else { "" }))));
        }
        Err(FieldError::new("contact", "is no telephone number and no mail address", "write one"))
    }

    /// As it was unsealed.
    pub fn of_sealed(text: String) -> Self {
        Self(text)
    }

    pub fn text(&self) -> &str {
        &self.0
    }
}

/// Full-width digits too, as an ideographic keyboard writes them.
fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10),
        _ => None,
    }
}

fn is_a_mail(text: &str) -> bool {
    let sound = |c: char| !c.is_whitespace() && !misleads(c) && c != '@';
    text.chars().count() <= MAIL_CHARACTERS_MAX
        && text.split_once('@').is_some_and(|(who, host)| {
            !who.is_empty()
                && host.contains('.')
                && !host.starts_with('.')
                && !host.ends_with('.')
                && who.chars().chain(host.chars()).all(sound)
        })
}

/// Nothing that is logged by accident has it.
impl std::fmt::Debug for Contact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Contact")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_or_a_mail_address_is_read_however_it_is_written() {
        let read = |text| Contact::parse(text).expect("one").map(|contact| contact.0);
        assert_eq!(read("  "), None);
        for (typed, kept) in [
            ("138 0013 8000", "13800138000"),
            ("+86 138-0013-8000", "+8613800138000"),
            ("（0394）8221234", "03948221234"),
            ("１３８００１３８０００", "13800138000"),
            ("li@example.cn", "li@example.cn"),
        ] {
            assert_eq!(read(typed).as_deref(), Some(kept));
        }
        let long = format!("{}@example.cn", "a".repeat(300));
        for typed in ["123", "1234567890123456", "call me", "a@b", "a@@b.cn", "a b@c.cn", &long] {
            assert!(Contact::parse(typed).is_err(), "{typed}");
        }
        assert_eq!(format!("{:?}", Contact::parse("13800138000")), "Ok(Some(Contact))");
    }
}
