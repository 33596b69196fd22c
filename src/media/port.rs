//! What photos ask of the ledger: a row each, beside the file.

use async_trait::async_trait;

use crate::base::{By, LedgerError, UnixMs};
use crate::media::{Exif, Kind, Photo, Sha256Hex};

/// Whose photo it is, which decides what is kept of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A buyer's: the picture alone, deleted with the report.
    Report,
    /// A buyer's that a case has: the picture alone, as evidence whatever becomes
    /// of the report.
    Case,
    /// An officer's: the original too, as evidence.
    Office,
}

impl Purpose {
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Case => "case",
            Self::Office => "office",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        [Self::Report, Self::Case, Self::Office].into_iter().find(|purpose| purpose.slug() == slug)
    }
}

/// One photo, as the ledger knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaRow {
    /// SHA-256 of what was sent; its name everywhere.
    pub original: Sha256Hex,
    /// SHA-256 of what is shown, which is the file that is always there.
    pub shown: Sha256Hex,
    /// Of the original. What is shown is a JPEG.
    pub kind: Kind,
    /// Of the original.
    pub bytes: u64,
    /// Of what is shown.
    pub shown_bytes: u64,
    pub width: u32,
    pub height: u32,
    /// Empty for a buyer's photo.
    pub exif: Exif,
    pub purpose: Purpose,
    pub added_at: UnixMs,
    /// Login; empty for a buyer.
    pub added_by: String,
}

impl MediaRow {
    /// Of a photo that is kept as evidence, its original too.
    pub fn of_evidence(photo: &Photo, by: &By) -> Self {
        Self {
            original: photo.original,
            shown: photo.shown_hash,
            kind: photo.kind,
            bytes: photo.bytes,
            shown_bytes: photo.shown.len() as u64,
            width: photo.width,
            height: photo.height,
            exif: photo.exif.clone(),
            purpose: Purpose::Office,
            added_at: by.at,
            added_by: by.login.clone(),
        }
    }
}

/// Each method is one transaction.
#[async_trait]
pub trait MediaLedger: Send + Sync {
    /// Keeps a row whose files are on disk. False where it was there already;
    /// an officer's photo then becomes evidence, though a buyer had sent it.
    async fn add_media(&self, row: &MediaRow, by: &By) -> Result<bool, LedgerError>;
    async fn media(&self, original: &Sha256Hex) -> Result<Option<MediaRow>, LedgerError>;
    /// Whether a photo needs the file of this hash: others may show the same.
    async fn needs_file(&self, file: &Sha256Hex) -> Result<bool, LedgerError>;
    /// Bytes that an officer handed in since an instant.
    async fn handed_in(&self, login: &str, since: UnixMs) -> Result<u64, LedgerError>;
    /// Bytes on disk of photos for one purpose.
    async fn media_bytes(&self, purpose: Purpose) -> Result<u64, LedgerError>;
}
