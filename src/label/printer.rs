//! What a printer can put on paper: dots of one pitch. A module is a whole
//! number of them, or a raster processor makes neighbours unequal and readers
//! fail on the narrow ones.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Smallest module that cheap phones read, micrometres (ISO/IEC 18004 leaves
/// it to the application; GS1 General Specifications ask 0.255 to 0.680 mm).
pub const MODULE_UM_MIN: u32 = 255;
/// Largest module that still makes a label, micrometres.
pub const MODULE_UM_MAX: u32 = 2_000;

/// A printer profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Printer {
    pub name: &'static str,
    /// As the maker calls it.
    pub dpi: u32,
    /// Real distance of two dots, nanometres: printers of "203 dpi" have 8
    /// dots a millimetre.
    pub pitch_nm: u32,
    /// Whether it speaks ZPL II.
    pub zpl: bool,
    /// Widest print, micrometres, where it is bound.
    pub width_um: Option<u32>,
}

/// Every profile.
pub const PRINTERS: [Printer; 7] = [
    Printer::thermal("zpl-203", 203, 125_000, 104_000),
    Printer::thermal("zpl-300", 300, 84_667, 105_700),
    Printer::thermal("zpl-600", 600, 42_333, 104_000),
    Printer::plain("inkjet-360", 360, 70_556),
    Printer::plain("laser-600", 600, 42_333),
    Printer::plain("laser-1200", 1_200, 21_167),
    Printer::plain("offset-2400", 2_400, 10_583),
];

impl Printer {
    const fn thermal(name: &'static str, dpi: u32, pitch_nm: u32, width_um: u32) -> Self {
        Self { name, dpi, pitch_nm, zpl: true, width_um: Some(width_um) }
    }

    const fn plain(name: &'static str, dpi: u32, pitch_nm: u32) -> Self {
        Self { name, dpi, pitch_nm, zpl: false, width_um: None }
    }

    /// Whole dots in a module of at most `module_um`.
    pub fn dots(&self, module_um: u32) -> u32 {
        // A module written as 0.339 mm means four dots of 84.667 um.
        (u64::from(module_um) * 1_000 + 500).div_euclid(u64::from(self.pitch_nm)) as u32
    }

    /// Length of `dots`, micrometres.
    pub fn um(&self, dots: u32) -> f32 {
        dots as f32 * self.pitch_nm as f32 / 1_000.0
    }

    /// Whole dots that make a module large enough.
    pub const fn dots_min(&self) -> u32 {
        (MODULE_UM_MIN * 1_000).div_ceil(self.pitch_nm)
    }
}

impl fmt::Display for Printer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl FromStr for Printer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        PRINTERS.into_iter().find(|printer| printer.name == text).ok_or_else(|| {
            format!(
                "there is no printer profile {text:?}; take {}",
                PRINTERS.map(|printer| printer.name).join(", ")
            )
        })
    }
}

impl Serialize for Printer {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name)
    }
}

impl<'de> Deserialize<'de> for Printer {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_whole_dots_and_large_enough() {
        for (name, dots_min, module_um, dots) in [
            ("zpl-203", 3, 375, 3),
            ("zpl-203", 3, 374, 2),
            ("zpl-300", 4, 339, 4),
            ("zpl-300", 4, 254, 3),
            ("zpl-600", 7, 295, 6),
            ("zpl-600", 7, 297, 7),
            ("laser-600", 7, 500, 11),
            ("offset-2400", 25, 500, 47),
        ] {
            let printer: Printer = name.parse().unwrap();
            assert_eq!(printer.dots_min(), dots_min, "{name}");
            assert_eq!(printer.dots(module_um), dots, "{name} {module_um}");
            assert!(printer.um(printer.dots_min()) >= MODULE_UM_MIN as f32);
        }
        assert!("laser".parse::<Printer>().unwrap_err().contains("laser-600"));
    }
}
