//! `judge`: evidence in, verdict out. No clock, no I/O, no logging.
//!
//! A code's history is walked once for its *witnesses* ([`crate::scan::walk`]),
//! measured together with what other codes say ([`measures`]), and weighed by
//! a model of small trees whose sum is a log-odds. A policy holds the model
//! and the two bounds on it: `suspect` accuses, the lower one makes a lead for
//! officers.
//!
//! Witnesses within two days of one another are one *episode* (a household, a
//! banquet, a photo gone round), of which at most three count: a robot that
//! scans all night or a picture that goes viral is loud, but it is one event.
//! What one item does not do is meet new people in new places, episode after
//! episode, where its batch does not go.

pub mod measures;
mod model;
mod policy;

pub use policy::Policy;

use std::sync::Arc;

use smallvec::smallvec;

use self::measures::{About, Measures};
use crate::base::UnixMs;
use crate::code::{Malformed, Outcome as ReadOutcome};
use crate::registry::findings::Cause;
use crate::registry::{Decision, Findings, Standing};
use crate::scan::across::{Around, Provinces};
use crate::scan::verdict::Reasons;
use crate::scan::walk::{DeviceKey, Walk, apart_at_most_km, apart_km, distinct_devices};
use crate::scan::{Assurance, Channel, History, Observation, Outcome, Place, Reason, Verdict};

/// What the text itself showed, before any history.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    Malformed(Malformed),
    /// One of the reader's outcomes; `Malformed` does not occur here.
    Read(ReadOutcome),
    /// A serial was typed in without its signature.
    SerialOnly,
    /// A serial of a maker's own, which its list has; nothing signs it.
    Listed,
    /// One that the list has not.
    NotListed,
    /// The list cannot be read now.
    ListUnavailable,
    /// So many makers' lists have it, and none was named.
    SeveralMakers(usize),
}

impl Check {
    pub const fn assurance(&self) -> Assurance {
        match self {
            Self::Read(ReadOutcome::Valid) => Assurance::Signed,
            Self::Listed => Assurance::HistoryOnly,
            _ => Assurance::None,
        }
    }
}

/// All that a verdict rests on.
#[derive(Debug)]
pub struct Evidence<'a> {
    pub check: Check,
    /// `None`: never issued.
    pub standing: Option<&'a Standing>,
    /// The code is that of a case or pallet, not of an item.
    pub case: bool,
    /// The host under which the code was read, when it is not ours.
    pub foreign_host: Option<&'a str>,
    /// `None`: could not be read.
    pub seen: Option<Seen<'a>>,
    /// What officers found of it.
    pub findings: &'a Findings,
    /// Since when it is suspect without an officer's decision.
    pub accused: Option<UnixMs>,
}

/// What is known of the scans of a code.
#[derive(Debug)]
pub struct Seen<'a> {
    pub history: &'a History,
    /// This scan's own place in it; none when the code was only looked at.
    pub own: Option<usize>,
    /// Of what an officer has not answered for.
    pub walk: Walk,
    /// The history as it was when the worker last told the others of it.
    pub noted: Walk,
    /// What the other codes say of it.
    pub around: Around,
}

impl<'a> Seen<'a> {
    /// `new`: the scan at `own` joined the history just now. `around` says what
    /// the other codes say, given `walk` and `noted`.
    pub fn new(
        history: &'a History,
        own: Option<usize>,
        new: bool,
        findings: &Findings,
        around: impl FnOnce(&Walk, &Walk) -> Around,
    ) -> Self {
        let walk = Walk::of(history, findings);
        let noted = match own.filter(|_| new) {
            Some(own) => Walk::until(history, own),
            None => Walk::of(history, Findings::NONE),
        };
        Self { history, own, around: around(&walk, &noted), walk, noted }
    }

    /// The numbers that a model weighs.
    pub fn measures(&self) -> Measures {
        self.measures_of(&self.walk)
    }

    /// Without what a farm of phones brings to one label after another, or to
    /// one again and again, or on one new address of its provider after another.
    fn beside_farms(&self) -> Measures {
        /// Witnesses of one provider's block that count.
        const OF_A_PROVIDER: usize = 3;
        let known = self.history.summary.map_or(0, |left| self.walk.known_before(&left));
        let crowded = self.walk.crowded(OF_A_PROVIDER);
        self.measures_of(&self.walk.without(self.around.busy | known | crowded))
    }

    fn measures_of(&self, walk: &Walk) -> Measures {
        let own = self.own.and_then(|own| self.history.observations.get(own));
        let at = own.or(self.history.observations.last()).map_or(UnixMs(0), |o| o.at);
        Measures::of(walk, self.history.count(), &self.around, at)
    }
}

/// The verdict on one code, with its reasons in order of weight.
pub fn judge(evidence: &Evidence<'_>, policy: &Policy) -> Verdict {
    let mut verdict = of_label(evidence, policy);
    // A case's label stuck on a bottle is true, and tells nothing of the bottle.
    if evidence.case && verdict.outcome != Outcome::NotGenuine {
        verdict.reasons.push(Reason::CaseLabel);
    }
    if evidence.check == Check::Listed {
        unsigned(&mut verdict);
    }
    verdict
}

/// What a maker numbered itself may be accused by its history, and is never
/// vouched for: who copies or invents a number is the first to query it as well
/// as its buyer is. So where nothing speaks against it nothing is confirmed.
fn unsigned(verdict: &mut Verdict) {
    match verdict.outcome {
        Outcome::Genuine | Outcome::SeenBefore => {
            verdict.outcome = Outcome::CannotConfirm;
            verdict.reasons.insert(0, Reason::NoSignature);
        }
        Outcome::NotGenuine => {}
        _ => verdict.reasons.push(Reason::NoSignature),
    }
}

fn of_label(evidence: &Evidence<'_>, policy: &Policy) -> Verdict {
    let across = evidence.seen.as_ref().map_or(0, |seen| seen.around.revision);
    let settled = |outcome, reason, risk| Verdict {
        outcome,
        reasons: smallvec![reason],
        doubts: Vec::new(),
        risk,
        policy: Arc::clone(&policy.name),
        across,
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
        Check::NotListed => return settled(Outcome::NotGenuine, Reason::NotListed, 1.0),
        Check::ListUnavailable => {
            return settled(Outcome::CannotConfirm, Reason::ListUnavailable, 0.5);
        }
        Check::SeveralMakers(makers) => {
            let reason = Reason::SeveralMakers { makers: *makers };
            return settled(Outcome::CannotConfirm, reason, 0.5);
        }
        Check::Read(ReadOutcome::KeyRevoked | ReadOutcome::Valid)
        | Check::SerialOnly
        | Check::Listed => {}
    }
    let Some(standing) = evidence.standing else {
        return settled(Outcome::NotGenuine, Reason::NeverIssued, 1.0);
    };
    let told = evidence.seen.as_ref().map(|seen| told_by_history(seen, evidence, policy));
    let risk = told.as_ref().map_or(0.5, |t| t.risk);
    let early = match standing {
        Standing::Withdrawn { kind, reason, remedy, .. } => Some((
            Outcome::Withdrawn,
            Reason::Withdrawn { kind: *kind, reason: reason.clone(), remedy: remedy.clone() },
        )),
        Standing::NotActivated { .. } | Standing::Missing => {
            Some((Outcome::NotOnSale, Reason::NotActivated))
        }
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
        // That a buyer met it is a lead, whatever its history says.
        let met = evidence.seen.as_ref().is_some_and(|seen| !seen.walk.witnesses.is_empty());
        if standing.never_sold() && met {
            let risk = risk.max(probability(policy.never_sold));
            return Verdict { doubts: vec![reason.clone()], ..settled(outcome, reason, risk) };
        }
        return settled(outcome, reason, risk);
    }
    match told {
        None => {
            let signed = evidence.check != Check::Listed;
            settled(Outcome::CannotConfirm, Reason::HistoryUnavailable { signed }, risk)
        }
        Some(told) => Verdict {
            outcome: told.outcome,
            reasons: told.reasons,
            doubts: told.doubts,
            risk: told.risk,
            policy: Arc::clone(&policy.name),
            across,
        },
    }
}

struct Told {
    outcome: Outcome,
    reasons: Reasons,
    doubts: Vec<Reason>,
    risk: f64,
}

fn told_by_history(seen: &Seen<'_>, evidence: &Evidence<'_>, policy: &Policy) -> Told {
    let decision = evidence.findings.decision;
    let measures = seen.measures();
    let mut log_odds = policy.model.log_odds(&measures);
    let mut accusing = Vec::new();
    let mut telling = Vec::new();
    let mut doubts = Vec::new();

    let suspect = |log_odds| log_odds >= policy.suspect_log_odds();
    if suspect(log_odds) && suspect(policy.model.log_odds(&seen.beside_farms())) {
        accusing = accusations(seen, &measures, policy);
    } else if let Some(since) = evidence.accused {
        accusing.push(Reason::Undecided { since });
        accusing.append(&mut accusations(seen, &measures, policy));
    } else {
        // Of labels that should not be there no simulated stream tells how much
        // they say: they may show a code to officers, and never accuse it.
        let labels = seen.around.never_sold;
        let leak = if labels > 0 { policy.never_sold_near } else { 0.0 };
        if log_odds + leak >= policy.lead_log_odds() {
            log_odds += leak;
            doubts = accusations(seen, &measures, policy);
            if labels > 0 {
                doubts.push(Reason::NeighboursNeverSold { labels });
            }
        }
    }
    if let Some((km, minutes)) = too_far_apart(seen, evidence.findings, policy) {
        telling.push(Reason::PlacesTooFarApart { km, minutes });
    }
    let (devices, minutes) = measures.busiest;
    if devices >= policy.many_at_once {
        telling.push(Reason::ManyAtOnce { devices, minutes });
    }
    if let Some(host) = evidence.foreign_host {
        log_odds += policy.foreign_host;
        accusing.insert(0, Reason::ForeignHost { host: host.to_owned() });
    }
    let mut risk = probability(log_odds);
    if let Some((Decision::Copied, at)) = decision {
        accusing.insert(0, Reason::OfficerFoundCopied { at });
        risk = risk.max(0.99);
    }
    if let (Some((Decision::CannotTell, at)), false) = (decision, accusing.is_empty()) {
        telling.push(Reason::OfficerCouldNotTell { at });
    }
    let (who, whose) = who_scanned(seen.history, seen.own);
    let mut reasons = Reasons::from_vec(accusing);
    let outcome = if !reasons.is_empty() {
        reasons.extend(telling);
        Outcome::Suspect
    } else if telling.is_empty() {
        whose
    } else {
        reasons.extend(telling);
        Outcome::SeenBefore
    };
    if outcome == whose || matches!(who, Reason::SeenByOthers { .. }) {
        reasons.push(who);
    }
    if let Some((Decision::Genuine, at)) = decision {
        reasons.push(Reason::OfficerFoundGenuine { at });
    }
    let explains =
        |cause: &&Cause| seen.history.observations.iter().any(|o| cause.explains(o.at, o.place.0));
    reasons.extend(evidence.findings.causes.iter().filter(explains).map(|cause| {
        Reason::OfficerExplained { cause: cause.kind, from: cause.from, until: cause.until }
    }));
    Told { outcome, reasons, doubts, risk }
}

fn probability(log_odds: f32) -> f64 {
    1.0 / (1.0 + f64::from(-log_odds).exp())
}

/// What accuses a code, the weightiest first; at least one reason.
fn accusations(seen: &Seen<'_>, measures: &Measures, policy: &Policy) -> Vec<Reason> {
    /// Log-odds below which a kind of evidence is not worth a sentence.
    const TOLD: f32 = 0.5;
    let weighed = policy.model.weigh(measures);
    let mut kinds = About::ALL;
    kinds.sort_by(|a, b| weighed.by(*b).total_cmp(&weighed.by(*a)));
    let worth = kinds.iter().filter(|about| weighed.by(**about) >= TOLD).count().max(1);
    kinds[..worth].iter().map(|about| accusation(*about, seen)).collect()
}

fn accusation(about: About, seen: &Seen<'_>) -> Reason {
    let (walk, around) = (&seen.walk, &seen.around);
    match about {
        About::Own => {
            let mut provinces = Provinces::default();
            walk.witnesses.iter().for_each(|w| provinces.add(w.place.province()));
            let (first, last) = walk.span.unwrap_or_default();
            Reason::TooManyIndependentScans {
                first,
                place: walk.devices.first().map_or(Place::UNKNOWN, |d| d.place),
                devices: walk.devices_ever(),
                networks: walk.networks_ever(),
                provinces: provinces.len(),
                days: days_between(first, last),
            }
        }
        About::Neighbours => {
            let near = around.block_province > 0;
            let (labels, place) = match around.block_town {
                0 if near => (around.block_province, around.province),
                0 => (around.batch_town, around.batch_place),
                codes => (codes, around.town),
            };
            Reason::NeighboursElsewhere { labels, place, near }
        }
        About::Phone => {
            Reason::PhoneOfManyLabels { labels: around.phone_cases, met: around.phone_met }
        }
    }
}

fn days_between(a: UnixMs, b: UnixMs) -> u32 {
    u32::try_from(b.since(a) / 86_400_000).unwrap_or(0).saturating_add(1)
}

/// The first to query it, the first one again, or somebody else.
fn who_scanned(history: &History, own: Option<usize>) -> (Reason, Outcome) {
    let consumers = || history.observations.iter().enumerate().filter(|(_, o)| consumer(o));
    let Some((first_at, first)) = consumers().next() else {
        return (Reason::FirstScan, Outcome::Genuine);
    };
    let mine = own.and_then(|i| history.observations.get(i)).filter(|o| consumer(o));
    match (mine, own) {
        (Some(mine), Some(own)) if DeviceKey::of(mine) == DeviceKey::of(first) => {
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
fn too_far_apart(seen: &Seen<'_>, findings: &Findings, policy: &Policy) -> Option<(u32, u32)> {
    if seen.walk.spots < 2 {
        return None;
    }
    let (first, _) = seen.walk.span?;
    let spots: Vec<_> = seen
        .history
        .observations
        .iter()
        .filter(|o| o.is_witness() && o.at >= first && !findings.answer_for(o.at, o.place.0))
        .filter_map(|o| o.spot.map(|s| (o.at, s)))
        .collect();
    let mut worst: Option<(f64, u32, u32)> = None;
    for (i, (at, spot)) in spots.iter().enumerate() {
        for (later, other) in &spots[i + 1..] {
            #[allow(clippy::cast_precision_loss, reason = "milliseconds of a bottle's life")]
            let hours = later.since(*at).unsigned_abs() as f64 / 3_600_000.0;
            let near = |km: f64| km < policy.travel_km_min || km <= hours * policy.travel_kmh_max;
            if near(apart_at_most_km(*spot, *other)) {
                continue;
            }
            let km = apart_km(*spot, *other);
            if near(km) {
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
