//! The book of a batch on real ledgers: several on one file, followed by
//! servers, moved into from what was said before there was one.

mod closing;
mod http;
mod killed;
mod migration;

use std::path::PathBuf;

use tempfile::TempDir;
use zhenma::base::{By, LedgerError, UnixMs};
use zhenma::keys::KeyNumber;
use zhenma::registry::movement::book::defect;
use zhenma::registry::movement::port::{MovementLedger, ScheduleState};
use zhenma::registry::movement::service::{self, Asked, Scanned};
use zhenma::registry::movement::{
    Account, Custody, Elsewhere, Kind, Moved, Movement, Ranges, Words,
};
use zhenma::registry::port::{Registered, Registration, RegistryLedger};
use zhenma::registry::service::Scope;
use zhenma::registry::{
    BatchRef, Bilingual, Enterprise, Gtin, Layers, NewBatch, PreparedBatch, Product, Register, Uscc,
};
use zhenma::store::sql::Ledger;

use crate::ledger_bed;
use crate::store_contract::bed::Dice;

pub const NOW: UnixMs = UnixMs(1_795_000_000_000);

/// A ledger with one maker, and batches of its product.
pub struct Desk {
    pub ledger: Ledger,
    folder: TempDir,
}

pub fn by(login: &str, after_s: i64) -> By {
    By { login: login.to_owned(), ..By::shell(NOW.plus_ms(after_s * 1_000)) }
}

fn both(zh: &str, en: &str) -> Bilingual {
    Bilingual { zh: zh.to_owned(), en: en.to_owned() }
}

pub fn maker() -> Enterprise {
    Enterprise {
        uscc: Uscc::parse("91411628MA9DEM01XU").expect("sound"),
        name: both("宋河", "Song He"),
        licences: Vec::new(),
        gs1_prefix: None,
    }
}

pub fn product() -> Product {
    Product {
        gtin: Gtin::parse("6900000001011").expect("sound"),
        enterprise: maker().uscc,
        name: both("宋河粮液", "Songhe Liangye"),
        category: "白酒".to_owned(),
        standard: "GB/T 10781.1".to_owned(),
        net_content: "500 mL".to_owned(),
        shelf_life_days: None,
        pictures: Vec::new(),
    }
}

pub fn prepared(count: u64) -> PreparedBatch {
    let day = jiff::civil::date(2026, 11, 1);
    PreparedBatch {
        enterprise: maker().uscc,
        key: KeyNumber::new(1).expect("not zero"),
        new: NewBatch {
            product: product().gtin,
            lot: "L1".to_owned(),
            made_on: day,
            expires_on: None,
            destination: 0,
            dealer: String::new(),
            layers: Layers::OuterAndInner,
            count,
            cases: 0,
            pallets: 0,
            key: None,
        },
        expires_on: None,
        secret: [9; 32],
    }
}

impl Desk {
    pub async fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let ledger =
            ledger_bed::open(&folder.path().join("ledger.sqlite"), NOW).await.expect("opens");
        let objects = [Registration::Enterprise(maker()), Registration::Product(product())];
        let objects: Vec<_> = objects.into_iter().map(|object| (0, object)).collect();
        ledger.register(&objects, &by("shell", 0)).await.expect("registered");
        Self { ledger, folder }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("ledger.sqlite")
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub async fn batch(&self, count: u64) -> BatchRef {
        let object = [(0, Registration::Batch(prepared(count)))];
        let done = self.ledger.register(&object, &by("shell", 0)).await.expect("registered");
        let [Registered::Batch(id)] = done[..] else { panic!("{done:?}") };
        id
    }

    pub async fn moved(&self, of: BatchRef, kind: Kind, runs: &[(u64, u64)]) -> Movement {
        let asked = Asked::plain(kind, Some(Ranges::of_runs(runs.to_vec())));
        match self.asked(of, asked).await.expect("answered") {
            Moved::Done(movement, _) => movement,
            other => panic!("{kind:?} {runs:?}: {other:?}"),
        }
    }

    pub async fn asked(&self, of: BatchRef, asked: Asked) -> Result<Moved, LedgerError> {
        service::move_labels(&self.ledger, &Scope::All, of, asked, &by("wang", 60)).await
    }

    pub async fn on(&self, of: BatchRef, account: Account) -> u64 {
        self.ledger.balance(of).await.expect("a balance").on(account)
    }

    /// The spans are what the log makes, and every label lies once.
    pub async fn balances(&self, of: BatchRef) {
        let (spans, count) = (
            self.ledger.spans(of).await.expect("spans"),
            self.ledger.batch(of).await.expect("it").count,
        );
        assert_eq!(defect(&spans, count), None);
        assert_eq!(self.ledger.replayed(of).await.expect("a log"), spans);
    }
}

fn asked_with_key(kind: Kind, first: u64, last: u64, key: &str) -> Asked {
    let mut asked = Asked::plain(kind, Some(Ranges::one(first, last)));
    asked.words.key = Some(key.to_owned());
    asked
}

#[tokio::test]
async fn a_line_moves_labels_through_their_life_and_the_sums_hold() {
    let desk = Desk::new().await;
    let batch = desk.batch(1_000).await;
    let mut print = Asked::plain(Kind::Print, Some(Ranges::one(0, 949)));
    print.place = Some(Custody::parse("三号印刷").expect("a place"));
    desk.asked(batch, print).await.expect("printed");
    desk.moved(batch, Kind::Spoil, &[(950, 999), (10, 19)]).await;
    let mut hall = Asked::plain(Kind::Transfer, Some(Ranges::one(20, 899)));
    hall.place = Some(Custody::parse("包装车间").expect("a place"));
    desk.asked(batch, hall).await.expect("handed over");
    desk.moved(batch, Kind::Apply, &[(20, 799)]).await;
    desk.moved(batch, Kind::Destroy, &[(800, 819)]).await;
    desk.moved(batch, Kind::Return, &[(820, 899)]).await;
    desk.moved(batch, Kind::Activate, &[(20, 699)]).await;
    desk.moved(batch, Kind::Hold, &[(100, 149)]).await;
    desk.moved(batch, Kind::Release, &[(100, 109)]).await;
    let balance = desk.ledger.balance(batch).await.expect("a balance");
    let through = |account| balance.through(account);
    assert_eq!(through(Account::Issued), 1_000);
    assert_eq!((through(Account::Printed), through(Account::Spoiled)), (940, 60));
    let of_printed = [Account::Applied, Account::Returned, Account::Destroyed].map(through);
    assert_eq!(of_printed, [780, 80, 20]);
    assert_eq!((through(Account::Activated), through(Account::Held)), (640, 40));
    let hall = Custody::parse("包装车间").expect("a place");
    assert_eq!(balance.at(Account::Activated, &hall), 640, "they stay where they are");
    desk.balances(batch).await;
}

#[tokio::test]
async fn what_is_on_sale_already_is_named_with_when_and_by_whom() {
    let desk = Desk::new().await;
    let batch = desk.batch(1_000).await;
    desk.moved(batch, Kind::Activate, &[(100, 199)]).await;
    let asked = Asked::plain(Kind::Activate, Some(Ranges::one(50, 149)));
    let Ok(Moved::Refused(elsewhere)) = desk.asked(batch, asked.clone()).await else {
        panic!("refused")
    };
    assert_eq!((elsewhere.first, elsewhere.last, elsewhere.labels), (100, 149, 50));
    assert_eq!(elsewhere.since, Some((NOW.plus_ms(60_000), "wang".to_owned())));
    assert_eq!(desk.on(batch, Account::Activated).await, 100, "nothing was moved");
    let partial = Asked { partial: true, ..asked };
    let Ok(Moved::Done(movement, Some(left))) = desk.asked(batch, partial).await else {
        panic!("done in part")
    };
    assert_eq!((movement.labels(), left.labels), (50, 50));
    let held = Asked::plain(Kind::Hold, Some(Ranges::one(0, 0)));
    let fault = match desk.asked(batch, held).await {
        Ok(Moved::Refused(elsewhere)) => elsewhere.fault().to_string(),
        other => panic!("{other:?}"),
    };
    assert!(fault.contains("number 0 is issued"), "{fault}");
    desk.balances(batch).await;
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_done_once() {
    let desk = Desk::new().await;
    let batch = desk.batch(100).await;
    let first = asked_with_key(Kind::Activate, 0, 9, "shift-7");
    let Ok(Moved::Done(done, None)) = desk.asked(batch, first.clone()).await else {
        panic!("done")
    };
    assert_eq!(desk.asked(batch, first).await.ok(), Some(Moved::Before(done.clone())));
    let other = asked_with_key(Kind::Activate, 0, 10, "shift-7");
    assert!(matches!(desk.asked(batch, other).await, Err(LedgerError::Conflict(_))));
    let words = Words { key: Some("undo-7".to_owned()), ..Words::default() };
    let words = Words { reason: "错卷".to_owned(), ..words };
    for _ in 0..2 {
        let (scope, by) = (Scope::All, by("li", 70));
        let undone = service::undo(&desk.ledger, &scope, batch, done.id, words.clone(), &by).await;
        assert!(matches!(undone, Ok(Moved::Done(..) | Moved::Before(_))), "{undone:?}");
    }
    assert_eq!(desk.on(batch, Account::Issued).await, 100);
}

#[tokio::test]
async fn an_undo_takes_back_just_what_has_not_moved_since() {
    let desk = Desk::new().await;
    let batch = desk.batch(100).await;
    desk.moved(batch, Kind::Print, &[(0, 49)]).await;
    let activated = desk.moved(batch, Kind::Activate, &[(0, 99)]).await;
    let held = desk.moved(batch, Kind::Hold, &[(10, 19)]).await;
    let undo = async |of: &Movement| {
        let words = Words { reason: "误操作".to_owned(), ..Words::default() };
        service::undo(&desk.ledger, &Scope::All, batch, of.id, words, &by("li", 90)).await
    };
    let Ok(Moved::Done(undone, None)) = undo(&activated).await else { panic!("undone") };
    assert_eq!(undone.labels(), 90);
    assert_eq!(desk.on(batch, Account::Printed).await, 40, "each where it came from");
    assert_eq!(desk.on(batch, Account::Issued).await, 50);
    let Ok(Moved::Refused(at)) = undo(&activated).await else { panic!("nothing is left") };
    assert_eq!((at.first, at.on.account), (0, Account::Printed));
    undo(&held).await.expect("undone");
    let Ok(Moved::Done(rest, None)) = undo(&activated).await else { panic!("the rest") };
    assert_eq!(rest.labels(), 10);
    let log = desk.ledger.movements(batch, 10).await.expect("a log");
    assert_eq!(log.last().map(Movement::labels), Some(50), "the print");
    let activated = log.iter().find(|m| m.id == activated.id).expect("in the log");
    assert_eq!(activated.undone.map(|(labels, _)| labels), Some(100));
    desk.balances(batch).await;
    let words = Words::default();
    let hand = by("li", 90);
    let silent = service::undo(&desk.ledger, &Scope::All, batch, held.id, words, &hand);
    assert!(matches!(silent.await, Err(LedgerError::Invalid(_))), "without a reason");
}

/// Two servers and the shell on one file, all activating runs that overlap.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_activate_the_same_labels_one_wins_and_the_other_hears_of_it() {
    let desk = Desk::new().await;
    let batch = desk.batch(3_000).await;
    let mut hands = Vec::new();
    for hand in 0..6_u64 {
        let ledger = ledger_bed::open(&desk.path(), NOW).await.expect("opens");
        hands.push(tokio::spawn(async move {
            let (mut dice, mut moved, mut refused) = (Dice(hand), 0, 0);
            for n in 0..25 {
                let first = dice.roll(2_900);
                let last = first + dice.roll(100);
                let asked = Asked::plain(Kind::Activate, Some(Ranges::one(first, last)));
                let by = by(&format!("hand {hand}"), n);
                match service::move_labels(&ledger, &Scope::All, batch, asked, &by).await {
                    Ok(Moved::Done(movement, None)) => moved += movement.labels(),
                    Ok(Moved::Refused(Elsewhere { on, since, .. })) => {
                        assert_eq!(on.account, Account::Activated);
                        assert!(since.expect("by somebody").1.starts_with("hand"));
                        refused += 1;
                    }
                    other => panic!("{other:?}"),
                }
            }
            (moved, refused)
        }));
    }
    let (mut moved, mut refused) = (0, 0);
    for hand in hands {
        let (m, r) = hand.await.expect("no panic");
        (moved, refused) = (moved + m, refused + r);
    }
    eprintln!("{moved} labels moved, {refused} requests refused");
    assert!(refused > 0);
    assert_eq!(desk.on(batch, Account::Activated).await, moved, "none twice");
    desk.balances(batch).await;
}

#[tokio::test]
async fn a_server_that_follows_the_log_knows_what_one_that_starts_anew_does() {
    let desk = Desk::new().await;
    let batches = [desk.batch(500).await, desk.batch(500).await];
    let fresh = async || {
        let changes = desk.ledger.changes(0).await.expect("read").expect("something");
        Register::default().apply(changes)
    };
    let mut follows = fresh().await;
    let mut dice = Dice(20_261_127);
    for round in 0..12 {
        // In one round more than is told move by move.
        let moves = if round == 7 { 1_100 } else { dice.roll(6) };
        for _ in 0..moves {
            let of = batches[usize::try_from(dice.roll(2)).expect("small")];
            let kind = Kind::NAMED[usize::try_from(dice.roll(9)).expect("small")];
            let first = dice.roll(500);
            let ranges = Ranges::one(first, (first + dice.roll(40)).min(499));
            let asked = Asked { partial: true, ..Asked::plain(kind, Some(ranges)) };
            desk.asked(of, asked).await.expect("answered");
        }
        if round == 4 {
            let asked = Asked::plain(Kind::Activate, None);
            desk.asked(desk.batch(70).await, asked).await.expect("activated");
        }
        if let Some(changes) = desk.ledger.changes(follows.revision).await.expect("read") {
            follows = follows.apply(changes);
        }
        let fresh = fresh().await;
        assert_eq!(follows.batches.len(), fresh.batches.len());
        for (id, facts) in &fresh.batches {
            let followed = &follows.batches[id];
            let count = facts.batch.count;
            assert!((0..count).all(|n| followed.standing(n) == facts.standing(n)), "{id}");
            assert_eq!(followed.on_sale(), facts.on_sale());
        }
    }
    for batch in batches {
        desk.balances(batch).await;
    }
}

#[tokio::test]
async fn a_hundred_thousand_spans_are_followed_move_by_move() {
    let desk = Desk::new().await;
    let batch = desk.batch(200_000).await;
    let numbers = (0..100_000).map(|n| n * 2).collect();
    let begun = std::time::Instant::now();
    let asked = Asked::plain(Kind::Activate, Some(Ranges::of_numbers(numbers)));
    desk.asked(batch, asked).await.expect("activated");
    eprintln!("100 000 runs activated in {:?}", begun.elapsed());
    assert_eq!(desk.ledger.spans(batch).await.expect("spans").len(), 200_000);
    let changes = desk.ledger.changes(0).await.expect("read").expect("something");
    let register = Register::default().apply(changes);
    let begun = std::time::Instant::now();
    desk.moved(batch, Kind::Activate, &[(1, 1)]).await;
    eprintln!("one more in {:?}", begun.elapsed());
    let begun = std::time::Instant::now();
    let changes = desk.ledger.changes(register.revision).await.expect("read").expect("one move");
    assert_eq!((changes.lying.len(), changes.moves.len()), (0, 1), "what moved, not all there is");
    let register = register.apply(changes);
    eprintln!("followed in {:?}", begun.elapsed());
    assert_eq!(register.batches[&batch].on_sale(), 100_001);
    let movement = desk.ledger.movements(batch, 2).await.expect("a log").pop().expect("the first");
    let words = Words { reason: "错卷".to_owned(), ..Words::default() };
    let hand = by("li", 99);
    let undone = service::undo(&desk.ledger, &Scope::All, batch, movement.id, words, &hand);
    assert!(matches!(undone.await, Ok(Moved::Done(..))));
    assert_eq!(desk.ledger.spans(batch).await.expect("spans").len(), 3);
    desk.balances(batch).await;
}

#[tokio::test]
async fn a_label_that_is_scanned_twice_is_put_on_sale_once() {
    let desk = Desk::new().await;
    let id = desk.batch(100).await;
    let batch = desk.ledger.batch(id).await.expect("it");
    let text = |layer, number| {
        let serial = batch.permutation(layer).serial_of(number);
        let payload = zhenma::code::Payload { layer, key: id.key, batch: id.batch, serial };
        payload.serial_text()
    };
    use zhenma::code::Layer;
    let scan = async |text: &str, scope: Scope| {
        service::activate_code(&desk.ledger, &scope, text, &by("line", 5)).await.expect("answered")
    };
    let outer = text(Layer::Outer, 7);
    assert_eq!(scan(&outer, Scope::All).await, Scanned::Activated(id, 7));
    assert_eq!(scan(&outer, Scope::All).await, Scanned::Already(id, 7));
    assert_eq!(scan(&text(Layer::Inner, 7), Scope::All).await, Scanned::Already(id, 7));
    let strange = Uscc::parse("91411628MA9DEM028U").expect("sound");
    let theirs = scan(&outer, Scope::One(strange)).await;
    assert!(matches!(theirs, Scanned::Unknown(_)), "another's does not exist: {theirs:?}");
    assert!(matches!(scan("hello", Scope::All).await, Scanned::Unknown(_)));
    desk.moved(id, Kind::Spoil, &[(8, 8)]).await;
    let spoiled = scan(&text(Layer::Outer, 8), Scope::All).await;
    assert!(matches!(spoiled, Scanned::Refused(_, at) if at.on.account == Account::Spoiled));
}

#[tokio::test]
async fn an_activation_that_waits_is_booked_at_its_time_by_whoever_looks_first() {
    let desk = Desk::new().await;
    let batch = desk.batch(100).await;
    let due = NOW.plus_ms(3_600_000);
    let keep = async |key: &str, due| {
        let words = Words { key: Some(key.to_owned()), ..Words::default() };
        let when = (Some(Ranges::one(0, 49)), due);
        service::activate_at(&desk.ledger, &Scope::All, batch, when, words, &by("wang", 0)).await
    };
    let kept = keep("k", due).await.expect("kept");
    assert_eq!(keep("k", due).await.expect("the same").id, kept.id);
    assert!(matches!(keep("k", due.plus_ms(1)).await, Err(LedgerError::Conflict(_))));
    assert!(matches!(keep("past", NOW).await, Err(LedgerError::Invalid(_))));
    desk.moved(batch, Kind::Spoil, &[(0, 4)]).await;
    assert_eq!(desk.ledger.book_due(due.plus_ms(-1)).await.ok(), Some(0));
    // Nobody has looked, and a movement behind the time comes first.
    let late = by("li", 3_700);
    let hold = Asked::plain(Kind::Hold, Some(Ranges::one(10, 14)));
    let held = service::move_labels(&desk.ledger, &Scope::All, batch, hold, &late).await;
    assert!(matches!(held, Ok(Moved::Done(..))), "{held:?}");
    assert_eq!(desk.ledger.book_due(due.plus_ms(200_000)).await.ok(), Some(0), "it was booked");
    let log = desk.ledger.movements(batch, 10).await.expect("a log");
    let booked = log.iter().find(|m| m.id == kept.id).expect("under its id");
    assert_eq!((booked.at, &*booked.by, booked.labels()), (due, "wang", 45));
    assert_eq!(desk.on(batch, Account::Activated).await, 40);
    let second = keep("second", due.plus_ms(9_000_000)).await.expect("kept");
    let cancel = async || desk.ledger.cancel_scheduled(batch, second.id, &by("li", 4_000)).await;
    for _ in 0..2 {
        assert_eq!(cancel().await.ok(), Some(ScheduleState::Cancelled));
    }
    let booked = desk.ledger.cancel_scheduled(batch, kept.id, &by("li", 4_000)).await;
    assert_eq!(booked.ok(), Some(ScheduleState::Booked), "too late");
    assert_eq!(desk.ledger.book_due(due.plus_ms(99_000_000)).await.ok(), Some(0));
    let states: Vec<_> =
        desk.ledger.scheduled(batch, 10).await.expect("a list").iter().map(|s| s.state).collect();
    assert!(states.contains(&ScheduleState::Cancelled) && states.contains(&ScheduleState::Booked));
    desk.balances(batch).await;
}
