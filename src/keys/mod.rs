//! Issuer keys: numbers, the published key set, signing, key files.
//! The only module that touches Ed25519.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Number of an issuer's signing key, 1 to 16 777 215 (three bytes on the label).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct KeyNumber(u32);

impl KeyNumber {
    pub const MAX: u32 = 0xff_ffff;

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

/// What a key may still do (JWK member `status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyStatus {
    /// Signs and verifies.
    Active,
    /// Signs no more; what it signed stays good.
    Retired,
    /// Withdrawn as compromised: its signatures prove nothing any more.
    Revoked,
}

/// A public key that passed the checks of the format: canonical, not of small
/// order, free of torsion.
#[derive(Clone, Debug)]
pub struct PublicKey {/* H1 */}

/// One entry of the published key set.
#[derive(Clone, Debug)]
pub struct PublishedKey {
    pub number: KeyNumber,
    /// Name of the enterprise that signs with it.
    pub issuer: String,
    pub status: KeyStatus,
    /// NumericDate bounds on signing; they never change a reader's outcome.
    pub not_before: Option<i64>,
    pub not_after: Option<i64>,
    pub public: PublicKey,
}

/// The published key set (RFC 7517 JWK Set) by key number.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    keys: BTreeMap<KeyNumber, PublishedKey>,
}

impl Keyring {
    pub fn get(&self, number: KeyNumber) -> Option<&PublishedKey> {
        self.keys.get(&number)
    }

    pub fn iter(&self) -> impl Iterator<Item = &PublishedKey> {
        self.keys.values()
    }

    /// Parses a JWK Set; errors name the key and the member.
    pub fn from_jwks(_json: &[u8]) -> Result<Self, KeyError> {
        todo!("H1")
    }

    /// The JWK Set, the same bytes for the same keys.
    pub fn to_jwks(&self) -> Vec<u8> {
        todo!("H1")
    }
}

/// Whoever can sign: a key file today, a hardware token later.
pub trait Signer: Send + Sync {
    fn key(&self) -> KeyNumber;

    /// The 64-byte Ed25519 signature of `message`.
    ///
    /// # Errors
    /// When the device that holds the key does not answer.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError>;
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("{0}")]
    Invalid(String),
}
