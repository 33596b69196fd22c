//! The ZIP of a package. Nothing in it is free: files are stored as they are,
//! dates are fixed, there are no extra fields, no comments and no gaps, so the
//! list of files determines every byte that is not content. That is what lets
//! a reader write the container anew and compare it byte by byte.

use std::io::{self, Read, Write};

/// Bytes of a path.
pub const PATH_BYTES_MAX: usize = 160;
/// Files in a package.
pub const FILES_MAX: usize = 5_000;
/// Bytes of a package.
pub const PACKAGE_BYTES_MAX: u64 = 512 * 1024 * 1024;

pub(super) const LOCAL: u32 = 0x0403_4b50;
pub(super) const CENTRAL: u32 = 0x0201_4b50;
pub(super) const END: u32 = 0x0605_4b50;
/// Bytes of the fixed part of each.
pub(super) const LOCAL_BYTES: usize = 30;
pub(super) const CENTRAL_BYTES: usize = 46;
pub(super) const END_BYTES: usize = 22;
/// 1 January 1980, midnight: the first that a ZIP can say.
const DOS_DATE: u16 = 0x0021;
/// Version 1.0: stored files, no folders.
const VERSION: u16 = 10;

/// What the container says of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub path: String,
    pub bytes: u32,
    pub crc32: u32,
}

/// Whether a path may stand in a package: small letters, digits and `. _ - /`,
/// capitals in names that tools expect, no part that leads elsewhere.
pub fn is_path(path: &str) -> bool {
    let sound = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '-'])
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    path.len() <= PATH_BYTES_MAX && path.split('/').all(sound)
}

impl Entry {
    /// Header and path before the content.
    pub fn local(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(LOCAL_BYTES + self.path.len());
        out.extend(LOCAL.to_le_bytes());
        self.common(&mut out);
        out.extend(self.path.as_bytes());
        out
    }

    /// The line of the directory; `at` is where [`Self::local`] begins.
    pub fn central(&self, at: u32) -> Vec<u8> {
        let mut out = Vec::with_capacity(CENTRAL_BYTES + self.path.len());
        out.extend(CENTRAL.to_le_bytes());
        out.extend(VERSION.to_le_bytes());
        self.common(&mut out);
        // No comment, first disk, no attributes.
        out.extend([0; 10]);
        out.extend(at.to_le_bytes());
        out.extend(self.path.as_bytes());
        out
    }

    /// From "version needed" to "length of the extra field".
    fn common(&self, out: &mut Vec<u8>) {
        out.extend(VERSION.to_le_bytes());
        // No flags, method 0 (stored), midnight.
        out.extend([0; 6]);
        out.extend(DOS_DATE.to_le_bytes());
        out.extend(self.crc32.to_le_bytes());
        out.extend(self.bytes.to_le_bytes());
        out.extend(self.bytes.to_le_bytes());
        out.extend((self.path.len() as u16).to_le_bytes());
        out.extend(0_u16.to_le_bytes());
    }
}

/// The last bytes of a container of `count` files.
pub fn end(count: usize, directory_bytes: u32, directory_at: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(END_BYTES);
    out.extend(END.to_le_bytes());
    out.extend([0; 4]);
    out.extend((count as u16).to_le_bytes());
    out.extend((count as u16).to_le_bytes());
    out.extend(directory_bytes.to_le_bytes());
    out.extend(directory_at.to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    out
}

/// Directory and end for entries that begin at offset 0, one after the other.
pub fn tail(entries: &[Entry]) -> Vec<u8> {
    let mut at = 0_u32;
    let mut out = Vec::new();
    for entry in entries {
        out.extend(entry.central(at));
        at += (LOCAL_BYTES + entry.path.len()) as u32 + entry.bytes;
    }
    let directory = out.len() as u32;
    out.extend(end(entries.len(), directory, at));
    out
}

/// Bytes of the whole.
pub fn length(entries: &[Entry]) -> u64 {
    let of =
        |e: &Entry| (LOCAL_BYTES + CENTRAL_BYTES + 2 * e.path.len()) as u64 + u64::from(e.bytes);
    entries.iter().map(of).sum::<u64>() + END_BYTES as u64
}

/// Writes the container; `content` opens the file of a place in `entries`.
///
/// # Errors
/// Those of the disk, and when a file is longer or shorter than its entry says.
pub fn write<R: Read>(
    entries: &[Entry],
    mut content: impl FnMut(usize) -> io::Result<R>,
    out: &mut impl Write,
) -> io::Result<()> {
    for (i, entry) in entries.iter().enumerate() {
        out.write_all(&entry.local())?;
        let copied = io::copy(&mut content(i)?.take(u64::from(entry.bytes) + 1), out)?;
        if copied != u64::from(entry.bytes) {
            return Err(io::Error::other(format!("{} changed while it was packed", entry.path)));
        }
    }
    out.write_all(&tail(entries))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_nowhere_else() {
        for good in ["README.txt", "photos/0a.jpg", "SHA256SUMS", "units/AB2-7.json"] {
            assert!(is_path(good), "{good}");
        }
        for bad in ["", "/etc", "../x", "a/../b", "a//b", "a/", ".x", "a\\b", "a b", "-x", "照片"]
        {
            assert!(!is_path(bad), "{bad}");
        }
        assert!(!is_path(&"a".repeat(PATH_BYTES_MAX + 1)));
    }
}
