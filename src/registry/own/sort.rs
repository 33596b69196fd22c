//! Serials in the order of their texts, whatever their number: sorted in runs
//! that fit in memory, which lie on the disk and are merged.
//!
//! The ledger takes them in that order alone: rows that come sorted touch each
//! page of its index once, and rows that come at random touch one each.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Serials of one run: with their places some 15 to 40 MB.
const RUN_SERIALS: usize = 500_000;
/// Bytes that are read of a run at once.
const RUN_READ_BYTES: usize = 64 * 1024;

/// One serial of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub serial: String,
    /// Running number: its place among the serials of the file.
    pub number: u32,
    /// Physical line, from 1.
    pub line: u32,
}

/// Takes serials in any order.
pub struct Sorter {
    folder: PathBuf,
    /// Texts of the run, one behind the other.
    texts: String,
    places: Vec<Place>,
    runs: Vec<PathBuf>,
    run_serials: usize,
}

#[derive(Clone, Copy)]
struct Place {
    first: u32,
    length: u8,
    number: u32,
    line: u32,
}

impl Sorter {
    /// Keeps its runs in `folder`, which has to be there and empty.
    pub fn new(folder: &Path) -> Self {
        Self::with_runs_of(folder, RUN_SERIALS)
    }

    fn with_runs_of(folder: &Path, run_serials: usize) -> Self {
        Self {
            folder: folder.to_owned(),
            texts: String::new(),
            places: Vec::new(),
            runs: Vec::new(),
            run_serials,
        }
    }

    /// # Errors
    /// When the disk fails or is full.
    pub fn push(&mut self, serial: &str, number: u32, line: u32) -> io::Result<()> {
        let tall = || io::Error::other("a serial is longer than a run can hold");
        let first = u32::try_from(self.texts.len()).map_err(|_| tall())?;
        let length = u8::try_from(serial.len()).map_err(|_| tall())?;
        self.texts.push_str(serial);
        self.places.push(Place { first, length, number, line });
        if self.places.len() >= self.run_serials { self.spill() } else { Ok(()) }
    }

    fn text(&self, place: &Place) -> &str {
        &self.texts[place.first as usize..place.first as usize + usize::from(place.length)]
    }

    fn spill(&mut self) -> io::Result<()> {
        let mut places = std::mem::take(&mut self.places);
        places.sort_unstable_by(|a, b| (self.text(a), a.number).cmp(&(self.text(b), b.number)));
        let path = self.folder.join(format!("run-{}", self.runs.len()));
        let mut file = BufWriter::new(File::create(&path)?);
        for place in &places {
            file.write_all(&[place.length])?;
            file.write_all(self.text(place).as_bytes())?;
            file.write_all(&place.number.to_le_bytes())?;
            file.write_all(&place.line.to_le_bytes())?;
        }
        file.flush()?;
        self.runs.push(path);
        self.texts.clear();
        places.clear();
        self.places = places;
        Ok(())
    }

    /// Ends taking.
    ///
    /// # Errors
    /// When the disk fails or is full.
    pub fn finish(mut self) -> io::Result<Sorted> {
        if !self.places.is_empty() {
            self.spill()?;
        }
        Ok(Sorted { runs: self.runs })
    }
}

/// Serials that were taken; they may be gone through more than once.
pub struct Sorted {
    runs: Vec<PathBuf>,
}

impl Sorted {
    /// All of them, ascending by text, then by number.
    ///
    /// # Errors
    /// When a run cannot be read.
    pub fn iter(&self) -> io::Result<Merge> {
        let mut merge = Merge { runs: Vec::new(), next: BinaryHeap::new() };
        for (n, path) in self.runs.iter().enumerate() {
            merge.runs.push(BufReader::with_capacity(RUN_READ_BYTES, File::open(path)?));
            merge.fill(n)?;
        }
        Ok(merge)
    }
}

/// Goes through all runs at once.
pub struct Merge {
    runs: Vec<BufReader<File>>,
    next: BinaryHeap<Reverse<(Entry, usize)>>,
}

impl Merge {
    fn fill(&mut self, run: usize) -> io::Result<()> {
        if let Some(entry) = read(&mut self.runs[run])? {
            self.next.push(Reverse((entry, run)));
        }
        Ok(())
    }
}

fn read(run: &mut BufReader<File>) -> io::Result<Option<Entry>> {
    let mut length = [0; 1];
    if run.read(&mut length)? == 0 {
        return Ok(None);
    }
    let mut serial = vec![0; usize::from(length[0])];
    let (mut number, mut line) = ([0; 4], [0; 4]);
    run.read_exact(&mut serial)?;
    run.read_exact(&mut number)?;
    run.read_exact(&mut line)?;
    let serial = String::from_utf8(serial).map_err(io::Error::other)?;
    Ok(Some(Entry { serial, number: u32::from_le_bytes(number), line: u32::from_le_bytes(line) }))
}

impl Iterator for Merge {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<io::Result<Entry>> {
        let Reverse((entry, run)) = self.next.pop()?;
        Some(self.fill(run).map(|()| entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_merged_in_order_and_equals_stand_beside_each_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut sorter = Sorter::with_runs_of(folder.path(), 3);
        let serials = ["B2", "A1", "C3", "A1", "", "Z", "B", "A1", "AA"];
        for (number, serial) in (0..).zip(serials) {
            sorter.push(serial, number, number + 10).expect("taken");
        }
        let sorted = sorter.finish().expect("sorted");
        for _ in 0..2 {
            let all: Vec<_> = sorted
                .iter()
                .expect("runs")
                .map(|entry| entry.expect("an entry"))
                .map(|entry| (entry.serial, entry.number, entry.line))
                .collect();
            let mut wanted: Vec<_> = (0..)
                .zip(serials)
                .map(|(number, serial)| (serial.to_owned(), number, number + 10))
                .collect();
            wanted.sort();
            assert_eq!(all, wanted);
        }
    }

    #[test]
    fn nothing_sorted_is_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let sorted = Sorter::new(folder.path()).finish().expect("sorted");
        assert_eq!(sorted.iter().expect("runs").count(), 0);
    }
}
