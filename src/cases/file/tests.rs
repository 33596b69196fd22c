//! What a case is after its entries, and what may not follow.

use jiff::civil::date;

use super::*;
use crate::base::ids;
use crate::cases::fact::Opinion;
use crate::cases::matter::{Party, PartyRole};
use crate::code::{Layer, Payload};
use crate::keys::KeyNumber;
use crate::registry::{BatchRef, Uscc};

pub(crate) const OFFICE: Uuid = Uuid::from_u128(1);

pub(crate) fn by(login: &str) -> By {
    By { login: login.to_owned(), ..By::shell(UnixMs(1_000)) }
}

pub(crate) fn opened() -> CaseFile {
    let fact = Fact::Opened {
        number: "2026-000001".to_owned(),
        title: "某超市销售涉嫌假冒白酒".to_owned(),
        ground: Ground::Inspection,
        lead: None,
        region: 4116,
        found_on: date(2026, 9, 21),
    };
    CaseFile::of(Uuid::from_u128(7), vec![entry(1, fact, "zhang")]).expect("opened")
}

fn entry(seq: u32, fact: Fact, login: &str) -> Entry {
    let at = UnixMs(1_000);
    let (id, by) = (ids::new_id(at), login.to_owned());
    Entry { id, seq, office: OFFICE, at, by, key_by: None, fact }
}

/// The case behind a fact by that hand.
pub(crate) fn then(file: &CaseFile, fact: Fact, login: &str) -> Result<CaseFile, Refusal> {
    let next = entry(file.seq() + 1, fact, login);
    admitted(file, vec![next], &by(login)).map_err(|why| why.expect("the words are sound"))
}

pub(crate) fn unit(serial: u64) -> Fact {
    let key = KeyNumber::new(1).expect("a key");
    let payload = Payload { layer: Layer::Outer, key, batch: 4, serial };
    Fact::Unit(CaseUnit::of(&payload, BatchRef { key, batch: 4 }, serial))
}

fn words() -> String {
    "依据充分".to_owned()
}

fn propose(outcome: Outcome) -> Fact {
    Fact::ProposedClose { outcome, grounds: words() }
}

fn close(outcome: Outcome) -> Fact {
    Fact::Closed { outcome, grounds: words() }
}

#[test]
fn a_case_is_closed_by_two_people_with_the_outcome_that_was_proposed() {
    let file = then(&opened(), unit(5), "zhang").expect("a label");
    assert_eq!(then(&file, close(Outcome::Counterfeit), "li"), Err(Refusal::NotProposed));
    let file = then(&file, propose(Outcome::Counterfeit), "zhang").expect("proposed");
    assert_eq!(file.state, State::Closing);
    assert_eq!(then(&file, close(Outcome::Counterfeit), "zhang"), Err(Refusal::Own));
    assert_eq!(then(&file, close(Outcome::Genuine), "li"), Err(Refusal::NotProposed));
    let closed = then(&file, close(Outcome::Counterfeit), "li").expect("closed");
    assert_eq!((closed.state, closed.outcome), (State::Closed, Some(Outcome::Counterfeit)));
    let note = Fact::Note { text: words() };
    assert_eq!(then(&closed, note.clone(), "li"), Err(Refusal::NotOpen(State::Closed)));
    let open = then(&closed, Fact::Reopened { grounds: words() }, "li").expect("reopened");
    assert!(then(&open, note, "li").is_ok() && open.outcome.is_none());
}

#[test]
fn whoever_made_the_key_that_proposed_does_not_close() {
    let file = then(&opened(), unit(5), "zhang").expect("a label");
    let mut proposed = entry(3, propose(Outcome::Genuine), "robot");
    proposed.key_by = Some("li".to_owned());
    let file = admitted(&file, vec![proposed], &by("robot")).expect("proposed");
    assert_eq!(then(&file, close(Outcome::Genuine), "li"), Err(Refusal::Own));
    assert!(then(&file, close(Outcome::Genuine), "wang").is_ok());
    let back = then(&file, Fact::SentBack { grounds: words() }, "li").expect("sent back");
    assert_eq!((back.state, back.proposal), (State::Open, None));
}

#[test]
fn what_was_taken_back_counts_no_more_and_stays_readable() {
    let file = then(&opened(), unit(5), "zhang").expect("a label");
    assert_eq!(then(&file, unit(5), "zhang"), Err(Refusal::Already));
    let id = file.entries()[1].id;
    let back = Fact::Withdrawn { entry: id, grounds: words() };
    let file = then(&file, back.clone(), "zhang").expect("taken back");
    assert_eq!((file.units().count(), file.entries().len()), (0, 3));
    assert!(file.is_withdrawn(id));
    assert_eq!(then(&file, back, "zhang"), Err(Refusal::NoEntry), "once");
    assert_eq!(then(&file, propose(Outcome::Genuine), "zhang"), Err(Refusal::NoUnits));
    assert!(then(&file, unit(5), "zhang").is_ok(), "the label may come back");
    let first = Fact::Withdrawn { entry: file.entries()[0].id, grounds: words() };
    assert_eq!(then(&file, first, "zhang"), Err(Refusal::Stands));
}

#[test]
fn what_the_head_ruled_is_changed_by_another_ruling_and_not_taken_back() {
    let ruled =
        |what| Fact::Decision { what, on: date(2026, 9, 28), number: String::new(), text: words() };
    let back = |file: &CaseFile| Fact::Withdrawn { entry: file.entries()[1].id, grounds: words() };
    let filed = then(&opened(), ruled(Ruling::File), "wang").expect("filed");
    assert_eq!(then(&filed, back(&filed), "zhang"), Err(Refusal::Stands));
    let other = Ruling::ALL.iter().copied().find(|what| !what.of_the_head()).expect("one");
    let ours = then(&opened(), ruled(other), "zhang").expect("put down");
    assert!(then(&ours, back(&ours), "zhang").is_ok());
}

#[test]
fn a_case_of_forged_codes_has_no_label_and_may_end_as_counterfeit() {
    let file = then(&opened(), propose(Outcome::Counterfeit), "zhang").expect("proposed");
    assert!(then(&file, close(Outcome::Counterfeit), "li").is_ok());
    assert_eq!(then(&opened(), propose(Outcome::Diverted), "zhang"), Err(Refusal::NoUnits));
}

#[test]
fn a_held_case_is_not_voided_and_neither_is_one_that_reached_others() {
    let void = || Fact::Voided { grounds: words() };
    let hold = |on| Fact::Hold { on, grounds: words() };
    let held = then(&opened(), hold(true), "chen").expect("held");
    assert_eq!(then(&held, void(), "wang"), Err(Refusal::Held));
    assert_eq!(then(&held, hold(true), "chen"), Err(Refusal::Already));
    let free = then(&held, hold(false), "chen").expect("lifted");
    let gone = then(&free, void(), "wang").expect("void");
    assert_eq!((gone.state, gone.entries().len()), (State::Void, 4));
    let what = Ruling::File;
    let filed =
        Fact::Decision { what, on: date(2026, 9, 22), number: String::new(), text: words() };
    let filed = then(&free, filed, "wang").expect("filed");
    assert_eq!(then(&filed, void(), "wang"), Err(Refusal::ReachedOthers));
}

#[test]
fn a_case_with_a_question_on_its_way_stays_where_it_is_until_the_answer() {
    let question = Fact::Question {
        inquiry: Uuid::from_u128(9),
        enterprise: Uscc::parse("91411628MA9DEM01XU").expect("sound"),
        on: date(2026, 9, 22),
        due: date(2026, 9, 30),
        text: words(),
        serials: Vec::new(),
        photos: Vec::new(),
    };
    let answer = Fact::Answer {
        inquiry: Uuid::from_u128(9),
        on: date(2026, 9, 29),
        opinion: Opinion::NotOurs,
        grounds: words(),
        signer: "王芳".to_owned(),
        position: "质量负责人".to_owned(),
        files: Vec::new(),
    };
    let file = then(&opened(), unit(5), "zhang").expect("a label");
    let asked = then(&file, question, "zhang").expect("asked");
    assert_eq!(then(&asked, propose(Outcome::Genuine), "zhang"), Err(Refusal::Waiting));
    let give = Fact::Merged { into: Uuid::from_u128(8), number: words(), grounds: words() };
    assert_eq!(then(&asked, give, "zhang"), Err(Refusal::Waiting));
    let answered = then(&asked, answer.clone(), "quality").expect("answered");
    assert_eq!(then(&answered, answer, "quality"), Err(Refusal::Already), "once");
    assert!(then(&answered, propose(Outcome::Counterfeit), "zhang").is_ok());
}

#[test]
fn nobody_is_asked_while_a_case_is_about_to_be_closed_nor_is_one_closed_that_waits() {
    let question = |inquiry| Fact::Question {
        inquiry: Uuid::from_u128(inquiry),
        enterprise: Uscc::parse("91411628MA9DEM01XU").expect("sound"),
        on: date(2026, 9, 22),
        due: date(2026, 9, 30),
        text: words(),
        serials: Vec::new(),
        photos: Vec::new(),
    };
    let file = then(&opened(), propose(Outcome::CannotTell), "zhang").expect("proposed");
    assert_eq!(then(&file, question(9), "zhang"), Err(Refusal::Proposed));
    // Such a case of an earlier version waits all the same.
    let mut asked = file;
    asked.apply(entry(3, question(9), "zhang"));
    assert_eq!(then(&asked, close(Outcome::CannotTell), "li"), Err(Refusal::Waiting));
}

#[test]
fn a_full_case_takes_nothing_more_and_is_still_held_handed_on_and_closed() {
    let mut file = opened();
    while file.seq() < ENTRIES_MAX {
        file.apply(entry(file.seq() + 1, Fact::Note { text: words() }, "zhang"));
    }
    assert_eq!(then(&file, Fact::Note { text: words() }, "zhang"), Err(Refusal::Full));
    assert_eq!(then(&file, unit(1), "zhang"), Err(Refusal::Full));
    let hold = |on| Fact::Hold { on, grounds: words() };
    let file = then(&file, hold(true), "chen").expect("held");
    let file = then(&file, hold(false), "chen").expect("lifted");
    let lift = Fact::Unblock { block: Uuid::from_u128(5), grounds: words() };
    let file = then(&file, lift, "chen").expect("put back");
    let file = then(&file, propose(Outcome::CannotTell), "zhang").expect("proposed");
    assert!(then(&file, close(Outcome::CannotTell), "li").is_ok());
}

#[test]
fn words_that_cannot_be_taken_are_told_by_their_field() {
    let fault = |fact: Fact| fact.check().expect_err("not sound").field;
    let party = |name: &str, uscc: &str| {
        Fact::Party(Party {
            role: PartyRole::Respondent,
            name: name.to_owned(),
            uscc: uscc.to_owned(),
            contact: String::new(),
            address: String::new(),
            note: String::new(),
        })
    };
    assert_eq!(fault(party("  ", "")), "name");
    assert_eq!(fault(party("某超市", "91411628MA9DEM01XX")), "uscc");
    assert_eq!(fault(Fact::Note { text: "a\u{0}".to_owned() }), "text");
    assert_eq!(fault(Fact::Note { text: "长".repeat(4_001) }), "text");
    assert!(Fact::Note { text: "两行\n文字".to_owned() }.check().is_ok());
}

#[test]
fn every_kind_is_written_under_its_slug() {
    let facts = [unit(1), propose(Outcome::Diverted), Fact::Assigned { to: None }];
    for fact in facts {
        let written = serde_json::to_value(&fact).expect("written");
        assert_eq!(written["kind"], fact.slug());
        assert_eq!(serde_json::from_value::<Fact>(written).expect("read"), fact);
    }
}
