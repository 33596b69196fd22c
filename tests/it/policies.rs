//! A policy's way: added in the shell, replayed over the recorded scans, signed
//! off by an officer, and in force at once everywhere.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use zhenma::scan::Outcome;
use zhenma::scan::judge::Policy;
use zhenma::scan::ledger::ScanLedger;

use crate::consoles::{scanned_around, scanned_by};
use crate::faults::load::eventually;
use crate::staff_bed::StaffBed;

/// Runs `zhenma policy` on the ledger of a bed, which works on meanwhile: exit code,
/// objects, errors.
fn policy(bed: &StaffBed, args: &[&str]) -> (i32, Vec<Value>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zhenma"));
    command
        .env("ZHENMA_LEDGER", &bed.parts.settings.ledger)
        .args(["--json", "policy", "--data"])
        .arg(&bed.parts.settings.data)
        .args(args);
    let out = tokio::task::block_in_place(|| command.output()).expect("runs");
    let text = String::from_utf8(out.stdout).expect("text");
    let lines = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    (out.status.code().expect("ended"), lines, String::from_utf8_lossy(&out.stderr).into_owned())
}

/// The shipped policy under another name and other bounds, as a file.
fn written(bed: &StaffBed, name: &str, suspect: f64, lead: f64) -> String {
    let mut body: Value = serde_json::from_str(Policy::SHIPPED_TEXT).expect("JSON");
    body["name"] = json!(name);
    body["suspect_risk"] = json!(suspect);
    body["lead_risk"] = json!(lead);
    let path = bed.parts.settings.data.join(format!("{name}.json"));
    fs::write(&path, body.to_string()).expect("written");
    path.to_str().expect("a path").to_owned()
}

/// Adds a stricter policy and compares it.
pub fn compared(bed: &StaffBed) {
    let file = written(bed, "strict-1", 0.02, 0.01);
    assert_eq!(policy(bed, &["add", &file, "--by", "administrator"]).0, 0);
    assert_eq!(policy(bed, &["compare", "strict-1"]).0, 0);
}

async fn stricter_by(bed: &StaffBed) -> String {
    let batch = bed.batch(3).await;
    let codes = bed.codes(&batch).await;
    // One that is suspect anyway, and one of which too little is known yet.
    assert_eq!(scanned_around(&bed.parts.scanner, &codes[0]).await, Outcome::Suspect);
    assert_eq!(scanned_by(&bed.parts.scanner, &codes[1], 6).await, Outcome::SeenBefore);
    codes[1].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_is_added_compared_signed_off_and_decides() {
    let bed = StaffBed::start().await;
    let code = stricter_by(&bed).await;
    let serial = zhenma::code::read(&code).expect("a code").payload.serial_text();
    let officer = bed.person("supervisor").await;
    eventually("the scans are followed", || async {
        officer.page(&format!("/officer/codes/{serial}")).await.contains("手机3")
    })
    .await;

    let file = written(&bed, "strict-1", 0.02, 0.01);
    let (exit, _, said) = policy(&bed, &["add", &file, "--by", "nobody"]);
    assert!(exit == 2 && said.contains("by: \"nobody\""), "{said}");
    let (exit, _, said) = policy(&bed, &["add", &written(&bed, "bad", 2.0, 0.1), "--by", "member"]);
    assert!(exit == 2 && said.contains("suspect_risk"), "{said}");
    assert_eq!(policy(&bed, &["add", &file, "--by", "administrator"]).0, 0);
    assert_eq!(policy(&bed, &["add", &file, "--by", "administrator"]).1[0]["added"], false);
    let other = written(&bed, "strict-1", 0.03, 0.01);
    let (exit, _, said) = policy(&bed, &["add", &other, "--by", "administrator"]);
    assert!(exit == 2 && said.contains("another policy"), "{said}");

    // Before it was compared nobody signs it.
    let form = [("policy", "strict-1"), ("effective_at", ""), ("note", "旺季前收紧")];
    let refused = officer.post("/officer/policies", &form).await;
    assert_eq!(refused.status(), 422);
    assert!(refused.text().await.expect("text").contains("还没有和现行规则对比"));
    let (exit, found, said) = policy(&bed, &["compare", "strict-1"]);
    assert_eq!(exit, 0, "{said}");
    assert_eq!(found[0]["suspect_more"], json!({"count": 1, "serials": [serial]}), "{found:?}");
    assert_eq!(found[0]["suspect_fewer"]["count"], 0);
    assert_eq!((&found[0]["scans"], &found[0]["codes"]), (&json!(32), &json!(2)));
    let page = officer.page("/officer/policies").await;
    assert!(page.contains("多显示可疑 <b>1</b>") && page.contains(&serial), "{page}");

    let past = [("policy", "strict-1"), ("effective_at", "2020-01-01T00:00"), ("note", "x")];
    assert_eq!(officer.post("/officer/policies", &past).await.status(), 422);
    assert_eq!(scanned_by(&bed.parts.scanner, &code, 6).await, Outcome::SeenBefore);
    assert_eq!(officer.post("/officer/policies", &form).await.status(), 303);
    let page = officer.page("/officer/policies").await;
    assert!(page.contains("<b>现行</b>") && page.contains("旺季前收紧"), "{page}");
    // A scan that is repeated now is judged by what decides now; those that
    // were made before it were not.
    let look = officer.page(&format!("/officer/codes/{serial}")).await;
    assert!(look.contains("strict-1 @") && look.contains("标签可疑"), "{look}");

    let (exit, listed, said) = policy(&bed, &["list"]);
    assert_eq!(exit, 0, "{said}");
    let state = |name: &str| listed.iter().find(|p| p["policy"] == name).expect("it is listed");
    assert_eq!(state("strict-1")["decides"], true);
    assert_eq!(state(&Policy::shipped().name)["decides"], false);
    // Back again: what came with the software is signed like any other.
    let shipped = &*Policy::shipped().name;
    let (exit, found, said) = policy(&bed, &["compare", shipped]);
    assert_eq!(exit, 0, "{said}");
    assert_eq!(found[0]["suspect_fewer"]["count"], 1);
    let back = [("policy", shipped), ("effective_at", ""), ("note", "误报多")];
    assert_eq!(officer.post("/officer/policies", &back).await.status(), 303);
    let look = officer.page(&format!("/officer/codes/{serial}")).await;
    assert!(look.contains(&format!("{shipped} @")), "{look}");
}

/// A label of an exhibition: explained it is calm, and it goes on being watched.
#[tokio::test]
async fn an_explained_cause_calms_a_code_and_taken_back_it_is_open_again() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(3).await;
    let code = bed.codes(&batch).await.remove(0);
    let serial = zhenma::code::read(&code).expect("a code").payload.serial_text();
    assert_eq!(scanned_around(&bed.parts.scanner, &code).await, Outcome::Suspect);
    let officer = bed.person("supervisor").await;
    let listed = async || officer.page("/officer/").await.contains(&format!("/codes/{serial}\""));
    eventually("the code is flagged", || async { listed().await }).await;

    let page = format!("/officer/codes/{serial}");
    let causes = format!("{page}/causes");
    let day = |days: i64| {
        let at = bed.parts.clock.now().plus_ms(days * 86_400_000);
        let at = jiff::Timestamp::from_millisecond(at.0).expect("an instant");
        let local = at.to_zoned_datetime(bed.parts.settings.zone());
        local.strftime("%Y-%m-%dT%H:%M").to_string()
    };
    let (from, until, far) = (day(-40), day(1), day(500));
    let form = |until: &str, place: &str, note: &str| {
        [
            ("kind", "exhibition"),
            ("from", &*from),
            ("until", until),
            ("place", place),
            ("note", note),
        ]
        .map(|(name, value)| (name, value.to_owned()))
    };
    for (until, place, note, says) in [
        (&*far, "0", "展销会", "请填结束时间"),
        ("2020-01-01T00:00", "0", "展销会", "请填结束时间"),
        ("soon", "0", "展销会", "请填结束时间"),
        (&*until, "9999", "展销会", "请从列表中选择"),
        (&*until, "0", " ", "请写明依据"),
    ] {
        let fields = form(until, place, note);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
        let refused = officer.post(&causes, &fields).await;
        assert_eq!(refused.status(), 422, "{until} {place} {note}");
        let said = refused.text().await.expect("text");
        assert!(said.contains(says) && said.contains("<details open>"), "{said}");
    }
    // Of another place it explains nothing: the flag stays.
    let record = async |place: &str| {
        let fields = form(&until, place, "县展销会展品");
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
        assert_eq!(officer.post(&causes, &fields).await.status(), 303);
    };
    record("5400").await;
    assert!(officer.page(&page).await.contains("标签可疑"));
    record("0").await;
    let calm = officer.page(&page).await;
    assert!(!calm.contains("标签可疑") && calm.contains("商品展示或展销"), "{calm}");
    eventually("nothing is left of its lead", || async {
        let list = officer.page("/officer/").await;
        list.contains("这里没有线索") && list.contains("已了结 <b>1</b>")
    })
    .await;
    // Whoever scans it is told, and is not alarmed.
    assert_eq!(scanned_around(&bed.parts.scanner, &code).await, Outcome::SeenBefore);

    // Taken back, its scans count again and the flag is open.
    let id = calm.rsplit("/causes/").next().expect("an id").split('/').next().expect("an id");
    assert_eq!(officer.post(&format!("{causes}/{id}/lift"), &[]).await.status(), 303);
    assert_eq!(officer.post(&format!("{causes}/{id}/lift"), &[]).await.status(), 303);
    let page = officer.page(&page).await;
    assert!(page.contains("标签可疑") && page.contains("已撤销 supervisor"), "{page}");
    eventually("it is on the list again", || async { listed().await }).await;
}

/// Waits until every code has so many scans in the ledger.
async fn followed(bed: &StaffBed, codes: &[String], scans: u32) {
    for code in codes {
        let payload = zhenma::code::read(code).expect("a code").payload.to_bytes();
        eventually("its scans are in the ledger", || async {
            let found = bed.parts.ledger.scans_of(&payload, scans).await.expect("read");
            found.len() == scans as usize
        })
        .await;
    }
}

/// The field unlike the streams that the policy was fitted to, and an officer
/// who finds in order what was accused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drift_is_told_from_the_scans_and_from_what_officers_find() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(40).await;
    let codes = bed.codes(&batch).await;
    for code in &codes[..3] {
        assert_eq!(scanned_around(&bed.parts.scanner, code).await, Outcome::Suspect);
    }
    let officer = bed.person("supervisor").await;
    eventually("three are flagged", || async {
        officer.page("/officer/").await.contains("0至2号之间有3枚标签")
    })
    .await;
    // Flags are raised before the rows of their scans are written.
    followed(&bed, &codes[..3], 26).await;
    let (exit, found, said) = policy(&bed, &["drift"]);
    let share = |found: &Value, name: &str| {
        let shares = found["shares"].as_array().expect("shares").clone();
        shares.into_iter().find(|line| line["share"] == name).expect("it is told")
    };
    // Three codes say little, and yet no stream has so many that are suspect.
    assert_eq!(exit, 1, "{said} {found:?}");
    assert_eq!(share(&found[0], "suspect")["observed"]["count"], 3);
    assert_eq!(share(&found[0], "suspect")["drifted"], true);
    assert_eq!(share(&found[0], "several")["drifted"], false, "{found:?}");
    for (code, decision) in codes.iter().zip(["genuine", "genuine", "copied"]) {
        let serial = zhenma::code::read(code).expect("a code").payload.serial_text();
        let fields = [("decision", decision), ("note", "现场核对")];
        officer.post(&format!("/officer/codes/{serial}/decide"), &fields).await;
    }
    for code in &codes[3..40] {
        scanned_by(&bed.parts.scanner, code, 1).await;
    }
    followed(&bed, &codes[3..40], 1).await;
    let (_, found, _) = policy(&bed, &["drift"]);
    assert_eq!(share(&found[0], "several")["observed"]["of"], 40);
    assert_eq!(share(&found[0], "several")["drifted"], true, "three of forty are too few");
    assert_eq!(found[0]["accused_in_order"]["count"], 2);
    let risks = found[0]["risks"].as_array().expect("risks");
    let accused = risks.last().expect("a line");
    assert_eq!((&accused["copied"]["count"], &accused["copied"]["of"]), (&json!(1), &json!(3)));
    assert_eq!(accused["drifted"], true, "one of three is not what 97 % promises: {accused}");
}
