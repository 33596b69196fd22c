//! What an officer reads of a label and of a place before going there.

use zhenma::auth::office::FIRST;
use zhenma::base::{By, Clock, clock::SystemClock, ids};
use zhenma::cases::fact::{Fact, Ground};
use zhenma::cases::matter::CaseUnit;
use zhenma::cases::port::{FileLedger, NewCase};
use zhenma::code::read;
use zhenma::scan::Outcome;
use zhenma::scan::ledger::ScanLedger;

use crate::consoles::scanned_around;
use crate::faults::load::eventually;
use crate::staff_bed::StaffBed;

#[tokio::test]
async fn a_dossier_tells_the_label_its_neighbours_its_places_and_what_nobody_knows() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(40).await;
    let codes = bed.codes(&batch).await;
    assert_eq!(scanned_around(&bed.parts.scanner, &codes[20]).await, Outcome::Suspect);
    let serial = |n: usize| read(&codes[n]).expect("a code").payload.serial_text();
    let auditor = bed.person("auditor").await;
    let path = format!("/officer/codes/{}", serial(20));
    eventually("its scans are followed", || async {
        auditor.page(&path).await.contains("id=\"scan-3\"")
    })
    .await;
    let page = auditor.page(&path).await;

    // A reason leads to the scans on which it rests.
    assert!(
        page.contains("依据：查询 <a href=\"#scan-1\">1</a> <a href=\"#scan-3\">3</a>"),
        "{page}"
    );
    // Eight neighbours on each side, of which none was scanned.
    for n in (12..20).chain(21..29) {
        assert!(page.contains(&format!("/officer/codes/{}\"", serial(n))), "{n}");
    }
    assert!(!page.contains(&format!("/officer/codes/{}\"", serial(29))));
    // The map has its table, and each town a page.
    assert!(page.contains("<svg class=\"map\"") && page.contains("/officer/places/"));
    assert!(page.contains("现行") && page.contains("换一种规则会怎么说"));
    assert!(page.contains("比对") && page.contains("class=\"likeness\"><svg"));
    for unknown in
        ["首次查询的那一枚也可能就是复制品", "没有登记过它的流向", "还没有执法人员当面扫过"]
    {
        assert!(page.contains(unknown), "{unknown}");
    }
    // Who reads alone is offered nothing that would be refused.
    assert!(!page.contains("/decide\"") && !page.contains("/causes\""));
    let officer = bed.person("officer").await;
    assert!(officer.page(&path).await.contains("/decide\""));

    let town = page.split("/officer/places/").nth(1).expect("a town");
    let town = &town[..4];
    let place = auditor.page(&format!("/officer/places/{town}")).await;
    assert!(place.contains(&serial(20)), "{place}");
    let province = auditor.page(&format!("/officer/places/{}00", &town[..2])).await;
    assert!(province.contains(&serial(20)));
    assert_eq!(auditor.get("/officer/places/9999").await.status(), 404);
    assert_eq!(auditor.get("/officer/places/henan").await.status(), 404);
}

#[tokio::test]
async fn a_forged_code_shows_at_the_place_where_it_was_scanned() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(2).await;
    let mut code = bed.codes(&batch).await.remove(0);
    let last = if code.ends_with('A') { 'I' } else { 'A' };
    code.pop();
    code.push(last);
    let scan = serde_json::json!({"code": code,
        "location": {"lat": 33.62, "lon": 114.65, "accuracy_m": 20}});
    let asked = bed.ask(reqwest::Method::POST, "/api/v1/scans").json(&scan);
    assert_eq!(bed.send(asked).await.1["outcome"], "not_genuine");
    // As every server hands its counts on.
    let counted = bed.parts.scanner.forgeries.take();
    bed.parts.ledger.add_forgeries(&counted).await.expect("kept");
    let page = bed.person("officer").await.page("/officer/places/4116").await;
    assert!(page.contains("签名不对") && page.contains(&batch), "{page}");
}

#[tokio::test]
async fn whoever_looks_at_people_needs_a_case_and_is_remembered() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(4).await;
    let code = bed.codes(&batch).await.remove(1);
    scanned_around(&bed.parts.scanner, &code).await;
    let payload = read(&code).expect("a code").payload;
    let officer = bed.person("officer").await;
    let path = format!("/officer/codes/{}", payload.serial_text());
    eventually("its scans are followed", || async {
        officer.page(&path).await.contains("id=\"scan-26\"")
    })
    .await;
    // Without a case nothing is offered, and a made-up one opens nothing.
    assert!(!officer.page(&path).await.contains("/look\""));
    let none = [("case", "00000000-0000-7000-8000-000000000001")];
    assert_eq!(officer.post(&format!("{path}/look"), &none).await.status(), 404);

    let at = SystemClock.now();
    let today = jiff::civil::date(2026, 11, 27);
    let case = NewCase {
        id: ids::new_id(at),
        office: FIRST,
        title: "某超市销售涉嫌假冒白酒".to_owned(),
        ground: Ground::Inspection,
        lead: None,
        region: 4116,
        found_on: today,
        today,
        facts: vec![Fact::Unit(CaseUnit::of(&payload, batch.parse().expect("a batch"), 1))],
    };
    bed.parts.ledger.open_case(&case, &By::shell(at)).await.expect("opened");
    let id = case.id.to_string();
    let looked = officer.post(&format!("{path}/look"), &[("case", &*id)]).await;
    assert_eq!(looked.status(), 200);
    let said = looked.text().await.expect("text");
    assert!(said.contains("± 600 m") && said.contains("枚标签"), "{said}");
    let trail = bed.person("administrator").await.page("/county/audit?action=code.look").await;
    assert!(trail.contains("officer") && trail.contains("2026-000001"), "{trail}");
}
