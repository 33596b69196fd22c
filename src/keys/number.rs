//! Key numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Number of an issuer's signing key, 1 to 16 777 215 (three bytes on the label).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct KeyNumber(u32);

impl KeyNumber {
    pub const MAX: u32 = 0xff_ffff;

    /// Names the batches of serials that an enterprise made itself, which no key
    /// signs. No key is ever made under it, and a server takes no signature by it.
    pub const OWN: Self = Self(Self::MAX);

    pub const fn new(number: u32) -> Option<Self> {
        if number == 0 || number > Self::MAX { None } else { Some(Self(number)) }
    }

    pub const fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for KeyNumber {
    type Error = String;

    fn try_from(number: u32) -> Result<Self, String> {
        Self::new(number).ok_or_else(|| format!("a key number is 1 to {}, not {number}", Self::MAX))
    }
}

impl From<KeyNumber> for u32 {
    fn from(number: KeyNumber) -> Self {
        number.0
    }
}

impl fmt::Display for KeyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
