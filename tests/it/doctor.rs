//! `zhenma doctor` on real installations: a good one, and each fault that can
//! be made. It finds, names the remedy, and leaves everything as it was.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use zhenma::base::{Clock, UnixMs, clock::SystemClock};
use zhenma::keys::{KeyDir, Keyring, development};
use zhenma::kit::{self, Facts, KitLedger, Manifest};
use zhenma::registry::Register;
use zhenma::scan::across::Changes;
use zhenma::scan::ledger::ScanLedger;
use zhenma::scan::{Channel, Cursor, Entry, LogId, Marks, Observation, Tag48};
use zhenma::store::embedded::EmbeddedState;
use zhenma::store::sql::Ledger;

use crate::redis_server::RedisServer;
use crate::site::{Site, kill};
use crate::store_contract::bed;

const HOUR_MS: i64 = 3_600_000;
const DEADLINE: Duration = Duration::from_secs(30);

/// What a visit found: exit code and one object a check.
struct Visit {
    code: i32,
    found: Vec<Value>,
}

impl Visit {
    fn to(site: &Site) -> Self {
        Self::with(site, &[])
    }

    fn with(site: &Site, settings: &[(&str, &str)]) -> Self {
        let mut command = site.command(&["doctor", "--json"]);
        // The switch of these tests is no setting either.
        command.env_remove("ZHENMA_TESTS_REQUIRE").envs(settings.iter().copied());
        let out = command.output().expect("zhenma runs");
        let text = String::from_utf8(out.stdout).expect("text");
        let found = text.lines().map(|l| serde_json::from_str(l).expect("an object a line"));
        Self { code: out.status.code().expect("ended"), found: found.collect() }
    }

    /// Some finding of this check and state says these words.
    fn says(&self, check: &str, state: &str, words: &str) -> &Self {
        let fits = |f: &&Value| {
            f["check"] == check
                && f["state"] == state
                && f["says"].as_str().is_some_and(|says| says.contains(words))
        };
        let found = self.found.iter().find(fits);
        let found = found.unwrap_or_else(|| panic!("no {state} of {check}: {:#?}", self.found));
        assert_eq!(found["remedy"].is_string(), state != "ok", "{found}");
        let fault = self.found.iter().any(|f| f["state"] == "fault");
        assert_eq!(self.code, i32::from(fault), "{:#?}", self.found);
        self
    }

    fn not_ok(&self) -> Vec<&str> {
        let bad = self.found.iter().filter(|f| f["state"] != "ok");
        bad.map(|f| f["check"].as_str().expect("a name")).collect()
    }
}

fn at(ms_from_now: i64) -> Observation {
    let at = SystemClock.now().plus_ms(ms_from_now);
    Observation { at, ..bed::scan(1) }
}

fn set_mode(file: impl AsRef<Path>, mode: u32) {
    fs::set_permissions(file, Permissions::from_mode(mode)).expect("set");
}

/// Every file under a folder with its bytes, and every directory.
fn all_of(folder: &Path, into: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let (path, name) = (entry.path(), entry.path().display().to_string());
        if path.is_dir() {
            into.insert(name, Vec::new());
            all_of(&path, into);
        } else if !name.ends_with("-shm") {
            // SQLite's index of the log is a memory, shared by a file.
            into.insert(name, fs::read(&path).expect("a file"));
        }
    }
}

fn picture(site: &Site) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    all_of(Path::new(&site.file("")), &mut files);
    files
}

#[test]
fn a_good_installation_has_nothing_to_mend_and_is_left_as_it_was() {
    let site = Site::new("embedded");
    let before = picture(&site);
    let visit = Visit::to(&site);
    assert_eq!((visit.code, visit.not_ok()), (0, vec!["geo_database"]), "{:#?}", visit.found);
    visit
        .says("settings", "ok", "time_zone = \"Asia/Shanghai\"")
        .says("geo_database", "warning", "will be unknown")
        .says("listen", "ok", "is free")
        .says("scan_store", "ok", "not there yet")
        .says("ledger", "ok", "is whole")
        .says("passphrase", "ok", "opens 1 keys")
        .says("register", "ok", "1 enterprises, 1 batches");
    let plain = site.command(&["doctor"]).output().expect("zhenma runs");
    let plain = String::from_utf8(plain.stdout).expect("text");
    assert!(plain.contains("\n                          -> set geo_database"), "{plain}");
    assert!(picture(&site) == before, "it changed something");
}

#[test]
fn an_installation_that_is_not_there_is_not_made() {
    let site = Site::new("embedded");
    let (data, keys) = (site.file("nodata"), site.file("nokeys"));
    let visit = Visit::with(&site, &[("ZHENMA_DATA", &data), ("ZHENMA_KEYS", &keys)]);
    visit.says("data", "warning", "is not there yet").says("keys", "fault", "zhenma key new").says(
        "ledger",
        "ok",
        "not there yet",
    );
    assert!(!Path::new(&data).exists() && !Path::new(&keys).exists());
}

#[tokio::test]
async fn a_site_that_serves_is_known_and_a_killed_one_is_read_with_its_log() {
    let mut site = Site::new("embedded");
    site.start_serve();
    let ready = format!("http://127.0.0.1:{}/readyz", site.port);
    let deadline = Instant::now() + DEADLINE;
    while reqwest::get(&ready).await.is_err() {
        assert!(Instant::now() < deadline, "it does not serve:\n{}", site.log());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Visit::to(&site)
        .says("listen", "ok", "served by a zhenma")
        .says("scan_store", "ok", "is whole")
        .says("scan_log", "ok", "has followed every scan");
    let state = site.state().await;
    state.record(site.labels[0].0, at(-HOUR_MS)).await.expect("recorded");
    kill(&mut site.serve);
    // The state is held open as by a process that hangs: its log stays.
    let before = picture(&site);
    assert!(before.keys().any(|name| name.ends_with("scans.sqlite-wal")), "{:?}", before.keys());
    Visit::to(&site).says("listen", "ok", "is free").says(
        "scan_log",
        "warning",
        "1 scans are not followed yet, the oldest for 60 minutes",
    );
    assert!(picture(&site) == before, "it changed something");
}

#[test]
fn a_port_that_another_program_has_is_a_fault() {
    let site = Site::new("embedded");
    let other = TcpListener::bind(("127.0.0.1", site.port)).expect("free until now");
    let silent = std::thread::spawn(move || other.accept().map(drop));
    Visit::to(&site).says("listen", "fault", "cannot be used");
    silent.join().expect("ended").expect("was asked who it is");
}

#[test]
fn files_that_others_can_read_are_told() {
    let site = Site::new("embedded");
    set_mode(site.file("keys/1.pem"), 0o640);
    set_mode(site.file("passphrase"), 0o644);
    set_mode(site.file("data"), 0o755);
    Visit::to(&site)
        .says("key_files", "fault", "mode 640")
        .says("passphrase", "fault", "everybody")
        .says("data", "warning", "mode 755");
}

#[test]
fn what_another_user_made_among_the_data_is_told() {
    let site = Site::new("embedded");
    fs::create_dir_all(site.file("data/orders/1")).expect("made");
    fs::create_dir(site.file("data/lost+found")).expect("made");
    let of_nobody = |file: &str| chown(site.file(file), Some(65_534), None);
    if of_nobody("data/lost+found").is_err() {
        // Only root can give a file away.
        return;
    }
    Visit::to(&site).says("data", "ok", "can be written");
    of_nobody("data/orders/1").expect("given away");
    let told = format!("{} belong to another user than", site.file("data/orders/1"));
    Visit::to(&site).says("data", "fault", &told);
}

#[test]
fn keys_that_cannot_sign_are_told() {
    let site = Site::new("embedded");
    let passphrase = site.file("passphrase");
    fs::write(&passphrase, "another passphrase").expect("written");
    Visit::to(&site).says("passphrase", "fault", "the passphrase is wrong");
    fs::remove_file(&passphrase).expect("removed");
    Visit::to(&site).says("passphrase", "fault", "No such file");
    fs::remove_file(site.file("keys/1.pem")).expect("removed");
    Visit::to(&site).says("key_files", "warning", "active keys 1");
    let jwks = site.file("keys/jwks.json");
    let mut set: Value =
        serde_json::from_slice(&fs::read(&jwks).expect("a set")).expect("a JWK set");
    let mut expires = |seconds: i64| {
        set["keys"][0]["exp"] = (SystemClock.now().seconds() + seconds).into();
        fs::write(&jwks, set.to_string()).expect("written");
    };
    expires(59 * 86_400 - 3_600);
    Visit::to(&site).says("keys", "warning", "signs for 58 more days");
    expires(-1);
    Visit::to(&site).says("keys", "warning", "has expired");
    fs::write(&jwks, "{}").expect("written");
    Visit::to(&site).says("keys", "fault", "key set");
}

#[test]
fn development_keys_are_a_fault() {
    let site = Site::new("embedded");
    let dir = site.file("demo-keys");
    let signer = development::signer(1).expect("one of three");
    KeyDir::at(Path::new(&dir)).publish(&signer, "宋河", SystemClock.now()).expect("published");
    Visit::with(&site, &[("ZHENMA_KEYS", &dir)]).says("keys", "fault", "development keys (1)");
}

#[test]
fn keys_and_licences_that_the_register_misses_are_told() {
    let site = Site::new("embedded");
    let done = site
        .command(&["enterprise", "add", "--uscc", "91410000MA9DEM02XY", "--name-zh", "志元"])
        .args(["--name-en", "Zhiyuan", "--licence-kind", "SC", "--licence-number", "SC1"])
        .args(["--licence-expires-on", "2020-01-01"])
        .output()
        .expect("zhenma runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Visit::to(&site).says("licences", "warning", "SC SC1 of 志元 expired on 2020-01-01").says(
        "enterprises",
        "warning",
        "志元 has no active key",
    );
    assert!(site.command(&["key", "revoke", "1"]).status().expect("runs").success());
    Visit::to(&site).says("keys", "warning", "no key is active").says(
        "batches",
        "warning",
        "key 1 of the batches 1-1 is revoked",
    );
    fs::write(site.file("keys/jwks.json"), Keyring::default().to_jwks()).expect("written");
    Visit::to(&site).says("batches", "fault", "is not in the key set");
}

#[test]
fn files_of_a_newer_version_and_broken_ones_are_faults() {
    let site = Site::new("embedded");
    let scans = site.file("data/scans.sqlite");
    drop(EmbeddedState::open(Path::new(&scans)).expect("opens"));
    Visit::to(&site).says("scan_store", "ok", "is whole");
    let run = |file: &str, sql: &str| {
        rusqlite::Connection::open(file).expect("a file").execute_batch(sql).expect("run");
    };
    run(&scans, "PRAGMA user_version = 99");
    Visit::to(&site).says("scan_store", "fault", "newer zhenma (schema 99");
    fs::write(&scans, vec![b'x'; 8_192]).expect("written");
    Visit::to(&site).says("scan_store", "fault", "not a database");
    let ledger = site.file("data/ledger.sqlite");
    let whole = fs::read(&ledger).expect("a ledger");
    run(
        &ledger,
        "INSERT INTO _sqlx_migrations
             (version, description, installed_on, success, checksum, execution_time)
         VALUES (9999, 'later', '2027-01-01', 1, x'00', 0)",
    );
    Visit::to(&site).says("ledger", "fault", "newer zhenma (migration 9999");
    let mut broken = whole.clone();
    let half = broken.len() / 2;
    broken[half..].fill(0xa5);
    fs::write(&ledger, broken).expect("written");
    let visit = Visit::to(&site);
    assert!(visit.not_ok().contains(&"ledger") && visit.code == 1, "{:#?}", visit.found);
    fs::write(&ledger, whole).expect("written");
    run(&ledger, "DROP TABLE _sqlx_migrations");
    Visit::to(&site).says("ledger", "fault", "no such table");
}

#[tokio::test]
async fn a_record_from_the_future_means_that_the_clock_went_back() {
    let site = Site::new("embedded");
    let state = site.state().await;
    state.record(site.labels[0].0, at(30_000)).await.expect("recorded");
    Visit::to(&site).says("clock", "ok", "");
    state.record(site.labels[1].0, at(24 * HOUR_MS)).await.expect("recorded");
    Visit::to(&site).says("clock", "fault", "went back");
    drop(state);
    fs::remove_file(site.file("data/scans.sqlite")).expect("removed");
    Visit::to(&site).says("clock", "ok", "");

    let path = site.file("data/ledger.sqlite");
    let ledger = Ledger::open(Path::new(&path), UnixMs(0)).await.expect("opens");
    let entries: Vec<Entry> = [24 * HOUR_MS, 0]
        .into_iter()
        .zip(1..)
        .map(|(ms, major)| Entry {
            cursor: Cursor { major, minor: 0 },
            code: site.labels[0].0,
            seen: Observation { scan: Tag48::new(major), ..at(ms) },
        })
        .collect();
    ledger.append(LogId([1; 16]), &entries, &Changes::default(), 0).await.expect("appended");
    ledger.close().await;
    Visit::to(&site).says("clock", "fault", "went back").says(
        "scan_store",
        "fault",
        "is gone, though scans were recorded",
    );
}

#[tokio::test]
async fn a_scan_store_that_went_back_or_is_another_one_is_told() {
    let site = Site::new("embedded");
    let state = site.state().await;
    state.record(site.labels[0].0, at(-HOUR_MS)).await.expect("recorded");
    let log = bed::whole_log(&*state).await;
    let path = site.file("data/ledger.sqlite");
    let ledger = Ledger::open(Path::new(&path), UnixMs(0)).await.expect("opens");
    let id = state.identity(0).await.expect("known");
    ledger.append(id, &log, &Changes::default(), 0).await.expect("appended");
    // Followed, but not trimmed yet.
    Visit::to(&site).says("scan_log", "ok", "has followed every scan");
    let lost = |major, scan| Entry {
        cursor: Cursor { major, minor: 0 },
        seen: Observation { scan: Tag48::new(scan), ..at(-HOUR_MS) },
        ..log[0]
    };
    ledger.append(id, &[lost(2, 2)], &Changes::default(), 0).await.expect("appended");
    state.trim(0, log[0].cursor).await.expect("trimmed");
    Visit::to(&site).says("scan_log", "fault", "ends before what the worker has followed");
    // The store gives the position again.
    state.record(site.labels[1].0, at(-HOUR_MS)).await.expect("recorded");
    Visit::to(&site).says("scan_log", "fault", "ends before what the worker has followed").says(
        "scan_log",
        "warning",
        "1 scans are not followed yet",
    );
    state.renew(0, id).await.expect("renewed");
    Visit::to(&site).says("scan_log", "warning", "is not the one that was followed before");
    ledger.close().await;
}

#[tokio::test]
async fn a_proxy_that_hides_the_buyers_is_told() {
    let site = Site::new("embedded");
    let path = site.file("data/ledger.sqlite");
    let ledger = Ledger::open(Path::new(&path), UnixMs(0)).await.expect("opens");
    let scans = |from: u64, marks: Marks, channel| -> Vec<Entry> {
        let entry = |major| Entry {
            cursor: Cursor { major, minor: 0 },
            code: site.labels[0].0,
            seen: Observation { scan: Tag48::new(major), marks, channel, ..at(-HOUR_MS) },
        };
        (from..from + 20).map(entry).collect()
    };
    let log = LogId([1; 16]);
    let add = async |scans: Vec<Entry>| {
        ledger.append(log, &scans, &Changes::default(), 0).await.expect("appended");
    };
    let public = [("ZHENMA_PUBLIC_URL", "https://id.example.cn")];
    let told = "of buyers came from private addresses";
    let tells = |settings: &[(&str, &str)]| {
        let found = Visit::with(&site, settings).found;
        found.iter().any(|f| f["says"].as_str().is_some_and(|says| says.contains(told)))
    };
    add(scans(100, Marks::default(), Channel::Consumer)).await;
    add(scans(200, Marks::PRIVATE, Channel::Factory)).await;
    add(scans(300, Marks::PRIVATE, Channel::Consumer)).await;
    assert!(!tells(&public), "half of them");
    add(scans(400, Marks::CARRIER_NAT.with(Marks::CLAIMED), Channel::Consumer)).await;
    Visit::with(&site, &public).says(
        "trusted_proxies",
        "warning",
        &format!("40 of the latest 60 scans {told}"),
    );
    for url in ["http://192.168.1.20:8080", "http://localhost:8080"] {
        assert!(!tells(&[("ZHENMA_PUBLIC_URL", url)]), "{url} serves the house");
    }
    ledger.close().await;
}

#[tokio::test]
async fn redis_is_asked_what_it_keeps_and_missed_when_it_is_stopped() {
    let Some(mut redis) = RedisServer::start() else { return };
    let site = Site::new(&redis.url());
    Visit::to(&site).says("scan_store", "ok", "syncs every scan").says(
        "scan_log",
        "ok",
        "has followed",
    );
    site.state().await.record(site.labels[0].0, at(-HOUR_MS)).await.expect("recorded");
    redis.command::<()>("CONFIG SET appendfsync everysec maxmemory-policy allkeys-lru");
    Visit::to(&site)
        .says("scan_store", "warning", "appendfsync everysec")
        .says("scan_store", "warning", "DANGER: maxmemory-policy allkeys-lru")
        .says("scan_store", "warning", "no maxmemory")
        .says("scan_log", "warning", "1 scans are not followed");
    redis.kill();
    Visit::to(&site).says("scan_store", "fault", "Redis at 127.0.0.1");
    let secret = format!("redis://u:s3cret@127.0.0.1:{}", redis.port);
    let visit = Visit::with(&site, &[("ZHENMA_SCAN_STORE", &secret)]);
    assert!(visit.found.iter().all(|f| !f.to_string().contains("s3cret")), "{:#?}", visit.found);
}

#[test]
fn settings_that_cannot_be_read_end_with_2_and_odd_variables_are_told() {
    let site = Site::new("embedded");
    assert_eq!(Visit::with(&site, &[("ZHENMA_LISTEN", "nowhere")]).code, 2);
    let out = site.command(&["doctor", "--config", "/nonexistent.toml"]).output().expect("runs");
    assert_eq!(out.status.code(), Some(2));
    Visit::with(&site, &[("ZHENMA_PUBLIC_ULR", "https://x.cn")]).says(
        "settings",
        "warning",
        "ZHENMA_PUBLIC_ULR is no setting",
    );
    let geo = site.file("passphrase");
    Visit::with(&site, &[("ZHENMA_GEO_DATABASE", &geo)]).says("geo_database", "fault", "");
    Visit::with(&site, &[("ZHENMA_HOSTING_NETWORKS", &geo)]).says(
        "hosting_networks",
        "fault",
        "line 1",
    );
}

#[tokio::test]
async fn another_key_under_a_number_that_was_published_is_told() {
    let site = Site::on("embedded", Some("embedded".to_owned()));
    let path = site.file("data/ledger.sqlite");
    let ledger = Ledger::open(Path::new(&path), UnixMs(0)).await.expect("opens");
    let ring = KeyDir::at(Path::new(&site.file("keys"))).keyring().expect("a set");
    let (revoked, register) = (BTreeMap::new(), Register::default());
    let facts = Facts { register: &register, keys: &ring, revoked: &revoked, flagged: &[] };
    let parts = kit::parts(&facts);
    let manifest = Manifest::new(1, 1, UnixMs(0), Vec::new(), &parts);
    ledger.put_kit(&manifest, "jws", UnixMs(0), &parts).await.expect("kept");
    ledger.close().await;
    Visit::to(&site).says("keys", "ok", "1 active of 1");
    // The set of another installation, whose first key is another.
    let other = Site::on("embedded", Some("embedded".to_owned()));
    fs::copy(other.file("keys/jwks.json"), site.file("keys/jwks.json")).expect("copied");
    Visit::to(&site).says("keys", "fault", "key 1 is not the key that was published under this");
}

#[test]
fn variables_that_set_nothing_are_told_with_what_may_be_meant() {
    let site = Site::new("embedded");
    let check = |name: &str, value: &str| {
        let mut command = site.command(&["config", "check"]);
        let command = command.env_remove("ZHENMA_TESTS_REQUIRE").env(name, value);
        let out = command.env_remove("ZHENMA_TEST_LEDGER").output().expect("zhenma runs");
        let said = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
        (out.status.code(), said.into_owned())
    };
    let (code, said) = check("ZHENMA_PUBLIC_URI", "https://id.example.cn");
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("ZHENMA_PUBLIC_URI is no setting: is ZHENMA_PUBLIC_URL meant?"),
        "{said}"
    );
    let (code, said) = check("ZHENMA_FROBNICATE", "1");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("ZHENMA_FROBNICATE is no setting; `zhenma config print`"), "{said}");
    Visit::with(&site, &[("ZHENMA_TRUSTED_PROXY", "127.0.0.1")]).says(
        "settings",
        "warning",
        "ZHENMA_TRUSTED_PROXY is no setting",
    );
    // Of 23 characters and of 24.
    assert_eq!(check("ZHENMA_PUBLIC_URL", "https://trace.luyi-products.com").0, Some(0));
    let (code, said) = check("ZHENMA_PUBLIC_URL", "https://trace.luyi-products1.com");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("version 7") && said.contains("-> take a shorter host"), "{said}");
    let (code, said) = check("ZHENMA_PUBLIC_URL", "http://id.example.cn");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("is not encrypted") && said.contains("for good"), "{said}");
}
