//! With the codes that were issued: one row a batch, whatever it holds.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use arc_swap::ArcSwap;
use futures::future::BoxFuture;
use serde_json::json;
use uuid::Uuid;
use zhenma::base::UnixMs;
use zhenma::code::Payload;
use zhenma::registry::Placement;
use zhenma::registry::movement::{Account, Whereabouts};
use zhenma::registry::register::{BatchFacts, Register};
use zhenma::scan::service::{Device, Question, RecordState, Scanner};
use zhenma::scan::{Channel, ScanState};
use zhenma::store::redis::RedisState;

use crate::installation::{LABELS, code, enterprise, prepared, product, signer};
use crate::redis_server::RedisServer;
use crate::scans::{Run, Until, Work, forget_logs, median, mix, run};
use crate::{ROUNDS, WRITERS, batch, kept};

const BATCHES: [u32; 4] = [1, 10, 1_000, 10_000];
const LOOKUPS: u64 = 200_000;
const ANSWERS: u64 = 4_000;

/// A register of one size, and scans of its codes.
struct Size {
    register: Arc<Register>,
    batches: Vec<Arc<BatchFacts>>,
    lookups: Vec<f64>,
    answers: Vec<Run>,
}

impl Size {
    fn of(batches: u32) -> Self {
        let (maker, product) = (Arc::new(enterprise()), Arc::new(product()));
        let facts = |number: u32| {
            let batch = prepared(number as usize).numbered(number, UnixMs(1_773_295_500_000));
            let on_sale = Whereabouts::of(&[(0, Account::Activated)], LABELS);
            let (maker, product) = (Arc::clone(&maker), Arc::clone(&product));
            Arc::new(BatchFacts::new(batch, maker, product, Vec::new(), on_sale))
        };
        let batches: Vec<_> = (1..=batches).map(facts).collect();
        let mut register = Register { revision: 1, ..Register::default() };
        register.batches.extend(batches.iter().map(|facts| (facts.batch.id, Arc::clone(facts))));
        Self { register: Arc::new(register), batches, lookups: Vec::new(), answers: Vec::new() }
    }

    /// The `n`th label of a walk over all batches.
    fn some(&self, n: u64) -> (&BatchFacts, u64) {
        let batch = mix(n) % self.batches.len() as u64;
        (&self.batches[batch as usize], mix(n ^ 1 << 50) % LABELS)
    }

    fn look_up(&mut self) {
        let payload = |n| {
            let (facts, number) = self.some(n);
            facts.payload(number)
        };
        let payloads: Vec<Payload> = (0..LOOKUPS).map(payload).collect();
        let begun = Instant::now();
        for payload in &payloads {
            let placed = self.register.place(black_box(payload));
            assert!(matches!(placed, Placement::Issued { .. }));
        }
        self.lookups.push(begun.elapsed().as_secs_f64() * 1e9 / LOOKUPS as f64);
    }

    async fn answer(&mut self, scanner: &Scanner, first: u64, redis: &RedisServer) {
        let signer = signer();
        let text = |n| {
            let (facts, number) = self.some(n);
            code(&facts.batch, number, &signer)
        };
        let texts: Arc<Vec<String>> = Arc::new((first..first + ANSWERS).map(text).collect());
        let register = Arc::new(ArcSwap::new(Arc::clone(&self.register)));
        let work = answering(Scanner { register, ..scanner.clone() }, texts);
        let next = AtomicU64::new(0);
        self.answers.push(run(WRITERS, Until::Done(ANSWERS), &next, &work, Some(redis)).await);
    }
}

/// From the text to the verdict.
fn answering(scanner: Scanner, texts: Arc<Vec<String>>) -> Work {
    Arc::new(move |n| -> BoxFuture<'static, ()> {
        let (scanner, texts) = (scanner.clone(), Arc::clone(&texts));
        Box::pin(async move {
            let question = Question {
                named: scanner.name(&texts[n as usize]).await,
                scan_id: Uuid::from_u64_pair(n, 1),
                device: Device::Cookie(u128::from(mix(n)).to_be_bytes()),
                address: None,
                location: None,
                channel: Channel::Consumer,
                record: true,
                at: UnixMs(1_790_000_000_000 + n.cast_signed()),
            };
            let answer = scanner.answer(question).await;
            assert_eq!(answer.recorded, RecordState::Recorded);
        })
    })
}

pub async fn curve() {
    let Some(redis) = RedisServer::start() else { return };
    redis.command::<()>("CONFIG SET appendfsync everysec");
    let state: Arc<dyn ScanState> = Arc::new(RedisState::open(&redis.url()).await.expect("opens"));
    let scanner = batch::services(Arc::clone(&state)).scanner;
    let mut sizes = BATCHES.map(Size::of);
    let mut first = 0;
    for _ in 0..ROUNDS {
        for size in &mut sizes {
            size.look_up();
            size.answer(&scanner, first, &redis).await;
            forget_logs(&*state).await;
            first += ANSWERS;
        }
    }
    println!("\nCodes issued, batches of 100 000 000; answers on Redis, {WRITERS} at once\n");
    println!(
        "| batches | codes issued | lookup, ns | answers/s | us of processor time an answer |"
    );
    println!("|---|---|---|---|---|");
    for (batches, size) in BATCHES.into_iter().zip(sizes) {
        let (lookup, answer) = (median(size.lookups), Run::median(&size.answers));
        let (rate, cpu) = (answer.rate, answer.all_cpu_us());
        println!("| {batches} | {batches}00000000 | {lookup:.0} | {rate:.0} | {cpu:.1} |");
        let codes = u64::from(batches) * LABELS;
        let value = json!({"codes": codes, "lookup_ns": lookup, "answer": answer});
        kept::keep("growth", "issued", value);
    }
}
