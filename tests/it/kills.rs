//! `kill -9` of the real server, worker and Redis at random moments, while a
//! client keeps its own record of the scans that were acknowledged: none is
//! lost, none is counted twice, and each reaches the ledger once.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use uuid::Uuid;
use zhenma::base::UnixMs;
use zhenma::code::Payload;
use zhenma::keys::KeyNumber;
use zhenma::registry::port::RegistryLedger;
use zhenma::registry::{BatchRef, Placement, Register};
use zhenma::scan::CodeId;
use zhenma::scan::across::Across;
use zhenma::scan::ledger::{AcrossLedger, ScanLedger};
use zhenma::scan::service::label;
use zhenma::store::sql::Ledger;

use crate::across::{Model, scans};
use crate::ledger_bed::{self, Books};
use crate::redis_server::RedisServer;
use crate::site::{Site, kill};
use crate::store_contract::bed::Dice;

const CLIENTS: u64 = 8;
const ROUNDS: u64 = 24;
const DEADLINE: Duration = Duration::from_secs(60);

/// Buyers who ask again, with the same scan id, until they get an answer.
pub struct Buyers {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    record: Record,
    clients: Vec<JoinHandle<HashMap<CodeId, u64>>>,
}

/// Scans that were acknowledged, with their ids, as they came.
type Record = Arc<Mutex<Vec<(CodeId, Value)>>>;

impl Buyers {
    pub fn start(site: &Site) -> Self {
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let record = Record::default();
        let clients = (0..CLIENTS)
            .map(|n| {
                let url = format!("http://127.0.0.1:{}/api/v1/scans", site.door());
                let (labels, stop, answered) =
                    (site.labels.clone(), stop.clone(), answered.clone());
                tokio::spawn(buy(url, labels, Dice(n), stop, answered, record.clone()))
            })
            .collect();
        Self { stop, answered, record, clients }
    }

    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// What was acknowledged until now: the codes, and what was asked.
    pub fn so_far(&self) -> Vec<(CodeId, Value)> {
        self.record.lock().expect("no client panics with it").clone()
    }

    pub async fn progress(&self, more: u64, site: &Site) {
        let goal = self.answered() + more;
        let deadline = Instant::now() + DEADLINE;
        while self.answered() < goal {
            assert!(Instant::now() < deadline, "no scans are answered; the log:\n{}", site.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Scans of each code that were acknowledged; every scan that was begun
    /// was asked again until it was.
    pub async fn finish(self) -> HashMap<CodeId, u64> {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = HashMap::new();
        for client in self.clients {
            for (code, scans) in client.await.expect("a client saw nothing wrong") {
                *all.entry(code).or_default() += scans;
            }
        }
        all
    }
}

async fn buy(
    url: String,
    labels: Vec<(CodeId, String)>,
    mut dice: Dice,
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    record: Record,
) -> HashMap<CodeId, u64> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().expect("built");
    let mut acknowledged: HashMap<CodeId, u64> = HashMap::new();
    while !stop.load(Ordering::Relaxed) {
        let which = usize::try_from(dice.roll(labels.len() as u64)).expect("small");
        let (code, text) = &labels[which];
        let half = || u128::from(Dice(dice.0).roll(u64::MAX));
        let id = Uuid::from_u128(half() << 64 | u128::from(dice.roll(u64::MAX)));
        let body = json!({ "code": text, "scan_id": id });
        let begun = Instant::now();
        while !ask(&client, &url, &body).await {
            assert!(begun.elapsed() < DEADLINE, "scan {id} is never answered");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        record.lock().expect("no client panics with it").push((*code, body));
        answered.fetch_add(1, Ordering::Relaxed);
        *acknowledged.entry(*code).or_default() += 1;
    }
    acknowledged
}

/// True when the answer says that the scan was recorded.
pub async fn ask(client: &reqwest::Client, url: &str, body: &Value) -> bool {
    let Ok(answer) = client.post(url).json(body).send().await else { return false };
    let status = answer.status();
    let Ok(answer) = answer.json::<Value>().await else { return false };
    // A server that has just started may not have everything yet: then it
    // says so, and never something else.
    assert!(status.is_success() || status.is_server_error(), "{status}: {answer}");
    let recorded = answer["recorded"] == true;
    assert!(
        recorded || status.is_server_error() || answer["outcome"] == "cannot_confirm",
        "{answer}"
    );
    recorded
}

/// Every scan that was acknowledged is in the history of its label.
pub async fn check(site: &Site, books: &Books<'_>, acknowledged: &HashMap<CodeId, u64>) {
    let lost = lost(site, books, acknowledged).await;
    assert!(lost.is_empty(), "scans that histories lack, by number of the label: {lost:?}");
}

/// Scans that were acknowledged and that a history lacks, by number of the label. None is
/// there twice, and what a history has is in the ledger once.
pub async fn lost(
    site: &Site,
    books: &Books<'_>,
    acknowledged: &HashMap<CodeId, u64>,
) -> BTreeMap<u64, u64> {
    let state = site.state().await;
    let (mut lost, mut kept) = (BTreeMap::new(), BTreeMap::new());
    for (code, scans) in acknowledged {
        let count = state.peek(*code).await.expect("read").count();
        assert!(count <= *scans, "label {}: {count} of {scans} scans", code.number);
        if count < *scans {
            lost.insert(code.number, scans - count);
        }
        kept.insert(hex(code), (count, *scans));
    }
    // Whatever the worker has not followed yet it follows now.
    let payload = books.hex("payload");
    let sql = format!("SELECT {payload}, count(*) FROM scans WHERE batch_number = 1 GROUP BY 1");
    let all: u64 = kept.values().map(|(count, _)| count).sum();
    let deadline = Instant::now() + DEADLINE;
    while books.counts(&sql).values().sum::<u64>() < all {
        assert!(Instant::now() < deadline, "rows are missing; the log:\n{}", site.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // A scan may have been followed before its history was lost.
    let rows = books.counts(&sql);
    for (code, rows) in &rows {
        let (count, scans) = kept.get(code).unwrap_or_else(|| panic!("nobody scanned {code}"));
        assert!(count <= rows && rows <= scans, "{code}: {rows} rows, {count} of {scans} scans");
    }
    lost
}

fn hex(code: &CodeId) -> String {
    code.payload.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn kill_at_random(mut site: Site, redis: Option<&mut RedisServer>) {
    let seed = 3;
    eprintln!("seed {seed}");
    let (mut dice, mut redis) = (Dice(seed), redis);
    site.start_serve();
    site.start_worker();
    let buyers = Buyers::start(&site);
    for round in 0..ROUNDS {
        buyers.progress(dice.roll(300) + 1, &site).await;
        tokio::time::sleep(Duration::from_micros(dice.roll(3_000))).await;
        match (round % 3, redis.as_deref_mut()) {
            (0, _) => kill(&mut site.serve),
            (1, _) => kill(&mut site.worker),
            (_, Some(redis)) => {
                redis.kill();
                redis.restart();
            }
            (_, None) => {
                kill(&mut site.serve);
                kill(&mut site.worker);
            }
        }
        if site.serve.is_none() {
            site.start_serve();
        }
        if site.worker.is_none() {
            site.start_worker();
        }
    }
    buyers.progress(200, &site).await;
    let acknowledged = buyers.finish().await;
    eprintln!("{} scans acknowledged", acknowledged.values().sum::<u64>());
    check(&site, &site.books(), &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_processes_lose_no_scan_on_sqlite() {
    kill_at_random(Site::new("embedded"), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_processes_lose_no_scan_on_redis() {
    let Some(mut redis) = RedisServer::start() else { return };
    kill_at_random(Site::new(&redis.url()), Some(&mut redis)).await;
}

/// The worker dies again and again between a scan and what it says of others;
/// in the end the ledger has what one that lived would have. And a server shows
/// what the worker found without being told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_codes_say_of_one_another_survives_a_killed_worker() {
    let mut site = Site::new("embedded");
    site.start_serve();
    let path = Path::new(&site.file("data")).join("ledger.sqlite");
    let ledger = ledger_bed::open(&path, UnixMs(0)).await.expect("opens");
    let register = Register::default();
    let register = register.apply(ledger.changes(0).await.expect("read").expect("a register"));
    let labels: Vec<_> = site
        .labels
        .iter()
        .map(|(code, _)| {
            let payload = Payload::from_bytes(code.payload).expect("a payload");
            let Placement::Issued { facts, number, standing } = register.place(&payload) else {
                panic!("issued")
            };
            (*code, label(&payload, &facts, number, &standing).expect("on the goods"))
        })
        .collect();
    let key = ["user", "add", "wang", "--name", "王芳", "--role", "officer", "--password-file"];
    site.shell(&[&key[..], &[&*site.file("passphrase")]].concat());
    let key = site.command(&["user", "key", "wang"]).output().expect("runs").stdout;
    let key = String::from_utf8(key).expect("text").trim().to_owned();
    let client = reqwest::Client::new();
    let url = format!("http://127.0.0.1:{}/api/v1/scans", site.port);
    let risk = async |text: &str| {
        let body = json!({"code": text, "scan_id": Uuid::from_u128(7), "channel": "officer"});
        let asked = client.post(&url).bearer_auth(&key).json(&body).send().await.ok()?;
        asked.json::<Value>().await.ok()?["risk"].as_f64()
    };
    let (mut dice, mut model) = (Dice(20_261_127), Model::default());
    let state = site.state().await;
    let mut given = 0;
    let mut before = None;
    let deadline = Instant::now() + DEADLINE;
    for round in 0..12 {
        for (code, seen) in scans(&mut dice, round * 60, 60) {
            state.record(labels[code].0, seen).await.expect("recorded");
            model.take(&labels[code], seen);
            given += 1;
        }
        while round == 0 && before.is_none() {
            assert!(Instant::now() < deadline, "no answer; the log:\n{}", site.log());
            before = risk(&site.labels[3].1).await;
        }
        site.start_worker();
        // Before it follows, while it follows, when it is done.
        tokio::time::sleep(Duration::from_millis(150 + dice.roll(150))).await;
        kill(&mut site.worker);
    }
    site.start_worker();
    while followed(&ledger).await < given + 1 {
        assert!(Instant::now() < deadline, "rows are missing; the log:\n{}", site.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut kept = Across::default();
    kept.apply(ledger.across_since(0).await.expect("read").expect("evidence"));
    model.agrees_with(&kept, &labels);
    let begun = Instant::now();
    while risk(&site.labels[3].1).await <= before {
        assert!(Instant::now() < deadline, "the server never hears of it");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    eprintln!("the server knew within {:?}", begun.elapsed());
}

async fn followed(ledger: &Ledger) -> u64 {
    let batch = BatchRef { key: KeyNumber::new(1).expect("a number"), batch: 1 };
    ledger.scans_in(batch).await.expect("read")
}
