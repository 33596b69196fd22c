use super::*;
use crate::base::{Lang, UnixMs};
use crate::keys::KeyNumber;
use crate::registry::Findings;
use crate::scan::{Channel, Marks, Observation, Reason};

const HENAN: u8 = 41;
const TOWNS: [u16; 4] = [4401, 4403, 3301, 3205];

fn label(number: u64) -> Label {
    let key = KeyNumber::new(1).expect("a number");
    let batch = BatchRef { key, batch: 1 };
    Label { batch, number, count: 2_000, destination: HENAN, never_sold: false }
}

/// A new phone on a new network, `n` times twelve hours after the first.
fn scan(n: u64, place: u16) -> Observation {
    Observation {
        at: UnixMs(1_790_000_000_000 + n.cast_signed() * 12 * 3_600_000),
        device: Tag48::new(n + 1),
        network: u32::try_from(n + 1).expect("small"),
        place: Place(place),
        spot: None,
        channel: Channel::Consumer,
        marks: Marks::default(),
        scan: Tag48::new(n + 1),
    }
}

fn tell(across: &mut Across, number: u64, scans: impl Iterator<Item = Observation>) -> Walk {
    let mut history = History::default();
    for seen in scans {
        let at = history.fold(seen).position;
        across.note_scan(&label(number), &history, at);
    }
    Walk::of(&history, Findings::NONE)
}

#[test]
fn a_label_burned_a_thousand_times_is_one_neighbour_in_each_town() {
    let mut across = Across::default();
    let town = |n: u64| TOWNS[usize::try_from(n / 70 % 4).expect("small")];
    tell(&mut across, 100, (0..1_000).map(|n| scan(n, if n == 0 { 4101 } else { town(n) })));
    let beside = tell(&mut across, 103, [scan(5_000, 4101), scan(5_002, 4401)].into_iter());
    let around = across.around(&label(103), &beside, &beside);
    assert_eq!((around.block_town, around.batch_town, around.town), (1, 1, Place(4401)));
}

#[test]
fn neighbours_are_counted_once_a_code_and_never_the_code_itself() {
    let mut across = Across::default();
    for number in 0..5 {
        let seen = [4101, 4401, 4401, 4403].into_iter().enumerate();
        let scans = seen.map(|(n, place)| scan(number * 10 + n as u64, place));
        tell(&mut across, number * 16, scans);
    }
    let walk = tell(&mut across, 7, [scan(900, 4101), scan(910, 4401)].into_iter());
    let around = across.around(&label(7), &walk, &walk);
    assert_eq!((around.block_town, around.block_province, around.batch_town), (5, 10, 5));
    let places = (around.town, around.province, around.batch_place);
    assert_eq!(places, (Place(4401), Place(4400), Place(4401)));
    // Before the worker told the others of it, nothing of its own is taken off.
    let ahead = across.around(&label(7), &walk, &Walk::default());
    assert_eq!(ahead.block_town, 6);
    // Far along the roll they are no neighbours, but of one batch.
    let far = across.around(&label(1_900), &walk, &Walk::default());
    assert_eq!((far.block_town, far.batch_town), (0, 6));
}

#[test]
fn diverted_goods_make_a_home_and_accuse_nobody() {
    let mut across = Across::default();
    for number in 0..40 {
        let first = if number % 3 == 0 { 4401 } else { 4101 };
        tell(&mut across, number, [scan(number * 9, first)].into_iter());
    }
    let walk = tell(&mut across, 300, [scan(9_000, 4101), scan(9_010, 4403)].into_iter());
    let around = across.around(&label(300), &walk, &walk);
    assert!(around.diverted && around.homes.has(44) && around.homes.has(HENAN));
    assert_eq!((around.block_town, around.batch_town), (0, 0));
}

#[test]
fn a_label_that_was_never_to_be_sold_is_told_to_its_neighbours_once() {
    let mut across = Across::keeping();
    let waste = Label { never_sold: true, ..label(100) };
    let mut history = History::default();
    for n in 0..4 {
        let at = history.fold(scan(n, 4101)).position;
        across.note_scan(&waste, &history, at);
    }
    let mut served = Across::default();
    served.apply(across.changes());
    let one = tell(&mut Across::default(), 103, [scan(5_000, 4101)].into_iter());
    let own = Walk::of(&history, Findings::NONE);
    for across in [&across, &served] {
        let told = |label: &Label, walk| across.around(label, walk, walk).never_sold;
        assert_eq!(told(&label(103), &one), 1);
        assert_eq!(told(&label(1_000), &one), 0, "far from it");
        assert_eq!(told(&waste, &own), 0, "of itself");
    }
}

#[test]
fn a_network_that_meets_label_after_label_is_busy_and_tells_no_more() {
    let mut across = Across::default();
    let farm = |n| Observation { network: 77_777, ..scan(n, 4401) };
    let of = |number: u64| [scan(number * 10, 4101), farm(number * 10 + 1)].into_iter();
    let busy =
        |across: &Across, number, walk: &Walk| across.around(&label(number), walk, walk).busy;
    let first = tell(&mut across, 0, of(0));
    tell(&mut across, 1, of(1));
    assert_eq!(busy(&across, 0, &first), 0, "its own and one more");
    for number in 2..9 {
        tell(&mut across, number, of(number));
    }
    assert_eq!(busy(&across, 0, &first), 0b10, "the farm's witness, not the buyer's");
    // Its first two labels told where they were met, and no other did.
    let walk = tell(&mut across, 20, [scan(900, 4101), scan(910, 4401)].into_iter());
    let around = across.around(&label(20), &walk, &walk);
    assert_eq!((around.block_town, around.busy), (2, 0));
}

#[test]
fn one_neighbour_is_told_as_one() {
    let said = |labels, near| {
        let reason = Reason::NeighboursElsewhere { labels, place: Place(4101), near };
        reason.text(Lang::En, &jiff::tz::TimeZone::UTC)
    };
    assert!(said(1, true).starts_with("One other label with a neighbouring number was queried"));
    assert!(said(1, false).starts_with("One other label of the same batch was queried"));
    assert!(said(2, true).starts_with("2 other labels with neighbouring numbers were queried"));
}
