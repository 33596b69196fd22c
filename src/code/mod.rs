//! The printed code, version 1 (`FORMAT.md`): payload, texts, reading, the
//! serial permutation. Pure; knows nothing of scans or registers.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::keys::{KeyNumber, Keyring};

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

/// The twelve bytes that name one code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Payload {
    pub layer: Layer,
    pub key: KeyNumber,
    /// Batch number under that key, 24 bits.
    pub batch: u32,
    /// 40 bits; see [`Permutation`].
    pub serial: u64,
}

impl Payload {
    pub const BYTES: usize = 12;
    pub const SERIAL_TEXT_CHARACTERS: usize = 20;

    pub fn to_bytes(self) -> [u8; 12] {
        todo!("H1")
    }

    /// # Errors
    /// [`Malformed`] for another version, layer or key 0.
    pub fn from_bytes(_bytes: [u8; 12]) -> Result<Self, Malformed> {
        todo!("H1")
    }

    /// `B32(payload)`: 20 characters.
    pub fn serial_text(self) -> String {
        todo!("H1")
    }

    /// Reads a serial text of 20 characters.
    pub fn from_serial_text(_text: &str) -> Result<Self, Malformed> {
        todo!("H1")
    }
}

/// The serial in groups of five, as printed under the symbol.
impl fmt::Display for Payload {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!("H1")
    }
}

/// Compact or GS1 (`FORMAT.md`, Text).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    Compact,
    /// GTIN of 14 digits and lot, both under the signature.
    Gs1 {
        gtin: String,
        lot: String,
    },
}

/// A text that has the shape of a code: nothing is proved yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub payload: Payload,
    pub signature: [u8; 64],
    pub form: Form,
    /// Lower-case host (with port, if it had one), `None` for a bare code.
    pub host: Option<String>,
}

/// Why a text is not a code. Each says what was met and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    #[error("a code has 122 characters, this text has {0}")]
    Length(usize),
    #[error("character {0} is not of the base32 alphabet A-Z 2-7")]
    Alphabet(usize),
    // H1 adds what is needed.
}

impl Malformed {
    pub fn text(&self, _lang: crate::base::Lang) -> String {
        self.to_string()
    }
}

/// Outcome of reading with keys alone (FORMAT.md, Outcomes), in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Malformed,
    UnknownKey,
    BadSignature,
    KeyRevoked,
    Valid,
}

/// Takes a text apart; pure and allocation-light.
pub fn read(_text: &str) -> Result<Reading, Malformed> {
    todo!("H1")
}

/// Checks one reading.
pub fn verify(_keys: &Keyring, _reading: &Reading) -> Outcome {
    todo!("H1")
}

/// Checks many at once, folded by key; the same outcomes as [`verify`].
pub fn verify_many(_keys: &Keyring, _readings: &[Reading]) -> Vec<Outcome> {
    todo!("H1")
}

/// The compact text (122 characters) of a signed payload.
pub fn compact_text(_payload: Payload, _signature: &[u8; 64]) -> String {
    todo!("H1")
}

/// The bytes that are signed for the compact form.
pub fn compact_message(_payload: Payload) -> [u8; 25] {
    todo!("H1")
}

/// Running number <-> serial by FF1 under a batch's secret.
#[derive(Clone)]
pub struct Permutation {/* H1: expanded AES key, tweak-dependent block */}

impl Permutation {
    /// `layer`, `key`, `batch` give the tweak (payload bytes 0 to 6).
    pub fn new(_secret: &[u8; 32], _layer: Layer, _key: KeyNumber, _batch: u32) -> Self {
        todo!("H1")
    }

    pub fn serial_of(&self, _number: u64) -> u64 {
        todo!("H1")
    }

    pub fn number_of(&self, _serial: u64) -> u64 {
        todo!("H1")
    }
}
