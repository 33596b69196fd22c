//! How labels look: the paper, the label on it, and what stands where on the
//! label. A template is data, so that a house's own is as good as ours.

mod builtin;
mod mm;

use serde::{Deserialize, Serialize};

pub use builtin::{TEMPLATES, builtin};
pub use mm::{Mm, Points};

use super::ink::{Ground, Ink};

/// Bytes of a template's file.
pub const TEMPLATE_BYTES_MAX: usize = 16 * 1024;
/// Lines of text on a label.
pub const LINES_MAX: usize = 12;
/// Labels on a page.
pub const LABELS_A_PAGE_MAX: u32 = 2_000;
/// Longest side of paper.
pub const PAPER_MAX: Mm = Mm(2_000_000);

/// Everything is in millimetres from the upper left corner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    pub name: String,
    pub paper: Paper,
    pub label: LabelSize,
    pub symbol: Place,
    #[serde(default)]
    pub text: Vec<Line>,
    /// The SSCC of a case as GS1-128.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sscc: Option<Bars>,
    #[serde(default)]
    pub ink: Ink,
    /// Colour of the label under the symbol.
    #[serde(default)]
    pub ground: Ground,
    /// Whether the ground is printed too, or is the colour of the paper.
    #[serde(default)]
    pub print_ground: bool,
}

/// A sheet, or one repeat of a roll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    pub width: Mm,
    pub height: Mm,
    /// Of the first label.
    #[serde(default)]
    pub left: Mm,
    #[serde(default)]
    pub top: Mm,
    pub columns: u32,
    pub rows: u32,
    #[serde(default)]
    pub gutter_x: Mm,
    #[serde(default)]
    pub gutter_y: Mm,
    /// How far a printed ground goes beyond the cut.
    #[serde(default)]
    pub bleed: Mm,
    #[serde(default)]
    pub cut: Cut,
    /// Whether a line above the labels says whose they are.
    #[serde(default)]
    pub head: bool,
}

/// What shows where to cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cut {
    /// Nothing: the labels are cut already.
    #[default]
    None,
    /// A hairline around each label.
    Lines,
    /// Marks in the margin.
    Marks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelSize {
    pub width: Mm,
    pub height: Mm,
}

/// Where the middle of the symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub x: Mm,
    pub y: Mm,
    /// Largest module; it becomes whole dots of the printer.
    pub module: Mm,
}

/// One line of text. `text` may hold `{serial}`, `{number}`, `{product}`,
/// `{enterprise}`, `{batch}`, `{lot}`, `{made}`, `{expires}`, `{layer}` and
/// `{sscc}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub text: String,
    pub x: Mm,
    /// Its baseline.
    pub y: Mm,
    pub width: Mm,
    /// Size; a line that is too long is set smaller, down to [`POINTS_MIN`].
    pub points: Points,
    #[serde(default)]
    pub align: Align,
}

/// Smaller than this nobody reads it.
pub const POINTS_MIN: f32 = 4.0;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Align {
    #[default]
    Left,
    Center,
    Right,
}

/// Room for bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bars {
    pub x: Mm,
    pub y: Mm,
    /// With ten modules of quiet zone on each side.
    pub width: Mm,
    pub height: Mm,
}
