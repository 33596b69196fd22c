//! The hand-off's port: who keeps what stands in the files beside.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Ledger, builds, houses, leaks, packages, pick_ups, progress, rolls};
use crate::base::{By, LedgerError, UnixMs};
use crate::handoff::alarm::{Leak, Planting, Progress};
use crate::handoff::bundle::Written;
use crate::handoff::package::Grant;
use crate::handoff::port::{HandoffLedger, Part, Spares, Visit};
use crate::handoff::report::{Report, ReportKind};
use crate::handoff::sign_off::Word;
use crate::handoff::spares::Planted;
use crate::handoff::{Download, NewPrintHouse, Package, PrintHouse, Refusal, Settings};
use crate::registry::{BatchRef, Uscc};

type Answer<T> = Result<T, LedgerError>;

#[async_trait]
impl HandoffLedger for Ledger {
    async fn settings(&self, of: &Uscc) -> Answer<Settings> {
        houses::settings(self, of).await
    }

    async fn set_settings(&self, of: &Uscc, new: &Settings, by: &By) -> Answer<()> {
        houses::set_settings(self, of, new, by).await
    }

    async fn houses(&self, of: &Uscc) -> Answer<Vec<PrintHouse>> {
        houses::houses(self, of).await
    }

    async fn add_house(&self, of: &Uscc, new: &NewPrintHouse, by: &By) -> Answer<Uuid> {
        houses::add(self, of, new, by).await
    }

    async fn retire_house(&self, of: &Uscc, id: Uuid, by: &By) -> Answer<bool> {
        houses::retire(self, of, id, by).await
    }

    async fn hand_over(&self, order: Uuid, grant: &Grant, by: &By) -> Answer<Package> {
        packages::hand_over(self, order, grant, by).await
    }

    async fn renew(&self, id: Uuid, grant: &Grant, by: &By) -> Answer<Package> {
        packages::renew(self, id, grant, by).await
    }

    async fn end_package(&self, id: Uuid, by: &By) -> Answer<bool> {
        packages::end(self, id, by).await
    }

    async fn package(&self, id: Uuid) -> Answer<Package> {
        packages::find(self, id).await
    }

    async fn package_of(&self, order: Uuid) -> Answer<Option<Package>> {
        packages::of_order(self, order).await
    }

    async fn package_progress(&self, id: Uuid) -> Answer<Progress> {
        progress::of(self, id).await
    }

    async fn packages(&self, of: &Uscc, limit: u32) -> Answer<Vec<Progress>> {
        progress::all(self, of, limit).await
    }

    async fn take_package(
        &self,
        at: UnixMs,
        until: UnixMs,
        folders: &str,
    ) -> Answer<Option<Package>> {
        builds::take(self, at, until, folders).await
    }

    async fn keep_package(&self, package: &Package, until: UnixMs) -> Answer<bool> {
        builds::keep(self, package, until).await
    }

    async fn planted(&self, package: &Package) -> Answer<Vec<Planted>> {
        builds::planted_in(self, package).await
    }

    async fn file_built(&self, package: &Package, download: u32, w: &Written) -> Answer<()> {
        builds::file_built(self, package, download, w).await
    }

    async fn files_of(&self, package: Uuid) -> Answer<Vec<(u32, Written)>> {
        builds::files(self, package).await
    }

    async fn package_built(&self, package: &Package, folder: &str, at: UnixMs) -> Answer<()> {
        builds::built(self, package, folder, at).await
    }

    async fn package_failed(&self, package: &Package, why: &str, again: UnixMs) -> Answer<()> {
        builds::failed(self, package, why, again).await
    }

    async fn stale_package(&self, at: UnixMs) -> Answer<Option<Package>> {
        builds::stale(self, at).await
    }

    async fn package_cleared(&self, package: &Package) -> Answer<()> {
        builds::cleared(self, package).await
    }

    async fn pick_up(&self, number: &str, hash: &[u8; 32], by: &By) -> Answer<Option<Package>> {
        pick_ups::pick_up(self, number, hash, by).await
    }

    async fn visits(&self, package: Uuid, limit: u32) -> Answer<Vec<Visit>> {
        pick_ups::visits(self, package, limit).await
    }

    async fn downloads(&self, package: Uuid) -> Answer<Vec<Download>> {
        pick_ups::downloads(self, package).await
    }

    async fn begin_download(
        &self,
        package: Uuid,
        number: u32,
        by: &By,
    ) -> Answer<Result<(), Refusal>> {
        pick_ups::begin_download(self, package, number, by).await
    }

    async fn begin_transfer(
        &self,
        package: Uuid,
        part: &Part,
        by: &By,
    ) -> Answer<Result<Uuid, Refusal>> {
        pick_ups::begin_transfer(self, package, part, by).await
    }

    async fn end_transfer(&self, id: Uuid, sent: u64, last: bool, at: UnixMs) -> Answer<()> {
        pick_ups::end_transfer(self, id, sent, last, at).await
    }

    async fn spares_of(&self, package: Uuid) -> Answer<Spares> {
        rolls::spares(self, package).await
    }

    async fn release_spares(
        &self,
        package: Uuid,
        count: u64,
        seed: [u8; 32],
        by: &By,
    ) -> Answer<()> {
        rolls::release(self, package, count, seed, by).await
    }

    async fn report(
        &self,
        package: Uuid,
        kind: ReportKind,
        ranges: &[(u64, u64)],
        by: &By,
    ) -> Answer<()> {
        rolls::report(self, package, kind, ranges, by).await
    }

    async fn reports(&self, package: Uuid) -> Answer<Vec<Report>> {
        rolls::reports(self, package).await
    }

    async fn sign_off(&self, package: Uuid, word: &Word, by: &By) -> Answer<()> {
        rolls::sign_off(self, package, word, by).await
    }

    async fn activate_spares(&self, package: Uuid, by: &By) -> Answer<u64> {
        rolls::put_on_sale(self, package, by).await
    }

    async fn planting(&self, batch: BatchRef, number: u64) -> Answer<Option<Planting>> {
        leaks::planting(self, batch, number).await
    }

    async fn leaks(&self, of: &Uscc, limit: u32) -> Answer<Vec<Leak>> {
        leaks::all(self, of, limit).await
    }
}
