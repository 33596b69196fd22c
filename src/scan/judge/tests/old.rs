//! What is said by who could not look at the ledger for a while.

use super::*;

#[test]
fn an_old_register_takes_back_what_it_cannot_know() {
    let (calm, copied) = (history("0:1:1:4101"), history(&spread(10, 20.0, 3)));
    let valid = Check::Read(ReadOutcome::Valid);
    let recalled = Standing::Withdrawn {
        kind: crate::registry::register::Withdrawal::Recalled,
        since: UnixMs(0),
        reason: Default::default(),
        remedy: Default::default(),
    };
    for (check, standing, seen, outcome) in [
        (&valid, Some(&Standing::OnSale), Some(&calm), Outcome::CannotConfirm),
        (&valid, Some(&Standing::NotActivated { others_are: true }), None, Outcome::CannotConfirm),
        (&valid, None, None, Outcome::CannotConfirm),
        (&Check::Read(ReadOutcome::UnknownKey), None, None, Outcome::CannotConfirm),
        (&Check::Read(ReadOutcome::BadSignature), None, None, Outcome::NotGenuine),
        (&valid, Some(&recalled), Some(&calm), Outcome::Withdrawn),
        (&valid, Some(&Standing::OnSale), Some(&copied), Outcome::Suspect),
    ] {
        let evidence = Evidence {
            check: check.clone(),
            standing,
            case: true,
            foreign_host: None,
            seen: seen
                .map(|seen| in_henan(seen, seen.observations.len().checked_sub(1), Findings::NONE)),
            findings: Findings::NONE,
            accused: None,
        };
        let fresh = judge(&evidence, &Policy::shipped());
        let mut old = fresh.clone();
        old.by_an_old_register();
        assert_eq!(old.outcome, outcome, "{check:?} {standing:?}");
        if old.outcome == fresh.outcome {
            assert_eq!(old, fresh);
            continue;
        }
        assert_eq!(old.reasons[0], Reason::RegisterUnavailable);
        let is_told = fresh.reasons.contains(&Reason::CaseLabel);
        assert_eq!(old.reasons[1..].contains(&Reason::CaseLabel), is_told);
    }
}
