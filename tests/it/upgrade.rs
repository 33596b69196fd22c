//! An installation of an older version, which this one opens, brings to its own
//! layout, and goes on with.
//!
//! `vectors/zhenma-20261125.tar.gz` was made by the program of 2026-11-25 (commit
//! b0f6b8d), whose ledger had had two migrations: a batch on sale and 155
//! scans, once on files and once on Redis. 130 of them had reached the ledger when its
//! worker was killed. One code has more scans than its history remembers. Of Redis
//! there is what `DUMP` gives, a key a line.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use zhenma::scan::CodeId;

use crate::backup::{counts, nothing_to_mend, ready, run, said};
use crate::kills::check;
use crate::postgres_server::PostgresServer;
use crate::redis_server::RedisServer;
use crate::site::Site;

/// The installation in one of its two forms, and the scans of each of its codes.
fn installed(form: &str) -> (Site, HashMap<CodeId, u64>) {
    let folder = tempfile::tempdir().expect("a folder");
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/zhenma-20261125.tar.gz");
    let mut old = tar::Archive::new(GzDecoder::new(File::open(old).expect("there")));
    old.unpack(folder.path()).expect("unpacked");
    std::fs::rename(folder.path().join(form), folder.path().join("data")).expect("renamed");
    let ours_alone = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(folder.path().join("data"), ours_alone).expect("set");
    let record = std::fs::read(folder.path().join("record.json")).expect("there");
    let record: Value = serde_json::from_slice(&record).expect("JSON");
    let site = Site::found(folder);
    let scans = site
        .labels
        .iter()
        .filter_map(|(code, _)| Some((*code, record[form][code.number.to_string()].as_u64()?)));
    let scans: HashMap<_, _> = scans.collect();
    assert_eq!(scans.values().sum::<u64>(), 155);
    (site, scans)
}

/// The histories as the older program kept them in Redis.
fn restored(redis: &RedisServer, site: &mut Site) {
    let keys = std::fs::read_to_string(site.file("redis.keys")).expect("there");
    let bytes = |hex: &str| -> Vec<u8> {
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex");
        (0..hex.len()).step_by(2).map(byte).collect()
    };
    let mut connection = redis.connection().expect("connected");
    for line in keys.lines() {
        let (key, value) = line.split_once(' ').expect("two words");
        let mut command = ::redis::cmd("RESTORE");
        command.arg(bytes(key)).arg(0).arg(bytes(value));
        command.query::<()>(&mut connection).expect("restored");
    }
    site.scan_store = redis.url();
}

/// Everything is known that was known; what is asked now is told so, and counted on.
async fn goes_on(site: &mut Site, before: HashMap<CodeId, u64>) {
    assert_eq!(counts(site).await, before, "histories are read as they were written");
    site.start_serve();
    site.start_worker();
    ready(site).await;
    let client = reqwest::Client::new();
    let url = format!("http://127.0.0.1:{}/api/v1/scans", site.port);
    let mut after = before.clone();
    for (code, text) in &site.labels {
        let body = json!({ "code": text, "scan_id": uuid::Uuid::from_u128(code.number.into()) });
        let answer = client.post(&url).json(&body).send().await.expect("answered");
        let answer: Value = answer.json().await.expect("JSON");
        assert_eq!(answer["recorded"], true, "{answer}");
        let seen = before.get(code).copied().unwrap_or(0);
        assert_eq!(answer["scans"]["count"], seen + 1, "label {}: {answer}", code.number);
        let is_first = answer["reasons"][0]["code"] == "first_scan";
        assert_eq!(is_first, seen == 0, "label {}: {answer}", code.number);
        *after.entry(*code).or_default() += 1;
    }
    assert_eq!(after.len(), site.labels.len());
    check(site, &site.books(), &after).await;
    nothing_to_mend(site);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_an_older_version_are_gone_on_with() {
    let (mut site, scans) = installed("embedded");
    let doctor = run(&site, &["doctor"]);
    let says = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(says.contains("is of an older zhenma (migration 2 of "), "{says}");
    goes_on(&mut site, scans).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_of_an_older_version_is_gone_on_with() {
    let Some(redis) = RedisServer::start() else { return };
    let (mut site, scans) = installed("redis");
    restored(&redis, &mut site);
    goes_on(&mut site, scans).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_an_older_version_move_to_redis_and_postgresql() {
    let (Some(server), Some(redis)) = (PostgresServer::shared(), RedisServer::start()) else {
        return;
    };
    let (mut site, scans) = installed("embedded");
    let url = server.empty();
    let moved = run(&site, &["move", "--to", &redis.url(), "--to", &url]);
    assert!(moved.status.success(), "{}", said(&moved));
    (site.scan_store, site.ledger) = (redis.url(), Some(url));
    goes_on(&mut site, scans).await;
}
