//! A month in figures, and the error rate that everybody may read.

use reqwest::header::ACCEPT;
use serde_json::Value;
use zhenma::cases::{CaseLedger, FlagState};

use crate::consoles::scanned_around;
use crate::faults::load::eventually;
use crate::staff_bed::StaffBed;

async fn accuracy(bed: &StaffBed) -> Value {
    let asked = bed.ask(reqwest::Method::GET, "/accuracy").header(ACCEPT, "application/json");
    let (status, said) = bed.send(asked).await;
    assert_eq!(status, 200);
    said
}

#[tokio::test]
async fn decisions_become_figures_and_the_error_rate_is_public() {
    let bed = StaffBed::start().await;
    let mut codes = Vec::new();
    for _ in 0..3 {
        // Phones that go through one batch are a farm, and accuse nobody.
        let code = bed.codes(&bed.batch(2).await).await.remove(0);
        scanned_around(&bed.parts.scanner, &code).await;
        codes.push(code);
    }
    let ledger = &bed.parts.ledger;
    eventually("three codes are flagged", || async {
        let open = ledger.flags(FlagState::Open, 10).await.expect("flags");
        open.len() == 3 && open.iter().all(|flag| flag.accused_at.is_some() && flag.scans == 26)
    })
    .await;
    let officer = bed.person("officer").await;
    let serial = |n: usize| zhenma::code::read(&codes[n]).expect("a code").payload.serial_text();
    for (n, decision) in [(0, "copied"), (1, "genuine")] {
        let path = format!("/officer/codes/{}/decide", serial(n));
        let form = [("decision", decision), ("note", "实物比对")];
        assert_eq!(officer.post(&path, &form).await.status(), 303);
    }

    let said = accuracy(&bed).await;
    let month = &said["months"][0];
    assert_eq!((&said["decided"], &said["wrong"]), (&2.into(), &1.into()), "{said}");
    assert_eq!(said["error_rate"], 0.5);
    assert_eq!(
        (&month["shown"], &month["copied"], &month["in_order"]),
        (&3.into(), &1.into(), &1.into())
    );
    let page = bed.person("anyone").await.page("/accuracy").await;
    assert!(page.contains("50.0 % (") && page.contains("1 / 2"), "{page}");
    // Anybody may ask for it: it is not counted anew each time.
    let path = format!("/officer/codes/{}/decide", serial(2));
    officer.post(&path, &[("decision", "cannot_tell"), ("note", "实物不在")]).await;
    assert_eq!(accuracy(&bed).await["decided"], 2);

    let auditor = bed.person("auditor").await;
    let page = auditor.page("/officer/figures").await;
    assert!(page.contains("宋河粮液"), "{page}");
    assert!(page.contains("33.3 % ("), "one of three was confirmed: {page}");
    let table = auditor.page("/officer/figures?format=csv").await;
    let all = table.lines().nth(1).expect("a row");
    assert!(all.contains(",all,,78,3,3,3,1,1,0,1,"), "{all}");
    let paper = auditor.get("/officer/figures?format=pdf").await;
    assert!(paper.bytes().await.expect("bytes").starts_with(b"%PDF-"));
    assert_eq!(auditor.get("/officer/figures?month=2026-13").await.status(), 422);
    let empty = auditor.page("/officer/figures?month=2020-01").await;
    assert!(empty.contains("没有。") && empty.contains('–'));
}
