//! Scans a second over HTTP on loopback and their latencies, on each store,
//! beside a floor: the same server loop and the same call to the same store,
//! and nothing else. Prints Markdown.
//! `cargo bench --bench http [-- ROUNDS [STORE...] [KIND...]]`, a store being
//! embedded, everysec or always, a kind floor, JSON, POST or page.
//!
//! The load comes from a child process, which signs its codes before its
//! clock starts. Variants take turns, and the median of the rounds counts.

mod batch;
mod load;
#[path = "../tests/it/need.rs"]
mod need;
#[path = "../tests/it/redis_server.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod redis_server;

use std::io::Read;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use batch::{BATCH, Kind};
use redis_server::RedisServer;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use zhenma::app::config::LogFormat;
use zhenma::base::UnixMs;
use zhenma::scan::{
    Channel, CodeId, Cursor, Marks, Observation, Place, ScanState, StateError, Tag48,
};
use zhenma::store::embedded::EmbeddedState;
use zhenma::store::redis::RedisState;

/// Connections, and requests of one run over them: a second or so.
const RUNS: [(usize, u64); 4] = [(1, 4_000), (16, 16_000), (64, 20_000), (256, 20_000)];
const ROUNDS: u64 = 3;
const STORES: [&str; 3] = ["embedded", "everysec", "always"];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.split_first() {
        Some((mode, words)) if mode == "load" => send(words),
        Some((mode, words)) if mode == "measure" => measure(words),
        // What the server logs is formatted and written, but nobody reads it.
        _ => {
            let mut inner = again("measure");
            let done = inner.args(words).stderr(Stdio::null()).status().expect("starts");
            assert!(done.success(), "{done}");
        }
    }
}

/// This program in another role.
fn again(mode: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    command.arg(mode);
    command
}

/// The child: `ADDRESS KIND CONNECTIONS FIRST COUNT`; says seconds, rate,
/// p50 and p99.
fn send(words: &[String]) {
    let [to, kind, connections, first, count] = words else { panic!("five words") };
    let number = |word: &str| word.parse::<u64>().expect("a number");
    let kind = Kind::named(kind);
    let requests = batch::requests(kind, number(first), number(count));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let run = load::run(
        to.parse().expect("an address"),
        requests,
        usize::try_from(number(connections)).expect("few"),
        match kind {
            Kind::Floor => |_, head, _| assert!(head.starts_with(b"HTTP/1.1 200")),
            Kind::Json | Kind::Post => is_genuine_json,
            Kind::Page => is_genuine_page,
        },
    );
    let m = runtime.expect("a runtime").block_on(run).expect("answers");
    println!("{} {} {}", m.rate(), m.quantile_ms(0.50), m.quantile_ms(0.99));
}

fn is_genuine_json(_: usize, head: &[u8], body: &[u8]) {
    assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(head));
    let text = String::from_utf8_lossy(body);
    assert!(text.starts_with(r#"{"outcome":"genuine""#), "{text}");
}

/// Unpacks one page of a hundred: that takes the time of serving one.
fn is_genuine_page(n: usize, head: &[u8], body: &[u8]) {
    assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(head));
    assert_eq!(load::header(head, "content-encoding"), Some("gzip"));
    if n.is_multiple_of(100) {
        let mut html = String::new();
        let whole = load::whole(head, body);
        flate2::read::GzDecoder::new(&whole[..]).read_to_string(&mut html).expect("gzip");
        assert!(html.contains(r#"class="verdict genuine""#), "{html}");
    }
}

/// The parent: serves, has the load sent, prints the tables.
fn measure(words: &[String]) {
    std::panic::set_hook(Box::new(|panic| println!("{panic}")));
    zhenma::app::telemetry::start(LogFormat::Text, "info");
    let rounds = words.iter().find_map(|word| word.parse().ok()).unwrap_or(ROUNDS);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let metrics = zhenma::http::observe::install().expect("the first recorder");
    runtime.spawn(zhenma::http::observe::upkeep(metrics, CancellationToken::new()));
    let kinds = chosen(&Kind::ALL, words, |kind| kind.name());
    for store in chosen(&STORES, words, |store| store) {
        runtime.block_on(on(store, rounds, &kinds));
    }
}

/// Those that are named, or else all.
fn chosen<T: Copy>(all: &[T], words: &[String], name: fn(T) -> &'static str) -> Vec<T> {
    let named = all.iter().copied().filter(|one| words.iter().any(|word| word == name(*one)));
    let named: Vec<T> = named.collect();
    if named.is_empty() { all.to_vec() } else { named }
}

async fn on(store: &str, rounds: u64, kinds: &[Kind]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut server = None;
    let state: Arc<dyn ScanState> = if store == "embedded" {
        Arc::new(EmbeddedState::open(&folder.path().join("scans.sqlite")).expect("opens"))
    } else {
        let Some(redis) = RedisServer::start() else { return println!("no redis-server") };
        redis.command::<()>(&format!("CONFIG SET appendfsync {store}"));
        let state = RedisState::open(&redis.url()).await.expect("opens");
        server = Some(redis);
        Arc::new(state)
    };
    let stop = CancellationToken::new();
    let services = batch::services(Arc::clone(&state));
    let product = start(zhenma::http::router(services, Default::default()), &stop).await;
    let floor = start(floor(Arc::clone(&state)), &stop).await;

    let mut runs: Vec<Run> = Vec::new();
    let (mut next, mut next_of_floor) = (0, 0);
    for _ in 0..rounds {
        for (connections, count) in RUNS {
            for &kind in kinds {
                let (to, next) = match kind {
                    Kind::Floor => (floor, &mut next_of_floor),
                    _ => (product, &mut next),
                };
                assert!(*next + count <= BATCH, "fewer rounds: every scan is a label's first");
                let cpu = cpu_us();
                let (rate, p50, p99) = load_from_child(to, kind, connections, *next, count).await;
                let cpu = (cpu_us() - cpu) / count as f64;
                *next += count;
                runs.push(Run { connections, kind, rate, p50, p99, cpu });
                let recorded = forget_log(&*state).await.expect("a log");
                assert_eq!(recorded, count, "answers and records differ");
            }
        }
    }
    stop.cancel();
    drop(server);
    print(store, kinds, &runs);
}

/// The least that answers a scan.
fn floor(state: Arc<dyn ScanState>) -> Router {
    async fn record(State(state): State<Arc<dyn ScanState>>, Path(number): Path<u64>) -> String {
        let code = CodeId { payload: batch::floor_code(number).to_bytes(), number };
        let seen = Observation {
            at: UnixMs(1_790_000_000_000 + number.cast_signed()),
            device: Tag48::new(number),
            network: 0x0a00_0000,
            place: Place::UNKNOWN,
            spot: None,
            channel: Channel::Consumer,
            marks: Marks::default(),
            scan: Tag48::new(number),
        };
        let recorded = state.record(code, seen).await.expect("recorded");
        format!("{}\n", recorded.history.count())
    }
    Router::new().route("/{number}", get(record)).with_state(state)
}

async fn start(router: Router, stop: &CancellationToken) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(zhenma::http::serve(listener, router, stop.clone()));
    address
}

async fn load_from_child(
    to: SocketAddr,
    kind: Kind,
    connections: usize,
    first: u64,
    count: u64,
) -> (f64, f64, f64) {
    let mut child = again("load");
    child.args([&to.to_string(), kind.name()]).args([connections.to_string()]);
    child.args([first.to_string(), count.to_string()]);
    let done = tokio::process::Command::from(child).output().await.expect("a child");
    let says = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{says}{}", String::from_utf8_lossy(&done.stderr));
    let mut numbers = says.split_whitespace().map(|word| word.parse::<f64>().expect("a number"));
    let mut number = || numbers.next().expect("three numbers");
    (number(), number(), number())
}

/// Forgets what the log holds and counts it.
async fn forget_log(state: &dyn ScanState) -> Result<u64, StateError> {
    let mut count = 0;
    for shard in 0..state.shards() {
        let mut at = Cursor::START;
        loop {
            let entries = state.follow(shard, at, 10_000).await?;
            let Some(last) = entries.last() else { break };
            count += entries.len() as u64;
            at = last.cursor;
        }
        state.trim(shard, at).await?;
    }
    Ok(count)
}

/// Processor time of this process so far, where the system tells.
fn cpu_us() -> f64 {
    // Fields 14 and 15, in ticks of 10 ms; the name before them has no space.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.split(' ').skip(13).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() * 10_000.0
}

struct Run {
    connections: usize,
    kind: Kind,
    rate: f64,
    p50: f64,
    p99: f64,
    /// Microseconds a request of this process, which serves.
    cpu: f64,
}

fn print(store: &str, kinds: &[Kind], runs: &[Run]) {
    println!("\n{store}: scans/s · p50 / p99 ms · server CPU us each (part of the floor's rate)\n");
    let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
    println!("| connections | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()));
    for (connections, _) in RUNS {
        let median = |kind: Kind, what: fn(&Run) -> f64| {
            let of = runs.iter().filter(|r| r.connections == connections && r.kind == kind);
            let mut of: Vec<f64> = of.map(what).collect();
            of.sort_unstable_by(f64::total_cmp);
            of[of.len() / 2]
        };
        print!("| {connections} |");
        for &kind in kinds {
            let rate = median(kind, |r| r.rate);
            let (p50, p99) = (median(kind, |r| r.p50), median(kind, |r| r.p99));
            print!(" {rate:.0} · {p50:.2} / {p99:.2} · {:.0}", median(kind, |r| r.cpu));
            if kind != Kind::Floor && kinds.contains(&Kind::Floor) {
                print!(" ({:.2})", rate / median(Kind::Floor, |r| r.rate));
            }
            print!(" |");
        }
        println!();
    }
}
