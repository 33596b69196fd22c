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

/// The dots of one glyph, and where they lie from its origin.
struct Glyph {
    left: i32,
    above: i32,
    rows: Vec<Vec<bool>>,
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

    fn row(&mut self, y: i32) -> Option<&mut [u8]> {
        let from = usize::try_from(y).ok()?.checked_mul(self.stride)?;
        self.bits.get_mut(from..from + self.stride)
    }

    /// Sets or clears the dots from `x` up to `end` of a row, as far as they
    /// are on the picture.
    fn run(&mut self, y: i32, x: i32, end: i32, dark: bool) {
        let (x, end) = (x.max(0) as u32, end.clamp(0, self.width as i32) as u32);
        let Some(row) = self.row(y) else { return };
        if x >= end {
            return;
        }
        let (first, last) = ((x / 8) as usize, ((end - 1) / 8) as usize);
        for (at, byte) in row.iter_mut().enumerate().take(last + 1).skip(first) {
            let mut mask = 0xff;
            if at == first {
                mask &= 0xff >> (x % 8);
            }
            if at == last {
                mask &= 0xffu8 << (7 - (end - 1) % 8);
            }
            if dark {
                *byte |= mask;
            } else {
                *byte &= !mask;
            }
        }
    }

    fn glyph(&mut self, style: Style, glyph: GlyphId, size: f32) -> &Glyph {
        // Sizes a hundredth of a dot apart are one.
        let key = (style, glyph, (size * 100.0) as u32);
        self.glyphs.entry(key).or_insert_with(|| Glyph::draw(style, glyph, size))
    }
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
        for (column, row, length) in symbol.strokes() {
            let from = x + column as i32 * module;
            let end = from + length as i32 * module;
            for line in 0..module {
                self.run(y + row as i32 * module + line, from, end, true);
            }
        }
    }

    fn text(&mut self, style: Style, text: &str, points: f32, x: f32, baseline: f32) {
        let size = em(points) / self.pitch;
        let (left, base) = (x / self.pitch, self.at(baseline));
        for (glyph, at) in style.set(text) {
            let origin = (left + at * size).round() as i32;
            let drawn = self.glyph(style, glyph, size);
            let (gx, gy) = (origin + drawn.left, base - drawn.above);
            let dark: Vec<(i32, i32)> = (0..)
                .zip(&drawn.rows)
                .flat_map(|(y, row)| {
                    (0..).zip(row).filter(|(_, dark)| **dark).map(move |(x, _)| (gx + x, gy + y))
                })
                .collect();
            for (x, y) in dark {
                self.run(y, x, x + 1, true);
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
            return Self { left: 0, above: 0, rows: Vec::new() };
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
        let mut rows = vec![vec![false; width]; height];
        pen.raster.for_each_pixel_2d(|x, y, covered| {
            rows[y as usize][x as usize] = covered >= 0.5;
        });
        Self { left, above, rows }
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
