//! What the hand-off asks of the ledger.
//!
//! Promises: every method is one transaction, durable before it answers, so
//! that a process killed between two of them leaves nothing half done; what
//! people change is told in the audit trail, in the same transaction. Times and
//! numbers are checked inside: of two who ask at once, one is second.

use async_trait::async_trait;
use uuid::Uuid;

use super::alarm::{Leak, Planting, Progress};
use super::bundle::Written;
use super::package::Grant;
use super::report::{Report, ReportKind};
use super::sign_off::Word;
use super::spares::Planted;
use super::{Download, NewPrintHouse, Package, PrintHouse, Refusal, Settings};
use crate::base::{By, LedgerError, UnixMs};
use crate::registry::{BatchRef, Uscc};

/// Somebody who came with a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    pub at: UnixMs,
    pub network: String,
    pub good: bool,
}

/// What the house's file of spares holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spares {
    /// Those that may be released, rising.
    pub listed: Vec<u64>,
    /// Those that were, rising.
    pub released: Vec<u64>,
    /// Of these, those on sale.
    pub on_sale: Vec<u64>,
}

/// A part of a download that is about to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub download: u32,
    pub first_byte: u64,
    /// Bytes asked for.
    pub bytes: u64,
    /// Bytes of the whole file.
    pub size: u64,
}

#[async_trait]
pub trait HandoffLedger: Send + Sync {
    async fn settings(&self, of: &Uscc) -> Result<Settings, LedgerError>;
    async fn set_settings(&self, of: &Uscc, new: &Settings, by: &By) -> Result<(), LedgerError>;

    /// Those that are retired too, latest first.
    async fn houses(&self, of: &Uscc) -> Result<Vec<PrintHouse>, LedgerError>;
    /// `Invalid` beyond `HOUSES_MAX`.
    async fn add_house(&self, of: &Uscc, new: &NewPrintHouse, by: &By)
    -> Result<Uuid, LedgerError>;
    /// False when there is none of them that is not retired.
    async fn retire_house(&self, of: &Uscc, id: Uuid, by: &By) -> Result<bool, LedgerError>;

    /// Makes the package of an order, draws its spares and what is planted
    /// among them. `Invalid` when the order has none, or its labels are not to
    /// be made.
    async fn hand_over(&self, order: Uuid, grant: &Grant, by: &By) -> Result<Package, LedgerError>;
    /// A further pick-up, whose files are built anew. `Invalid` when there
    /// were `PICK_UPS_MAX`, or the roll was signed off.
    async fn renew(&self, id: Uuid, grant: &Grant, by: &By) -> Result<Package, LedgerError>;
    /// False when it was ended before.
    async fn end_package(&self, id: Uuid, by: &By) -> Result<bool, LedgerError>;
    async fn package(&self, id: Uuid) -> Result<Package, LedgerError>;
    async fn package_of(&self, order: Uuid) -> Result<Option<Package>, LedgerError>;
    async fn package_progress(&self, id: Uuid) -> Result<Progress, LedgerError>;
    /// Latest first, at most `limit`.
    async fn packages(&self, of: &Uscc, limit: u32) -> Result<Vec<Progress>, LedgerError>;

    /// Takes the oldest package to be built whose order is done; nobody else
    /// gets it until `lease_until`. Its files will lie in `folders`, in one named
    /// by its id: [`stale_package`](Self::stale_package) finds them there.
    async fn take_package(
        &self,
        at: UnixMs,
        lease_until: UnixMs,
        folders: &str,
    ) -> Result<Option<Package>, LedgerError>;
    /// Prolongs the lease; false when there is nothing to build any more.
    async fn keep_package(&self, package: &Package, until: UnixMs) -> Result<bool, LedgerError>;
    /// What this pick-up's files of spares hold besides the spares.
    async fn planted(&self, package: &Package) -> Result<Vec<Planted>, LedgerError>;
    /// A sealed file is on the disk.
    async fn file_built(
        &self,
        package: &Package,
        download: u32,
        written: &Written,
    ) -> Result<(), LedgerError>;
    async fn files_of(&self, package: Uuid) -> Result<Vec<(u32, Written)>, LedgerError>;
    /// Its files lie in `folder`; unless it was ended or renewed meanwhile.
    async fn package_built(
        &self,
        package: &Package,
        folder: &str,
        at: UnixMs,
    ) -> Result<(), LedgerError>;
    /// It waits until `again`.
    async fn package_failed(
        &self,
        package: &Package,
        problem: &str,
        again: UnixMs,
    ) -> Result<(), LedgerError>;

    /// One whose files are of no use any more: it was ended, or nobody is let in
    /// at `at`.
    async fn stale_package(&self, at: UnixMs) -> Result<Option<Package>, LedgerError>;
    /// Its files were taken away.
    async fn package_cleared(&self, package: &Package) -> Result<(), LedgerError>;

    /// Whom a number and the hash of a code let in. A wrong code counts.
    async fn pick_up(
        &self,
        number: &str,
        code_hash: &[u8; 32],
        by: &By,
    ) -> Result<Option<Package>, LedgerError>;
    /// Latest first.
    async fn visits(&self, package: Uuid, limit: u32) -> Result<Vec<Visit>, LedgerError>;
    async fn downloads(&self, package: Uuid) -> Result<Vec<Download>, LedgerError>;
    /// Begins download `number`, if it is the next one; it may have been begun
    /// already.
    async fn begin_download(
        &self,
        package: Uuid,
        number: u32,
        by: &By,
    ) -> Result<Result<(), Refusal>, LedgerError>;
    /// Notes what is about to be sent, as if it will be: a process that is
    /// killed meanwhile sent that much at most.
    async fn begin_transfer(
        &self,
        package: Uuid,
        part: &Part,
        by: &By,
    ) -> Result<Result<Uuid, Refusal>, LedgerError>;
    /// Notes what was sent; `last`: the last byte of the file among it.
    async fn end_transfer(
        &self,
        id: Uuid,
        sent: u64,
        last: bool,
        at: UnixMs,
    ) -> Result<(), LedgerError>;

    async fn spares_of(&self, package: Uuid) -> Result<Spares, LedgerError>;
    /// Releases `count` more, drawn by `seed`. `Invalid` beyond what was
    /// reported spoiled, or beyond half of the list.
    async fn release_spares(
        &self,
        package: Uuid,
        count: u64,
        seed: [u8; 32],
        by: &By,
    ) -> Result<(), LedgerError>;

    /// Books it too, as far as the labels lie where they can be moved from.
    /// `Invalid` for numbers that the house may not print, and once the roll
    /// was signed off.
    async fn report(
        &self,
        package: Uuid,
        kind: ReportKind,
        ranges: &[(u64, u64)],
        by: &By,
    ) -> Result<(), LedgerError>;
    /// Oldest first.
    async fn reports(&self, package: Uuid) -> Result<Vec<Report>, LedgerError>;
    /// The quality office's word, held against the roll as it stands in the same
    /// transaction. `Invalid` when the roll was accepted before, when the house
    /// can have printed nothing, and for labels that do not show a good roll.
    async fn sign_off(&self, package: Uuid, word: &Word, by: &By) -> Result<(), LedgerError>;

    /// Puts the spares on sale that were released and reported printed; how
    /// many. `Invalid` before the roll was signed off, and when none is left.
    async fn activate_spares(&self, package: Uuid, by: &By) -> Result<u64, LedgerError>;

    /// Of an item of a pool that was not released; `None` for any other.
    async fn planting(&self, batch: BatchRef, number: u64)
    -> Result<Option<Planting>, LedgerError>;
    /// Those of an enterprise that somebody scanned, latest first.
    async fn leaks(&self, of: &Uscc, limit: u32) -> Result<Vec<Leak>, LedgerError>;
}
