//! Labels on A4 as PDF: vector symbols in rows and columns with hairlines to
//! cut along. The same labels give the same bytes.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use super::symbol::{QUIET_ZONE, Symbol, size_of};
use super::typeface::{OBJECTS, Typeface};

const PAGE: (f32, f32) = (mm(210.0), mm(297.0));
const MARGIN: f32 = mm(8.0);
const HEAD: f32 = mm(10.0);
/// Room for the three lines under a symbol.
const LINES: f32 = mm(10.0);
/// Narrower than this the serial could not be read.
const CELL_WIDTH_MIN: f32 = mm(36.0);
const SERIAL_POINTS: f32 = 6.5;
const TEXT_POINTS: f32 = 6.0;
const POINTS_MIN: f32 = 4.0;

/// Micrometres a module, at least and at most: below, offices cannot print it;
/// above, it does not fit a page.
pub const MODULE_UM: std::ops::RangeInclusive<u32> = 200..=2_000;

const fn mm(mm: f32) -> f32 {
    mm * 72.0 / 25.4
}

/// What all labels of a sheet say.
#[derive(Clone, Debug, Default)]
pub struct Caption {
    pub product: String,
    pub enterprise: String,
    /// KEY-BATCH.
    pub batch: String,
    pub lot: String,
    /// ISO 8601 dates.
    pub made_on: String,
    pub expires_on: Option<String>,
    /// Which code of an item these are, such as 外码 or 内码; empty where an
    /// item has one.
    pub layer: String,
}

/// One label of a sheet.
#[derive(Clone, Debug)]
pub struct SheetLabel {
    /// The serial in groups of five.
    pub serial: String,
    pub symbol: Symbol,
}

/// How labels stand on a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    module: f32,
    cell: (f32, f32),
    pub columns: u32,
    pub rows: u32,
}

impl Grid {
    /// For symbols of `version`, `module_um` micrometres a module (brought
    /// into [`MODULE_UM`]).
    pub fn new(version: u8, module_um: u32) -> Self {
        let module = mm(module_um.clamp(*MODULE_UM.start(), *MODULE_UM.end()) as f32 / 1_000.0);
        let side = module * (size_of(version) + 2 * QUIET_ZONE) as f32;
        let least = (side.max(CELL_WIDTH_MIN), side + LINES);
        let room = (PAGE.0 - 2.0 * MARGIN, PAGE.1 - 2.0 * MARGIN - HEAD);
        let columns = (room.0 / least.0).floor().max(1.0);
        let rows = (room.1 / least.1).floor().max(1.0);
        Self {
            module,
            cell: (room.0 / columns, least.1.max(room.1 / rows)),
            columns: columns as u32,
            rows: rows as u32,
        }
    }

    pub const fn labels_a_page(&self) -> u32 {
        self.columns * self.rows
    }
}

/// The sheets of `labels` as one PDF; `first` is the running number of the
/// first label, for the head of the page only. `labels` may not be empty.
pub fn sheet(caption: &Caption, first: u64, labels: &[SheetLabel], grid: Grid) -> Vec<u8> {
    let (catalog, tree, info) = (Ref::new(1), Ref::new(2), Ref::new(3));
    let font = Ref::new(4);
    let mut next = font.get() + OBJECTS;
    let mut typeface = Typeface::new();
    let mut pdf = Pdf::new();
    let mut kids = Vec::new();
    let a_page = grid.labels_a_page() as usize;
    let pages = labels.len().div_ceil(a_page);
    for (at, labels) in labels.chunks(a_page).enumerate() {
        let from = first + (at * a_page) as u64;
        let head = head_of(caption, from, from + labels.len() as u64 - 1, at + 1, pages);
        let content = page(caption, &head, labels, grid, &mut typeface);
        let (page, body) = (Ref::new(next), Ref::new(next + 1));
        next += 2;
        kids.push(page);
        let mut entry = pdf.page(page);
        entry.media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1)).parent(tree).contents(body);
        entry.resources().fonts().pair(Name(b"F"), font);
        entry.finish();
        pdf.stream(body, &packed(&content)).filter(Filter::FlateDecode);
    }
    pdf.catalog(catalog).pages(tree).lang(TextStr("zh-CN"));
    pdf.pages(tree).count(kids.len() as i32).kids(kids);
    // No dates: they would make two runs of one order differ.
    pdf.document_info(info)
        .title(TextStr(&format!("{} {}", caption.product, caption.batch)))
        .producer(TextStr("zhenma"));
    typeface.embed(&mut pdf, font);
    pdf.finish()
}

fn head_of(caption: &Caption, from: u64, to: u64, page: usize, pages: usize) -> String {
    let mut parts = vec![caption.enterprise.clone(), caption.product.clone()];
    parts.push(format!("批次 {}", caption.batch));
    if !caption.layer.is_empty() {
        parts.push(caption.layer.clone());
    }
    parts.push(format!("序号 {from}–{to}"));
    parts.push(format!("第 {page} / {pages} 页"));
    parts.retain(|part| !part.is_empty());
    parts.join("  ·  ")
}

fn page(
    caption: &Caption,
    head: &str,
    labels: &[SheetLabel],
    grid: Grid,
    typeface: &mut Typeface,
) -> Vec<u8> {
    let mut out = Content::new();
    let width = PAGE.0 - 2.0 * MARGIN;
    let middle = PAGE.0 / 2.0;
    line(&mut out, typeface, head, (middle, PAGE.1 - MARGIN - mm(5.0)), width, 9.0);
    let mut dates = format!("批号 {}  生产 {}", caption.lot, caption.made_on);
    if let Some(expires) = &caption.expires_on {
        dates.push_str("  至 ");
        dates.push_str(expires);
    }
    let top = PAGE.1 - MARGIN - HEAD;
    for (at, label) in (0u32..).zip(labels) {
        let (column, row) = (at % grid.columns, at / grid.columns);
        let left = MARGIN + column as f32 * grid.cell.0;
        let above = top - row as f32 * grid.cell.1;
        out.save_state();
        out.set_line_width(0.2).set_stroke_gray(0.7);
        out.rect(left, above - grid.cell.1, grid.cell.0, grid.cell.1).stroke();
        out.restore_state();

        let side = (label.symbol.size() + 2 * QUIET_ZONE) as f32 * grid.module;
        let spare = (grid.cell.1 - side - LINES).max(0.0) / 2.0;
        let middle = left + grid.cell.0 / 2.0;
        let under = above - spare - side;
        draw(&mut out, &label.symbol, (middle - side / 2.0, above - spare), grid.module);
        let width = grid.cell.0 - mm(2.0);
        line(&mut out, typeface, &label.serial, (middle, under - mm(1.5)), width, SERIAL_POINTS);
        line(&mut out, typeface, &caption.product, (middle, under - mm(4.7)), width, TEXT_POINTS);
        line(&mut out, typeface, &dates, (middle, under - mm(7.7)), width, TEXT_POINTS);
    }
    out.finish().to_vec()
}

/// One path a symbol, so that no hairline shows between its strokes.
fn draw(out: &mut Content, symbol: &Symbol, (left, top): (f32, f32), module: f32) {
    out.save_state();
    out.transform([module, 0.0, 0.0, -module, left, top]);
    for (x, y, length) in symbol.strokes() {
        out.rect((x + QUIET_ZONE) as f32, (y + QUIET_ZONE) as f32, length as f32, 1.0);
    }
    out.fill_nonzero();
    out.restore_state();
}

/// One line of text around `middle`, made smaller and at last cut so that it
/// stays within `width`.
fn line(
    out: &mut Content,
    typeface: &mut Typeface,
    text: &str,
    (middle, base): (f32, f32),
    width: f32,
    points: f32,
) {
    let natural = typeface.width(text, points);
    let points = if natural > width { (points * width / natural).max(POINTS_MIN) } else { points };
    let mut text = text.to_owned();
    if typeface.width(&text, points) > width + 0.01 {
        while !text.is_empty() && typeface.width(&text, points) > width - points {
            text.pop();
        }
        text.push('…');
    }
    let left = middle - typeface.width(&text, points) / 2.0;
    let shown = typeface.encode(&text);
    out.begin_text();
    out.set_font(Name(b"F"), points);
    out.set_text_matrix([1.0, 0.0, 0.0, 1.0, left, base]);
    out.show(Str(&shown));
    out.end_text();
}

/// Deflated for a PDF stream.
pub(super) fn packed(data: &[u8]) -> Vec<u8> {
    let mut out = ZlibEncoder::new(Vec::with_capacity(data.len() / 3), Compression::fast());
    out.write_all(data).and_then(|()| out.finish()).expect("memory takes what is written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_35_labels_of_half_a_millimetre_a_module() {
        let grid = Grid::new(6, 500);
        assert_eq!((grid.columns, grid.rows), (5, 7));
        assert_eq!(Grid::new(11, 2_000).labels_a_page(), 1);
    }

    #[test]
    fn the_same_labels_give_the_same_bytes() {
        let labels: Vec<_> = ["A", "B", "C"]
            .map(|text| SheetLabel {
                serial: "ABCDE FGHIJ KLMNO PQRST".to_owned(),
                symbol: Symbol::of(text).unwrap(),
            })
            .to_vec();
        let caption =
            Caption { product: "李耳小磨香油 𠮷".to_owned(), ..Caption::default() };
        let grid = Grid::new(6, 500);
        let first = sheet(&caption, 0, &labels, grid);
        assert!(first.starts_with(b"%PDF-1."));
        assert_eq!(first, sheet(&caption, 0, &labels, grid));
    }
}
