//! Issuer keys: numbers, the published key set, signing. The only module that
//! touches Ed25519.
//!
//! The files and their handling:
#![doc = include_str!("../../keys/README.md")]

pub mod development;
pub mod files;
pub mod fold;
pub mod jws;
pub mod keyring;
pub mod number;
pub mod office;
pub mod public;
pub mod signer;

pub use files::KeyDir;
pub use keyring::{KeyStatus, Keyring, PublishedKey};
pub use number::KeyNumber;
pub use public::PublicKey;
pub use signer::{Signer, SoftSigner};

/// What is wrong with a key or a key set, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("public key: {0}")]
    Public(&'static str),
    #[error("key set: {0}")]
    KeySet(String),
    #[error("key {number}: {problem}")]
    Key { number: String, problem: String },
    #[error("{0}")]
    File(String),
}
