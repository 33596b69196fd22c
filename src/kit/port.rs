//! What kits ask of the ledger.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::base::{LedgerError, UnixMs};
use crate::keys::KeyNumber;
use crate::kit::{Manifest, Part};

/// The latest kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub version: i64,
    pub revision: i64,
    pub made_at: UnixMs,
    /// Name and hash.
    pub parts: Vec<(String, String)>,
}

/// What a phone is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Increment {
    /// A JWS of the latest manifest.
    pub manifest: String,
    /// Parts that the kit it has does not hold.
    pub parts: Vec<Part>,
}

/// Kits as they were made. Each method is one transaction.
#[async_trait]
pub trait KitLedger: Send + Sync {
    /// `None` before the first.
    async fn kit_head(&self) -> Result<Option<Head>, LedgerError>;
    /// Keeps a kit in place of the one before. `Invalid` when its version is
    /// not behind the latest: another worker made one.
    async fn put_kit(
        &self,
        manifest: &Manifest,
        jws: &str,
        at: UnixMs,
        parts: &[Part],
    ) -> Result<(), LedgerError>;
    /// The latest kit, with the parts that `have` does not hold; all of them
    /// where that one is not known (any more). Of flagged codes, the lists of
    /// `province` (0: all) and of no place. `None` before the first.
    async fn kit_since(&self, have: i64, province: u16) -> Result<Option<Increment>, LedgerError>;
    /// Since when each of these keys is known to be revoked; one that is new
    /// to the ledger since `at`.
    async fn revoked_since(
        &self,
        keys: &[KeyNumber],
        at: UnixMs,
    ) -> Result<BTreeMap<KeyNumber, UnixMs>, LedgerError>;
    /// Provinces (GB/T 2260, two digits) where each of these codes was met.
    async fn provinces_of(
        &self,
        payloads: &[[u8; 12]],
    ) -> Result<Vec<([u8; 12], u16)>, LedgerError>;
}
