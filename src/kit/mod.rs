//! The offline kit: what a phone of an officer needs to answer without network.
//!
//! A kit is a *manifest* that the office's key signs, and *parts* that the
//! manifest names by their SHA-256. A part that did not change keeps its hash, so
//! a phone that has a kit is sent only the parts that it lacks: every kit is an
//! increment of every other, and nothing is chained.
//!
//! | part | holds |
//! |---|---|
//! | `keys` | published keys with their state, and since when a revoked one is known to be |
//! | `products/USCC` | products of one maker: GTIN, names, category, maker |
//! | `batches/KEY/N` | rows of batches 256 N and on: batch, GTIN, lot, made on, destination |
//! | `withdrawn/KEY` | batches withdrawn as a whole, and those of which a phone cannot tell ([`Held::Ask`]) |
//! | `serials/BATCH` | exact serials of labels withdrawn in part of a batch, five bytes each, sorted |
//! | `flagged/PP` | flagged codes met in province PP or bound for it (`0`: no place is known), as hashes |
//!
//! What ends by the clock, as a block of an office does, says when (`until`): from then
//! on a phone without network takes it for not said.
//!
//! What it never holds: a permutation secret, a count, a single number of a label,
//! which labels are planted or missed, and anything of a person. So it cannot
//! tell whether a serial was issued, and every answer says that.
//!
//! A flagged code is the first five bytes of SHA-256 of `zhenma-kit-flag-1` and
//! its payload. A code that is not flagged meets one of [`FLAGGED_MAX`] such
//! hashes with a chance of 50 000 / 2^40, less than one in twenty million; and
//! whoever gets hold of a phone learns from it only whether a code that he has
//! already is flagged: every hash fits some 2^40 payloads of ten thousand batches
//! as well as the one that it stands for.

mod build;
pub mod manifest;
pub mod port;
pub mod service;

pub use build::{Facts, Flagged, parts};
pub use manifest::Manifest;
pub use port::KitLedger;

/// Hours after its making that a phone answers from a kit.
pub const VALID_H: i64 = 72;
/// Serials that are listed one by one, in one kit: five bytes each.
pub const SERIALS_MAX: u64 = 200_000;
/// Codes of one list of flagged ones; the latest are taken.
pub const FLAGGED_MAX: usize = 50_000;
/// Bytes of a flagged code's hash.
pub const FLAG_HASH_BYTES: usize = 5;
/// Batches of one part.
pub const BATCHES_OF_A_PART: u32 = 256;
/// Kits of which the ledger remembers what they held: as many as are made in the
/// time that one is valid.
pub const KITS_KEPT: i64 = 300;

/// A part, as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub name: String,
    /// SHA-256 of `text`, in hex.
    pub hash: String,
    /// JSON.
    pub text: String,
}

/// What a phone is told of labels withdrawn in part of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Every label of the batch.
    Whole,
    /// So many, listed.
    Listed,
    /// Too many to list: whether a label is one of them the server knows.
    Ask,
}
