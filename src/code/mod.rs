//! The printed code, version 1: payload, texts, reading, the serial
//! permutation, and the text of proofs. Pure; knows nothing of scans or registers.
//!
//! The specification, with vectors in `tests/vectors/code.json`:
#![doc = include_str!("FORMAT.md")]

pub mod base32;
pub mod gs1;
mod malformed;
mod payload;
mod permutation;
mod proof;
mod read;
#[cfg(feature = "server")]
mod sscc;
mod verify;

pub use gs1::Gs1;
pub use malformed::Malformed;
pub use payload::{Layer, Payload};
pub use permutation::Permutation;
pub use proof::{proof_url, read_proof};
pub use read::{Form, Reading, host_is_sound, read};
#[cfg(feature = "server")]
pub use sscc::{Gs1Prefix, Sscc, SsccRun};
pub use verify::{Outcome, sign_compact, signed_message, verify, verify_many};

/// Characters of the compact form behind the slash: payload and signature.
pub const CODE_CHARACTERS: usize = base32::length(Payload::BYTES + 64);

const CONTEXT: &[u8; 13] = b"ZHENMA-CODE-1";

/// The bytes that are signed for the compact form.
pub fn compact_message(payload: Payload) -> [u8; 25] {
    let mut out = [0; 25];
    out[..13].copy_from_slice(CONTEXT);
    out[13..].copy_from_slice(&payload.to_bytes());
    out
}

/// The compact text (122 characters) of a signed payload.
pub fn compact_text(payload: Payload, signature: &[u8; 64]) -> String {
    let mut bytes = [0; 76];
    bytes[..12].copy_from_slice(&payload.to_bytes());
    bytes[12..].copy_from_slice(signature);
    let mut out = String::with_capacity(CODE_CHARACTERS);
    base32::encode_into(&bytes, &mut out);
    out
}
