//! Everything that an enterprise has, taken away as files.

use reqwest::Method;
use serde_json::{Value, json};
use zhenma::auth::port::AccountLedger;
use zhenma::auth::{Account, Duties, Role};
use zhenma::base::{By, Clock, UnixMs, clock::SystemClock};
use zhenma::cases::{CaseLedger, Flag, FlagState};
use zhenma::exports::Kind;
use zhenma::scan::across::Changes;
use zhenma::scan::ledger::ScanLedger;
use zhenma::scan::spread::Spread;
use zhenma::scan::{CodeId, Cursor, Entry, LogId, Observation};

use crate::faults::load::eventually;
use crate::packages;
use crate::staff_bed::{OUR_GTIN, OURS, StaffBed};
use crate::store_contract::bed::scan;

fn kinds() -> impl Iterator<Item = &'static str> {
    Kind::ALL.into_iter().map(Kind::slug)
}

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
        spread: Spread::default(),
        seen_at: at,
        opened_at: at,
        updated_at: at,
    };
    bed.parts.ledger.raise_flags(&[lead]).await.expect("raised");
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
    for kind in kinds() {
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
    for kind in kinds() {
        let owners = Kind::from_slug(kind).expect("a kind").is_for_owners();
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

/// Tables whose rows stand in files, and in which.
const GIVEN: &[(&str, &str)] = &[
    ("enterprises", "enterprise"),
    ("enterprise_settings", "enterprise"),
    ("trace_customs", "enterprise"),
    ("licences", "licences"),
    ("products", "products"),
    ("batches", "batches"),
    ("own_makers", "own-imports"),
    ("own_imports", "own-imports"),
    ("own_serials", "own-serials"),
    ("batch_ranges", "ranges"),
    ("orders", "orders"),
    ("print_houses", "printers"),
    ("packages", "packages"),
    ("pick_up_visits", "visits"),
    ("downloads", "downloads"),
    ("print_reports", "reports"),
    ("movements", "movements"),
    ("movement_legs", "movements"),
    ("scheduled_activations", "schedules"),
    ("closings", "closings"),
    ("trace_places", "places"),
    ("trace_events", "events"),
    ("trace_event_units", "events"),
    ("trace_event_batches", "events"),
    ("recalls", "recalls"),
    ("recall_ranges", "recall-ranges"),
    ("recall_returns", "returns"),
    ("scans", "scans"),
    ("flags", "flags"),
    ("decisions", "flags"),
    ("lot_replies", "replies"),
    ("alarms_raised", "alarms"),
    ("accounts", "people"),
    ("api_keys", "keys"),
    ("webhook_endpoints", "webhooks"),
    ("audit", "trail"),
    ("spans", "movements"),
    ("shipped", "events"),
    ("shipped_by_event", "events"),
    ("trace_units", "events"),
];

/// Tables whose rows stand in none, and why.
const KEPT_BACK: &[(&str, &str)] = &[
    ("spares", "which numbers of a pool are spares is for the printing house alone"),
    ("planted", "a file that tells which codes are planted would spoil them"),
    ("spare_sightings", "would tell which numbers are planted; the home page names the package"),
    ("package_files", "sizes and sums of sealed files"),
    ("own_pages", "the own serials once more, by their numbers"),
    ("transfers", "parts of a download, which the downloads sum up"),
    ("recall_codes", "which label was counted in which return, so that none counts twice"),
    ("trace_lines", "what a device has in hand until the case is whole"),
    ("trace_milestones", "what buyers hear, computed from the events"),
    ("scan_days", "counts of the scans"),
    ("webhook_events", "sent to the enterprise's own program, and again when it asks"),
    ("webhook_deliveries", "attempts of the last thirty days: shown, and read by API"),
    ("causes", "an officer's grounds, which protect whom they name"),
    ("case_files", "an office's work"),
    ("case_entries", "an office's work, and people whom it protects"),
    ("case_units", "an office's work"),
    ("case_units_gone", "an office's work"),
    ("case_terms", "terms of a procedure"),
    ("case_transfers", "an office's work"),
    ("case_numbers", "counts of the office"),
    ("calendar_days", "public holidays"),
    ("evidence_packages", "what of a case left the office"),
    ("evidence_stamps", "questions of the office for the time"),
    ("evidence_gone", "files that are being deleted"),
    ("inquiries", "questions of an office: shown, and read by API"),
    ("blocks", "an office's work; what it says of labels is among the ranges"),
    ("media", "photos of buyers and officers, which protect whom they show"),
    ("media_gone", "files that are being deleted"),
    ("reports", "what buyers said to the office, which protects who said it"),
    ("report_photos", "which photos came with a report"),
    ("notes", "what a buyer asked to have in writing of one answer"),
    ("field_records", "an office's work, and people whom it protects"),
    ("visit_cases", "an office's work"),
    ("leads", "an office's work"),
    ("lead_codes", "an office's work"),
    ("lead_sources", "what others told an office, which protects who said it"),
    ("lead_places", "an office's work"),
    ("lead_acts", "an office's work"),
    ("leads_followed", "the installation's own"),
    ("leads_waiting", "what the worker has still to look at"),
    ("forgeries", "leads for officers: codes that were never issued"),
    ("across_pages", "evidence across enterprises, for the engine"),
    ("across_phones", "pseudonyms of buyers' phones"),
    ("across_revision", "the installation's own"),
    ("policies", "the engine's, for all enterprises"),
    ("policy_terms", "the engine's, for all enterprises"),
    ("offices", "names of authorities"),
    ("sessions", "secrets"),
    ("second_factors", "secrets"),
    ("recovery_codes", "secrets"),
    ("links", "secrets"),
    ("installation", "secrets"),
    ("register_revision", "the installation's own"),
    ("scan_logs", "the installation's own"),
    ("leases", "the installation's own"),
    ("retention", "the installation's own"),
    ("kits", "the installation's own, made of the register for officers' phones"),
    ("kit_parts", "the installation's own, made of the register for officers' phones"),
    ("key_revocations", "the installation's own"),
    ("_sqlx_migrations", "the installation's own"),
];

/// Everything that an enterprise has put in or that is about it: a table that is
/// new belongs to a file, or has a reason.
#[tokio::test]
async fn every_table_of_the_ledger_is_given_away_or_kept_back_for_a_reason() {
    let bed = StaffBed::start().await;
    let path = zhenma::app::paths::ledger(&bed.parts.settings.data);
    let ledger = rusqlite::Connection::open(path).expect("opens");
    let mut names = ledger
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .expect("a statement");
    let names = names.query_map([], |row| row.get::<_, String>(0)).expect("names");
    let mut found: Vec<_> = names.map(|name| name.expect("a name")).collect();
    found.sort();
    let mut named: Vec<_> =
        GIVEN.iter().chain(KEPT_BACK).map(|(table, _)| (*table).to_owned()).collect();
    named.sort();
    assert_eq!(found, named);
    assert!(KEPT_BACK.iter().all(|(_, why)| !why.is_empty()));
    for kind in kinds() {
        assert!(GIVEN.iter().any(|(_, given)| *given == kind), "{kind} has no table");
    }
    for (table, kind) in GIVEN {
        let kind = Kind::from_slug(kind).unwrap_or_else(|| panic!("{table} is in {kind}"));
        // Every file has a statement that the ledger takes.
        let (status, text) = file(&bed, "member", &format!("{}?format=csv", kind.slug())).await;
        assert_eq!(status, 200, "{table}: {text}");
        assert_eq!(text.lines().next(), Some(&*kind.columns().join(",")), "{table}");
    }
}

#[tokio::test]
async fn what_the_hand_off_leaves_behind_is_given_away_but_for_what_is_planted() {
    let bed = StaffBed::start().await;
    let house = packages::house(&bed, None).await;
    let batch = packages::batch(&bed, 100).await;
    let order = packages::ordered(&bed, &batch, 40, &house).await;
    let package = packages::handed_over(&bed, &order).await;
    let mut counter = packages::Counter::at(&bed, "198.51.100.7").await;
    counter.enter(&package).await;
    counter.download(1).await;
    let closing = json!({"account": "activated", "day": "2026-11-27", "missing": "5-7"});
    let sold = bed.batch(20).await;
    bed.made("line", &format!("/api/v1/batches/{sold}/closings"), &closing).await;
    for (kind, count) in [
        ("enterprise", 1),
        ("printers", 1),
        ("packages", 1),
        ("visits", 1),
        ("downloads", 1),
        ("closings", 1),
        ("keys", 7),
    ] {
        assert_eq!(rows(&bed, kind).await.len(), count, "{kind}");
        let theirs = file(&bed, "stranger", kind).await.1.lines().count();
        assert_eq!(theirs, usize::from(kind == "enterprise" || kind == "keys"), "{kind}");
    }
    let given = rows(&bed, "packages").await.remove(0);
    assert_eq!((&given["order"], &given["printer"]), (&json!(order), &json!("亳州彩印")));
    let said = given.to_string();
    assert!(!said.contains("pool") && !said.contains("hash") && !said.contains("key_file"));
}
