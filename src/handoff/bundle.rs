//! What a package holds, and how it is written: a tar file, sealed as it
//! grows, in memory that does not depend on its size.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

use super::seal;
use crate::base::UnixMs;

/// What stays free on the disk whatever happens, bytes.
const RESERVE: u64 = 64 * 1024 * 1024;
/// What an entry costs in a tar file beside its content, at most: its header,
/// that of a long name, and what fills its last block.
const ENTRY_BYTES: u64 = 2_048;

#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    #[error("{path}: {source}")]
    Disk {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error(
        "disk: the package needs {needed} more bytes and {free} are free; free some space, and it \
         is built by itself"
    )]
    Room { needed: u64, free: u64 },
    #[error("stopped")]
    Stopped,
}

fn told(path: &Path) -> impl FnOnce(io::Error) -> BundleError + '_ {
    |source| BundleError::Disk { path: path.display().to_string(), source }
}

/// What goes into one package.
pub struct Bundle<'a> {
    /// The folder that holds everything.
    pub name: String,
    /// Texts and pages that were made for it, by path below the folder.
    pub made: &'a [(String, Vec<u8>)],
    /// Folders of label files, by the name that each has in the package.
    pub folders: &'a [(&'static str, PathBuf)],
    /// Of every entry, lest two builds differ.
    pub at: UnixMs,
    pub recipient: &'a str,
}

/// A package as it lies on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub bytes: u64,
    pub sha256: String,
}

impl Written {
    /// Whether a file of this length is there; it was synced before it was told.
    pub fn is_at(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|found| found.len() == self.bytes)
    }
}

impl Bundle<'_> {
    /// Writes it to `out`, which appears when it is whole.
    ///
    /// # Errors
    /// For a disk that is full or fails; nothing is left at `out` then.
    pub fn write(&self, out: &Path, stop: &AtomicBool) -> Result<Written, BundleError> {
        let part = out.with_extension("part");
        let written = self.room(out).and_then(|()| self.write_part(&part, stop));
        match written {
            Ok(written) => {
                fs::rename(&part, out).map_err(told(out))?;
                let folder = out.parent().unwrap_or(out);
                File::open(folder).and_then(|f| f.sync_all()).map_err(told(folder))?;
                Ok(written)
            }
            Err(error) => {
                // What is left of a full disk is needed for the next try.
                let _ = fs::remove_file(&part);
                Err(error)
            }
        }
    }

    fn room(&self, out: &Path) -> Result<(), BundleError> {
        let mut needed = RESERVE;
        for (_, folder) in self.folders {
            each(folder, &mut |_, path| {
                needed += fs::metadata(path).map_err(told(path))?.len() + ENTRY_BYTES;
                Ok(())
            })?;
        }
        let folder = out.parent().unwrap_or(out);
        let disk = rustix::fs::statvfs(folder).map_err(|e| told(folder)(e.into()))?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if needed > free { Err(BundleError::Room { needed, free }) } else { Ok(()) }
    }

    fn write_part(&self, part: &Path, stop: &AtomicBool) -> Result<Written, BundleError> {
        let io = || told(part);
        let file = File::create(part).map_err(io())?;
        let counted = Counted { out: BufWriter::new(file), bytes: 0, hash: Sha256::new() };
        let sealed = seal::sealed(self.recipient, counted).map_err(io())?;
        let mut tar = Builder::new(sealed);
        for (path, content) in self.made {
            self.append(&mut tar, path, content.len() as u64, &content[..]).map_err(io())?;
        }
        for (name, folder) in self.folders {
            each(folder, &mut |below, path| {
                if stop.load(Ordering::Relaxed) {
                    return Err(BundleError::Stopped);
                }
                let file = File::open(path).map_err(told(path))?;
                let bytes = file.metadata().map_err(told(path))?.len();
                let below = format!("{name}/{below}");
                self.append(&mut tar, &below, bytes, Stoppable { file, stop }).map_err(told(path))
            })?;
        }
        let sealed = tar.into_inner().map_err(io())?;
        let counted = sealed.finish().map_err(io())?;
        let file = counted.out.into_inner().map_err(|e| io()(e.into_error()))?;
        file.sync_all().map_err(io())?;
        let sha256 = crate::base::hex(&counted.hash.finalize());
        Ok(Written { bytes: counted.bytes, sha256 })
    }

    fn append<W: Write>(
        &self,
        tar: &mut Builder<W>,
        path: &str,
        bytes: u64,
        content: impl io::Read,
    ) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(bytes);
        header.set_mode(0o644);
        header.set_mtime(u64::try_from(self.at.0 / 1_000).unwrap_or(0));
        tar.append_data(&mut header, format!("{}/{path}", self.name), content)
    }
}

/// Hands `visit` every file below `folder`, by its path there and its own, in
/// the order of their names; what is hidden is ours.
fn each(
    folder: &Path,
    visit: &mut dyn FnMut(&str, &Path) -> Result<(), BundleError>,
) -> Result<(), BundleError> {
    walk(folder, "", visit)
}

fn walk(
    folder: &Path,
    below: &str,
    visit: &mut dyn FnMut(&str, &Path) -> Result<(), BundleError>,
) -> Result<(), BundleError> {
    let entries = fs::read_dir(folder).map_err(told(folder))?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(told(folder))?.file_name();
        names.extend(name.into_string().ok().filter(|name| !name.starts_with('.')));
    }
    names.sort_unstable();
    for name in names {
        let (path, inside) = (folder.join(&name), format!("{below}{name}"));
        if path.is_dir() {
            walk(&path, &format!("{inside}/"), visit)?;
        } else {
            visit(&inside, &path)?;
        }
    }
    Ok(())
}

/// A large file is let go of in the middle when the process is told to stop.
struct Stoppable<'a> {
    file: File,
    stop: &'a AtomicBool,
}

impl io::Read for Stoppable<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(io::Error::other("stopped"));
        }
        self.file.read(buffer)
    }
}

/// Counts and hashes what passes.
struct Counted<W> {
    out: W,
    bytes: u64,
    hash: Sha256,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_whole_or_not_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let labels = folder.path().join("labels");
        fs::create_dir_all(labels.join("outer/000")).expect("made");
        fs::write(labels.join("outer/000/1.svg"), b"<svg/>").expect("written");
        fs::write(labels.join("manifest.json"), b"{}").expect("written");
        fs::write(labels.join(".zhenma-issue.json"), b"ours").expect("written");
        let own = seal::own_key().expect("a key");
        let bundle = Bundle {
            name: "zhenma-ABCD2345".to_owned(),
            made: &[("README.txt".to_owned(), b"read me".to_vec())],
            folders: &[("labels", labels)],
            at: UnixMs(1_800_000_000_000),
            recipient: &own.recipient,
        };
        let out = folder.path().join("p.tar.age");
        let stopped = bundle.write(&out, &AtomicBool::new(true)).expect_err("stopped");
        assert!(matches!(stopped, BundleError::Stopped), "{stopped}");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left");
        let written = bundle.write(&out, &AtomicBool::new(false)).expect("written");
        let bytes = fs::read(&out).expect("a file");
        assert_eq!(written.bytes, bytes.len() as u64);
        let sha256 = crate::base::hex(&Sha256::digest(&bytes));
        assert_eq!(written.sha256, sha256);
        let unknown = bundle_to("age1nobody", &bundle).write(&out, &AtomicBool::new(false));
        assert!(unknown.is_err());
    }

    fn bundle_to<'a>(recipient: &'a str, of: &Bundle<'a>) -> Bundle<'a> {
        Bundle { name: of.name.clone(), recipient, ..*of }
    }
}
