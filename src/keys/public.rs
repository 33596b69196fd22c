//! Public keys and the strict check of one signature.

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use ed25519_dalek::pkcs8::EncodePublicKey;
use ed25519_dalek::{Signature, VerifyingKey};
use pkcs8::LineEnding;

use crate::keys::KeyError;

/// A public key that passed the checks of the format: canonical, not of small
/// order, free of torsion. With such a key the strict check, the usual one and
/// a browser's agree on every signature.
#[derive(Clone, Debug)]
pub struct PublicKey {
    key: VerifyingKey,
    pub(super) minus_a: EdwardsPoint,
}

impl PublicKey {
    /// # Errors
    /// [`KeyError::Public`] naming the check that failed.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let point = CompressedEdwardsY(*bytes)
            .decompress()
            .ok_or(KeyError::Public("the 32 bytes are not a point of the curve"))?;
        if point.compress().to_bytes() != *bytes {
            return Err(KeyError::Public("the encoding is not canonical"));
        }
        if point.is_small_order() {
            return Err(KeyError::Public("the point is of small order"));
        }
        if !point.is_torsion_free() {
            return Err(KeyError::Public("the point has a torsion part"));
        }
        let key = VerifyingKey::from_bytes(bytes)
            .map_err(|_| KeyError::Public("the 32 bytes are not a point of the curve"))?;
        Ok(Self { key, minus_a: -point })
    }

    pub fn to_bytes(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// As `openssl` reads it (RFC 8410).
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        let encoded = self.key.to_public_key_pem(LineEnding::LF);
        encoded.map_err(|e| KeyError::File(format!("a public key cannot be written: {e}")))
    }

    /// RFC 8032 without cofactor: S below the group order, R canonical and not
    /// of small order, the encoding of `[S]B - [k]A` equal to R's bytes.
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}
