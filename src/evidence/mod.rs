//! Packages of evidence: what an office knows of a case, in one file that
//! proves itself years later to somebody who has the published keys and
//! nothing else.
//!
//! A [`Dossier`] in, bytes out: the same dossier gives the same bytes. [`gather`]
//! reads one from the ledger; who opens the office's key and asks an authority for
//! the time is `app`.
//!
//! * Every file is bound by SHA-256 and SM3 in the manifest, the manifest by the
//!   statement, the statement by the office's signature.
//! * Nothing in the container is free ([`container`]), so one flipped bit
//!   anywhere is found, and said where ([`check`]).
//! * A package says who made it, for which case, and what was left out.
//!
//! Begin with [`Package::of`] for making and [`check::check`] for checking.
#![doc = include_str!("FORMAT.md")]

pub mod check;
pub mod container;
pub mod digest;
mod dossier;
pub mod gather;
pub mod manifest;
mod package;
mod parts;
pub mod port;
pub mod tsp;

pub use dossier::{
    Clock, Custody, Dossier, EntryLine, Judged, JudgedElse, Photo, PolicyText, ReasonLine,
    ScanLine, Unit, UnitSigned, Visit,
};
pub use package::{Package, Sealed, Stamp};

/// Why a package is not made, or a file is none.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    #[error("{path}: {problem}")]
    Part { path: String, problem: String },
    #[error("the package would hold {files} files, more than {max}: split the case")]
    Files { files: usize, max: usize },
    #[error("the package would be of {bytes} bytes, more than {max}: split the case")]
    Large { bytes: u64, max: u64 },
    #[error(transparent)]
    Key(#[from] crate::keys::KeyError),
    #[error(transparent)]
    Disk(#[from] std::io::Error),
}
