//! Labels a second: signing alone, drawing alone, and whole orders by kind.
//! `cargo bench --bench issue [-- LABELS [WAY...]]`

use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use zhenma::code::Layer;
use zhenma::keys::{KeyNumber, SoftSigner};
use zhenma::label::{
    Caption, Drawing, Kind, Mint, Order, Packed, Specification, Symbol, Wish, issue, png, svg,
};

const ALONE: u64 = 2_000;

fn order(specification: Specification) -> Order {
    Order {
        key: KeyNumber::new(7).expect("a key number"),
        batch: 3,
        secret: [42; 32],
        batch_count: specification.count,
        cases: 0,
        pallets: 0,
        inner: false,
        sscc: None,
        public_url: "https://id.example.cn".to_owned(),
        caption: Caption { product: "李耳小磨香油".to_owned(), ..Caption::default() },
        specification,
        picked: None,
    }
}

/// Prints a row; `seconds` for `labels` of them.
fn row(name: &str, labels: u64, seconds: f64, note: &str) {
    let each = seconds * 1e6 / labels as f64;
    println!("| {name} | {each:.1} | {:.0} | {note} |", labels as f64 / seconds);
}

/// Seconds that one piece of work takes on one core.
fn alone(name: &str, mut work: impl FnMut(u64) -> usize) -> f64 {
    work(0);
    let start = Instant::now();
    let bytes: usize = (0..ALONE).map(|n| black_box(work(n))).sum();
    let seconds = start.elapsed().as_secs_f64();
    let note = format!("one core, {} bytes", bytes as u64 / ALONE);
    row(name, ALONE, seconds, &note);
    seconds / ALONE as f64
}

/// The most memory this process ever held, KiB, where the system tells.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

/// The ways in which labels are handed over, by name.
fn ways() -> Vec<(&'static str, Wish)> {
    // Archives small enough that every core has some.
    let zip = |kind| Wish { packing: Packed::Zip, split: Some(1_000), ..Wish::of(kind) };
    let firmware = Wish { drawing: Drawing::Printer, ..Wish::of(Kind::Zpl) };
    vec![
        ("csv", Wish::of(Kind::Csv)),
        ("svg-files", Wish::of(Kind::Svg)),
        ("svg-zip", zip(Kind::Svg)),
        ("png-files", Wish::of(Kind::Png)),
        ("png-zip", zip(Kind::Png)),
        ("pdf", Wish::of(Kind::Pdf)),
        ("zpl-graphic", Wish::of(Kind::Zpl)),
        ("zpl-firmware", firmware),
    ]
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let labels = words.iter().find_map(|word| word.parse().ok()).unwrap_or(20_000u64);
    let named = |name: &str| words.iter().any(|word| word == name);
    let all = !ways().iter().any(|(name, _)| named(name));
    let signer = SoftSigner::from_seed(KeyNumber::new(7).expect("a key number"), &[7; 32]);
    let facts = order(Specification::new(Kind::Csv, 0, labels));
    let mint = Mint::new(&signer, facts.key, facts.batch, &facts.secret, &facts.public_url)
        .expect("the signer holds the key");
    let codes: Vec<_> =
        (0..64).map(|n| mint.code(Layer::Outer, n).expect("a signed code")).collect();
    let symbols: Vec<_> =
        codes.iter().map(|code| Symbol::in_version(&code.url, 6).expect("version 6")).collect();
    let some = |n: u64| n as usize % 64;

    println!("| what | us each | a second | |\n|---|---|---|---|");
    let signing =
        alone("permute and sign", |n| mint.code(Layer::Outer, n).expect("a signed code").url.len());
    let drawing = alone("draw a symbol, 8 masks", |n| {
        Symbol::in_version(&codes[some(n)].url, 6).expect("version 6").size() as usize
    });
    alone("symbol to PNG, 11 pixels a module", |n| png(&symbols[some(n)], 11, Some(42_333)).len());
    alone("symbol to SVG", |n| svg(&symbols[some(n)], 500.0).len());

    // From few labels to many: what memory the many need more shows in the last column.
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    for (name, wish) in ways().into_iter().filter(|(name, _)| all || named(name)) {
        let allowed = match wish.format {
            Kind::Csv => signing,
            // The printer draws.
            _ if wish.drawing == Drawing::Printer => signing,
            _ => signing + drawing,
        } / cores;
        for count in [labels / 10, labels] {
            let folder = tempfile::tempdir().expect("a folder");
            let spec = wish.clone().specification(0, count).expect("a sound wish");
            let start = Instant::now();
            let done = issue(
                &order(spec),
                &signer,
                Path::new(folder.path()),
                &mut |_| {},
                &AtomicBool::new(false),
            );
            done.expect("an issued order");
            let seconds = start.elapsed().as_secs_f64();
            let share = allowed * count as f64 / seconds;
            let peak = peak_kib().map_or_else(String::new, |kib| format!(", peak {kib} KiB"));
            let note = format!("{share:.2} of what signing and drawing alone allow{peak}");
            row(&format!("order of {count} as {name}, all cores"), count, seconds, &note);
        }
    }
}
