//! Whoever signs for an office.

use ed25519_dalek::{Signer as _, SigningKey};

use crate::keys::office::OfficeKid;
use crate::keys::{KeyError, PublicKey};

/// Signs with an office's private key in memory; zeroed when dropped. No
/// [`Signer`](crate::keys::Signer): nothing that makes labels takes it.
pub struct OfficeSigner {
    kid: OfficeKid,
    office: String,
    key: SigningKey,
}

impl OfficeSigner {
    /// `seed`: the 32 private bytes of RFC 8032.
    pub fn from_seed(kid: OfficeKid, office: &str, seed: &[u8; 32]) -> Self {
        Self { kid, office: office.to_owned(), key: SigningKey::from_bytes(seed) }
    }

    pub fn kid(&self) -> OfficeKid {
        self.kid
    }

    /// Name of the office that the key was made for.
    pub fn office(&self) -> &str {
        &self.office
    }

    /// The 64-byte Ed25519 signature of `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    /// # Errors
    /// When the private bytes give no sound point.
    pub fn public(&self) -> Result<PublicKey, KeyError> {
        PublicKey::from_bytes(&self.key.verifying_key().to_bytes())
    }
}
