//! The engine that issues an order: running numbers in, files out, on all
//! cores, in memory that does not grow with the count.
//!
//! Work is cut into pieces. Each core makes every n-th piece and hands it over
//! through a channel of two; the pieces are taken in turn, so the output is in
//! order and never more than a few pieces wait.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use sha2::{Digest, Sha256};

use super::folder::{Folder, Found, Journal};
use super::kind::{LabelFile, Piece, label_file};
use super::manifest::Manifest;
use super::mint::Mint;
use super::order::{Kind, Order, Specification, hex};
use super::png::png;
use super::svg::svg;
use super::symbol::{Symbol, SymbolError};
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
        other => other,
    })
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
    spec.check(order.batch_count).map_err(IssueError::Specification)?;
    let mint = Mint::new(signer, order.key, order.batch, &order.secret, &order.public_url)?;
    let first = Symbol::of(&mint.code(Layer::Outer, spec.first)?.url)?;
    let maker = label_file(order, first.version());
    let fingerprint = order.fingerprint();
    let what = format!(
        "batch {}, numbers {} to {} as {}",
        order.caption.batch,
        spec.first,
        spec.last(),
        spec.kind
    );
    let (folder, journal) = match Folder::open(out, &fingerprint, &what)? {
        Found::Complete => {
            progress(spec.count);
            return Ok(Issued::Complete);
        }
        Found::Work(folder, journal) => (folder, journal),
    };
    let (sample, picture) = sample_of(spec, &first);
    folder.write(sample, &picture).map_err(|e| IssueError::io(sample, e))?;

    let run = Run { spec, maker: &*maker, folder: &folder, mint: &mint };
    let mut stream = Stream::open(&run, journal)?;
    progress(run.labels_in(stream.journal.pieces));
    if !run.make(&mut stream, progress, cancel)? {
        return Ok(Issued::Cancelled { labels: run.labels_in(stream.journal.pieces) });
    }
    let name = run.maker.stream();
    let sha256 = hex(&stream.hash.finalize());
    Manifest::of(order, &fingerprint, &what, first.version(), out, (name, sha256), sample)
        .map_err(|e| IssueError::io(name, e))
        .and_then(|manifest| folder.complete(&stream.file, &manifest))?;
    Ok(Issued::Complete)
}

fn sample_of(spec: &Specification, symbol: &Symbol) -> (&'static str, Vec<u8>) {
    match spec.kind {
        Kind::Svg | Kind::Pdf => ("sample.svg", svg(symbol, spec.module_um).into_bytes()),
        Kind::Csv | Kind::Png => ("sample.png", png(symbol, spec.module_px)),
    }
}

struct Run<'a> {
    spec: &'a Specification,
    maker: &'a dyn LabelFile,
    folder: &'a Folder,
    mint: &'a Mint<'a>,
}

impl Run<'_> {
    fn pieces(&self) -> u64 {
        self.spec.count.div_ceil(self.maker.piece())
    }

    fn labels_in(&self, pieces: u64) -> u64 {
        (pieces * self.maker.piece()).min(self.spec.count)
    }

    fn numbers(&self, piece: u64) -> Range<u64> {
        self.spec.first + self.labels_in(piece)..self.spec.first + self.labels_in(piece + 1)
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
            let mut write = |path: &str, content: &[u8]| self.folder.write(path, content);
            let made = self.maker.render(self.mint, self.numbers(piece), &mut write);
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
    /// Whether whole files are made beside it.
    files: bool,
    file: File,
    hash: Sha256,
    journal: Journal,
}

impl<'a> Stream<'a> {
    fn open(run: &Run<'a>, journal: Journal) -> Result<Self, IssueError> {
        let name = run.maker.stream();
        let (file, hash) = run.folder.resume(name, &journal)?;
        let files = run.maker.makes_files();
        let mut stream = Self { name, folder: run.folder, files, file, hash, journal };
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
        self.write(piece)?;
        self.journal.pieces += 1;
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<(), IssueError> {
        self.journal.stream_sha256 = hex(&self.hash.clone().finalize());
        self.folder.checkpoint(&self.file, self.files, &self.journal)
    }
}
