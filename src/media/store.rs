//! Files by their hash, in a folder that nothing is served from by path.

use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::base::rng;
use crate::media::intake::{self, Photo};
use crate::media::{PHOTO_BYTES_MAX, PHOTO_PIXELS_MAX, Refusal};

/// Millions of pixels that are decoded at once: one of the largest, or several
/// ordinary ones.
#[allow(clippy::cast_possible_truncation, reason = "50")]
const MEGAPIXELS_IN_WORK_MAX: u32 = (PHOTO_PIXELS_MAX / 1_000_000) as u32;

/// SHA-256 as 64 small hexadecimal digits: the name of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256Hex([u8; 32]);

impl Sha256Hex {
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// `None` for what is not 64 small hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |b: u8| match b {
            b'0'..=b'9' => Some(b - b'0'),
            b'a'..=b'f' => Some(b - b'a' + 10),
            _ => None,
        };
        let text: &[u8; 64] = text.as_bytes().try_into().ok()?;
        let mut out = [0; 32];
        for (byte, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(out))
    }
}

impl fmt::Display for Sha256Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl TryFrom<String> for Sha256Hex {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("write SHA-256 as 64 small hexadecimal digits")
    }
}

impl From<Sha256Hex> for String {
    fn from(hash: Sha256Hex) -> Self {
        hash.to_string()
    }
}

/// The folder of photos, and who may decode now.
#[derive(Clone, Debug)]
pub struct MediaStore {
    folder: Arc<Path>,
    megapixels: Arc<Semaphore>,
}

impl MediaStore {
    /// In `folder`, which is made when the first photo comes.
    pub fn at(folder: PathBuf) -> Self {
        let megapixels = Arc::new(Semaphore::new(MEGAPIXELS_IN_WORK_MAX as usize));
        Self { folder: folder.into(), megapixels }
    }

    /// [`intake`](intake::intake), off the threads that answer, and no more of it
    /// at once than memory is there for.
    ///
    /// # Errors
    /// Why it is not taken.
    pub async fn intake(&self, bytes: Vec<u8>, claimed: Option<String>) -> Result<Photo, Refusal> {
        let pixels = intake::pixels(&bytes, claimed.as_deref())?;
        let megapixels = u32::try_from(pixels.div_ceil(1_000_000)).unwrap_or(u32::MAX);
        let share = self.megapixels.acquire_many(megapixels.clamp(1, MEGAPIXELS_IN_WORK_MAX));
        // The semaphore is never closed.
        let _share = share.await.map_err(|_| Refusal::Broken)?;
        tokio::task::spawn_blocking(move || intake::intake(&bytes, claimed.as_deref()))
            .await
            // A decoder that panics was fed something that it should have refused.
            .unwrap_or(Err(Refusal::Broken))
    }

    /// Where the file of a hash lies.
    pub fn path(&self, hash: &Sha256Hex) -> PathBuf {
        let name = hash.to_string();
        self.folder.join(&name[..2]).join(&name)
    }

    /// Writes a file under its hash and gives that: on disk before it answers,
    /// whole or not at all. A file that is there stays.
    ///
    /// # Errors
    /// Of the disk.
    pub async fn put(&self, bytes: Vec<u8>) -> io::Result<Sha256Hex> {
        let store = self.clone();
        off_the_threads(move || store.write(&bytes)).await
    }

    fn write(&self, bytes: &[u8]) -> io::Result<Sha256Hex> {
        let hash = Sha256Hex::of(bytes);
        let path = self.path(&hash);
        if path.exists() {
            return Ok(hash);
        }
        let folder = path.parent().unwrap_or(&self.folder);
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let temporary = folder.join(format!(".{:016x}", u64::from_be_bytes(rng::bytes())));
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .and_then(|()| std::fs::rename(&temporary, &path));
        if written.is_err() {
            // What is left of it is nobody's.
            let _ = std::fs::remove_file(&temporary);
        }
        written.and_then(|()| File::open(folder)?.sync_all()).map(|()| hash)
    }

    /// A file by its hash; `None` where it is not there. One whose bytes are not
    /// what its name says is an error: evidence that changed is none.
    ///
    /// # Errors
    /// Of the disk.
    pub async fn get(&self, hash: &Sha256Hex) -> io::Result<Option<Vec<u8>>> {
        let (path, hash) = (self.path(hash), *hash);
        off_the_threads(move || {
            let file = match File::open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                other => other?,
            };
            let mut bytes = Vec::new();
            file.take(PHOTO_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
            if Sha256Hex::of(&bytes) == hash {
                Ok(Some(bytes))
            } else {
                Err(io::Error::new(io::ErrorKind::InvalidData, "a photo is not what its name says"))
            }
        })
        .await
    }

    /// Whether the file of a hash is there.
    ///
    /// # Errors
    /// Of the disk.
    pub async fn has(&self, hash: &Sha256Hex) -> io::Result<bool> {
        let path = self.path(hash);
        off_the_threads(move || path.try_exists()).await
    }

    /// Deletes a file; one that is not there is deleted already.
    ///
    /// # Errors
    /// Of the disk.
    pub async fn remove(&self, hash: &Sha256Hex) -> io::Result<()> {
        let path = self.path(hash);
        off_the_threads(move || match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
        .await
    }
}

async fn off_the_threads<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|e| Err(io::Error::other(e)))
}
