//! The number by which a reporter asks what became of a report.

use std::fmt;

use crate::base::rng;
use crate::code::base32;

/// 12 characters: 60 bits, of which nobody guesses one that is there.
const CHARACTERS: usize = 12;

/// `ABCD-EFGH-IJKL` where it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Number(String);

impl Number {
    pub fn random() -> Self {
        let mut text = String::with_capacity(16);
        base32::encode_into(&rng::bytes::<8>(), &mut text);
        text.truncate(CHARACTERS);
        Self(text)
    }

    /// However it is typed; `None` for what is none.
    pub fn parse(typed: &str) -> Option<Self> {
        grouped(typed, CHARACTERS).map(Self)
    }

    /// Without the dashes, as it stands in an address and in the ledger.
    pub fn plain(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&in_fours(&self.0))
    }
}

/// The letters of what was typed in groups, capitals; `None` unless it is so
/// many of base32's.
pub(super) fn grouped(typed: &str, characters: usize) -> Option<String> {
    let kept: String = typed
        .chars()
        .take(4 * characters)
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '－' | '—'))
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let fits = kept.len() == characters
        && kept.bytes().all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b));
    fits.then_some(kept)
}

pub(super) fn in_fours(text: &str) -> String {
    let fours: Vec<&str> =
        text.as_bytes().chunks(4).filter_map(|c| str::from_utf8(c).ok()).collect();
    fours.join("-")
}
