//! What can happen to goods, and what cannot.

use std::slice::from_ref;

use super::{Bed, NOW, bottle, case, event, id};
use crate::trace::rules::{CASE_BOTTLES_MAX, Whereabouts, World};
use crate::trace::{Act, Refusal, Unit};

fn bottles(numbers: std::ops::Range<u64>) -> Vec<Unit> {
    numbers.map(|n| bottle(1, n)).collect()
}

#[test]
fn goods_go_into_cases_on_pallets_away_and_back() {
    let (bed, mut world) = (Bed::new(), World::default());
    let (case, pallet) = (case(1, 0), bed.pallet("P-1"));
    bed.pack(&mut world, &case, &bottles(0..6));
    bed.pack(&mut world, &pallet, from_ref(&case));
    assert_eq!(world.outermost(&bottle(1, 3)), pallet);
    assert_eq!(world.with_contents(&pallet).len(), 8);
    let pallets = [pallet.clone()];
    for (act, wanted) in [
        (Act::Shipped, Whereabouts::InTransit),
        (Act::Received, Whereabouts::Received),
        (Act::Returned, Whereabouts::Returned),
    ] {
        bed.try_out(&mut world, &event(act, None, &pallets)).expect("possible");
        assert_eq!(world.state(&pallet).whereabouts, wanted);
    }
    bed.try_out(&mut world, &event(Act::Unpacked, Some(&pallet), &[])).expect("possible");
    assert_eq!(world.state(&case).parent, None);
    assert_eq!(world.state(&case).whereabouts, Whereabouts::Returned, "as its pallet was");
    let two = [bottle(1, 0), bottle(1, 1)];
    bed.try_out(&mut world, &event(Act::Unpacked, Some(&case), &two)).expect("possible");
    assert_eq!(world.held_by(&case).count(), 4);
    bed.try_out(&mut world, &event(Act::Destroyed, None, from_ref(&case))).expect("possible");
    assert_eq!(world.state(&bottle(1, 5)).whereabouts, Whereabouts::Destroyed);
    assert_eq!(world.state(&bottle(1, 0)).whereabouts, Whereabouts::Returned);
}

#[test]
fn what_cannot_be_is_refused_with_its_reason_and_changes_nothing() {
    let (bed, mut world) = (Bed::new(), World::default());
    let (a, b, away, pallet) = (case(1, 0), case(2, 1), case(1, 2), bed.pallet("P-1"));
    bed.pack(&mut world, &a, &bottles(0..6));
    bed.pack(&mut world, &away, &bottles(10..12));
    bed.try_out(&mut world, &event(Act::Shipped, None, from_ref(&away))).expect("possible");
    let before = format!("{world:?}");
    let packed = |parent: &Unit, units: &[Unit], size: Option<usize>| {
        let mut e = event(Act::Packed, Some(parent), units);
        e.size = size;
        e
    };
    let does = |act, unit: &Unit| event(act, None, from_ref(unit));
    let late = |ms| {
        let mut e = event(Act::Inspected, None, from_ref(&a));
        e.at = NOW.plus_ms(ms);
        e
    };
    let many: Vec<_> = (200..201 + CASE_BOTTLES_MAX as u64).map(|n| bottle(1, n)).collect();
    for (e, slug) in [
        (packed(&b, &[bottle(1, 3)], None), "in_other"),
        (packed(&a, &[bottle(1, 3)], None), "already_in"),
        (packed(&b, &[bottle(3, 3)], None), "other_product"),
        (packed(&b, &[bottle(1, 95)], None), "withdrawn"),
        (packed(&b, &[bottle(1, 11)], None), "in_other"),
        (packed(&away, &[bottle(1, 20)], None), "in_transit"),
        (packed(&b, &[bottle(1, 20), bottle(1, 20)], None), "twice"),
        (packed(&b, &[bottle(1, 20)], Some(6)), "count_differs"),
        (packed(&a, &[bottle(1, 20)], Some(6)), "count_differs"),
        (packed(&b, from_ref(&a), None), "wrong_kind"),
        (packed(&pallet, &[bottle(1, 20)], None), "wrong_kind"),
        (packed(&pallet, &[case(1, 5)], None), "empty"),
        (packed(&pallet, from_ref(&away), None), "in_transit"),
        (packed(&b, &many, None), "too_many"),
        (event(Act::Unpacked, Some(&b), &[]), "empty"),
        (event(Act::Unpacked, Some(&a), &[bottle(1, 20)]), "not_in"),
        (event(Act::Unpacked, Some(&away), &[]), "in_transit"),
        (does(Act::Shipped, &case(1, 5)), "empty"),
        (does(Act::Shipped, &bottle(1, 20)), "loose"),
        (does(Act::Shipped, &bottle(1, 3)), "in_other"),
        (does(Act::Shipped, &away), "in_transit"),
        (does(Act::Received, &a), "not_in_transit"),
        (does(Act::Returned, &a), "never_shipped"),
        (does(Act::Destroyed, &away), "in_transit"),
        (does(Act::Destroyed, &bottle(1, 3)), "in_other"),
        (late(11 * 60_000), "in_future"),
        (late(-20 * 60_000), "before_last"),
    ] {
        let refusal = bed.try_out(&mut world, &e).expect_err(slug);
        assert_eq!(refusal.slug(), slug, "{e:?}");
        assert_eq!(format!("{world:?}"), before, "{slug} changed the world");
        for lang in [crate::base::Lang::Zh, crate::base::Lang::En] {
            assert!(!refusal.text(lang).is_empty());
        }
    }
}

#[test]
fn withdrawn_goods_are_not_shipped_however_deep_they_lie() {
    let (mut bed, mut world) = (Bed::new(), World::default());
    let (a, pallet) = (case(1, 0), bed.pallet("P-1"));
    bed.pack(&mut world, &a, &[bottle(1, 100), bottle(1, 101)]);
    bed.pack(&mut world, &pallet, &[a]);
    let facts = &bed.register.batches[&id(1)];
    let blocked = crate::registry::RangeFact {
        id: uuid::Uuid::max(),
        batch: id(1),
        first: 101,
        last: 101,
        state: crate::registry::RangeState::Blocked,
        reason: super::named("r"),
        remedy: super::named("r"),
        set_by: "q".to_owned(),
        set_at: NOW,
        until: None,
        lifted_at: None,
    };
    assert!(facts.standing(101) != facts.standing(90));
    bed.register = bed.register.apply(crate::registry::register::Changes {
        revision: 2,
        ranges: vec![(id(1), vec![blocked])],
        ..Default::default()
    });
    let shipped = event(Act::Shipped, None, &[pallet]);
    assert_eq!(bed.try_out(&mut world, &shipped), Err(Refusal::Withdrawn(bottle(1, 101))));
}

#[test]
fn numbers_come_into_being_once() {
    let bed = Bed::new();
    let mut world = World { commissioned: Some((0, 99)), ..World::default() };
    let again = bed.try_out(&mut world, &event(Act::Commissioned, None, &[]));
    assert_eq!(again, Err(Refusal::CommissionedBefore { first: 0, last: 99 }));
}
