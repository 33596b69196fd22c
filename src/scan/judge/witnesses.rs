//! The independent witnesses of a history, episode by episode.

use super::{Policy, consumer};
use crate::base::UnixMs;
use crate::scan::history::Summary;
use crate::scan::{History, Marks, Observation, Place};

/// What tells devices apart: the cookie's tag, or for a mere claim its network.
pub(super) fn device_key(o: &Observation) -> (bool, u64) {
    if o.marks.has(Marks::CLAIMED) { (true, u64::from(o.network)) } else { (false, o.device.get()) }
}

/// Distinct consumers' devices; an estimate once observations left.
pub fn distinct_devices(history: &History) -> u32 {
    let mut keys: Vec<_> =
        history.observations.iter().filter(|o| consumer(o)).map(device_key).collect();
    keys.sort_unstable();
    keys.dedup();
    let kept = u32::try_from(keys.len()).unwrap_or(u32::MAX);
    kept.saturating_add(history.summary.map_or(0, |s| distinct_in(&s.devices)))
}

/// Linear counting (Whang et al. 1990) on a set of 128 bits.
fn distinct_in(bits: &[u8; 16]) -> u32 {
    const SIZE: f64 = 128.0;
    let zeros = bits.iter().map(|b| b.count_zeros()).sum::<u32>().max(1);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 622")]
    let estimate = (SIZE * (SIZE / f64::from(zeros)).ln()).round() as u32;
    estimate
}

/// The independent witnesses of a history.
#[derive(Default)]
pub(super) struct Witnesses {
    /// At most so many an episode.
    pub(super) counted: u32,
    pub(super) episodes: u32,
    pub(super) provinces: u32,
    pub(super) devices: u32,
    pub(super) networks: u32,
    pub(super) days: u32,
    /// Devices and minutes of the busiest episode, where it is a busy one.
    pub(super) busiest: Option<(u32, u32)>,
}

impl Witnesses {
    pub(super) fn of(history: &History, since: UnixMs, policy: &Policy) -> Self {
        let mut out = Self::default();
        let mut devices = Vec::new();
        let mut networks = Vec::new();
        let mut provinces = 0_u128;
        let mut span: Option<(UnixMs, UnixMs)> = None;
        let mut episode: Option<Episode> = None;
        for o in history.observations.iter().filter(|o| o.is_witness() && o.at > since) {
            span = Some(span.map_or((o.at, o.at), |(a, b)| (a.min(o.at), b.max(o.at))));
            let new_device = insert(&mut devices, device_key(o));
            let new_network = insert(&mut networks, o.network);
            if !(new_device && new_network) {
                continue;
            }
            let current = match &mut episode {
                Some(e) if o.at.since(e.start) < e.lasts_ms(policy) => e,
                _ => {
                    out.close(episode.take(), policy);
                    out.episodes += 1;
                    episode.insert(Episode { start: o.at, last: o.at, witnesses: 0 })
                }
            };
            current.witnesses += 1;
            current.last = current.last.max(o.at);
            if current.witnesses <= policy.episode_witnesses_max {
                out.counted += 1;
                provinces |= province_bit(o.place);
            }
        }
        out.close(episode.take(), policy);
        out.devices = bounded(devices.len());
        out.networks = bounded(networks.len());
        if let (Some(s), Some(first)) = (&history.summary, history.observations.first())
            && since.0 == i64::MIN
        {
            out.add_summary(s, first.at, &mut provinces, policy);
        }
        out.provinces = provinces.count_ones();
        out.days = span.map_or(0, |(a, b)| days_between(a, b));
        out
    }

    fn close(&mut self, episode: Option<Episode>, policy: &Policy) {
        let Some(e) = episode.filter(|e| e.witnesses >= policy.many_at_once) else { return };
        if self.busiest.is_none_or(|(devices, _)| e.witnesses > devices) {
            let minutes = u32::try_from(e.last.since(e.start) / 60_000).unwrap_or(u32::MAX);
            self.busiest = Some((e.witnesses, minutes));
        }
    }

    /// What left the list still counts, but only as far as the time it took
    /// allows: so many scans in a night stay one episode.
    fn add_summary(&mut self, s: &Summary, first: UnixMs, provinces: &mut u128, policy: &Policy) {
        let left = distinct_in(&s.devices).min(distinct_in(&s.networks));
        let took = s.last_at.since(first).max(0);
        let episodes = |lasts: i64| u32::try_from(took / lasts).unwrap_or(0);
        let time = match episodes(policy.episode_ms) {
            some if left >= policy.picture_witnesses * some.max(1) => episodes(policy.picture_ms),
            some => some,
        };
        self.counted += left.min(time * policy.episode_witnesses_max);
        self.episodes += time.min(left);
        self.devices += distinct_in(&s.devices);
        self.networks += distinct_in(&s.networks);
        if time > 0 {
            for bit in 0..80_u32 {
                let set = s.provinces[(bit / 8) as usize] >> (bit % 8) & 1 == 1;
                *provinces |= u128::from(set) << (bit + 10);
            }
        }
    }
}

struct Episode {
    start: UnixMs,
    last: UnixMs,
    witnesses: u32,
}

impl Episode {
    const fn lasts_ms(&self, policy: &Policy) -> i64 {
        if self.witnesses >= policy.picture_witnesses {
            policy.picture_ms
        } else {
            policy.episode_ms
        }
    }
}

fn insert<T: PartialEq>(set: &mut Vec<T>, item: T) -> bool {
    let new = !set.contains(&item);
    if new {
        set.push(item);
    }
    new
}

fn bounded(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn province_bit(place: Place) -> u128 {
    let province = place.province();
    if (10..100).contains(&province) { 1 << province } else { 0 }
}

fn days_between(a: UnixMs, b: UnixMs) -> u32 {
    u32::try_from(b.since(a) / 86_400_000).unwrap_or(0).saturating_add(1)
}
