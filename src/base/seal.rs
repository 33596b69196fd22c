//! AES-256-GCM under a new nonce, which stands before what it seals.

use aes_gcm::aead::{Aead, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};

use crate::base::rng;

const NONCE_BYTES: usize = 12;

/// Seals under one key for one purpose.
#[derive(Clone)]
pub struct Sealer {
    key: [u8; 32],
}

impl Sealer {
    pub const fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// `whose` is bound in, so that what was sealed for one opens for no other.
    pub fn seal(&self, whose: &[u8], what: &[u8]) -> Vec<u8> {
        let nonce = rng::bytes::<NONCE_BYTES>();
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), Payload { msg: what, aad: whose });
        let sealed = sealed.expect("what is sealed here is far below GCM's bound of 64 GiB");
        [&nonce[..], &sealed].concat()
    }

    /// `None` for what was not sealed under this key for `whose`.
    pub fn open(&self, whose: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let what = Payload { msg: sealed, aad: whose };
        self.cipher().decrypt(&Nonce::from(*nonce), what).ok()
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&self.key.into())
    }
}
