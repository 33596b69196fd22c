//! On which scans a reason rests, so that whoever reads it can look at them.

use std::collections::HashSet;

use crate::scan::walk::{DeviceKey, apart_km};
use crate::scan::{History, Marks, Observation, Reason, Tag48};

const MINUTE_MS: i64 = 60_000;

/// Tags of the scans of `history` that a reason speaks of, in their order; empty
/// where it speaks of other labels, of the text or of the register.
pub fn basis(reason: &Reason, history: &History) -> Vec<Tag48> {
    let all = &history.observations;
    let of = |wanted: &dyn Fn(&Observation) -> bool| {
        all.iter().filter(|o| wanted(o)).map(|o| o.scan).collect::<Vec<_>>()
    };
    match reason {
        Reason::TooManyIndependentScans { .. } | Reason::SeenByOthers { .. } => {
            let mut met = HashSet::new();
            let witnesses = all.iter().filter(|o| o.is_witness());
            witnesses.filter(|o| met.insert(DeviceKey::of(o))).map(|o| o.scan).collect()
        }
        Reason::ManyAtOnce { devices, minutes } => at_once(all, *devices, *minutes),
        Reason::PlacesTooFarApart { km, .. } => apart(all, *km),
        Reason::ForeignHost { .. } => of(&|o| o.marks.has(Marks::FOREIGN_HOST)),
        Reason::SamePhoneAgain { first } => {
            let phone = all.iter().find(|o| o.at == *first).map(DeviceKey::of);
            of(&|o| Some(DeviceKey::of(o)) == phone)
        }
        Reason::OfficerExplained { from, until, .. } => of(&|o| *from <= o.at && o.at <= *until),
        Reason::NotActivated | Reason::Spoiled | Reason::Planted => of(&Observation::is_witness),
        _ => Vec::new(),
    }
}

/// The first window of so many minutes in which so many phones came.
fn at_once(all: &[Observation], devices: u32, minutes: u32) -> Vec<Tag48> {
    let witnesses: Vec<_> = all.iter().filter(|o| o.is_witness()).collect();
    let window = |begin: &Observation| {
        let end = begin.at.plus_ms((i64::from(minutes) + 1) * MINUTE_MS);
        let within = witnesses.iter().filter(move |o| begin.at <= o.at && o.at <= end);
        let mut met = HashSet::new();
        within.filter(|o| met.insert(DeviceKey::of(o))).map(|o| o.scan).collect::<Vec<_>>()
    };
    let enough = |found: &Vec<Tag48>| u32::try_from(found.len()).is_ok_and(|n| n >= devices);
    witnesses.iter().map(|o| window(o)).find(enough).unwrap_or_default()
}

/// The two scans whose given places lie so far apart.
fn apart(all: &[Observation], km: u32) -> Vec<Tag48> {
    let spots: Vec<_> = all.iter().filter_map(|o| Some((o.scan, o.spot?))).collect();
    for (i, (one, here)) in spots.iter().enumerate() {
        for (other, there) in &spots[i + 1..] {
            if (apart_km(*here, *there) - f64::from(km)).abs() < 1.0 {
                return vec![*one, *other];
            }
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::UnixMs;
    use crate::scan::{Channel, Place, Spot};

    fn scan(minute: i64, device: u64, spot: Option<(f64, f64)>) -> Observation {
        Observation {
            at: UnixMs(minute * MINUTE_MS),
            device: Tag48::new(device),
            network: 1,
            place: Place(4101),
            spot: spot.and_then(|(lat, lon)| Spot::new(lat, lon, 20.0)),
            channel: Channel::Consumer,
            marks: Marks::default(),
            scan: Tag48::new(u64::try_from(minute).expect("a minute")),
        }
    }

    fn tags(minutes: &[u64]) -> Vec<Tag48> {
        minutes.iter().map(|minute| Tag48::new(*minute)).collect()
    }

    fn history() -> History {
        let mut history = History::default();
        for seen in [
            scan(1, 1, Some((34.75, 113.62))),
            scan(2, 1, None),
            scan(500, 2, None),
            scan(503, 3, None),
            scan(505, 4, Some((23.13, 113.26))),
            Observation { channel: Channel::Officer, ..scan(506, 5, None) },
        ] {
            history.fold(seen);
        }
        history
    }

    #[test]
    fn a_reason_names_the_scans_that_it_speaks_of() {
        let history = history();
        let of = |reason: Reason| basis(&reason, &history);
        let others = Reason::SeenByOthers { at: UnixMs(0), place: Place(4101), devices: 4 };
        assert_eq!(of(others), tags(&[1, 500, 503, 505]), "each phone's first");
        assert_eq!(of(Reason::ManyAtOnce { devices: 3, minutes: 5 }), tags(&[500, 503, 505]));
        assert_eq!(of(Reason::ManyAtOnce { devices: 4, minutes: 5 }), tags(&[]));
        let first = UnixMs(MINUTE_MS);
        assert_eq!(of(Reason::SamePhoneAgain { first }), tags(&[1, 2]));
        let spots: Vec<_> = history.observations.iter().filter_map(|o| o.spot).collect();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "on the Earth")]
        let km = apart_km(spots[0], spots[1]) as u32;
        assert_eq!(of(Reason::PlacesTooFarApart { km, minutes: 504 }), tags(&[1, 505]));
        assert_eq!(of(Reason::FirstScan), tags(&[]));
    }
}
