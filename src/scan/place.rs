//! Coarse places: provinces and prefectures of China by GB/T 2260 code.

use serde::{Deserialize, Serialize};

use crate::base::Lang;
use crate::base::places::{self, Region};

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
}

impl Place {
    /// The prefecture in which a point lies, as near as the table tells.
    pub fn of_point(lat: f64, lon: f64) -> Self {
        places::nearest(lat, lon).map_or(Self::ABROAD, |region| Self(region.code))
    }

    /// The province, where it is one of China's.
    pub fn region(self) -> Option<&'static Region> {
        places::lookup(self.0 / 100 * 100)
    }

    /// The prefecture, where it is known.
    pub fn city(self) -> Option<&'static Region> {
        places::lookup(self.0).filter(|r| !r.is_province())
    }

    /// In running text: `河南省郑州市`, `Zhengzhou, Henan`; `None` when unknown.
    pub fn text(self, lang: Lang) -> Option<String> {
        if self == Self::ABROAD {
            return Some(lang.pick("境外", "outside China").to_owned());
        }
        let region = self.region()?;
        Some(match (self.city(), lang) {
            (Some(city), Lang::Zh) => format!("{}{}", region.zh, city.zh),
            (Some(city), Lang::En) => format!("{}, {}", city.en, region.en),
            (None, _) => region.name(lang).to_owned(),
        })
    }
}

/// Tells the place of an address, as far as anything supplied to us can.
pub trait Locator: Send + Sync {
    fn locate(&self, address: std::net::IpAddr) -> Place;
}

/// Without a geographic database: networks still count, places do not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nowhere;

impl Locator for Nowhere {
    fn locate(&self, _address: std::net::IpAddr) -> Place {
        Place::UNKNOWN
    }
}
