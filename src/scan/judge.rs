//! `judge`: evidence in, verdict out. No clock, no I/O, no logging.
//!
//! Policy 1 asks how many *independent witnesses* a code has had. A witness
//! is a device on a network, neither of which had scanned the code before;
//! what an anonymous caller says of its device counts by its network alone,
//! and what comes from a data centre not at all.
//! Witnesses within [`Policy::episode_ms`] of one another are one *episode*
//! (a household, a banquet, a photo gone round), of which at most
//! [`Policy::episode_witnesses_max`] count: a robot that scans all night or a
//! picture that goes viral is loud, but it is one event. What one item does
//! not do is meet new people in new places, episode after episode.
//!
//! The weights are log-odds, added up; they were set by hand and say no more
//! than their order. The issue on detection replaces them by measured ones.

use crate::base::UnixMs;
use crate::base::places::distance_km;
use crate::code::{Malformed, Outcome as ReadOutcome};
use crate::registry::{Decision, Standing};
use crate::scan::history::Summary;
use crate::scan::{Channel, History, Marks, Observation, Outcome, Place, Reason, Verdict};

/// What the text itself showed, before any history.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    Malformed(Malformed),
    /// One of the reader's outcomes; `Malformed` does not occur here.
    Read(ReadOutcome),
    /// A serial was typed in without its signature.
    SerialOnly,
}

/// All that a verdict rests on.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    pub check: Check,
    /// `None`: never issued.
    pub standing: Option<&'a Standing>,
    /// The code is that of a case, not of an item.
    pub case: bool,
    /// The host under which the code was read, when it is not ours.
    pub foreign_host: Option<&'a str>,
    /// `None`: could not be read. The index is this scan's own place; none
    /// when it was only looked at.
    pub history: Option<(&'a History, Option<usize>)>,
    /// What an officer decided last, and when.
    pub decision: Option<(Decision, UnixMs)>,
}

/// Every weight and bound of the judge, under a name that a verdict records.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    pub name: &'static str,
    pub episode_ms: i64,
    pub episode_witnesses_max: u32,
    /// Witnesses in one episode from which on it is told as such.
    pub many_at_once: u32,
    /// Log-odds before any scan is looked at.
    pub prior: f64,
    /// Log-odds for each witness, episode, province beyond what one item has.
    pub per_witness: f64,
    pub free_witnesses: u32,
    pub per_episode: f64,
    pub free_episodes: u32,
    pub per_province: f64,
    pub free_provinces: u32,
    pub too_far_apart: f64,
    pub foreign_host: f64,
    /// Risk from which on a code is suspect.
    pub suspect_risk: f64,
    /// Faster than any airliner, km/h, and farther than any error of a fix.
    pub travel_kmh_max: f64,
    pub travel_km_min: f64,
}

impl Policy {
    pub const ONE: Self = Self {
        name: "witnesses-1",
        episode_ms: 48 * 3_600_000,
        episode_witnesses_max: 3,
        many_at_once: 6,
        prior: -7.0,
        per_witness: 0.55,
        free_witnesses: 2,
        per_episode: 0.6,
        free_episodes: 3,
        per_province: 0.5,
        free_provinces: 2,
        too_far_apart: 2.0,
        foreign_host: 2.0,
        suspect_risk: 0.9,
        travel_kmh_max: 1_000.0,
        travel_km_min: 100.0,
    };
}

/// The verdict on one code, with its reasons in order of weight.
pub fn judge(evidence: &Evidence<'_>, policy: &Policy) -> Verdict {
    let mut verdict = of_label(evidence, policy);
    // A case's label stuck on a bottle is true, and tells nothing of the bottle.
    if evidence.case && verdict.outcome != Outcome::NotGenuine {
        verdict.reasons.push(Reason::CaseLabel);
    }
    verdict
}

fn of_label(evidence: &Evidence<'_>, policy: &Policy) -> Verdict {
    let settled = |outcome, reason, risk| Verdict {
        outcome,
        reasons: vec![reason],
        risk,
        policy: policy.name,
    };
    match &evidence.check {
        Check::Malformed(hint) => {
            return settled(Outcome::NotGenuine, Reason::Malformed { hint: hint.clone() }, 1.0);
        }
        Check::Read(ReadOutcome::UnknownKey) => {
            return settled(Outcome::NotGenuine, Reason::UnknownKey, 1.0);
        }
        Check::Read(ReadOutcome::BadSignature | ReadOutcome::Malformed) => {
            return settled(Outcome::NotGenuine, Reason::BadSignature, 1.0);
        }
        Check::Read(ReadOutcome::KeyRevoked | ReadOutcome::Valid) | Check::SerialOnly => {}
    }
    let Some(standing) = evidence.standing else {
        return settled(Outcome::NotGenuine, Reason::NeverIssued, 1.0);
    };
    let told = evidence.history.map(|(history, own)| {
        told_by_history(history, own, evidence.decision, evidence.foreign_host, policy)
    });
    let risk = told.as_ref().map_or(0.5, |t| t.risk);
    let early = match standing {
        Standing::Withdrawn { kind, reason, remedy, .. } => Some((
            Outcome::Withdrawn,
            Reason::Withdrawn { kind: *kind, reason: reason.clone(), remedy: remedy.clone() },
        )),
        Standing::NotActivated => Some((Outcome::NotOnSale, Reason::NotActivated)),
        Standing::Spoiled => Some((Outcome::NotOnSale, Reason::Spoiled)),
        Standing::Planted => Some((Outcome::NotOnSale, Reason::Planted)),
        Standing::OnSale => match &evidence.check {
            Check::SerialOnly => Some((Outcome::CannotConfirm, Reason::SerialOnly)),
            Check::Read(ReadOutcome::KeyRevoked) => {
                Some((Outcome::CannotConfirm, Reason::KeyRevoked))
            }
            _ => None,
        },
    };
    if let Some((outcome, reason)) = early {
        return settled(outcome, reason, risk);
    }
    match told {
        None => settled(Outcome::CannotConfirm, Reason::HistoryUnavailable, risk),
        Some(told) => Verdict {
            outcome: told.outcome,
            reasons: told.reasons,
            risk: told.risk,
            policy: policy.name,
        },
    }
}

struct Told {
    outcome: Outcome,
    reasons: Vec<Reason>,
    risk: f64,
}

fn told_by_history(
    history: &History,
    own: Option<usize>,
    decision: Option<(Decision, UnixMs)>,
    foreign_host: Option<&str>,
    policy: &Policy,
) -> Told {
    // An officer who found the label in order answers for what was seen until
    // then; what comes after is watched as before.
    let since = match decision {
        Some((Decision::Genuine, at)) => at,
        _ => UnixMs(i64::MIN),
    };
    let count = Witnesses::of(history, since, policy);
    let mut log_odds = policy.prior
        + policy.per_witness * beyond(count.counted, policy.free_witnesses)
        + policy.per_episode * beyond(count.episodes, policy.free_episodes)
        + policy.per_province * beyond(count.provinces, policy.free_provinces);
    let mut accusing = Vec::new();
    let mut telling = Vec::new();

    if let Some((km, minutes)) = too_far_apart(history, since, policy) {
        log_odds += policy.too_far_apart;
        telling.push(Reason::PlacesTooFarApart { km, minutes });
    }
    if log_odds >= log_odds_of(policy.suspect_risk) {
        accusing.push(Reason::TooManyIndependentScans {
            devices: count.devices,
            networks: count.networks,
            provinces: count.provinces,
            days: count.days,
        });
    }
    if let Some((devices, minutes)) = count.busiest {
        telling.push(Reason::ManyAtOnce { devices, minutes });
    }
    if let Some(host) = foreign_host {
        log_odds += policy.foreign_host;
        accusing.insert(0, Reason::ForeignHost { host: host.to_owned() });
    }
    let mut risk = 1.0 / (1.0 + (-log_odds).exp());
    if let Some((Decision::Copied, at)) = decision {
        accusing.insert(0, Reason::OfficerFoundCopied { at });
        risk = risk.max(0.99);
    }
    if let (Some((Decision::CannotTell, at)), false) = (decision, accusing.is_empty()) {
        telling.push(Reason::OfficerCouldNotTell { at });
    }
    let (who, whose) = who_scanned(history, own);
    let mut reasons = accusing;
    let outcome = if !reasons.is_empty() {
        reasons.append(&mut telling);
        Outcome::Suspect
    } else if telling.is_empty() {
        whose
    } else {
        reasons.append(&mut telling);
        Outcome::SeenBefore
    };
    if outcome == whose || matches!(who, Reason::SeenByOthers { .. }) {
        reasons.push(who);
    }
    if let Some((Decision::Genuine, at)) = decision {
        reasons.push(Reason::OfficerFoundGenuine { at });
    }
    Told { outcome, reasons, risk }
}

fn beyond(count: u32, free: u32) -> f64 {
    f64::from(count.saturating_sub(free))
}

fn log_odds_of(risk: f64) -> f64 {
    (risk / (1.0 - risk)).ln()
}

/// The first to query it, the first one again, or somebody else.
fn who_scanned(history: &History, own: Option<usize>) -> (Reason, Outcome) {
    let consumers = || history.observations.iter().enumerate().filter(|(_, o)| consumer(o));
    let Some((first_at, first)) = consumers().next() else {
        return (Reason::FirstScan, Outcome::Genuine);
    };
    let mine = own.and_then(|i| history.observations.get(i)).filter(|o| consumer(o));
    match (mine, own) {
        (Some(mine), Some(own)) if device_key(mine) == device_key(first) => {
            // A reload after others came is no first query any more.
            if own == first_at && mine.scan == first.scan && distinct_devices(history) == 1 {
                (Reason::FirstScan, Outcome::Genuine)
            } else {
                (Reason::SamePhoneAgain { first: first.at }, Outcome::Genuine)
            }
        }
        _ => {
            let devices = distinct_devices(history);
            (
                Reason::SeenByOthers { at: first.at, place: first.place, devices },
                Outcome::SeenBefore,
            )
        }
    }
}

fn consumer(o: &Observation) -> bool {
    o.channel == Channel::Consumer
}

/// What tells devices apart: the cookie's tag, or for a mere claim its network.
fn device_key(o: &Observation) -> (bool, u64) {
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
struct Witnesses {
    /// At most so many an episode.
    counted: u32,
    episodes: u32,
    provinces: u32,
    devices: u32,
    networks: u32,
    days: u32,
    /// Devices and minutes of the busiest episode, where it is a busy one.
    busiest: Option<(u32, u32)>,
}

impl Witnesses {
    fn of(history: &History, since: UnixMs, policy: &Policy) -> Self {
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
                Some(e) if o.at.since(e.start) < policy.episode_ms => e,
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
        let time = u32::try_from(s.last_at.since(first).max(0) / policy.episode_ms).unwrap_or(0);
        let left = distinct_in(&s.devices).min(distinct_in(&s.networks));
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

/// Two places given by a tap that no traveller reaches in the time between.
fn too_far_apart(history: &History, since: UnixMs, policy: &Policy) -> Option<(u32, u32)> {
    let spots: Vec<_> = history
        .observations
        .iter()
        .filter(|o| o.is_witness() && o.at > since)
        .filter_map(|o| o.spot.map(|s| (o.at, s)))
        .collect();
    let mut worst: Option<(f64, u32, u32)> = None;
    for (i, (at, spot)) in spots.iter().enumerate() {
        for (later, other) in &spots[i + 1..] {
            let error_km = (spot.accuracy_m() + other.accuracy_m()) / 1000.0;
            let km = distance_km((spot.lat(), spot.lon()), (other.lat(), other.lon())) - error_km;
            #[allow(clippy::cast_precision_loss, reason = "milliseconds of a bottle's life")]
            let hours = later.since(*at).unsigned_abs() as f64 / 3_600_000.0;
            if km < policy.travel_km_min || km <= hours * policy.travel_kmh_max {
                continue;
            }
            let kmh = km / hours.max(1.0 / 3600.0);
            if worst.is_none_or(|(w, ..)| kmh > w) {
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "within the Earth, within a day"
                )]
                let told = (kmh, km as u32, (hours * 60.0).ceil() as u32);
                worst = Some(told);
            }
        }
    }
    worst.map(|(_, km, minutes)| (km, minutes))
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "small test values")]
mod tests;
