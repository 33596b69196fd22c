//! Secrets of endpoints, and the signature of the Standard Webhooks form:
//! HMAC-SHA256 over `id.timestamp.body`.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroize;

use crate::base::{UnixMs, rng};

/// 32 bytes: the form allows 24 to 64.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 32]);

impl Secret {
    pub fn fresh() -> Self {
        Self(rng::bytes())
    }

    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// As it is shown once: `whsec_` and base64.
    pub fn text(&self) -> String {
        format!("whsec_{}", BASE64_STANDARD.encode(self.0))
    }

    /// `v1,` and the signature in base64. `sent_at` is that of the attempt:
    /// receivers refuse what is older than some minutes.
    pub fn sign(&self, id: &str, sent_at: UnixMs, body: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("any length is a key");
        mac.update(format!("{id}.{}.{body}", sent_at.seconds()).as_bytes());
        format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reckoned with `openssl dgst -sha256 -mac HMAC`.
    #[test]
    fn the_signature_is_hmac_sha256_over_id_instant_and_body() {
        let secret = Secret::from_bytes(std::array::from_fn(|n| u8::try_from(n).expect("small")));
        assert_eq!(secret.text(), "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
        let signed = secret.sign("msg_1", UnixMs(1_700_000_000_999), "{\"a\":1}");
        assert_eq!(signed, "v1,AMaOha7DUT/0J0JMycRuYOBSvbx3WtwLd2khXXbaVj4=");
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }
}
