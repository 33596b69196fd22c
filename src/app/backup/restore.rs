//! Makes an empty place what a backup was.

use std::fs::{DirBuilder, File};
use std::io::{BufReader, ErrorKind, Write as _};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::archive::unpack;
use super::moving::expect;
use super::take::sync_folder_of;
use super::{BackupError, FOLDERS, KEYS, LEDGER, Opener, SCANS, at, redis};
use crate::app::config::Settings;
use crate::app::paths;
use crate::base::{Clock, UnixMs};
use crate::store::embedded::Inspection;
use crate::store::frozen::{FrozenScans, LoneLedger, count_rows};
use crate::store::redis::RedisState;
use crate::store::sql::Ledger;
use crate::store::sql::transfer::Load;

/// In the folder of a restore: how it was begun.
const MODE: &str = "mode";
const LEDGER_ONLY: &str = "ledger only";

/// What to restore.
pub struct Restore<'a> {
    pub file: &'a Path,
    pub opener: &'a Opener,
    /// Only the ledger was lost: leave the scan store and the files that are there.
    pub ledger_only: bool,
}

/// What was put back.
pub struct Restored {
    /// Of the backup, RFC 3339.
    pub taken_at: String,
    pub scans: u64,
    pub histories: u64,
    pub log_entries: u64,
    pub with_keys: bool,
}

/// Puts a backup into the empty place that `settings` name. It is usable when
/// this answers, and refused by every command before.
///
/// # Errors
/// For a place that is not empty, a backup that is damaged or cannot be opened,
/// a full disk.
pub async fn restore(
    settings: &Settings,
    what: &Restore<'_>,
    clock: &dyn Clock,
) -> Result<Restored, BackupError> {
    let data = &settings.data;
    let partial = paths::restoring(data);
    let redis = match settings.scan_store.as_str() {
        "embedded" => None,
        _ if what.ledger_only => None,
        url => Some(redis::empty(url).await?),
    };
    let mut load = match settings.ledger.as_str() {
        "embedded" => None,
        url => Some(Load::begin(url).await?),
    };
    DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(at(data))?;
    match begun(&partial)? {
        Some(ledger_only) if ledger_only == what.ledger_only => {
            // One that was killed: whatever lies there is its own.
            clear(settings, ledger_only)?;
        }
        Some(ledger_only) => {
            let again = if ledger_only { "with" } else { "without" };
            return Err(BackupError::Refused(format!(
                "{} is there: a restore {again} --ledger-only did not end here; run it {again} \
                 --ledger-only again",
                partial.display()
            )));
        }
        None => refuse_unless_empty(settings, what.ledger_only)?,
    }
    for former in [&partial, &paths::restored(data)] {
        if former.exists() {
            std::fs::remove_dir_all(former).map_err(at(former))?;
        }
    }
    make(&partial, what.ledger_only)?;
    let put = put(settings, what, &partial, redis.as_ref(), load.as_mut(), clock.now()).await;
    if put.is_err() {
        clear(settings, what.ledger_only)?;
        std::fs::remove_dir_all(&partial).map_err(at(&partial))?;
        return put;
    }
    match load {
        // Where nobody knows whether it was done, the place stays refused.
        Some(load) => load.commit(clock.now()).await?,
        None => place(&partial.join(LEDGER), &paths::ledger(data))?,
    }
    if let Some(redis) = &redis {
        redis::end(redis).await?;
    }
    sync_folder_of(&partial)?;
    // From here on it is usable. By one step: half of the folder would say that nothing
    // was put into its place.
    let over = paths::restored(data);
    std::fs::rename(&partial, &over).map_err(at(&partial))?;
    sync_folder_of(&partial)?;
    std::fs::remove_dir_all(&over).map_err(at(&over))?;
    put
}

/// How a restore that did not end was begun: of the ledger only, or of all. `None` where
/// none was, or none that has put anything into its place.
fn begun(partial: &Path) -> Result<Option<bool>, BackupError> {
    let mode = partial.join(MODE);
    match std::fs::read_to_string(&mode) {
        Ok(mode) => Ok(Some(mode == LEDGER_ONLY)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(&mode)(error)),
    }
}

/// An empty folder of a restore, which says what may lie in its place.
fn make(partial: &Path, ledger_only: bool) -> Result<(), BackupError> {
    DirBuilder::new().mode(0o700).create(partial).map_err(at(partial))?;
    let mode = partial.join(MODE);
    let mut file = File::create_new(&mode).map_err(at(&mode))?;
    let says = if ledger_only { LEDGER_ONLY } else { "all" };
    file.write_all(says.as_bytes()).and_then(|()| file.sync_all()).map_err(at(&mode))?;
    sync_folder_of(&mode)?;
    sync_folder_of(partial)
}

/// Everything but the ledger, which is put into its place last; a database is filled
/// and not committed.
async fn put(
    settings: &Settings,
    what: &Restore<'_>,
    partial: &Path,
    redis: Option<&RedisState>,
    load: Option<&mut Load>,
    now: UnixMs,
) -> Result<Restored, BackupError> {
    let file = File::open(what.file).map_err(at(what.file))?;
    let about = unpack(what.opener.open(BufReader::new(file))?, partial)?;
    let differ = |name: &str| {
        BackupError::Refused(format!("the backup's {name} is not what it says: use another one"))
    };
    let ledger = partial.join(LEDGER);
    if count_rows(&ledger)? != about.ledger_rows {
        return Err(differ(LEDGER));
    }
    let scans = partial.join(SCANS);
    if scans.exists() && count_rows(&scans)? != about.scan_rows {
        return Err(differ(SCANS));
    }
    let keys = partial.join(KEYS);
    let with_keys = keys.exists();
    if with_keys {
        place_keys(&keys, &settings.keys)?;
    }
    for name in FOLDERS {
        let (from, to) = (partial.join(name), settings.data.join(name));
        if what.ledger_only { place_missing(&from, &to)? } else { place(&from, &to)? }
    }
    // What the histories are put into has logs of its own, and so has a file that was
    // made of a Redis.
    let logs = match redis {
        Some(redis) => redis::begin(redis).await?,
        None if about.scan_store == "redis" && !what.ledger_only && scans.exists() => {
            let file = Inspection::open(&scans).map_err(redis::told)?;
            file.identity().map_err(redis::told)?.into_iter().collect()
        }
        None => Vec::new(),
    };
    if !logs.is_empty() || load.is_some() {
        // A backup of an older version is brought to this one.
        expect(Ledger::open(&ledger, now).await?, &logs).await?;
    }
    if let Some(load) = load {
        LoneLedger::at(&ledger)?.pour_into(load).await?;
    }
    match redis {
        Some(redis) if scans.exists() => {
            // Of the copy that was checked: the file goes when the folder goes.
            let ledger = Ledger::inspect(&ledger).await?;
            redis::fill(redis, &FrozenScans::alone(&scans)?, &ledger).await?;
            ledger.close().await;
        }
        None if !what.ledger_only => place(&scans, &paths::scans(&settings.data))?,
        _ => {}
    }
    let rows = |name: &str| {
        about.ledger_rows.get(name).or(about.scan_rows.get(name)).copied().unwrap_or(0)
    };
    Ok(Restored {
        taken_at: about.taken_at.clone(),
        scans: rows("scans"),
        histories: rows("history"),
        log_entries: rows("log"),
        with_keys,
    })
}

fn place(from: &Path, to: &Path) -> Result<(), BackupError> {
    if from.exists() { std::fs::rename(from, to).map_err(at(to)) } else { Ok(()) }
}

/// Files that are there stay: what is named by its hash or its id is the same, or later.
fn place_missing(from: &Path, to: &Path) -> Result<(), BackupError> {
    if !to.exists() || !from.exists() {
        return place(from, to);
    }
    for entry in std::fs::read_dir(from).map_err(at(from))? {
        let entry = entry.map_err(at(from))?;
        let to = to.join(entry.file_name());
        if entry.file_type().map_err(at(from))?.is_dir() {
            place_missing(&entry.path(), &to)?;
        } else if !to.exists() {
            place(&entry.path(), &to)?;
        }
    }
    Ok(())
}

/// By copying: keys may lie on another disk. Those that are there already were
/// put there by somebody who knows better.
fn place_keys(from: &Path, to: &Path) -> Result<(), BackupError> {
    DirBuilder::new().recursive(true).mode(0o700).create(to).map_err(at(to))?;
    for entry in std::fs::read_dir(from).map_err(at(from))? {
        let entry = entry.map_err(at(from))?;
        let to = to.join(entry.file_name());
        if !to.exists() && entry.path().is_file() {
            std::fs::copy(entry.path(), &to).map_err(at(&to))?;
            File::open(&to).and_then(|file| file.sync_all()).map_err(at(&to))?;
        }
    }
    Ok(())
}

fn refuse_unless_empty(settings: &Settings, ledger_only: bool) -> Result<(), BackupError> {
    let mut taken = with_beside(&paths::ledger(&settings.data));
    if !ledger_only {
        taken.extend(with_beside(&paths::scans(&settings.data)));
        taken.extend(FOLDERS.map(|name| settings.data.join(name)));
    }
    match taken.iter().find(|path| path.exists()) {
        None => Ok(()),
        Some(path) => Err(BackupError::Refused(format!(
            "{} is there: a backup is restored into an empty place; stop the processes, and move \
             what is in {} elsewhere until all is well",
            path.display(),
            settings.data.display()
        ))),
    }
}

/// A SQLite file and those beside it: an old log would be taken for the new file's.
fn with_beside(path: &Path) -> Vec<PathBuf> {
    let with = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    ["", "-wal", "-shm", "-journal"].into_iter().map(with).collect()
}

/// Removes what a restore that did not end has put into its place.
fn clear(settings: &Settings, ledger_only: bool) -> Result<(), BackupError> {
    let mut files = with_beside(&paths::ledger(&settings.data));
    if !ledger_only {
        files.extend(with_beside(&paths::scans(&settings.data)));
    }
    for file in files.iter().filter(|file| file.exists()) {
        std::fs::remove_file(file).map_err(at(file))?;
    }
    if ledger_only {
        return Ok(());
    }
    for folder in FOLDERS.map(|name| settings.data.join(name)) {
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(at(&folder))?;
        }
    }
    Ok(())
}
