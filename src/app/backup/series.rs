//! Backups of every night in one folder, of which the latest stay.

use std::path::{Path, PathBuf};

use super::{BackupError, at};
use crate::base::UnixMs;

const BEGIN: &str = "zhenma-";
const END: &str = ".age";
/// Of one that was killed.
const PARTIAL: &str = ".age.partial";

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
        self.folder.join(format!("{BEGIN}{}{END}", at.strftime("%Y%m%dT%H%M%SZ")))
    }

    /// Removes all but the latest `keep`, and what was left by backups that were killed.
    /// Files of other names are somebody else's.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn prune(&self, keep: usize) -> Result<Vec<PathBuf>, BackupError> {
        let (mut whole, mut gone) = (Vec::new(), Vec::new());
        for entry in std::fs::read_dir(self.folder).map_err(at(self.folder))? {
            let entry = entry.map_err(at(self.folder))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_of_series(&name, END) {
                whole.push(entry.path());
            } else if is_of_series(&name, PARTIAL) {
                gone.push(entry.path());
            }
        }
        // Their names are in the order of their instants.
        whole.sort();
        whole.truncate(whole.len().saturating_sub(keep));
        gone.extend(whole);
        for file in &gone {
            std::fs::remove_file(file).map_err(at(file))?;
        }
        Ok(gone)
    }
}

/// Whether a name is one of ours, with an instant in it.
fn is_of_series(name: &str, end: &str) -> bool {
    let instant = name.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(end));
    instant.is_some_and(|at| {
        at.len() == 16
            && at.ends_with('Z')
            && at.bytes().all(|b| b.is_ascii_digit() || b"TZ".contains(&b))
    })
}
