//! From a dossier to the file.

use std::fs::File;
use std::io::{self, Cursor, Read, Write};
use std::path::PathBuf;

use crate::evidence::container::{self, Entry, FILES_MAX, PACKAGE_BYTES_MAX};
use crate::evidence::digest::FileRecord;
use crate::evidence::manifest::{
    FORMAT, MANIFEST, Manifest, SHA256SUMS, SM3SUMS, STATEMENT, STATEMENT_TYP, Statement,
    TIMESTAMP, TIMESTAMP_QUERY, Timestamped, sums,
};
use crate::evidence::{Dossier, EvidenceError, parts};
use crate::keys::jws;
use crate::keys::office::OfficeSigner;

/// Where the bytes of a file are.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Bytes(Vec<u8>),
    File(PathBuf),
}

impl Content {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(match self {
            Self::Bytes(bytes) => Box::new(Cursor::new(bytes)),
            Self::File(path) => Box::new(File::open(path)?),
        })
    }
}

/// One file with its hashes.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) record: FileRecord,
    content: Content,
}

impl Part {
    pub(super) fn of(path: &str, bytes: Vec<u8>) -> Self {
        Self { record: FileRecord::of(path, &bytes), content: Content::Bytes(bytes) }
    }

    /// A file on the disk.
    pub(super) fn file(path: &str, file: PathBuf) -> Result<Self, EvidenceError> {
        let told = |e: io::Error| EvidenceError::Part { path: path.into(), problem: e.to_string() };
        let opened = File::open(&file).map_err(told)?;
        let record = FileRecord::read(path, opened).map_err(told)?;
        Ok(Self { record, content: Content::File(file) })
    }

    fn entry(&self) -> Entry {
        let bytes = u32::try_from(self.record.bytes).unwrap_or(u32::MAX);
        Entry { path: self.record.path.clone(), bytes, crc32: self.record.crc() }
    }
}

/// A package before it is signed.
#[derive(Clone, Debug)]
pub struct Package {
    parts: Vec<Part>,
    manifest: Part,
    statement: Statement,
}

/// What an authority answered to the question for the time.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// RFC 3161 TimeStampReq and TimeStampResp, DER.
    pub query: Vec<u8>,
    pub response: Vec<u8>,
}

/// A package that can be written.
#[derive(Clone, Debug)]
pub struct Sealed {
    parts: Vec<Part>,
}

impl Package {
    /// Puts a dossier into files.
    ///
    /// # Errors
    /// For a photo that cannot be read or is not what its name says, and past
    /// the bounds.
    pub fn of(dossier: &Dossier, signer: &OfficeSigner) -> Result<Self, EvidenceError> {
        Self::of_parts(parts::all(dossier, signer)?, dossier, signer)
    }

    pub(super) fn of_parts(
        parts: Vec<Part>,
        dossier: &Dossier,
        signer: &OfficeSigner,
    ) -> Result<Self, EvidenceError> {
        let listed = parts.iter().map(|part| part.record.clone()).collect();
        let manifest = Part::of(MANIFEST, Manifest::of(listed).to_bytes());
        let statement = Statement {
            format: FORMAT.to_owned(),
            package: dossier.package.clone(),
            case: dossier.case.clone(),
            made_by: dossier.made_by.clone(),
            made_at: parts::utc(dossier.made_at),
            key: signer.kid().to_string(),
            signed_for: signer.office().to_owned(),
            manifest: manifest.record.clone(),
            left_out: dossier.left_out.clone(),
            timestamp: None,
            made_with: concat!("zhenma ", env!("CARGO_PKG_VERSION")).to_owned(),
        };
        Ok(Self { parts, manifest, statement })
    }

    /// The statement as the office signs it. `timestamp` says who was asked to
    /// date it, and what came of it if nothing did.
    pub fn sign(&self, signer: &OfficeSigner, timestamp: Option<Timestamped>) -> String {
        let statement = Statement { timestamp, ..self.statement.clone() };
        jws::sign(signer, STATEMENT_TYP, &statement.to_bytes())
    }

    /// Everything in its order, with the statement that [`Self::sign`] gave.
    ///
    /// # Errors
    /// Past the bounds of a package.
    pub fn seal(self, statement: String, stamp: Option<Stamp>) -> Result<Sealed, EvidenceError> {
        let mut parts = vec![self.manifest];
        parts.extend(self.parts);
        parts.push(Part::of(STATEMENT, statement.into_bytes()));
        if let Some(stamp) = stamp {
            parts.push(Part::of(TIMESTAMP_QUERY, stamp.query));
            parts.push(Part::of(TIMESTAMP, stamp.response));
        }
        let records = |parts: &[Part]| parts.iter().map(|p| p.record.clone()).collect::<Vec<_>>();
        let sm3 = sums(&records(&parts)).1;
        parts.push(Part::of(SM3SUMS, sm3));
        let sha256 = sums(&records(&parts)).0;
        parts.push(Part::of(SHA256SUMS, sha256));
        let sealed = Sealed { parts };
        if sealed.parts.len() > FILES_MAX {
            return Err(EvidenceError::Files { files: sealed.parts.len(), max: FILES_MAX });
        }
        let bytes = sealed.length();
        if bytes > PACKAGE_BYTES_MAX {
            return Err(EvidenceError::Large { bytes, max: PACKAGE_BYTES_MAX });
        }
        Ok(sealed)
    }
}

impl Sealed {
    fn entries(&self) -> Vec<Entry> {
        self.parts.iter().map(Part::entry).collect()
    }

    /// Bytes of the file.
    pub fn length(&self) -> u64 {
        container::length(&self.entries())
    }

    pub fn files(&self) -> usize {
        self.parts.len()
    }

    /// # Errors
    /// Those of the disk, and when a photo changed since it was hashed.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        container::write(&self.entries(), |i| self.parts[i].content.open(), out)
    }
}
