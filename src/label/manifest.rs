//! What a finished order says of itself. It names no instant: two runs of one
//! order are the same to the last byte.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::form::CHECKSUMS;
use super::issue::Job;
use super::order::Specification;
use super::preflight::Expected;
use super::reread::ReadBack;
use super::source::Caption;
use super::symbol::{EC_LEVEL, QUIET_ZONE, size_of};
use crate::base::hex;

/// Files that a manifest lists one by one. Beyond, the list is in SHA256SUMS
/// alone, lest a hundred million labels be written down twice.
const LISTED_FILES_MAX: u64 = 50_000;

#[derive(Serialize)]
pub(super) struct Manifest<'a> {
    format: &'static str,
    /// Fingerprint of everything that the bytes depend on.
    order: &'a str,
    what: &'a str,
    batch: &'a str,
    product: &'a str,
    lot: &'a str,
    layers: &'static [crate::code::Layer],
    count: u64,
    first_number: u64,
    last_number: u64,
    specification: &'a Specification,
    url_prefix: &'a str,
    symbol: SymbolFacts,
    /// What is to be expected of the print; absent where another draws.
    #[serde(skip_serializing_if = "Option::is_none")]
    preflight: Option<Expected>,
    sample: Sample<'a>,
    /// What was read again from the disk and found right.
    read_back: ReadBack,
    files: Vec<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checksums: Option<Checksums>,
}

#[derive(Serialize)]
struct SymbolFacts {
    version: u8,
    ec_level: &'static str,
    modules: u32,
    quiet_zone: u32,
}

#[derive(Serialize)]
struct Sample<'a> {
    path: &'a str,
    /// The label whose symbol it is.
    number: u64,
}

#[derive(Serialize)]
struct Entry {
    path: String,
    bytes: u64,
    sha256: String,
}

/// The list of label files.
#[derive(Serialize)]
struct Checksums {
    path: &'static str,
    /// Files listed in it.
    files: u64,
    /// Whether `files` above has them too.
    listed_here: bool,
}

impl<'a> Manifest<'a> {
    /// `stream`: the growing file, with its SHA-256; `sample`: the picture of
    /// the first label; `read_back`: what was found right.
    pub(super) fn of(
        job: &'a Job<'a>,
        caption: &'a Caption,
        version: u8,
        preflight: Option<Expected>,
        folder: &Path,
        (stream, stream_sha256): (&'static str, String),
        (sample, read_back): (&'a str, ReadBack),
    ) -> io::Result<Self> {
        let spec = job.spec;
        let mut files = vec![entry(folder, sample)?];
        files.push(Entry {
            path: stream.to_owned(),
            bytes: fs::metadata(folder.join(stream))?.len(),
            sha256: stream_sha256,
        });
        let mut checksums = None;
        if stream == CHECKSUMS {
            let (listed, count) = list(folder)?;
            checksums = Some(Checksums {
                path: CHECKSUMS,
                files: count,
                listed_here: count <= LISTED_FILES_MAX,
            });
            files.extend(listed);
        }
        Ok(Self {
            format: "zhenma-labels-1",
            order: &job.fingerprint,
            what: &job.what,
            batch: &caption.batch,
            product: &caption.product,
            lot: &caption.lot,
            layers: job.layers,
            count: spec.count,
            first_number: spec.first,
            last_number: job.last,
            specification: spec,
            url_prefix: &job.url_prefix,
            symbol: SymbolFacts {
                version,
                ec_level: EC_LEVEL,
                modules: size_of(version),
                quiet_zone: QUIET_ZONE,
            },
            preflight,
            sample: Sample { path: sample, number: spec.first },
            read_back,
            files,
            checksums,
        })
    }
}

fn entry(folder: &Path, path: &str) -> io::Result<Entry> {
    let mut bytes = Vec::new();
    File::open(folder.join(path))?.read_to_end(&mut bytes)?;
    Ok(Entry {
        path: path.to_owned(),
        bytes: bytes.len() as u64,
        sha256: hex(&Sha256::digest(&bytes)),
    })
}

/// The files of SHA256SUMS, or none of them when they are too many, and their
/// number.
fn list(folder: &Path) -> io::Result<(Vec<Entry>, u64)> {
    let mut files = Vec::new();
    let mut count = 0;
    for line in BufReader::new(File::open(folder.join(CHECKSUMS))?).lines() {
        let line = line?;
        count += 1;
        if count > LISTED_FILES_MAX {
            files = Vec::new();
            continue;
        }
        if let Some((sha256, path)) = line.split_once("  ") {
            files.push(Entry {
                path: path.to_owned(),
                bytes: fs::metadata(folder.join(path))?.len(),
                sha256: sha256.to_owned(),
            });
        }
    }
    Ok((files, count))
}
