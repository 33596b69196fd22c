//! Backups of every night in one folder, of which the latest stay.

use std::path::{Path, PathBuf};

use super::{BackupError, at};
use crate::base::UnixMs;

const BEGIN: &str = "zhenma-";
const END: &str = "age";
/// Of one that runs, or was killed.
const PARTIAL: &str = "age.partial";
const DAY_MS: i64 = 86_400_000;

/// What became of older backups.
#[derive(Debug, Default)]
pub struct Pruned {
    pub gone: Vec<PathBuf>,
    /// Of instants behind the one that was just made: the clock was wrong then, and how
    /// old they are nobody knows. They stay, and do not count.
    pub ahead: Vec<PathBuf>,
}

/// A folder of backups that are named by their instants.
pub struct Series<'a> {
    folder: &'a Path,
}

impl<'a> Series<'a> {
    /// In a folder that is there.
    pub const fn in_folder(folder: &'a Path) -> Self {
        Self { folder }
    }

    /// The file of a backup that begins now: `zhenma-20261128T023000Z.age`.
    pub fn file(&self, now: UnixMs) -> PathBuf {
        let at = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
        self.folder.join(format!("{BEGIN}{}.{END}", at.strftime("%Y%m%dT%H%M%SZ")))
    }

    /// Removes what was left by backups that were killed a day ago or longer; what is
    /// younger may be another's that runs.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn sweep(&self, now: UnixMs) -> Result<(), BackupError> {
        let a_day_ago = self.file(UnixMs(now.0 - DAY_MS)).with_extension(PARTIAL);
        for file in self.files(PARTIAL)?.into_iter().filter(|file| *file < a_day_ago) {
            std::fs::remove_file(&file).map_err(at(&file))?;
        }
        Ok(())
    }

    /// Removes all but the latest `keep`, `made` among them. Files of other names are
    /// somebody else's.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn prune(&self, made: &Path, keep: usize) -> Result<Pruned, BackupError> {
        let whole = self.files(END)?;
        // Their names are in the order of their instants.
        let (mut until, ahead): (Vec<_>, Vec<_>) = whole.into_iter().partition(|f| &**f <= made);
        until.sort();
        until.truncate(until.len().saturating_sub(keep));
        for file in &until {
            std::fs::remove_file(file).map_err(at(file))?;
        }
        Ok(Pruned { gone: until, ahead })
    }

    fn files(&self, end: &str) -> Result<Vec<PathBuf>, BackupError> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(self.folder).map_err(at(self.folder))? {
            let entry = entry.map_err(at(self.folder))?;
            if is_of_series(&entry.file_name().to_string_lossy(), end) {
                files.push(entry.path());
            }
        }
        Ok(files)
    }
}

/// Whether a name is one of ours, with an instant in it.
fn is_of_series(name: &str, end: &str) -> bool {
    let instant = name.strip_prefix(BEGIN).and_then(|rest| rest.split_once('.'));
    instant.filter(|(_, of)| *of == end).is_some_and(|(at, _)| {
        at.len() == 16
            && at.ends_with('Z')
            && at.bytes().all(|b| b.is_ascii_digit() || b"TZ".contains(&b))
    })
}
