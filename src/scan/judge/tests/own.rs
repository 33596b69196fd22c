//! Numbers that their maker made up itself.

use super::*;

/// History alone may accuse a maker's own number, and never vouches for it.
#[test]
fn a_number_that_nothing_signs_is_never_called_valid() {
    let recalled = Standing::Withdrawn {
        kind: crate::registry::register::Withdrawal::Recalled,
        since: UnixMs(0),
        reason: Default::default(),
        remedy: Default::default(),
    };
    let off_sale = Standing::NotActivated { others_are: true };
    let copied = spread(10, 20.0, 3);
    for (scans, standing, outcome, first, second) in [
        ("0:1:1:4101", &Standing::OnSale, Outcome::CannotConfirm, "no_signature", "first_scan"),
        (
            "0:1:1:4101 9:2:2:4101",
            &Standing::OnSale,
            Outcome::CannotConfirm,
            "no_signature",
            "seen_by_others",
        ),
        (
            "0:1:1:4101 9:1:1:4101",
            &Standing::OnSale,
            Outcome::CannotConfirm,
            "no_signature",
            "same_phone_again",
        ),
        ("0:1:1:4101", &recalled, Outcome::Withdrawn, "recalled", "no_signature"),
        ("0:1:1:4101", &off_sale, Outcome::NotOnSale, "not_activated", "no_signature"),
    ] {
        let history = history(scans);
        let own = history.observations.len() - 1;
        let verdict = judge(
            &Evidence {
                check: Check::Listed,
                standing: Some(standing),
                case: false,
                foreign_host: None,
                seen: Some(in_henan(&history, Some(own), Findings::NONE)),
                findings: Findings::NONE,
                accused: None,
            },
            &Policy::shipped(),
        );
        let told: Vec<_> = verdict.reasons.iter().map(Reason::slug).collect();
        assert_eq!((verdict.outcome, &told[..2]), (outcome, &[first, second][..]), "{scans}");
    }
    let history = history(&copied);
    let accused = |check| {
        let evidence = Evidence {
            check,
            standing: Some(&Standing::OnSale),
            case: false,
            foreign_host: None,
            seen: Some(in_henan(&history, Some(9), Findings::NONE)),
            findings: Findings::NONE,
            accused: None,
        };
        judge(&evidence, &Policy::shipped())
    };
    let (own, signed) = (accused(Check::Listed), accused(Check::Read(ReadOutcome::Valid)));
    assert_eq!(
        (own.outcome, own.risk),
        (Outcome::Suspect, signed.risk),
        "adverse evidence counts alike"
    );
    assert_eq!(own.reasons.last(), Some(&Reason::NoSignature));
}

#[test]
fn what_no_list_has_or_tells_is_said_as_that() {
    for (check, outcome, slug) in [
        (Check::NotListed, Outcome::NotGenuine, "not_listed"),
        (Check::ListUnavailable, Outcome::CannotConfirm, "list_unavailable"),
        (Check::SeveralMakers(2), Outcome::CannotConfirm, "several_makers"),
    ] {
        let evidence = Evidence {
            check,
            standing: None,
            case: false,
            foreign_host: None,
            seen: None,
            findings: Findings::NONE,
            accused: None,
        };
        let verdict = judge(&evidence, &Policy::shipped());
        assert_eq!((verdict.outcome, verdict.reasons[0].slug()), (outcome, slug));
    }
    let unread = Evidence {
        check: Check::Listed,
        standing: Some(&Standing::OnSale),
        case: false,
        foreign_host: None,
        seen: None,
        findings: Findings::NONE,
        accused: None,
    };
    let verdict = judge(&unread, &Policy::shipped());
    assert_eq!(verdict.outcome, Outcome::CannotConfirm);
    let says = verdict.reasons[0].text(Lang::En, &jiff::tz::TimeZone::UTC);
    assert!(!says.contains("signature is good"), "{says}");
}
