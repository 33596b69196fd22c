//! The dots of a printer, one bit each: what is drawn here is printed as it
//! is, by every printer of this pitch.

use std::collections::HashMap;

use ab_glyph_rasterizer::{Point, Rasterizer, point};
use ttf_parser::{GlyphId, OutlineBuilder};

use super::{Area, Canvas, Paint, em};
use crate::label::printer::Printer;
use crate::label::symbol::Symbol;
use crate::typeface::Style;

/// A picture of dots; a set bit is a dark dot, the most significant leftmost.
pub(in crate::label) struct Dots {
    pub width: u32,
    pub height: u32,
    /// Bytes a row.
    pub stride: usize,
    pub bits: Vec<u8>,
    pitch: f32,
    glyphs: HashMap<(Style, GlyphId, u32), Glyph>,
}

/// The dark dots of one glyph.
struct Glyph {
    /// Row below the baseline, first dot from the origin, and the one behind the last.
    runs: Vec<(i32, i32, i32)>,
}

impl Dots {
    /// Of `width` and `height` micrometres on `printer`.
    pub(in crate::label) fn new(width: f32, height: f32, printer: &Printer) -> Self {
        let pitch = printer.pitch_nm as f32 / 1_000.0;
        let (width, height) = ((width / pitch).round() as u32, (height / pitch).round() as u32);
        let stride = width.div_ceil(8) as usize;
        let bits = vec![0; stride * height as usize];
        Self { width, height, stride, bits, pitch, glyphs: HashMap::new() }
    }

    /// White again, for the next label.
    pub(in crate::label) fn clear(&mut self) {
        self.bits.fill(0);
    }

    /// Whole dots.
    pub(in crate::label) fn at(&self, um: f32) -> i32 {
        (um / self.pitch).round() as i32
    }

    /// Sets or clears the dots from `x` up to `end` of a row, as far as they
    /// are on the picture.
    fn run(&mut self, y: i32, x: i32, end: i32, dark: bool) {
        let width = self.width;
        if let Some(row) = row(&mut self.bits, self.stride, y) {
            run(row, width, x, end, dark);
        }
    }
}

fn row(bits: &mut [u8], stride: usize, y: i32) -> Option<&mut [u8]> {
    let from = usize::try_from(y).ok()?.checked_mul(stride)?;
    bits.get_mut(from..from + stride)
}

/// As [`Dots::run`] in a row of `width` dots.
fn run(row: &mut [u8], width: u32, x: i32, end: i32, dark: bool) {
    let (x, end) = (x.max(0) as u32, end.clamp(0, width as i32) as u32);
    if x >= end {
        return;
    }
    let (first, last) = ((x / 8) as usize, ((end - 1) / 8) as usize);
    let (head, tail) = (0xff >> (x % 8), 0xffu8 << (7 - (end - 1) % 8));
    let mut set = |at: usize, mask: u8| {
        row[at] = if dark { row[at] | mask } else { row[at] & !mask };
    };
    if first == last {
        return set(first, head & tail);
    }
    set(first, head);
    set(last, tail);
    row[first + 1..last].fill(if dark { 0xff } else { 0 });
}

impl Canvas for Dots {
    fn fill(&mut self, area: Area, paint: Paint) {
        // A printer of dots has no second colour: its ground is the paper.
        let dark = paint != Paint::Ground;
        let (x, end) = (self.at(area.x), self.at(area.right()));
        let (y, below) = (self.at(area.y), self.at(area.below()));
        for y in y..below.max(y + 1) {
            self.run(y, x, end.max(x + 1), dark);
        }
    }

    fn outline(&mut self, area: Area) {
        let line = self.pitch;
        let Area { x, y, width, height } = area;
        for side in [
            Area::new(x, y, width, line),
            Area::new(x, y + height - line, width, line),
            Area::new(x, y, line, height),
            Area::new(x + width - line, y, line, height),
        ] {
            self.fill(side, Paint::Mark);
        }
    }

    fn symbol(&mut self, symbol: &Symbol, x: f32, y: f32, module: f32) {
        let (x, y) = (self.at(x), self.at(y));
        let module = self.at(module).max(1);
        // The dots of a row of modules are laid on the picture once a dot of its height.
        let mut line = vec![0; self.stride];
        let mut strokes = symbol.strokes().peekable();
        while let Some(&(_, modules, _)) = strokes.peek() {
            line.fill(0);
            while let Some((column, _, length)) = strokes.next_if(|stroke| stroke.1 == modules) {
                let from = x + column as i32 * module;
                run(&mut line, self.width, from, from + length as i32 * module, true);
            }
            let top = y + modules as i32 * module;
            for y in top..top + module {
                if let Some(row) = row(&mut self.bits, self.stride, y) {
                    row.iter_mut().zip(&line).for_each(|(dots, more)| *dots |= more);
                }
            }
        }
    }

    fn text(&mut self, style: Style, text: &str, points: f32, x: f32, baseline: f32) {
        let size = em(points) / self.pitch;
        let (left, base) = (x / self.pitch, self.at(baseline));
        for (glyph, at) in style.set(text) {
            let origin = (left + at * size).round() as i32;
            // Sizes a hundredth of a dot apart are one.
            let key = (style, glyph, (size * 100.0) as u32);
            let drawn = self.glyphs.entry(key).or_insert_with(|| Glyph::draw(style, glyph, size));
            for &(y, from, end) in &drawn.runs {
                if let Some(row) = row(&mut self.bits, self.stride, base + y) {
                    run(row, self.width, origin + from, origin + end, true);
                }
            }
        }
    }
}

impl Glyph {
    /// `size`: dots an em. A dot is dark when the outline covers half of it.
    fn draw(style: Style, glyph: GlyphId, size: f32) -> Self {
        let face = style.face();
        let scale = size / f32::from(face.units_per_em());
        let Some(bounds) = face.glyph_bounding_box(glyph) else {
            return Self { runs: Vec::new() };
        };
        let left = (f32::from(bounds.x_min) * scale).floor() as i32;
        let above = (f32::from(bounds.y_max) * scale).ceil() as i32;
        let right = (f32::from(bounds.x_max) * scale).ceil() as i32;
        let below = (f32::from(bounds.y_min) * scale).floor() as i32;
        let (width, height) = ((right - left) as usize + 1, (above - below) as usize + 1);
        let mut pen = Pen {
            raster: Rasterizer::new(width, height),
            scale,
            left: left as f32,
            above: above as f32,
            start: point(0.0, 0.0),
            last: point(0.0, 0.0),
        };
        face.outline_glyph(glyph, &mut pen);
        let mut runs: Vec<(i32, i32, i32)> = Vec::new();
        pen.raster.for_each_pixel_2d(|x, y, covered| {
            let (x, y) = (left + x as i32, y as i32 - above);
            match runs.last_mut() {
                _ if covered < 0.5 => {}
                Some(run) if run.0 == y && run.2 == x => run.2 += 1,
                _ => runs.push((y, x, x + 1)),
            }
        });
        Self { runs }
    }
}

/// Turns an outline in units of the typeface into lines on dots.
struct Pen {
    raster: Rasterizer,
    scale: f32,
    left: f32,
    above: f32,
    start: Point,
    last: Point,
}

impl Pen {
    fn on(&self, x: f32, y: f32) -> Point {
        point(x * self.scale - self.left, self.above - y * self.scale)
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.start = self.on(x, y);
        self.last = self.start;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.on(x, y);
        self.raster.draw_line(self.last, to);
        self.last = to;
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (by, to) = (self.on(x1, y1), self.on(x, y));
        self.raster.draw_quad(self.last, by, to);
        self.last = to;
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (by, and, to) = (self.on(x1, y1), self.on(x2, y2), self.on(x, y));
        self.raster.draw_cubic(self.last, by, and, to);
        self.last = to;
    }

    fn close(&mut self) {
        self.raster.draw_line(self.last, self.start);
        self.last = self.start;
    }
}
