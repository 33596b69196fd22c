//! Drills with real processes: a backup under load, everything destroyed,
//! restored, and compared with the buyers' own record.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use zhenma::scan::CodeId;

use crate::kills::{Buyers, ask, check};
use crate::site::{Site, kill};
use crate::store_contract::bed::Dice;

const DEADLINE: Duration = Duration::from_secs(60);

fn data(site: &Site) -> PathBuf {
    site.file("data").into()
}

fn run(site: &Site, words: &[&str]) -> Output {
    site.command(words).output().expect("zhenma runs")
}

fn backup(site: &Site, name: &str) -> String {
    let file = site.file(name);
    site.shell(&["backup", "--passphrase-file", &site.file("passphrase"), &file]);
    file
}

fn restore(site: &Site, file: &str, more: &[&str]) -> Output {
    let passphrase = site.file("passphrase");
    let words = ["restore", "--passphrase-file", &passphrase, file];
    run(site, &[&words[..], more].concat())
}

fn said(done: &Output) -> String {
    String::from_utf8_lossy(&done.stderr).into_owned()
}

fn recall(site: &Site) {
    site.shell(&[
        "batch",
        "recall",
        "--batch",
        "1-1",
        "--range",
        "7",
        "--reason-zh",
        "标签错印",
        "--reason-en",
        "wrong label",
        "--remedy-zh",
        "请退回",
        "--remedy-en",
        "return it",
    ]);
}

/// Asks every scan of the record once more; the last answer's outcome by code.
async fn ask_again(site: &Site, record: &[(CodeId, Value)]) {
    let client = reqwest::Client::new();
    let url = format!("http://127.0.0.1:{}/api/v1/scans", site.port);
    for (_, body) in record {
        let begun = Instant::now();
        while !ask(&client, &url, body).await {
            assert!(begun.elapsed() < DEADLINE, "no answer; the log:\n{}", site.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

async fn is_recalled(site: &Site) {
    let client = reqwest::Client::new();
    let url = format!("http://127.0.0.1:{}/api/v1/scans", site.port);
    let body = serde_json::json!({"code": site.labels[7].1, "channel": "consumer"});
    let answer = client.post(url).json(&body).send().await.expect("answered");
    let answer: Value = answer.json().await.expect("JSON");
    assert_eq!(answer["outcome"], "withdrawn", "{answer}");
}

async fn counts(site: &Site) -> HashMap<CodeId, u64> {
    let state = site.state().await;
    let mut counts = HashMap::new();
    for (code, _) in &site.labels {
        let count = state.peek(*code).await.expect("read").count();
        if count > 0 {
            counts.insert(*code, count);
        }
    }
    counts
}

fn of_each(record: &[(CodeId, Value)]) -> HashMap<CodeId, u64> {
    let mut counts = HashMap::new();
    for (code, _) in record {
        *counts.entry(*code).or_default() += 1;
    }
    counts
}

fn nothing_to_mend(site: &Site) {
    let done = run(site, &["doctor"]);
    let says = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{says}");
}

/// Every scan of `before` is there once, in histories and ledger, and none
/// that the buyers have not made.
async fn has_what_was_acknowledged(
    site: &mut Site,
    before: &[(CodeId, Value)],
    all: &HashMap<CodeId, u64>,
) {
    let restored = counts(site).await;
    for (code, scans) in of_each(before) {
        let has = restored.get(&code).copied().unwrap_or(0);
        assert!(has >= scans, "label {}: {has} scans of {scans}", code.number);
    }
    for (code, scans) in &restored {
        assert!(scans <= &all[code], "label {}: more scans than were made", code.number);
    }
    site.start_serve();
    site.start_worker();
    ask_again(site, before).await;
    check(site, &restored).await;
    is_recalled(site).await;
    nothing_to_mend(site);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_has_every_scan_that_was_acknowledged_before_it() {
    let mut site = Site::new("embedded");
    recall(&site);
    site.start_serve();
    site.start_worker();
    let buyers = Buyers::start(&site);
    buyers.progress(300, &site).await;
    let before = buyers.so_far();
    let file = tokio::task::block_in_place(|| backup(&site, "backup.age"));
    buyers.progress(100, &site).await;
    let all = buyers.finish().await;
    eprintln!("{} scans before, {} in all", before.len(), all.values().sum::<u64>());
    kill(&mut site.serve);
    kill(&mut site.worker);
    std::fs::remove_dir_all(data(&site)).expect("destroyed");
    let done = restore(&site, &file, &[]);
    assert!(done.status.success(), "{}", said(&done));
    has_what_was_acknowledged(&mut site, &before, &all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_is_spoilt_is_refused_and_leaves_nothing() {
    let site = Site::new("embedded");
    let file = backup(&site, "backup.age");
    let bytes = std::fs::read(&file).expect("read");
    assert!(!restore(&site, &file, &[]).status.success(), "the place is not empty");
    let again = run(&site, &["backup", "--passphrase-file", &site.file("passphrase"), &file]);
    assert!(said(&again).contains("is there already"), "{}", said(&again));
    assert_eq!(
        std::fs::read_dir(site.folder()).expect("read").flatten().filter(is_partial).count(),
        0
    );
    std::fs::remove_dir_all(data(&site)).expect("destroyed");

    let spoilt = site.file("spoilt.age");
    let (mut dice, length) = (Dice(20_261_128), bytes.len());
    let at = |dice: &mut Dice| usize::try_from(dice.roll(length as u64)).expect("small");
    for round in 0..16 {
        let mut bytes = bytes.clone();
        let place = at(&mut dice);
        if round % 2 == 0 {
            bytes[place] ^= 1 << dice.roll(8);
        } else {
            bytes.truncate(if round == 1 { length - 1 } else { place });
        }
        std::fs::write(&spoilt, bytes).expect("written");
        let done = restore(&site, &spoilt, &[]);
        assert_eq!(done.status.code(), Some(2), "byte {place} of {length}, round {round}");
        let left: Vec<_> = std::fs::read_dir(data(&site)).expect("read").flatten().collect();
        assert!(left.is_empty(), "{left:?}");
    }
    let wrong = site.file("wrong");
    std::fs::write(&wrong, "not the one").expect("written");
    let done = run(&site, &["restore", "--passphrase-file", &wrong, &file]);
    assert!(said(&done).contains("cannot be opened"), "{}", said(&done));
    let done = restore(&site, &file, &[]);
    assert!(done.status.success(), "{}", said(&done));
    site.shell(&["batch", "show", "1-1"]);
}

fn is_partial(entry: &std::fs::DirEntry) -> bool {
    entry.path().extension().is_some_and(|ending| ending == "partial")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_that_was_killed_is_not_used_and_is_begun_again() {
    let site = Site::new("embedded");
    let file = backup(&site, "backup.age");
    std::fs::remove_dir_all(data(&site)).expect("destroyed");
    let passphrase = site.file("passphrase");
    let mut dice = Dice(20_261_129);
    let partial = data(&site).join("restore.partial");
    let mut killed = 0;
    for _ in 0..30 {
        let mut restoring = site
            .command(&["restore", "--passphrase-file", &passphrase, &file])
            .stderr(Stdio::null())
            .spawn()
            .expect("zhenma runs");
        let begun = Instant::now();
        while !partial.exists() && restoring.try_wait().expect("a child").is_none() {
            assert!(begun.elapsed() < DEADLINE);
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_micros(dice.roll(40_000)));
        let _ = restoring.kill();
        restoring.wait().expect("ended");
        if !partial.exists() {
            // It was faster, and all is there.
            site.shell(&["batch", "show", "1-1"]);
            std::fs::remove_dir_all(data(&site)).expect("destroyed");
            continue;
        }
        killed += 1;
        for words in [&["serve"][..], &["worker"], &["batch", "list"], &["backup", "x"]] {
            let words = if words[0] == "backup" {
                ["backup", "--passphrase-file", &passphrase, "x"].to_vec()
            } else {
                words.to_vec()
            };
            let done = run(&site, &words);
            assert_eq!(done.status.code(), Some(2), "{words:?}");
            assert!(said(&done).contains("did not end"), "{}", said(&done));
        }
        let doctor = run(&site, &["doctor"]);
        assert!(String::from_utf8_lossy(&doctor.stdout).contains("did not end"));
        if killed == 3 {
            break;
        }
    }
    assert_eq!(killed, 3, "none of them was killed in between");
    let done = restore(&site, &file, &[]);
    assert!(done.status.success(), "{}", said(&done));
    site.shell(&["batch", "show", "1-1"]);
    assert!(!Path::new(&partial).exists());
}
