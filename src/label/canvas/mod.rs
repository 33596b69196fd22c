//! What labels are drawn on: a page of a PDF, a picture of lines, or the dots
//! of a printer. Lengths are micrometres from the upper left corner.

mod dots;
mod pdf;
mod svg;

pub(super) use dots::Dots;
pub(super) use pdf::Document;
pub(super) use svg::Drawing;

use super::symbol::Symbol;
use crate::typeface::Style;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

impl Area {
    pub(super) const fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { x, y, width, height }
    }

    pub(super) const fn right(&self) -> f32 {
        self.x + self.width
    }

    pub(super) const fn below(&self) -> f32 {
        self.y + self.height
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        self.x < other.right()
            && other.x < self.right()
            && self.y < other.below()
            && other.y < self.below()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    /// The colour of symbol and texts.
    Ink,
    /// The colour of the label.
    Ground,
    /// For whoever cuts, in black on every press.
    Mark,
}

/// A size of type, micrometres an em.
pub(super) const fn em(points: f32) -> f32 {
    points * 25_400.0 / 72.0
}

pub(super) trait Canvas {
    fn fill(&mut self, area: Area, paint: Paint);

    /// A grey hairline around.
    fn outline(&mut self, area: Area);

    /// The dark modules, the first of which has its corner at `x`, `y`.
    fn symbol(&mut self, symbol: &Symbol, x: f32, y: f32, module: f32);

    fn text(&mut self, style: Style, text: &str, points: f32, x: f32, baseline: f32);
}
