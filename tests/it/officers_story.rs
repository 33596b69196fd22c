//! From copies of a label in the stream of scans to a package of evidence that
//! stands up: `tests/browser/officers.mjs`, and other people's programs on what
//! left the office.

use std::fs;

use serde_json::{Value, json};

use crate::consoles::scanned_around;
use crate::evidence::{by_hand, verified};
use crate::faults::load::eventually;
use crate::http_browser::Browser;
use crate::need;
use crate::staff_bed::{PASSWORD, Person, StaffBed, office_signers};

/// Labels beside the copied one on the shelf.
const SHELF: usize = 5;

/// The phones' kit names the accused label before the officer sets out.
async fn kit(bed: &StaffBed) {
    eventually("the register knows the accused label", || async {
        !bed.parts.scanner.register.load().accused.is_empty()
    })
    .await;
    let kits = bed.parts.kits(office_signers());
    eventually("nothing is left to tell", || async { matches!(kits.make().await, Ok(None)) }).await;
}

#[tokio::test]
async fn a_copied_label_becomes_a_lead_a_visit_a_case_and_a_package_that_stands_up() {
    let Some(browser) = Browser::find() else { return };
    let used = ["unzip", "openssl", "sha256sum"];
    if used.iter().any(|program| need::program(program).is_none()) {
        return;
    }
    let bed = StaffBed::start().await;
    let batch = bed.batch(40).await;
    let codes = bed.codes(&batch).await;
    let copied = &codes[7];
    scanned_around(&bed.parts.scanner, copied).await;
    let officer = bed.person("officer").await;
    eventually("it is a lead", || async {
        officer.page("/officer/").await.contains("/officer/leads/")
    })
    .await;
    kit(&bed).await;

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("goods.json");
    let goods = json!({"password": PASSWORD, "copied": copied, "shelf": codes[20..20 + SHELF]});
    fs::write(&file, goods.to_string()).expect("written");
    let taken = folder.path().join("taken");
    fs::create_dir(&taken).expect("a folder");
    let paths = [&file, &taken].map(|path| path.to_string_lossy().into_owned());
    let arguments: Vec<_> = std::iter::once(bed.base.clone()).chain(paths).collect();
    let said = browser.run("officers.mjs", None, &arguments).await;
    let seen: Value = serde_json::from_str(said.trim()).expect("JSON");
    println!("{seen:#}");
    assert_eq!(seen["offline"]["shown"], "suspect", "{seen:#}");
    let statement = seen["statement"].as_str().expect("a statement");
    assert!(statement.contains(&format!("查验{}件", SHELF + 1)), "{statement}");

    let package = taken.join(seen["package"].as_str().expect("a name"));
    let bytes = fs::read(&package).expect("a package");
    let out = verified(&bed, folder.path(), &package).await;
    let report = String::from_utf8_lossy(&out.stdout).into_owned();
    assert_eq!(out.status.code(), Some(0), "{report}");
    let unpacked = folder.path().join("unpacked");
    by_hand::unpack(&package, &unpacked);
    by_hand::checks_out(&unpacked, None);
    let entries = fs::read_to_string(unpacked.join("case.json")).expect("the case");
    for words in ["李质检", "鹿邑县老街烟酒店", "予以立案", "counterfeit"] {
        assert!(entries.contains(words), "{words} is not in {entries}");
    }
    // A byte of every hundredth part is another: each is found.
    for part in 0..100 {
        let mut wrong = bytes.clone();
        let at = bytes.len() * part / 100;
        wrong[at] ^= 1 << (part % 8);
        fs::write(&package, &wrong).expect("written");
        let out = verified(&bed, folder.path(), &package).await;
        assert_ne!(out.status.code(), Some(0), "byte {at} was changed");
    }

    // What the office found is what the next buyer hears.
    let serial = zhenma::code::read(copied).expect("a code").payload.serial_text();
    let page = officer.page(&format!("/officer/codes/{serial}")).await;
    for words in ["<b>认定为复制</b>", "案件 2026-000001 · 假冒"] {
        assert!(page.contains(words), "the label's page does not say {words}");
    }
    let visit = officer.page(&officer_visit(&officer).await).await;
    assert!(visit.contains("签名有效") && !visit.contains("首次查询"), "a phone offline knew that");
    let (_, answer) = bed
        .send(
            bed.ask(reqwest::Method::GET, &format!("/{}", path(copied)))
                .header("accept", "application/json"),
        )
        .await;
    assert_eq!(answer["outcome"], "suspect", "{answer}");
}

/// The one visit of the office.
async fn officer_visit(officer: &Person<'_>) -> String {
    let list = officer.page("/officer/visits").await;
    let id = list.split("/officer/visits/").nth(1).expect("a visit");
    format!("/officer/visits/{}", id.split('"').next().expect("an id"))
}

/// The code in the address that a label carries.
fn path(code: &str) -> &str {
    code.rsplit('/').next().expect("a last part")
}
