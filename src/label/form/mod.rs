//! The seam for what printers take: one [`LabelFile`] a kind.

pub(super) mod csv;
mod pictures;
pub(super) mod sheets;
pub(super) mod zpl;

use std::ops::Range;

use sha2::{Digest, Sha256};

use super::choices::Pairs;
use super::folder::Folder;
use super::issue::IssueError;
use super::mint::Minted;
use super::order::{Form, Packing, Specification, layer_name};
use super::page::Label;
use super::reread::Sample;
use super::source::{Item, Source};
use super::symbol::Symbol;
use crate::base::hex;
use crate::code::Layer;

/// Name of the list of files, in the form that `sha256sum -c` reads.
pub(super) const CHECKSUMS: &str = "SHA256SUMS";

/// Entries in one folder, so that no file system slows down.
const FOLDER_ENTRIES_MAX: u64 = 1_000;

/// How one kind turns items into files. What it yields is a function of the
/// order and the places alone, whoever calls it and in whatever order.
pub(super) trait LabelFile: Send + Sync {
    /// Name of the file that grows piece by piece.
    fn stream(&self) -> &'static str {
        CHECKSUMS
    }

    /// Its first bytes.
    fn head(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Items in one piece.
    fn piece(&self) -> u64;

    /// Makes the piece of the items at `places`: whole files go into
    /// `folder`, and what is returned is appended to the stream.
    fn render(&self, source: &dyn Source, places: Range<u64>, folder: &Folder) -> Piece;

    /// Reads the labels of `sample` back from the disk.
    fn reread(&self, sample: &Sample<'_>) -> Result<(), IssueError>;
}

pub(super) type Piece = Result<Vec<u8>, IssueError>;

/// What a maker needs to know besides the specification.
pub(super) struct Facts {
    pub layers: &'static [Layer],
    /// Version of every symbol.
    pub version: u8,
}

/// The maker of the files of `spec`.
pub(super) fn label_file(spec: &Specification, facts: Facts) -> Box<dyn LabelFile> {
    let sets = sets(spec.pairs, facts.layers);
    match &spec.form {
        Form::Csv(columns) => csv::table(columns, facts.layers),
        Form::Svg(pictures) | Form::Png(pictures) => match &pictures.packing {
            Packing::Sheets(template) => {
                Box::new(sheets::Pages::new(spec, template, 1, sets, facts.version))
            }
            Packing::Files => Box::new(pictures::Files(pictures::drawn(spec, &facts))),
            Packing::Zip(items) => {
                Box::new(pictures::Archives(pictures::drawn(spec, &facts), *items))
            }
        },
        Form::Pdf(form) => {
            let items = form.items_a_file;
            Box::new(sheets::Pages::new(spec, &form.template, items, sets, facts.version))
        }
        Form::Zpl(form) => Box::new(zpl::Feed::new(spec, form, sets, facts.version)),
    }
}

/// The file of `labels` as an order of `spec` has it, in memory; none where no
/// template lays them out.
pub fn file(spec: &Specification, labels: &[Label]) -> Option<Vec<u8>> {
    Some(match &spec.form {
        Form::Zpl(form) => zpl::roll(spec, form, labels),
        _ => sheets::pages(spec.kind(), spec.template()?, &spec.printer(), labels),
    })
}

/// Which codes of an item go into one file, by the name of its folder.
pub(super) type Set = (&'static str, Vec<usize>);

fn sets(pairs: Pairs, layers: &'static [Layer]) -> Vec<Set> {
    match pairs {
        Pairs::Together if layers.len() > 1 => vec![("pairs", (0..layers.len()).collect())],
        _ => layers.iter().enumerate().map(|(at, layer)| (layer_name(*layer), vec![at])).collect(),
    }
}

/// The codes of `item` that belong to `set`.
fn of_set<'a>(set: &'a Set, item: &'a Item) -> impl Iterator<Item = &'a Minted> {
    set.1.iter().filter_map(|at| item.codes.get(*at))
}

/// The labels of `set` that a sample asks for: their place among those of the
/// piece, the item's number, and the URL that they hold.
fn wanted<'a>(set: &'a Set, sample: &'a Sample<'_>) -> Vec<(u64, u64, &'a str)> {
    let an_item = set.1.len() as u64;
    let of = |(at, item): &'a (u64, Item)| {
        let codes = (at * an_item..).zip(of_set(set, item));
        codes.map(|(place, code)| (place, item.number, code.url.as_str()))
    };
    sample.items.iter().flat_map(of).collect()
}

/// The symbol of a code, in the version that all of an order have.
fn symbol(code: &Minted, version: u8) -> Result<Symbol, IssueError> {
    Ok(Symbol::in_version(&code.url, version)?)
}

/// A line of the list of files.
fn listed(lines: &mut Vec<u8>, path: &str, content: &[u8]) {
    lines.extend(format!("{}  {path}\n", hex(&Sha256::digest(content))).into_bytes());
}

/// `outer/000/labels-00012.pdf`, the twelfth file of its set.
fn numbered(set: &Set, file: u64, stem: &str, ending: &str) -> String {
    format!("{}/{:03}/{stem}-{file:05}.{ending}", set.0, file / FOLDER_ENTRIES_MAX)
}
