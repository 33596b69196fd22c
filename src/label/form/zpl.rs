//! Labels for a printer that speaks ZPL II (Zebra's ZPL Programming Guide),
//! in files of so many, each of which can be sent again by itself.

use std::io::{self, BufReader, Write};
use std::ops::Range;

use super::{LabelFile, Piece, Set, numbered, of_set, symbol, wanted};
use crate::label::canvas::{Area, Dots, em};
use crate::label::choices::Drawing;
use crate::label::folder::Folder;
use crate::label::issue::IssueError;
use crate::label::order::{Labels, Specification};
use crate::label::page::{Label, Layout, fitting, style_of};
use crate::label::printer::Printer;
use crate::label::reread::{Printed, Sample, missing, printed, same};
use crate::label::source::{Source, in_turn};
use crate::label::sscc::module_dots;
use crate::label::symbol::size_of;
use crate::label::template::{Align, Line, Template};
use crate::typeface::Style;

/// Dots by which firmware prints `^BQ` below its field origin.
const BQ_BELOW: i32 = 10;

/// `outer/000/labels-00000.zpl`
pub(super) struct Feed {
    template: Template,
    printer: Printer,
    drawing: Drawing,
    sets: Vec<Set>,
    version: u8,
    piece: u64,
}

impl Feed {
    pub(super) fn new(spec: &Specification, form: &Labels, sets: Vec<Set>, version: u8) -> Self {
        let a_page = u64::from(form.template.paper.columns * form.template.paper.rows);
        Self {
            template: (*form.template).clone(),
            printer: spec.printer(),
            drawing: form.drawing,
            sets,
            version,
            // Whole rows of labels, so that a file begins with a full one.
            piece: (form.items_a_file / a_page).max(1) * a_page,
        }
    }
}

impl Feed {
    fn path(&self, set: &Set, place: u64) -> String {
        numbered(set, place / self.piece, "labels", "zpl")
    }

    /// Reads the labels of one file.
    fn reread(&self, set: &Set, sample: &Sample<'_>) -> Result<(), IssueError> {
        let layout = Layout::new(&self.template, &self.printer);
        let a_row = u64::from(layout.labels_a_page());
        let path = self.path(set, sample.places.start);
        let mut labels = wanted(set, sample).into_iter().peekable();
        let mut said = Ok(());
        let mut file = BufReader::new(sample.folder.file(&path)?);
        printed(&mut file, |row, print| {
            while let Some((place, number, url)) =
                labels.next_if(|(place, ..)| place / a_row == row && said.is_ok())
            {
                let across = place % a_row;
                let read = print().and_then(|print| match print {
                    Printed::Graphic(picture) => {
                        picture.read(layout.cell(across as u32, size_of(self.version)))
                    }
                    Printed::Symbols(texts) => {
                        let text = texts.into_iter().nth(across as usize);
                        text.ok_or_else(|| "it is not there".to_owned())
                    }
                });
                said = same(&path, number, url, read);
            }
        })
        .map_err(|e| IssueError::io(&path, e))?;
        said?;
        labels.next().map_or(Ok(()), |(_, number, _)| Err(missing(&path, number)))
    }
}

impl LabelFile for Feed {
    fn piece(&self) -> u64 {
        self.piece
    }

    fn render(&self, source: &dyn Source, places: Range<u64>, folder: &Folder) -> Piece {
        let mut lines = Vec::new();
        for set in &self.sets {
            let path = self.path(set, places.start);
            let told = |e| IssueError::io(&path, e);
            let listed = folder.part(&path, &mut |file| {
                let mut press = Press::new(&self.template, &self.printer, self.drawing);
                let full = press.layout.labels_a_page() as usize;
                let mut row = Vec::with_capacity(full);
                in_turn(source, places.clone(), |item| {
                    for code in of_set(set, item) {
                        row.push(Label::of(symbol(code, self.version)?, code, item));
                        if row.len() == full {
                            press.print(file, &row).map_err(told)?;
                            row.clear();
                        }
                    }
                    Ok(())
                })?;
                press.print(file, &row).map_err(told)
            })?;
            lines.extend(listed);
        }
        Ok(lines)
    }

    fn reread(&self, sample: &Sample<'_>) -> Result<(), IssueError> {
        self.sets.iter().try_for_each(|set| self.reread(set, sample))
    }
}

/// The file of `labels` in memory.
pub(super) fn roll(spec: &Specification, form: &Labels, labels: &[Label]) -> Vec<u8> {
    let printer = spec.printer();
    let mut press = Press::new(&form.template, &printer, form.drawing);
    let mut out = Vec::new();
    for row in labels.chunks(press.layout.labels_a_page() as usize) {
        press.print(&mut out, row).expect("memory takes what is written");
    }
    out
}

/// Prints one row of labels after another.
struct Press<'a> {
    layout: Layout<'a>,
    printer: &'a Printer,
    drawing: Drawing,
    dots: Dots,
    /// The dots of what stays the same from row to row.
    ground: Vec<u8>,
    /// Of how many labels that was drawn, and what stood on it.
    held: Option<Vec<String>>,
}

impl<'a> Press<'a> {
    fn new(template: &'a Template, printer: &'a Printer, drawing: Drawing) -> Self {
        let paper = &template.paper;
        let dots = Dots::new(paper.width.um(), paper.height.um(), printer);
        let layout = Layout::new(template, printer);
        Self { layout, printer, drawing, dots, ground: Vec::new(), held: None }
    }

    /// Prints a row, which at the end may not be full.
    fn print(&mut self, out: &mut dyn Write, row: &[Label]) -> io::Result<()> {
        let Some(first) = row.first() else { return Ok(()) };
        let (width, height, number) = (self.dots.width, self.dots.height, &first.words.number);
        let other = self.hold(row);
        if other && self.drawing == Drawing::Printer {
            write!(out, "~DGR:ZHENMA.GRF,{},{},", self.dots.bits.len(), self.dots.stride)?;
            rows(out, &self.dots)?;
            out.write_all(b"\n")?;
        }
        // The comment is what an operator looks for after a jam.
        writeln!(out, "^XA^FX number {number}^FS^PW{width}^LL{height}^LH0,0^PQ1")?;
        match self.drawing {
            Drawing::Graphic => {
                self.dots.bits.copy_from_slice(&self.ground);
                for (place, label) in (0u32..).zip(row) {
                    let corner = self.layout.corner(place);
                    self.layout.label(&mut self.dots, label, corner, changes);
                }
                out.write_all(b"^FO0,0")?;
                field(out, &self.dots)?;
                out.write_all(b"^FS\n")?;
            }
            Drawing::Printer => {
                out.write_all(b"^FO0,0^XGR:ZHENMA.GRF,1,1^FS\n")?;
                for (place, label) in (0u32..).zip(row) {
                    let corner = self.layout.corner(place);
                    self.symbol(out, label, corner)?;
                    for line in self.layout.template.text.iter().filter(|line| changes(line)) {
                        self.own(out, line, label, corner)?;
                    }
                    self.bars(out, label, corner)?;
                }
            }
        }
        out.write_all(b"^XZ\n")
    }

    /// Draws what stays the same from row to row, unless that is drawn; true when
    /// it was.
    fn hold(&mut self, row: &[Label]) -> bool {
        let layout = &self.layout;
        let lines = || layout.template.text.iter().filter(|line| !changes(line));
        let told = row
            .iter()
            .flat_map(|label| lines().map(|line| label.words.fill(&line.text).unwrap_or_default()));
        let told: Vec<String> = std::iter::once(row.len().to_string()).chain(told).collect();
        if self.held.as_ref() == Some(&told) {
            return false;
        }
        self.dots.clear();
        layout.blank(&mut self.dots, row.len() as u32);
        for (place, label) in (0u32..).zip(row) {
            for line in lines() {
                layout.line(&mut self.dots, line, &label.words, layout.corner(place));
            }
        }
        self.ground.clone_from(&self.dots.bits);
        self.held = Some(told);
        true
    }

    /// `^BQ`: model 2, level M, our mask; the characters by hand, since
    /// the printer would else encode them as bytes in a larger symbol.
    fn symbol(&self, out: &mut dyn Write, label: &Label, corner: (f32, f32)) -> io::Result<()> {
        let area = self.layout.symbol(label.symbol.size());
        let (x, y) = (self.dots.at(corner.0 + area.x), self.dots.at(corner.1 + area.y));
        let module = self.dots.at(self.layout.module);
        let (y, mask, url) = ((y - BQ_BELOW).max(0), label.symbol.mask(), &label.url);
        writeln!(out, "^FO{x},{y}^BQN,2,{module},M,{mask}^FDMM,A{url}^FS")
    }

    /// A line in the printer's scalable typeface, at most as wide as its room.
    fn own(
        &self,
        out: &mut dyn Write,
        line: &Line,
        label: &Label,
        (x, y): (f32, f32),
    ) -> io::Result<()> {
        let text = label.words.fill(&line.text).unwrap_or_default();
        let width = line.width.um();
        let points = fitting(Style::Serial, &text, line.points.points(), width);
        let height = self.dots.at(em(points));
        let (left, above) = (self.dots.at(x + line.x.um()), self.dots.at(y + line.y.um()) - height);
        let room = self.dots.at(width);
        let side = match line.align {
            Align::Left => 'L',
            Align::Center => 'C',
            Align::Right => 'R',
        };
        writeln!(out, "^FO{left},{above}^A0N,{height}^FB{room},1,0,{side}^FD{text}^FS")
    }

    fn bars(&self, out: &mut dyn Write, label: &Label, (x, y): (f32, f32)) -> io::Result<()> {
        let Some(room) = self.layout.template.sscc.filter(|_| !label.words.sscc.is_empty()) else {
            return Ok(());
        };
        let module = module_dots(&room, self.printer.um(1));
        let area = Area::new(x + room.x.um(), y + room.y.um(), 0.0, room.height.um());
        let (left, above) = (self.dots.at(area.x), self.dots.at(area.y));
        let height = self.dots.at(area.height);
        writeln!(
            out,
            "^FO{left},{above}^BY{module}^BCN,{height},N,N,N^FD>;>800{}^FS",
            label.words.sscc
        )
    }
}

/// Lines that the printer's own typeface shows: serials and numbers.
fn changes(line: &Line) -> bool {
    style_of(line) == Style::Serial
}

/// One label that is all picture.
pub(in crate::label) fn whole(dots: &Dots) -> Vec<u8> {
    let (width, height) = (dots.width, dots.height);
    let mut out = format!("^XA^PW{width}^LL{height}^LH0,0^PQ1^FO0,0").into_bytes();
    field(&mut out, dots).expect("memory takes what is written");
    out.extend(b"^FS^XZ\n");
    out
}

/// `^GFA` of all dots.
fn field(out: &mut dyn Write, dots: &Dots) -> io::Result<()> {
    let bytes = dots.bits.len();
    write!(out, "^GFA,{bytes},{bytes},{},", dots.stride)?;
    rows(out, dots)
}

/// Rows in ZPL's compressed hexadecimal: counted digits, `,` for a rest of
/// zeros, `!` for a rest of ones, `:` for a row like the one above.
fn rows(out: &mut dyn Write, dots: &Dots) -> io::Result<()> {
    let mut above: Option<&[u8]> = None;
    let mut line = Vec::with_capacity(dots.stride * 2);
    for row in dots.bits.chunks(dots.stride) {
        if above == Some(row) {
            out.write_all(b":")?;
        } else {
            line.clear();
            packed(row, &mut line);
            out.write_all(&line)?;
        }
        above = Some(row);
    }
    Ok(())
}

fn packed(row: &[u8], line: &mut Vec<u8>) {
    let digits: Vec<u8> = row.iter().flat_map(|byte| [byte >> 4, byte & 0xf]).collect();
    let mut left = digits.len();
    for run in digits.chunk_by(|one, next| one == next) {
        left -= run.len();
        match run[0] {
            0 if left == 0 => line.push(b','),
            0xf if left == 0 => line.push(b'!'),
            digit => {
                counted(run.len(), line);
                line.push(b"0123456789ABCDEF"[usize::from(digit)]);
            }
        }
    }
}

/// Repeat count: `g` to `z` are 20 to 400 in twenties, `G` to `Y` 1 to 19.
fn counted(mut run: usize, line: &mut Vec<u8>) {
    while run > 419 {
        line.push(b'z');
        run -= 400;
    }
    if run == 1 {
        return;
    }
    if run >= 20 {
        line.push(b'f' + (run / 20) as u8);
    }
    if !run.is_multiple_of(20) {
        line.push(b'F' + (run % 20) as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_as_the_guide_says() {
        let said = |row: &[u8]| {
            let mut line = Vec::new();
            packed(row, &mut line);
            String::from_utf8(line).unwrap()
        };
        assert_eq!(said(&[0x00, 0x00]), ",");
        assert_eq!(said(&[0xff, 0xff]), "!");
        assert_eq!(said(&[0x0f, 0xf0]), "0HF,");
        assert_eq!(said(&[0x12, 0x34]), "1234");
        let mut long = vec![0x55; 10];
        long.push(0x01);
        assert_eq!(said(&long), "g501");
        assert_eq!(said(&[[0xaa; 215].as_slice(), &[1]].concat()), "zgPA01");
    }
}
