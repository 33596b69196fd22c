mod list;

use std::collections::BTreeSet;

use crate::base::{By, LedgerError, UnixMs, ids};
use crate::cases::{CaseLedger, DecisionRecord, Flag, FlagState};
use crate::code::{Layer, Payload};
use crate::keys::KeyNumber;
use crate::leads::desk::{Deed, Lead, State, Tab, Wanted};
use crate::leads::merge::merge;
use crate::leads::port::LeadLedger;
use crate::leads::told::{Label, Source, Told};
use crate::leads::{Clue, Kind, Ties};
use crate::registry::{BatchRef, Decision};
use crate::scan::spread::Spread;
use crate::scan::{Place, Tag48};
use crate::store::sql::Ledger;
use jiff::civil::{Date, date};

const NOW: UnixMs = UnixMs(1_795_000_000_000);
const TODAY: Date = date(2026, 11, 27);

struct Bed {
    ledger: Ledger,
    _folder: tempfile::TempDir,
}

async fn bed() -> Bed {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.sqlite");
    let ledger = Ledger::open(&path, UnixMs(0)).await.expect("a ledger");
    Bed { ledger, _folder: folder }
}

fn label(batch: u32, number: u64) -> Label {
    let key = KeyNumber::new(1).expect("a number");
    let payload = Payload { layer: Layer::Outer, key, batch, serial: number };
    Label { payload: payload.to_bytes(), batch: BatchRef { key, batch }, number }
}

fn flag(batch: u32, number: u64, opened: i64, phone: Option<u64>) -> Flag {
    let Label { payload, batch, .. } = label(batch, number);
    Flag {
        payload,
        batch,
        number,
        state: FlagState::Open,
        risk: 0.6,
        reasons: Vec::new(),
        policy: "none".to_owned(),
        accused_at: None,
        scans: 4,
        spread: Spread {
            people: 3,
            places: vec![Place(4110), Place(4401)],
            phone: phone.map(Tag48::new),
        },
        seen_at: NOW,
        opened_at: UnixMs(opened),
        updated_at: NOW,
    }
}

impl Bed {
    async fn raise(&self, flag: &Flag) {
        self.ledger.raise_flags(std::slice::from_ref(flag)).await.expect("raised");
    }

    async fn work(&self, at_once: u32) {
        while self.ledger.work_leads(NOW, at_once).await.expect("worked") > 0 {}
    }

    async fn list(&self, tab: Tab) -> Vec<Lead> {
        let wanted = Wanted { tab, ..Wanted::todo("wang", TODAY) };
        self.ledger.list_leads(&wanted, 1_000).await.expect("leads").0
    }

    /// Kind, key and codes of every open lead.
    async fn leads(&self) -> BTreeSet<(Kind, String, Vec<[u8; 12]>)> {
        let mut out = BTreeSet::new();
        for lead in self.list(Tab::Todo).await {
            let file = self.ledger.lead(lead.id).await.expect("a lead");
            let mut codes: Vec<_> = file.codes.iter().map(|code| code.payload).collect();
            codes.sort_unstable();
            out.insert((lead.kind, lead.key, codes));
        }
        out
    }

    async fn decide(&self, number: u64, decision: Decision) {
        let record = DecisionRecord {
            id: ids::new_id(NOW),
            payload: label(1, number).payload,
            decision,
            note: "看过".to_owned(),
            decided_by: "wang".to_owned(),
            decided_at: NOW,
        };
        self.ledger.decide(&record, &By::shell(NOW)).await.expect("decided");
        self.work(9).await;
    }

    async fn act(&self, lead: &Lead, deed: Deed) -> Result<u64, LedgerError> {
        self.ledger.act_on_leads(&[lead.id], &deed, TODAY, &By::shell(NOW)).await
    }
}

fn told(reference: &str, number: Option<u64>, said: &str) -> Told {
    Told {
        line: 3,
        source: Source::Enterprise,
        origin: "91411628MA9DEM01XU".to_owned(),
        reference: reference.to_owned(),
        label: number.map(|number| label(1, number)),
        batch: None,
        product: None,
        enterprise: None,
        place: Place(4110),
        said: said.to_owned(),
        at: NOW,
    }
}

fn clue(flag: &Flag) -> Clue {
    Clue {
        payload: flag.payload,
        batch: flag.batch,
        number: flag.number,
        risk: flag.risk,
        people: 3,
        places: Vec::new(),
        opened_at: flag.opened_at,
        seen_at: flag.seen_at,
        ties: Ties { phone: flag.spread.phone, ..Ties::default() },
    }
}

#[tokio::test]
async fn the_ledger_keeps_what_the_pure_merge_says_whatever_the_order() {
    let mut seed = 7_u64;
    let mut roll = |of: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % of
    };
    let mut flags: Vec<Flag> = Vec::new();
    for n in 0..60 {
        let batch = 1 + u32::try_from(roll(3)).expect("small");
        let phone = (roll(8) == 0).then(|| 1 + roll(3));
        let new = flag(batch, roll(120), 1_000 + n, phone);
        if flags.iter().all(|known| known.payload != new.payload) {
            flags.push(new);
        }
    }
    let clues: Vec<Clue> = flags.iter().map(clue).collect();
    let wanted: BTreeSet<_> = merge(&clues)
        .iter()
        .map(|group| {
            let payload = Payload::from_bytes(clues[group.anchor].payload).expect("a payload");
            let mut codes: Vec<_> = group.members.iter().map(|n| clues[*n].payload).collect();
            codes.sort_unstable();
            (group.kind, format!("label/{}", payload.serial_text()), codes)
        })
        .collect();
    for (turn, at_once) in [(0, 1), (17, 7), (40, 100)] {
        let bed = bed().await;
        flags.rotate_left(turn);
        for flag in &flags {
            bed.raise(flag).await;
            if turn == 17 {
                bed.work(at_once).await;
            }
        }
        bed.work(at_once).await;
        assert_eq!(bed.leads().await, wanted, "turned by {turn}");
        // Marked again, nothing comes of it.
        for flag in &flags {
            bed.raise(flag).await;
        }
        bed.work(at_once).await;
        assert_eq!(bed.leads().await, wanted, "again");
    }
}

#[tokio::test]
async fn a_decided_code_leaves_its_lead_and_the_last_one_ends_it() {
    let bed = bed().await;
    for number in [10, 12, 15] {
        bed.raise(&flag(1, number, 1, None)).await;
    }
    bed.work(2).await;
    let run = bed.list(Tab::Todo).await.remove(0);
    assert_eq!((run.kind, run.codes, run.people), (Kind::Run, 3, 9));
    bed.decide(12, Decision::Genuine).await;
    let left = bed.list(Tab::Todo).await.remove(0);
    assert_eq!((left.id, left.codes), (run.id, 2));
    bed.decide(10, Decision::Copied).await;
    bed.decide(15, Decision::Copied).await;
    assert!(bed.list(Tab::Todo).await.is_empty());
    let done = bed.list(Tab::Done).await.remove(0);
    assert_eq!((done.id, done.closed_by.clone()), (run.id, None));
    let counted = bed.ledger.count_leads(&Wanted::todo("wang", TODAY)).await.expect("counts");
    assert_eq!((counted.of(Tab::Todo), counted.done), (0, 1));

    // Found in order, it is scanned on and looks copied again.
    bed.raise(&Flag { scans: 9, ..flag(1, 12, 1, None) }).await;
    bed.work(2).await;
    let again = bed.list(Tab::Todo).await.remove(0);
    assert_eq!((again.id, again.state, again.codes), (run.id, State::Open, 1));
    let acts = bed.ledger.lead(run.id).await.expect("a lead").acts;
    let acts: Vec<_> = acts.iter().rev().map(|act| act.act.as_str()).collect();
    assert_eq!(acts.iter().filter(|act| **act == "opened").count(), 1, "{acts:?}");
    assert_eq!(acts.iter().filter(|act| **act == "reopened").count(), 1, "{acts:?}");
}

#[tokio::test]
async fn what_an_officer_closed_opens_on_new_evidence_alone() {
    let bed = bed().await;
    bed.raise(&flag(1, 10, 1, None)).await;
    bed.work(2).await;
    let lead = bed.list(Tab::Todo).await.remove(0);
    let close = || Deed::Close { grounds: "样品，已核实".to_owned() };
    assert_eq!(bed.act(&lead, close()).await.expect("closed"), 1);
    assert_eq!(bed.act(&lead, close()).await.expect("closed before"), 0);
    bed.raise(&Flag { scans: 7, ..flag(1, 10, 1, None) }).await;
    bed.work(2).await;
    assert_eq!(bed.list(Tab::Done).await.len(), 1, "three more scans are nothing new");
    bed.raise(&Flag { scans: 8, ..flag(1, 10, 1, None) }).await;
    bed.work(2).await;
    assert_eq!(bed.list(Tab::Todo).await[0].id, lead.id, "twice as many are");
    bed.act(&lead, close()).await.expect("closed");
    bed.raise(&flag(1, 13, 2, None)).await;
    bed.work(2).await;
    let grown = bed.list(Tab::Todo).await.remove(0);
    assert_eq!((grown.id, grown.codes, grown.kind), (lead.id, 2, Kind::Run), "so is a neighbour");
}

#[tokio::test]
async fn a_case_that_is_made_of_a_lead_ends_it_until_something_new_comes() {
    use crate::cases::fact::Ground;
    use crate::cases::port::{FileLedger, NewCase};
    let bed = bed().await;
    bed.raise(&flag(1, 10, 1, None)).await;
    bed.work(2).await;
    let lead = bed.list(Tab::Todo).await.remove(0);
    let new = NewCase {
        id: ids::new_id(NOW),
        office: crate::auth::office::FIRST,
        title: "城关一门店".to_owned(),
        ground: Ground::Lead,
        lead: Some(lead.id),
        region: 4116,
        found_on: TODAY,
        today: TODAY,
        facts: Vec::new(),
    };
    let case = bed.ledger.open_case(&new, &By::shell(NOW)).await.expect("opened");
    let file = bed.ledger.lead(lead.id).await.expect("a lead");
    assert_eq!((file.lead.state, &file.lead.grounds), (State::Done, &case.number));
    assert_eq!(file.cases, [(new.id, new.office, case.number)]);
    bed.raise(&flag(1, 12, 2, None)).await;
    bed.work(2).await;
    assert_eq!(bed.list(Tab::Todo).await[0].id, lead.id);
}

#[tokio::test]
async fn two_sources_of_one_code_are_one_lead_and_what_is_told_twice_is_told_once() {
    let bed = bed().await;
    let by = By::shell(NOW);
    let tell = async |told: &[Told]| bed.ledger.tell_leads(told, &by).await;
    let kept = tell(&[told("A-1", Some(10), "瓶盖不对"), told("A-2", None, "市场上有")]).await;
    let kept = kept.expect("told");
    assert_ne!(kept[0].lead, kept[1].lead);
    let before = bed.ledger.lead(kept[0].lead).await.expect("a lead").lead;
    assert_eq!((before.kind, before.why.zh.as_str()), (Kind::Code, "瓶盖不对"));
    bed.raise(&flag(1, 10, 1, None)).await;
    bed.raise(&flag(1, 14, 2, None)).await;
    bed.work(3).await;
    assert_eq!(bed.list(Tab::Todo).await.len(), 2);
    let after = bed.ledger.lead(kept[0].lead).await.expect("a lead");
    assert_eq!((after.lead.codes, after.sources.len()), (2, 1));
    assert!(after.lead.factors.probability > before.factors.probability);
    assert!(after.lead.score > before.score);

    let again = tell(&[told("A-1", Some(10), "瓶盖不对")]).await.expect("told before");
    assert_eq!((again[0].lead, again[0].repeated), (kept[0].lead, true));
    let other = tell(&[told("A-3", Some(40), "x"), told("A-1", Some(10), "标签不对")]).await;
    let Err(LedgerError::Invalid(faults)) = other else { panic!("{other:?}") };
    assert_eq!((faults.len(), faults[0].line), (1, Some(3)));
    assert_eq!(bed.list(Tab::Todo).await.len(), 2, "all or none");
}

#[tokio::test]
async fn forged_codes_of_one_place_are_a_lead_from_the_fifth_on() {
    use crate::scan::forgeries::{Forgery, ForgeryKind};
    use crate::scan::ledger::ScanLedger;
    let bed = bed().await;
    let seen = |texts| {
        let kind = ForgeryKind::BadSignature;
        let day = NOW.0 / 86_400_000;
        vec![(Forgery { key: 1, batch: 0, place: Place(4110), day, kind }, texts)]
    };
    bed.ledger.add_forgeries(&seen(4)).await.expect("counted");
    bed.work(5).await;
    assert!(bed.list(Tab::Todo).await.is_empty());
    bed.ledger.add_forgeries(&seen(8)).await.expect("counted");
    bed.work(5).await;
    let lead = bed.list(Tab::Todo).await.remove(0);
    assert_eq!((lead.kind, lead.place, lead.people), (Kind::Place, Place(4110), 12));
    bed.act(&lead, Deed::Close { grounds: "测试".to_owned() }).await.expect("closed");
    bed.ledger.add_forgeries(&seen(5)).await.expect("counted");
    bed.work(5).await;
    assert!(bed.list(Tab::Todo).await.is_empty(), "some more are nothing new");
    bed.ledger.add_forgeries(&seen(20)).await.expect("counted");
    // Behind the closing.
    bed.ledger.work_leads(NOW.plus_ms(1), 5).await.expect("worked");
    assert_eq!(bed.list(Tab::Todo).await[0].id, lead.id);
}

#[tokio::test]
async fn a_lead_that_grows_old_falls_in_the_list_by_itself() {
    let bed = bed().await;
    bed.raise(&flag(1, 10, 1, None)).await;
    bed.work(5).await;
    let before = bed.list(Tab::Todo).await.remove(0);
    assert_eq!(bed.ledger.refresh_leads(NOW, 10).await.expect("weighed"), 0);
    let later = NOW.plus_ms(8 * 86_400_000);
    assert_eq!(bed.ledger.refresh_leads(later, 10).await.expect("weighed"), 1);
    assert_eq!(bed.ledger.refresh_leads(later, 10).await.expect("weighed"), 0);
    let after = bed.list(Tab::Todo).await.remove(0);
    assert!(after.score < before.score, "{} {}", after.score, before.score);
    assert!((after.factors.freshness - 0.9).abs() < 1e-9);
}
