//! Builds packages for printing houses: spares, papers, three sealed files.
//!
//! A package is taken under a lease like an order. Whoever builds it holds the
//! lock of its folder, so that of two workers one is second; a file that is
//! whole and told to the ledger is not made again. Killed at any instant, the
//! next taker makes what is missing, of the same package: its number, its
//! spares and what is planted were fixed when it was handed over.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::app::orders::{OpenSigner, OrderError};
use crate::app::paths;
use crate::base::{Clock, LedgerError};
use crate::handoff::bundle::{Bundle, BundleError, Written};
use crate::handoff::package::file_name as package_file;
use crate::handoff::papers::Papers;
use crate::handoff::port::HandoffLedger;
use crate::handoff::spares::{DOWNLOADS_MAX, Planted};
use crate::handoff::{Package, PrintHouse};
use crate::keys::Signer;
use crate::label::{self, IssueError, Issued, MANIFEST};
use crate::registry::order::Order;
use crate::registry::port::{OrderLedger, RegistryLedger};
use crate::store::sql::Ledger;

/// How long a builder may be silent before its package goes to another,
/// milliseconds.
const LEASE_MS: i64 = 30_000;
/// When what failed is tried again, milliseconds: within a lease.
const RETRY_MS: i64 = 10_000;
const BEAT: Duration = Duration::from_secs(1);
/// Bytes of a manifest that are read for the papers.
const MANIFEST_BYTES_MAX: u64 = 32 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
enum BuildError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Order(#[from] OrderError),
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error("{0}")]
    Files(String),
    #[error("another worker builds it")]
    Busy,
    #[error("stopped")]
    Stopped,
}

impl From<IssueError> for BuildError {
    fn from(error: IssueError) -> Self {
        Self::Order(error.into())
    }
}

/// What builds packages.
#[derive(Clone)]
pub struct Packages {
    pub ledger: Ledger,
    pub signers: Arc<OpenSigner>,
    /// `https://HOST`.
    pub public_url: String,
    pub clock: Arc<dyn Clock>,
}

/// Everything that one build needs, read before it begins.
struct Build {
    package: Package,
    house: PrintHouse,
    order: Order,
    labels: label::Order,
    spares: Vec<u64>,
    planted: Vec<Planted>,
    /// Where the files are made.
    folder: PathBuf,
}

impl Packages {
    /// Takes and builds what waits, each in `data/packages/ID`, until `stop`.
    pub async fn work(&self, data: &Path, stop: CancellationToken) {
        let folders = paths::packages(data).display().to_string();
        while !stop.is_cancelled() {
            let now = self.clock.now();
            match self.ledger.take_package(now, now.plus_ms(LEASE_MS), &folders).await {
                Ok(Some(package)) => {
                    self.work_on(&package, data, &stop).await;
                    continue;
                }
                Ok(None) => self.clear_one(data).await,
                Err(error) => tracing::warn!(%error, "packages: the ledger was not asked"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(BEAT) => {}
            }
        }
    }

    /// Takes away the files of a package that nobody may pick up any more.
    async fn clear_one(&self, data: &Path) {
        let package = match self.ledger.stale_package(self.clock.now()).await {
            Ok(Some(package)) => package,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "packages: the ledger was not asked");
                return;
            }
        };
        let folder = paths::package(data, package.id);
        let taken = tokio::task::spawn_blocking(move || take_away(&folder)).await;
        match taken.unwrap_or(Err(BuildError::Stopped)) {
            // Whoever builds it hears within a beat that it is not wanted.
            Err(BuildError::Busy) => {}
            Err(error) => tracing::warn!(%error, "package: its files were not taken away"),
            Ok(()) => {
                if let Err(error) = self.ledger.package_cleared(&package).await {
                    tracing::warn!(%error, "packages: the ledger was not told");
                }
            }
        }
    }

    async fn work_on(&self, package: &Package, data: &Path, stop: &CancellationToken) {
        let folder = paths::package(data, package.id);
        let ended = self.build(package, folder.clone(), stop).await;
        let told = match ended {
            Ok(()) => {
                tracing::info!(package = %package.id, "package: built");
                let folder = folder.display().to_string();
                self.ledger.package_built(package, &folder, self.clock.now()).await
            }
            // Whoever takes it next goes on; so does the one who has it.
            Err(BuildError::Stopped) => {
                self.ledger.keep_package(package, self.clock.now()).await.map(drop)
            }
            Err(BuildError::Busy) => Ok(()),
            Err(error) => {
                tracing::error!(package = %package.id, %error, "package: not built");
                let again = self.clock.now().plus_ms(RETRY_MS);
                self.ledger.package_failed(package, &error.to_string(), again).await
            }
        };
        if let Err(error) = told {
            tracing::warn!(package = %package.id, %error, "package: the ledger was not told");
        }
    }

    async fn build(
        &self,
        package: &Package,
        folder: PathBuf,
        stop: &CancellationToken,
    ) -> Result<(), BuildError> {
        let build = Arc::new(self.read(package, folder).await?);
        let signer = (self.signers)(package.batch.key).map_err(OrderError::from)?;
        let known = self.ledger.files_of(package.id).await?;
        let _lock = lock(&build.folder)?;
        // What was ended before the lock was held may be cleared already: nothing
        // is written for it, and the folder stays only where it has files.
        if !self.ledger.keep_package(package, self.clock.now().plus_ms(LEASE_MS)).await? {
            let _ = fs::remove_dir(&build.folder);
            return Err(BuildError::Stopped);
        }
        let cancel = Arc::new(AtomicBool::new(false));
        for place in 1..=DOWNLOADS_MAX {
            let download = (package.pick_up - 1) * DOWNLOADS_MAX + place;
            let out = build.file(download);
            let is_whole = known.iter().any(|(n, w)| *n == download && w.is_at(&out));
            if is_whole {
                continue;
            }
            let (build, signer, cancel) =
                (Arc::clone(&build), Arc::clone(&signer), Arc::clone(&cancel));
            let making = {
                let cancel = Arc::clone(&cancel);
                tokio::task::spawn_blocking(move || build.one(place, &*signer, &out, &cancel))
            };
            let written = self.watch(package, making, &cancel, stop).await?;
            self.ledger.file_built(package, download, &written).await?;
        }
        build.clean(package.pick_up);
        Ok(())
    }

    /// Prolongs the lease while a file is made, and ends it early when it is
    /// not wanted any more.
    async fn watch(
        &self,
        package: &Package,
        mut making: tokio::task::JoinHandle<Result<Written, BuildError>>,
        cancel: &AtomicBool,
        stop: &CancellationToken,
    ) -> Result<Written, BuildError> {
        loop {
            tokio::select! {
                made = &mut making => return made.unwrap_or(Err(IssueError::Lost.into())),
                () = stop.cancelled(), if !cancel.load(Ordering::Relaxed) => {
                    cancel.store(true, Ordering::Relaxed);
                }
                () = tokio::time::sleep(BEAT) => {}
            }
            let until = self.clock.now().plus_ms(LEASE_MS);
            match self.ledger.keep_package(package, until).await {
                Ok(true) => {}
                Ok(false) => cancel.store(true, Ordering::Relaxed),
                Err(error) => tracing::warn!(%error, "package: the lease was not prolonged"),
            }
        }
    }

    async fn read(&self, package: &Package, folder: PathBuf) -> Result<Build, BuildError> {
        let order = self.ledger.order(package.order).await?;
        let batch = self.ledger.batch(package.batch).await?;
        let product = self.ledger.product(&batch.product).await?;
        let enterprise = self.ledger.enterprise(&batch.enterprise).await?;
        let specification = serde_json::from_value(order.new.specification.clone())
            .map_err(|e| OrderError::Specification(e.to_string()))?;
        let houses = self.ledger.houses(&package.enterprise).await?;
        let house = houses.into_iter().find(|house| house.id == package.house);
        Ok(Build {
            labels: label::Order::of(
                &batch,
                &product,
                &enterprise,
                specification,
                &self.public_url,
            ),
            spares: self.ledger.spares_of(package.id).await?.listed,
            planted: self.ledger.planted(package).await?,
            house: house.ok_or_else(|| LedgerError::NotFound("printing house".to_owned()))?,
            package: package.clone(),
            order,
            folder,
        })
    }
}

impl Build {
    /// Where the file of a download lies.
    fn file(&self, download: u32) -> PathBuf {
        self.folder.join(package_file(download))
    }

    /// Makes the sealed file of the `place`th download of this pick-up.
    fn one(
        &self,
        place: u32,
        signer: &dyn Signer,
        out: &Path,
        cancel: &AtomicBool,
    ) -> Result<Written, BuildError> {
        let labels = self.order.new.directory.as_ref().map(PathBuf::from);
        let labels =
            labels.ok_or_else(|| BuildError::Files("the order has no files".to_owned()))?;
        let mut folders = vec![("labels", labels.clone())];
        let spares = self.folder.join(format!(".spares-{}-{place}", self.package.pick_up));
        let mut count = 0;
        if !self.spares.is_empty() {
            let planted = self.planted.iter().filter(|p| p.is_in(place)).map(|p| p.number);
            let mut numbers: Vec<u64> = self.spares.iter().copied().chain(planted).collect();
            numbers.sort_unstable();
            count = numbers.len() as u64;
            let order = self.labels.clone().of_numbers(numbers);
            // Spares of before the product was renamed; no package has them yet.
            label::empty_of_another(&order, &spares)?;
            match label::issue(&order, signer, &spares, &mut |_| {}, cancel)? {
                Issued::Complete => folders.push(("spares", spares)),
                Issued::Cancelled { .. } => return Err(BuildError::Stopped),
            }
        }
        let manifest = manifest(&labels)?;
        let papers = Papers {
            package: &self.package,
            house: &self.house,
            order: &self.labels,
            needed_by: self.order.new.hand_over.needed_by.map(|day| day.to_string()),
            spares: count,
            manifest: &manifest,
        };
        let made = papers.all().map_err(IssueError::from)?;
        let bundle = Bundle {
            name: format!("zhenma-{}", self.package.number),
            made: &made,
            folders: &folders,
            at: self.package.created_at,
            recipient: &self.package.recipient,
        };
        match bundle.write(out, cancel) {
            Ok(written) => Ok(written),
            Err(_) if cancel.load(Ordering::Relaxed) => Err(BuildError::Stopped),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes away what is not needed any more: the spares in clear, and sealed
    /// files of earlier pick-ups.
    fn clean(&self, pick_up: u32) {
        let current = (pick_up - 1) * DOWNLOADS_MAX + 1..=pick_up * DOWNLOADS_MAX;
        let kept: Vec<PathBuf> = current.map(|download| self.file(download)).collect();
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let removed = if path.is_dir() {
                fs::remove_dir_all(&path)
            } else if kept.contains(&path) {
                Ok(())
            } else {
                fs::remove_file(&path)
            };
            if let Err(error) = removed {
                tracing::warn!(%error, path = %path.display(), "package: not cleaned up");
            }
        }
    }
}

fn manifest(labels: &Path) -> Result<serde_json::Value, BuildError> {
    let path = labels.join(MANIFEST);
    let broken = |e: &dyn std::fmt::Display| BuildError::Files(format!("{}: {e}", path.display()));
    let size = fs::metadata(&path).map_err(|e| broken(&e))?.len();
    if size > MANIFEST_BYTES_MAX {
        return Err(broken(&"it is too long"));
    }
    let bytes = fs::read(&path).map_err(|e| broken(&e))?;
    serde_json::from_slice(&bytes).map_err(|e| broken(&e))
}

/// The folder, held for this build alone; for its owner alone.
fn lock(folder: &Path) -> Result<File, BuildError> {
    let told = |e: std::io::Error| BuildError::Files(format!("{}: {e}", folder.display()));
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(told)?;
    let handle = File::open(folder).map_err(told)?;
    match handle.try_lock() {
        Ok(()) => Ok(handle),
        Err(fs::TryLockError::WouldBlock) => Err(BuildError::Busy),
        Err(fs::TryLockError::Error(error)) => Err(told(error)),
    }
}

/// Removes a folder and what is in it, unless a build holds it.
fn take_away(folder: &Path) -> Result<(), BuildError> {
    if !folder.exists() {
        return Ok(());
    }
    let _lock = lock(folder)?;
    fs::remove_dir_all(folder).map_err(|e| BuildError::Files(format!("{}: {e}", folder.display())))
}
