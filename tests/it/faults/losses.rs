//! What of the acknowledged scans is lost by which fault under which setting: the table
//! of deploy/README.md. `ROUNDS=20 cargo test --test it -- losses --nocapture` measures.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use zhenma::scan::ScanState;
use zhenma::store::redis::RedisState;

use super::load::{Load, eventually};
use crate::need;
use crate::redis_server::{RedisCluster, RedisServer};

const WRITERS: u64 = 32;
const SCANS: u64 = 500;
const POWER: &str = include_str!("power.c");

#[allow(clippy::disallowed_methods, reason = "a test's own switch")]
fn rounds() -> u64 {
    std::env::var("ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

async fn open(url: &str) -> Arc<dyn ScanState> {
    Arc::new(RedisState::open(url).await.expect("opens"))
}

/// The layer that knows what is on the disk; `None` without a C compiler.
struct Power {
    folder: TempDir,
}

impl Power {
    fn new() -> Option<Self> {
        let compiler = need::program("gcc")?;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let source = folder.path().join("power.c");
        std::fs::write(&source, POWER).expect("written");
        let mut build = Command::new(compiler);
        build.args(["-shared", "-fPIC", "-O1", "-o"]).arg(folder.path().join("power.so"));
        let built = build.arg(&source).arg("-ldl").status().expect("gcc runs");
        assert!(built.success(), "the layer does not compile");
        Some(Self { folder })
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// A server that may lose its power.
    fn redis(&self, appendfsync: &str) -> Option<RedisServer> {
        let environment = [("LD_PRELOAD", self.file("power.so")), ("SYNCED", self.file("synced"))];
        let words = format!("--appendonly yes --appendfsync {appendfsync} --save");
        let words: Vec<&str> = words.split(' ').chain([""]).collect();
        RedisServer::start_under(&environment, &words)
    }

    /// Kills it, and leaves of its log what the disk had: of a file that was never synced
    /// nothing.
    fn loss(&self, redis: &mut RedisServer) {
        redis.kill();
        let book = std::fs::read_to_string(self.file("synced")).unwrap_or_default();
        let on_disk: HashMap<&str, u64> = book
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(bytes, path)| (path, bytes.parse().expect("a size")))
            .collect();
        let folder = redis.folder().join("appendonlydir");
        for entry in std::fs::read_dir(folder).expect("a log").flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|kind| kind == "aof") {
                let synced = on_disk.get(text(&path)).copied().unwrap_or(0);
                let file = std::fs::File::options().write(true).open(&path).expect("opens");
                file.set_len(synced.min(file.metadata().expect("a file").len())).expect("cut");
            }
        }
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// Acknowledged scans and those lost.
type Lost = (u64, u64);

async fn power(appendfsync: &str) -> Option<Lost> {
    let power = Power::new()?;
    let mut redis = power.redis(appendfsync)?;
    let load = Load::start(open(&redis.url()).await, WRITERS);
    load.progress(SCANS).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    power.loss(&mut redis);
    redis.restart();
    Some(load.lost().await)
}

/// The first node dies, and its replica takes its place; `setting` is told to all.
async fn fail_over(setting: Option<&str>) -> Option<Lost> {
    let mut cluster = RedisCluster::start()?;
    let replica = cluster.add_replica_of_first()?;
    for node in cluster.nodes.iter().chain([&replica]).filter(|_| setting.is_some()) {
        // The others have no replica, and would take nothing.
        if node.port == cluster.nodes[0].port {
            node.command::<()>(&format!("CONFIG SET {}", setting.unwrap_or_default()));
        }
    }
    let load = Load::start(open(&cluster.url()).await, WRITERS);
    load.progress(SCANS).await;
    cluster.nodes[0].kill();
    eventually("the replica is master", || async { replica.is_master() }).await;
    load.progress(SCANS).await;
    // What is asked of all nodes is asked of those that live.
    let lost = load.lost().await;
    cluster.nodes.push(replica);
    Some(lost)
}

/// The replica takes the place of a master that lives and is asked on.
async fn take_over(setting: Option<&str>) -> Option<Lost> {
    let mut cluster = RedisCluster::start()?;
    let replica = cluster.add_replica_of_first()?;
    if let Some(setting) = setting {
        cluster.nodes[0].command::<()>(&format!("CONFIG SET {setting}"));
    }
    let load = Load::start(open(&cluster.url()).await, WRITERS);
    load.progress(SCANS).await;
    // It hears nothing of its master and is told to go on without it.
    replica.signal("STOP");
    let silent = Instant::now();
    while silent.elapsed() < Duration::from_secs(4) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    replica.signal("CONT");
    replica.command::<()>("CLUSTER FAILOVER TAKEOVER");
    eventually("the replica is master", || async { replica.is_master() }).await;
    load.progress(SCANS).await;
    let lost = load.lost().await;
    cluster.nodes.push(replica);
    Some(lost)
}

fn tell(fault: &str, setting: &str, all: &[Lost]) {
    let (acknowledged, lost) = all.iter().fold((0, 0), |(a, l), (x, y)| (a + x, l + y));
    let most = all.iter().map(|(_, lost)| lost).max().copied().unwrap_or(0);
    let times = all.len();
    eprintln!("{fault}, {setting}: {lost} of {acknowledged} in {times} times, {most} at most");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_one_server_that_syncs_always_nothing_is_lost_with_its_power() {
    for appendfsync in ["always", "everysec", "no"] {
        let mut all = Vec::new();
        for _ in 0..rounds() {
            let Some(lost) = power(appendfsync).await else { return };
            all.push(lost);
        }
        tell("power", appendfsync, &all);
        let lost: u64 = all.iter().map(|(_, lost)| lost).sum();
        if appendfsync == "always" {
            assert_eq!(lost, 0, "{all:?}");
        }
        // Else the cut cuts nothing, and says nothing of the others.
        if appendfsync == "no" {
            assert!(lost > 0, "{all:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_fail_over_may_lose_is_counted() {
    let settings = [None, Some("min-replicas-to-write 1 min-replicas-max-lag 1")];
    for setting in settings {
        let (mut died, mut taken) = (Vec::new(), Vec::new());
        for _ in 0..rounds() {
            let Some(lost) = fail_over(setting).await else { return };
            died.push(lost);
            let Some(lost) = take_over(setting).await else { return };
            taken.push(lost);
        }
        let setting = setting.unwrap_or("as it is");
        tell("a master's death", setting, &died);
        tell("a replica that was cut off and takes over", setting, &taken);
        let (acknowledged, lost) = died.iter().fold((0, 0), |(a, l), (x, y)| (a + x, l + y));
        assert!(lost * 10 < acknowledged, "{died:?}");
    }
}
