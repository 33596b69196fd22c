//! Everything that an enterprise has, taken away as files.

use reqwest::Method;
use serde_json::{Value, json};
use zhenma::auth::port::AccountLedger;
use zhenma::auth::{Account, Duties, Role};
use zhenma::base::{By, Clock, UnixMs, clock::SystemClock};
use zhenma::cases::{CaseLedger, Flag, FlagState};
use zhenma::scan::across::Changes;
use zhenma::scan::ledger::ScanLedger;
use zhenma::scan::{CodeId, Cursor, Entry, LogId, Observation};

use crate::faults::load::eventually;
use crate::staff_bed::{OUR_GTIN, OURS, StaffBed};
use crate::store_contract::bed::scan;

const KINDS: [&str; 10] = [
    "products",
    "batches",
    "ranges",
    "orders",
    "movements",
    "recalls",
    "scans",
    "flags",
    "people",
    "trail",
];

async fn file(bed: &StaffBed, who: &str, path: &str) -> (u16, String) {
    let request = bed.program(who, Method::GET, &format!("/api/v1/exports/{path}"));
    let response = request.send().await.expect("an answer");
    (response.status().as_u16(), response.text().await.expect("a whole file"))
}

async fn rows(bed: &StaffBed, kind: &str) -> Vec<Value> {
    let (status, lines) = file(bed, "member", &format!("{kind}?format=jsonl")).await;
    assert_eq!(status, 200, "{lines}");
    lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[tokio::test]
async fn each_kind_has_what_is_ours_and_nothing_of_another() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(40).await;
    let codes = bed.codes(&batch).await;
    crate::consoles::copied(&bed, &codes[3]).await;
    // A lead that officers alone see.
    let lead = zhenma::code::read(&codes[20]).expect("a code").payload;
    let at = SystemClock.now();
    let lead = Flag {
        payload: lead.to_bytes(),
        batch: batch.parse().expect("a batch"),
        number: 20,
        state: FlagState::Open,
        risk: 0.4,
        reasons: Vec::new(),
        policy: "none".to_owned(),
        accused_at: None,
        scans: 2,
        opened_at: at,
        updated_at: at,
    };
    bed.parts.ledger.raise_flag(&lead).await.expect("raised");
    eventually("the scans are followed", || async { rows(&bed, "scans").await.len() == 26 }).await;
    eventually("the flag is open", || async { rows(&bed, "flags").await.len() == 1 }).await;
    for (kind, count) in
        [("products", 1), ("batches", 1), ("movements", 1), ("orders", 1), ("people", 7)]
    {
        assert_eq!(rows(&bed, kind).await.len(), count, "{kind}");
        let theirs = file(&bed, "stranger", kind).await.1.lines().count();
        assert_eq!(theirs, usize::from(kind == "products" || kind == "people"), "{kind}");
    }
    assert_eq!(rows(&bed, "products").await[0]["gtin"], OUR_GTIN);
    let serial = zhenma::code::read(&codes[3]).expect("a code").payload.serial_text();
    let flag = rows(&bed, "flags").await.remove(0);
    assert_eq!((&flag["serial"], &flag["state"]), (&json!(serial), &json!("open")));
    let scan = rows(&bed, "scans").await.remove(0);
    let names: Vec<_> = scan.as_object().expect("members").keys().cloned().collect();
    let wanted =
        ["batch", "channel", "number", "place", "place_en", "place_zh", "seen_at", "serial"];
    assert_eq!(names, wanted);
    assert!(scan["place_zh"].is_string() && scan["seen_at"].as_str().expect("text").ends_with('Z'));
    // No signature, no secret, no hash in any of them; and whoever took them is told.
    for kind in KINDS {
        let (_, text) = file(&bed, "member", &format!("{kind}?format=csv")).await;
        assert!(codes.iter().all(|code| !text.contains(code)), "{kind} has a full code");
        assert!(!text.contains("argon2") && !text.contains("secret"), "{kind}: {text}");
    }
    let trail = rows(&bed, "trail").await;
    assert!(trail.iter().any(|row| row["action"] == "export.take" && row["login"] == "member"));
    let seqs: Vec<_> = trail.iter().map(|row| row["seq"].as_u64().expect("a number")).collect();
    assert!(seqs.is_sorted() && seqs.len() > 10);
}

#[tokio::test]
async fn people_and_the_trail_are_for_owners_and_formats_are_asked_for_by_name_or_accept() {
    let bed = StaffBed::start().await;
    let viewer = bed.person("viewer").await;
    for kind in KINDS {
        let owners = ["people", "trail"].contains(&kind);
        assert_eq!(file(&bed, "member", kind).await.0, 200, "{kind}");
        assert_eq!(file(&bed, "viewer", kind).await.0, if owners { 403 } else { 200 }, "{kind}");
        assert_eq!(file(&bed, "administrator", kind).await.0, 403, "{kind}");
        let status = viewer.get(&format!("/enterprise/exports/{kind}")).await.status().as_u16();
        assert_eq!(status, if owners { 403 } else { 200 }, "{kind}");
    }
    assert_eq!(file(&bed, "member", "secrets").await.0, 404);
    assert_eq!(file(&bed, "member", "people?format=xlsx").await.0, 422);
    for (accept, media) in [
        ("text/csv", Some("text/csv; charset=utf-8")),
        ("application/x-ndjson", Some("application/x-ndjson")),
        ("*/*", Some("application/x-ndjson")),
        ("image/png", None),
    ] {
        let request = bed.program("member", Method::GET, "/api/v1/exports/people");
        let response = request.header("accept", accept).send().await.expect("an answer");
        match media {
            Some(media) => {
                assert_eq!(response.headers()["content-type"], media);
                let named = response.headers()["content-disposition"].to_str().expect("text");
                assert!(named.starts_with("attachment; filename=\"zhenma-people-2"), "{named}");
            }
            None => assert_eq!(response.status(), 406),
        }
    }
    let page = viewer.page("/enterprise/exports").await;
    assert!(page.contains("查询记录") && !page.contains("操作日志</th>"), "{page}");
}

#[tokio::test]
async fn a_name_that_is_a_formula_is_text_in_the_table_and_excel_reads_its_characters() {
    let bed = StaffBed::start().await;
    let now = SystemClock.now();
    let duties = Duties::parse("viewer").expect("duties");
    let evil = Account {
        login: "evil".to_owned(),
        name: "=HYPERLINK(\"http://203.0.113.9\",\"王\")".to_owned(),
        role: Role::Member { enterprise: OURS.to_owned(), duties },
        password_hash: None,
        created_at: now,
        disabled_at: None,
    };
    bed.parts.ledger.add_account(&evil, &By::shell(now)).await.expect("added");
    let (_, table) = file(&bed, "member", "people?format=csv").await;
    assert!(table.starts_with("login,name,duties,created_at,disabled_at\r\n"), "{table}");
    assert!(table.contains("evil,\"'=HYPERLINK(\"\"http"), "{table}");
    let owner = bed.person("member").await;
    let file = owner.get("/enterprise/exports/people?format=csv").await;
    let bytes = file.bytes().await.expect("a file");
    assert!(bytes.starts_with(b"\xef\xbb\xbflogin,"));
}

#[tokio::test]
async fn a_long_file_comes_page_by_page_each_row_once() {
    let bed = StaffBed::start().await;
    // Several pages, an empty batch between two others, many at one instant.
    let batches = [bed.batch(10).await, bed.batch(10).await, bed.batch(10).await];
    let mut entries = Vec::new();
    for (batch, scans) in [(&batches[0], 1_100), (&batches[2], 900)] {
        let code = bed.codes(batch).await.remove(0);
        let payload = zhenma::code::read(&code).expect("a code").payload.to_bytes();
        for _ in 0..scans {
            let n = entries.len() as u64;
            let seen = Observation { at: UnixMs(1_790_000_000_000), ..scan(n) };
            let cursor = Cursor { major: 1, minor: n };
            entries.push(Entry { cursor, code: CodeId { payload, number: 0 }, seen });
        }
    }
    let ledger = &bed.parts.ledger;
    ledger.append(LogId([7; 16]), &entries, &Changes::default(), 0).await.expect("written");
    let (status, table) = file(&bed, "viewer", "scans?format=csv").await;
    assert_eq!((status, table.lines().count()), (200, 2_001));
    assert_eq!(rows(&bed, "scans").await.len(), 2_000);
}
