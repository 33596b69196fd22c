//! Evidence across codes, from the log to the ledger to another server.

use zhenma::base::UnixMs;
use zhenma::registry::{Findings, Placement, Register};
use zhenma::scan::across::{Across, Label};
use zhenma::scan::ledger::AcrossLedger;
use zhenma::scan::service::label;
use zhenma::scan::walk::Walk;
use zhenma::scan::{Channel, CodeId, History, Marks, Observation, Place, Tag48};

use crate::follower::Desk;
use crate::http_bed::{code_id, payload};
use crate::store_contract::bed::Dice;

const TOWNS: [u16; 5] = [4101, 4116, 3401, 4401, 6501];
const CODES: u64 = 40;

fn labels(register: &Register) -> Vec<(CodeId, Label)> {
    let of = |number| {
        let payload = payload(1, number);
        let Placement::Issued { facts, number, .. } = register.place(&payload) else {
            panic!("issued")
        };
        (code_id(number), label(&payload, &facts, number).expect("on the goods"))
    };
    (0..CODES).map(of).collect()
}

/// A few phones on many codes, an hour apart.
fn scans(dice: &mut Dice, from: u64, count: u64) -> Vec<(usize, Observation)> {
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
struct Model {
    histories: std::collections::HashMap<CodeId, History>,
    across: Across,
}

impl Model {
    fn take(&mut self, (code, label): &(CodeId, Label), seen: Observation) {
        let history = self.histories.entry(*code).or_default();
        let at = history.fold(seen).position;
        self.across.note_scan(label, history, at);
    }

    /// What each of the codes is told by the others, here and there.
    fn agrees_with(&self, other: &Across, labels: &[(CodeId, Label)]) {
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
