//! What the book of a batch costs: a million labels activated by range and by a
//! file of shuffled serials, a label found among very many runs.
//! `cargo bench --bench book`

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use zhenma::base::{By, UnixMs};
use zhenma::code::{Layer, Payload};
use zhenma::keys::KeyNumber;
use zhenma::registry::movement::codes::Finder;
use zhenma::registry::movement::file::Reader;
use zhenma::registry::movement::service::{Asked, move_labels, undo};
use zhenma::registry::movement::{Account, Kind, Moved, Movement, Ranges, Whereabouts, Words};
use zhenma::registry::port::{Registered, Registration, RegistryLedger};
use zhenma::registry::register::BatchFacts;
use zhenma::registry::service::Scope;
use zhenma::registry::{
    Batch, BatchRef, Bilingual, Enterprise, Gtin, Layers, NewBatch, PreparedBatch, Product,
    Register, Uscc,
};
use zhenma::store::sql::Ledger;

const NOW: UnixMs = UnixMs(1_795_000_000_000);
const LABELS: u64 = 1_000_000;

fn both(text: &str) -> Bilingual {
    Bilingual { zh: text.to_owned(), en: text.to_owned() }
}

fn maker() -> Enterprise {
    Enterprise {
        uscc: Uscc::parse("91411628MA9DEM01XU").expect("sound"),
        name: both("宋河"),
        licences: Vec::new(),
        gs1_prefix: None,
    }
}

fn product() -> Product {
    Product {
        gtin: Gtin::parse("6900000001011").expect("sound"),
        enterprise: maker().uscc,
        name: both("粮液"),
        category: String::new(),
        standard: String::new(),
        net_content: String::new(),
        shelf_life_days: None,
        pictures: Vec::new(),
    }
}

fn prepared(count: u64) -> PreparedBatch {
    PreparedBatch {
        enterprise: maker().uscc,
        key: KeyNumber::new(1).expect("not zero"),
        new: NewBatch {
            product: product().gtin,
            lot: "L1".to_owned(),
            made_on: jiff::civil::date(2026, 11, 1),
            expires_on: None,
            destination: 0,
            dealer: String::new(),
            layers: Layers::Outer,
            count,
            cases: 0,
            pallets: 0,
            key: None,
        },
        expires_on: None,
        secret: [9; 32],
    }
}

async fn batch(ledger: &Ledger, count: u64) -> Batch {
    let object = [(0, Registration::Batch(prepared(count)))];
    let done = ledger.register(&object, &By::shell(NOW)).await.expect("registered");
    let [Registered::Batch(id)] = done[..] else { panic!("{done:?}") };
    ledger.batch(id).await.expect("it")
}

async fn activate(ledger: &Ledger, of: BatchRef, ranges: Ranges) -> Movement {
    let asked = Asked::plain(Kind::Activate, Some(ranges));
    let moved = move_labels(ledger, &Scope::All, of, asked, &By::shell(NOW)).await;
    match moved.expect("answered") {
        Moved::Done(movement, None) => movement,
        other => panic!("{other:?}"),
    }
}

/// All serials of a batch, in an order that says nothing of their numbers.
fn shuffled_serials(batch: &Batch) -> String {
    let outer = batch.permutation(Layer::Outer);
    let mut serials: Vec<u64> = (0..batch.count).map(|n| outer.serial_of(n)).collect();
    serials.sort_unstable();
    let text = |serial| {
        let id = batch.id;
        Payload { layer: Layer::Outer, key: id.key, batch: id.batch, serial }.serial_text()
    };
    serials.into_iter().map(text).collect::<Vec<_>>().join("\n")
}

async fn movements(ledger: &Ledger) {
    for count in [LABELS, 100_000_000] {
        let id = batch(ledger, count).await.id;
        let begun = Instant::now();
        activate(ledger, id, Ranges::one(0, count - 1)).await;
        println!("{count} labels by range: {:?}", begun.elapsed());
    }
    let of = batch(ledger, LABELS).await;
    let file = shuffled_serials(&of);
    let begun = Instant::now();
    let mut reader = Reader::new(Finder::new(&of));
    for piece in file.as_bytes().chunks(64 * 1024) {
        reader.take(piece).expect("read");
    }
    let named = reader.finish().expect("labels");
    let read = begun.elapsed();
    activate(ledger, of.id, named.ranges).await;
    println!(
        "{LABELS} labels by a file of shuffled serials: {:?}, {read:?} of it reading",
        begun.elapsed()
    );
    for runs in [10_000_u32, 100_000, 500_000] {
        let id = batch(ledger, LABELS).await.id;
        let numbers = (0..runs).map(|n| n * 2).collect();
        let begun = Instant::now();
        let movement = activate(ledger, id, Ranges::of_numbers(numbers)).await;
        let all = begun.elapsed();
        let begun = Instant::now();
        activate(ledger, id, Ranges::one(1, 1)).await;
        let one = begun.elapsed();
        let words = Words { reason: "-".to_owned(), ..Words::default() };
        let begun = Instant::now();
        undo(ledger, &Scope::All, id, movement.id, words, &By::shell(NOW)).await.expect("undone");
        println!("{runs} runs: {all:?}; one label more {one:?}; undone {:?}", begun.elapsed());
    }
}

/// A scan's look into the register, by how many runs its batch has.
fn places() {
    let of = prepared(LABELS).numbered(1, NOW);
    for runs in [1_u64, 1_000, 100_000, 1_000_000] {
        let step = LABELS / runs;
        let accounts = [Account::Activated, Account::Printed];
        let lie: Vec<_> = (0..runs).map(|n| (n * step, accounts[(n % 2) as usize])).collect();
        let lie = Whereabouts::of(&lie, LABELS);
        let begun = Instant::now();
        black_box(lie.moved(&Ranges::one(500_000, 500_000), Account::Held));
        let followed = begun.elapsed();
        let (maker, product) = (Arc::new(maker()), Arc::new(product()));
        let facts = BatchFacts::new(of.clone(), maker, product, Vec::new(), lie);
        let mut register = Register::default();
        register.batches.insert(of.id, Arc::new(facts));
        let outer = of.permutation(Layer::Outer);
        let payloads: Vec<_> = (0..10_000_u64)
            .map(|n| {
                let serial = outer.serial_of(n * 7_919 % LABELS);
                Payload { layer: Layer::Outer, key: of.id.key, batch: of.id.batch, serial }
            })
            .collect();
        let begun = Instant::now();
        for _ in 0..20 {
            for payload in &payloads {
                black_box(register.place(black_box(payload)));
            }
        }
        let each = begun.elapsed() / 200_000;
        println!("{runs} runs: a label found in {each:?}; one move followed in {followed:?}");
    }
}

fn main() {
    places();
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite"), NOW).await.expect("opens");
        let objects = [Registration::Enterprise(maker()), Registration::Product(product())];
        let objects: Vec<_> = objects.into_iter().map(|object| (0, object)).collect();
        ledger.register(&objects, &By::shell(NOW)).await.expect("registered");
        movements(&ledger).await;
    });
}
