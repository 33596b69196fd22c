//! The twelve bytes that name one code (`FORMAT.md`, Payload).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::code::{Malformed, base32};
use crate::keys::KeyNumber;

/// Which of an item's codes this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Layer {
    /// On the label.
    Outer = 0,
    /// Under the cap or a scratch layer.
    Inner = 1,
    Case = 2,
    Pallet = 3,
}

impl Layer {
    /// The name as `zhenma verify` and the API write it.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Outer => "outer",
            Self::Inner => "inner",
            Self::Case => "case",
            Self::Pallet => "pallet",
        }
    }
}

/// Names one code. All texts with the same payload are the same code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Payload {
    pub layer: Layer,
    pub key: KeyNumber,
    /// Batch number under that key, 24 bits.
    pub batch: u32,
    /// 40 bits; see [`crate::code::Permutation`].
    pub serial: u64,
}

impl Payload {
    pub const BYTES: usize = 12;
    /// Characters of the serial text.
    pub const SERIAL_TEXT_CHARACTERS: usize = base32::length(Self::BYTES);
    const VERSION: u8 = 1;

    pub fn to_bytes(self) -> [u8; 12] {
        let key = self.key.get().to_be_bytes();
        let batch = self.batch.to_be_bytes();
        let serial = self.serial.to_be_bytes();
        let mut out = [0; 12];
        out[0] = Self::VERSION << 4 | self.layer as u8;
        out[1..4].copy_from_slice(&key[1..]);
        out[4..7].copy_from_slice(&batch[1..]);
        out[7..12].copy_from_slice(&serial[3..]);
        out
    }

    /// # Errors
    /// [`Malformed`] for another version or layer, and for key 0.
    pub fn from_bytes(b: [u8; 12]) -> Result<Self, Malformed> {
        if b[0] >> 4 != Self::VERSION {
            return Err(Malformed::Version(b[0] >> 4));
        }
        let layer = match b[0] & 15 {
            0 => Layer::Outer,
            1 => Layer::Inner,
            2 => Layer::Case,
            3 => Layer::Pallet,
            other => return Err(Malformed::Layer(other)),
        };
        let key =
            KeyNumber::new(u32::from_be_bytes([0, b[1], b[2], b[3]])).ok_or(Malformed::KeyZero)?;
        Ok(Self {
            layer,
            key,
            batch: u32::from_be_bytes([0, b[4], b[5], b[6]]),
            serial: u64::from_be_bytes([0, 0, 0, b[7], b[8], b[9], b[10], b[11]]),
        })
    }

    /// `B32(payload)`: 20 characters.
    pub fn serial_text(self) -> String {
        let mut out = String::with_capacity(Self::SERIAL_TEXT_CHARACTERS);
        base32::encode_into(&self.to_bytes(), &mut out);
        out
    }

    /// Reads a serial text of 20 characters.
    ///
    /// # Errors
    /// [`Malformed`], as for a code.
    pub fn from_serial_text(text: &str) -> Result<Self, Malformed> {
        if text.len() != Self::SERIAL_TEXT_CHARACTERS {
            return Err(Malformed::of_length(text));
        }
        let bytes = base32::decode::<12>(text.as_bytes())
            .map_err(|wrong| Malformed::of_base32(text, wrong))?;
        Self::from_bytes(bytes)
    }
}

/// The serial in groups of five, as printed under the symbol.
impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.serial_text();
        for (i, start) in (0..text.len()).step_by(5).enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(&text[start..start + 5])?;
        }
        Ok(())
    }
}
