//! Colours of symbol and ground, and the contrast that a reader sees.

use serde::{Deserialize, Serialize};

/// Share of light that paper and film reflect.
const PAPER: f32 = 0.85;

/// What a symbol and its texts are printed in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Ink {
    /// `"black"`
    #[default]
    #[serde(with = "black")]
    Black,
    /// A colour of its own on the press, such as PANTONE 2945 C.
    Spot {
        spot: String,
        /// The same in process colours, per cent: for screens and for presses
        /// that have not the spot colour.
        cmyk: [u8; 4],
    },
}

/// Bytes of a spot colour's name.
pub(super) const SPOT_NAME_MAX: usize = 60;

mod black {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str("black")
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<(), D::Error> {
        match String::deserialize(from)?.as_str() {
            "black" => Ok(()),
            _ => Err(serde::de::Error::custom("ink: write \"black\" or { spot, cmyk }")),
        }
    }
}

impl Ink {
    /// Red, green and blue of it, 0 to 1, as light and not as screens count.
    fn light(&self) -> [f32; 3] {
        match self {
            // Black ink reflects some three per cent.
            Self::Black => [0.03; 3],
            Self::Spot { cmyk: [c, m, y, k], .. } => [c, m, y].map(|part| {
                let left = |per_cent: u8| 1.0 - f32::from(per_cent.min(100)) / 100.0;
                // Ink is seen against the paper behind it.
                (linear(left(*part) * left(*k)) * PAPER).max(0.03)
            }),
        }
    }
}

/// Colour of the label, `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ground(pub [u8; 3]);

impl Ground {
    pub const WHITE: Self = Self([255; 3]);

    fn light(self) -> [f32; 3] {
        self.0.map(|part| linear(f32::from(part) / 255.0) * PAPER)
    }
}

impl Default for Ground {
    fn default() -> Self {
        Self::WHITE
    }
}

impl TryFrom<String> for Ground {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = text.strip_prefix('#').filter(|d| d.len() == 6 && d.is_ascii());
        let parts = digits.map(|d| [0, 2, 4].map(|at| u8::from_str_radix(&d[at..at + 2], 16)));
        match parts {
            Some([Ok(r), Ok(g), Ok(b)]) => Ok(Self([r, g, b])),
            _ => Err(format!("ground: a colour is written #rrggbb, not {text:?}")),
        }
    }
}

impl From<Ground> for String {
    fn from(Ground([r, g, b]): Ground) -> Self {
        format!("#{r:02x}{g:02x}{b:02x}")
    }
}

/// sRGB to light.
fn linear(part: f32) -> f32 {
    if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
}

/// Symbol contrast, per cent: reflectance of the ground less that of the ink,
/// the smaller of what a phone sees (luminance) and what a scanner with red
/// light sees (ISO/IEC 15415). Negative: inverted.
pub fn contrast(ink: &Ink, ground: Ground) -> f32 {
    let (ink, ground) = (ink.light(), ground.light());
    let seen = |[r, g, b]: [f32; 3]| 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let by_phone = seen(ground) - seen(ink);
    let by_red = ground[0] - ink[0];
    by_phone.min(by_red) * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_what_phone_and_scanner_both_see() {
        let spot = |cmyk| Ink::Spot { spot: "S".to_owned(), cmyk };
        let white = Ground::WHITE;
        assert!(contrast(&Ink::Black, white) > 80.0);
        assert!(contrast(&spot([100, 70, 0, 50]), white) > 70.0);
        // Red on white: a phone reads it, a scanner's red light does not.
        assert!(contrast(&spot([0, 100, 100, 0]), white) < 5.0);
        assert!(contrast(&spot([0, 0, 0, 0]), white) < 5.0);
        assert!(contrast(&Ink::Black, Ground([0x30, 0x10, 0x10])) < 10.0);
        assert!(contrast(&spot([0, 0, 0, 0]), Ground([0; 3])) < -50.0, "inverted");
    }
}
