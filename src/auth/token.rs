//! API keys: 32 random bytes behind a prefix that scanners for leaked secrets
//! can know; kept as their SHA-256, shown once.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::base::rng;

pub const PREFIX: &str = "zm_";

/// A new token and what is kept of it.
pub fn new() -> (String, [u8; 32]) {
    let token = format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(rng::bytes::<32>()));
    let kept = kept(&token);
    (token, kept)
}

/// What is kept of a token.
pub fn kept(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
