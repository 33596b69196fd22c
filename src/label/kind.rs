//! The seam for what printers take: one [`LabelFile`] a kind.

use std::io;
use std::ops::Range;

use sha2::{Digest, Sha256};

use super::csv::Table;
use super::issue::IssueError;
use super::mint::{Mint, Minted};
use super::order::{Kind, Order, hex, layer_name};
use super::png::png;
use super::sheet::{Caption, Grid, SheetLabel, sheet};
use super::svg::svg;
use super::symbol::Symbol;
use crate::code::Layer;

/// Name of the list of files, in the form that `sha256sum -c` reads.
pub(super) const CHECKSUMS: &str = "SHA256SUMS";

/// Entries in one folder, so that no file system slows down.
const FOLDER_ENTRIES_MAX: u64 = 1_000;

/// How one kind turns labels into files. What it yields is a function of the
/// order and the numbers alone, whoever calls it and in whatever order.
pub(super) trait LabelFile: Send + Sync {
    /// Name of the file that grows piece by piece.
    fn stream(&self) -> &'static str;

    /// Its first bytes.
    fn head(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Whether it makes whole files beside the stream.
    fn makes_files(&self) -> bool {
        true
    }

    /// Labels in one piece.
    fn piece(&self) -> u64;

    /// Makes one piece: whole files go to `file`, and what is returned is
    /// appended to the stream.
    fn render(&self, mint: &Mint<'_>, numbers: Range<u64>, file: &mut Sink<'_>) -> Piece;
}

/// Takes a whole file: its path below the order's folder, with `/`, and content.
pub(super) type Sink<'a> = dyn FnMut(&str, &[u8]) -> io::Result<()> + 'a;

pub(super) type Piece = Result<Vec<u8>, IssueError>;

/// The maker of the order's files; `version` is that of its symbols.
pub(super) fn label_file(order: &Order, version: u8) -> Box<dyn LabelFile> {
    let layers = order.layers();
    let spec = &order.specification;
    match spec.kind {
        Kind::Csv => Box::new(Table { inner: order.inner }),
        Kind::Svg => {
            let module = spec.module_um;
            let draw = move |symbol: &Symbol| svg(symbol, module).into_bytes();
            Box::new(Pictures { layers, version, ending: "svg", draw })
        }
        Kind::Png => {
            let module = spec.module_px;
            let draw = move |symbol: &Symbol| png(symbol, module);
            Box::new(Pictures { layers, version, ending: "png", draw })
        }
        Kind::Pdf => Box::new(Sheets {
            layers,
            version,
            first: spec.first,
            grid: Grid::new(version, spec.module_um),
            caption: order.caption.clone(),
        }),
    }
}

/// Makes one label's code and its symbol.
fn drawn(
    mint: &Mint<'_>,
    layer: Layer,
    number: u64,
    version: u8,
) -> Result<(Minted, Symbol), IssueError> {
    let minted = mint.code(layer, number)?;
    let symbol = Symbol::in_version(&minted.url, version)?;
    Ok((minted, symbol))
}

fn listed(lines: &mut Vec<u8>, path: &str, content: &[u8]) {
    lines.extend(format!("{}  {path}\n", hex(&Sha256::digest(content))).into_bytes());
}

/// One picture a label: `outer/000/012/000012345.png`.
struct Pictures<D> {
    layers: &'static [Layer],
    version: u8,
    ending: &'static str,
    draw: D,
}

impl<D: Fn(&Symbol) -> Vec<u8> + Send + Sync> LabelFile for Pictures<D> {
    fn stream(&self) -> &'static str {
        CHECKSUMS
    }

    fn piece(&self) -> u64 {
        250
    }

    fn render(&self, mint: &Mint<'_>, numbers: Range<u64>, file: &mut Sink<'_>) -> Piece {
        let mut lines = Vec::new();
        for number in numbers {
            for layer in self.layers {
                let (_, symbol) = drawn(mint, *layer, number, self.version)?;
                let content = (self.draw)(&symbol);
                let path = format!(
                    "{}/{:03}/{:03}/{number:09}.{}",
                    layer_name(*layer),
                    number / FOLDER_ENTRIES_MAX / FOLDER_ENTRIES_MAX,
                    number / FOLDER_ENTRIES_MAX % FOLDER_ENTRIES_MAX,
                    self.ending,
                );
                file(&path, &content).map_err(|e| IssueError::io(&path, e))?;
                listed(&mut lines, &path, &content);
            }
        }
        Ok(lines)
    }
}

/// Pages of labels in files of a bounded size: `outer/000/sheets-00001.pdf`.
struct Sheets {
    layers: &'static [Layer],
    version: u8,
    first: u64,
    grid: Grid,
    caption: Caption,
}

/// Labels in one PDF, about: a file that every viewer opens at once.
const SHEET_FILE_LABELS: u64 = 2_400;

impl LabelFile for Sheets {
    fn stream(&self) -> &'static str {
        CHECKSUMS
    }

    fn piece(&self) -> u64 {
        let a_page = u64::from(self.grid.labels_a_page());
        (SHEET_FILE_LABELS / a_page).max(1) * a_page
    }

    fn render(&self, mint: &Mint<'_>, numbers: Range<u64>, file: &mut Sink<'_>) -> Piece {
        let mut lines = Vec::new();
        let at = (numbers.start - self.first) / self.piece();
        for layer in self.layers {
            let labels = numbers
                .clone()
                .map(|number| {
                    let (minted, symbol) = drawn(mint, *layer, number, self.version)?;
                    Ok(SheetLabel { serial: minted.payload.to_string(), symbol })
                })
                .collect::<Result<Vec<_>, IssueError>>()?;
            let mut caption = self.caption.clone();
            if self.layers.len() > 1 {
                let name = if *layer == Layer::Inner { "内码" } else { "外码" };
                name.clone_into(&mut caption.layer);
            }
            let content = sheet(&caption, numbers.start, &labels, self.grid);
            let path =
                format!("{}/{:03}/sheets-{at:05}.pdf", layer_name(*layer), at / FOLDER_ENTRIES_MAX);
            file(&path, &content).map_err(|e| IssueError::io(&path, e))?;
            listed(&mut lines, &path, &content);
        }
        Ok(lines)
    }
}
