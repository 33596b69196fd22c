//! Coarse places: provinces and prefectures of China by GB/T 2260 code.

use serde::{Deserialize, Serialize};

/// The first four digits of a GB/T 2260 code: province and prefecture
/// (4101 Zhengzhou); two digits and 00 for a province alone; 0 unknown;
/// 9900 outside China.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Place(pub u16);

impl Place {
    pub const UNKNOWN: Self = Self(0);
    pub const ABROAD: Self = Self(9900);

    /// Province code, 11 to 82; 0 when unknown.
    pub const fn province(self) -> u8 {
        (self.0 / 100) as u8
    }

    pub const fn is_known(self) -> bool {
        self.0 != 0
    }
}
