//! The folder of one order: who may write in it, where an interrupted run
//! stood, and what reaches the disk when.
//!
//! The journal says how far everything before it is on the disk. It is
//! replaced whole, after the data it speaks of, so a run killed at any instant
//! finds a journal that holds. What lies behind it is written again.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::issue::IssueError;
use super::order::hex;

const JOURNAL: &str = ".zhenma-issue.json";
/// A file under this name was being written when its writer died.
const UNFINISHED: &str = ".zhenma-issue.new";
/// Written last: the order with it is whole.
pub const MANIFEST: &str = "manifest.json";

/// How far an interrupted run came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Journal {
    /// Fingerprint of the order.
    pub order: String,
    /// What a person needs to know of it.
    pub what: String,
    /// Pieces on the disk.
    pub pieces: u64,
    /// Bytes and SHA-256 of the growing file up to there.
    pub stream_bytes: u64,
    pub stream_sha256: String,
}

/// What a folder holds when it is opened.
pub(super) enum Found {
    /// Nothing, or an interrupted run of the same order.
    Work(Folder, Journal),
    /// The whole order.
    Complete,
}

/// A folder locked for this run.
pub(super) struct Folder {
    path: PathBuf,
    /// The open folder holds the lock, and syncs its file system.
    handle: File,
}

impl Folder {
    /// Opens `path`, which is made when missing, for the order `order`.
    pub(super) fn open(path: &Path, order: &str, what: &str) -> Result<Found, IssueError> {
        let told = |e| IssueError::io(&path.display().to_string(), e);
        // For its owner alone: whoever reads these files can print the labels.
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(told)?;
        let handle = File::open(path).map_err(told)?;
        match handle.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(IssueError::Busy { path: path.display().to_string() });
            }
            Err(TryLockError::Error(e)) => return Err(told(e)),
        }
        let folder = Self { path: path.to_owned(), handle };
        folder.forget(UNFINISHED)?;
        if let Some(manifest) = folder.read::<ManifestHead>(MANIFEST)? {
            if manifest.order != order {
                let held = format!(
                    "it holds the finished order of {}; name a new directory",
                    manifest.what
                );
                return Err(refused(path, &held));
            }
            folder.forget(JOURNAL)?;
            return Ok(Found::Complete);
        }
        let journal = match folder.read::<Journal>(JOURNAL)? {
            Some(journal) if journal.order == order => journal,
            Some(other) => {
                let held = format!(
                    "it holds an interrupted run of another order, {}; finish that one with its \
                     own settings, or name a new directory",
                    other.what
                );
                return Err(refused(path, &held));
            }
            None => {
                folder.must_be_empty()?;
                let journal = Journal {
                    order: order.to_owned(),
                    what: what.to_owned(),
                    stream_sha256: hex(&Sha256::digest(b"")),
                    ..Journal::default()
                };
                folder.replace(JOURNAL, &journal)?;
                journal
            }
        };
        Ok(Found::Work(folder, journal))
    }

    fn must_be_empty(&self) -> Result<(), IssueError> {
        let mut names: Vec<String> = fs::read_dir(&self.path)
            .map_err(|e| self.io("", e))?
            .flatten()
            .take(4)
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        if names.is_empty() {
            return Ok(());
        }
        names.sort();
        if names.len() > 3 {
            names[3] = "...".to_owned();
        }
        let held = format!(
            "it is not empty and holds no run of this order (it holds {}); name an empty or new \
             directory",
            names.join(", ")
        );
        Err(refused(&self.path, &held))
    }

    fn read<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Result<Option<T>, IssueError> {
        match fs::read(self.path.join(name)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|_| {
                refused(&self.path, &format!("its {name} is not ours; name a new directory"))
            }),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(self.io(name, e)),
        }
    }

    fn forget(&self, name: &str) -> Result<(), IssueError> {
        match fs::remove_file(self.path.join(name)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(self.io(name, e)),
            _ => Ok(()),
        }
    }

    /// Writes `name` whole: a reader sees the old one or the new one.
    fn replace(&self, name: &str, content: &impl Serialize) -> Result<(), IssueError> {
        let mut bytes = serde_json::to_vec_pretty(content).expect("plain data becomes JSON");
        bytes.push(b'\n');
        let new = self.path.join(UNFINISHED);
        File::create(&new)
            .and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&new, self.path.join(name)))
            .and_then(|()| self.handle.sync_all())
            .map_err(|e| self.io(name, e))
    }

    /// Says that everything `journal` speaks of is to be on the disk, and
    /// waits until it is; `files`: whole files too, not the stream alone.
    pub(super) fn checkpoint(
        &self,
        stream: &File,
        files: bool,
        journal: &Journal,
    ) -> Result<(), IssueError> {
        stream.sync_all().map_err(|e| self.io("", e))?;
        if files {
            self.sync().map_err(|e| self.io("", e))?;
        }
        self.replace(JOURNAL, journal)
    }

    /// Thousands of files wait for the disk: one call for all of them.
    #[cfg(target_os = "linux")]
    fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::syncfs(&self.handle)?)
    }

    #[cfg(not(target_os = "linux"))]
    fn sync(&self) -> io::Result<()> {
        self.handle.sync_all()
    }

    /// Writes one whole file of labels.
    pub(super) fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let path = self.path.join(name);
        let mut file = match File::create(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(path.parent().unwrap_or(&self.path))?;
                File::create(&path)?
            }
            file => file?,
        };
        file.write_all(content)?;
        // Where one call cannot sync them all, each is synced by itself.
        if cfg!(target_os = "linux") { Ok(()) } else { file.sync_all() }
    }

    /// Opens the growing file where the journal left it, and takes up its hash.
    pub(super) fn resume(
        &self,
        name: &str,
        journal: &Journal,
    ) -> Result<(File, Sha256), IssueError> {
        let path = self.path.join(name);
        let told = |e| self.io(name, e);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(told)?;
        let mut hash = Sha256::new();
        let mut left = journal.stream_bytes;
        let mut block = vec![0; 1 << 20];
        while left > 0 {
            let most = block.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            match file.read(&mut block[..most]).map_err(told)? {
                0 => break,
                got => {
                    hash.update(&block[..got]);
                    left -= got as u64;
                }
            }
        }
        if left > 0 || hex(&hash.clone().finalize()) != journal.stream_sha256 {
            let held = format!(
                "its {name} was changed since the run was interrupted; empty the directory and \
                 start again"
            );
            return Err(refused(&self.path, &held));
        }
        file.set_len(journal.stream_bytes).map_err(told)?;
        Ok((file, hash))
    }

    /// Writes the manifest, which makes the order complete.
    pub(super) fn complete(
        &self,
        stream: &File,
        manifest: &impl Serialize,
    ) -> Result<(), IssueError> {
        stream.sync_all().and_then(|()| self.sync()).map_err(|e| self.io("", e))?;
        self.replace(MANIFEST, manifest)?;
        self.forget(JOURNAL)
    }

    fn io(&self, name: &str, error: io::Error) -> IssueError {
        IssueError::io(&self.path.join(name).display().to_string(), error)
    }
}

/// What of a manifest is read again.
#[derive(Deserialize)]
struct ManifestHead {
    order: String,
    what: String,
}

fn refused(path: &Path, problem: &str) -> IssueError {
    IssueError::Folder { path: path.display().to_string(), problem: problem.to_owned() }
}
