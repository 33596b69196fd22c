//! The engine that issues an order: running numbers in, files out, on all
//! cores, in memory that does not grow with the count.
//!
//! Work is cut into pieces. Each core makes every n-th piece and hands it over
//! through a channel of two; the pieces are taken in turn, so the output is in
//! order and never more than a few pieces wait.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use sha2::{Digest, Sha256};

use super::choices::Kind;
use super::folder::{Folder, Found, Journal};
use super::form::{CHECKSUMS, Facts, LabelFile, Piece, label_file};
use super::manifest::Manifest;
use super::mint::Mint;
use super::order::{Order, Specification};
use super::page::Words;
use super::png::png;
use super::preflight::{Expected, Fault, Looked};
use super::reread::{self, Mark};
use super::source::{Caption, Signed, Source};
use super::space;
use super::svg::svg;
use super::symbol::{Symbol, SymbolError};
use crate::base::hex;
use crate::code::Layer;
use crate::keys::{KeyError, Signer};

/// Labels between two checkpoints, at least: what a kill can cost.
const CHECKPOINT_LABELS: u64 = 20_000;

/// Pieces that one core may be ahead.
const PIECES_AHEAD: usize = 2;

/// What stops an order. What is on the disk stays; the same order goes on from
/// there.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    #[error("{0}")]
    Specification(String),
    #[error("{}", told(.0))]
    Preflight(Vec<Fault>),
    #[error(
        "disk: the files need {} more and {} are free; free some space, or name a directory on \
         another disk",
        space::told(*.needed),
        space::told(*.free)
    )]
    Room { needed: u64, free: u64 },
    /// Faults of a table of codes, by line.
    #[error("{0}")]
    Table(super::rows::TableFaults),
    #[error("directory {path}: {problem}")]
    Folder { path: String, problem: String },
    #[error("directory {path}: another run is writing there; let it end")]
    Busy { path: String },
    #[error("{path}: {}", disk(.source))]
    Disk {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error(
        "{path}: {problem}. What was written does not read back, so the order is not complete and \
         must not be printed; empty the directory and run the order again, on another disk if it \
         happens twice"
    )]
    ReadBack { path: String, problem: String },
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    #[error("a core that makes labels stopped without a word; run the same order again")]
    Lost,
}

impl IssueError {
    pub(super) fn io(path: &str, source: io::Error) -> Self {
        Self::Disk { path: path.to_owned(), source }
    }
}

fn told(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}

fn disk(error: &io::Error) -> String {
    use io::ErrorKind::{AlreadyExists, NotADirectory, PermissionDenied};
    use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match error.kind() {
        StorageFull | QuotaExceeded => {
            "the disk is full; free some space and run the same order again: it goes on where it \
             stopped"
                .to_owned()
        }
        PermissionDenied | ReadOnlyFilesystem => {
            "writing is not allowed there; name another directory or change its permissions"
                .to_owned()
        }
        AlreadyExists | NotADirectory => "a file stands there; name a directory".to_owned(),
        _ => error.to_string(),
    }
}

/// How a run ended without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issued {
    /// Every file is there, and the manifest with them.
    Complete,
    /// Cancelled with this many labels on the disk; the same order goes on.
    Cancelled { labels: u64 },
}

/// Issues `order` into the directory `out`, or goes on with it. `progress`
/// hears how many labels are made, beginning with those of earlier runs.
///
/// # Errors
/// For a specification that cannot be met, a directory that is not empty or
/// not ours, a disk or a signer that fails.
pub fn issue(
    order: &Order,
    signer: &dyn Signer,
    out: &Path,
    progress: &mut dyn FnMut(u64),
    cancel: &AtomicBool,
) -> Result<Issued, IssueError> {
    into(order, signer, out, progress, cancel).map_err(|error| match error {
        IssueError::Disk { path, source } => {
            IssueError::Disk { path: out.join(path).display().to_string(), source }
        }
        IssueError::ReadBack { path, problem } => {
            IssueError::ReadBack { path: out.join(path).display().to_string(), problem }
        }
        other => other,
    })
}

/// Empties `out`, a directory of the program's own, where it holds a run of
/// another order than this: what the labels say changed since, and nothing of
/// that run was handed out. False where it does not.
///
/// # Errors
/// For a directory that another run has, and a disk that fails.
pub fn empty_of_another(order: &Order, out: &Path) -> Result<bool, IssueError> {
    Folder::empty_of_another(out, &order.fingerprint())
}

/// As [`issue`]; files are told by their path below `out`.
fn into(
    order: &Order,
    signer: &dyn Signer,
    out: &Path,
    progress: &mut dyn FnMut(u64),
    cancel: &AtomicBool,
) -> Result<Issued, IssueError> {
    let spec = &order.specification;
    let layers = order.layers().map_err(IssueError::Specification)?;
    spec.check(order.holds()).map_err(IssueError::Specification)?;
    let mint = Mint::new(signer, order.key, order.batch, &order.secret, &order.public_url)?;
    let source = Signed {
        mint: &mint,
        caption: Arc::new(order.caption.clone()),
        layers,
        first: spec.first,
        picked: order.picked.clone(),
        sscc: order.sscc_run(),
    };
    let what = format!(
        "batch {}, numbers {} to {} as {}",
        order.caption.batch,
        spec.first,
        order.last(),
        spec.kind()
    );
    let job = Job {
        spec,
        last: order.last(),
        layers,
        url_prefix: super::mint::url_prefix(&order.public_url),
        fingerprint: order.fingerprint(),
        what,
        widest: Arc::clone(&source.caption),
    };
    job.run(&source, out, progress, cancel)
}

/// What is to be made, wherever its codes come from.
pub(super) struct Job<'a> {
    pub spec: &'a Specification,
    /// Running number of the last item.
    pub last: u64,
    pub layers: &'static [Layer],
    /// `HTTPS://HOST/`
    pub url_prefix: String,
    pub fingerprint: String,
    /// In the words of a person.
    pub what: String,
    /// The widest words that any of its labels says.
    pub widest: Arc<Caption>,
}

impl Job<'_> {
    /// Makes what is missing in `out`.
    pub(super) fn run(
        &self,
        source: &dyn Source,
        out: &Path,
        progress: &mut dyn FnMut(u64),
        cancel: &AtomicBool,
    ) -> Result<Issued, IssueError> {
        let spec = self.spec;
        let first = source.items(0..1)?.remove(0);
        let code = first.codes.first().ok_or(IssueError::Lost)?;
        let symbol = Symbol::of(&code.url)?;
        let version = symbol.version();
        let last = source.items(spec.count - 1..spec.count)?.remove(0);
        let words = Words {
            number: last.number.to_string(),
            caption: Arc::clone(&self.widest),
            ..Words::of(&first, code)
        };
        let expected = self.look(version, words)?;
        let maker = label_file(spec, Facts { layers: self.layers, version });
        let (folder, journal) = match Folder::open(out, &self.fingerprint, &self.what)? {
            Found::Complete => {
                progress(spec.count);
                return Ok(Issued::Complete);
            }
            Found::Work(folder, journal) => (folder, journal),
        };
        let (sample, picture) = sample_of(spec, &symbol);
        folder.write(sample, &picture).map_err(|e| IssueError::io(sample, e))?;

        let run = Run { spec, maker: &*maker, folder: &folder, source };
        let made = run.labels_in(journal.pieces);
        space::check(&folder, &*maker, source, spec.count, made)?;
        let chosen = reread::chosen(&self.fingerprint, run.pieces());
        let mut stream = Stream::open(&run, journal, chosen)?;
        progress(made);
        if !run.make(&mut stream, progress, cancel)? {
            return Ok(Issued::Cancelled { labels: run.labels_in(stream.journal.pieces) });
        }
        let (name, marks) = (run.maker.stream(), &stream.journal.marks);
        let places = |piece| run.places(piece);
        let read_back = reread::read_back(&*maker, source, &folder, marks, places)?;
        let stream_of = (name, hex(&stream.hash.finalize()));
        let sample = (sample, read_back);
        Manifest::of(self, &first.caption, version, expected, out, stream_of, sample)
            .map_err(|e| IssueError::io(name, e))
            .and_then(|manifest| folder.complete(&stream.file, &manifest))?;
        Ok(Issued::Complete)
    }

    /// Refuses what could not be read, before anything is made.
    fn look(&self, version: u8, words: Words) -> Result<Option<Expected>, IssueError> {
        let looked = Looked { spec: self.spec, version, prefix: &self.url_prefix, words };
        match looked.faults() {
            faults if faults.is_empty() => Ok(looked.expected()),
            faults => Err(IssueError::Preflight(faults)),
        }
    }
}

fn sample_of(spec: &Specification, symbol: &Symbol) -> (&'static str, Vec<u8>) {
    let (printer, dots) = (spec.printer(), spec.module_dots().unwrap_or(8));
    match spec.kind() {
        Kind::Svg | Kind::Pdf => ("sample.svg", svg(symbol, printer.um(dots)).into_bytes()),
        Kind::Csv | Kind::Png | Kind::Zpl => {
            ("sample.png", png(symbol, dots, Some(printer.pitch_nm)))
        }
    }
}

struct Run<'a> {
    spec: &'a Specification,
    maker: &'a dyn LabelFile,
    folder: &'a Folder,
    source: &'a dyn Source,
}

impl Run<'_> {
    fn pieces(&self) -> u64 {
        self.spec.count.div_ceil(self.maker.piece())
    }

    fn labels_in(&self, pieces: u64) -> u64 {
        (pieces * self.maker.piece()).min(self.spec.count)
    }

    fn places(&self, piece: u64) -> Range<u64> {
        self.labels_in(piece)..self.labels_in(piece + 1)
    }

    /// Makes the pieces that are missing; false when it was cancelled.
    fn make(
        &self,
        stream: &mut Stream<'_>,
        progress: &mut dyn FnMut(u64),
        cancel: &AtomicBool,
    ) -> Result<bool, IssueError> {
        let start = stream.journal.pieces;
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            let lanes: Vec<Receiver<Piece>> = (0..cores)
                .map(|core| {
                    let (sender, receiver) = sync_channel(PIECES_AHEAD);
                    let pieces = (start + core as u64..self.pieces()).step_by(cores);
                    let stop = &stop;
                    scope.spawn(move || self.core(pieces, &sender, stop));
                    receiver
                })
                .collect();
            let made = self.take(&lanes, start, stream, progress, cancel);
            stop.store(true, Ordering::Relaxed);
            // Dropped lanes wake the cores that wait to hand over.
            drop(lanes);
            // What is whole stays, however the run ended.
            let kept = stream.checkpoint();
            let made = made?;
            kept.map(|()| made)
        })
    }

    /// One core's share.
    fn core(&self, pieces: impl Iterator<Item = u64>, lane: &SyncSender<Piece>, stop: &AtomicBool) {
        for piece in pieces {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let made = self.maker.render(self.source, self.places(piece), self.folder);
            if lane.send(made).is_err() {
                return;
            }
        }
    }

    /// Takes the pieces in turn.
    fn take(
        &self,
        lanes: &[Receiver<Piece>],
        start: u64,
        stream: &mut Stream<'_>,
        progress: &mut dyn FnMut(u64),
        cancel: &AtomicBool,
    ) -> Result<bool, IssueError> {
        let every = (CHECKPOINT_LABELS / self.maker.piece()).max(1);
        for (turn, lane) in (start..self.pieces()).zip(lanes.iter().cycle()) {
            if cancel.load(Ordering::Relaxed) {
                return Ok(false);
            }
            let piece = lane.recv().map_err(|_| IssueError::Lost)??;
            stream.append(&piece)?;
            if (turn + 1) % every == 0 {
                stream.checkpoint()?;
            }
            progress(self.labels_in(turn + 1));
        }
        Ok(true)
    }
}

/// The file that grows, with its hash and its journal.
struct Stream<'a> {
    name: &'static str,
    folder: &'a Folder,
    file: File,
    hash: Sha256,
    journal: Journal,
    /// Pieces that are read back at the end.
    chosen: BTreeSet<u64>,
}

impl<'a> Stream<'a> {
    fn open(run: &Run<'a>, journal: Journal, chosen: BTreeSet<u64>) -> Result<Self, IssueError> {
        let name = run.maker.stream();
        let (file, hash) = run.folder.resume(name, &journal)?;
        let mut stream = Self { name, folder: run.folder, file, hash, journal, chosen };
        if stream.journal.stream_bytes == 0 {
            stream.write(&run.maker.head())?;
        }
        Ok(stream)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), IssueError> {
        self.file.write_all(bytes).map_err(|e| IssueError::io(self.name, e))?;
        self.hash.update(bytes);
        self.journal.stream_bytes += bytes.len() as u64;
        Ok(())
    }

    fn append(&mut self, piece: &[u8]) -> Result<(), IssueError> {
        let journal = &mut self.journal;
        if self.chosen.contains(&journal.pieces) {
            let (offset, bytes) = (journal.stream_bytes, piece.len() as u64);
            journal.marks.push(Mark { piece: journal.pieces, offset, bytes });
        }
        self.write(piece)?;
        self.journal.pieces += 1;
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<(), IssueError> {
        self.journal.stream_sha256 = hex(&self.hash.clone().finalize());
        let files = self.name == CHECKSUMS;
        self.folder.checkpoint(&self.file, files, &self.journal)
    }
}
