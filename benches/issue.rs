//! Labels a second: signing alone, drawing alone, and whole orders by kind.
//! `cargo bench --bench issue [-- LABELS [KIND...]]`

use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use zhenma::code::Layer;
use zhenma::keys::{KeyNumber, SoftSigner};
use zhenma::label::{Caption, Kind, Mint, Order, Specification, Symbol};
use zhenma::label::{issue, png, sheet, svg};

const ALONE: u64 = 2_000;

fn order(kind: Kind, count: u64) -> Order {
    Order {
        key: KeyNumber::new(7).expect("a key number"),
        batch: 3,
        secret: [42; 32],
        batch_count: count,
        cases: 0,
        inner: false,
        sscc: None,
        public_url: "https://id.example.cn".to_owned(),
        caption: Caption { product: "李耳小磨香油".to_owned(), ..Caption::default() },
        specification: Specification::new(kind, 0, count),
    }
}

/// Prints a row; `seconds` for `labels` of them.
fn row(name: &str, labels: u64, seconds: f64, note: &str) {
    let each = seconds * 1e6 / labels as f64;
    println!("| {name} | {each:.1} | {:.0} | {note} |", labels as f64 / seconds);
}

fn alone(name: &str, mut work: impl FnMut(u64) -> usize) {
    work(0);
    let start = Instant::now();
    let bytes: usize = (0..ALONE).map(|n| black_box(work(n))).sum();
    let note = format!("one core, {} bytes", bytes as u64 / ALONE);
    row(name, ALONE, start.elapsed().as_secs_f64(), &note);
}

/// The most memory this process ever held, KiB, where the system tells.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let labels = words.iter().find_map(|word| word.parse().ok()).unwrap_or(20_000u64);
    let mut kinds: Vec<Kind> = words.iter().filter_map(|word| word.parse().ok()).collect();
    if kinds.is_empty() {
        kinds.extend(Kind::ALL);
    }
    let signer = SoftSigner::from_seed(KeyNumber::new(7).expect("a key number"), &[7; 32]);
    let facts = order(Kind::Csv, labels);
    let mint = Mint::new(&signer, facts.key, facts.batch, &facts.secret, &facts.public_url)
        .expect("the signer holds the key");
    let codes: Vec<_> =
        (0..64).map(|n| mint.code(Layer::Outer, n).expect("a signed code")).collect();
    let symbols: Vec<_> =
        codes.iter().map(|code| Symbol::in_version(&code.url, 6).expect("version 6")).collect();
    let some = |n: u64| n as usize % 64;

    println!("| what | us each | a second | |\n|---|---|---|---|");
    alone("permute and sign", |n| mint.code(Layer::Outer, n).expect("a signed code").url.len());
    alone("draw a symbol, 8 masks", |n| {
        Symbol::in_version(&codes[some(n)].url, 6).expect("version 6").size() as usize
    });
    alone("symbol to PNG, 11 pixels a module", |n| png(&symbols[some(n)], 11, Some(42_333)).len());
    alone("symbol to SVG", |n| svg(&symbols[some(n)], 500.0).len());
    let start = Instant::now();
    let bytes: usize = (0..20)
        .map(|n| {
            let caption = facts.caption.clone();
            black_box(sheet(&mint, caption, n * 35..n * 35 + 35).expect("a page")).len()
        })
        .sum();
    let note = format!("one core, signed and drawn, {} bytes a page", bytes / 20);
    row("a PDF of one page of 35", 700, start.elapsed().as_secs_f64(), &note);

    // From few labels to many: what memory the many need more shows in the last column.
    for kind in kinds {
        for count in [labels / 10, labels] {
            let folder = tempfile::tempdir().expect("a folder");
            let start = Instant::now();
            let done = issue(
                &order(kind, count),
                &signer,
                Path::new(folder.path()),
                &mut |_| {},
                &AtomicBool::new(false),
            );
            done.expect("an issued order");
            let peak = peak_kib().map_or_else(String::new, |kib| format!("peak {kib} KiB"));
            let name = format!("order of {count} as {kind}, all cores");
            row(&name, count, start.elapsed().as_secs_f64(), &peak);
        }
    }
}
