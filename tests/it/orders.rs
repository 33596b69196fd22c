//! Orders of labels through the real binary and the worker: killed, stopped,
//! placed twice, asked for what cannot be.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use zhenma::app::orders::{Orders, signers_of};
use zhenma::app::paths;
use zhenma::base::clock::SystemClock;
use zhenma::base::{By, Clock, rng};
use zhenma::keys::KeyDir;
use zhenma::label::{self, Issued, Kind, Specification};
use zhenma::registry::BatchRef;
use zhenma::registry::order::{HandOver, NewOrder, Order, OrderState};
use zhenma::registry::port::{OrderLedger, RegistryLedger};

use crate::ledger_bed;

const PASSPHRASE: &str = "a passphrase for the tests";
const BATCH: &str = "1-1";

/// An installation with a key, a maker, a product, and one batch.
pub struct Shop(TempDir);

impl Shop {
    pub fn new(count: &str) -> Self {
        let shop = Self(TempDir::new().expect("a folder"));
        fs::write(shop.path("passphrase"), PASSPHRASE).expect("written");
        let maker = "91411628MA9DEM01XU";
        shop.good(&["key", "new", "--issuer", "李耳小磨香油"]);
        let names = ["--name-zh", "李耳小磨香油", "--name-en", "Li Er sesame oil"];
        shop.good(&[&["enterprise", "add", "--uscc", maker], &names[..]].concat());
        let gtin = "6900000001011";
        let product = ["product", "add", "--gtin", gtin, "--enterprise", maker];
        let rest = ["--category", "oil", "--standard", "GB/T 8233", "--net-content", "450 mL"];
        shop.good(&[&product[..], &names[..], &rest[..]].concat());
        let batch = ["batch", "add", "--product", gtin, "--lot", "L1", "--made", "2026-11-01"];
        let rest = ["--count", count, "--layers", "outer", "--key", "1"];
        shop.good(&[&batch[..], &rest[..]].concat());
        shop
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zhenma"));
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env("ZHENMA_DATA", self.path("data"))
            .env("ZHENMA_LEDGER", ledger_bed::setting(&self.path("data")))
            .env("ZHENMA_KEYS", self.path("keys"))
            .env("ZHENMA_PUBLIC_URL", "https://id.example.cn")
            .env("ZHENMA_KEY_PASSPHRASE_FILE", self.path("passphrase"));
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary runs")
    }

    pub fn good(&self, arguments: &[&str]) -> String {
        let out = self.run(arguments);
        let error = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.success(), "{arguments:?}: {error}");
        String::from_utf8(out.stdout).expect("text")
    }

    /// What is said of a command that cannot be followed.
    fn bad(&self, arguments: &[&str]) -> String {
        let out = self.run(arguments);
        assert_eq!(out.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(out.stderr).expect("text")
    }

    fn issue<'a>(&self, format: &'a str, count: &'a str, out: &'a str) -> [&'a str; 10] {
        ["--json", "batch", "issue", "--batch", BATCH, "--format", format, "--out", out, count]
    }
}

/// Everything under `folder`, by path.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below").to_owned();
                out.insert(name, fs::read(path).expect("a file"));
            }
        }
    }
    out
}

#[test]
fn an_order_killed_at_any_moment_goes_on_to_the_same_bytes() {
    let shop = Shop::new("200000");
    for (format, count) in [("csv", "--count=80000"), ("png", "--count=2000")] {
        let arguments = shop.issue(format, count, "whole");
        let start = Instant::now();
        shop.good(&arguments);
        let whole_run = start.elapsed();
        let arguments = shop.issue(format, count, "parts");
        let mut killed = 0;
        for _ in 0..5 {
            let mut run = shop
                .command(&arguments)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("the binary runs");
            let share = u32::from(rng::bytes::<1>()[0]);
            let after = whole_run * share / 600;
            eprintln!("{format}: killed after {after:?}");
            std::thread::sleep(after);
            run.kill().expect("killed");
            killed += u32::from(!run.wait().expect("ended").success());
        }
        assert!(killed > 0, "no run was caught alive");
        shop.good(&arguments);
        assert!(tree(&shop.path("whole")) == tree(&shop.path("parts")), "{format} differs");
        for name in ["whole", "parts"] {
            fs::remove_dir_all(shop.path(name)).expect("removed");
        }
    }
}

#[test]
fn a_stopped_order_says_where_it_stands_and_goes_on() {
    let Some(kill) = crate::need::program("kill") else { return };
    let shop = Shop::new("2000000");
    let arguments = shop.issue("csv", "--count=2000000", "out");
    let run = shop.command(&arguments).stdout(Stdio::piped()).spawn().expect("the binary runs");
    let journal = shop.path("out/.zhenma-issue.json");
    wait_until("the run to begin", || journal.exists());
    let id = run.id().to_string();
    assert!(Command::new(kill).args(["-TERM", &id]).status().expect("kill runs").success());
    let out = run.wait_with_output().expect("ended");
    assert_eq!(out.status.code(), Some(1), "stopped is a negative answer");
    let last = String::from_utf8(out.stdout).expect("text");
    let last: Value = serde_json::from_str(last.lines().last().expect("a line")).expect("JSON");
    assert_eq!(last["state"], "cancelled");
    assert!(last["labels_done"].as_u64().expect("a count") < 2_000_000);
    assert!(journal.exists() && !shop.path("out/manifest.json").exists());
}

#[test]
fn an_order_key_is_one_order() {
    let shop = Shop::new("100");
    let order = |format, count, out| {
        let mut arguments = shop.issue(format, count, out).to_vec();
        arguments.extend(["--order-key", "K1"]);
        arguments
    };
    let first = shop.good(&order("csv", "--count=10", "a"));
    assert_eq!(shop.good(&order("csv", "--count=10", "a")), first);
    assert!(shop.bad(&order("csv", "--count=11", "b")).contains("order_key"));
    assert!(shop.bad(&order("png", "--count=10", "b")).contains("order_key"));
    assert!(shop.bad(&order("csv", "--count=10", "b")).contains("name that directory"));
    assert!(!shop.path("b").exists());
}

#[test]
fn what_cannot_be_issued_is_refused_by_name_before_anything_is_written() {
    let shop = Shop::new("100");
    let count = "count: an order holds 1 to 100000000 labels, not ";
    for (options, said) in [
        ("--count=0", format!("{count}0")),
        ("--count=-1", format!("{count}-1")),
        ("--count=100000001", format!("{count}100000001")),
        ("--count=101", "numbers 0 to 99".to_owned()),
        ("--first=100", format!("{count}0")),
        ("--printer=laser-601", "no printer profile \"laser-601\"".to_owned()),
        ("--module-mm=0.25", "5 whole dots of laser-600 are 0.21 mm, under 0.255 mm".to_owned()),
        ("--template=a4-35", "template: is for pdf".to_owned()),
        ("--codes=inner", "an outer code alone".to_owned()),
        ("--codes=cases", "registered without cases".to_owned()),
        ("--passphrase-file=nowhere", "passphrase file nowhere".to_owned()),
    ] {
        let error = shop.bad(&shop.issue("png", options, "out"));
        assert!(error.contains(&said), "{options}: {error}");
        assert!(!shop.path("out").exists(), "{options}");
    }
    fs::write(shop.path("wrong"), "not the passphrase").expect("written");
    let error = shop.bad(&shop.issue("png", "--passphrase-file=wrong", "out"));
    assert!(error.contains("the passphrase is wrong"), "{error}");
    for mm in ["0.001", "2.1", "-1", "NaN", "inf"] {
        let mm = format!("--module-mm={mm}");
        let error = shop.bad(&shop.issue("pdf", &mm, "out"));
        assert!(error.contains("0.255 to 2 mm"), "{mm}: {error}");
    }
}

/// For as long as two cores may need that hundreds of other tests share.
pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(240);
    while !done() {
        assert!(Instant::now() < deadline, "waited four minutes for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The worker's side of a shop.
pub struct Works {
    pub orders: Orders,
    pub data: PathBuf,
    pub runtime: tokio::runtime::Runtime,
}

impl Works {
    pub fn of(shop: &Shop) -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let data = shop.path("data");
        let ledger = runtime
            .block_on(ledger_bed::open(&paths::ledger(&data), SystemClock.now()))
            .expect("the ledger");
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let passphrase = PASSPHRASE.to_owned().into();
        let orders = Orders {
            ledger,
            signers: signers_of(KeyDir::at(&shop.path("keys")), passphrase, Arc::clone(&clock)),
            public_url: "https://id.example.cn".to_owned(),
            clock,
        };
        Self { orders, data, runtime }
    }

    fn place(&self, key: &str, count: u64) -> Order {
        self.place_for(key, count, HandOver::default())
    }

    pub fn place_for(&self, key: &str, count: u64, hand_over: HandOver) -> Order {
        let batch: BatchRef = BATCH.parse().expect("a batch");
        let specification = Specification::new(Kind::Csv, 0, count);
        self.runtime.block_on(async {
            let new = NewOrder {
                hand_over,
                enterprise: self.orders.ledger.batch(batch).await.expect("a batch").enterprise,
                order_key: key.to_owned(),
                batch,
                specification: serde_json::to_value(specification).expect("JSON"),
                labels: count,
                directory: None,
                created_by: "test".to_owned(),
            };
            let by = By::shell(SystemClock.now());
            let order = self.orders.ledger.place(&new, &by).await.expect("placed");
            match order.state {
                // A large one waits for a second person.
                OrderState::AwaitingApproval => {
                    let second = By { login: "second".to_owned(), ..by };
                    self.orders.ledger.approve(order.id, None, &second).await.expect("approved")
                }
                _ => order,
            }
        })
    }

    /// Gives the product another name, as its owner may at any time.
    pub fn rename_product(&self) {
        let batch: BatchRef = BATCH.parse().expect("a batch");
        let ledger = &self.orders.ledger;
        let renamed = self.runtime.block_on(async {
            let batch = ledger.batch(batch).await.expect("a batch");
            let mut product = ledger.product(&batch.product).await.expect("a product");
            product.name.zh.push_str("新装");
            ledger.change_product(&product, &By::shell(SystemClock.now())).await
        });
        assert!(renamed.expect("renamed"));
    }

    /// What an order's labels are made from now.
    fn labels(&self, order: &Order) -> label::Order {
        let ledger = &self.orders.ledger;
        let specification = Specification::new(Kind::Csv, 0, order.new.labels);
        self.runtime.block_on(async {
            let batch = ledger.batch(order.new.batch).await.expect("a batch");
            let product = ledger.product(&batch.product).await.expect("a product");
            let maker = ledger.enterprise(&batch.enterprise).await.expect("a maker");
            let url = &self.orders.public_url;
            label::Order::of(&batch, &product, &maker, specification, url)
        })
    }

    fn start(&self) -> (CancellationToken, tokio::task::JoinHandle<()>) {
        let stop = CancellationToken::new();
        let (orders, data, ended) = (self.orders.clone(), self.data.clone(), stop.clone());
        (stop, self.runtime.spawn(async move { orders.work(&data, ended).await }))
    }

    fn order(&self, order: &Order) -> Order {
        self.runtime.block_on(self.orders.ledger.order(order.id)).expect("the order")
    }

    fn state(&self, order: &Order) -> OrderState {
        self.order(order).state
    }
}

#[test]
fn the_worker_finishes_a_small_order_beside_a_large_one_and_honours_cancel() {
    let shop = Shop::new("5000000");
    let works = Works::of(&shop);
    let large = works.place("large", 5_000_000);
    let small = works.place("small", 700);
    let (stop, worker) = works.start();
    wait_until("the small order", || works.state(&small) == OrderState::Done);
    let folder = paths::order(&works.data, small.id);
    assert_eq!(works.order(&small).new.directory.as_deref(), folder.to_str());
    assert!(folder.join("manifest.json").exists());
    wait_until("progress", || {
        let order = works.order(&large);
        assert_eq!(order.state, OrderState::Running, "{:?}", order.problem);
        order.labels_done > 0
    });
    let cancelled =
        works.runtime.block_on(works.orders.ledger.cancel(large.id, &By::shell(SystemClock.now())));
    assert!(cancelled.expect("cancelled"));
    wait_until("the cancel", || works.state(&large) == OrderState::Cancelled);
    stop.cancel();
    works.runtime.block_on(worker).expect("the worker ends");
}

#[test]
fn an_order_that_finds_the_ledger_away_is_not_given_up() {
    if ledger_bed::on_postgres() {
        return; // What is done to the file below is a file's.
    }
    let shop = Shop::new("1000");
    let works = Works::of(&shop);
    let order = works.place("order", 1_000);
    let file = rusqlite::Connection::open(paths::ledger(&works.data)).expect("opens");
    file.execute("ALTER TABLE products RENAME TO elsewhere", []).expect("put elsewhere");
    let (stop, worker) = works.start();
    wait_until("the worker", || works.state(&order) == OrderState::Running);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(works.state(&order), OrderState::Running, "{:?}", works.order(&order).problem);
    file.execute("ALTER TABLE elsewhere RENAME TO products", []).expect("put back");
    // As if its half minute were over.
    file.execute("UPDATE orders SET lease_until = 0", []).expect("ended");
    wait_until("the order", || works.state(&order) == OrderState::Done);
    stop.cancel();
    works.runtime.block_on(worker).expect("the worker ends");
}

#[test]
fn an_order_whose_taker_died_or_was_stopped_goes_on_with_the_next() {
    let shop = Shop::new("60000");
    let works = Works::of(&shop);
    let order = works.place("order", 60_000);
    // Somebody took it a minute ago and was never heard of again.
    let now = SystemClock.now();
    let taken = works.orders.ledger.take(now.plus_ms(-60_000), now.plus_ms(-30_000));
    assert_eq!(works.runtime.block_on(taken).expect("taken").map(|o| o.id), Some(order.id));
    // Two workers, the first stopped as soon as it has begun.
    let journal = paths::order(&works.data, order.id).join(".zhenma-issue.json");
    let (stop, worker) = works.start();
    wait_until("the first worker", || journal.exists());
    stop.cancel();
    works.runtime.block_on(worker).expect("the worker ends");
    let (stop, worker) = works.start();
    wait_until("the second worker", || works.state(&order) == OrderState::Done);
    stop.cancel();
    works.runtime.block_on(worker).expect("the worker ends");

    shop.good(&shop.issue("csv", "--count=60000", "unbroken"));
    let made = tree(&paths::order(&works.data, order.id));
    assert!(made == tree(&shop.path("unbroken")), "worker and shell differ");
}

#[test]
fn an_interrupted_order_whose_product_was_renamed_is_begun_anew() {
    let shop = Shop::new("1000");
    let works = Works::of(&shop);
    let (half, whole) = (works.place("half", 1_000), works.place("whole", 900));
    let folders = [&half, &whole].map(|order| paths::order(&works.data, order.id));
    // One run was cut off; the other ended, and the ledger was not told.
    for (order, folder, cut_off) in [(&half, &folders[0], true), (&whole, &folders[1], false)] {
        let labels = works.labels(order);
        let signer = (works.orders.signers)(labels.key).expect("a signer");
        let cancel = AtomicBool::new(cut_off);
        let ended = label::issue(&labels, &*signer, folder, &mut |_| {}, &cancel).expect("a run");
        assert_eq!(ended != Issued::Complete, cut_off);
        fs::write(folder.join("of-the-first-run.txt"), "old").expect("written");
    }
    works.rename_product();
    let (stop, worker) = works.start();
    for order in [&half, &whole] {
        wait_until("the order", || works.state(order).is_final());
        assert_eq!(works.state(order), OrderState::Done, "{:?}", works.order(order).problem);
    }
    stop.cancel();
    works.runtime.block_on(worker).expect("the worker ends");
    for (count, out, folder) in
        [("--count=1000", "a", &folders[0]), ("--count=900", "b", &folders[1])]
    {
        shop.good(&shop.issue("csv", count, out));
        assert!(tree(folder) == tree(&shop.path(out)), "worker and shell differ: {count}");
    }
}
