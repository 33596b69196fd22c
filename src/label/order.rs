//! What an order asks for. Its output is a function of this alone.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::png::MODULE_PIXELS_MAX;
use super::sheet::{Caption, MODULE_UM};
use crate::base::limits::BATCH_LABELS_MAX;
use crate::code::Layer;
use crate::keys::KeyNumber;

/// What files an order yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One table of numbers, serials, texts and URLs.
    Csv,
    /// A picture a label.
    Svg,
    /// A picture a label.
    Png,
    /// Sheets of labels.
    Pdf,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Csv, Self::Svg, Self::Png, Self::Pdf];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Pdf => "pdf",
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
            .ok_or_else(|| format!("a format is csv, svg, png or pdf, not {text:?}"))
    }
}

/// How labels are drawn, and which of the batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Specification {
    pub kind: Kind,
    /// Pixels a module, for PNG.
    #[serde(default = "Specification::module_px_default")]
    pub module_px: u8,
    /// Micrometres a module, for SVG and PDF.
    #[serde(default = "Specification::module_um_default")]
    pub module_um: u32,
    /// Running number of the first label.
    #[serde(default)]
    pub first: u64,
    /// Labels.
    pub count: u64,
}

impl Specification {
    pub fn new(kind: Kind, first: u64, count: u64) -> Self {
        Self {
            kind,
            module_px: Self::module_px_default(),
            module_um: Self::module_um_default(),
            first,
            count,
        }
    }

    const fn module_px_default() -> u8 {
        8
    }

    const fn module_um_default() -> u32 {
        500
    }

    /// Running number of the last label.
    pub const fn last(&self) -> u64 {
        self.first + self.count - 1
    }

    /// # Errors
    /// Naming the field, what it may be, and what it is; `batch_count` is the
    /// number of labels of the batch.
    pub fn check(&self, batch_count: u64) -> Result<(), String> {
        if self.count == 0 || self.count > BATCH_LABELS_MAX {
            return Err(format!(
                "count: an order holds 1 to {BATCH_LABELS_MAX} labels, not {}",
                self.count
            ));
        }
        if self.first.checked_add(self.count).is_none_or(|end| end > batch_count) {
            return Err(format!(
                "count: the batch holds the numbers 0 to {}, and {} labels from number {} go \
                 beyond; order fewer, or register a further batch",
                batch_count.saturating_sub(1),
                self.count,
                self.first,
            ));
        }
        if !(1..=MODULE_PIXELS_MAX).contains(&self.module_px) {
            return Err(format!(
                "module: a PNG has 1 to {MODULE_PIXELS_MAX} pixels a module, not {}",
                self.module_px
            ));
        }
        if !MODULE_UM.contains(&self.module_um) {
            return Err(format!(
                "module: SVG and PDF have {} to {} mm a module, not {}",
                f64::from(*MODULE_UM.start()) / 1_000.0,
                f64::from(*MODULE_UM.end()) / 1_000.0,
                f64::from(self.module_um) / 1_000.0,
            ));
        }
        Ok(())
    }
}

/// An order with everything that its labels are made from.
#[derive(Clone)]
pub struct Order {
    pub key: KeyNumber,
    pub batch: u32,
    /// The batch's permutation secret.
    pub secret: [u8; 32],
    /// Labels of the batch.
    pub batch_count: u64,
    /// Whether an item has an inner code too.
    pub inner: bool,
    /// `https://HOST`.
    pub public_url: String,
    pub caption: Caption,
    pub specification: Specification,
}

impl Order {
    /// The layers that labels are made for.
    pub fn layers(&self) -> &'static [Layer] {
        if self.inner { &[Layer::Outer, Layer::Inner] } else { &[Layer::Outer] }
    }

    /// Two orders with the same fingerprint yield the same bytes. It tells
    /// nothing of the secret.
    pub fn fingerprint(&self) -> String {
        let facts = serde_json::json!([
            self.key.get(),
            self.batch,
            self.batch_count,
            self.inner,
            self.public_url,
            self.caption.product,
            self.caption.enterprise,
            self.caption.batch,
            self.caption.lot,
            self.caption.made_on,
            self.caption.expires_on,
            self.specification,
        ]);
        let mut hash = Sha256::new();
        hash.update(b"ZHENMA-LABELS-1");
        hash.update(self.secret);
        hash.update(facts.to_string());
        hex(&hash.finalize())
    }
}

/// The folder and file part that names a layer.
pub(super) const fn layer_name(layer: Layer) -> &'static str {
    match layer {
        Layer::Outer => "outer",
        Layer::Inner => "inner",
        Layer::Case => "case",
        Layer::Pallet => "pallet",
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_out_of_bounds_are_refused_by_name() {
        for (first, count, batch, good) in [
            (0, 1, 1, true),
            (0, BATCH_LABELS_MAX, BATCH_LABELS_MAX, true),
            (0, 0, 10, false),
            (0, BATCH_LABELS_MAX + 1, u64::MAX, false),
            (9, 1, 10, true),
            (9, 2, 10, false),
            (u64::MAX, 2, 10, false),
        ] {
            let said = Specification::new(Kind::Csv, first, count).check(batch);
            assert_eq!(said.is_ok(), good, "{first} {count} {batch}: {said:?}");
            assert!(said.is_ok() || said.unwrap_err().starts_with("count: "));
        }
    }
}
