//! Whoever can sign.

use ed25519_dalek::{Signer as _, SigningKey};

use crate::keys::{KeyError, KeyNumber, PublicKey};

/// A key file today, a hardware token later.
pub trait Signer: Send + Sync {
    fn key(&self) -> KeyNumber;

    /// The 64-byte Ed25519 signature of `message`.
    ///
    /// # Errors
    /// When the device that holds the key does not answer.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError>;

    /// The key that proves what this one signs.
    ///
    /// # Errors
    /// When the device does not answer, or its key is no sound point.
    fn public(&self) -> Result<PublicKey, KeyError>;
}

/// Signs with a private key in memory; zeroed when dropped.
pub struct SoftSigner {
    number: KeyNumber,
    key: SigningKey,
}

impl SoftSigner {
    /// `seed`: the 32 private bytes of RFC 8032.
    pub fn from_seed(number: KeyNumber, seed: &[u8; 32]) -> Self {
        Self { number, key: SigningKey::from_bytes(seed) }
    }
}

impl Signer for SoftSigner {
    fn key(&self) -> KeyNumber {
        self.number
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        Ok(self.key.sign(message).to_bytes())
    }

    fn public(&self) -> Result<PublicKey, KeyError> {
        PublicKey::from_bytes(&self.key.verifying_key().to_bytes())
    }
}
