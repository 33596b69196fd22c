//! What holds of every history.

use proptest::prelude::*;

use super::*;

fn any_observation() -> impl Strategy<Value = Observation> {
    (
        0_i64..1000,
        0_u64..40,
        0_u32..40,
        0_u16..30,
        prop::option::of((20.0..45.0, 80.0..130.0)),
        0_u8..4,
    )
        .prop_map(|(h, device, network, province, at, flags)| Observation {
            at: UnixMs(1_700_000_000_000 + h * 3_600_000),
            device: Tag48::new(device),
            network,
            place: Place(1100 + province * 100),
            spot: at.and_then(|(lat, lon)| Spot::new(lat, lon, 100.0)),
            channel: Channel::from_bits(flags),
            marks: Marks::default(),
            scan: Tag48::default(),
        })
}

proptest! {
    #[test]
    fn what_a_case_label_is_never_changes_how_it_is_judged(
        seen in prop::collection::vec(any_observation(), 0..60),
        foreign: bool,
        decision in prop::option::of(prop::sample::select(vec![
            Decision::Copied, Decision::Genuine, Decision::CannotTell,
        ])),
    ) {
        let mut history = History::default();
        for (n, o) in seen.into_iter().enumerate() {
            history.fold(Observation { scan: Tag48::new(n as u64), ..o });
        }
        let decision = decision.map(|d| (d, UnixMs(1_700_001_000_000)));
        let findings = Findings { decision, causes: Vec::new() };
        let item = Evidence {
            check: Check::Read(ReadOutcome::Valid),
            standing: Some(&Standing::OnSale),
            case: false,
            foreign_host: foreign.then_some("zh3nma.example"),
            seen: Some(in_henan(&history, history.observations.len().checked_sub(1), &findings)),
            findings: &findings,
            accused: None,
        };
        let of_item = judge(&item, &Policy::shipped());
        let of_case = judge(&Evidence { case: true, ..item }, &Policy::shipped());
        prop_assert_eq!(of_case.outcome, of_item.outcome);
        prop_assert_eq!(of_case.risk, of_item.risk);
        prop_assert_eq!(of_case.reasons.split_last(), Some((&Reason::CaseLabel, &of_item.reasons[..])));
    }

    #[test]
    fn the_bytes_of_a_history_come_back(seen in prop::collection::vec(any_observation(), 0..200)) {
        let mut history = History::default();
        for (n, o) in seen.into_iter().enumerate() {
            let folded = history.fold(Observation { scan: Tag48::new(n as u64), ..o });
            prop_assert!(!folded.repeated);
            prop_assert!(history.to_bytes().len() <= History::BYTES_MAX);
        }
        prop_assert_eq!(History::from_bytes(&history.to_bytes()).expect("own bytes"), history);
    }

    #[test]
    fn a_scan_by_a_stranger_never_improves_the_answer(
        seen in prop::collection::vec(any_observation(), 1..50),
        later in 0_i64..1000,
    ) {
        let mut before = History::default();
        for (n, mut o) in seen.into_iter().enumerate() {
            o.at = UnixMs(1_700_000_000_000 + n as i64 * 7_200_000);
            before.fold(Observation { scan: Tag48::new(n as u64), ..o });
        }
        let own = before.observations.len() - 1;
        let last = before.observations[own].at;
        let mut after = before.clone();
        after.fold(Observation {
            at: last.plus_ms(later * 3_600_000),
            device: Tag48::new(999),
            network: 999,
            place: Place(6501),
            spot: None,
            channel: Channel::Consumer,
            marks: Marks::default(),
            scan: Tag48::new(5000),
        });
        let at = |history, accused| {
            let evidence = Evidence {
                check: Check::Read(ReadOutcome::Valid),
                standing: Some(&Standing::OnSale),
                case: false,
                foreign_host: None,
                seen: Some(in_henan(history, Some(own), Findings::NONE)),
                findings: Findings::NONE,
                accused,
            };
            judge(&evidence, &Policy::shipped())
        };
        let was = at(&before, None);
        let is = at(&after, (was.outcome == Outcome::Suspect).then_some(last));
        prop_assert!(is.outcome <= was.outcome, "{:?} -> {:?}", was, is);
    }
}
