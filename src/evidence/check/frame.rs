//! The container itself: written anew from the files and compared byte by byte.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::evidence::check::open::{Found, Opened};
use crate::evidence::check::{Fault, Report};
use crate::evidence::container::{CENTRAL_BYTES, END_BYTES, Entry, LOCAL_BYTES, tail};
use crate::evidence::digest::FileRecord;

/// Differences that are told one by one.
const TOLD_MAX: usize = 20;

/// Ranges of `bytes` that are not as the container of `entries` has them, contents
/// apart. `found` says where the contents are.
pub(super) fn differences(bytes: &[u8], found: &[Found], entries: &[Entry]) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut at = 0;
    for (found, entry) in found.iter().zip(entries) {
        // What stands before a content is its header and nothing else.
        let before = at..found.content.start.max(at);
        compare(bytes, before, &entry.local(), &mut out);
        at = found.content.end.max(at);
    }
    compare(bytes, at..bytes.len(), &tail(entries), &mut out);
    out
}

/// Adds where `bytes[place]` is not `wanted`; what is longer or shorter is one
/// range from where they part.
fn compare(bytes: &[u8], place: Range<usize>, wanted: &[u8], out: &mut Vec<Range<usize>>) {
    let is = &bytes[place.clone()];
    if is.len() != wanted.len() {
        let same = is.iter().zip(wanted).take_while(|(a, b)| a == b).count();
        // What lacks is told at the byte where it should have been.
        let end = place.end.max(place.start + same + 1);
        out.push(place.start + same..end);
        return;
    }
    for (i, _) in is.iter().zip(wanted).enumerate().filter(|(_, (a, b))| a != b) {
        let at = place.start + i;
        match out.last_mut() {
            Some(last) if last.end == at => last.end += 1,
            _ => out.push(at..at + 1),
        }
    }
}

/// Tells what of the container is not as it was written around files of which it
/// is known how they must be: header and directory may be changed alike.
pub(super) fn check<'r>(
    opened: &Opened<'_>,
    known: impl Iterator<Item = &'r FileRecord>,
    report: &mut Report,
) {
    let known: BTreeMap<&str, &FileRecord> = known.map(|file| (file.path.as_str(), file)).collect();
    let mut entries = opened.entries();
    for entry in &mut entries {
        let file = known.get(entry.path.as_str());
        if let Some(file) = file.filter(|file| file.bytes == u64::from(entry.bytes)) {
            entry.crc32 = file.crc();
        }
    }
    let all = differences(opened.bytes, &opened.found, &entries);
    for range in all.iter().take(TOLD_MAX) {
        report.fault(told(opened, &entries, range));
    }
    if all.len() > TOLD_MAX {
        let says = format!(
            "{} more places of the container are not as they were written: it was packed again",
            all.len() - TOLD_MAX
        );
        report.fault(Fault::new("container", says));
    }
    if all.is_empty() {
        report.holds("the container around the files is byte for byte as it was written");
    }
}

fn told(opened: &Opened<'_>, entries: &[Entry], range: &Range<usize>) -> Fault {
    let (at, count) = (range.start as u64, range.len() as u64);
    if range.start >= opened.bytes.len() {
        return Fault::new("container", "ends before its end").at(at, None, count);
    }
    let contents_end = opened.found.iter().map(|f| f.content.end).max().unwrap_or(0);
    let header = opened.found.iter().find(|f| {
        range.start < f.content.start && f.content.start - range.start <= LOCAL_BYTES + f.path.len()
    });
    let fault = match header {
        Some(found) if range.start < contents_end => {
            Fault::new("container", "its header is not as it was written").of(&found.path)
        }
        _ if range.start < contents_end => {
            Fault::new("container", "holds bytes that belong to no file")
        }
        _ => of_directory(contents_end, entries, range.start),
    };
    fault.at(at, None, count)
}

/// Behind the contents: the line of a file, the end, or what follows it.
fn of_directory(from: usize, entries: &[Entry], at: usize) -> Fault {
    let mut line = from;
    for entry in entries {
        line += CENTRAL_BYTES + entry.path.len();
        if at < line {
            let says = "its line in the directory is not as it was written";
            return Fault::new("container", says).of(&entry.path);
        }
    }
    if at < line + END_BYTES {
        Fault::new("container", "its end is not as it was written")
    } else {
        Fault::new("container", "something was put behind its end")
    }
}
