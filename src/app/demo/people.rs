//! A few thousand scans of people who behave as people do, for the
//! demonstration. Seeded: the same directory always tells the same story.

use std::net::{IpAddr, Ipv4Addr};

use crate::base::places;
use crate::scan::Place;
use crate::scan::place::Locator;

/// One scan to come: which label, when, by which phone, from where.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    /// Days before the demonstration starts.
    pub days_ago: f64,
    pub phone: u64,
    pub address: IpAddr,
}

/// How the scans of one label go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    Owner,
    Household,
    Banquet,
    Gift,
    /// A copied label on sale in many shops.
    Copied,
    /// A photo that went round in a chat group.
    PhotoGoneRound,
}

/// xorshift64* (Vigna 2016): reproducible, and that is all it need be.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// 0 to `sides` - 1.
    pub fn below(&mut self, sides: u64) -> u64 {
        (self.roll() >> 11) % sides
    }

    /// 0 to 1.
    #[allow(clippy::cast_precision_loss, reason = "53 bits are exact")]
    pub fn share(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl Story {
    /// Of a hundred scanned labels so many have each story.
    pub fn drawn(dice: &mut Dice) -> Self {
        match dice.below(100) {
            0..=57 => Self::Owner,
            58..=81 => Self::Household,
            82..=88 => Self::Banquet,
            _ => Self::Gift,
        }
    }

    /// The scans of one label that was bought `days_ago` in `home`.
    pub fn visits(self, dice: &mut Dice, days_ago: f64, home: Place) -> Vec<Visit> {
        let mut out = Vec::new();
        let phone = dice.roll();
        let net = address_in(home, dice);
        let mut add = |days_ago: f64, phone, address| {
            if days_ago > 0.01 {
                out.push(Visit { days_ago, phone, address });
            }
        };
        match self {
            Self::Owner => {
                add(days_ago, phone, net);
                if dice.below(3) == 0 {
                    add(days_ago - 30.0 * dice.share(), phone, address_in(home, dice));
                }
            }
            Self::Household => {
                for i in 0..=1 + dice.below(3) {
                    let own = if dice.below(2) == 0 { net } else { address_in(home, dice) };
                    add(days_ago - dice.share(), phone ^ i, own);
                }
            }
            Self::Banquet => {
                for _ in 0..=3 + dice.below(4) {
                    add(days_ago - 0.1 * dice.share(), dice.roll(), address_in(home, dice));
                }
            }
            Self::Gift => {
                add(days_ago, phone, net);
                let away = anywhere(dice);
                add(days_ago - 3.0 - 20.0 * dice.share(), dice.roll(), address_in(away, dice));
            }
            Self::Copied => {
                // Buyers of copies do what buyers do: some look again at home.
                for i in 0..26_u32 {
                    let (buyer, at) = (dice.roll(), address_in(anywhere(dice), dice));
                    let bought = days_ago * (1.0 - f64::from(i) / 26.0);
                    add(bought, buyer, at);
                    if i % 2 == 0 {
                        add(bought * 0.97, buyer, at);
                    }
                }
            }
            Self::PhotoGoneRound => {
                for _ in 0..26 {
                    let away = anywhere(dice);
                    add(days_ago - 0.01 * dice.share(), dice.roll(), address_in(away, dice));
                }
            }
        }
        out
    }
}

/// A prefecture, the populous east more often than the west.
pub fn anywhere(dice: &mut Dice) -> Place {
    let all = places::all();
    loop {
        #[allow(clippy::cast_possible_truncation, reason = "an index")]
        let region = &all[dice.below(all.len() as u64) as usize];
        if !region.is_province() && (region.lon > 106.0 || dice.below(4) == 0) {
            return Place(region.code);
        }
    }
}

/// A prefecture of one province.
pub fn in_province(province: Place, dice: &mut Dice) -> Place {
    let own: Vec<_> = places::all()
        .iter()
        .filter(|r| r.code / 100 == province.0 / 100 && !r.is_province())
        .collect();
    if own.is_empty() {
        return Place(province.0 / 100 * 100);
    }
    #[allow(clippy::cast_possible_truncation, reason = "an index")]
    Place(own[dice.below(own.len() as u64) as usize].code)
}

/// An address that stands for some network in `place`.
fn address_in(place: Place, dice: &mut Dice) -> IpAddr {
    let index = places::all().iter().position(|r| r.code == place.0).unwrap_or(0) as u64;
    let network = index * NETWORKS_A_REGION + dice.below(NETWORKS_A_REGION);
    let offset = u32::try_from(network << 8).expect("368 regions of 128 networks fit");
    IpAddr::V4(Ipv4Addr::from_bits(BASE + offset + 7))
}

/// Networks (/24) that stand for one region.
const NETWORKS_A_REGION: u64 = 128;
/// 240.0.0.0/4 is reserved (RFC 1112) and never on the wire; 368 regions of
/// 128 networks of 256 addresses fit.
const BASE: u32 = 0xf000_0000;

/// Knows the made-up addresses above, and no real one.
#[derive(Clone, Copy, Debug, Default)]
pub struct MadeUpPlaces;

impl Locator for MadeUpPlaces {
    fn locate(&self, address: IpAddr) -> Place {
        let IpAddr::V4(v4) = address else { return Place::UNKNOWN };
        let Some(offset) = v4.to_bits().checked_sub(BASE) else { return Place::UNKNOWN };
        let index = u64::from(offset >> 8) / NETWORKS_A_REGION;
        usize::try_from(index)
            .ok()
            .and_then(|i| places::all().get(i))
            .map_or(Place::UNKNOWN, |region| Place(region.code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_addresses_stand_where_they_say() {
        let mut dice = Dice::new(7);
        for _ in 0..200 {
            let place = anywhere(&mut dice);
            assert_eq!(MadeUpPlaces.locate(address_in(place, &mut dice)), place);
        }
        assert_eq!(MadeUpPlaces.locate([127, 0, 0, 1].into()), Place::UNKNOWN);
    }
}
