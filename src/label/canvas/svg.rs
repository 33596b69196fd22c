//! A page as SVG. Texts are outlines, since nobody knows which typefaces the
//! reader has.

use std::fmt::Write as _;

use ttf_parser::OutlineBuilder;

use super::{Area, Canvas, Paint, em};
use crate::label::ink::{Ground, Ink};
use crate::label::symbol::Symbol;
use crate::typeface::Style;

/// A page in work.
pub(in crate::label) struct Drawing {
    ink: String,
    ground: String,
    out: String,
}

impl Drawing {
    pub(in crate::label) fn new(width: f32, height: f32, ink: &Ink, ground: Ground) -> Self {
        let ink = match ink {
            Ink::Black => "#000".to_owned(),
            Ink::Spot { cmyk: [c, m, y, k], .. } => {
                let part = |p: &u8| (100 - u32::from(*p)) * (100 - u32::from(*k)) * 255 / 10_000;
                format!("rgb({},{},{})", part(c), part(m), part(y))
            }
        };
        let mut out = String::with_capacity(1 << 16);
        // Writing to a string cannot fail, here and below.
        let _ = write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}mm\" height=\"{h}mm\" \
             viewBox=\"0 0 {w} {h}\">\n<path fill=\"#fff\" d=\"M0 0h{w}v{h}H0z\"/>\n",
            w = width / 1_000.0,
            h = height / 1_000.0,
        );
        Self { ink, ground: ground.into(), out }
    }

    pub(in crate::label) fn finish(mut self) -> Vec<u8> {
        self.out.push_str("</svg>\n");
        self.out.into_bytes()
    }
}

fn path(area: Area) -> String {
    let Area { x, y, width, height } = area;
    let [x, y, width, height] = [x, y, width, height].map(|um| um / 1_000.0);
    format!("M{x} {y}h{width}v{height}h-{width}z")
}

impl Canvas for Drawing {
    fn fill(&mut self, area: Area, paint: Paint) {
        let colour = match paint {
            Paint::Ink => &self.ink,
            Paint::Ground => &self.ground,
            Paint::Mark => "#000",
        };
        let _ = writeln!(self.out, "<path fill=\"{colour}\" d=\"{}\"/>", path(area));
    }

    fn outline(&mut self, area: Area) {
        let _ = writeln!(
            self.out,
            "<path fill=\"none\" stroke=\"#b3b3b3\" stroke-width=\".07\" d=\"{}\"/>",
            path(area)
        );
    }

    fn symbol(&mut self, symbol: &Symbol, x: f32, y: f32, module: f32) {
        let [x, y, module] = [x, y, module].map(|um| um / 1_000.0);
        let _ = write!(
            self.out,
            "<path transform=\"translate({x} {y})scale({module})\" shape-rendering=\"crispEdges\" \
             stroke=\"{}\" d=\"",
            self.ink
        );
        for (x, y, length) in symbol.strokes() {
            let _ = write!(self.out, "M{x} {y}.5h{length}");
        }
        self.out.push_str("\"/>\n");
    }

    fn text(&mut self, style: Style, text: &str, points: f32, x: f32, baseline: f32) {
        let size = em(points) / 1_000.0;
        let scale = size / f32::from(style.face().units_per_em());
        let _ = write!(self.out, "<path fill=\"{}\" d=\"", self.ink);
        for (glyph, at) in style.set(text) {
            let origin = (x / 1_000.0 + at * size, baseline / 1_000.0);
            let mut pen = Pen { out: &mut self.out, scale, origin };
            style.face().outline_glyph(glyph, &mut pen);
        }
        self.out.push_str("\"/>\n");
    }
}

/// Writes an outline in millimetres, to a thousandth.
struct Pen<'a> {
    out: &'a mut String,
    scale: f32,
    origin: (f32, f32),
}

impl Pen<'_> {
    fn to(&mut self, command: char, points: &[(f32, f32)]) {
        self.out.push(command);
        for (x, y) in points {
            let x = self.origin.0 + x * self.scale;
            let y = self.origin.1 - y * self.scale;
            let _ = write!(self.out, "{x:.3} {y:.3} ");
        }
    }
}

impl OutlineBuilder for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.to('M', &[(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.to('L', &[(x, y)]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.to('Q', &[(x1, y1), (x, y)]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.to('C', &[(x1, y1), (x2, y2), (x, y)]);
    }

    fn close(&mut self) {
        self.out.push('Z');
    }
}
