//! Evidence across codes, from the log to the ledger to another server.

use serde_json::json;
use zhenma::base::UnixMs;
use zhenma::registry::{Findings, Placement, Register};
use zhenma::scan::Outcome;
use zhenma::scan::across::{Across, Label};
use zhenma::scan::ledger::AcrossLedger;
use zhenma::scan::service::label;
use zhenma::scan::walk::Walk;
use zhenma::scan::{Channel, CodeId, History, Marks, Observation, Place, Tag48};

use crate::consoles::scanned_by;
use crate::faults::load::eventually;
use crate::follower::Desk;
use crate::http_bed::{code_id, payload};
use crate::staff_bed::StaffBed;
use crate::store_contract::bed::Dice;

const TOWNS: [u16; 5] = [4101, 4116, 3401, 4401, 6501];
const CODES: u64 = 40;

fn labels(register: &Register) -> Vec<(CodeId, Label)> {
    let of = |number| {
        let payload = payload(1, number);
        let Placement::Issued { facts, number, standing } = register.place(&payload) else {
            panic!("issued")
        };
        (code_id(number), label(&payload, &facts, number, &standing).expect("on the goods"))
    };
    (0..CODES).map(of).collect()
}

/// A few phones on many codes, an hour apart.
pub fn scans(dice: &mut Dice, from: u64, count: u64) -> Vec<(usize, Observation)> {
    let observation = |n: u64, dice: &mut Dice| Observation {
        at: UnixMs(1_790_000_000_000 + i64::try_from(n).expect("small") * 3_600_000),
        device: Tag48::new(1 + dice.roll(30)),
        network: u32::try_from(1 + dice.roll(50)).expect("small"),
        place: Place(TOWNS[usize::try_from(dice.roll(5)).expect("small")]),
        spot: None,
        channel: Channel::Consumer,
        marks: Marks::default(),
        scan: Tag48::new(n + 1),
    };
    (from..from + count)
        .map(|n| (usize::try_from(dice.roll(CODES)).expect("small"), observation(n, dice)))
        .collect()
}

/// The same scans one after another, without store or ledger.
#[derive(Default)]
pub struct Model {
    histories: std::collections::HashMap<CodeId, History>,
    across: Across,
}

impl Model {
    pub fn take(&mut self, (code, label): &(CodeId, Label), seen: Observation) {
        let history = self.histories.entry(*code).or_default();
        let at = history.fold(seen).position;
        self.across.note_scan(label, history, at);
    }

    /// What each of the codes is told by the others, here and there.
    pub fn agrees_with(&self, other: &Across, labels: &[(CodeId, Label)]) {
        let mut told = 0;
        for (code, label) in labels {
            let Some(history) = self.histories.get(code) else { continue };
            let walk = Walk::of(history, Findings::NONE);
            let mut here = self.across.around(label, &walk, &walk);
            let there = other.around(label, &walk, &walk);
            here.revision = there.revision;
            assert_eq!(here, there, "{label:?}");
            told += u32::from(here.block_town > 0 && here.phone_cases > 0);
        }
        assert!(told > 5, "only {told} codes are told anything");
    }
}

#[tokio::test]
async fn what_the_follower_gathers_is_what_servers_and_its_successor_take_up() {
    let desk = Desk::new().await;
    let labels = labels(&desk.site.services.scanner.register.load());
    let (mut dice, mut model, mut server) = (Dice(20_261_127), Model::default(), Across::default());
    // Each round is another worker's: what it knows is what the ledger kept.
    for round in 0..4 {
        let state = desk.open("scans.sqlite");
        for (code, seen) in scans(&mut dice, round * 150, 150) {
            state.record(labels[code].0, seen).await.expect("recorded");
            model.take(&labels[code], seen);
            // Stepped scan by scan half of the time; a repeat adds nothing.
            if seen.scan.get() % 2 == 0 {
                desk.follow_all(&state).await;
                state.record(labels[code].0, seen).await.expect("repeated");
            }
        }
        desk.follow_all(&state).await;
        let since = server.revision;
        let changes = desk.ledger.across_since(since).await.expect("read").expect("something new");
        assert!(changes.revision > since);
        server.apply(changes);
        model.agrees_with(&server, &labels);
        let more = desk.ledger.across_since(server.revision).await;
        assert!(more.expect("read").is_none(), "told twice");
    }
    // One that begins now reads the same at once.
    let mut fresh = Across::default();
    fresh.apply(desk.ledger.across_since(0).await.expect("read").expect("all of it"));
    model.agrees_with(&fresh, &labels);
}

/// Waste of the printer that buyers meet: it is a lead, and so are neighbours
/// of which little else is known; nobody is accused by it.
#[tokio::test]
async fn labels_that_were_never_to_be_sold_are_leads_and_so_are_their_neighbours() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(200).await;
    let codes = bed.codes(&batch).await;
    let spoiled = json!({"first": 5, "last": 5, "state": "spoiled"});
    bed.made("member", &format!("/api/v1/batches/{batch}/ranges"), &spoiled).await;
    let serial = |n: usize| zhenma::code::read(&codes[n]).expect("a code").payload.serial_text();
    let officer = bed.person("officer").await;
    let scanner = &bed.parts.scanner;
    eventually("the spoiled label is known", || async {
        let page = officer.page(&format!("/officer/codes/{}", serial(5))).await;
        page.contains("废标")
    })
    .await;
    // Two buyers of a neighbour, and of a label far from it: nothing yet.
    for n in [8, 190] {
        assert_eq!(scanned_by(scanner, &codes[n], 4).await, Outcome::SeenBefore);
    }
    assert_eq!(scanned_by(scanner, &codes[5], 2).await, Outcome::NotOnSale);
    eventually("the waste is on the list", || async {
        let list = officer.page("/officer/").await;
        list.contains(&serial(5)) && list.contains("印刷时已登记为废标")
    })
    .await;
    // The next scan of the neighbour is judged with it.
    for n in [8, 190] {
        assert_eq!(scanned_by(scanner, &codes[n], 5).await, Outcome::SeenBefore);
    }
    eventually("the neighbour joins its lead", || async {
        officer.page("/officer/").await.contains("5至8号之间有2枚标签")
    })
    .await;
    // The worker flags first; servers learn of the waste a moment later.
    eventually("the page of the neighbour says why", || async {
        let page = officer.page(&format!("/officer/codes/{}", serial(8))).await;
        page.contains("照登记不该流入市面")
    })
    .await;
    let list = officer.page("/officer/?lang=en").await;
    assert!(!list.contains(&serial(190)) && !list.contains("shown as suspect"), "{list}");
}
