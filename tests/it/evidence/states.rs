//! What goes into a package beside the entries of its case.

use std::fs;

use jiff::ToSpan;
use serde_json::Value;
use uuid::Uuid;
use zhenma::auth::office::{FIRST, Office, OfficeLedger, Seat};
use zhenma::base::clock::SystemClock;
use zhenma::base::{By, Clock, ids};
use zhenma::cases::block::{BlockLedger, NewBlock, Span};
use zhenma::cases::fact::{Ground, Opinion};
use zhenma::cases::inquiry::{Answer, InquiryLedger, NewInquiry};
use zhenma::cases::port::{FileLedger, NewCase, Seen};
use zhenma::code;
use zhenma::evidence::port::{EvidenceLedger, Wanted};
use zhenma::registry::{BatchRef, Bilingual, Placement, Uscc};
use zhenma::scan::judge::Policy;
use zhenma::scan::policies::{PolicyLedger, PolicyRecord};

use super::{DAY, built, by_hand, checked, full_case, has, taken, verified};
use crate::faults::load::eventually;
use crate::inquiries::today;
use crate::media::{jpeg, picture};
use crate::reports::{Bed, photo, text};
use crate::staff_bed::{OURS, StaffBed};

/// A policy under another name, as if somebody had it compared.
async fn another_policy(bed: &StaffBed) -> String {
    let shipped = PolicyRecord::shipped();
    let name = "witnesses-strict".to_owned();
    let body = shipped.body.replace(&shipped.name, &name);
    let record = PolicyRecord { name: name.clone(), body, ..shipped };
    let by = By::shell(SystemClock.now());
    bed.parts.ledger.add_policy(&record, &by).await.expect("added");
    name
}

/// A question about the label of a case, with its answer, and a block of it.
async fn asked_answered_and_blocked(bed: &Bed, case: Uuid, code: &str) {
    let ledger = &bed.bed.parts.ledger;
    let by = By { login: "officer".to_owned(), ..By::shell(bed.clock.now()) };
    let file = ledger.any_case(case).await.expect("a file");
    let maker = Uscc::parse(OURS).expect("sound");
    let new = NewInquiry {
        id: ids::new_id(by.at),
        enterprise: maker.clone(),
        text: "是否贵企业印制？".to_owned(),
        photos: Vec::new(),
        due: today().saturating_add(10.days()),
    };
    let seen = Seen { office: FIRST, case, seq: file.seq(), today: today() };
    ledger.ask(&seen, &new, &by).await.expect("asked");
    let answer = Answer {
        opinion: Opinion::NotOurs,
        grounds: "纸张与防伪线不符".to_owned(),
        signer: "赵明".to_owned(),
        position: "质量部经理".to_owned(),
    };
    let of = By { login: "quality".to_owned(), ..by.clone() };
    ledger.answer_inquiry(&maker, new.id, &answer, today(), &of).await.expect("answered");
    let payload = code::read(code).expect("a code").payload;
    let register = bed.bed.parts.scanner.register.load_full();
    let Placement::Issued { number, .. } = register.place(&payload) else { panic!("issued") };
    let batch = BatchRef { key: payload.key, batch: payload.batch };
    let block = NewBlock {
        id: ids::new_id(by.at),
        office: FIRST,
        case: Some(case),
        spans: vec![Span { batch, first: number, last: number }],
        reason: Bilingual { zh: "涉嫌假冒".to_owned(), en: "suspected copy".to_owned() },
        until: by.at.plus_ms(86_400_000),
    };
    ledger.block(&block, &by).await.expect("blocked");
}

#[tokio::test]
async fn a_question_with_its_answer_a_block_and_a_buyers_report_are_in_one_package() {
    let bed = Bed::start().await;
    let policy = another_policy(&bed.bed).await;
    let code = bed.codes[3].clone();
    let shot = photo(jpeg(&picture(90, 60), None));
    let said = vec![text("contact", "13800138000"), text("note", "酒味不对"), shot];
    let number = bed.buyer(71).report(&code, said).await;
    for network in [72, 73, 74] {
        bed.buyer(network).scan(&code).await;
    }
    let officer = bed.bed.person("officer").await;
    let path = format!("/officer/reports/{}/case", bed.report(&number).await.id);
    assert_eq!(officer.post(&path, &[("case", "new")]).await.status(), 303);
    let case = bed.report(&number).await.case.expect("a case").id;
    let first = built(&bed.bed, &case.to_string()).await;
    let unpacked = |bytes: &[u8]| {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("p.zip"), bytes).expect("written");
        by_hand::unpack(&folder.path().join("p.zip"), &folder.path().join("u"));
        folder
    };
    let serial = code::read(&code).expect("a code").payload.serial_text();
    let json = |folder: &tempfile::TempDir, name: &str| -> Value {
        let text = fs::read_to_string(folder.path().join("u").join(name)).expect(name);
        serde_json::from_str(&text).expect("JSON")
    };
    let folder = unpacked(&taken(&bed.bed, &case.to_string(), &first).await);
    let unit = json(&folder, &format!("units/{serial}.json"));
    let reasons = unit["verdict"]["reasons"].as_array().expect("reasons").clone();
    let rests = reasons.iter().find_map(|reason| {
        reason["rests_on_scans"].as_array().filter(|scans| !scans.is_empty()).cloned()
    });
    let rests = rests.unwrap_or_else(|| panic!("no reason rests on a scan: {unit:#}"));
    let scans = fs::read_to_string(folder.path().join("u/scans.csv")).expect("scans");
    for scan in rests {
        assert!(scans.contains(&format!("{serial},{scan},")), "{scan} of {scans}");
    }
    assert!(scans.lines().nth(1).expect("a scan").contains(",other,no,"), "{scans}");
    assert_eq!(unit["other_policies"][0]["policy"], policy);
    assert!(unit["other_policies"][0]["risk"].is_number());
    let decides = Policy::shipped().name.to_string();
    let body = fs::read_to_string(folder.path().join(format!("u/policies/{decides}.json")));
    assert_eq!(body.expect("the policy"), Policy::SHIPPED_TEXT);

    asked_answered_and_blocked(&bed, case, &code).await;
    bed.later(1_000);
    let second = built(&bed.bed, &case.to_string()).await;
    assert_ne!(second["id"], first["id"]);
    let bytes = taken(&bed.bed, &case.to_string(), &second).await;
    let folder = unpacked(&bytes);
    let out = verified(&bed.bed, folder.path(), &folder.path().join("p.zip")).await;
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stdout));
    by_hand::checks_out(&folder.path().join("u"), None);
    let custody = fs::read_to_string(folder.path().join("u/custody.csv")).expect("custody");
    for line in ["report.receive", "report.link", "block.set", "entry.answer"] {
        assert!(custody.contains(line), "{line} of {custody}");
    }
    let inquiry = json(&folder, "inquiries.json")[0].clone();
    assert_eq!(inquiry["serials"][0], serial);
    assert_eq!(
        (&inquiry["answer"]["opinion"], &inquiry["answer"]["signer"]),
        (&"not_ours".into(), &"赵明".into())
    );
    let block = json(&folder, "blocks.json")[0].clone();
    assert_eq!((&block["labels"], &block["by"]), (&1.into(), &"officer".into()));
    assert_eq!(block["ranges"][0]["first"], block["ranges"][0]["last"]);
    let report = json(&folder, "reports.json")[0].clone();
    assert_eq!((&report["note"], &report["serial"]), (&"酒味不对".into(), &serial.into()));
    assert_eq!(report["photos_sha256"].as_array().map(Vec::len), Some(1));
    assert!(!has(&bytes, "13800138000"), "how to reach the buyer stays with the office");
    // Somebody scans it once more: no entry, and another state.
    bed.later(60_000);
    bed.buyer(75).scan(&code).await;
    let third = built(&bed.bed, &case.to_string()).await;
    assert_ne!(third["id"], second["id"]);
    assert_eq!(third["entries"], second["entries"]);
}

#[tokio::test]
async fn a_case_that_went_to_another_office_takes_its_visits_along() {
    let bed = StaffBed::start().await;
    let ledger = &bed.parts.ledger;
    let (file, begun) = full_case(&bed).await;
    let by = By { login: "officer".to_owned(), ..By::shell(SystemClock.now()) };
    let theirs =
        Office { id: ids::new_id(by.at), ..ledger.offices().await.expect("read").remove(0) };
    ledger.put_office(&theirs, &by).await.expect("added");
    let seen = Seen { office: FIRST, case: file.id, seq: file.seq(), today: DAY };
    ledger.hand_case_over(&seen, theirs.id, "管辖在贵局", &by).await.expect("handed over");
    let new = NewCase {
        id: ids::new_id(by.at),
        office: theirs.id,
        title: "涉嫌销售假冒注册商标的白酒".to_owned(),
        ground: Ground::Transfer,
        lead: None,
        region: 4116,
        found_on: DAY,
        today: DAY,
        facts: Vec::new(),
    };
    let into = ledger.open_case(&new, &by).await.expect("opened");
    let file = ledger.any_case(file.id).await.expect("a file");
    let seen = Seen { office: theirs.id, case: file.id, seq: file.seq(), today: DAY };
    let merged = ledger.merge_cases(&seen, into.id, "同一当事人", &by).await.expect("merged");
    let wanted = Wanted {
        id: ids::new_id(by.at),
        office: theirs.id,
        case: merged.id,
        case_number: merged.number.clone(),
        entries: merged.seq(),
        state: String::new(),
        name: "陈力".to_owned(),
        seat: Seat::Officer,
    };
    ledger.want_evidence(&wanted, &by).await.expect("asked");
    eventually("it is built", || async {
        let row = ledger.evidence(wanted.id).await.expect("a row");
        assert_eq!(row.problem, None);
        row.built.is_some()
    })
    .await;
    let bytes = fs::read(zhenma::app::paths::evidence(&bed.parts.settings.data, wanted.id));
    let bytes = bytes.expect("a package");
    assert!(checked(&bytes, &Default::default()).is_whole());
    let visit = begun["id"].as_str().expect("an id");
    assert!(has(&bytes, &format!("visits/{visit}.json")));
}
