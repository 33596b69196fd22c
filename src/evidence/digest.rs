//! What identifies a file: its length, SHA-256, SM3; and CRC-32 with hashes of
//! its chunks, which say where it was damaged.

use std::io::{self, Read};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sm3::Sm3;

use crate::base::hex;

/// Bytes of a chunk; the last one of a file is shorter.
pub const CHUNK_BYTES: usize = 16 * 1024;

/// One file of a package, as the manifest lists it. Hashes in small hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    pub path: String,
    pub bytes: u64,
    /// CRC-32 as ZIP has it (ISO 3309), eight digits.
    pub crc32: String,
    pub sha256: String,
    /// GB/T 32905-2016.
    pub sm3: String,
    /// CRC-32 and SHA-256 of each chunk, where there is more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chunks: Vec<Chunk>,
}

/// [`CHUNK_BYTES`] of a file, or its last ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chunk {
    pub crc32: String,
    pub sha256: String,
}

impl FileRecord {
    pub fn of(path: &str, content: &[u8]) -> Self {
        Self::read(path, content).expect("a slice can be read")
    }

    /// # Errors
    /// Those of the reader.
    pub fn read(path: &str, mut content: impl Read) -> io::Result<Self> {
        let (mut sha256, mut sm3, mut crc) = (Sha256::new(), Sm3::new(), crc32fast::Hasher::new());
        let (mut bytes, mut chunks) = (0_u64, Vec::new());
        let mut buffer = Vec::with_capacity(CHUNK_BYTES);
        loop {
            buffer.clear();
            (&mut content).take(CHUNK_BYTES as u64).read_to_end(&mut buffer)?;
            if buffer.is_empty() {
                break;
            }
            bytes += buffer.len() as u64;
            sha256.update(&buffer);
            sm3.update(&buffer);
            crc.update(&buffer);
            chunks.push(Chunk::of(&buffer));
        }
        if chunks.len() < 2 {
            chunks.clear();
        }
        Ok(Self {
            path: path.to_owned(),
            bytes,
            crc32: format!("{:08x}", crc.finalize()),
            sha256: hex(&sha256.finalize()),
            sm3: hex(&sm3.finalize()),
            chunks,
        })
    }

    /// The number that ZIP writes; 0 where the text is none.
    pub fn crc(&self) -> u32 {
        crc_of(&self.crc32)
    }

    /// The chunks by place, a file of one chunk being that chunk.
    pub(super) fn chunks(&self) -> Vec<Chunk> {
        if self.chunks.is_empty() {
            vec![Chunk { crc32: self.crc32.clone(), sha256: self.sha256.clone() }]
        } else {
            self.chunks.clone()
        }
    }
}

impl Chunk {
    fn of(bytes: &[u8]) -> Self {
        Self {
            crc32: format!("{:08x}", crc32fast::hash(bytes)),
            sha256: hex(&Sha256::digest(bytes)),
        }
    }

    pub(super) fn crc(&self) -> u32 {
        crc_of(&self.crc32)
    }

    pub(super) fn is_of(&self, bytes: &[u8]) -> bool {
        hex(&Sha256::digest(bytes)) == self.sha256
    }
}

fn crc_of(text: &str) -> u32 {
    u32::from_str_radix(text, 16).unwrap_or(0)
}
