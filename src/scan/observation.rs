//! One scan as the history keeps it: the least that detection needs.
//! Addresses, cookies and scan ids are keyed hashes before they come here.

use crate::base::{Near, UnixMs};
use crate::scan::Place;

/// 48 bits of a keyed hash. Within the 64 observations of one code two
/// different origins share a tag with probability below 10^-11.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag48(u64);

impl Tag48 {
    pub const fn new(bits: u64) -> Self {
        Self(bits & 0xffff_ffff_ffff)
    }

    pub const fn get(self) -> u64 {
        self.0
    }

    pub fn to_bytes(self) -> [u8; 6] {
        let b = self.0.to_be_bytes();
        [b[2], b[3], b[4], b[5], b[6], b[7]]
    }

    pub fn from_bytes(b: [u8; 6]) -> Self {
        Self(u64::from_be_bytes([0, 0, b[0], b[1], b[2], b[3], b[4], b[5]]))
    }
}

/// Who scanned, as far as a signed-in caller vouches for it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Channel {
    #[default]
    Consumer = 0,
    Retail = 1,
    Officer = 2,
    Factory = 3,
}

impl Channel {
    pub const fn from_bits(bits: u8) -> Self {
        match bits & 7 {
            1 => Self::Retail,
            2 => Self::Officer,
            3 => Self::Factory,
            _ => Self::Consumer,
        }
    }
}

/// What else is known of the scan; bits of one byte, channel below them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks(u8);

impl From<Near> for Marks {
    fn from(near: Near) -> Self {
        match near {
            Near::Private => Self::PRIVATE,
            Near::CarrierNat => Self::CARRIER_NAT,
        }
    }
}

impl Marks {
    /// The device is what an anonymous caller said of itself.
    pub const CLAIMED: Self = Self(0x08);
    /// The text was read under a host that is not ours.
    pub const FOREIGN_HOST: Self = Self(0x10);
    /// It came from a data centre's network.
    pub const HOSTED: Self = Self(0x20);
    /// It came from an address that is one network's own ([`Near::Private`]).
    pub const PRIVATE: Self = Self(0x40);
    /// The same, of a carrier ([`Near::CarrierNat`]).
    pub const CARRIER_NAT: Self = Self(0x80);

    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub const fn bits(self) -> u8 {
        self.0 & 0xf8
    }

    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 0xf8)
    }
}

/// A place given by a tap, kept on a grid of about 300 m by 600 m.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    lat: i16,
    lon: i16,
    /// Accuracy radius as the power of two above it, metres.
    accuracy: u8,
}

impl Spot {
    const LAT_STEPS: f64 = 360.0;
    const LON_STEPS: f64 = 180.0;

    /// Degrees (WGS 84) and metres; `None` when out of range or not finite.
    pub fn new(lat: f64, lon: f64, accuracy_m: f64) -> Option<Self> {
        let sane = (-90.0..=90.0).contains(&lat)
            && (-180.0..=180.0).contains(&lon)
            && (0.0..=1e7).contains(&accuracy_m);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded above")]
        sane.then(|| Self {
            lat: (lat * Self::LAT_STEPS).round() as i16,
            lon: (lon * Self::LON_STEPS).round() as i16,
            accuracy: accuracy_m.max(1.0).log2().ceil() as u8,
        })
    }

    pub fn lat(self) -> f64 {
        f64::from(self.lat) / Self::LAT_STEPS
    }

    pub fn lon(self) -> f64 {
        f64::from(self.lon) / Self::LON_STEPS
    }

    pub fn accuracy_m(self) -> f64 {
        f64::from(1_u32 << self.accuracy.min(24))
    }
}

/// One scan of one code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    pub at: UnixMs,
    pub device: Tag48,
    /// 32 bits of a keyed hash of the /24 or /48; 0 for every address that is
    /// [`Near`], and where there is none.
    pub network: u32,
    pub place: Place,
    pub spot: Option<Spot>,
    pub channel: Channel,
    pub marks: Marks,
    /// Keyed hash of the scan id: the same scan comes again with the same tag.
    pub scan: Tag48,
}

impl Observation {
    /// Bytes of one observation in a history and in the log. Two fit, with
    /// the version byte, into the 64 bytes that Redis packs tightly.
    pub const BYTES: usize = 30;
    const NO_SPOT: i16 = i16::MIN;

    /// A buyer who may have had the item in hand.
    pub const fn is_witness(&self) -> bool {
        matches!(self.channel, Channel::Consumer) && !self.marks.has(Marks::HOSTED)
    }

    /// at u48 ms | device 6 | network 4 | place 2 | lat 2 | lon 2 |
    /// marks and channel 1 | accuracy 1 | scan 6, big-endian.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut out = [0; Self::BYTES];
        out[0..6].copy_from_slice(&self.at.0.max(0).to_be_bytes()[2..8]);
        out[6..12].copy_from_slice(&self.device.to_bytes());
        out[12..16].copy_from_slice(&self.network.to_be_bytes());
        out[16..18].copy_from_slice(&self.place.0.to_be_bytes());
        let (lat, lon, accuracy) =
            self.spot.map_or((Self::NO_SPOT, 0, 0), |s| (s.lat, s.lon, s.accuracy));
        out[18..20].copy_from_slice(&lat.to_be_bytes());
        out[20..22].copy_from_slice(&lon.to_be_bytes());
        out[22] = self.marks.bits() | self.channel as u8;
        out[23] = accuracy;
        out[24..30].copy_from_slice(&self.scan.to_bytes());
        out
    }

    pub fn from_bytes(b: &[u8; Self::BYTES]) -> Self {
        let at = i64::from_be_bytes([0, 0, b[0], b[1], b[2], b[3], b[4], b[5]]);
        let lat = i16::from_be_bytes([b[18], b[19]]);
        Self {
            at: UnixMs(at),
            device: Tag48::from_bytes([b[6], b[7], b[8], b[9], b[10], b[11]]),
            network: u32::from_be_bytes([b[12], b[13], b[14], b[15]]),
            place: Place(u16::from_be_bytes([b[16], b[17]])),
            spot: (lat != Self::NO_SPOT).then(|| Spot {
                lat,
                lon: i16::from_be_bytes([b[20], b[21]]),
                accuracy: b[23],
            }),
            channel: Channel::from_bits(b[22]),
            marks: Marks::from_bits(b[22]),
            scan: Tag48::from_bytes([b[24], b[25], b[26], b[27], b[28], b[29]]),
        }
    }
}
