//! `zhenma batch scanned` and `batch list --key`: what a night of a wrong clock, or of a
//! key that somebody has, concerns.

use std::path::Path;

use zhenma::base::UnixMs;
use zhenma::scan::across::Changes;
use zhenma::scan::ledger::ScanLedger;
use zhenma::scan::{Cursor, Entry, LogId, Observation, Tag48};

use crate::ledger_bed;
use crate::site::Site;
use crate::store_contract::bed;

/// 2026-11-28T01:00:00+08:00.
const ONE: i64 = 1_795_798_800_000;

fn lines(site: &Site, words: &[&str]) -> Vec<serde_json::Value> {
    let done = site.command(words).arg("--json").output().expect("zhenma runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = String::from_utf8(done.stdout).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect()
}

#[tokio::test]
async fn what_was_scanned_between_two_instants_is_told_by_batch() {
    let site = Site::new("embedded");
    let path = site.file("data/ledger.sqlite");
    let ledger = ledger_bed::open(Path::new(&path), UnixMs(0)).await.expect("opens");
    let minutes = [(0_usize, -1), (0, 0), (1, 30), (1, 89), (2, 90)];
    let entries: Vec<Entry> = minutes
        .into_iter()
        .zip(1..)
        .map(|((label, minute), major)| Entry {
            cursor: Cursor { major, minor: 0 },
            code: site.labels[label].0,
            seen: Observation {
                scan: Tag48::new(major),
                at: UnixMs(ONE + minute * 60_000),
                ..bed::scan(major)
            },
        })
        .collect();
    ledger.append(LogId([1; 16]), &entries, &Changes::default(), 0).await.expect("appended");
    ledger.close().await;
    let from = "2026-11-28T01:00:00+08:00";
    let scanned = |to: &str| {
        let words = ["batch", "scanned", "--from", from, "--to", to];
        lines(&site, &words)
    };
    let told = serde_json::json!({"batch": "1-1", "scans": 3, "labels": 2});
    assert_eq!(scanned("2026-11-28T02:30:00+08:00"), [told]);
    let done = site.command(&["batch", "scanned", "--from", from, "--to", from]).output();
    assert_eq!(done.expect("zhenma runs").status.code(), Some(2));
}

#[test]
fn batches_of_one_key_are_listed_alone() {
    let site = Site::new("embedded");
    site.shell(&["key", "new", "--issuer", "宋河"]);
    let add = ["batch", "add", "--product", "6900000001011", "--lot", "L2"];
    site.shell(&[&add[..], &["--made", "2026-11-02", "--count", "5"]].concat());
    let of = |words: &[&str]| -> Vec<String> {
        let listed = lines(&site, &[&["batch", "list"], words].concat());
        listed.iter().map(|batch| batch["batch"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(of(&["--key", "1"]), ["1-1"]);
    assert_eq!(of(&["--key", "2"]), ["2-1"]);
    assert_eq!(of(&[]).len(), 2);
}
