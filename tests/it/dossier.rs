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
use crate::staff_bed::{OUR_GTIN, StaffBed};
use crate::visits;

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

#[tokio::test]
async fn a_label_and_a_place_tell_what_leads_reports_checks_and_cases_there_are() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(40).await;
    let codes = bed.codes(&batch).await;
    scanned_around(&bed.parts.scanner, &codes[20]).await;
    let payload = read(&codes[20]).expect("a code").payload;
    let (officer, supervisor) = (bed.person("officer").await, bed.person("supervisor").await);
    let path = format!("/officer/codes/{}", payload.serial_text());
    eventually("its lead is made", || async {
        supervisor.page(&path).await.contains("/officer/leads/")
    })
    .await;
    let begun = visits::visit("老王烟酒店");
    let mut check = visits::check(&begun, &codes[20], "genuine");
    let hash = zhenma::media::Sha256Hex::of(&visits::png()).to_string();
    check["photos"] = serde_json::json!([hash]);
    assert_eq!(visits::put(&officer, &hash, visits::png(), "image/png").await, 201);
    visits::states(&officer, &[begun.clone(), check]).await;
    let report = crate::reports::received(&bed, Some(payload.to_bytes())).await;

    let page = supervisor.page(&path).await;
    assert!(page.contains("现场查验记录 (1)") && page.contains("消费者举报 (1)"), "{page}");
    assert!(page.contains(&format!("/officer/reports/{report}")));
    assert!(!page.contains("还没有执法人员当面扫过"), "one had it in hand");
    let visit = format!("/officer/visits/{}", begun["id"].as_str().expect("an id"));
    assert!(page.contains(&format!("href=\"{visit}\"")), "{page}");
    // What was written freely stays with the report, photos with a case.
    assert!(!page.contains("标签翘边") && !page.contains("/pictures/"), "{page}");
    assert!(page.contains("照片只为本局涉及它的案件查看"), "{page}");
    let unit = CaseUnit::of(&payload, batch.parse().expect("a batch"), 20);
    let case = crate::officer_cases::opened(&bed, &[Fact::Unit(unit)]).await;
    let page = supervisor.page(&path).await;
    assert!(page.contains(&format!("src=\"{visit}/pictures/{hash}\"")), "{page}");

    let place = supervisor.page("/officer/places/4116").await;
    for there in ["消费者举报 (1)", "老王烟酒店", &case.number, "收到举报", "建案", "还不知道的"]
    {
        assert!(place.contains(there), "{there}: {place}");
    }
    // What another office's place has is not here, and an empty one says so.
    let empty = supervisor.page("/officer/places/6501").await;
    assert!(!empty.contains("老王烟酒店") && empty.contains("本局还没有在这里做过现场检查"));
    // A map of where else what was scanned there was met.
    let town = page.split("/officer/places/").nth(1).expect("a town");
    let place = supervisor.page(&format!("/officer/places/{}", &town[..4])).await;
    assert!(place.contains("<svg class=\"map\"") && place.contains("标签存疑"), "{place}");
}

#[tokio::test]
async fn who_was_there_is_shown_to_who_recorded_it_and_for_a_case_and_the_trail_tells() {
    let bed = StaffBed::start().await;
    let (officer, supervisor) = (bed.person("officer").await, bed.person("supervisor").await);
    let begun = visits::visit("老王烟酒店");
    let hash = zhenma::media::Sha256Hex::of(&visits::png()).to_string();
    let signed = serde_json::json!({"visit": begun["id"], "signer": "李某", "as": "seller",
        "sha256": hash, "refused": false});
    assert_eq!(visits::put(&officer, &hash, visits::png(), "image/png").await, 201);
    visits::states(&officer, &[begun.clone(), visits::record("signature", &signed)]).await;
    let path = format!("/officer/visits/{}", begun["id"].as_str().expect("an id"));
    let picture = format!("{path}/pictures/{hash}");
    let paper = format!("{path}/record.pdf");

    let closed = supervisor.page(&path).await;
    for personal in ["李某", "33.86", &picture] {
        assert!(!closed.contains(personal), "{personal}: {closed}");
    }
    assert_eq!(supervisor.get(&picture).await.status(), 404);
    assert_eq!(supervisor.get(&paper).await.status(), 403);
    let looks = || async {
        bed.person("administrator").await.page("/county/audit?action=visit.look").await
    };
    assert!(!looks().await.contains("查看检查当事人 visit.look"));
    // Who recorded it knows it, and the look is told all the same.
    assert!(officer.page(&path).await.contains("李某"));
    assert_eq!(officer.get(&paper).await.status(), 200);

    let case = crate::officer_cases::opened(&bed, &[]).await;
    let put = supervisor.post(&format!("{path}/case"), &[("number", &case.number)]).await;
    assert_eq!(put.status(), 303);
    let open = bed.person("auditor").await.page(&path).await;
    assert!(open.contains("李某") && open.contains("33.86"), "{open}");
    assert_eq!(supervisor.get(&picture).await.status(), 200);
    let told = looks().await;
    assert!(told.contains("auditor") && told.contains(&case.number), "{told}");
    assert!(told.contains("officer") && told.contains("supervisor"), "{told}");
}

#[tokio::test]
async fn whoever_opens_a_case_with_people_in_it_is_remembered() {
    use zhenma::cases::matter::{Party, PartyRole};
    let bed = StaffBed::start().await;
    let party = Party {
        role: PartyRole::Witness,
        name: "赵某".to_owned(),
        uscc: String::new(),
        contact: "13800000000".to_owned(),
        address: String::new(),
        note: String::new(),
    };
    let with = crate::officer_cases::opened(&bed, &[Fact::Party(party)]).await;
    let without = crate::officer_cases::opened(&bed, &[]).await;
    let auditor = bed.person("auditor").await;
    for case in [&with, &without] {
        auditor.page(&format!("/officer/cases/{}", case.id)).await;
    }
    let trail = bed.person("administrator").await.page("/county/audit?action=case.look").await;
    assert!(trail.contains(&with.number) && !trail.contains(&without.number), "{trail}");
    assert!(trail.contains("auditor") && !trail.contains("赵某"), "{trail}");
}

#[tokio::test]
async fn who_informed_another_office_is_shown_once_a_case_came_of_the_lead() {
    use zhenma::auth::Office;
    use zhenma::auth::office::OfficeLedger;
    use zhenma::leads::port::LeadLedger;
    use zhenma::leads::told::{Source, Told};
    let bed = StaffBed::start().await;
    let at = SystemClock.now();
    let ledger = &bed.parts.ledger;
    let neighbour =
        Office::new(ids::new_id(at), "郸城县市场监督管理局", "", "4116").expect("sound");
    ledger.put_office(&neighbour, &By::shell(at)).await.expect("added");
    let told = Told {
        line: 0,
        source: Source::Office,
        origin: neighbour.id.to_string(),
        reference: "12315-0047".to_owned(),
        label: None,
        batch: None,
        product: Some(zhenma::registry::Gtin::parse(OUR_GTIN).expect("sound")),
        enterprise: None,
        place: zhenma::scan::Place(4116),
        said: "城关集市所购酒口感异常".to_owned(),
        at,
    };
    let lead = ledger.tell_leads(&[told], &By::shell(at)).await.expect("told")[0].lead;
    let officer = bed.person("officer").await;
    let page = officer.page(&format!("/officer/leads/{lead}")).await;
    assert!(page.contains("城关集市所购酒口感异常") && !page.contains("12315-0047"), "{page}");
    let today = jiff::civil::date(2026, 11, 27);
    let case = NewCase {
        id: ids::new_id(at),
        office: FIRST,
        title: "城关集市售酒".to_owned(),
        ground: Ground::Lead,
        lead: Some(lead),
        region: 4116,
        found_on: today,
        today,
        facts: Vec::new(),
    };
    let case = ledger.open_case(&case, &By::shell(at)).await.expect("opened");
    let page = officer.page(&format!("/officer/leads/{lead}")).await;
    assert!(page.contains("郸城县市场监督管理局 · 12315-0047"), "{page}");
    let trail = bed.person("administrator").await.page("/county/audit?action=lead.look").await;
    assert!(trail.contains("查看线索来源") && trail.contains(&case.number), "{trail}");
}
