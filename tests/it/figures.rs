//! A month in figures, and the error rate that everybody may read.

use reqwest::header::ACCEPT;
use serde_json::Value;
use zhenma::auth::office::{FIRST, Office, OfficeLedger};
use zhenma::base::{By, Clock, clock::SystemClock, ids};
use zhenma::cases::fact::{Fact, Ground, Outcome};
use zhenma::cases::matter::CaseUnit;
use zhenma::cases::port::{FileLedger, NewCase, Seen};
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
    // A third was confirmed and a third was wrong, each with its denominator and interval.
    assert!(all.contains(",0.3333,0.0615,0.7923,3,1,0.3333,0.0615,0.7923,38.4615"), "{all}");
    let paper = auditor.get("/officer/figures?format=pdf").await;
    assert!(paper.bytes().await.expect("bytes").starts_with(b"%PDF-"));
    assert_eq!(auditor.get("/officer/figures?month=2026-13").await.status(), 422);
    let empty = auditor.page("/officer/figures?month=2020-01").await;
    assert!(empty.contains("没有。") && empty.contains('–'));
    // Whoever reads of it finds it from the first page on.
    let home = bed.person("anyone").await.page("/").await;
    assert!(home.contains("href=\"/accuracy"), "{home}");
}

#[tokio::test]
async fn cases_are_counted_by_product_and_place_with_the_days_until_they_were_closed() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(2).await;
    let code = zhenma::code::read(&bed.codes(&batch).await[0]).expect("a code").payload;
    let unit = CaseUnit::of(&code, batch.parse().expect("a batch"), 0);
    let now = SystemClock.now();
    let today = crate::inquiries::today();
    let new = |facts: Vec<Fact>, region| NewCase {
        id: ids::new_id(now),
        office: FIRST,
        title: "涉嫌销售假冒白酒".to_owned(),
        ground: Ground::Inspection,
        lead: None,
        region,
        found_on: today,
        today,
        facts,
    };
    let by = |login: &str, days: i64| By {
        login: login.to_owned(),
        ..By::shell(now.plus_ms(-days * 86_400_000))
    };
    let ledger = &bed.parts.ledger;
    let file = ledger.open_case(&new(vec![Fact::Unit(unit)], 4116), &by("officer", 3)).await;
    let file = file.expect("opened");
    ledger.open_case(&new(Vec::new(), 4101), &by("officer", 0)).await.expect("opened");
    let outcome = Outcome::Counterfeit;
    let grounds = "比对属实".to_owned();
    let seen = Seen { office: FIRST, case: file.id, seq: file.seq(), today };
    let proposed = Fact::ProposedClose { outcome, grounds: grounds.clone() };
    let file = ledger.append(&seen, &[proposed], &by("officer", 0)).await.expect("proposed");
    let seen = Seen { seq: file.seq(), ..seen };
    let closed = Fact::Closed { outcome, grounds };
    ledger.append(&seen, &[closed], &by("supervisor", 0)).await.expect("closed");

    let auditor = bed.person("auditor").await;
    let page = auditor.page("/officer/figures").await;
    assert!(page.contains("假冒 1") && page.contains("100.0 % (20.7 – 100.0 %)"), "{page}");
    let table = auditor.page("/officer/figures?format=csv").await;
    let row = |of: &str| {
        let row = table.lines().find(|line| line.contains(&format!(",{of},")));
        row.expect("a row").trim_end_matches(',').to_owned()
    };
    let ends = ",1,1,0,0,0,0,1.0000,0.2065,1.0000,3,3";
    assert!(row("cases_product").contains("宋河粮液") && row("cases_product").ends_with(ends));
    assert!(row("cases_place").contains("周口") || table.contains("周口"), "{table}");
    assert!(row("cases").contains(",1,1,0,0,0,0,1.0000,0.2065,1.0000,3,3"), "{}", row("cases"));
}

#[tokio::test]
async fn no_cell_of_the_figures_is_a_formula() {
    let bed = StaffBed::start().await;
    let (name_zh, name_en) = ("=1+1".to_owned(), String::new());
    let office = Office { id: FIRST, name_zh, name_en, region: 4116 };
    bed.parts.ledger.put_office(&office, &By::shell(SystemClock.now())).await.expect("changed");
    let table = bed.person("auditor").await.page("/officer/figures?format=csv").await;
    assert!(table.starts_with("\u{feff}month,of,name,scans,"), "{table}");
    assert!(table.contains(",cases,'=1+1,"), "{table}");
}
