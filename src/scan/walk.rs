//! A history read once: who came, where, and who of them is a *witness*.
//!
//! A witness is a device on a network, neither of which had scanned the code
//! before. What an anonymous caller says of its device counts by its network
//! alone, and what comes from a data centre not at all. All addresses that are
//! not of the whole net ([`crate::base::Near`]) are one network.

use arrayvec::ArrayVec;

use crate::base::UnixMs;
use crate::base::limits::HISTORY_OBSERVATIONS_MAX as MAX;
use crate::base::places::distance_km;
use crate::registry::Findings;
use crate::scan::history::Summary;
use crate::scan::tags::provider_of;
use crate::scan::{Channel, History, Marks, Observation, Place, Spot, Tag48};

/// A known device that comes back after so long comes again; sooner, it is a
/// reload or a second look.
const AGAIN_MS: i64 = 6 * 3_600_000;
/// Places given by a tap that lie so far from one another are two.
const SPOT_KM: f64 = 2.0;
/// Spots told apart.
const SPOTS_MAX: usize = 16;

/// What tells devices apart: the cookie's tag, or for a mere claim its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceKey(u64);

impl DeviceKey {
    const CLAIMED: u64 = 1 << 63;

    pub fn of(o: &Observation) -> Self {
        if o.marks.has(Marks::CLAIMED) {
            Self(Self::CLAIMED | u64::from(o.network))
        } else {
            Self(o.device.get())
        }
    }

    /// The tag of a device that has our cookie.
    pub const fn cookie(self) -> Option<Tag48> {
        if self.0 & Self::CLAIMED == 0 { Some(Tag48::new(self.0)) } else { None }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Witness {
    pub at: UnixMs,
    pub device: DeviceKey,
    pub network: u32,
    pub place: Place,
    /// Where its address is; 0 where that is not known.
    address_province: u8,
}

/// A device with the first place at which it was seen with this code.
#[derive(Clone, Copy, Debug)]
pub struct Device {
    pub key: DeviceKey,
    pub place: Place,
    last: UnixMs,
}

impl Device {
    /// When it was seen last.
    pub const fn last_at(&self) -> UnixMs {
        self.last
    }
}

/// The consumers' scans of one history.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    pub witnesses: ArrayVec<Witness, MAX>,
    pub devices: ArrayVec<Device, MAX>,
    pub networks: u32,
    /// Times that a device came back after six hours.
    pub returns: u32,
    /// Places given by a tap that are not the same.
    pub spots: u32,
    /// First and last scan that counts.
    pub span: Option<(UnixMs, UnixMs)>,
    /// What is known of those that left the list.
    pub left: Option<Summary>,
}

impl Walk {
    /// Only what officers have not answered for.
    pub fn of(history: &History, findings: &Findings) -> Self {
        if !findings.answer() {
            return Self::until(history, history.observations.len());
        }
        let open = |o: &&Observation| !findings.answer_for(o.at, o.place.0);
        Self::over(history.observations.iter().filter(open))
    }

    /// Of the first `length` observations.
    pub fn until(history: &History, length: usize) -> Self {
        let kept = history.observations.iter().take(length);
        Self { left: history.summary, ..Self::over(kept) }
    }

    fn over<'a>(observations: impl Iterator<Item = &'a Observation>) -> Self {
        let mut out = Self::default();
        let mut networks = ArrayVec::<u32, MAX>::new();
        let mut spots = ArrayVec::<Spot, SPOTS_MAX>::new();
        for o in observations.filter(|o| o.is_witness()) {
            out.span = Some(out.span.map_or((o.at, o.at), |(a, b)| (a.min(o.at), b.max(o.at))));
            let new_device = out.meet(o);
            let new_network = !networks.contains(&o.network);
            if new_network {
                networks.push(o.network);
            }
            if new_device && new_network {
                let device = DeviceKey::of(o);
                let (at, network, place) = (o.at, o.network, o.place);
                let address_province = if o.spot.is_some() { 0 } else { place.province() };
                out.witnesses.push(Witness { at, device, network, place, address_province });
            }
            if let Some(spot) = o.spot.filter(|_| !spots.is_full())
                && spots
                    .iter()
                    .all(|s| apart_at_most_km(*s, spot) > SPOT_KM && apart_km(*s, spot) > SPOT_KM)
            {
                spots.push(spot);
            }
        }
        out.networks = count(networks.len());
        out.spots = count(spots.len());
        out
    }

    /// Whether the device is a new one.
    fn meet(&mut self, o: &Observation) -> bool {
        let key = DeviceKey::of(o);
        if let Some(known) = self.devices.iter_mut().find(|d| d.key == key) {
            self.returns += u32::from(o.at.since(known.last) > AGAIN_MS);
            known.last = o.at;
            if known.place.province() == 0 {
                known.place = o.place;
            }
            return false;
        }
        self.devices.push(Device { key, place: o.place, last: o.at });
        true
    }

    /// Witnesses on a network that `left` knows already, a bit for each: the
    /// scan that made it one is gone, and a later one stands for it. Where
    /// many networks left, the set is too full to tell.
    pub fn known_before(&self, left: &Summary) -> u64 {
        const TOLD_APART: u32 = 40;
        if distinct_in(&left.networks) > TOLD_APART {
            return 0;
        }
        let known = |network: u32| {
            let bit = (network & 127) as usize;
            left.networks[bit / 8] >> (bit % 8) & 1 == 1
        };
        let bits = (0_u32..).zip(&self.witnesses).filter(|(_, w)| known(w.network));
        bits.fold(0, |set, (n, _)| set | 1 << n)
    }

    /// Witnesses beyond `most` of one provider's block in one province, a bit
    /// for each. A place given by a tap is a claim, and moves nobody's address.
    pub fn crowded(&self, most: usize) -> u64 {
        let block = |w: &Witness| (provider_of(w.network), w.address_province);
        let before = |n: usize, w: &Witness| {
            self.witnesses[..n].iter().filter(|b| block(b) == block(w)).count()
        };
        let beyond = self.witnesses.iter().enumerate().filter(|(n, w)| before(*n, w) >= most);
        beyond.fold(0, |set, (n, _)| set | 1 << n)
    }

    /// Without the witnesses whose bit is set in `left_out`.
    pub fn without(&self, left_out: u64) -> Self {
        let kept = (0_u32..).zip(&self.witnesses).filter(|(n, _)| left_out >> n & 1 == 0);
        Self { witnesses: kept.map(|(_, w)| *w).collect(), ..self.clone() }
    }

    /// Where witnesses were, each place once.
    pub fn places(&self) -> ArrayVec<Place, MAX> {
        let mut out = ArrayVec::new();
        for w in self.witnesses.iter().filter(|w| w.place.province() != 0) {
            if !out.contains(&w.place) {
                out.push(w.place);
            }
        }
        out
    }

    /// Whether somebody else met the code in another province than `device`.
    pub fn met_elsewhere(&self, device: &Device) -> bool {
        let home = device.place.province();
        home != 0
            && self
                .witnesses
                .iter()
                .filter(|w| w.device != device.key)
                .any(|w| w.place.province() != 0 && w.place.province() != home)
    }

    /// Whether anybody but `device` met the code.
    pub fn met_by_others(&self, device: &Device) -> bool {
        self.witnesses.iter().any(|w| w.device != device.key)
    }

    /// Devices, with an estimate of those that left the list.
    pub fn devices_ever(&self) -> u32 {
        count(self.devices.len()) + self.left.map_or(0, |s| distinct_in(&s.devices))
    }

    /// Networks, with an estimate of those that left the list.
    pub fn networks_ever(&self) -> u32 {
        self.networks + self.left.map_or(0, |s| distinct_in(&s.networks))
    }
}

/// Distinct consumers' devices; an estimate once observations left.
pub fn distinct_devices(history: &History) -> u32 {
    let mut keys = ArrayVec::<_, MAX>::new();
    for o in history.observations.iter().filter(|o| o.channel == Channel::Consumer) {
        let key = DeviceKey::of(o);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    count(keys.len()) + history.summary.map_or(0, |s| distinct_in(&s.devices))
}

/// Linear counting (Whang et al. 1990) on a set of 128 bits.
fn distinct_in(bits: &[u8; 16]) -> u32 {
    const SIZE: f64 = 128.0;
    let zeros = bits.iter().map(|b| b.count_zeros()).sum::<u32>().max(1);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 622")]
    let estimate = (SIZE * (SIZE / f64::from(zeros)).ln()).round() as u32;
    estimate
}

/// Kilometres that two taps are apart at the very most, without a sine: most
/// lie in one house, and that is soon told.
pub fn apart_at_most_km(a: Spot, b: Spot) -> f64 {
    const KM_A_DEGREE: f64 = 111.2;
    KM_A_DEGREE * ((a.lat() - b.lat()).abs() + (a.lon() - b.lon()).abs())
}

/// Kilometres between two taps, their errors taken off.
pub fn apart_km(a: Spot, b: Spot) -> f64 {
    let error_km = (a.accuracy_m() + b.accuracy_m()) / 1000.0;
    distance_km((a.lat(), a.lon()), (b.lat(), b.lon())) - error_km
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
