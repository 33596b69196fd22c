//! Lengths and sizes as people write them, and whole numbers inside.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Micrometres.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mm(pub u32);

impl Mm {
    /// Micrometres.
    pub const fn um(self) -> f32 {
        self.0 as f32
    }
}

impl fmt::Display for Mm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} mm", f64::from(self.0) / 1_000.0)
    }
}

impl Serialize for Mm {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(f64::from(self.0) / 1_000.0)
    }
}

impl<'de> Deserialize<'de> for Mm {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mm = f64::deserialize(from)?;
        if !(0.0..=10_000.0).contains(&mm) {
            return Err(serde::de::Error::custom(format!(
                "a length is 0 to 10000 millimetres, not {mm}"
            )));
        }
        Ok(Self((mm * 1_000.0).round() as u32))
    }
}

/// Hundredths of a typographic point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Points(pub u32);

impl Points {
    pub const fn points(self) -> f32 {
        self.0 as f32 / 100.0
    }
}

impl Serialize for Points {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(f64::from(self.0) / 100.0)
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let points = f64::deserialize(from)?;
        if !(4.0..=200.0).contains(&points) {
            return Err(serde::de::Error::custom(format!(
                "points: a text has 4 to 200 points, not {points}"
            )));
        }
        Ok(Self((points * 100.0).round() as u32))
    }
}
