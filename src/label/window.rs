//! A file that is written nearly in order, as a ZIP is: behind each entry its writer
//! goes back to its head. The last of it stays in memory, where that costs nothing,
//! and what leaves is hashed on its way.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use sha2::{Digest, Sha256};

use super::folder;
use crate::base::hex;

/// Bytes that can be gone back over at least: an entry of an archive is smaller by far.
const BACK: usize = 1 << 18;
/// What leaves at once.
const LEAVING: usize = 1 << 18;

/// A file from its beginning on.
pub(super) struct Window {
    file: File,
    /// Bytes that left.
    left: u64,
    /// Of what left; `None` once somebody went back behind it.
    hash: Option<Sha256>,
    /// What follows what left.
    kept: Vec<u8>,
    /// Where the next byte goes, from the beginning of `kept`.
    at: usize,
}

impl Window {
    pub(super) fn new(file: File) -> Self {
        let kept = Vec::with_capacity(BACK + LEAVING);
        Self { file, left: 0, hash: Some(Sha256::new()), kept, at: 0 }
    }

    /// Writes what is kept, and gives the file with the SHA-256 of all of it, in
    /// hexadecimal.
    pub(super) fn finish(mut self) -> io::Result<(File, String)> {
        self.leave(self.kept.len())?;
        if let Some(hash) = self.hash {
            return Ok((self.file, hex(&hash.finalize())));
        }
        self.file.rewind()?;
        let sha256 = folder::sha256(&mut self.file)?;
        Ok((self.file, sha256))
    }

    /// Lets the first `bytes` of what is kept go.
    fn leave(&mut self, bytes: usize) -> io::Result<()> {
        self.file.write_all(&self.kept[..bytes])?;
        if let Some(hash) = &mut self.hash {
            hash.update(&self.kept[..bytes]);
        }
        self.kept.drain(..bytes);
        self.left += bytes as u64;
        self.at = self.at.saturating_sub(bytes);
        Ok(())
    }

    fn position(&self) -> u64 {
        self.left + self.at as u64
    }
}

impl Write for Window {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let over = bytes.len().min(self.kept.len() - self.at);
        self.kept[self.at..self.at + over].copy_from_slice(&bytes[..over]);
        self.kept.extend_from_slice(&bytes[over..]);
        self.at += bytes.len();
        if self.at == self.kept.len() && self.kept.len() >= BACK + LEAVING {
            self.leave(self.kept.len() - BACK)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Window {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let end = self.left + self.kept.len() as u64;
        let wanted = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position().checked_add_signed(by),
            SeekFrom::End(by) => end.checked_add_signed(by),
        };
        let wanted = wanted.filter(|position| *position <= end);
        let outside = || io::Error::new(io::ErrorKind::InvalidInput, "outside of the file");
        let wanted = wanted.ok_or_else(outside)?;
        if wanted < self.left {
            self.take_back(wanted)?;
        }
        self.at = usize::try_from(wanted - self.left).map_err(io::Error::other)?;
        Ok(wanted)
    }
}

impl Window {
    /// Keeps what left from `position` on once more; the hash is taken at the end.
    fn take_back(&mut self, position: u64) -> io::Result<()> {
        self.hash = None;
        self.file.seek(SeekFrom::Start(position))?;
        let mut kept = Vec::new();
        (&mut self.file).take(self.left - position).read_to_end(&mut kept)?;
        self.file.seek(SeekFrom::Start(position))?;
        kept.append(&mut self.kept);
        (self.kept, self.left) = (kept, position);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a window makes of writes, each at a distance back from the end.
    fn written(steps: &[(u64, Vec<u8>)]) -> (Vec<u8>, Vec<u8>, String) {
        let mut plain = io::Cursor::new(Vec::new());
        let mut window = Window::new(tempfile::tempfile().expect("a file"));
        for (back, bytes) in steps {
            let end = plain.get_ref().len() as u64;
            let to = SeekFrom::Start(end - back.min(&end));
            assert_eq!(plain.seek(to).expect("inside"), window.seek(to).expect("inside"));
            plain.write_all(bytes).expect("in memory");
            window.write_all(bytes).expect("written");
            assert_eq!(plain.position(), window.stream_position().expect("a position"));
        }
        let (mut file, sha256) = window.finish().expect("finished");
        let mut found = Vec::new();
        file.rewind().expect("a file");
        file.read_to_end(&mut found).expect("read");
        (plain.into_inner(), found, sha256)
    }

    #[test]
    fn what_is_written_back_and_forth_is_the_file_and_its_hash() {
        let bytes = |n: usize, salt: u8| (0..n).map(|i| (i % 251) as u8 ^ salt).collect::<Vec<_>>();
        let entries: Vec<_> = (0..3_000)
            .flat_map(|n| [(0, bytes(600, n as u8)), (600, bytes(30, 255)), (0, bytes(9, 1))])
            .collect();
        let far = vec![
            (0, bytes(2_000_000, 3)),
            (1_900_000, bytes(10, 9)),
            (5, bytes(1_500_000, 7)),
            (3_000_000, bytes(4, 8)),
        ];
        for steps in [entries, far, vec![(0, bytes(BACK + LEAVING, 2)), (1, bytes(3, 4))], vec![]] {
            let (wanted, found, sha256) = written(&steps);
            assert_eq!(wanted.len(), found.len());
            assert!(wanted == found);
            assert_eq!(sha256, hex(&Sha256::digest(&wanted)));
        }
        let mut window = Window::new(tempfile::tempfile().expect("a file"));
        assert!(window.seek(SeekFrom::Start(1)).is_err());
        assert!(window.seek(SeekFrom::Current(-1)).is_err());
    }
}
