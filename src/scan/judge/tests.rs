//! Histories as text: a scan is `HOURS:DEVICE:NETWORK:PLACE`, with `r`, `o`,
//! `f` behind it for another channel, `c` for a claimed device, `h` for a data centre's network, `@LAT,LON`
//! for a precise place. The last one is the scan that is judged.

mod old;
mod own;
mod properties;

use super::*;
use crate::base::Lang;
use crate::registry::Decision;
use crate::scan::{Marks, Place, Spot, Tag48};

fn scan(text: &str, n: usize) -> Observation {
    let (text, spot) = match text.split_once('@') {
        Some((head, at)) => {
            let (lat, lon) = at.split_once(',').expect("lat,lon");
            let degrees = |t: &str| t.parse().expect("degrees");
            (head, Spot::new(degrees(lat), degrees(lon), 50.0))
        }
        None => (text, None),
    };
    let parts: Vec<_> = text.split(':').collect();
    let number = |i: usize| parts[i].parse::<u64>().expect("number");
    let flags = parts.get(4).copied().unwrap_or_default();
    Observation {
        at: UnixMs(
            (parts[0].parse::<f64>().expect("hours") * 3_600_000.0) as i64 + 1_700_000_000_000,
        ),
        device: Tag48::new(number(1)),
        // Each of a provider of its own, but for what stands behind a point.
        network: network(parts[2]),
        place: Place(number(3) as u16),
        spot,
        channel: match flags {
            "r" => Channel::Retail,
            "o" => Channel::Officer,
            "f" => Channel::Factory,
            _ => Channel::Consumer,
        },
        marks: match flags {
            "c" => Marks::CLAIMED,
            "h" => Marks::HOSTED,
            _ => Marks::default(),
        },
        scan: Tag48::new(n as u64 + 1),
    }
}

/// `N` of a provider of its own, `N.P` of provider P.
fn network(text: &str) -> u32 {
    let number = |text: &str| text.parse::<u32>().expect("number");
    let (own, provider) = text.split_once('.').unwrap_or((text, text));
    number(provider) << 16 | number(own)
}

fn history(text: &str) -> History {
    let mut out = History::default();
    for (n, s) in text.split_whitespace().enumerate() {
        out.fold(scan(s, n));
    }
    out
}

/// Made for Henan; the other codes say nothing.
fn in_henan<'a>(history: &'a History, own: Option<usize>, findings: &Findings) -> Seen<'a> {
    let mut homes = Provinces::default();
    homes.add(41);
    Seen::new(history, own, true, findings, |_, _| Around { homes, ..Around::default() })
}

fn judged(history: &History, decision: Option<(Decision, UnixMs)>) -> Verdict {
    judged_with(history, &Findings { decision, causes: Vec::new() })
}

fn judged_with(history: &History, findings: &Findings) -> Verdict {
    let own = history.observations.len().checked_sub(1);
    let evidence = Evidence {
        check: Check::Read(ReadOutcome::Valid),
        standing: Some(&Standing::OnSale),
        case: false,
        foreign_host: None,
        seen: Some(in_henan(history, own, findings)),
        findings,
        accused: None,
    };
    judge(&evidence, &Policy::shipped())
}

/// Judged scan by scan, as it is in service: what was suspect stays so.
fn judged_along(scans: &str) -> Verdict {
    let (mut history, mut accused, mut last) = (History::default(), None, None);
    for (n, text) in scans.split_whitespace().enumerate() {
        let folded = history.fold(scan(text, n));
        let evidence = Evidence {
            check: Check::Read(ReadOutcome::Valid),
            standing: Some(&Standing::OnSale),
            case: false,
            foreign_host: None,
            seen: Some(in_henan(&history, Some(folded.position), Findings::NONE)),
            findings: Findings::NONE,
            accused,
        };
        let verdict = judge(&evidence, &Policy::shipped());
        if verdict.outcome == Outcome::Suspect {
            accused.get_or_insert(scan(text, n).at);
        }
        last = Some(verdict);
    }
    last.expect("scans")
}

fn spread(phones: u32, hours_apart: f64, provinces: u16) -> String {
    (0..phones)
        .map(|i| {
            let place = 3101 + (i as u16 % provinces) * 100;
            format!("{}:{}:{}:{place} ", f64::from(i) * hours_apart, i + 1, i + 1)
        })
        .collect()
}

/// So many buyers in as many places, forty hours apart, who look again.
fn copies(buyers: u32) -> String {
    (0..2 * buyers)
        .map(|i| {
            let (n, place) = (i / 2 + 1, 3101 + (i as u16 / 2 % 12) * 100);
            format!("{}:{n}:{n}:{place} ", i * 20)
        })
        .collect()
}

/// So many further phones, from number `after` on, `hours_apart` from `start`.
fn later(after: u32, start: f64, hours_apart: f64, phones: u32, provinces: u16) -> String {
    (0..phones)
        .map(|i| {
            let place = 3101 + (i as u16 % provinces) * 100;
            let (hours, n) = (start + f64::from(i) * hours_apart, after + i + 1);
            format!(" {hours}:{n}:{n}:{place}")
        })
        .collect()
}

#[test]
fn histories_and_their_verdicts() {
    let table = [
        ("first scan", "0:1:1:4101".to_owned(), Outcome::Genuine, "first_scan"),
        (
            "the same phone again",
            "0:1:1:4101 3:1:2:4101".into(),
            Outcome::Genuine,
            "same_phone_again",
        ),
        (
            "the same phone years later",
            "0:1:1:4101 17520:1:9:4401".into(),
            Outcome::Genuine,
            "same_phone_again",
        ),
        (
            "shop first, buyer after",
            "0:1:1:4101:r 5:2:2:4101".into(),
            Outcome::Genuine,
            "first_scan",
        ),
        (
            "household within a day",
            "0:1:1:4101 2:2:1:4101 9:3:2:4101 20:4:1:4101".into(),
            Outcome::SeenBefore,
            "seen_by_others",
        ),
        (
            "gift opened in another province",
            "0:1:1:4101 168:2:2:4401".into(),
            Outcome::SeenBefore,
            "seen_by_others",
        ),
        (
            "giver looks again",
            "0:1:1:4101 168:2:2:4401 170:1:1:4101".into(),
            Outcome::Genuine,
            "same_phone_again",
        ),
        (
            "aged bottle",
            "0:1:1:4101 17520:2:2:1100 17544:3:3:1100".into(),
            Outcome::SeenBefore,
            "seen_by_others",
        ),
        (
            "banquet",
            "0:1:1:4101 1:2:2:4101 1.1:3:3:4101 1.2:4:4:4101 1.3:5:5:4101".into(),
            Outcome::SeenBefore,
            "seen_by_others",
        ),
        (
            "gift passed on thrice",
            "0:1:1:4101 200:2:2:4401 900:3:3:3101 2000:4:4:3101 2002:5:5:3101".into(),
            Outcome::SeenBefore,
            "seen_by_others",
        ),
        ("26 phones, 3 weeks, 12 provinces", spread(26, 20.0, 12), Outcome::Suspect, "undecided"),
        (
            "the same from rented machines",
            spread(26, 20.0, 12).replace(' ', ":h "),
            Outcome::SeenBefore,
            "seen_by_others",
        ),
        (
            "a picture that goes round for ten days",
            spread(40, 1.0, 12) + &later(40, 41.0, 8.0, 25, 12),
            Outcome::SeenBefore,
            "many_at_once",
        ),
        ("26 phones in 20 minutes", spread(26, 0.013, 12), Outcome::SeenBefore, "many_at_once"),
        (
            "one robot for three weeks",
            (0..26).map(|i| format!("{}:{i}:1:4101 ", i * 20)).collect(),
            Outcome::SeenBefore,
            "seen_by_others",
        ),
        (
            "claims from one network",
            (0..26).map(|i| format!("{}:{i}:1:4101:c ", i * 20)).collect(),
            Outcome::Genuine,
            "same_phone_again",
        ),
        (
            "copies whose buyers look again, washed by a posted photo",
            copies(13) + &later(100, 530.0, 0.02, 60, 12),
            Outcome::Suspect,
            "too_many_independent_scans",
        ),
        ("bought far from where it is sold", "0:1:1:4401".into(), Outcome::Genuine, "first_scan"),
        (
            "two places too far apart",
            "0:1:1:4101@34.7,113.6 0.5:1:2:4401@23.1,113.3".into(),
            Outcome::SeenBefore,
            "places_too_far_apart",
        ),
        (
            "two places a flight apart",
            "0:1:1:4101@34.7,113.6 5:1:2:4401@23.1,113.3".into(),
            Outcome::Genuine,
            "same_phone_again",
        ),
    ];
    for (name, scans, outcome, slug) in table {
        let verdict = judged_along(&scans);
        assert_eq!(verdict.outcome, outcome, "{name}: {:?}", verdict.reasons);
        assert_eq!(verdict.reasons[0].slug(), slug, "{name}: {:?}", verdict.reasons);
    }
}

#[test]
fn a_burst_takes_the_tick_from_the_first_phone_too() {
    let scans = spread(26, 0.013, 12) + "30:1:1:4101";
    assert_eq!(judged(&history(&scans), None).outcome, Outcome::SeenBefore);
}

#[test]
fn a_thousand_scans_in_a_night_accuse_nobody_and_over_months_they_do() {
    let night = judged(&history(&spread(1000, 0.01, 20)), None);
    assert_eq!(night.outcome, Outcome::SeenBefore, "{:?}", night.reasons);
    let months = judged(&history(&spread(1000, 3.0, 20)), None);
    assert_eq!(months.outcome, Outcome::Suspect, "{:?}", months.reasons);
}

#[test]
fn one_provider_is_not_as_many_buyers_as_it_has_addresses() {
    let of = |provinces: u16, providers: usize| -> String {
        let scans = spread(8, 20.0, provinces);
        let scan = |(n, text): (usize, &str)| {
            let parts: Vec<_> = text.split(':').collect();
            format!("{}:{}:{}.{}:{} ", parts[0], parts[1], parts[2], n % providers, parts[3])
        };
        scans.split_whitespace().enumerate().map(scan).collect()
    };
    let one = judged_along(&of(1, 1));
    assert_eq!(one.outcome, Outcome::SeenBefore, "{:?}", one.reasons);
    assert!(one.risk > 0.75 && !one.doubts.is_empty(), "officers see it as a lead");
    assert_eq!(judged_along(&of(1, 4)).outcome, Outcome::Suspect);
    // A block lies in one province: addresses in twelve are not one phone's.
    assert_eq!(judged_along(&of(12, 1)).outcome, Outcome::Suspect);
}

#[test]
fn an_officers_decision_is_respected_and_what_follows_is_watched() {
    let scans = history(&spread(10, 20.0, 3));
    let end = scans.observations.last().expect("scans").at;
    assert_eq!(
        judged(&scans, Some((Decision::Copied, end))).reasons[0].slug(),
        "officer_found_copied"
    );
    let calmed = judged(&scans, Some((Decision::Genuine, end)));
    assert_eq!(calmed.outcome, Outcome::SeenBefore, "{:?}", calmed.reasons);
    let early = judged(&scans, Some((Decision::Genuine, scans.observations[1].at)));
    assert_eq!(early.outcome, Outcome::Suspect);
    assert_eq!(judged(&scans, Some((Decision::CannotTell, end))).outcome, Outcome::Suspect);
    let one = history("0:1:1:4101");
    assert_eq!(judged(&one, Some((Decision::Copied, end))).outcome, Outcome::Suspect);
}

#[test]
fn an_explained_cause_answers_for_its_scans_and_no_others() {
    use crate::registry::findings::CauseKind;
    let scans = history(&spread(10, 20.0, 3));
    let at = |n: usize| scans.observations[n].at;
    assert_eq!(judged(&scans, None).outcome, Outcome::Suspect);
    let cause = |from, until, place| Cause {
        id: uuid::Uuid::nil(),
        kind: CauseKind::Exhibition,
        from: at(from),
        until: at(until),
        place,
    };
    let found = |causes| judged_with(&scans, &Findings { decision: None, causes });
    let explained = found(vec![cause(1, 9, 0)]);
    assert_eq!(explained.outcome, Outcome::SeenBefore, "{:?}", explained.reasons);
    assert_eq!(explained.reasons.last().expect("reasons").slug(), "officer_explained");
    // Of another place, or of a time that leaves most of them open.
    assert_eq!(found(vec![cause(1, 9, 6501)]).outcome, Outcome::Suspect);
    assert_eq!(found(vec![cause(8, 9, 0)]).outcome, Outcome::Suspect);
    // One that explains no scan is not told.
    let told = found(vec![cause(1, 9, 6501)]).reasons;
    assert!(told.iter().all(|reason| reason.slug() != "officer_explained"), "{told:?}");
}

#[test]
fn a_tap_that_an_officer_explained_is_not_held_against_the_others() {
    // At a fair in Guangzhou, between two buyers' taps that are close together.
    let scans = history("0:1:1:4101@34.7,113.6 0.5:2:2:4401@23.1,113.3 24:3:3:4101@34.75,113.6");
    let slugs = |findings: &Findings| -> Vec<_> {
        judged_with(&scans, findings).reasons.iter().map(Reason::slug).collect()
    };
    assert!(slugs(&Findings::default()).contains(&"places_too_far_apart"));
    let fair = Cause {
        id: uuid::Uuid::nil(),
        kind: crate::registry::findings::CauseKind::Exhibition,
        from: scans.observations[1].at,
        until: scans.observations[1].at.plus_ms(1),
        place: 0,
    };
    let told = slugs(&Findings { decision: None, causes: vec![fair] });
    assert!(told.contains(&"officer_explained"), "{told:?}");
    assert!(!told.contains(&"places_too_far_apart"), "{told:?}");
}

#[test]
fn precedence_follows_the_contract() {
    let copied = history(&spread(10, 20.0, 3));
    let recalled = Standing::Withdrawn {
        kind: crate::registry::register::Withdrawal::Recalled,
        since: UnixMs(0),
        reason: Default::default(),
        remedy: Default::default(),
    };
    let valid = Check::Read(ReadOutcome::Valid);
    let revoked = Check::Read(ReadOutcome::KeyRevoked);
    let forged = Check::Read(ReadOutcome::BadSignature);
    let on_sale = Standing::OnSale;
    let off_sale = Standing::NotActivated { others_are: true };
    for (check, standing, known, outcome) in [
        (&forged, Some(&recalled), true, Outcome::NotGenuine),
        (&valid, None, true, Outcome::NotGenuine),
        (&revoked, None, false, Outcome::NotGenuine),
        (&revoked, Some(&on_sale), false, Outcome::CannotConfirm),
        (&revoked, Some(&recalled), false, Outcome::Withdrawn),
        (&valid, Some(&recalled), true, Outcome::Withdrawn),
        (&valid, Some(&recalled), false, Outcome::Withdrawn),
        (&valid, Some(&off_sale), true, Outcome::NotOnSale),
        (&valid, Some(&on_sale), false, Outcome::CannotConfirm),
        (&valid, Some(&on_sale), true, Outcome::Suspect),
        (&Check::SerialOnly, Some(&on_sale), false, Outcome::CannotConfirm),
        (&Check::SerialOnly, Some(&recalled), false, Outcome::Withdrawn),
        (&Check::SerialOnly, None, false, Outcome::NotGenuine),
    ] {
        let evidence = Evidence {
            check: check.clone(),
            standing,
            case: false,
            foreign_host: None,
            seen: known.then(|| in_henan(&copied, Some(9), Findings::NONE)),
            findings: Findings::NONE,
            accused: None,
        };
        let verdict = judge(&evidence, &Policy::shipped());
        assert_eq!(verdict.outcome, outcome, "{check:?} {standing:?} {known}");
        assert!(!verdict.reasons.is_empty());
        // A case is judged alike, and every answer but that of a forgery says what it is.
        let of_case = judge(&Evidence { case: true, ..evidence }, &Policy::shipped());
        assert_eq!((of_case.outcome, of_case.risk), (outcome, verdict.risk));
        let (last, others) = of_case.reasons.split_last().expect("reasons");
        if outcome == Outcome::NotGenuine {
            assert_eq!(of_case.reasons, verdict.reasons, "{check:?}");
        } else {
            assert_eq!((last, others), (&Reason::CaseLabel, &verdict.reasons[..]), "{check:?}");
        }
    }
}

#[test]
fn a_foreign_host_makes_a_first_scan_suspect() {
    let h = history("0:1:1:4101");
    let evidence = Evidence {
        check: Check::Read(ReadOutcome::Valid),
        standing: Some(&Standing::OnSale),
        case: false,
        foreign_host: Some("zh3nma.example"),
        seen: Some(in_henan(&h, Some(0), Findings::NONE)),
        findings: Findings::NONE,
        accused: None,
    };
    let verdict = judge(&evidence, &Policy::shipped());
    assert_eq!(verdict.outcome, Outcome::Suspect);
    assert_eq!(verdict.reasons[0].slug(), "foreign_host");
}

#[test]
fn reasons_read_as_sentences_in_both_languages() {
    let zone = jiff::tz::TimeZone::UTC;
    for scans in [spread(26, 20.0, 12), spread(26, 0.013, 12), "0:1:1:4101 9:2:2:4101".to_owned()] {
        let more = [
            Reason::CaseLabel,
            Reason::NoSignature,
            Reason::NotListed,
            Reason::RegisterUnavailable,
            Reason::ListUnavailable,
            Reason::SeveralMakers { makers: 2 },
            Reason::HistoryUnavailable { signed: false },
        ];
        for reason in judged(&history(&scans), None).reasons.into_iter().chain(more) {
            assert!(crate::scan::reason::SLUGS.contains(&reason.slug()));
            let (zh, en) = (reason.text(Lang::Zh, &zone), reason.text(Lang::En, &zone));
            assert!(zh.ends_with('。') && en.ends_with('.'), "{zh} / {en}");
        }
    }
}
