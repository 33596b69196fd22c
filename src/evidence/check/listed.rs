//! The files: what the statement binds, what the manifest binds, and their order.

use std::collections::BTreeMap;

use crate::evidence::check::locate::changed_byte;
use crate::evidence::check::open::{Found, Opened, is_sound};
use crate::evidence::check::signed::Signed;
use crate::evidence::check::{Fault, Report};
use crate::evidence::digest::{CHUNK_BYTES, Chunk, FileRecord};
use crate::evidence::manifest::{
    MANIFEST, Manifest, SHA256SUMS, SM3SUMS, STATEMENT, Statement, TIMESTAMP, TIMESTAMP_QUERY, sums,
};

/// Contents by path, mended where one byte was wrong.
pub(super) type Contents = BTreeMap<String, Vec<u8>>;

/// The manifest, as the statement binds it.
pub(super) fn manifest(
    opened: &Opened<'_>,
    statement: Option<&Statement>,
    report: &mut Report,
) -> Option<Manifest> {
    let Some(found) = opened.get(MANIFEST) else {
        report.fault(Fault::new("missing", "is not in the package").of(MANIFEST));
        return None;
    };
    let bytes = match statement {
        Some(statement) => compared(opened, found, &statement.manifest, report),
        None => Some(opened.content(found).to_vec()),
    };
    match Manifest::read(bytes.as_deref().unwrap_or(opened.content(found))) {
        Ok(manifest) => {
            if statement.is_some() && bytes.is_some() {
                report.holds(format!(
                    "the statement binds the manifest of {} files",
                    manifest.files.len()
                ));
            }
            Some(manifest)
        }
        Err(error) => {
            report.fault(Fault::new("manifest", error.to_string()));
            None
        }
    }
}

/// Checks every file that is or should be there. The contents of labels' files.
pub(super) fn files(
    opened: &Opened<'_>,
    manifest: &Manifest,
    signed: &Signed,
    report: &mut Report,
) -> Contents {
    names(opened, manifest, signed.statement.as_ref(), report);
    let mut contents = Contents::new();
    let mut good = 0;
    for record in &manifest.files {
        let Some(found) = opened.get(&record.path) else { continue };
        if let Some(bytes) = compared(opened, found, record, report) {
            good += usize::from(bytes == opened.content(found));
            if record.path.starts_with("units/") {
                contents.insert(record.path.clone(), bytes);
            }
        }
    }
    if good == manifest.files.len() {
        report.holds(format!("SHA-256 and SM3 of all {good} files are as the manifest has them"));
    }
    contents
}

/// Names in the order in which they should stand.
fn expected(manifest: &Manifest, statement: Option<&Statement>) -> Vec<String> {
    let dated = statement
        .and_then(|s| s.timestamp.as_ref())
        .is_some_and(|timestamp| timestamp.problem.is_none());
    let stamp = if dated { &[TIMESTAMP_QUERY, TIMESTAMP][..] } else { &[] };
    let behind = [STATEMENT].iter().chain(stamp).chain(&[SM3SUMS, SHA256SUMS]);
    std::iter::once(MANIFEST)
        .chain(manifest.files.iter().map(|file| file.path.as_str()))
        .chain(behind.copied())
        .map(str::to_owned)
        .collect()
}

/// What is missing, was added, renamed, or stands elsewhere.
fn names(
    opened: &Opened<'_>,
    manifest: &Manifest,
    statement: Option<&Statement>,
    report: &mut Report,
) {
    let expected = expected(manifest, statement);
    for found in opened.found.iter().filter(|found| !is_sound(found)) {
        let says =
            "has a path that no package has: it may lead out of the folder it is unpacked in";
        report.fault(Fault::new("path", says).of(&found.path));
    }
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    opened.found.iter().for_each(|found| *count.entry(&found.path).or_default() += 1);
    let is_expected = |path: &str| expected.iter().any(|name| name == path);
    let mut strange: Vec<&Found> =
        opened.found.iter().filter(|found| !is_expected(&found.path)).collect();
    for (path, _) in count.iter().filter(|(_, n)| **n > 1) {
        report.fault(Fault::new("twice", "stands in the package more than once").of(path));
    }
    for name in expected.iter().filter(|name| !count.contains_key(name.as_str())) {
        let record = manifest.files.iter().find(|file| file.path == **name);
        let same = |found: &&Found| {
            record.is_some_and(|record| {
                FileRecord::of(&record.path, opened.content(found)) == *record
            })
        };
        match strange.iter().position(same) {
            Some(at) => {
                let says = format!("was renamed: it stands here as {:?}", strange.remove(at).path);
                report.fault(Fault::new("renamed", says).of(name));
            }
            None => report.fault(Fault::new("missing", "is not in the package").of(name)),
        }
    }
    for found in strange {
        let (at, bytes) = (found.content.start as u64, found.content.len() as u64);
        let fault = Fault::new("added", "is in the package and not in the manifest");
        report.fault(fault.of(&found.path).at(at, Some(0), bytes));
    }
    order(opened, &expected, report);
}

/// The first file that stands where another should, among those that both have.
fn order(opened: &Opened<'_>, expected: &[String], report: &mut Report) {
    let is = opened.found.iter().map(|found| &found.path).filter(|path| expected.contains(path));
    let here = |name: &&String| opened.get(name).is_some();
    let moved = expected.iter().filter(here).zip(is).find(|(wanted, is)| wanted != is);
    if let Some((wanted, is)) = moved {
        let says = format!("stands where {wanted} should: files were re-ordered");
        report.fault(Fault::new("order", says).of(is));
    }
}

/// The content of a file, as its record has it; `None` where it cannot be mended.
/// Tells every difference.
pub(super) fn compared(
    opened: &Opened<'_>,
    found: &Found,
    record: &FileRecord,
    report: &mut Report,
) -> Option<Vec<u8>> {
    let content = opened.content(found);
    let is = FileRecord::of(&record.path, content);
    if is == *record {
        return Some(content.to_vec());
    }
    if is.sha256 == record.sha256 {
        let says = "its SHA-256 is right, and another of its hashes is not: they contradict";
        report.fault(Fault::new("hashes", says).of(&record.path));
        return Some(content.to_vec());
    }
    if found.packed {
        let says = "is compressed, which no file of a package is";
        report.fault(Fault::new("content", says).of(&record.path));
        return None;
    }
    mended(found, content, &record.path, &record.chunks(), record.bytes, report)
}

/// Tells which bytes are not as the chunks have them.
fn mended(
    found: &Found,
    content: &[u8],
    path: &str,
    chunks: &[Chunk],
    length: u64,
    report: &mut Report,
) -> Option<Vec<u8>> {
    let mut good = content.to_vec();
    let mut whole = true;
    let start = found.content.start as u64;
    for (i, (bytes, chunk)) in content.chunks(CHUNK_BYTES).zip(chunks).enumerate() {
        if chunk.is_of(bytes) {
            continue;
        }
        let first = (i * CHUNK_BYTES) as u64;
        match changed_byte(bytes, chunk).filter(|_| content.len() as u64 == length) {
            Some(byte) => {
                let at = first + byte.at as u64;
                good[at as usize] = byte.was;
                let says = format!("one byte was changed from {:02x} to {:02x}", byte.was, byte.is);
                report.fault(Fault::new("content", says).of(path).at(start + at, Some(at), 1));
            }
            None => {
                whole = false;
                let says = "was changed in more than one byte among these";
                let fault = Fault::new("content", says).of(path);
                report.fault(fault.at(start + first, Some(first), bytes.len() as u64));
            }
        }
    }
    if content.len() as u64 != length {
        let says = format!("is {} bytes long and should be {length}", content.len());
        report.fault(Fault::new("length", says).of(path).at(start, Some(0), content.len() as u64));
        return None;
    }
    whole.then_some(good)
}

/// What `SHA256SUMS` and the container say of a file that nothing signed binds.
pub(super) fn told_beside(opened: &Opened<'_>, found: &Found) -> Option<Chunk> {
    let sums = opened.get(SHA256SUMS)?;
    let text = std::str::from_utf8(opened.content(sums)).ok()?;
    let line = text.lines().find(|line| line.get(64..) == Some(&format!("  {}", found.path)))?;
    Some(Chunk { crc32: format!("{:08x}", found.crc32), sha256: line.get(..64)?.to_owned() })
}

/// A small file by what stands beside it, told where it is not so.
pub(super) fn beside(opened: &Opened<'_>, found: &Found, report: &mut Report) -> Option<Vec<u8>> {
    let content = opened.content(found);
    let told = told_beside(opened, found)?;
    if content.len() > CHUNK_BYTES || told.is_of(content) {
        return None;
    }
    let byte = changed_byte(content, &told)?;
    let mut good = content.to_vec();
    good[byte.at] = byte.was;
    let at = byte.at as u64;
    let says = format!("one byte was changed from {:02x} to {:02x}", byte.was, byte.is);
    let fault = Fault::new("content", says).of(&found.path);
    report.fault(fault.at(found.content.start as u64 + at, Some(at), 1));
    Some(good)
}

/// Checks `SM3SUMS` and `SHA256SUMS`, which follow from all others. The files that
/// no manifest lists, as they must be: what the container says of them is bound by
/// nothing else.
pub(super) fn own(
    opened: &Opened<'_>,
    manifest: &Manifest,
    signed: &Signed,
    report: &mut Report,
) -> Vec<FileRecord> {
    let mut records = Vec::new();
    let mut add = |path: &str, content: &[u8]| records.push(FileRecord::of(path, content));
    add(MANIFEST, &manifest.to_bytes());
    for path in [STATEMENT, TIMESTAMP_QUERY, TIMESTAMP] {
        let content = match signed.mended.get(path) {
            Some(bytes) => Some(bytes.as_slice()),
            None => opened.get(path).map(|found| opened.content(found)),
        };
        if let Some(content) = content {
            add(path, content);
        }
    }
    let mut own = records.clone();
    records.splice(1..1, manifest.files.iter().cloned());
    let sm3 = sums(&records).1;
    same(opened, SM3SUMS, &sm3, report);
    records.push(FileRecord::of(SM3SUMS, &sm3));
    let sha256 = sums(&records).0;
    same(opened, SHA256SUMS, &sha256, report);
    // What no signature was found to hold of is not known to be as it must be.
    own.retain(|file| match file.path.as_str() {
        TIMESTAMP_QUERY | TIMESTAMP => report.dated_at.is_some(),
        _ => signed.statement.is_some(),
    });
    own.extend([FileRecord::of(SM3SUMS, &sm3), FileRecord::of(SHA256SUMS, &sha256)]);
    own
}

/// Tells where a file is not what it must be.
fn same(opened: &Opened<'_>, path: &str, wanted: &[u8], report: &mut Report) {
    let Some(found) = opened.get(path) else { return };
    let is = opened.content(found);
    if is == wanted {
        return;
    }
    let at = is.iter().zip(wanted).take_while(|(a, b)| a == b).count();
    let differ = is.iter().zip(wanted).filter(|(a, b)| a != b).count();
    let count = if is.len() == wanted.len() && differ == 1 { 1 } else { (is.len() - at).max(1) };
    let says = "is not what follows from the other files";
    let fault = Fault::new("content", says).of(path);
    report.fault(fault.at((found.content.start + at) as u64, Some(at as u64), count as u64));
}
