//! Makes a backup while everything goes on.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

use super::archive::Packer;
use super::{About, BackupError, FOLDERS, FORMAT, KEYS, LEDGER, Lock, SCANS, at, of_redis};
use crate::app::config::{Settings, without_password};
use crate::app::paths;
use crate::base::{Clock, UnixMs};
use crate::store::frozen::{FrozenScans, LiveLedger, count_rows};

/// Looks for an instant at which the ledger is not ahead of the scan state, and
/// the wait between two.
const LOOKS_MAX: u32 = 200;
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// What a backup has.
pub struct Taken {
    pub taken_at: UnixMs,
    pub bytes: u64,
    /// Scans in the ledger, histories, scans of the log that the ledger may lack.
    pub scans: u64,
    pub histories: u64,
    pub log_entries: u64,
    /// Files of photos, evidence and packages.
    pub files: u64,
    pub with_keys: bool,
    /// Why whoever watches does not know of it, where word of it could not be left.
    pub unnoted: Option<BackupError>,
}

/// What to back up, and where to.
pub struct Backup<'a> {
    pub lock: &'a Lock,
    /// A file that is not there yet.
    pub out: &'a Path,
    pub with_keys: bool,
    /// Also a ledger in which no enterprise is registered.
    pub even_empty: bool,
}

/// Writes a backup of what `settings` name, which appears when it is whole and on disk.
///
/// # Errors
/// When there is nothing to back up, `out` is there already, or a disk is full;
/// nothing is left then.
pub async fn take(
    settings: &Settings,
    what: &Backup<'_>,
    clock: &dyn Clock,
) -> Result<Taken, BackupError> {
    let refused = |says: String| Err(BackupError::Refused(says));
    let (out, ledger) = (what.out, paths::ledger(&settings.data));
    super::usable(settings).map_err(BackupError::Refused)?;
    if settings.ledger == "embedded" && !ledger.try_exists().map_err(at(&ledger))? {
        return refused(format!("{} is not there: nothing is registered yet", ledger.display()));
    }
    if out.try_exists().map_err(at(out))? {
        return refused(format!("{} is there already: choose another name", out.display()));
    }
    let ledger = match settings.ledger.as_str() {
        "embedded" => LiveLedger::File(ledger),
        url => LiveLedger::on_server(url).await?,
    };
    let folder = Folder::make(&settings.data)?;
    let partial = Partial::beside(out);
    let mut taken = write(settings, what, ledger, &folder.0, &partial.0, clock).await?;
    taken.bytes = std::fs::metadata(&partial.0).map_err(at(&partial.0))?.len();
    std::fs::rename(&partial.0, out).map_err(at(out))?;
    sync_folder_of(out)?;
    // The copies may be what the disk has no room beside.
    drop(folder);
    taken.unnoted = note(&settings.data, taken.taken_at).err();
    Ok(taken)
}

/// Leaves word of the latest backup, for whoever watches.
fn note(data: &Path, taken_at: UnixMs) -> Result<(), BackupError> {
    let (file, fresh) = (paths::last_backup(data), paths::last_backup(data).with_extension("new"));
    std::fs::write(&fresh, format!("{}\n", taken_at.seconds())).map_err(at(&fresh))?;
    std::fs::rename(&fresh, &file).map_err(at(&file))
}

async fn write(
    settings: &Settings,
    what: &Backup<'_>,
    mut from: LiveLedger,
    folder: &Path,
    partial: &Path,
    clock: &dyn Clock,
) -> Result<Taken, BackupError> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(partial)
        .map_err(at(partial))?;
    // First, so that a wrong key is told before anything is copied.
    let sealed = what.lock.seal(BufWriter::new(file))?;
    let (ledger, scans) = (folder.join(LEDGER), folder.join(SCANS));
    let taken_at = match settings.scan_store.as_str() {
        "embedded" => copy(settings, &mut from, &ledger, &scans, clock).await?,
        url => of_redis::copy(url, &mut from, &ledger, &scans, clock).await?,
    };
    // No longer held: packing takes long, and a server cannot tidy up meanwhile.
    drop(from);
    let about = About {
        format: FORMAT,
        zhenma: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: taken_at.rfc3339(),
        scan_store: if settings.scan_store == "embedded" { "embedded" } else { "redis" }.to_owned(),
        ledger_rows: count_rows(&ledger)?,
        scan_rows: if scans.exists() { count_rows(&scans)? } else { Default::default() },
    };
    if about.ledger_rows.get("enterprises").is_none_or(|rows| *rows == 0) && !what.even_empty {
        let ledger = match settings.ledger.as_str() {
            "embedded" => {
                let file = paths::ledger(&settings.data);
                std::path::absolute(&file).unwrap_or(file).display().to_string()
            }
            url => without_password(url),
        };
        return Err(BackupError::Refused(format!(
            "no enterprise is registered in {ledger}: is this the ledger that serves, with its \
             settings (ZHENMA_DATA, ZHENMA_LEDGER)? If it is meant, say --even-empty"
        )));
    }
    let mut packer = Packer::begin(sealed, &about).map_err(at(partial))?;
    packer.file(LEDGER, &ledger).map_err(at(partial))?;
    if scans.exists() {
        packer.file(SCANS, &scans).map_err(at(partial))?;
    }
    // Behind the ledger: what a row of it speaks of was written before the row.
    let mut files = 0;
    for name in FOLDERS {
        files += packer.folder(name, &settings.data.join(name))?;
    }
    if what.with_keys {
        packer.folder(KEYS, &settings.keys)?;
    }
    let sealed = packer.finish().map_err(at(partial))?;
    let mut file = sealed.finish().map_err(at(partial))?;
    file.flush().map_err(at(partial))?;
    let file = file.into_inner().map_err(|e| at(partial)(e.into_error()))?;
    file.sync_all().map_err(at(partial))?;
    let rows =
        |of: &std::collections::BTreeMap<String, u64>, name| of.get(name).copied().unwrap_or(0);
    Ok(Taken {
        taken_at,
        bytes: 0,
        scans: rows(&about.ledger_rows, "scans"),
        histories: rows(&about.scan_rows, "history"),
        log_entries: rows(&about.scan_rows, "log"),
        files,
        with_keys: what.with_keys,
        unnoted: None,
    })
}

/// Copies both files as they were at one instant: histories and log first, then
/// a ledger that has followed no further than that log goes. What was trimmed
/// from the log was in the ledger before, and so is in its copy.
async fn copy(
    settings: &Settings,
    live: &mut LiveLedger,
    ledger: &Path,
    scans: &Path,
    clock: &dyn Clock,
) -> Result<UnixMs, BackupError> {
    let from = paths::scans(&settings.data);
    for _ in 0..LOOKS_MAX {
        let frozen_scans = if from.exists() { Some(FrozenScans::at(&from)?) } else { None };
        let taken_at = clock.now();
        let mut frozen_ledger = live.hold().await?;
        if let Some(frozen_scans) = &frozen_scans {
            let followed = frozen_ledger.followed(frozen_scans.identity()?).await?;
            if followed > frozen_scans.newest()? {
                // It followed scans of between the two looks.
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            frozen_scans.copy_to(scans)?;
        }
        frozen_ledger.copy_to(ledger, taken_at).await?;
        return Ok(taken_at);
    }
    Err(BackupError::Refused(
        "the ledger is ahead of the log of scans: `zhenma doctor` says why and what to do".into(),
    ))
}

/// The folder of copies; removed when dropped, and locked, so that there is one.
struct Folder(PathBuf, #[allow(dead_code, reason = "holds the lock")] File);

impl Folder {
    fn make(data: &Path) -> Result<Self, BackupError> {
        let path = paths::backing_up(data);
        DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(at(&path))?;
        let lock = File::open(&path).map_err(at(&path))?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(BackupError::Refused(format!(
                "another backup is being made in {}: wait for it",
                path.display()
            )));
        }
        // Left by one that was killed.
        for name in [LEDGER, SCANS] {
            for ending in ["", "-wal", "-shm", "-journal"] {
                let left = path.join(format!("{name}{ending}"));
                if left.exists() {
                    std::fs::remove_file(&left).map_err(at(&left))?;
                }
            }
        }
        Ok(Self(path, lock))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The file until it is whole; removed when dropped before.
struct Partial(PathBuf);

impl Partial {
    fn beside(out: &Path) -> Self {
        let mut name = out.as_os_str().to_owned();
        name.push(".partial");
        Self(name.into())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// So that a name outlives a power cut.
pub(super) fn sync_folder_of(path: &Path) -> Result<(), BackupError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))
}
