//! Finds the files in a container that may be damaged.
//!
//! Several ways lead to them: the directory at the end, with or without what the
//! headers say, and the headers one after the other. A fault may stand in either,
//! so the one is taken under which the container, written anew, differs least
//! from what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::evidence::container::{
    self, CENTRAL, CENTRAL_BYTES, END, END_BYTES, Entry, FILES_MAX, LOCAL, LOCAL_BYTES,
};
use crate::evidence::manifest::{
    MANIFEST, Manifest, SHA256SUMS, SM3SUMS, STATEMENT, TIMESTAMP, TIMESTAMP_QUERY,
};

/// One file as it was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) path: String,
    pub(super) content: Range<usize>,
    /// Where header and directory agree on it; else that of the content.
    pub(super) crc32: u32,
    /// Packed, which nothing in a package is: its bytes are not its content.
    pub(super) packed: bool,
}

/// A package taken apart.
pub(super) struct Opened<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) found: Vec<Found>,
}

impl<'a> Opened<'a> {
    /// The first file of that name.
    pub(super) fn get(&self, path: &str) -> Option<&Found> {
        self.found.iter().find(|found| found.path == path)
    }

    pub(super) fn content(&self, found: &Found) -> &'a [u8] {
        &self.bytes[found.content.clone()]
    }

    /// How the container should look for these files.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let entry = |found: &Found| Entry {
            path: found.path.clone(),
            bytes: found.content.len() as u32,
            crc32: found.crc32,
        };
        self.found.iter().map(entry).collect()
    }

    /// Bytes that differ from the container written anew.
    fn strangeness(&self) -> usize {
        super::frame::differences(self.bytes, &self.found, &self.entries())
            .iter()
            .map(Range::len)
            .sum()
    }

    /// Names that no manifest here knows, or that stand here before. A name that is
    /// wrong in one of its two places makes the container as strange whichever is
    /// believed.
    fn strangers(&self) -> usize {
        let first = self.get(MANIFEST).or(self.found.first());
        let manifest = first.and_then(|found| Manifest::read(self.content(found)).ok());
        let listed = |path: &str| {
            let mut files = manifest.iter().flat_map(|manifest| &manifest.files);
            OWN.contains(&path) || files.any(|file| file.path == path)
        };
        let mut seen = BTreeSet::new();
        self.found.iter().filter(|f| !seen.insert(f.path.as_str()) || !listed(&f.path)).count()
    }
}

/// Files that the manifest does not list.
const OWN: [&str; 6] = [MANIFEST, STATEMENT, TIMESTAMP_QUERY, TIMESTAMP, SM3SUMS, SHA256SUMS];

/// `None` where no way leads to a manifest and a statement.
pub(super) fn open(bytes: &[u8]) -> Option<Opened<'_>> {
    [by_directory(bytes, false), by_directory(bytes, true), by_headers(bytes)]
        .into_iter()
        .map(|found| Opened { bytes, found })
        .filter(|opened| opened.get(MANIFEST).is_some() || opened.get(STATEMENT).is_some())
        .min_by_key(|opened| (opened.strangeness(), opened.strangers()))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    let two = bytes.get(at..at.checked_add(2)?)?;
    Some(usize::from(u16::from_le_bytes([two[0], two[1]])))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

/// What a local header says, and where its content begins.
struct Header {
    path: String,
    content_at: usize,
    bytes: usize,
    crc32: u32,
    method: usize,
}

fn header(bytes: &[u8], at: usize) -> Option<Header> {
    let name_at = at.checked_add(LOCAL_BYTES)?;
    let name = u16_at(bytes, at.checked_add(26)?)?;
    let extra = u16_at(bytes, at + 28)?;
    let path = bytes.get(name_at..name_at.checked_add(name)?)?;
    Some(Header {
        path: String::from_utf8_lossy(path).into_owned(),
        content_at: name_at + name + extra,
        bytes: u32_at(bytes, at + 18)? as usize,
        crc32: u32_at(bytes, at + 14)?,
        method: u16_at(bytes, at + 8)?,
    })
}

/// One after the other from the start, as long as headers follow.
fn by_headers(bytes: &[u8]) -> Vec<Found> {
    let lines = directory(bytes);
    let crc_of: BTreeMap<&str, u32> =
        lines.iter().map(|line| (line.path.as_str(), line.crc32)).collect();
    let (mut at, mut found) = (0, Vec::new());
    while found.len() < FILES_MAX && u32_at(bytes, at) == Some(LOCAL) {
        let Some(header) = header(bytes, at) else { break };
        let end = header.content_at.saturating_add(header.bytes);
        if end > bytes.len() {
            break;
        }
        let content = header.content_at..end;
        let agreed = crc_of.get(header.path.as_str()) == Some(&header.crc32);
        let crc32 = if agreed { header.crc32 } else { crc32fast::hash(&bytes[content.clone()]) };
        found.push(Found { path: header.path, content, crc32, packed: header.method != 0 });
        at = end;
    }
    found
}

/// A line of the directory.
struct Line {
    path: String,
    bytes: usize,
    crc32: u32,
    at: usize,
    method: usize,
}

/// The lines of the directory, found by the end of the file.
fn directory(bytes: &[u8]) -> Vec<Line> {
    let Some(end) = end_at(bytes) else { return Vec::new() };
    let Some(mut at) = u32_at(bytes, end + 16).map(|at| at as usize) else { return Vec::new() };
    let mut lines = Vec::new();
    while lines.len() < FILES_MAX && u32_at(bytes, at) == Some(CENTRAL) {
        let Some(line) = line(bytes, at) else { break };
        at += CENTRAL_BYTES
            + [28, 30, 32].into_iter().filter_map(|i| u16_at(bytes, at + i)).sum::<usize>();
        lines.push(line);
    }
    lines
}

fn line(bytes: &[u8], at: usize) -> Option<Line> {
    let name_at = at.checked_add(CENTRAL_BYTES)?;
    let name = u16_at(bytes, at + 28)?;
    let path = bytes.get(name_at..name_at.checked_add(name)?)?;
    Some(Line {
        path: String::from_utf8_lossy(path).into_owned(),
        bytes: u32_at(bytes, at + 20)? as usize,
        crc32: u32_at(bytes, at + 16)?,
        at: u32_at(bytes, at + 42)? as usize,
        method: u16_at(bytes, at + 10)?,
    })
}

/// Where the end begins: at its place, or where something was put behind it.
fn end_at(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(END_BYTES)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    (first..=last).rev().find(|at| u32_at(bytes, *at) == Some(END))
}

/// By the directory; contents begin behind a header without extra field, as ours
/// do, or else behind what the header itself says.
fn by_directory(bytes: &[u8], headers_believed: bool) -> Vec<Found> {
    let of = |line: Line| {
        let fixed = line.at.checked_add(LOCAL_BYTES + line.path.len())?;
        let at = match header(bytes, line.at) {
            Some(header) if headers_believed => header.content_at,
            _ => fixed,
        };
        let content = at..at.checked_add(line.bytes)?;
        if content.end > bytes.len() {
            return None;
        }
        let told = u32_at(bytes, line.at.checked_add(14)?);
        let crc32 = if told == Some(line.crc32) {
            line.crc32
        } else {
            crc32fast::hash(&bytes[content.clone()])
        };
        Some(Found { path: line.path, content, crc32, packed: line.method != 0 })
    };
    directory(bytes).into_iter().filter_map(of).collect()
}

/// How many bytes were put before the beginning, where that is what happened.
pub(super) fn leading(bytes: &[u8]) -> usize {
    let begins = |at: usize| {
        u32_at(bytes, at) == Some(LOCAL)
            && bytes
                .get(at + LOCAL_BYTES..)
                .is_some_and(|name| name.starts_with(MANIFEST.as_bytes()))
    };
    let at_start = bytes.get(LOCAL_BYTES..).is_some_and(|n| n.starts_with(MANIFEST.as_bytes()));
    if at_start { 0 } else { (1..bytes.len()).find(|at| begins(*at)).unwrap_or(0) }
}

/// Whether a name is one that a package may hold.
pub(super) fn is_sound(found: &Found) -> bool {
    container::is_path(&found.path)
}
