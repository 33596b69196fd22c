//! Bytes that others wrote, changed at random: real samples, and the functions that the
//! targets of `tests/fuzz` call. `SEED=11 TIMES=100 cargo test --test it -- foreign` goes
//! another way, and so many times as far; `SEEDS=folder` writes the samples for cargo-fuzz.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use futures::future::BoxFuture;
use zhenma::app::stamps::roots;
use zhenma::base::UnixMs;
use zhenma::evidence::tsp;
use zhenma::scan::port::{Durability, Vitals};
use zhenma::scan::{
    CodeId, Cursor, Entry, History, LogId, Observation, Recorded, ScanState, StateError,
};
use zhenma::store::redis::layout;
use zhenma::trace::capture;

use crate::attacks::archives;
use crate::backup::backup;
use crate::evidence::{self, stamps};
use crate::fuzz::{self, foreign};
use crate::http_bed::{self, Bed};
use crate::media::{exif, jpeg, picture, png, webp};
use crate::need;
use crate::site::Site;
use crate::staff_bed::StaffBed;
use crate::store_contract::bed::{Dice, code};

const SEED: u64 = 7;
/// Changes of one sample.
const CHANGES_MAX: u64 = 6;

/// Names what was looked at when it fails: target, seed, round.
struct Looking(&'static str, u64, u64);

impl Drop for Looking {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}, seed {}, round {}", self.0, self.1, self.2);
        }
    }
}

/// Looks at the samples as they are, and so often at one that was changed.
fn look(target: &'static str, at: fn(&[u8]), samples: &[Vec<u8>], rounds: u64) {
    keep(target, samples);
    samples.iter().for_each(|sample| at(sample));
    let seed = number("SEED", SEED);
    let mut dice = Dice(seed);
    for round in 0..rounds * number("TIMES", 1) {
        let _looking = Looking(target, seed, round);
        at(&changed(samples, &mut dice));
    }
}

#[allow(clippy::disallowed_methods, reason = "a test's own switches")]
fn switch(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn number(name: &str, else_: u64) -> u64 {
    switch(name).and_then(|text| text.parse().ok()).unwrap_or(else_)
}

fn keep(target: &str, samples: &[Vec<u8>]) {
    let Some(folder) = switch("SEEDS") else { return };
    let folder = Path::new(&folder).join(target);
    fs::create_dir_all(&folder).expect("a folder");
    for (n, sample) in samples.iter().enumerate() {
        fs::write(folder.join(n.to_string()), sample).expect("written");
    }
}

fn place(dice: &mut Dice, below: usize) -> usize {
    usize::try_from(dice.roll(below.max(1) as u64)).expect("small")
}

fn changed(samples: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = samples[place(dice, samples.len())].clone();
    for _ in 0..=dice.roll(CHANGES_MAX) {
        let from = place(dice, bytes.len());
        let to = (from + place(dice, 64)).min(bytes.len());
        match dice.roll(8) {
            0 => bytes.truncate(from),
            1 => drop(bytes.drain(from..to)),
            2 => {
                let again = bytes[from..to].to_vec();
                bytes.splice(from..from, again);
            }
            3 => {
                let other = &samples[place(dice, samples.len())];
                let at = place(dice, other.len());
                let piece = other[at..(at + place(dice, 64)).min(other.len())].to_vec();
                bytes.splice(from..to, piece);
            }
            4 => bytes.insert(from, [0, b'"', b',', b'\n', 0x7f, 0x80, 0xff][place(dice, 7)]),
            // A number of four bytes, as far as there are as many.
            5 => {
                let number = [0, 1, 0x7fff_ffff, u32::MAX][place(dice, 4)].to_le_bytes();
                bytes.iter_mut().skip(from).zip(number).for_each(|(byte, new)| *byte = new);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(from) {
                    *byte ^= 1 << dice.roll(8);
                }
            }
        }
    }
    bytes
}

fn histories() -> Vec<Vec<u8>> {
    let mut dice = Dice(SEED);
    let long = |scans: u64, dice: &mut Dice| {
        let mut history = History::default();
        for _ in 0..scans {
            history.fold(dice.scan());
        }
        history
    };
    [1, 3, 64, 90].map(|scans| long(scans, &mut dice).to_bytes()).into()
}

fn files(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a file")).collect()
}

#[test]
fn changed_codes_and_addresses_are_read_or_refused() {
    let seeds = |name: &str| files(&format!("tests/fuzz/seeds/{name}"));
    look("text", fuzz::text, &seeds("text"), 5_000);
    look("url", fuzz::url, &seeds("url"), 5_000);
    look("gs1", fuzz::gs1, &seeds("gs1"), 5_000);
}

#[test]
fn changed_bytes_of_a_store_are_read_or_refused() {
    let histories = histories();
    let mut answers = vec![Vec::new()];
    for history in &histories {
        let answer = [&b"N\0"[..], history].concat();
        let length = u16::try_from(answer.len()).expect("short").to_be_bytes();
        let all = [&length[..], &answer, &[0, 1, b'F'], &length, &answer].concat();
        answers.push(all);
    }
    let mut line = Vec::new();
    layout::pack(&code(5), &Dice(SEED).scan(), &mut line);
    answers.push(line);
    look("history", foreign::history, &histories, 5_000);
    look("store_answer", foreign::store_answer, &answers, 5_000);
}

#[test]
fn changed_photos_are_taken_or_refused() {
    let picture = picture(48, 32);
    let samples = [
        jpeg(&picture, None),
        jpeg(&picture, Some(exif(6))),
        png(&picture),
        webp(&picture),
        exif(3),
    ];
    look("photo", foreign::photo, &samples, 600);
}

#[test]
fn changed_imports_are_taken_or_refused_line_by_line() {
    let csv = "uscc,name_zh,name_en\n91410000706780942L,宋河酒业,Song He\n\
               91411628MA9DEM01XU,\"志元, 有限公司\",Zhiyuan\n";
    let products = "gtin,enterprise,name_zh,name_en,category,standard,net_content\n\
                    6901234567892,91410000706780942L,宋河粮液,Song He,白酒,GB/T 10781.1,500 mL\n";
    let lines = "{\"product\":\"6901234567892\",\"lot\":\"L1\",\"made_on\":\"2026-11-01\",\"count\":\"5\"}\n";
    let samples = [csv, products, lines, "\u{feff}uscc\n"].map(|text| text.as_bytes().to_vec());
    look("import", foreign::import, &samples, 5_000);
}

#[test]
fn changed_backups_are_unpacked_or_refused() {
    let site = Site::new("embedded");
    let (_, plain) = archives::opened(&site, &backup(&site, "backup.age"));
    look("backup", foreign::backup, &[plain], 200);
}

#[test]
fn changed_time_stamps_are_believed_or_refused() {
    if need::program("openssl").is_none() {
        return;
    }
    let (statement, nonce) = foreign::DATED;
    let query = tsp::query(statement, nonce);
    let samples = ["rsa:2048", "ec -pkeyopt ec_paramgen_curve:P-256"].map(|key| {
        let folder = tempfile::tempdir().expect("a folder");
        stamps::authority(folder.path(), key);
        let answer = stamps::answer(folder.path(), &query);
        let root = roots(&folder.path().join("root.pem")).expect("a root").remove(0);
        assert!(tsp::check(statement, &query, &answer, std::slice::from_ref(&root)).is_ok());
        let length = u16::try_from(root.len()).expect("short").to_be_bytes();
        [&length[..], &root, &answer].concat()
    });
    look("stamp", foreign::stamp, &samples, 5_000);
}

#[test]
fn changed_documents_of_epcis_are_read_or_refused() {
    look("epcis", foreign::epcis, &files("tests/vectors/epcis/examples"), 5_000);
}

#[tokio::test]
async fn changed_lists_tables_and_packages_are_read_or_refused() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(5).await;
    let codes = bed.codes(&batch).await;
    let urls: Vec<_> = codes.iter().map(|code| format!("HTTPS://ID.EXAMPLE.CN/{code}")).collect();
    let table = format!("url\n{}\n", urls.join("\n")).into_bytes();
    let lists = [table, b"serial\nAB1\nab2\n\n9\n".to_vec(), "ＡＢ\r\nab-3\r\n".into()];
    look("own_list", foreign::own_list, &lists, 400);

    let case = evidence::case(&bed, Vec::new()).await.id.to_string();
    let package = evidence::built(&bed, &case).await;
    let package = evidence::taken(&bed, &case, &package).await;
    look("evidence", foreign::evidence, &[package], 400);
}

#[test]
fn a_member_with_an_empty_name_is_told_as_the_documents() {
    let fault = capture::parse(b"{\"\": [").expect_err("it breaks off");
    assert_eq!(fault.field, "document");
}

/// A store whose every history is another one than was kept.
struct Astray {
    inner: Arc<dyn ScanState>,
    dice: std::sync::Mutex<Dice>,
    samples: Vec<Vec<u8>>,
}

impl Astray {
    fn history(&self) -> (History, usize) {
        let mut dice = self.dice.lock().expect("one at a time");
        loop {
            if let Ok(history) = History::from_bytes(&changed(&self.samples, &mut dice)) {
                return (history, place(&mut dice, 300));
            }
        }
    }
}

type Call<'a, T> = BoxFuture<'a, Result<T, StateError>>;

impl ScanState for Astray {
    fn record(&self, _code: CodeId, _seen: Observation) -> Call<'_, Recorded> {
        let (history, position) = self.history();
        let recorded = Recorded { history, position, repeated: position % 2 == 0 };
        Box::pin(std::future::ready(Ok(recorded)))
    }

    fn peek(&self, _code: CodeId) -> Call<'_, History> {
        Box::pin(std::future::ready(Ok(self.history().0)))
    }

    fn shards(&self) -> u16 {
        self.inner.shards()
    }

    fn identity(&self, shard: u16) -> Call<'_, LogId> {
        self.inner.identity(shard)
    }

    fn renew(&self, shard: u16, old: LogId) -> Call<'_, LogId> {
        self.inner.renew(shard, old)
    }

    fn newest(&self, shard: u16) -> Call<'_, Cursor> {
        self.inner.newest(shard)
    }

    fn follow(&self, shard: u16, after: Cursor, max: usize) -> Call<'_, Vec<Entry>> {
        self.inner.follow(shard, after, max)
    }

    fn trim(&self, shard: u16, through: Cursor) -> Call<'_, ()> {
        self.inner.trim(shard, through)
    }

    fn vitals(&self, now: UnixMs) -> Call<'_, Vitals> {
        self.inner.vitals(now)
    }

    fn durability(&self) -> Call<'_, Durability> {
        self.inner.durability()
    }
}

#[tokio::test]
async fn whatever_history_a_store_gives_is_answered() {
    let bed = Bed::start_with(|mut services| {
        let inner = Arc::clone(&services.scanner.state);
        let dice = std::sync::Mutex::new(Dice(SEED));
        services.scanner.state = Arc::new(Astray { inner, dice, samples: histories() });
        services
    })
    .await;
    let client = reqwest::Client::new();
    let url = format!("{}/{}", bed.base, http_bed::code(1));
    for round in 0..300 {
        for accept in ["application/json", "text/html"] {
            let answer = client.get(&url).header("accept", accept).send().await.expect("an answer");
            assert_eq!(answer.status(), 200, "round {round}");
            assert!(answer.text().await.expect("text").contains(&http_bed::serial(1)[..5]));
        }
    }
}
