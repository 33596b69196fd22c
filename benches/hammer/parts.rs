//! The processes of a run: servers and Redis; and what each costs.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener as Port, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use zhenma::scan::{Cursor, ScanState, StateError};
use zhenma::store::embedded::EmbeddedState;
use zhenma::store::redis::RedisState;

use crate::redis_server::{RedisCluster, RedisServer};
use crate::{batch, floor};

/// Where scans are counted.
pub enum Store {
    Embedded(tempfile::TempDir),
    Redis(RedisServer),
    /// Of three nodes; takes ways of ours alone, and one of them at a time.
    Cluster(RedisCluster),
}

impl Store {
    /// By its name: `embedded`, or how often Redis syncs. `None` without Redis.
    pub fn start(name: &str) -> Option<Self> {
        if name == "embedded" {
            return Some(Self::Embedded(tempfile::tempdir().expect("a temporary folder")));
        }
        let redis = RedisServer::start()?;
        redis.command::<()>(&format!("CONFIG SET appendfsync {name}"));
        Some(Self::Redis(redis))
    }

    /// A cluster that syncs each second; `None` without Redis.
    pub fn cluster() -> Option<Self> {
        let cluster = RedisCluster::start()?;
        for node in &cluster.nodes {
            node.command::<()>("CONFIG SET appendfsync everysec");
        }
        Some(Self::Cluster(cluster))
    }

    fn nodes(&self) -> &[RedisServer] {
        match self {
            Self::Embedded(_) => &[],
            Self::Redis(redis) => std::slice::from_ref(redis),
            Self::Cluster(cluster) => &cluster.nodes,
        }
    }

    /// A folder or a Redis URL, each way with a database of its own.
    fn place(&self, kind: Kind) -> String {
        match self {
            Self::Embedded(folder) => folder.path().join(kind.name()).display().to_string(),
            Self::Redis(redis) => format!("{}/{}", redis.url(), kind as u8),
            Self::Cluster(cluster) => cluster.url(),
        }
    }

    /// Microseconds of processor time that all of Redis took so far.
    pub fn cpu_us(&self) -> f64 {
        self.cpu_of_each_us().iter().sum()
    }

    /// The same of each node.
    pub fn cpu_of_each_us(&self) -> Vec<f64> {
        let of_node = |redis: &RedisServer| {
            let said: String = redis.command("INFO cpu");
            let of = |name: &str| {
                let line = said.lines().find_map(|line| line.strip_prefix(name));
                line.and_then(|seconds| seconds.trim().parse::<f64>().ok()).unwrap_or(0.0)
            };
            (of("used_cpu_user:") + of("used_cpu_sys:")) * 1e6
        };
        self.nodes().iter().map(of_node).collect()
    }
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Zhenma,
    Bare,
    Gathered,
    Signed,
    FastApi,
    Fastify,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zhenma => "zhenma",
            Self::Bare => "bare",
            Self::Gathered => "gathered",
            Self::Signed => "signed",
            Self::FastApi => "fastapi",
            Self::Fastify => "fastify",
        }
    }
}

/// A server in a process of its own; it ends with this.
pub struct Server {
    child: Child,
    pub to: SocketAddr,
    /// Of ours alone: takes questions, gives answers.
    line: Option<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Drop for Server {
    fn drop(&mut self) {
        for child in family(self.child.id()) {
            let _ = Command::new("kill").arg(child.to_string()).status();
        }
        let _ = self.child.wait();
    }
}

/// A process and those that it started.
fn family(first: u32) -> Vec<u32> {
    let task = format!("/proc/{first}/task/{first}/children");
    let children = std::fs::read_to_string(task).unwrap_or_default();
    let children = children.split_whitespace().filter_map(|id| id.parse().ok()).flat_map(family);
    std::iter::once(first).chain(children).collect()
}

impl Server {
    /// `None` where a peer is not installed, and for what a store has none of.
    pub fn start(kind: Kind, store: &Store) -> Option<Self> {
        let is_embedded = matches!(store, Store::Embedded(_));
        match kind {
            Kind::Zhenma | Kind::Gathered | Kind::Signed => Some(Self::ours(kind, store)),
            Kind::Bare if !is_embedded => Some(Self::ours(kind, store)),
            Kind::FastApi | Kind::Fastify if !is_embedded => Self::peer(kind, store),
            _ => None,
        }
    }

    fn ours(kind: Kind, store: &Store) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("a path"));
        command.args(["serve", kind.name(), &store.place(kind)]);
        // What the server logs is formatted and written, but nobody reads it.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("starts");
        let asks = child.stdin.take().expect("a pipe");
        let mut says = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        says.read_line(&mut line).expect("an address");
        let to = line.trim().parse().unwrap_or_else(|_| panic!("no address: {line}"));
        Self { child, to, line: Some((asks, says)) }
    }

    #[allow(clippy::disallowed_methods, reason = "a bench's own switch")]
    fn peer(kind: Kind, store: &Store) -> Option<Self> {
        let folder = PathBuf::from(std::env::var_os("PEERS")?);
        let port = Port::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let mut command = peer_command(kind, &folder, port);
        let key: String = batch::public_key().iter().map(|byte| format!("{byte:02x}")).collect();
        let url = store.place(kind);
        command.envs([("PUBLIC_KEY", key), ("REDIS_URL", url), ("PORT", port.to_string())]);
        let mut child = command.stdout(Stdio::null()).stdin(Stdio::null()).spawn().expect("starts");
        let to: SocketAddr = ([127, 0, 0, 1], port).into();
        while TcpStream::connect(to).is_err() {
            assert!(child.try_wait().expect("a child").is_none(), "{kind:?} does not start");
            thread::sleep(Duration::from_millis(20));
        }
        Some(Self { child, to, line: None })
    }

    /// Microseconds of processor time of the process and its children so far.
    pub fn cpu_us(&self) -> f64 {
        family(self.child.id()).into_iter().map(cpu_us).sum()
    }

    /// The most memory that it ever held, MB.
    pub fn peak_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        let kib = line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0);
        kib * 1024.0 / 1e6
    }

    /// Scans in the log, which it forgets; `None` of who keeps none.
    pub fn forget_log(&mut self) -> Option<usize> {
        let (asks, says) = self.line.as_mut()?;
        writeln!(asks, "log").expect("it listens");
        let mut line = String::new();
        says.read_line(&mut line).expect("it answers");
        line.trim().parse().ok()
    }
}

/// Processor time of a process so far, microseconds.
pub fn cpu_us(id: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // Fields 14 and 15, in ticks of 10 ms, behind a name that may have spaces.
    let behind = stat.rsplit(')').next().unwrap_or_default();
    let ticks = behind.split_whitespace().skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 10_000.0
}

/// As many processes as cores, as ours has as many threads.
fn peer_command(kind: Kind, folder: &Path, port: u16) -> Command {
    let workers = thread::available_parallelism().map_or(1, usize::from).to_string();
    if kind == Kind::Fastify {
        let mut command = Command::new("node");
        command.arg(folder.join("fastify/server.mjs")).env("WORKERS", workers);
        return command;
    }
    let mut command = Command::new(folder.join("venv/bin/uvicorn"));
    command.current_dir(folder.join("fastapi"));
    command.args(["app:app", "--no-access-log", "--log-level", "warning", "--workers", &workers]);
    command.args(["--port", &port.to_string()]);
    command
}

/// The server's own process: `KIND PLACE`. Says its address, then how many scans its
/// log holds whenever a line comes.
pub fn serve(kind: &str, place: &str) {
    let settings = zhenma::app::config::Settings::default();
    let _logging = zhenma::app::telemetry::start(&settings, "info").expect("no collector");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let metrics = zhenma::http::observe::install().expect("the first recorder");
    runtime.spawn(zhenma::http::observe::upkeep(metrics, CancellationToken::new()));
    let state = runtime.block_on(opened(place));
    let router = match kind {
        "bare" => runtime.block_on(floor::bare(place)),
        "gathered" => floor::gathered(Arc::clone(&state)),
        "signed" => floor::signed(Arc::clone(&state)),
        _ => zhenma::http::router(batch::services(Arc::clone(&state)), None),
    };
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
    println!("{}", listener.local_addr().expect("bound"));
    runtime.spawn(zhenma::http::serve(listener, router, CancellationToken::new()));
    for _ in std::io::stdin().lines() {
        println!("{}", runtime.block_on(forget_log(&*state)).expect("a log"));
    }
}

async fn opened(place: &str) -> Arc<dyn ScanState> {
    if place.starts_with("redis://") {
        return Arc::new(RedisState::open(place).await.expect("opens"));
    }
    let folder = Path::new(place);
    std::fs::create_dir_all(folder).expect("a folder");
    Arc::new(EmbeddedState::open(&folder.join("scans.sqlite")).expect("opens"))
}

/// Forgets what the log holds and counts it.
async fn forget_log(state: &dyn ScanState) -> Result<usize, StateError> {
    let mut count = 0;
    for shard in 0..state.shards() {
        let mut at = Cursor::START;
        loop {
            let entries = state.follow(shard, at, 10_000).await?;
            let Some(last) = entries.last() else { break };
            count += entries.len();
            at = last.cursor;
        }
        state.trim(shard, at).await?;
    }
    Ok(count)
}
