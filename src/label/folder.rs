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

use super::form::LabelFile;
use super::issue::IssueError;
use super::reread::Mark;
use super::source::Source;
use super::window::Window;
use crate::base::hex;

const JOURNAL: &str = ".zhenma-issue.json";
/// A file under this name was being written when its writer died.
const UNFINISHED: &str = ".zhenma-issue.new";
/// Where labels are made to see how large they are.
const PROBE: &str = ".zhenma-issue.probe";
/// Bytes by which file systems give room.
const BLOCK: u64 = 4_096;
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
    /// The pieces of it that are to be read back.
    #[serde(default)]
    pub marks: Vec<Mark>,
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
        let folder = Self::locked(path)?;
        folder.forget(UNFINISHED)?;
        folder.forget_probe()?;
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

    /// `path`, which is made when missing, for this run alone.
    fn locked(path: &Path) -> Result<Self, IssueError> {
        let told = |e| IssueError::io(&path.display().to_string(), e);
        // For its owner alone: whoever reads these files can print the labels.
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(told)?;
        let handle = File::open(path).map_err(told)?;
        match handle.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), handle }),
            Err(TryLockError::WouldBlock) => {
                Err(IssueError::Busy { path: path.display().to_string() })
            }
            Err(TryLockError::Error(e)) => Err(told(e)),
        }
    }

    /// Empties `path` where it holds a run of another order than `order`; false
    /// where it does not. The files that name the run go last, so that what a
    /// kill leaves is emptied by the next run.
    pub(super) fn empty_of_another(path: &Path, order: &str) -> Result<bool, IssueError> {
        if !path.exists() {
            return Ok(false);
        }
        let folder = Self::locked(path)?;
        let held = match folder.read::<ManifestHead>(MANIFEST)? {
            Some(manifest) => Some(manifest.order),
            None => folder.read::<Journal>(JOURNAL)?.map(|journal| journal.order),
        };
        if held.is_none_or(|held| held == order) {
            return Ok(false);
        }
        folder.empty().and_then(|()| folder.handle.sync_all()).map_err(|e| folder.io("", e))?;
        folder.forget(MANIFEST)?;
        folder.forget(JOURNAL)?;
        Ok(true)
    }

    /// Removes all but the files that name the run.
    fn empty(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if [MANIFEST, JOURNAL].iter().any(|kept| entry.file_name() == *kept) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
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

    /// A run that was killed may have left one.
    fn forget_probe(&self) -> Result<(), IssueError> {
        match fs::remove_dir_all(self.path.join(PROBE)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(self.io(PROBE, e)),
            _ => Ok(()),
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

    /// A file of the order, to be read.
    pub(super) fn file(&self, name: &str) -> Result<File, IssueError> {
        File::open(self.path.join(name)).map_err(|e| IssueError::io(name, e))
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

    /// Bytes free on its disk for whoever runs this.
    pub(super) fn free(&self) -> Result<u64, IssueError> {
        let disk = rustix::fs::fstatvfs(&self.handle).map_err(|e| self.io("", e.into()))?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Bytes on the disk of the first `count` items, made aside and removed.
    pub(super) fn probe(
        &self,
        maker: &dyn LabelFile,
        source: &dyn Source,
        count: u64,
    ) -> Result<u64, IssueError> {
        let path = self.path.join(PROBE);
        let told = |e| self.io(PROBE, e);
        fs::create_dir_all(&path).map_err(told)?;
        let aside = Self { handle: File::open(&path).map_err(told)?, path };
        let made = maker.render(source, 0..count, &aside);
        let used = used(&aside.path).unwrap_or(0);
        self.forget_probe()?;
        Ok(used + made?.len() as u64)
    }

    /// Writes one whole file that is too large for memory, and returns its
    /// line in the list of files.
    pub(super) fn part(
        &self,
        name: &str,
        fill: &mut dyn FnMut(&mut Window) -> Result<(), IssueError>,
    ) -> Result<Vec<u8>, IssueError> {
        let path = self.path.join(name);
        let told = |e| IssueError::io(name, e);
        fs::create_dir_all(path.parent().unwrap_or(&self.path)).map_err(told)?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .map_err(told)?;
        let mut out = Window::new(file);
        fill(&mut out)?;
        let (file, sha256) = out.finish().map_err(told)?;
        // Where one call cannot sync them all, each is synced by itself.
        if !cfg!(target_os = "linux") {
            file.sync_all().map_err(told)?;
        }
        Ok(format!("{sha256}  {name}\n").into_bytes())
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

/// SHA-256 of what is left of a file, in hexadecimal.
pub(super) fn sha256(file: &mut dyn Read) -> io::Result<String> {
    let (mut hash, mut block) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hex(&hash.finalize())),
            got => hash.update(&block[..got]),
        }
    }
}

/// Bytes that the files under `folder` take, in whole blocks.
fn used(folder: &Path) -> io::Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(folder)? {
        let (path, about) = entry.and_then(|entry| Ok((entry.path(), entry.metadata()?)))?;
        sum += if about.is_dir() { used(&path)? } else { about.len().next_multiple_of(BLOCK) };
    }
    Ok(sum)
}

/// What of a manifest is read again.
#[derive(Deserialize)]
struct ManifestHead {
    order: String,
    what: String,
}

/// Closing alone would not do: a child that is being started holds a copy of
/// the handle for a moment, and with it the lock.
impl Drop for Folder {
    fn drop(&mut self) {
        let _ = self.handle.unlock();
    }
}

fn refused(path: &Path, problem: &str) -> IssueError {
    IssueError::Folder { path: path.display().to_string(), problem: problem.to_owned() }
}
