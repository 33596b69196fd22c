//! Drills with real processes: a backup under load, everything destroyed,
//! restored, and compared with the buyers' own record.

mod nightly;
mod on_postgres;

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use age::secrecy::ExposeSecret;
use age::x25519;
use serde_json::Value;
use zhenma::scan::{CodeId, StateError};

use crate::kills::{Buyers, ask, check};
use crate::redis_server::{RedisCluster, RedisServer};
use crate::site::{Site, kill};
use crate::store_contract::bed::{Dice, scan, whole_log};

const DEADLINE: Duration = Duration::from_secs(60);

pub fn data(site: &Site) -> PathBuf {
    site.file("data").into()
}

pub fn run(site: &Site, words: &[&str]) -> Output {
    site.command(words).output().expect("zhenma runs")
}

/// Sealed for a key that is made for it.
pub fn backup(site: &Site, name: &str) -> String {
    let file = site.file(name);
    let identity = x25519::Identity::generate();
    std::fs::write(site.file("identity"), identity.to_string().expose_secret()).expect("written");
    site.shell(&["backup", "--recipient", &identity.to_public().to_string(), &file]);
    file
}

pub fn restore(site: &Site, file: &str, more: &[&str]) -> Output {
    let identity = site.file("identity");
    let words = ["restore", "--identity", &identity, file];
    run(site, &[&words[..], more].concat())
}

pub fn said(done: &Output) -> String {
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

/// The server answers; one that has just started may not yet.
pub async fn ready(site: &Site) {
    let url = format!("http://127.0.0.1:{}/readyz", site.port);
    let begun = Instant::now();
    while !reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
        assert!(begun.elapsed() < DEADLINE, "not ready; the log:\n{}", site.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
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

pub async fn counts(site: &Site) -> HashMap<CodeId, u64> {
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

pub fn nothing_to_mend(site: &Site) {
    let done = run(site, &["doctor"]);
    let says = String::from_utf8_lossy(&done.stdout);
    // The tests' own PostgreSQL writes nothing to the disk.
    let faults = says.lines().filter(|line| line.starts_with("fault"));
    let known = |line: &&str| line.contains("fsync");
    assert_eq!(faults.filter(|line| !known(line)).count(), 0, "{says}");
    assert!(done.status.success() || site.ledger() != "embedded", "{says}");
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
    check(site, &site.books(), &restored).await;
    is_recalled(site).await;
    nothing_to_mend(site);
}

/// A backup of `from` while buyers scan, all of it destroyed, restored into `to`.
async fn drill(from: &str, to: &str, destroy: impl Fn()) {
    drill_on((from, None), (to, None), destroy).await;
}

/// The same with a ledger that is named, too.
async fn drill_on(from: (&str, Option<String>), to: (&str, Option<String>), destroy: impl Fn()) {
    let mut site = Site::on(from.0, from.1);
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
    destroy();
    (site.scan_store, site.ledger) = (to.0.to_owned(), to.1);
    let done = restore(&site, &file, &[]);
    assert!(done.status.success(), "{}", said(&done));
    assert!(!String::from_utf8_lossy(&done.stdout).contains("put "), "the keys are there");
    is_the_store_that_was_followed(&site);
    has_what_was_acknowledged(&mut site, &before, &all).await;
}

/// Of a store that holds what the former one held nobody need be told.
fn is_the_store_that_was_followed(site: &Site) {
    let says = String::from_utf8_lossy(&run(site, &["doctor"]).stdout).into_owned();
    assert!(says.contains("scan_log") && !says.contains("is not the one that was"), "{says}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_has_every_scan_that_was_acknowledged_before_it() {
    drill("embedded", "embedded", || ()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_the_embedded_store_is_restored_into_redis() {
    let Some(redis) = RedisServer::start() else { return };
    drill("embedded", &redis.url(), || ()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_redis_is_restored_into_redis() {
    let Some(redis) = RedisServer::start() else { return };
    drill(&redis.url(), &redis.url(), || redis.command("FLUSHALL")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_cluster_is_restored_into_the_embedded_store() {
    let Some(cluster) = RedisCluster::start() else { return };
    let flush = || cluster.nodes.iter().for_each(|node| node.command("FLUSHALL"));
    drill(&cluster.url(), "embedded", flush).await;
}

/// What a code has in the log beyond the 64 that its history remembers is not
/// counted twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_scanned_very_often_is_backed_up_as_it_is() {
    let Some(redis) = RedisServer::start() else { return };
    let mut site = Site::new(&redis.url());
    let state = site.state().await;
    for (at, n) in [(0_u64, 200_u64), (1, 1), (2, 3), (3, 65)] {
        let (code, _) = site.labels[usize::try_from(at).expect("small")];
        for n in 0..n {
            state.record(code, scan(at * 1_000 + n)).await.expect("recorded");
        }
    }
    let codes: Vec<CodeId> = site.labels.iter().map(|(code, _)| *code).collect();
    let before = state.peek_all(&codes).await;
    let file = backup(&site, "backup.age");
    assert!(redis.command::<Vec<String>>("KEYS zm:*:hold").is_empty(), "let go");
    std::fs::remove_dir_all(data(&site)).expect("destroyed");
    "embedded".clone_into(&mut site.scan_store);
    let done = restore(&site, &file, &[]);
    assert!(done.status.success(), "{}", said(&done));
    let restored = site.state().await;
    assert_eq!(restored.peek_all(&codes).await, before);
    assert_eq!(whole_log(&*restored).await.len(), 269);
}

#[test]
fn what_is_being_made_is_in_no_backup() {
    let site = Site::new("embedded");
    let package = data(&site).join("packages/7");
    std::fs::create_dir_all(package.join(".spares-1-0")).expect("made");
    std::fs::write(package.join("1.zip.age"), "sealed").expect("written");
    std::fs::write(package.join(".spares-1-0/codes.csv"), "a good code").expect("written");
    let file = backup(&site, "backup.age");
    std::fs::remove_dir_all(data(&site)).expect("destroyed");
    let done = restore(&site, &file, &[]);
    assert!(done.status.success(), "{}", said(&done));
    assert!(package.join("1.zip.age").exists() && !package.join(".spares-1-0").exists());
    assert!(!data(&site).join("restore.over").exists());
}

/// Nor does one keep all others from being backed up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_that_cannot_be_read_is_not_confirmed_by_going_elsewhere() {
    let (Some(redis), Some(other)) = (RedisServer::start(), RedisServer::start()) else { return };
    let mut site = Site::new(&redis.url());
    let state = site.state().await;
    let codes: Vec<CodeId> = site.labels.iter().take(5).map(|(code, _)| *code).collect();
    for (n, code) in (0..).zip(&codes) {
        state.record(*code, scan(n)).await.expect("recorded");
    }
    let mut connection = redis.connection().expect("connected");
    let key: String = redis.command::<Vec<String>>("KEYS zm:*:h:*").remove(0);
    let fields: Vec<Vec<u8>> = redis::cmd("HKEYS").arg(&key).query(&mut connection).expect("read");
    let spoil = redis::cmd("HSET").arg(&key).arg(&fields[0]).arg("?").exec(&mut connection);
    spoil.expect("written");
    let before = state.peek_all(&codes).await;
    let is_spoilt = |at: &usize| matches!(before[*at], Err(StateError::Corrupt(_)));
    assert_eq!((0..codes.len()).filter(is_spoilt).count(), 1, "{before:?}");

    let file = backup(&site, "backup.age");
    std::fs::remove_dir_all(data(&site)).expect("destroyed");
    "embedded".clone_into(&mut site.scan_store);
    let done = restore(&site, &file, &[]);
    assert!(done.status.success(), "{}", said(&done));
    assert_eq!(site.state().await.peek_all(&codes).await, before);
    let moved = run(&site, &["--json", "move", "--to", &other.url()]);
    assert!(moved.status.success(), "{}", said(&moved));
    let moved: Value = serde_json::from_slice(&moved.stdout).expect("JSON");
    assert_eq!((&moved["histories"], &moved["unreadable"]), (&5.into(), &1.into()));
    other.url().clone_into(&mut site.scan_store);
    assert_eq!(site.state().await.peek_all(&codes).await, before);
}

/// What the log still has, though it is later than the backup, reaches the ledger.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_ledger_takes_later_scans_from_the_log_that_survived() {
    let mut site = Site::new("embedded");
    recall(&site);
    site.start_serve();
    site.start_worker();
    let buyers = Buyers::start(&site);
    buyers.progress(150, &site).await;
    kill(&mut site.worker);
    let file = tokio::task::block_in_place(|| backup(&site, "backup.age"));
    buyers.progress(150, &site).await;
    let all = buyers.finish().await;
    let record: u64 = all.values().sum();
    kill(&mut site.serve);
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(data(&site).join(format!("ledger.sqlite{ending}")));
    }
    assert!(!restore(&site, &file, &[]).status.success(), "the scan store is there");
    // One that did not end does not take away what survived, whatever is called again.
    let partial = data(&site).join("restore.partial");
    std::fs::create_dir(&partial).expect("made");
    std::fs::write(partial.join("mode"), "ledger only").expect("written");
    let refused = restore(&site, &file, &[]);
    assert!(!refused.status.success() && said(&refused).contains("with --ledger-only"));
    let done = restore(&site, &file, &["--ledger-only"]);
    assert!(done.status.success(), "{}", said(&done));
    site.start_serve();
    site.start_worker();
    eprintln!("{record} scans");
    check(&site, &site.books(), &all).await;
    ready(&site).await;
    is_recalled(&site).await;
    nothing_to_mend(&site);
}

async fn move_to(url: &str) {
    let mut site = Site::new("embedded");
    recall(&site);
    site.start_serve();
    let buyers = Buyers::start(&site);
    buyers.progress(200, &site).await;
    let record = buyers.so_far();
    let all = buyers.finish().await;
    let refused = run(&site, &["move", "--to", url]);
    assert!(said(&refused).contains("stop `serve` and `worker`"), "{}", said(&refused));
    kill(&mut site.serve);
    let before = counts(&site).await;
    // As one that has a password is named.
    let place = site.file("place");
    let refused = run(&site, &["move", "--to", &format!("@{place}")]);
    assert!(said(&refused).contains(&format!("--to: {place}: No such file")), "{}", said(&refused));
    std::fs::write(&place, format!("{url}\n")).expect("written");
    let moved = run(&site, &["--json", "move", "--to", &format!("@{place}")]);
    assert!(moved.status.success(), "{}", said(&moved));
    let moved: Value = serde_json::from_slice(&moved.stdout).expect("JSON");
    assert_eq!(moved["histories"], before.len(), "{moved}");
    assert_eq!(moved["log_entries"], all.values().sum::<u64>(), "{moved}");
    assert_eq!(moved["not_issued"], 0, "{moved}");
    assert!(!data(&site).join("scans.sqlite").exists());
    url.clone_into(&mut site.scan_store);
    assert_eq!(counts(&site).await, before);
    has_what_was_acknowledged(&mut site, &record, &all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_embedded_store_moves_to_an_empty_redis_while_nothing_runs() {
    let Some(redis) = RedisServer::start() else { return };
    move_to(&redis.url()).await;
    let other = Site::new("embedded");
    drop(other.state().await);
    let refused = run(&other, &["move", "--to", &redis.url()]);
    assert!(said(&refused).contains("holds scans already"), "{}", said(&refused));
}

/// One that has half of the histories would call copies of all others genuine.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_was_not_filled_to_its_end_is_not_used_and_is_filled_again() {
    let Some(redis) = RedisServer::start() else { return };
    let mut site = Site::new("embedded");
    let state = site.state().await;
    for (n, (code, _)) in (0..).zip(&site.labels) {
        state.record(*code, scan(n)).await.expect("recorded");
    }
    drop(state);
    let before = counts(&site).await;
    let to = ["move", "--to", &redis.url()];
    redis.command::<()>("ACL SETUSER default -hset");
    let stopped = run(&site, &to);
    assert_eq!(stopped.status.code(), Some(2), "{}", said(&stopped));
    redis.command::<()>("ACL SETUSER default +hset");
    // Of a code that has a shorter history the next time.
    redis.command::<()>("SET zm:{05}:l:left 1");

    site.scan_store = redis.url();
    let (passphrase, out) = (site.file("passphrase"), site.file("none.age"));
    let backup = ["backup", "--passphrase-file", &passphrase, &out];
    for words in [&["serve"][..], &["worker"], &backup] {
        let done = run(&site, words);
        assert_eq!(done.status.code(), Some(2), "{words:?}");
        assert!(said(&done).contains("did not end: run `zhenma move`"), "{}", said(&done));
    }
    let doctor = run(&site, &["doctor"]);
    let says = String::from_utf8_lossy(&doctor.stdout);
    let is_told = |line: &str| line.starts_with("fault") && line.contains("did not end");
    assert!(says.lines().any(is_told), "{says}");

    "embedded".clone_into(&mut site.scan_store);
    assert_eq!(counts(&site).await, before, "the former store can be named");
    let moved = run(&site, &to);
    assert!(moved.status.success(), "{}", said(&moved));
    assert_eq!(redis.command::<u64>("EXISTS zm:{05}:l:left"), 0);
    site.scan_store = redis.url();
    assert_eq!(counts(&site).await, before);
    assert_eq!(whole_log(&*site.state().await).await.len(), site.labels.len());
}

/// After a move that was refused the settings may name what was to be moved to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_redis_is_not_served_beside_histories_that_were_not_moved() {
    let Some(redis) = RedisServer::start() else { return };
    let mut site = Site::new("embedded");
    drop(site.state().await);
    site.scan_store = redis.url();
    for word in ["doctor", "serve", "worker"] {
        let done = run(&site, &[word]);
        assert!(!done.status.success(), "{word}");
        let says = said(&done) + &String::from_utf8_lossy(&done.stdout);
        assert!(says.contains("was not moved there"), "{word}: {says}");
    }
    assert_eq!(redis.command::<u64>("DBSIZE"), 0, "they only looked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_others_use_is_not_filled() {
    let Some(redis) = RedisServer::start() else { return };
    let site = Site::new("embedded");
    drop(site.state().await);
    redis.command::<()>("SET theirs 1");
    let refused = run(&site, &["move", "--to", &redis.url()]);
    assert!(said(&refused).contains("has keys of others (1)"), "{}", said(&refused));
    assert_eq!(redis.command::<u64>("DBSIZE"), 1, "nothing was written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_embedded_store_moves_to_an_empty_cluster() {
    let Some(cluster) = RedisCluster::start() else { return };
    move_to(&cluster.url()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_is_spoilt_is_refused_and_leaves_nothing() {
    let site = Site::new("embedded");
    let file = backup(&site, "backup.age");
    let bytes = std::fs::read(&file).expect("read");
    assert!(!restore(&site, &file, &[]).status.success(), "the place is not empty");
    let passphrase = site.file("passphrase");
    let again = run(&site, &["backup", "--passphrase-file", &passphrase, &file]);
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
    std::fs::write(&wrong, x25519::Identity::generate().to_string().expose_secret())
        .expect("written");
    let done = run(&site, &["restore", "--identity", &wrong, &file]);
    assert!(said(&done).contains("cannot be opened"), "{}", said(&done));
    let done = restore(&site, &file, &[]);
    assert!(done.status.success(), "{}", said(&done));
    site.shell(&["batch", "show", "1-1"]);

    // The other lock, and the keys.
    let other = site.file("other.age");
    site.shell(&["backup", "--passphrase-file", &passphrase, "--with-keys", &other]);
    std::fs::remove_dir_all(data(&site)).expect("destroyed");
    let pem = PathBuf::from(site.file("keys")).join("1.pem");
    let key = std::fs::read(&pem).expect("a key");
    std::fs::remove_dir_all(site.file("keys")).expect("destroyed");
    site.shell(&["restore", "--passphrase-file", &passphrase, &other]);
    assert_eq!(std::fs::read(&pem).expect("a key"), key);
    assert_eq!(std::fs::metadata(&pem).expect("there").permissions().mode() & 0o777, 0o600);
}

fn is_partial(entry: &std::fs::DirEntry) -> bool {
    entry.path().extension().is_some_and(|ending| ending == "partial")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_that_was_killed_is_not_used_and_is_begun_again() {
    let site = Site::new("embedded");
    let file = backup(&site, "backup.age");
    std::fs::remove_dir_all(data(&site)).expect("destroyed");
    let (identity, passphrase) = (site.file("identity"), site.file("passphrase"));
    let mut dice = Dice(20_261_129);
    let partial = data(&site).join("restore.partial");
    let mut killed = 0;
    for _ in 0..30 {
        let mut restoring = site
            .command(&["restore", "--identity", &identity, &file])
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
