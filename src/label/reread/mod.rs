//! A sample of an order is read back from the disk before the order is called
//! whole: by other code than that which wrote it, and for symbols by a decoder
//! that is not ours.
//!
//! Pieces are chosen over the whole order by its fingerprint, so a resumed run
//! reads the same ones. Of each the files are hashed again, and some labels,
//! its first and last among them, are decoded.

mod picture;
mod vector;
mod zpl;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::thread;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(super) use picture::{Cell, Picture};
pub(super) use vector::{pdf_pages, svg_symbols};
pub(super) use zpl::{Printed, printed};

use super::folder::{self, Folder};
use super::form::{CHECKSUMS, LabelFile};
use super::issue::IssueError;
use super::source::{Item, Source};

/// Parts of an order, of each of which one piece is read back, beside its first
/// and its last.
const PIECES: u64 = 16;
/// Items of a piece that are decoded, at most.
const ITEMS: u64 = 8;

/// Which of so many pieces are read back: the first, the last, and one of
/// every part between.
pub(super) fn chosen(fingerprint: &str, pieces: u64) -> BTreeSet<u64> {
    let parts = pieces.min(PIECES);
    let mut chosen: BTreeSet<u64> = (0..parts)
        .map(|part| {
            let (from, to) = (pieces * part / parts, pieces * (part + 1) / parts);
            let drawn = Sha256::digest(format!("{fingerprint} {part}"));
            let drawn = drawn.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte));
            from + drawn % (to - from)
        })
        .collect();
    chosen.extend(pieces.checked_sub(1).into_iter().chain((pieces > 0).then_some(0)));
    chosen
}

/// Where a chosen piece stands in the growing file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    pub piece: u64,
    pub offset: u64,
    pub bytes: u64,
}

/// Labels of one piece, with what they should be.
pub(super) struct Sample<'a> {
    /// Places of the piece in the order.
    pub places: Range<u64>,
    /// The items looked at, with their place in the piece, ascending.
    pub items: Vec<(u64, Item)>,
    /// The piece's part of the growing file, as it is on the disk.
    pub stream: Vec<u8>,
    pub folder: &'a Folder,
}

impl Sample<'_> {
    /// The file `path`, whole.
    pub(super) fn read(&self, path: &str) -> Result<Vec<u8>, IssueError> {
        let mut bytes = Vec::new();
        let mut file = self.folder.file(path)?;
        file.read_to_end(&mut bytes).map_err(|e| IssueError::io(path, e))?;
        Ok(bytes)
    }
}

/// What was read back, for the manifest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct ReadBack {
    pub items: u64,
    /// Whole files whose hash was taken again.
    pub files: u64,
}

/// Reads the pieces at `marks` of the growing file `stream`, on all cores since
/// decoding takes its time; `places` tells those of a piece.
pub(super) fn read_back(
    maker: &dyn LabelFile,
    source: &dyn Source,
    folder: &Folder,
    marks: &[Mark],
    places: impl Fn(u64) -> Range<u64> + Sync,
) -> Result<ReadBack, IssueError> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let read = |mark: &Mark| piece(maker, source, folder, mark, places(mark.piece));
    let read_some = |some: &[Mark]| some.iter().map(read).collect::<Result<Vec<_>, _>>();
    let all = thread::scope(|scope| {
        let shares = marks.chunks(marks.len().div_ceil(cores).max(1));
        let shares: Vec<_> = shares.map(|some| scope.spawn(|| read_some(some))).collect();
        let read = shares.into_iter().map(|share| share.join().unwrap_or(Err(IssueError::Lost)));
        read.collect::<Result<Vec<_>, _>>()
    })?;
    Ok(all.into_iter().flatten().fold(ReadBack::default(), |sum, piece| ReadBack {
        items: sum.items + piece.items,
        files: sum.files + piece.files,
    }))
}

/// Reads one piece, at `mark` of the growing file.
fn piece(
    maker: &dyn LabelFile,
    source: &dyn Source,
    folder: &Folder,
    mark: &Mark,
    places: Range<u64>,
) -> Result<ReadBack, IssueError> {
    let name = maker.stream();
    let stream = part(&mut folder.file(name)?, mark).map_err(|e| IssueError::io(name, e))?;
    let files = if name == CHECKSUMS { hashes(folder, &stream)? } else { 0 };
    let items = picks(places.end - places.start)
        .into_iter()
        .map(|at| Ok((at, source.items(places.start + at..places.start + at + 1)?.remove(0))))
        .collect::<Result<Vec<_>, IssueError>>()?;
    for code in items.iter().flat_map(|(_, item)| &item.codes) {
        source.proves(code).map_err(|problem| differs(name, &problem))?;
    }
    let read = ReadBack { items: items.len() as u64, files };
    maker.reread(&Sample { places, items, stream, folder })?;
    Ok(read)
}

/// Places spread over a piece of so many items.
fn picks(items: u64) -> BTreeSet<u64> {
    let last = items.saturating_sub(1);
    (0..ITEMS).map(|at| last * at / (ITEMS - 1)).collect()
}

fn part(growing: &mut File, mark: &Mark) -> io::Result<Vec<u8>> {
    growing.seek(SeekFrom::Start(mark.offset))?;
    let mut bytes = Vec::new();
    growing.take(mark.bytes).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Takes the hash of every file in `lines` again, and returns their number.
fn hashes(folder: &Folder, lines: &[u8]) -> Result<u64, IssueError> {
    let mut files = 0;
    for line in String::from_utf8_lossy(lines).lines() {
        let (sha256, path) =
            line.split_once("  ").ok_or_else(|| differs(CHECKSUMS, "a line is not whole"))?;
        let found = folder::sha256(&mut folder.file(path)?).map_err(|e| IssueError::io(path, e))?;
        if found != sha256 {
            return Err(differs(path, "its bytes are not those that were written"));
        }
        files += 1;
    }
    Ok(files)
}

/// Refuses a label of item `number` that reads otherwise than `expected`.
pub(super) fn same(
    path: &str,
    number: u64,
    expected: &str,
    read: Result<String, String>,
) -> Result<(), IssueError> {
    match read {
        Ok(read) if read == expected => Ok(()),
        Ok(_) => Err(differs(path, &format!("label {number} holds another text than it should"))),
        Err(problem) => Err(differs(path, &format!("label {number} does not read: {problem}"))),
    }
}

/// As [`same`] for a label that should be there.
pub(super) fn missing(path: &str, number: u64) -> IssueError {
    differs(path, &format!("label {number} is not there"))
}

pub(super) fn differs(path: &str, problem: &str) -> IssueError {
    IssueError::ReadBack { path: path.to_owned(), problem: problem.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::code::Layer;
    use crate::keys::{Signer as _, development};
    use crate::label::folder::Found;
    use crate::label::form::{Facts, label_file};
    use crate::label::mint::Mint;
    use crate::label::source::{Caption, Signed};
    use crate::label::template::builtin;
    use crate::label::{Drawing, Encoding, Form, Kind, Packing, Pairs, Specification};

    #[test]
    fn chosen_pieces_are_spread_and_the_same_each_time() {
        for pieces in [0, 1, 2, 15, 16, 17, 4_167, 20_000] {
            let some = chosen("f00d", pieces);
            assert_eq!(some, chosen("f00d", pieces));
            assert!(some.len() as u64 >= pieces.min(PIECES), "{pieces}: {some:?}");
            assert!(some.iter().all(|piece| *piece < pieces));
            assert_eq!(some.first().copied(), pieces.min(1).checked_sub(1));
            assert_eq!(some.last().copied(), pieces.checked_sub(1));
        }
        assert_ne!(chosen("f00d", 20_000), chosen("beef", 20_000));
        assert_eq!(picks(1), BTreeSet::from([0]));
        assert_eq!(picks(3), BTreeSet::from([0, 1, 2]));
        assert_eq!(picks(500).len(), 8);
        assert_eq!(picks(500).last(), Some(&499));
    }

    /// Every form of an order, with whatever changes how it is read.
    fn forms() -> Vec<Specification> {
        let mut out = Vec::new();
        for kind in Kind::ALL {
            let spec = Specification::new(kind, 0, 70);
            let mut add = |change: &dyn Fn(&mut Specification)| {
                let mut spec = spec.clone();
                change(&mut spec);
                out.push(spec);
            };
            add(&|_| {});
            add(&|spec| spec.pairs = Pairs::Together);
            add(&|spec| match &mut spec.form {
                Form::Csv(form) => {
                    (form.items_a_file, form.encoding) = (Some(40), Encoding::Gbk);
                }
                Form::Svg(form) | Form::Png(form) => form.packing = Packing::Zip(40),
                Form::Pdf(form) => form.items_a_file = 35,
                Form::Zpl(form) => form.drawing = Drawing::Printer,
            });
            add(&|spec| {
                if let Form::Svg(form) | Form::Png(form) = &mut spec.form {
                    form.packing = Packing::Sheets(Box::new(builtin("a4-35").unwrap()));
                }
                if let Form::Zpl(form) = &mut spec.form {
                    *form.template = builtin("roll-30x40x3").unwrap();
                }
            });
        }
        out
    }

    #[test]
    fn a_label_of_another_code_is_found_in_every_kind() {
        let signer = development::signer(1).unwrap();
        let mint = |secret: u8| {
            Mint::new(&signer, signer.key(), 3, &[secret; 32], "https://id.example.cn").unwrap()
        };
        let layers = &[Layer::Outer, Layer::Inner];
        let caption =
            Arc::new(Caption { product: "李耳小磨香油".to_owned(), ..Caption::default() });
        let source = |mint| Signed {
            mint,
            caption: caption.clone(),
            layers,
            first: 0,
            picked: None,
            sscc: None,
        };
        let (right, wrong) = (mint(1), mint(2));
        for spec in forms() {
            let room = tempfile::tempdir().unwrap();
            let Found::Work(folder, _) = Folder::open(room.path(), "f00d", "a test").unwrap()
            else {
                panic!("an empty folder")
            };
            let version = 6;
            let maker = label_file(&spec, Facts { layers, version });
            let places = 0..maker.piece().min(spec.count);
            let piece = maker.render(&source(&right), places.clone(), &folder).unwrap();
            std::fs::write(room.path().join(maker.stream()), &piece).unwrap();
            let marks = [Mark { piece: 0, offset: 0, bytes: piece.len() as u64 }];
            let read =
                |mint| read_back(&*maker, &source(mint), &folder, &marks, |_| places.clone());
            let sum = read(&right).unwrap_or_else(|e| panic!("{spec:?}: {e}"));
            assert_eq!(sum.items, places.end.min(ITEMS), "{spec:?}");
            assert_eq!(sum.files > 0, maker.stream() == CHECKSUMS);
            let said = read(&wrong).expect_err("labels of another order").to_string();
            assert!(said.contains("holds another text"), "{spec:?}: {said}");
        }
    }
}
