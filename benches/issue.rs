//! Labels a second by kind, each beside its parts measured alone in the same
//! run on the same cores: signing (permute, sign, write the URL), drawing (the
//! best of eight masks) and encoding, in memory, with no file, no hash and no
//! order around them. An order writes its files, syncs them and reads a sample
//! back, all of which counts.
//!
//! `cargo bench --bench issue [-- LABELS [WAY...]]`; `-- memory [WAY...]` for
//! the most memory that a large order takes.

#[path = "kept.rs"]
mod kept;

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{Cursor, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use zhenma::code::Layer;
use zhenma::keys::{KeyNumber, SoftSigner};
use zhenma::label::{
    Caption, Drawing, Kind, Label, Mint, Minted, Order, Packed, Specification, Symbol, Wish, file,
    issue, png, svg,
};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Orders of each way, with their parts between them.
const ROUNDS: usize = 5;
/// Labels that the parts take up again and again.
const POOL: u64 = 4_800;
/// Labels of one archive, so that every core has some.
const ARCHIVE: u64 = 1_000;
/// At which archives deflate.
const SVG_LEVEL: i64 = 2;
/// As an order waits for the disk.
const CHECKPOINT: u64 = 20_000;
/// Labels of the orders whose memory is looked at.
const LARGE: u64 = 1_000_000;

/// The ways in which labels are handed over, by name.
fn ways() -> Vec<(&'static str, Wish)> {
    let zip = |kind| Wish { packing: Packed::Zip, split: Some(ARCHIVE), ..Wish::of(kind) };
    let firmware = Wish { drawing: Drawing::Printer, ..Wish::of(Kind::Zpl) };
    vec![
        ("csv", Wish::of(Kind::Csv)),
        ("zpl-firmware", firmware),
        ("zpl-graphic", Wish::of(Kind::Zpl)),
        ("png-zip", zip(Kind::Png)),
        ("pdf", Wish::of(Kind::Pdf)),
        ("svg-zip", zip(Kind::Svg)),
        ("svg-files", Wish::of(Kind::Svg)),
        ("png-files", Wish::of(Kind::Png)),
    ]
}

/// What a stretch of work took.
#[derive(Clone, Copy, Default)]
struct Took {
    /// Of all cores together, microseconds a label.
    us: f64,
    /// Processor time a label, microseconds.
    cpu_us: f64,
}

/// Times `work` on `labels` of them.
fn timed(labels: u64, work: impl FnOnce()) -> Took {
    let cpu = || {
        let now = clock_gettime(ClockId::ProcessCPUTime);
        now.tv_sec as f64 * 1e6 + now.tv_nsec as f64 / 1e3
    };
    let (start, before) = (Instant::now(), cpu());
    work();
    let (took, after) = (start.elapsed(), cpu());
    Took { us: us(took) / labels as f64, cpu_us: (after - before) / labels as f64 }
}

fn us(took: Duration) -> f64 {
    took.as_secs_f64() * 1e6
}

fn cores() -> u64 {
    std::thread::available_parallelism().map_or(1, usize::from) as u64
}

/// Does `work` for every piece of `labels`, as the cores of an order do.
fn on_all_cores(labels: u64, piece: u64, work: impl Fn(Range<u64>) + Sync) {
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..cores() {
            scope.spawn(|| {
                loop {
                    let from = next.fetch_add(piece, Ordering::Relaxed);
                    if from >= labels {
                        return;
                    }
                    work(from..(from + piece).min(labels));
                }
            });
        }
    });
}

/// What the parts are made from.
struct Parts<'a> {
    mint: &'a Mint<'a>,
    codes: Vec<Minted>,
    labels: Vec<Label>,
    symbols: Vec<Symbol>,
}

impl<'a> Parts<'a> {
    fn new(mint: &'a Mint<'a>, caption: &Arc<Caption>) -> Self {
        let codes: Vec<_> =
            (0..POOL).map(|n| mint.code(Layer::Outer, n).expect("a signed code")).collect();
        let symbols: Vec<_> =
            codes.iter().map(|code| Symbol::in_version(&code.url, 6).expect("version 6")).collect();
        let label = |((n, code), symbol): ((u64, &Minted), &Symbol)| {
            Label::new(symbol.clone(), code, n, Arc::clone(caption))
        };
        let labels = (0..).zip(&codes).zip(&symbols).map(label).collect();
        Self { mint, codes, labels, symbols }
    }

    fn sign(&self, places: Range<u64>) {
        for n in places {
            black_box(self.mint.code(Layer::Outer, n).expect("a signed code"));
        }
    }

    fn draw(&self, places: Range<u64>) {
        for n in places {
            let code = &self.codes[(n % POOL) as usize];
            black_box(Symbol::in_version(&code.url, 6).expect("version 6"));
        }
    }

    /// One file of `spec`, archives as they come from the crate.
    fn encode(&self, spec: &Specification, zipped: bool, places: Range<u64>) {
        let pool = (places.start % POOL) as usize;
        let some = pool..(pool + (places.end - places.start) as usize).min(POOL as usize);
        if spec.template().is_some() {
            black_box(file(spec, &self.labels[some]));
            return;
        }
        let dots = spec.module_dots().unwrap_or(1);
        let picture = |symbol: &Symbol| match spec.kind() {
            Kind::Svg => svg(symbol, spec.printer().um(dots)).into_bytes(),
            _ => png(symbol, dots, Some(spec.printer().pitch_nm)),
        };
        let deflates = zipped && spec.kind() == Kind::Svg;
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(SVG_LEVEL));
        for (n, symbol) in self.symbols[some].iter().enumerate() {
            let picture = picture(symbol);
            if deflates {
                archive.start_file(format!("outer/000/000/{n:09}.svg"), options).expect("memory");
                archive.write_all(&picture).expect("memory");
            } else {
                black_box(picture);
            }
        }
        black_box(archive.finish().expect("memory"));
    }
}

/// An order that was issued.
struct Done {
    all: Took,
    /// Seconds before the first label and behind the last: what is looked at
    /// before, and what is read back.
    around: f64,
    folder: tempfile::TempDir,
}

struct Bench<'a> {
    signer: &'a SoftSigner,
    parts: Parts<'a>,
    caption: Arc<Caption>,
}

fn order(caption: &Caption, specification: Specification) -> Order {
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
        caption: caption.clone(),
        specification,
        picked: None,
    }
}

fn issued(signer: &SoftSigner, caption: &Caption, wish: &Wish, count: u64) -> Done {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = wish.clone().specification(0, count).expect("a sound wish");
    let order = order(caption, spec);
    let start = Instant::now();
    let (mut first, mut last) = (None, start);
    let mut heard = |_| {
        last = Instant::now();
        first.get_or_insert(last);
    };
    let all = timed(count, || {
        issue(&order, signer, folder.path(), &mut heard, &AtomicBool::new(false))
            .expect("an issued order");
    });
    let before = first.map_or(0.0, |first| first.duration_since(start).as_secs_f64());
    Done { all, around: before + last.elapsed().as_secs_f64(), folder }
}

/// Every file below `folder`, with its bytes.
fn files(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let (path, about) =
            entry.and_then(|entry| Ok((entry.path(), entry.metadata()?))).expect("a file");
        if about.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path, about.len()));
        }
    }
    found
}

/// Writes as many files of the same sizes in the same folders, on all cores
/// and with the same syncs, and nothing else.
fn bare(done: &Path, labels: u64) -> Took {
    let mut sizes = files(done);
    sizes.sort();
    let folder = tempfile::tempdir().expect("a folder");
    let most = sizes.iter().map(|file| file.1).max().unwrap_or(0);
    let bytes = vec![b'1'; most as usize];
    let handle = File::open(folder.path()).expect("a folder");
    let sync = || rustix::fs::syncfs(&handle).expect("synced");
    let every = (CHECKPOINT * sizes.len() as u64 / labels).max(1);
    let write = |places: Range<u64>| {
        for (path, size) in &sizes[places.start as usize..places.end as usize] {
            let path = folder.path().join(path.strip_prefix(done).expect("below it"));
            let mut file = File::create(&path).or_else(|_| {
                fs::create_dir_all(path.parent().expect("a folder"))?;
                File::create(&path)
            });
            let written = file.as_mut().map(|file| file.write_all(&bytes[..*size as usize]));
            written.expect("opens").expect("written");
        }
    };
    timed(labels, || {
        let mut from = 0;
        while from < sizes.len() as u64 {
            let to = (from + every).min(sizes.len() as u64);
            on_all_cores(to - from, 50, |some| write(from + some.start..from + some.end));
            sync();
            from = to;
        }
    })
}

/// The median of `each` over the rounds.
fn median<T>(rounds: &[T], each: impl Fn(&T) -> f64) -> f64 {
    let mut all: Vec<f64> = rounds.iter().map(each).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// One order with its parts just before it.
struct Round {
    sign: Took,
    draw: Took,
    encode: Took,
    disk: Took,
    order: Took,
    around: f64,
}

impl Round {
    fn share(&self) -> f64 {
        (self.sign.us + self.draw.us + self.encode.us) / self.order.us
    }

    /// The same of the labels alone, as the larger an order is the nearer it comes to.
    fn share_of_making(&self, count: u64) -> f64 {
        let around = self.around * 1e6 / count as f64;
        self.share() * self.order.us / (self.order.us - around)
    }

    fn share_of_work(&self) -> f64 {
        (self.sign.cpu_us + self.draw.cpu_us + self.encode.cpu_us) / self.order.cpu_us
    }
}

impl Bench<'_> {
    fn round(&self, wish: &Wish, count: u64) -> Round {
        let spec = wish.clone().specification(0, count).expect("a sound wish");
        let some = count / 4;
        let sign = timed(some, || on_all_cores(some, 500, |places| self.parts.sign(places)));
        let (mut draw, mut encode) = (Took::default(), Took::default());
        if wish.format != Kind::Csv {
            draw = timed(some, || on_all_cores(some, 500, |places| self.parts.draw(places)));
            let zipped = wish.packing == Packed::Zip;
            let a_file = if wish.format == Kind::Pdf { POOL / 2 } else { POOL / 8 };
            let work = |places| self.parts.encode(&spec, zipped, places);
            let whole = some.div_ceil(a_file * cores()) * a_file * cores();
            encode = timed(whole, || on_all_cores(whole, a_file, work));
        }
        let done = issued(self.signer, &self.caption, wish, count);
        let disk = bare(done.folder.path(), count);
        Round { sign, draw, encode, disk, order: done.all, around: done.around }
    }

    fn way(&self, name: &str, wish: &Wish, count: u64) {
        let rounds: Vec<Round> = (0..ROUNDS).map(|_| self.round(wish, count)).collect();
        let cores = cores() as f64;
        let of = |each: fn(&Round) -> f64| median(&rounds, each);
        let [sign, draw, encode, disk, order] = [
            of(|round| round.sign.us),
            of(|round| round.draw.us),
            of(|round| round.encode.us),
            of(|round| round.disk.us),
            of(|round| round.order.us),
        ];
        let (share, work) = (of(Round::share), of(Round::share_of_work));
        let making = median(&rounds, |round| round.share_of_making(count));
        let of_disk = of(|round| round.disk.us / round.order.us);
        println!(
            "| {name} | {:.1} | {:.1} | {:.1} | {:.0} | {:.0} | {share:.2} | {making:.2} | {work:.2} | \
             {:.1} | {:.0} ({of_disk:.2}) | {:.2} |",
            sign * cores,
            draw * cores,
            encode * cores,
            1e6 / (sign + draw + encode),
            1e6 / order,
            order * cores,
            1e6 / disk,
            of(|round| round.around),
        );
        let keep = |what: &str, value: f64| kept::keep("issue", &format!("{name} {what}"), value);
        keep("labels/s", 1e6 / order);
        keep("share of parts", share);
        keep("share of parts while making", making);
        keep("share of processor time", work);
        keep("share of the disk", of_disk);
        keep("encode us", encode * cores);
    }
}

/// The most memory this process ever held, MB, where the system tells.
fn peak_mb() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib * 1_024.0 / 1e6)
}

/// A process of its own for every large order, so that none has what another held.
fn memory(named: &dyn Fn(&str) -> bool) {
    println!("\n| labels | as | seconds | a second | MB at most |\n|---|---|---|---|---|");
    for (name, _) in ways().into_iter().filter(|(name, _)| named(name)) {
        // Files by the million are a matter of the file system.
        let labels = match name {
            "csv" => 10 * LARGE,
            "svg-files" | "png-files" => LARGE / 10,
            _ => LARGE,
        };
        let this = std::env::current_exe().expect("this program");
        let mut large = Command::new(this);
        let said = large.args(["large", name, &labels.to_string()]).output().expect("it runs");
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        print!("{said}");
        let peak = said.split('|').nth(5).and_then(|cell| cell.trim().parse::<f64>().ok());
        kept::keep("issue", &format!("{name} of {labels} MB"), peak);
    }
}

fn large(signer: &SoftSigner, caption: &Caption, name: &str, labels: u64) {
    let (_, wish) = ways().into_iter().find(|way| way.0 == name).expect("a way");
    let took = issued(signer, caption, &wish, labels).all.us * labels as f64 / 1e6;
    let peak = peak_mb().map_or_else(String::new, |mb| format!("{mb:.0}"));
    println!("| {labels} | {name} | {took:.0} | {:.0} | {peak} |", labels as f64 / took);
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let number = words.iter().find_map(|word| word.parse().ok());
    let has = |name: &str| words.iter().any(|word| word == name);
    let all = !ways().iter().any(|(name, _)| has(name));
    let named = |name: &str| all || has(name);
    let signer = SoftSigner::from_seed(KeyNumber::new(7).expect("a key number"), &[7; 32]);
    let caption = Caption { product: "李耳小磨香油".to_owned(), ..Caption::default() };
    if has("large") {
        return large(&signer, &caption, &words[1], number.unwrap_or(LARGE));
    }
    if !has("memory") {
        let facts = order(&caption, Specification::new(Kind::Csv, 0, 1));
        let mint = Mint::new(&signer, facts.key, facts.batch, &facts.secret, &facts.public_url)
            .expect("the signer holds the key");
        let caption = Arc::new(caption);
        let parts = Parts::new(&mint, &caption);
        let bench = Bench { signer: &signer, parts, caption };
        println!(
            "| labels as | sign, µs | draw, µs | encode, µs | so allowed a second | issued a \
             second | share | while making | of the work | µs each | disk alone, a second | around, \
             s |"
        );
        println!("|{}", "---|".repeat(12));
        for (name, wish) in ways().iter().filter(|(name, _)| named(name)) {
            // A file a label is a matter of the file system.
            let count = number.unwrap_or(100_000) / if name.ends_with("files") { 5 } else { 1 };
            bench.way(name, wish, count);
        }
    }
    if has("memory") || words.is_empty() {
        memory(&named);
    }
}
