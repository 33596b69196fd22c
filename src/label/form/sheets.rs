//! Whole labels on pages: a PDF of many, or a picture a page.

use std::ops::Range;
use std::sync::Arc;

use super::{LabelFile, Piece, Set, listed, numbered, of_set, symbol, wanted};
use crate::code::Layer;
use crate::label::canvas::{Document, Dots, Drawing};
use crate::label::choices::Kind;
use crate::label::folder::Folder;
use crate::label::issue::IssueError;
use crate::label::mint::Mint;
use crate::label::order::Specification;
use crate::label::page::{Label, Layout};
use crate::label::png::picture;
use crate::label::printer::Printer;
use crate::label::reread::{Picture, Sample, differs, missing, pdf_pages, same, svg_symbols};
use crate::label::source::{Caption, Item, Signed, Source};
use crate::label::symbol::{Symbol, size_of};
use crate::label::template::Template;

/// Pages in files.
pub(super) struct Pages {
    kind: Kind,
    template: Template,
    printer: Printer,
    sets: Vec<Set>,
    version: u8,
    /// Items in one file.
    piece: u64,
}

impl Pages {
    /// `items`: of one file, about; it becomes whole pages.
    pub(super) fn new(
        spec: &Specification,
        template: &Template,
        items: u64,
        sets: Vec<Set>,
        version: u8,
    ) -> Self {
        let a_page = u64::from(template.paper.columns * template.paper.rows);
        let labels_an_item = sets.iter().map(|set| set.1.len() as u64).max().unwrap_or(1);
        let a_page = (a_page / labels_an_item).max(1);
        Self {
            kind: spec.kind(),
            template: template.clone(),
            printer: spec.printer(),
            sets,
            version,
            piece: (items / a_page).max(1) * a_page,
        }
    }

    fn path(&self, set: &Set, file: u64) -> String {
        numbered(set, file, "labels", self.kind.name())
    }

    fn labels(&self, set: &Set, items: &[Item]) -> Result<Vec<Label>, IssueError> {
        let codes = items.iter().flat_map(|item| of_set(set, item).map(move |code| (item, code)));
        codes.map(|(item, code)| Ok(Label::of(symbol(code, self.version)?, code, item))).collect()
    }
}

impl LabelFile for Pages {
    fn piece(&self) -> u64 {
        self.piece
    }

    fn render(&self, source: &dyn Source, places: Range<u64>, folder: &Folder) -> Piece {
        let at = places.start / self.piece;
        let items = source.items(places)?;
        let mut lines = Vec::new();
        for set in &self.sets {
            let labels = self.labels(set, &items)?;
            let content = pages(self.kind, &self.template, &self.printer, &labels);
            let path = self.path(set, at);
            folder.write(&path, &content).map_err(|e| IssueError::io(&path, e))?;
            listed(&mut lines, &path, &content);
        }
        Ok(lines)
    }

    fn reread(&self, sample: &Sample<'_>) -> Result<(), IssueError> {
        let layout = Layout::new(&self.template, &self.printer);
        let a_page = u64::from(layout.labels_a_page());
        for set in &self.sets {
            let path = self.path(set, sample.places.start / self.piece);
            let labels = wanted(set, sample);
            let page_of = |place: u64| (place / a_page) as usize;
            let bytes = sample.read(&path)?;
            let symbols = match self.kind {
                Kind::Png => {
                    let page = Picture::of_png(&bytes).map_err(|e| differs(&path, &e))?;
                    for (place, number, url) in labels {
                        let cell = layout.cell((place % a_page) as u32, size_of(self.version));
                        same(&path, number, url, page.read(cell))?;
                    }
                    continue;
                }
                Kind::Svg => [(0, svg_symbols(&String::from_utf8_lossy(&bytes)))].into(),
                Kind::Pdf | Kind::Csv | Kind::Zpl => {
                    let pages = labels.iter().map(|label| page_of(label.0));
                    pdf_pages(bytes, pages).map_err(|e| differs(&path, &e))?
                }
            };
            for (place, number, url) in labels {
                let page = symbols.get(&page_of(place));
                let symbol = page.and_then(|page| page.get((place % a_page) as usize));
                let symbol = symbol.ok_or_else(|| missing(&path, number))?;
                let picture = Picture::of_strokes(symbol);
                same(&path, number, url, picture.read(picture.whole()))?;
            }
        }
        Ok(())
    }
}

/// One A4 page of the outer labels `numbers`, as far as it holds them.
///
/// # Errors
/// Those of the signer.
pub fn sheet(
    mint: &Mint<'_>,
    caption: Caption,
    numbers: Range<u64>,
) -> Result<Vec<u8>, IssueError> {
    let spec = Specification::new(Kind::Pdf, numbers.start, numbers.end - numbers.start);
    let Some(template) = spec.template() else { return Ok(Vec::new()) };
    let caption = Arc::new(caption);
    let layers = &[Layer::Outer];
    let source = Signed { mint, caption, layers, first: numbers.start, picked: None, sscc: None };
    let a_page = u64::from(template.paper.columns * template.paper.rows);
    let items = source.items(0..spec.count.min(a_page))?;
    let first = items.first().and_then(|item| item.codes.first()).ok_or(IssueError::Lost)?;
    let version = Symbol::of(&first.url)?.version();
    let set = ("outer", vec![0]);
    let pages = Pages::new(&spec, template, a_page, vec![set], version);
    let labels = pages.labels(&pages.sets[0], &items)?;
    Ok(self::pages(Kind::Pdf, template, &spec.printer(), &labels))
}

/// The file of `labels`: all their pages as PDF, or the one page that they
/// fill as a picture.
pub(in crate::label) fn pages(
    kind: Kind,
    template: &Template,
    printer: &Printer,
    labels: &[Label],
) -> Vec<u8> {
    let layout = Layout::new(template, printer);
    let (width, height) = (template.paper.width.um(), template.paper.height.um());
    let (ink, ground) = (&template.ink, template.ground);
    let chunks = labels.chunks(layout.labels_a_page() as usize);
    let count = chunks.len();
    match kind {
        Kind::Svg => {
            let mut drawing = Drawing::new(width, height, ink, ground);
            layout.page(&mut drawing, labels, &head(labels, 1, 1));
            drawing.finish()
        }
        Kind::Png => {
            let mut dots = Dots::new(width, height, printer);
            layout.page(&mut dots, labels, &head(labels, 1, 1));
            picture(&dots, printer.pitch_nm)
        }
        Kind::Pdf | Kind::Csv | Kind::Zpl => {
            let mut document = Document::new(width, height, ink, ground);
            for (at, labels) in chunks.enumerate() {
                layout.page(&mut document, labels, &head(labels, at + 1, count));
                document.end_page();
            }
            let caption = labels.first().map(|label| &label.words.caption);
            let title = caption.map(|c| format!("{} {}", c.product, c.batch)).unwrap_or_default();
            document.finish(&title)
        }
    }
}

/// What stands above the labels of a page.
fn head(labels: &[Label], page: usize, pages: usize) -> String {
    let (Some(first), Some(last)) = (labels.first(), labels.last()) else { return String::new() };
    let caption = &first.words.caption;
    let mut parts = vec![caption.enterprise.clone(), caption.product.clone()];
    parts.push(format!("批次 {}", caption.batch));
    if first.words.layer != "外码" {
        parts.push(first.words.layer.to_owned());
    }
    parts.push(format!("序号 {}–{}", first.words.number, last.words.number));
    if pages > 1 {
        parts.push(format!("第 {page} / {pages} 页"));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("  ·  ")
}
