//! The list of what is in a package, and the statement that is signed over it.

use serde::{Deserialize, Serialize};

use crate::base::UnixMs;
use crate::evidence::EvidenceError;
use crate::evidence::container::{self, FILES_MAX};
use crate::evidence::digest::{CHUNK_BYTES, FileRecord};

/// Names this layout; another layout gets another name.
pub const FORMAT: &str = "zhenma-evidence-1";
/// Type of the signed statement.
pub const STATEMENT_TYP: &str = "zhenma-evidence-statement-1";

/// First file of every package.
pub const MANIFEST: &str = "manifest.json";
/// Behind what the manifest lists, in this order.
pub const STATEMENT: &str = "statement.jws";
pub const TIMESTAMP_QUERY: &str = "statement.tsq";
pub const TIMESTAMP: &str = "statement.tsr";
pub const SM3SUMS: &str = "SM3SUMS";
pub const SHA256SUMS: &str = "SHA256SUMS";

/// Bytes of a manifest.
pub const MANIFEST_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of a statement.
pub const STATEMENT_BYTES_MAX: usize = 256 * 1024;

/// Every file of evidence, in the order of the container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: String,
    /// Bytes of each chunk but a file's last.
    pub chunk_bytes: u64,
    pub files: Vec<FileRecord>,
}

impl Manifest {
    pub fn of(files: Vec<FileRecord>) -> Self {
        Self { format: FORMAT.to_owned(), chunk_bytes: CHUNK_BYTES as u64, files }
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = serde_json::to_vec_pretty(self).expect("texts and numbers only");
        out.push(b'\n');
        out
    }

    /// # Errors
    /// When it is none of ours, or names what no package may hold.
    pub fn read(bytes: &[u8]) -> Result<Self, EvidenceError> {
        let wrong = |problem: String| EvidenceError::Part { path: MANIFEST.into(), problem };
        if bytes.len() > MANIFEST_BYTES_MAX {
            return Err(wrong(format!("is longer than {MANIFEST_BYTES_MAX} bytes")));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(|e| wrong(e.to_string()))?;
        if manifest.format != FORMAT || manifest.chunk_bytes != CHUNK_BYTES as u64 {
            return Err(wrong(format!("is of the format {:?}, not {FORMAT}", manifest.format)));
        }
        if manifest.files.len() > FILES_MAX {
            return Err(wrong(format!("lists more than {FILES_MAX} files")));
        }
        match manifest.files.iter().find(|file| !container::is_path(&file.path)) {
            Some(file) => {
                Err(wrong(format!("lists {:?}, which is no path of a package", file.path)))
            }
            None => Ok(manifest),
        }
    }
}

/// What the office signs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    pub format: String,
    /// UUID of the package.
    pub package: String,
    pub case: CaseNamed,
    pub made_by: MadeBy,
    /// When it was asked for, RFC 3339 in UTC, by the server's clock.
    pub made_at: String,
    /// Name of the key that signs, as in the published set.
    pub key: String,
    /// Name for which that key was made.
    pub signed_for: String,
    /// The manifest: its hashes bind every file of evidence.
    pub manifest: FileRecord,
    /// What was held back, and why.
    pub left_out: Vec<LeftOut>,
    /// Where an authority was asked to date this statement.
    pub timestamp: Option<Timestamped>,
    /// Program and version that made it.
    pub made_with: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseNamed {
    pub office: String,
    pub number: String,
    pub id: String,
    /// Its entries up to this one are in the package.
    pub entries: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MadeBy {
    pub login: String,
    pub name: String,
    pub seat: String,
}

/// Something that the office holds and the package does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    pub what: String,
    pub why_zh: String,
    pub why_en: String,
}

/// The authority that was asked, and why it gave nothing if it did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timestamped {
    pub authority: String,
    pub problem: Option<String>,
}

impl Statement {
    /// The signed bytes. Line ends fill them to a multiple of three, so that
    /// base64url of them needs no padding and `base64 -d` reads it as it is.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = serde_json::to_vec_pretty(self).expect("texts and numbers only");
        out.push(b'\n');
        while !out.len().is_multiple_of(3) {
            out.push(b'\n');
        }
        out
    }

    /// # Errors
    /// When it is none of ours.
    pub fn read(bytes: &[u8]) -> Result<Self, EvidenceError> {
        let wrong = |problem: String| EvidenceError::Part { path: STATEMENT.into(), problem };
        let statement: Self = serde_json::from_slice(bytes).map_err(|e| wrong(e.to_string()))?;
        if statement.format != FORMAT {
            return Err(wrong(format!("is of the format {:?}, not {FORMAT}", statement.format)));
        }
        Ok(statement)
    }

    /// When it says that it was made.
    pub fn made_at(&self) -> Option<UnixMs> {
        let at: jiff::Timestamp = self.made_at.parse().ok()?;
        Some(UnixMs(at.as_millisecond()))
    }
}

/// Texts of `sha256sum` and of `openssl dgst -sm3`, for checking by hand.
pub fn sums(files: &[FileRecord]) -> (Vec<u8>, Vec<u8>) {
    let sha256 = files.iter().map(|f| format!("{}  {}\n", f.sha256, f.path)).collect::<String>();
    let sm3 = files.iter().map(|f| format!("SM3({})= {}\n", f.path, f.sm3)).collect::<String>();
    (sha256.into_bytes(), sm3.into_bytes())
}
