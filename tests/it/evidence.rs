//! Packages of evidence: made of a case by the worker, taken away by officers,
//! checked by our program and by those of others.

pub mod by_hand;
mod dossier;
mod keys;
mod photos;
mod shop;
pub mod stamps;
mod states;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use jiff::civil::date;
use reqwest::Method;
use serde_json::{Value, json};
use zhenma::auth::office::FIRST;
use zhenma::base::{By, Clock, clock::SystemClock, ids};
use zhenma::cases::fact::{Fact, Ground};
use zhenma::cases::matter::{CaseUnit, Party, PartyRole, PhotoNote};
use zhenma::cases::port::{FileLedger, NewCase, Seen};
use zhenma::code;
use zhenma::evidence::check::{self, Published};
use zhenma::evidence::port::EvidenceLedger;
use zhenma::media::{MediaLedger, MediaRow, MediaStore, Purpose, Sha256Hex};
use zhenma::registry::BatchRef;

use crate::faults::load::eventually;
use crate::http_browser::{Browser, both};
use crate::keys::zhenma;
use crate::staff_bed::StaffBed;

pub const DAY: jiff::civil::Date = date(2026, 11, 27);

fn by() -> By {
    By { login: "officer".to_owned(), ..By::shell(SystemClock.now()) }
}

/// A case with these facts.
pub async fn case(bed: &StaffBed, facts: Vec<Fact>) -> zhenma::cases::file::CaseFile {
    let new = NewCase {
        id: ids::new_id(SystemClock.now()),
        office: FIRST,
        title: "涉嫌销售假冒注册商标的白酒".to_owned(),
        ground: Ground::Inspection,
        lead: None,
        region: 4116,
        found_on: DAY,
        today: DAY,
        facts,
    };
    bed.parts.ledger.open_case(&new, &by()).await.expect("opened")
}

/// The package of a case that an officer asked for, when it is built.
pub async fn built(bed: &StaffBed, case: &str) -> Value {
    let path = format!("/api/v1/officer/cases/{case}/evidence");
    let (status, asked) = bed.send(bed.program("officer", Method::POST, &path)).await;
    assert_eq!(status, 202, "{asked}");
    eventually("a package of evidence is built", || async {
        bed.get("officer", &path).await[0]["state"] == "ready"
    })
    .await;
    bed.get("officer", &path).await[0].clone()
}

/// A case and a package of it, for those who try every route.
pub async fn packed(bed: &StaffBed) -> (String, String) {
    let case = case(bed, Vec::new()).await.id.to_string();
    let package = built(bed, &case).await;
    (case, package["id"].as_str().expect("an id").to_owned())
}

pub async fn taken(bed: &StaffBed, case: &str, package: &Value) -> Vec<u8> {
    let id = package["id"].as_str().expect("an id");
    let path = format!("/api/v1/officer/cases/{case}/evidence/{id}");
    let response = bed.program("auditor", Method::GET, &path).send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/zip");
    response.bytes().await.expect("bytes").to_vec()
}

/// `zhenma evidence verify` with the published sets of a bed.
pub async fn verified(bed: &StaffBed, folder: &Path, package: &Path) -> Output {
    let mut arguments = vec!["--json".to_owned(), "evidence".into(), "verify".into()];
    arguments.push(package.to_string_lossy().into_owned());
    for name in ["office-jwks.json", "jwks.json"] {
        let found = bed.ask(Method::GET, &format!("/.well-known/{name}")).send().await;
        let file = folder.join(name);
        fs::write(&file, found.expect("an answer").bytes().await.expect("bytes")).expect("written");
        arguments.extend(["--keys".to_owned(), file.to_string_lossy().into_owned()]);
    }
    zhenma(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), b"")
}

/// A small photo, kept as an officer's.
async fn photo(bed: &StaffBed) -> String {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8, y as u8, 90]))
        .write_to(&mut bytes, image::ImageFormat::Jpeg)
        .expect("a picture");
    let store = MediaStore::at(zhenma::app::paths::media(&bed.parts.settings.data));
    let photo = store.intake(bytes.get_ref().clone(), None).await.expect("a photo");
    let original = store.put(bytes.into_inner()).await.expect("kept");
    let row = MediaRow {
        original,
        shown: original,
        kind: photo.kind,
        bytes: 1,
        shown_bytes: 1,
        width: 64,
        height: 48,
        exif: photo.exif,
        purpose: Purpose::Office,
        added_at: SystemClock.now(),
        added_by: "officer".to_owned(),
    };
    bed.parts.ledger.add_media(&row, &by()).await.expect("added");
    original.to_string()
}

/// A case with a label, a party, a photo, and a note that was taken back; its visit.
async fn full_case(bed: &StaffBed) -> (zhenma::cases::file::CaseFile, Value) {
    let batch = bed.batch(3).await;
    let text = bed.codes(&batch).await.remove(0);
    let scan = json!({"code": text, "scan_id": "0197b1c2-0000-7000-8000-000000000001"});
    bed.send(bed.ask(Method::POST, "/api/v1/scans").json(&scan)).await;
    let payload = code::read(&text).expect("a code").payload;
    eventually("the scan is followed", || async {
        use zhenma::scan::ledger::ScanLedger;
        let scans = bed.parts.ledger.scans_of(&payload.to_bytes(), 9).await;
        scans.expect("read").len() == 1
    })
    .await;
    let id = BatchRef { key: payload.key, batch: payload.batch };
    let party = Party {
        role: PartyRole::Respondent,
        name: "鹿邑县某烟酒店".to_owned(),
        uscc: String::new(),
        contact: String::new(),
        address: "鹿邑县真源大道".to_owned(),
        note: String::new(),
    };
    let officer = bed.person("officer").await;
    let begun = crate::visits::visit("鹿邑县某烟酒店");
    let checked = crate::visits::check(&begun, &text, "seen_before");
    let states = crate::visits::states(&officer, &[begun.clone(), checked]).await;
    assert_eq!(states.len(), 2);
    let visit = begun["id"].as_str().expect("an id").parse().expect("a UUID");
    let media = photo(bed).await;
    let note = PhotoNote { media, caption: "货架".to_owned(), shows: "shelf".to_owned() };
    let facts = vec![
        Fact::Unit(CaseUnit::of(&payload, id, 0)),
        Fact::Party(party),
        Fact::Photo(note),
        Fact::Visit { visit },
        Fact::Note { text: "有误的记录".to_owned() },
    ];
    let file = case(bed, facts).await;
    let wrong = file.entries().last().expect("the note").id;
    let seen = Seen { office: FIRST, case: file.id, seq: file.seq(), today: DAY };
    let back = [Fact::Withdrawn { entry: wrong, grounds: "记错".to_owned() }];
    (bed.parts.ledger.append(&seen, &back, &by()).await.expect("taken back"), begun)
}

#[tokio::test]
async fn a_case_leaves_the_office_as_a_package_that_proves_itself() {
    let bed = StaffBed::start().await;
    let (file, begun) = full_case(&bed).await;
    let case = file.id.to_string();
    let package = built(&bed, &case).await;
    let bytes = taken(&bed, &case, &package).await;
    assert_eq!(package["bytes"], bytes.len());
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("p.zip");
    fs::write(&path, &bytes).expect("written");
    let out = verified(&bed, folder.path(), &path).await;
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert_eq!(out.status.code(), Some(0), "{said}");
    let said: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(said["outcome"], "good");
    let statement = &said["statement"];
    assert_eq!(statement["made_by"]["login"], "officer");
    assert_eq!(statement["case"]["entries"], file.seq());
    assert_eq!(statement["key"], "office-1");
    assert!(!statement["left_out"].as_array().expect("a list").is_empty());
    // A number of the label's own network is nowhere in it, nor is a device's tag.
    let unpacked = folder.path().join("unpacked");
    by_hand::unpack(&path, &unpacked);
    let read = |name: &str| fs::read_to_string(unpacked.join(name)).expect(name);
    let entries: Value = serde_json::from_str(&read("case.json")).expect("JSON");
    let entries = entries["entries"].as_array().expect("a list").clone();
    let taken_back: Vec<_> = entries.iter().filter(|e| e["stands"] == false).collect();
    assert_eq!(taken_back.len(), 1, "what was taken back is there, and says so");
    let custody = read("custody.csv");
    for line in ["evidence.want", "media.add,photo ", "entry.visit"] {
        assert!(custody.contains(line), "{line} of {custody}");
    }
    assert_eq!(read("scans.csv").lines().count(), 2, "its head and one scan");
    by_hand::checks_out(&unpacked, None);
    // The code that was scanned on the spot brings the label's signature, and each
    // record its clocks.
    let holds = said["holds"].to_string();
    assert!(holds.contains("1 signatures hold, 0 do not, 0 labels"), "{holds}");
    let clocks: Value = serde_json::from_str(&read("clock.json")).expect("JSON");
    assert_eq!(clocks["phones"].as_array().expect("a list").len(), 2);
    assert!(clocks["phones"][0]["phone_ahead_ms"].is_i64(), "{clocks}");
    // The same state is the same package, whoever asks.
    let path = format!("/api/v1/officer/cases/{case}/evidence");
    let (_, again) = bed.send(bed.program("supervisor", Method::POST, &path)).await;
    assert_eq!(again["id"], package["id"]);
    let seen = Seen { office: FIRST, case: file.id, seq: file.seq(), today: DAY };
    let note = [Fact::Note { text: "补充".to_owned() }];
    bed.parts.ledger.append(&seen, &note, &by()).await.expect("noted");
    let next = built(&bed, &case).await;
    assert_ne!(next["id"], package["id"], "another state is another package");
    // So is a later record of a visit, though it adds no entry.
    let words = json!({"visit": begun["id"], "text": "店主补充说明进货渠道"});
    let officer = bed.person("officer").await;
    crate::visits::states(&officer, &[crate::visits::record("note", &words)]).await;
    let later = built(&bed, &case).await;
    assert_ne!(later["id"], next["id"]);
    assert_eq!(later["entries"], next["entries"]);
    assert!(has(&taken(&bed, &case, &later).await, "店主补充说明进货渠道"));
    assert_eq!(built(&bed, &case).await["id"], later["id"]);
    // Who took it is in the trail.
    let trail = bed.parts.ledger.trail_of(&[format!("case {}", file.id)]).await.expect("the trail");
    let by_whom = |action: &str| {
        let rows = trail.iter().filter(|row| row.action == action);
        rows.map(|row| row.login.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(by_whom("evidence.take"), ["auditor", "auditor"]);
    assert_eq!(by_whom("evidence.built"), ["worker", "worker", "worker"]);
}

#[tokio::test]
async fn the_page_of_a_case_shows_its_packages_to_those_of_the_office() {
    let bed = StaffBed::start().await;
    let case = case(&bed, Vec::new()).await.id.to_string();
    let path = format!("/officer/cases/{case}/evidence");
    let officer = bed.person("officer").await;
    assert!(officer.page(&path).await.contains("制作证据包"));
    let asked = officer.post(&path, &[]).await;
    assert_eq!(asked.status(), 303);
    eventually("the page offers the package", || async {
        officer.page(&path).await.contains(".zip\" download")
    })
    .await;
    assert!(officer.page(&path).await.contains("office-1"));
    let asked = officer.post(&path, &[]).await;
    assert!(
        officer.page(&crate::staff_bed::location(&asked)).await.contains("同一状态只有一个证据包")
    );
    let auditor = bed.person("auditor").await;
    assert!(!auditor.page(&path).await.contains("<button>制作"), "who reads asks for none");
    let other = "/officer/cases/0197b1c2-0000-7000-8000-000000000001/evidence";
    assert_eq!(officer.get(other).await.status(), 404);
}

#[tokio::test]
async fn the_page_of_packages_has_no_violation_of_axe() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let empty = case(&bed, Vec::new()).await.id.to_string();
    let (file, _) = full_case(&bed).await;
    let id = file.id.to_string();
    let first = built(&bed, &id).await;
    taken(&bed, &id, &first).await;
    let seen = Seen { office: FIRST, case: file.id, seq: file.seq(), today: DAY };
    let note = [Fact::Note { text: "补充".to_owned() }];
    bed.parts.ledger.append(&seen, &note, &by()).await.expect("noted");
    built(&bed, &id).await;
    let pages = both(&[
        ("evidence_none", format!("/officer/cases/{empty}/evidence")),
        ("evidence", format!("/officer/cases/{id}/evidence")),
        ("evidence_same", format!("/officer/cases/{id}/evidence?same=1")),
    ]);
    let officer = bed.person("officer").await;
    browser.look(&bed.base, Some(&officer.cookie()), &pages).await;
}

#[tokio::test]
async fn what_cannot_be_built_says_why_and_is_tried_again() {
    let bed = StaffBed::start().await;
    let media = photo(&bed).await;
    let hash = Sha256Hex::parse(&media).expect("a hash");
    let note = PhotoNote { media, caption: "x".to_owned(), shows: String::new() };
    let file = case(&bed, vec![Fact::Photo(note)]).await;
    // Somebody changes the photo on the disk.
    let path = MediaStore::at(zhenma::app::paths::media(&bed.parts.settings.data)).path(&hash);
    fs::write(path, b"another").expect("written");
    let path = format!("/api/v1/officer/cases/{}/evidence", file.id);
    bed.send(bed.program("officer", Method::POST, &path)).await;
    eventually("the problem is told", || async {
        let listed = bed.get("officer", &path).await;
        listed[0]["problem"].as_str().is_some_and(|says| says.contains("is not what was taken in"))
    })
    .await;
    let id = bed.get("officer", &path).await[0]["id"].as_str().expect("an id").to_owned();
    let get = bed.program("officer", Method::GET, &format!("{path}/{id}"));
    assert_eq!(bed.send(get).await.0, 404, "nothing half made is handed out");
}

/// Runs a shell line in a folder.
fn shell(folder: &Path, line: &str) -> Output {
    Command::new("bash")
        .args(["-c", &format!("set -o pipefail; {line}")])
        .current_dir(folder)
        .output()
        .expect("a shell")
}

/// Whether a package has a file of that name.
fn has(bytes: &[u8], name: &str) -> bool {
    bytes.windows(name.len()).any(|part| part == name.as_bytes())
}

fn checked(bytes: &[u8], published: &Published) -> check::Report {
    check::check(bytes, published)
}
