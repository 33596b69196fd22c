//! A visit and the case that its officer names, on the phone or at the desk.

use jiff::civil::date;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use zhenma::auth::office::FIRST;
use zhenma::base::{By, Clock, clock::SystemClock, ids};
use zhenma::cases::fact::{Fact, Ground};
use zhenma::cases::file::CaseFile;
use zhenma::cases::port::{FileLedger, NewCase, Seen, Sight};
use zhenma::visits::port::{Joined, VisitLedger};

use super::{batch, record, send, visit};
use crate::staff_bed::StaffBed;

const OTHER_OFFICE: Uuid = Uuid::from_u128(0x77);

pub async fn opened(bed: &StaffBed, office: Uuid) -> CaseFile {
    let (now, today) = (SystemClock.now(), date(2026, 11, 27));
    let new = NewCase {
        id: ids::new_id(now),
        office,
        title: "老街烟酒店涉嫌销售假冒白酒".to_owned(),
        ground: Ground::Inspection,
        lead: None,
        region: 4116,
        found_on: today,
        today,
        facts: Vec::new(),
    };
    bed.parts.ledger.open_case(&new, &By::shell(now)).await.expect("opened")
}

pub async fn put_into_a_case(bed: &StaffBed, visit: Uuid) {
    let (case, by) = (opened(bed, FIRST).await, By::shell(SystemClock.now()));
    let joined = bed.parts.ledger.join_case(FIRST, visit, &case.number, &by).await;
    assert_eq!(joined.expect("put there"), Joined::Stands);
}

async fn voided(bed: &StaffBed, file: &CaseFile) {
    let seen =
        Seen { office: file.office, case: file.id, seq: file.seq(), today: date(2026, 11, 27) };
    let facts = [Fact::Voided { grounds: "误建".to_owned() }];
    let by = By::shell(SystemClock.now());
    bed.parts.ledger.append(&seen, &facts, &by).await.expect("void");
}

/// Times that a visit stands in a case, by the case's own entries.
async fn times(bed: &StaffBed, case: &CaseFile, visit: Uuid) -> usize {
    let found = bed.parts.ledger.case_file(FIRST, case.id).await.expect("a case");
    let Sight::Own(file) = found else { panic!("given away") };
    file.standing().filter(|entry| entry.fact == Fact::Visit { visit }).count()
}

fn naming(number: &str) -> Value {
    let mut begun = visit("老街烟酒店");
    begun["case"] = json!(number);
    begun
}

fn id_of(visit: &Value) -> Uuid {
    visit["id"].as_str().expect("an id").parse().expect("a UUID")
}

#[tokio::test]
async fn a_visit_that_names_an_open_case_of_the_office_stands_in_it_with_the_same_stroke() {
    let bed = StaffBed::start().await;
    let officer = bed.person("officer").await;
    let case = opened(&bed, FIRST).await;
    let begun = naming(&case.number);
    for state in ["accepted", "repeated"] {
        let (_, answer) = send(&officer, &batch(std::slice::from_ref(&begun))).await;
        let one = &answer["records"][0];
        assert_eq!((&one["state"], &one["case"]["attached"]), (&json!(state), &json!(true)));
    }
    let id = id_of(&begun);
    assert_eq!(times(&bed, &case, id).await, 1);
    assert_eq!(bed.parts.ledger.cases_of_visit(id).await.expect("cases"), [case.id]);
    let page = officer.page(&format!("/officer/visits/{id}")).await;
    assert!(page.contains(&case.number) && !page.contains("未归入"), "{page}");
}

#[tokio::test]
async fn a_visit_that_names_no_open_case_of_the_office_is_taken_and_says_so() {
    let bed = StaffBed::start().await;
    let officer = bed.person("officer").await;
    let gone = opened(&bed, FIRST).await;
    voided(&bed, &gone).await;
    opened(&bed, OTHER_OFFICE).await;
    // The first office has one case of 2026; the second number is nobody's of it.
    for (number, says) in [(gone.number.as_str(), "已结案"), ("2026-000002", "没有编号")] {
        let begun = naming(number);
        let (_, answer) = send(&officer, &batch(std::slice::from_ref(&begun))).await;
        let one = &answer["records"][0];
        assert_eq!((&one["state"], &one["case"]["attached"]), (&json!("accepted"), &json!(false)));
        assert!(one["case"]["zh"].as_str().is_some_and(|zh| zh.contains(says)), "{one}");
        let id = id_of(&begun);
        assert_eq!(bed.parts.ledger.cases_of_visit(id).await.expect("cases"), [] as [Uuid; 0]);
        let page = officer.page(&format!("/officer/visits/{id}")).await;
        assert!(page.contains("不是本局在办案件，未归入"), "{page}");
    }
}

#[tokio::test]
async fn at_the_desk_a_visit_is_put_into_a_case_once_and_a_closed_one_refuses_in_chinese() {
    let bed = StaffBed::start().await;
    let officer = bed.person("officer").await;
    let (case, gone) = (opened(&bed, FIRST).await, opened(&bed, FIRST).await);
    voided(&bed, &gone).await;
    let begun = visit("老街烟酒店");
    send(&officer, &batch(std::slice::from_ref(&begun))).await;
    let id = id_of(&begun);
    let path = format!("/officer/visits/{id}/case");
    for _ in 0..2 {
        let answer = officer.post(&path, &[("number", &case.number)]).await;
        assert_eq!(answer.status(), 303);
    }
    assert_eq!(times(&bed, &case, id).await, 1);
    let page = officer.page(&format!("/officer/cases/{}", case.id)).await;
    assert!(page.contains(&format!("/officer/visits/{id}")), "the case leads to its visit");
    let answer = officer.post(&path, &[("number", &gone.number)]).await;
    assert_eq!(answer.status(), 422);
    let page = answer.text().await.expect("a page");
    assert!(page.contains("该案件已结案") && !page.contains("case is"), "{page}");
}

#[tokio::test]
async fn a_visit_that_was_taken_back_out_of_a_case_stands_in_it_no_more() {
    let bed = StaffBed::start().await;
    let officer = bed.person("officer").await;
    let case = opened(&bed, FIRST).await;
    let begun = naming(&case.number);
    send(&officer, &batch(std::slice::from_ref(&begun))).await;
    let (ledger, by) = (&bed.parts.ledger, By::shell(SystemClock.now()));
    let Sight::Own(file) = ledger.case_file(FIRST, case.id).await.expect("a case") else {
        panic!("given away")
    };
    let entry = file.entries().last().expect("an entry").id;
    let seen = Seen { office: FIRST, case: case.id, seq: file.seq(), today: date(2026, 11, 27) };
    let facts = [Fact::Withdrawn { entry, grounds: "归错案件".to_owned() }];
    ledger.append(&seen, &facts, &by).await.expect("taken back");
    let id = id_of(&begun);
    assert_eq!(ledger.cases_of_visit(id).await.expect("cases"), [] as [Uuid; 0]);
    let joined = ledger.join_case(FIRST, id, &case.number, &by).await.expect("asked");
    assert_eq!(joined, Joined::Stands, "and may be put there again");
}

#[tokio::test]
async fn a_check_that_names_itself_as_its_visit_is_refused() {
    let bed = StaffBed::start().await;
    let officer = bed.person("officer").await;
    let mut lonely = record("note", &json!({"visit": null, "text": "无所属"}));
    lonely["visit"] = lonely["id"].clone();
    let (_, answer) = send(&officer, &batch(&[lonely])).await;
    assert_eq!(answer["records"][0]["state"], "refused", "{answer}");
    let none = officer.ask(Method::GET, "/officer/visits").send().await.expect("an answer");
    assert!(none.text().await.expect("a page").contains("没有"), "no visit came of it");
}
