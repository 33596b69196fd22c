//! Case files in the ledger: numbers, entries behind what was seen, cases that
//! change hands, and what a closing tells detection.

use jiff::civil::{Date, date};
use uuid::Uuid;
use zhenma::auth::office::{Office, OfficeLedger, Seat};
use zhenma::auth::port::AccountLedger;
use zhenma::auth::{Account, Role};
use zhenma::base::{By, Clock, LedgerError, clock::SystemClock, ids};
use zhenma::cases::fact::{Fact, Ground, Outcome, Ruling};
use zhenma::cases::file::{CaseFile, Refusal, State};
use zhenma::cases::matter::CaseUnit;
use zhenma::cases::port::{FileLedger, NewCase, Seen, Sight, SplitOff, Wanted};
use zhenma::cases::terms::{Calendar, Terms};
use zhenma::cases::{CaseError, CaseLedger, DecisionRecord};
use zhenma::code::{Layer, Payload};
use zhenma::keys::KeyNumber;
use zhenma::registry::{BatchRef, Decision};
use zhenma::store::sql::Ledger;

use crate::ledger_bed;

const OURS: Uuid = Uuid::from_u128(1);
const THEIRS: Uuid = Uuid::from_u128(2);
const TODAY: Date = date(2026, 9, 21);

struct Bed {
    ledger: Ledger,
    folder: tempfile::TempDir,
}

fn by(login: &str) -> By {
    By { login: login.to_owned(), ..By::shell(SystemClock.now()) }
}

fn payload(serial: u64) -> Payload {
    let key = KeyNumber::new(1).expect("a key");
    Payload { layer: Layer::Outer, key, batch: 4, serial }
}

fn unit(serial: u64) -> Fact {
    let payload = payload(serial);
    Fact::Unit(CaseUnit::of(&payload, BatchRef { key: payload.key, batch: 4 }, serial))
}

fn grounds() -> String {
    "依据充分".to_owned()
}

fn seen(file: &CaseFile) -> Seen {
    Seen { office: file.office, case: file.id, seq: file.seq(), today: TODAY }
}

impl Bed {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ledger.sqlite");
        Self { ledger: ledger_bed::open(&file, SystemClock.now()).await.expect("a ledger"), folder }
    }

    async fn open(&self, office: Uuid, serials: &[u64]) -> CaseFile {
        let new = NewCase {
            id: ids::new_id(SystemClock.now()),
            office,
            title: "某超市销售涉嫌假冒白酒".to_owned(),
            ground: Ground::Inspection,
            lead: None,
            region: 4116,
            found_on: TODAY,
            today: TODAY,
            facts: serials.iter().map(|serial| unit(*serial)).collect(),
        };
        let file = self.ledger.open_case(&new, &by("zhang")).await.expect("opened");
        let again = self.ledger.open_case(&new, &by("zhang")).await.expect("the same form");
        assert_eq!(file, again);
        file
    }

    async fn office(&self, id: Uuid) {
        let office = Office::new(id, "某县市场监督管理局", "", "4116").expect("sound");
        self.ledger.put_office(&office, &by("administrator")).await.expect("added");
    }

    /// Somebody who works in an office.
    async fn officer(&self, login: &str, office: Uuid) {
        let account = Account {
            login: login.to_owned(),
            name: String::new(),
            role: Role::Officer { office, seat: Seat::Officer },
            password_hash: None,
            created_at: SystemClock.now(),
            disabled_at: None,
        };
        self.office(office).await;
        self.ledger.add_account(&account, &by("administrator")).await.expect("added");
    }

    async fn append(&self, file: &CaseFile, fact: Fact, login: &str) -> CaseFile {
        self.ledger.append(&seen(file), &[fact], &by(login)).await.expect("put down")
    }

    async fn numbers(&self, wanted: Wanted) -> Vec<String> {
        let (lines, _) = self.ledger.list_cases(&wanted, 50).await.expect("listed");
        lines.into_iter().map(|line| line.number).collect()
    }
}

fn all_of(office: Uuid) -> Wanted {
    Wanted { office, ..Wanted::default() }
}

#[tokio::test]
async fn each_office_numbers_its_cases_by_itself_and_reads_its_own_alone() {
    let bed = Bed::new().await;
    let first = bed.open(OURS, &[1]).await;
    let second = bed.open(OURS, &[2]).await;
    let other = bed.open(THEIRS, &[1]).await;
    let numbers = [&first, &second, &other].map(|file| file.number.clone());
    assert_eq!(numbers, ["2026-000001", "2026-000002", "2026-000001"]);
    let strange = bed.ledger.case_file(THEIRS, first.id).await;
    assert!(matches!(strange, Err(LedgerError::NotFound(_))));
    let note = [Fact::Note { text: grounds() }];
    let strange = Seen { office: THEIRS, ..seen(&first) };
    let refused = bed.ledger.append(&strange, &note, &by("li")).await;
    assert!(matches!(refused, Err(CaseError::Ledger(LedgerError::NotFound(_)))));
    let found = bed.ledger.cases_of(OURS, &payload(1).to_bytes()).await.expect("related");
    assert_eq!(found.iter().map(|line| line.id).collect::<Vec<_>>(), [first.id]);
}

#[tokio::test]
async fn who_writes_behind_an_old_entry_is_shown_what_came_between() {
    let bed = Bed::new().await;
    let file = bed.open(OURS, &[1]).await;
    let now = bed.append(&file, Fact::Note { text: "先到".to_owned() }, "li").await;
    let late = [Fact::Note { text: "后到".to_owned() }];
    let stale = bed.ledger.append(&seen(&file), &late, &by("zhang")).await;
    let Err(CaseError::Stale(between)) = stale else { panic!("it was taken: {stale:?}") };
    assert_eq!(between, now.entries()[2..]);
    assert_eq!(bed.ledger.any_case(file.id).await.expect("read"), now, "nothing of it is kept");
    let both = bed.append(&now, late[0].clone(), "zhang").await;
    assert_eq!(both.seq(), 4);
}

#[tokio::test]
async fn of_facts_put_down_together_all_stand_or_none() {
    let bed = Bed::new().await;
    let file = bed.open(OURS, &[1]).await;
    let facts = [unit(2), unit(3), unit(2)];
    let refused = bed.ledger.append(&seen(&file), &facts, &by("zhang")).await;
    assert!(matches!(refused, Err(CaseError::Refused(Refusal::Already))), "{refused:?}");
    assert_eq!(bed.ledger.any_case(file.id).await.expect("read"), file);
    assert!(bed.ledger.cases_of(OURS, &payload(2).to_bytes()).await.expect("read").is_empty());
}

#[tokio::test]
async fn a_closing_decides_every_label_of_the_case_in_its_own_transaction() {
    let bed = Bed::new().await;
    let file = bed.open(OURS, &[1, 2]).await;
    let outcome = Outcome::Counterfeit;
    let proposed =
        bed.append(&file, Fact::ProposedClose { outcome, grounds: grounds() }, "zhang").await;
    let close = [Fact::Closed { outcome, grounds: grounds() }];
    let own = bed.ledger.append(&seen(&proposed), &close, &by("zhang")).await;
    assert!(matches!(own, Err(CaseError::Refused(Refusal::Own))), "{own:?}");
    assert!(bed.ledger.decisions(&payload(1).to_bytes()).await.expect("read").is_empty());
    let closed = bed.append(&proposed, close[0].clone(), "chen").await;
    assert_eq!(closed.state, State::Closed);
    for serial in [1, 2] {
        let kept = bed.ledger.decisions(&payload(serial).to_bytes()).await.expect("read");
        assert_eq!(kept.len(), 1);
        assert_eq!((kept[0].decision, &*kept[0].decided_by), (Decision::Copied, "chen"));
        assert!(kept[0].note.contains(&closed.number));
    }
}

#[tokio::test]
async fn a_case_that_was_handed_over_shows_its_old_office_that_alone() {
    let bed = Bed::new().await;
    bed.office(THEIRS).await;
    bed.open(THEIRS, &[9]).await;
    let file = bed.open(OURS, &[1]).await;
    let (to, at) = (THEIRS, seen(&file));
    bed.ledger.hand_case_over(&at, to, "管辖在贵局", &by("chen")).await.expect("handed over");
    let old = bed.ledger.case_file(OURS, file.id).await.expect("that it was handed over");
    let Sight::HandedOver(stub) = old else { panic!("all of it: {old:?}") };
    assert_eq!((&*stub.number, stub.to, &*stub.by), ("2026-000001", THEIRS, "chen"));
    let new = bed.ledger.case_file(THEIRS, file.id).await.expect("the case");
    let Sight::Own(new) = new else { panic!("nothing of it") };
    assert_eq!((&*new.number, new.office, new.assignee.clone()), ("2026-000002", THEIRS, None));
    assert!(bed.numbers(all_of(OURS)).await.is_empty());
    assert!(bed.ledger.cases_of(OURS, &payload(1).to_bytes()).await.expect("read").is_empty());
    assert_eq!(bed.ledger.given_away(OURS, 9).await.expect("read"), [stub]);
    let late = bed.ledger.append(&at, &[Fact::Note { text: grounds() }], &by("zhang")).await;
    assert!(matches!(late, Err(CaseError::Ledger(LedgerError::NotFound(_)))), "{late:?}");
}

#[tokio::test]
async fn a_case_is_handed_to_no_office_that_is_not_there() {
    let bed = Bed::new().await;
    let file = bed.open(OURS, &[1]).await;
    let refused = bed.ledger.hand_case_over(&seen(&file), THEIRS, "管辖在贵局", &by("chen")).await;
    let Err(CaseError::Ledger(LedgerError::Invalid(faults))) = refused else {
        panic!("it went: {refused:?}")
    };
    assert_eq!(faults[0].field, "to");
    assert_eq!(bed.ledger.any_case(file.id).await.expect("read"), file);
    assert!(bed.ledger.given_away(OURS, 9).await.expect("read").is_empty());
}

#[tokio::test]
async fn a_case_goes_on_in_another_with_all_that_it_is_about() {
    let bed = Bed::new().await;
    let (one, two) = (bed.open(OURS, &[1, 2]).await, bed.open(OURS, &[2, 3]).await);
    let one = bed.append(&one, Fact::Hold { on: true, grounds: grounds() }, "chen").await;
    let merged = bed.ledger.merge_cases(&seen(&one), two.id, "同一当事人", &by("zhang")).await;
    let merged = merged.expect("merged");
    let mut serials: Vec<_> = merged.units().map(|(_, unit)| unit.number).collect();
    serials.sort_unstable();
    assert_eq!((serials, merged.hold), (vec![1, 2, 3], true), "a hold goes with it");
    let left = bed.ledger.any_case(one.id).await.expect("read");
    assert_eq!((left.state, left.merged_into), (State::Merged, Some(two.id)));
    let theirs = bed.open(THEIRS, &[1]).await;
    let refused = bed.ledger.merge_cases(&seen(&merged), theirs.id, "no", &by("zhang")).await;
    assert!(matches!(refused, Err(CaseError::Ledger(LedgerError::NotFound(_)))));
}

#[tokio::test]
async fn labels_become_a_case_of_their_own() {
    let bed = Bed::new().await;
    let file = bed.open(OURS, &[1, 2, 3]).await;
    let entries: Vec<_> = file.units().skip(1).map(|(entry, _)| entry.id).collect();
    let id = ids::new_id(SystemClock.now());
    let off = SplitOff { id, entries, title: "另一经营者".to_owned(), grounds: grounds() };
    let made = bed.ledger.split_case(&seen(&file), &off, &by("zhang")).await.expect("split");
    assert_eq!(made.units().map(|(_, unit)| unit.number).collect::<Vec<_>>(), [2, 3]);
    assert_eq!((made.found_on, made.region), (file.found_on, file.region));
    let left = bed.ledger.any_case(file.id).await.expect("read");
    assert_eq!(left.units().map(|(_, unit)| unit.number).collect::<Vec<_>>(), [1]);
    let of = |serial| payload(serial).to_bytes();
    assert_eq!(bed.ledger.cases_of(OURS, &of(2)).await.expect("read")[0].id, made.id);
    let again = SplitOff { id: ids::new_id(SystemClock.now()), ..off };
    let refused = bed.ledger.split_case(&seen(&left), &again, &by("zhang")).await;
    assert!(matches!(refused, Err(CaseError::Refused(Refusal::NoEntry))), "{refused:?}");
}

#[tokio::test]
async fn lists_narrow_and_go_on_behind_their_last_case() {
    let bed = Bed::new().await;
    bed.officer("zhang", OURS).await;
    let mut files = Vec::new();
    for serial in 1..=7 {
        files.push(bed.open(OURS, &[serial]).await);
    }
    let mine = Fact::Assigned { to: Some("zhang".to_owned()) };
    let mine = bed.append(&files[2], mine, "chen").await;
    let due = Fact::Due { what: "抽样送检".to_owned(), on: date(2026, 9, 22) };
    bed.append(&mine, due, "zhang").await;
    let void = Fact::Voided { grounds: grounds() };
    bed.append(&files[6], void, "chen").await;
    let wanted = |find: &str| Wanted { find: find.to_owned(), ..all_of(OURS) };
    let serial = payload(5).serial_text();
    assert_eq!(bed.numbers(wanted(&serial)).await, [files[4].number.clone()]);
    assert_eq!(bed.numbers(wanted("000006")).await, [files[5].number.clone()]);
    assert!(bed.numbers(wanted("%")).await.is_empty(), "a sign stands for itself");
    let assigned = Wanted { assignee: Some("zhang".to_owned()), ..all_of(OURS) };
    assert_eq!(bed.numbers(assigned).await, std::slice::from_ref(&mine.number));
    let late = Wanted { due_before: Some(date(2026, 9, 23)), ..all_of(OURS) };
    assert_eq!(bed.numbers(late).await, std::slice::from_ref(&mine.number));
    let (mut wanted, mut met) = (all_of(OURS), Vec::new());
    loop {
        let (lines, after) = bed.ledger.list_cases(&wanted, 2).await.expect("listed");
        met.extend(lines.into_iter().map(|line| line.number));
        wanted.after = after;
        if wanted.after.is_none() {
            break;
        }
    }
    assert_eq!(met[0], mine.number, "most urgent first");
    met.sort();
    assert_eq!(met, files.iter().map(|file| file.number.clone()).collect::<Vec<_>>());
    let counts = bed.ledger.count_cases(OURS, "zhang", date(2026, 9, 23)).await.expect("counted");
    assert_eq!((counts.mine, counts.open, counts.unassigned, counts.overdue), (1, 6, 5, 1));
}

#[tokio::test]
async fn a_case_is_given_to_nobody_who_does_not_work_in_its_office() {
    let bed = Bed::new().await;
    bed.officer("zhang", OURS).await;
    bed.officer("zhao", THEIRS).await;
    let file = bed.open(OURS, &[1]).await;
    let to = |login: &str| Fact::Assigned { to: Some(login.to_owned()) };
    for strange in ["nobody", "zhao"] {
        let refused = bed.ledger.append(&seen(&file), &[to(strange)], &by("chen")).await;
        let Err(CaseError::Ledger(LedgerError::Invalid(faults))) = refused else {
            panic!("{strange}: {refused:?}")
        };
        assert_eq!(faults[0].field, "to");
    }
    let given = bed.append(&file, to("zhang"), "chen").await;
    assert_eq!(given.assignee.as_deref(), Some("zhang"));
    bed.ledger.disable_account("zhang", &by("administrator")).await.expect("ended");
    let given = bed.append(&given, Fact::Assigned { to: None }, "chen").await;
    let refused = bed.ledger.append(&seen(&given), &[to("zhang")], &by("chen")).await;
    assert!(matches!(refused, Err(CaseError::Ledger(LedgerError::Invalid(_)))), "{refused:?}");
}

#[tokio::test]
async fn large_cases_are_merged_and_split_whole() {
    let bed = Bed::new().await;
    let large: Vec<u64> = (1..=600).collect();
    let (one, two) = (bed.open(OURS, &large).await, bed.open(OURS, &[9_000]).await);
    let more: Vec<_> = (601..=1_200).map(unit).collect();
    let one = bed.ledger.append(&seen(&one), &more, &by("zhang")).await.expect("put down");
    let merged = bed.ledger.merge_cases(&seen(&one), two.id, "同一当事人", &by("zhang")).await;
    let merged = merged.expect("merged");
    assert_eq!(merged.units().count(), 1_201);
    let entries: Vec<_> = merged.units().skip(1).map(|(entry, _)| entry.id).collect();
    let id = ids::new_id(SystemClock.now());
    let off = SplitOff { id, entries, title: "另一经营者".to_owned(), grounds: grounds() };
    let made = bed.ledger.split_case(&seen(&merged), &off, &by("zhang")).await.expect("split");
    assert_eq!(made.units().count(), 1_200);
    let many: Vec<_> = (0..1_001).map(|n| Fact::Note { text: n.to_string() }).collect();
    let refused = bed.ledger.append(&seen(&made), &many, &by("zhang")).await;
    assert!(matches!(refused, Err(CaseError::Refused(Refusal::Full))), "one form is bounded");
}

#[tokio::test]
async fn a_case_taken_up_again_takes_back_what_its_closing_told_detection() {
    let bed = Bed::new().await;
    let file = bed.open(OURS, &[1, 2, 3]).await;
    let of = |serial| payload(serial).to_bytes();
    let decide = async |serial, decision| {
        let record = DecisionRecord {
            id: ids::new_id(SystemClock.now()),
            payload: of(serial),
            decision,
            note: "现场核对".to_owned(),
            decided_by: "li".to_owned(),
            decided_at: SystemClock.now(),
        };
        bed.ledger.decide(&record, &by("li")).await.expect("decided");
    };
    decide(1, Decision::Genuine).await;
    let outcome = Outcome::Counterfeit;
    let file =
        bed.append(&file, Fact::ProposedClose { outcome, grounds: grounds() }, "zhang").await;
    let file = bed.append(&file, Fact::Closed { outcome, grounds: grounds() }, "chen").await;
    decide(3, Decision::Copied).await;
    bed.append(&file, Fact::Reopened { grounds: grounds() }, "wang").await;
    let last = async |serial| {
        let decided = bed.ledger.decisions(&of(serial)).await.expect("read");
        let last = decided.last().expect("one").clone();
        (last.decision, last.decided_by)
    };
    assert_eq!(last(1).await, (Decision::Genuine, "wang".to_owned()), "as it was before");
    assert_eq!(last(2).await, (Decision::CannotTell, "wang".to_owned()), "nobody knows again");
    assert_eq!(last(3).await, (Decision::Copied, "li".to_owned()), "decided since, by another");
}

#[tokio::test]
async fn a_calendar_moves_what_is_due_in_open_cases() {
    let bed = Bed::new().await;
    let file = bed.open(OURS, &[1]).await;
    let due = |bed: &Bed| {
        let ledger = bed.ledger.clone();
        async move { ledger.list_cases(&all_of(OURS), 9).await.expect("listed").0[0].due_on }
    };
    assert_eq!(due(&bed).await, Some(date(2026, 10, 12)));
    let off = (1..=7).map(|day| date(2026, 10, day)).collect();
    let on = [date(2026, 9, 27), date(2026, 10, 10)].into();
    let calendar = Calendar { off, on, ..Calendar::default() };
    bed.ledger.set_calendar(2026, &calendar, &by("administrator")).await.expect("set");
    assert_eq!(due(&bed).await, Some(date(2026, 10, 15)));
    assert_eq!(bed.ledger.calendar().await.expect("read"), calendar);
    let extended = Fact::Decision {
        what: Ruling::ExtendCheck,
        on: date(2026, 10, 14),
        number: String::new(),
        text: grounds(),
    };
    bed.append(&file, extended, "chen").await;
    assert_eq!(due(&bed).await, Some(date(2026, 11, 5)));
    bed.ledger.set_calendar(2026, &Calendar::default(), &by("administrator")).await.expect("set");
    assert_eq!(due(&bed).await, Some(date(2026, 11, 2)));
    let terms = Terms { check_days: 10, check_more: 10, ..Terms::default() };
    let calendar = Calendar { terms, ..Calendar::default() };
    bed.ledger.set_calendar(2026, &calendar, &by("administrator")).await.expect("set");
    assert_eq!(due(&bed).await, Some(date(2026, 10, 19)));
    assert_eq!(bed.ledger.calendar().await.expect("read"), calendar);
}

#[tokio::test]
async fn an_append_that_was_cut_off_keeps_nothing_half_done() {
    let bed = Bed::new().await;
    let file = bed.open(OURS, &[]).await;
    let mut serial = 0;
    // Cut off after ever more steps: the future is dropped where it waits.
    for steps in 0..120 {
        let before = bed.ledger.any_case(file.id).await.expect("read");
        serial += 2;
        let (facts, by) = ([unit(serial), unit(serial + 1)], by("zhang"));
        let at = seen(&before);
        let mut append = Box::pin(bed.ledger.append(&at, &facts, &by));
        for _ in 0..steps {
            if futures::poll!(&mut append).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(append);
        // Another write waits for what is still on its way to the file.
        bed.ledger.set_calendar(2020, &Calendar::default(), &by).await.expect("written");
        let after = bed.ledger.any_case(file.id).await.expect("read");
        assert!(after == before || after.seq() == before.seq() + 2, "{steps}");
        let found = bed.ledger.cases_of(OURS, &payload(serial + 1).to_bytes()).await;
        assert_eq!(found.expect("read").len() == 1, after != before, "{steps}");
    }
    let path = bed.folder.path().join("ledger.sqlite");
    let count = |sql: &str| ledger_bed::count(&path, sql);
    let entries = count("SELECT COUNT(*) FROM case_entries");
    assert_eq!(entries, count("SELECT seq FROM case_files"));
    assert_eq!(entries - 1, count("SELECT COUNT(*) FROM case_units"));
    assert_eq!((entries - 1) / 2, count("SELECT COUNT(*) FROM audit WHERE action = 'case.append'"));
}
