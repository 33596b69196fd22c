//! What the pieces of a scan and of a label cost, one thread: reading, checking
//! and judging a code, and making one. `cargo bench --bench core [-- FILTER]`
//!
//! Beside a piece stands what the library under it takes for the same. Criterion
//! samples; the table is made of its medians. Allocations are of one call.

#[path = "kept.rs"]
mod kept;

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use askama::Template as _;
use criterion::Criterion;
use ed25519_dalek::{Signature, Signer as _, SigningKey};
use jiff::civil::date;
use jiff::tz::TimeZone;
use zhenma::base::{Lang, UnixMs};
use zhenma::code::{
    self, Layer, Outcome as Read, Permutation, Reading, compact_message, sign_compact,
};
use zhenma::keys::{KeyNumber, KeyStatus, Keyring, PublishedKey, Signer as _, SoftSigner};
use zhenma::label::{Caption, Kind, Label, Mint, Minted, Specification, Symbol, file, png, svg};
use zhenma::registry::movement::Whereabouts;
use zhenma::registry::register::BatchFacts;
use zhenma::registry::{
    Batch, BatchRef, Bilingual, Enterprise, Findings, Gtin, Layers, Product, Standing, Uscc,
};
use zhenma::scan::across::{Around, Provinces};
use zhenma::scan::judge::{Check, Evidence, Policy, Seen, judge};
use zhenma::scan::service::{Answer, Item, RecordState, ScanSummary};
use zhenma::scan::walk::Walk;
use zhenma::scan::{Assurance, Channel, History, Marks, Observation, Place, Tag48, Verdict};
use zhenma::web::verdict::{Asked, VerdictPage};

struct Counting;

static ALLOCATED: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
#[allow(unsafe_code, reason = "an allocator that counts")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static GLOBAL: Counting = Counting;

const SECRET: [u8; 32] = [42; 32];
const SEED: [u8; 32] = [7; 32];
const BATCH: u32 = 3;
const NOW: UnixMs = UnixMs(1_790_000_000_000);
/// Codes that a piece takes up in turn.
const CODES: usize = 256;
/// Labels of a page of the template that most take.
const A_PAGE: usize = 35;

/// A piece with its name, and how many of what it names one call does.
struct Piece {
    name: String,
    each: usize,
    allocations: u64,
}

struct Core {
    criterion: Criterion,
    pieces: Vec<Piece>,
    filter: Option<String>,
}

impl Core {
    /// Measures `work`, which gets the number of the call.
    fn piece<T>(&mut self, name: &str, each: usize, mut work: impl FnMut(usize) -> T) {
        if self.filter.as_ref().is_some_and(|filter| !name.contains(filter.as_str())) {
            return;
        }
        black_box(work(0));
        let before = ALLOCATED.load(Ordering::Relaxed);
        black_box(work(1));
        let allocations = ALLOCATED.load(Ordering::Relaxed) - before;
        self.pieces.push(Piece { name: name.to_owned(), each, allocations });
        let mut n = 0;
        self.criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                n += 1;
                black_box(work(n))
            });
        });
    }

    /// The medians that criterion left in `folder`.
    fn tell(self, folder: &Path) {
        println!("\n| piece | ns | a second | allocations |\n|---|---|---|---|");
        for Piece { name, each, allocations } in self.pieces {
            let path = folder.join(&name).join("new/estimates.json");
            let json = std::fs::read(&path).expect("what criterion left");
            let all: serde_json::Value = serde_json::from_slice(&json).expect("its JSON");
            let median = all["median"]["point_estimate"].as_f64().expect("a number");
            let ns = median / each as f64;
            println!("| {name} | {ns:.0} | {:.0} | {allocations} |", 1e9 / ns);
            kept::keep("core", &name, ns);
        }
    }
}

fn key() -> KeyNumber {
    KeyNumber::new(7).expect("a key number")
}

fn minted(signer: &SoftSigner) -> Vec<Minted> {
    let mint = Mint::new(signer, key(), BATCH, &SECRET, "https://id.example.cn");
    let mint = mint.expect("the signer holds the key");
    let code = |n| mint.code(Layer::Outer, n).expect("a signed code");
    (0..CODES as u64).map(code).collect()
}

/// Reading and checking; half of those that are called forged are.
fn checking(core: &mut Core, signer: &SoftSigner, codes: &[Minted]) {
    let mut keys = Keyring::default();
    keys.insert(PublishedKey {
        number: key(),
        issuer: "a distillery".to_owned(),
        status: KeyStatus::Active,
        not_before: None,
        not_after: None,
        public: signer.public().expect("a sound key"),
    });
    let good: Vec<Reading> =
        codes.iter().map(|code| code::read(&code.url).expect("readable")).collect();
    let mut forged = good.clone();
    for reading in forged.iter_mut().step_by(2) {
        reading.signature[40] ^= 1;
    }
    core.piece("parse", 1, |n| code::read(&codes[n % CODES].url));
    core.piece("verify, one", 1, |n| code::verify(&keys, &good[n % CODES]));
    core.piece("verify, one forged", 1, |n| code::verify(&keys, &forged[n * 2 % CODES]));
    let bare = SigningKey::from_bytes(&SEED).verifying_key();
    core.piece("ed25519-dalek alone, verify_strict", 1, |n| {
        let reading = &good[n % CODES];
        let signature = Signature::from_bytes(&reading.signature);
        bare.verify_strict(&compact_message(reading.payload), &signature)
    });
    for (said, readings) in [("", &good), (", half of them forged", &forged)] {
        for many in [4, 16, 64] {
            core.piece(&format!("verify {many} folded{said}, each"), many, |n| {
                let from = n * many % CODES;
                code::verify_many(&keys, &readings[from..from + many])
            });
        }
    }
}

fn observation(n: u64) -> Observation {
    // Every third scan is by a phone that was there before.
    let phone = n - u64::from(n % 3 == 2);
    Observation {
        at: UnixMs(NOW.0 + n.cast_signed() * 40 * 3_600_000),
        device: Tag48::new(phone + 1),
        network: u32::try_from(phone + 1).expect("small"),
        place: Place(3101 + u16::try_from(phone % 12).expect("small") * 100),
        spot: None,
        channel: Channel::Consumer,
        marks: Marks::default(),
        scan: Tag48::new(n + 1),
    }
}

fn history(scans: u64) -> History {
    let mut history = History::default();
    (0..scans).for_each(|n| {
        history.fold(observation(n));
    });
    history
}

fn judged(history: &History, policy: &Policy, around: Around) -> Verdict {
    let own = history.observations.len().checked_sub(1);
    let seen = || Seen::new(history, own, true, Findings::NONE, |_, _| around);
    let evidence = Evidence {
        check: Check::Read(Read::Valid),
        standing: Some(&Standing::OnSale),
        case: false,
        foreign_host: None,
        seen: Some(seen()),
        findings: Findings::NONE,
        accused: None,
    };
    judge(&evidence, policy)
}

/// The last of so many scans is the one that is judged.
fn judging(core: &mut Core) {
    let policy = Policy::shipped();
    let mut homes = Provinces::default();
    homes.add(41);
    let around = Around { homes, ..Around::default() };
    for scans in [0, 1, 3, 64] {
        let history = history(scans);
        core.piece(&format!("judge, {scans} scans in the history"), 1, |_| {
            judged(&history, &policy, around)
        });
    }
    let full = history(64);
    let own = full.observations.len() - 1;
    let seen = Seen::new(&full, Some(own), true, Findings::NONE, |_, _| around);
    core.piece("of which the walk, 64 scans", 1, |_| Walk::of(&full, Findings::NONE));
    core.piece("of which measures and model, 64 scans", 1, |_| {
        policy.model.log_odds(&seen.measures())
    });
    let mut next = full.clone();
    core.piece("fold a scan into a history of 64", 1, |n| {
        next.observations.truncate(own + 1);
        next.fold(observation(n as u64 % 1_000 + 64))
    });
}

fn both(zh: &str, en: &str) -> Bilingual {
    Bilingual { zh: zh.to_owned(), en: en.to_owned() }
}

fn facts() -> BatchFacts {
    let enterprise = Enterprise {
        uscc: Uscc::parse("91410000706780942L").expect("sound"),
        name: both("河南省宋河酒业股份有限公司", "Songhe Distillery Co., Ltd., Henan"),
        licences: Vec::new(),
        gs1_prefix: None,
    };
    let product = Product {
        gtin: Gtin::parse("6901234567892").expect("sound"),
        enterprise: enterprise.uscc.clone(),
        name: both("宋河粮液 50度 浓香型白酒", "Songhe Liangye, strong-aroma baijiu"),
        category: "白酒".to_owned(),
        standard: "GB/T 10781.1".to_owned(),
        net_content: "500 mL".to_owned(),
        shelf_life_days: None,
        pictures: Vec::new(),
    };
    let batch = Batch {
        id: BatchRef { key: key(), batch: BATCH },
        enterprise: enterprise.uscc.clone(),
        product: product.gtin.clone(),
        lot: "20260301A1".to_owned(),
        made_on: date(2026, 3, 1),
        expires_on: Some(date(2031, 2, 28)),
        destination: 4116,
        dealer: String::new(),
        layers: Layers::OuterAndInner,
        count: CODES as u64,
        cases: 0,
        pallets: 0,
        spares: 0,
        sscc: None,
        secret: SECRET,
        created_at: NOW,
    };
    let (enterprise, product) = (Arc::new(enterprise), Arc::new(product));
    BatchFacts::new(batch, enterprise, product, Vec::new(), Whereabouts::issued(CODES as u64))
}

/// The page of a label that was scanned once before.
fn page(core: &mut Core, codes: &[Minted]) {
    let (policy, history) = (Policy::shipped(), history(2));
    let answer = Answer {
        verdict: judged(&history, &policy, Around::default()),
        payload: Some(codes[0].payload),
        item: Some(Item { facts: Arc::new(facts()), number: 0 }),
        scans: Some(ScanSummary { count: 2, devices: 2, first_at: NOW, first_place: Place(3101) }),
        recorded: RecordState::Recorded,
        own: None,
        assurance: Assurance::Signed,
    };
    let zone = TimeZone::UTC;
    core.piece("page of a verdict", 1, |_| {
        let asked = Asked {
            lang: Lang::Zh,
            zone: &zone,
            at: NOW,
            reference: "7K2M-9QXA".to_owned(),
            ticket: None,
            other_language: "?lang=en".to_owned(),
            typed: "",
            milestones: &[],
        };
        VerdictPage::new(&answer, asked).render().expect("a page")
    });
}

fn signing(core: &mut Core, signer: &SoftSigner, codes: &[Minted]) {
    let permutation = Permutation::new(&SECRET, Layer::Outer, key(), BATCH);
    core.piece("permute", 1, |n| permutation.serial_of(n as u64));
    core.piece("sign", 1, |n| sign_compact(signer, codes[n % CODES].payload));
    let bare = SigningKey::from_bytes(&SEED);
    core.piece("ed25519-dalek alone, sign", 1, |n| {
        bare.sign(&compact_message(codes[n % CODES].payload))
    });
    let mint = Mint::new(signer, key(), BATCH, &SECRET, "https://id.example.cn");
    let mint = mint.expect("the signer holds the key");
    core.piece("permute, sign, write the URL", 1, |n| mint.code(Layer::Outer, n as u64));
}

/// Drawing and encoding, in memory; 41 modules, 11 pixels each.
fn drawing(core: &mut Core, codes: &[Minted]) {
    let symbol = |code: &Minted| Symbol::in_version(&code.url, 6).expect("version 6");
    core.piece("symbol, best of 8 masks", 1, |n| symbol(&codes[n % CODES]));
    core.piece("the crate qrcode as it comes", 1, |n| {
        qrcode::QrCode::with_error_correction_level(&codes[n % CODES].url, qrcode::EcLevel::M)
    });
    let symbols: Vec<Symbol> = codes.iter().map(symbol).collect();
    core.piece("PNG, 1 bit", 1, |n| png(&symbols[n % CODES], 11, Some(42_333)));
    core.piece("SVG", 1, |n| svg(&symbols[n % CODES], 500.0));
    let caption =
        Arc::new(Caption { product: "李耳小磨香油".to_owned(), ..Caption::default() });
    let label = |((n, code), symbol): ((u64, &Minted), &Symbol)| {
        Label::new(symbol.clone(), code, n, Arc::clone(&caption))
    };
    let labels: Vec<Label> = (0..).zip(codes).zip(&symbols).map(label).collect();
    let spec = |kind| Specification::new(kind, 0, CODES as u64);
    let (pdf, zpl) = (spec(Kind::Pdf), spec(Kind::Zpl));
    core.piece("PDF page of 35 with its typefaces", 1, |_| file(&pdf, &labels[..A_PAGE]));
    let many = 7 * A_PAGE;
    core.piece("PDF, a label of 7 pages", many, |_| file(&pdf, &labels[..many]));
    core.piece("ZPL graphic of 203 dpi, a label of 256", CODES, |_| file(&zpl, &labels));
}

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("criterion");
    let filter = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let criterion = Criterion::default()
        .without_plots()
        .output_directory(&folder)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .sample_size(50);
    let mut core = Core { criterion, pieces: Vec::new(), filter };
    let signer = SoftSigner::from_seed(key(), &SEED);
    let codes = minted(&signer);
    checking(&mut core, &signer, &codes);
    judging(&mut core);
    page(&mut core, &codes);
    signing(&mut core, &signer, &codes);
    drawing(&mut core, &codes);
    core.tell(&folder);
}
