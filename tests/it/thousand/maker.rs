//! A maker who puts labels on sale and recalls them, one by one, and a passer-by who
//! looks that nothing is called genuine which must not be.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use uuid::Uuid;
use zhenma::base::limits::REGISTER_AGE_S_MAX;

use crate::ledger_bed::Books;
use crate::site::Site;
use crate::store_contract::bed::Dice;

/// The batch whose labels move; nobody else scans them.
const BATCH: &str = "1-2";
/// Each so many-th label is recalled again.
const RECALLED: u64 = 3;
/// A server that does not know of a recall so long after its answer says nothing good
/// of any label.
const SHOWN_WITHIN: Duration = Duration::from_secs(REGISTER_AGE_S_MAX + 1);
const DEADLINE: Duration = Duration::from_secs(60);
/// Between two labels, so that a long run does not use the batch up.
const PAUSE: Duration = Duration::from_millis(20);

/// What was acknowledged, and when.
#[derive(Default)]
struct Record {
    activated: BTreeMap<u64, Instant>,
    recalled: BTreeMap<u64, Instant>,
}

pub struct Maker {
    stop: Arc<AtomicBool>,
    pub done: Arc<AtomicU64>,
    record: Arc<Mutex<Record>>,
    tasks: Vec<JoinHandle<()>>,
}

struct Desk {
    client: Client,
    host: String,
    key: String,
    codes: Vec<String>,
    stop: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
    record: Arc<Mutex<Record>>,
}

impl Maker {
    /// Registers a batch of so many labels, which nobody has put on sale.
    pub fn start(site: &Site, labels: u64) -> Self {
        let count = labels.to_string();
        let batch = ["batch", "add", "--product", "6900000001011", "--lot", "L2", "--made"];
        site.shell(&[&batch[..], &["2026-11-01", "--count", &count]].concat());
        let out = site.file("labels-2");
        site.shell(&["batch", "issue", "--batch", BATCH, "--format", "csv", "--out", &out]);
        let table = std::fs::read_to_string(format!("{out}/labels.csv")).expect("labels");
        let codes =
            table.lines().skip(1).map(|line| line.split(',').nth(2).expect("a code").to_owned());
        let user = ["user", "add", "county", "--name", "何静", "--role", "administrator"];
        site.shell(&[&user[..], &["--password-file", &site.file("passphrase")]].concat());
        let key = site.command(&["user", "key", "county"]).output().expect("runs").stdout;
        let desk = Arc::new(Desk {
            client: Client::builder().timeout(Duration::from_secs(5)).build().expect("built"),
            host: format!("http://127.0.0.1:{}", site.door()),
            key: String::from_utf8(key).expect("text").trim().to_owned(),
            codes: codes.collect(),
            stop: Arc::default(),
            done: Arc::default(),
            record: Arc::default(),
        });
        let (stop, done) = (Arc::clone(&desk.stop), Arc::clone(&desk.done));
        let record = Arc::clone(&desk.record);
        let works = tokio::spawn(Arc::clone(&desk).work());
        let tasks = vec![works, tokio::spawn(desk.look())];
        Self { stop, done, record, tasks }
    }

    /// Ends, and holds the ledger against what was acknowledged.
    pub async fn finish(self, books: &Books<'_>) {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.expect("nothing wrong was seen");
        }
        let record = self.record.lock().expect("nobody panicked");
        let movements = books.counts(
            "SELECT request_key, count(*) FROM movements WHERE batch_number = 2 GROUP BY 1",
        );
        let ranges = books.counts(
            "SELECT CAST(first_number AS TEXT), count(*) FROM batch_ranges
             WHERE batch_number = 2 AND state = 'recalled' GROUP BY 1",
        );
        for number in record.activated.keys() {
            let key = request(*number);
            assert_eq!(movements.get(&key), Some(&1), "label {number} was put on sale once");
        }
        for number in record.recalled.keys() {
            assert_eq!(
                ranges.get(&number.to_string()),
                Some(&1),
                "label {number} is recalled once"
            );
        }
        // Whatever stands in the ledger has its line in the trail, and no line has nothing.
        let lines = books
            .counts("SELECT action, count(*) FROM audit WHERE object LIKE 'batch 1-2%' GROUP BY 1");
        let of = |action: &str| lines.get(action).copied().unwrap_or(0);
        assert_eq!(of("labels.activate"), movements.values().sum::<u64>(), "{lines:?}");
        assert_eq!(of("range.mark"), ranges.values().sum::<u64>(), "{lines:?}");
        eprintln!("{} put on sale, {} recalled", record.activated.len(), record.recalled.len());
    }
}

fn request(number: u64) -> String {
    format!("label-{number}")
}

impl Desk {
    async fn work(self: Arc<Self>) {
        for number in 0..self.codes.len() as u64 {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            let body = json!({"kind": "activate", "first": number, "last": number, "request": request(number)});
            self.until_done("movements", &body, number).await;
            self.record.lock().expect("nobody panicked").activated.insert(number, Instant::now());
            if number.is_multiple_of(RECALLED) {
                let words = json!({"zh": "标签错印", "en": "wrong label"});
                let body = json!({"first": number, "last": number, "state": "recalled",
                    "reason": words, "remedy": words});
                self.until_done("ranges", &body, number).await;
                self.record
                    .lock()
                    .expect("nobody panicked")
                    .recalled
                    .insert(number, Instant::now());
            }
            self.done.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(PAUSE).await;
        }
        panic!("the batch is used up");
    }

    /// Asks until it is answered. Where an answer was lost it is seen first whether what
    /// was asked for is there: of a range nothing else tells one request from the next.
    async fn until_done(&self, what: &str, body: &Value, number: u64) {
        let url = format!("{}/api/v1/batches/{BATCH}/{what}", self.host);
        let begun = Instant::now();
        loop {
            let asked = self.client.post(&url).bearer_auth(&self.key).json(body).send().await;
            match asked.map(|answer| answer.status()) {
                Ok(StatusCode::OK | StatusCode::CREATED) => return,
                Ok(status) if !status.is_server_error() => panic!("{what} of {number}: {status}"),
                _ => {}
            }
            if what == "ranges" && self.is_recalled(&url, number).await {
                return;
            }
            assert!(begun.elapsed() < DEADLINE, "{what} of {number} is never answered");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Asks until it is known.
    async fn is_recalled(&self, url: &str, number: u64) -> bool {
        let begun = Instant::now();
        loop {
            if let Some(ranges) = self.ranges(url).await {
                let is_it =
                    |range: &Value| range["first"] == number && range["state"] == "recalled";
                return ranges.iter().any(is_it);
            }
            assert!(begun.elapsed() < DEADLINE, "nothing is answered");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn ranges(&self, url: &str) -> Option<Vec<Value>> {
        let asked = self.client.get(url).bearer_auth(&self.key).send().await.ok()?;
        asked.error_for_status().ok()?.json().await.ok()
    }

    /// Scans what was recalled, what is not on sale yet, and what is forged.
    async fn look(self: Arc<Self>) {
        let mut dice = Dice(11);
        while !self.stop.load(Ordering::Relaxed) {
            let (recalled, not_yet) = {
                let record = self.record.lock().expect("nobody panicked");
                let shown = record.recalled.iter().filter(|(_, at)| at.elapsed() > SHOWN_WITHIN);
                let shown: Vec<u64> = shown.map(|(number, _)| *number).collect();
                let last = record.activated.keys().next_back().copied().unwrap_or(0);
                (pick(&shown, &mut dice), last + 1_000)
            };
            let mut forged = self.codes[not_yet as usize].clone().into_bytes();
            let at = 60 + dice.roll(40) as usize;
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).expect("ASCII");
            if let Some(number) = recalled {
                self.is_never_good(&self.codes[number as usize], "recalled").await;
            }
            self.is_never_good(&self.codes[not_yet as usize], "not on sale").await;
            self.is_never_good(&forged, "forged").await;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn is_never_good(&self, code: &str, what: &str) {
        let body = json!({"code": code, "scan_id": Uuid::from_u128(5)});
        let url = format!("{}/api/v1/scans", self.host);
        let Ok(answer) = self.client.post(url).json(&body).send().await else { return };
        let Ok(said) = answer.json::<Value>().await else { return };
        let good = ["genuine", "seen_before"].map(Value::from);
        assert!(!good.contains(&said["outcome"]), "a label that is {what}: {said}");
    }
}

fn pick(all: &[u64], dice: &mut Dice) -> Option<u64> {
    (!all.is_empty()).then(|| all[dice.roll(all.len() as u64) as usize])
}
