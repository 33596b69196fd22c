//! Where the embedded files lie under the data directory.

use std::path::{Path, PathBuf};

pub fn ledger(data: &Path) -> PathBuf {
    data.join("ledger.sqlite")
}

pub fn scans(data: &Path) -> PathBuf {
    data.join("scans.sqlite")
}

/// What one of these two is called after it was moved to a server.
pub fn moved(file: &Path) -> PathBuf {
    file.with_extension("sqlite.moved")
}

/// Folders of packages, each named by its id.
pub fn packages(data: &Path) -> PathBuf {
    data.join("packages")
}

/// Sealed files of one package.
pub fn package(data: &Path, id: uuid::Uuid) -> PathBuf {
    packages(data).join(id.to_string())
}

/// Packages of evidence.
pub fn all_evidence(data: &Path) -> PathBuf {
    data.join("evidence")
}

/// One package of evidence.
pub fn evidence(data: &Path, id: uuid::Uuid) -> PathBuf {
    all_evidence(data).join(format!("{id}.zip"))
}

/// Files of lists of own serials, a folder each.
pub fn own(data: &Path) -> PathBuf {
    data.join("own")
}

/// Photos by their hash.
pub fn media(data: &Path) -> PathBuf {
    data.join("media")
}

/// Folders of orders, each named by its id.
pub fn orders(data: &Path) -> PathBuf {
    data.join("orders")
}

/// Files of one order.
pub fn order(data: &Path, id: uuid::Uuid) -> PathBuf {
    orders(data).join(id.to_string())
}

/// When the latest backup was taken, in seconds since 1970.
pub fn last_backup(data: &Path) -> PathBuf {
    data.join("last_backup")
}

/// Copies of a backup that is being made; gone when it ends.
pub fn backing_up(data: &Path) -> PathBuf {
    data.join("backup.partial")
}

/// What a restore has not put into its place yet: while it is there, nothing
/// beside it may be used.
pub fn restoring(data: &Path) -> PathBuf {
    data.join("restore.partial")
}

/// What a restore that has ended leaves to be removed.
pub fn restored(data: &Path) -> PathBuf {
    data.join("restore.over")
}
