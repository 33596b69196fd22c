//! What an order may choose among, by the names that shell, API and ledger
//! have for it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What files an order yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A table of numbers, serials, texts and URLs.
    Csv,
    Svg,
    Png,
    /// Pages of labels.
    Pdf,
    /// Labels for a printer that speaks ZPL II.
    Zpl,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Csv, Self::Svg, Self::Png, Self::Pdf, Self::Zpl];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Pdf => "pdf",
            Self::Zpl => "zpl",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| format!("a format is csv, svg, png, pdf or zpl, not {text:?}"))
    }
}

/// Who draws a label for a printer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Drawing {
    /// We do, dot by dot: every printer prints the same.
    #[default]
    Graphic,
    /// The printer's own firmware (`^BQ`): a tenth of the bytes.
    Printer,
}

impl FromStr for Drawing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "graphic" => Ok(Self::Graphic),
            "printer" => Ok(Self::Printer),
            _ => Err(format!("drawing: write graphic or printer, not {text:?}")),
        }
    }
}

/// Whose codes are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Codes {
    /// Every code that an item of the batch has.
    #[default]
    Items,
    Outer,
    Inner,
    /// The batch's cases.
    Cases,
    /// The batch's pallets.
    Pallets,
}

impl Codes {
    pub const fn are_of_items(self) -> bool {
        matches!(self, Self::Items | Self::Outer | Self::Inner)
    }

    /// Of the same items, some label is printed by both.
    pub fn share_labels(self, other: Self) -> bool {
        let both = (self, other);
        self.are_of_items()
            && other.are_of_items()
            && !matches!(both, (Self::Outer, Self::Inner) | (Self::Inner, Self::Outer))
    }
}

impl FromStr for Codes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "items" => Ok(Self::Items),
            "outer" => Ok(Self::Outer),
            "inner" => Ok(Self::Inner),
            "cases" => Ok(Self::Cases),
            "pallets" => Ok(Self::Pallets),
            _ => Err(format!("codes: write items, outer, inner, cases or pallets, not {text:?}")),
        }
    }
}

/// Where the two labels of an item stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pairs {
    /// Outer and inner labels are files of their own, in the same order: for
    /// an applicator with two rolls.
    #[default]
    Apart,
    /// Each inner label follows its outer one.
    Together,
}
