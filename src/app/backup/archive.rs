//! The parts of a backup, one behind the other, and the hashes of all at its end.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{ABOUT, About, BackupError, FOLDERS, FORMAT, HASHES, KEYS, LEDGER, SCANS, at};
use crate::media::Sha256Hex;

/// Bytes of the first part; of the list of hashes, with a line of about 150 a file.
const ABOUT_BYTES_MAX: u64 = 1 << 20;
const HASHES_BYTES_MAX: u64 = 1 << 30;

/// Passes bytes on and remembers their hash.
struct Hashed<T> {
    inner: T,
    hash: Sha256,
    bytes: u64,
}

impl<T> Hashed<T> {
    fn new(inner: T) -> Self {
        Self { inner, hash: Sha256::new(), bytes: 0 }
    }

    /// A line of the list.
    fn line(self, name: &str) -> String {
        let hash = Sha256Hex::from_bytes(self.hash.finalize().into());
        format!("{hash} {} {name}\n", self.bytes)
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.hash.update(&into[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}

/// Writes parts.
pub struct Packer<W: Write> {
    tar: tar::Builder<W>,
    hashes: String,
}

impl<W: Write> Packer<W> {
    /// # Errors
    /// Of `out`.
    pub fn begin(out: W, about: &About) -> io::Result<Self> {
        let mut packer = Self { tar: tar::Builder::new(out), hashes: String::new() };
        let about = serde_json::to_vec_pretty(about).map_err(io::Error::other)?;
        packer.part(ABOUT, about.len() as u64, about.as_slice())?;
        Ok(packer)
    }

    fn part(&mut self, name: &str, bytes: u64, from: impl Read) -> io::Result<()> {
        let mut from = Hashed::new(from.take(bytes));
        self.append(name, bytes, &mut from)?;
        if from.bytes != bytes {
            return Err(io::Error::other(format!("{name} became shorter while it was read")));
        }
        self.hashes.push_str(&from.line(name));
        Ok(())
    }

    fn append(&mut self, name: &str, bytes: u64, from: impl Read) -> io::Result<()> {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes);
        header.set_mode(0o600);
        header.set_mtime(0);
        self.tar.append_data(&mut header, name, from)
    }

    /// # Errors
    /// Of the file and of `out`.
    pub fn file(&mut self, name: &str, path: &Path) -> io::Result<()> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        self.part(name, bytes, file)
    }

    /// All finished files under a folder, if it is there. One that is gone when it is its
    /// turn was deleted by who keeps the folder, and its row with it.
    ///
    /// # Errors
    /// Of a file and of `out`.
    pub fn folder(&mut self, name: &str, folder: &Path) -> Result<u64, BackupError> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(e) => return Err(at(folder)(e)),
        };
        let mut files = 0;
        for entry in entries {
            let entry = entry.map_err(at(folder))?;
            let (path, file_name) = (entry.path(), entry.file_name());
            // What begins with a dot is being made, such as spares before they are sealed.
            let file_name = file_name.to_str().filter(|name| !name.starts_with('.'));
            let Some(file_name) = file_name else { continue };
            let name = format!("{name}/{file_name}");
            let kind = entry.file_type().map_err(at(&path))?;
            if kind.is_dir() {
                files += self.folder(&name, &path)?;
            } else if kind.is_file() {
                match self.file(&name, &path) {
                    Ok(()) => files += 1,
                    Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                    Err(e) => return Err(at(&path)(e)),
                }
            }
        }
        Ok(files)
    }

    /// # Errors
    /// Of `out`.
    pub fn finish(mut self) -> io::Result<W> {
        let hashes = std::mem::take(&mut self.hashes);
        self.append(HASHES, hashes.len() as u64, hashes.as_bytes())?;
        self.tar.into_inner()
    }
}

/// Unpacks parts into an empty `folder` and compares all with their hashes.
///
/// # Errors
/// For what is no backup, of a later version, cut off or changed.
pub fn unpack(from: impl Read, folder: &Path) -> Result<About, BackupError> {
    let spoilt = |e: io::Error| {
        BackupError::Refused(format!("the backup is damaged or cut off ({e}): use another one"))
    };
    let odd = |what: &str| {
        BackupError::Refused(format!("the backup is damaged or cut off ({what}): use another one"))
    };
    let mut from = tar::Archive::new(from);
    let (mut about, mut found, mut listed) = (None::<About>, String::new(), None::<String>);
    for part in from.entries().map_err(spoilt)? {
        let mut part = part.map_err(spoilt)?;
        let name = part.path().map_err(spoilt)?.into_owned();
        let name = name.to_str().ok_or_else(|| odd("a name"))?.to_owned();
        if listed.is_some() {
            return Err(odd("a part behind its end"));
        }
        if name == HASHES {
            let mut text = String::new();
            (&mut part).take(HASHES_BYTES_MAX).read_to_string(&mut text).map_err(spoilt)?;
            listed = Some(text);
        } else if about.is_none() {
            let mut part = Hashed::new(part.take(ABOUT_BYTES_MAX));
            let read: Result<About, _> = serde_json::from_reader(&mut part);
            let read = read.map_err(|_| odd("it does not begin with what it is"))?;
            if name != ABOUT || read.format != FORMAT {
                return Err(BackupError::Refused(format!(
                    "the backup is of format {}, and this version reads {FORMAT}: restore it with \
                     zhenma {} or later",
                    read.format, read.zhenma
                )));
            }
            found.push_str(&part.line(&name));
            about = Some(read);
        } else {
            let path = placed(&name, folder).ok_or_else(|| odd("a part that is of no backup"))?;
            let mut part = Hashed::new(part);
            write(&mut part, &path)?.map_err(spoilt)?;
            found.push_str(&part.line(&name));
        }
    }
    match (about, listed) {
        (Some(about), Some(listed)) if listed == found => Ok(about),
        (_, None) => Err(odd("its end is missing")),
        _ => Err(odd("a hash differs")),
    }
}

/// Reads a part into a new file; the outer error is the file's, the inner the part's.
fn write(part: &mut impl Read, path: &Path) -> Result<io::Result<()>, BackupError> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at(folder))?;
    }
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(at(path))?;
    let mut piece = vec![0; 256 * 1024];
    loop {
        match part.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => file.write_all(&piece[..read]).map_err(at(path))?,
            Err(e) => return Ok(Err(e)),
        }
    }
    file.sync_all().map_err(at(path))?;
    Ok(Ok(()))
}

/// Where a part goes; `None` for a name that no backup has.
fn placed(name: &str, folder: &Path) -> Option<PathBuf> {
    let path = Path::new(name);
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    let first = path.components().next()?.as_os_str().to_str()?;
    let is_file = name == LEDGER || name == SCANS;
    let in_folder =
        (first == KEYS || FOLDERS.contains(&first)) && path.components().nth(1).is_some();
    (is_file || in_folder).then(|| folder.join(path))
}
