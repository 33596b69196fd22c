//! `judge`: evidence in, verdict out. No clock, no I/O, no logging.
//!
//! Policy 2 asks how many *independent witnesses* a code has had. A witness
//! is a device on a network, neither of which had scanned the code before;
//! what an anonymous caller says of its device counts by its network alone,
//! and what comes from a data centre not at all.
//! Witnesses within [`Policy::episode_ms`] of one another are one *episode*
//! (a household, a banquet, a photo gone round), of which at most
//! [`Policy::episode_witnesses_max`] count: a robot that scans all night or a
//! picture that goes viral is loud, but it is one event. What one item does
//! not do is meet new people in new places, episode after episode.
//!
//! An episode that begins as a picture goes round lasts as long as a picture
//! does.
//!
//! The weights are log-odds, added up. Two are set by hand, since no stream
//! has enough of them: places too far apart, and a foreign host.

mod witnesses;

pub use witnesses::distinct_devices;
use witnesses::{Witnesses, device_key};

use crate::base::UnixMs;
use crate::base::places::distance_km;
use crate::code::{Malformed, Outcome as ReadOutcome};
use crate::registry::{Decision, Standing};
use crate::scan::{Channel, History, Observation, Outcome, Reason, Verdict};

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
    /// Witnesses of one episode from which on it is a picture that goes round,
    /// and how long that lasts.
    pub picture_witnesses: u32,
    pub picture_ms: i64,
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
    /// Measured on streams of preset `random`, seeds 111 to 116
    /// (`src/guide/detection.md`): a fit of the log-odds to the truth at a
    /// prior of one copied code in a hundred scanned.
    pub const TWO: Self = Self {
        name: "witnesses-2",
        episode_ms: 48 * 3_600_000,
        episode_witnesses_max: 3,
        picture_witnesses: 8,
        picture_ms: 21 * 24 * 3_600_000,
        many_at_once: 6,
        prior: -5.4,
        per_witness: 0.8,
        free_witnesses: 2,
        per_episode: 0.86,
        free_episodes: 3,
        per_province: 0.72,
        free_provinces: 2,
        too_far_apart: 2.0,
        foreign_host: 2.0,
        suspect_risk: 0.75,
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
