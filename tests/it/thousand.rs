//! A run of faults, one after another, under buyers and a maker who keep their own
//! record of what was acknowledged. After each the installation goes on by itself, and
//! in the end nothing is lost or doubled.
//!
//! `FAULTS=1000 SEED=7 cargo test --test it -- thousand --nocapture` for a long run; the
//! seed says which faults come in which order, and for how long.

mod cluster;
mod layer;
pub mod line;
mod maker;
mod pair;
mod twin;

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use cluster::Cluster;
use layer::Layer;
use line::{End, Line};
use maker::Maker;
use pair::Pair;
use twin::Twin;

use crate::kills::{Buyers, lost};
use crate::ledger_bed::Books;
use crate::need;
use crate::redis_server::RedisServer;
use crate::site::Site;
use crate::store_contract::bed::Dice;

/// Of a run in a hurry.
const FAULTS: u64 = 14;
const SEED: u64 = 7;
/// From the end of a fault to the next answers, of a run by hand that has the machine
/// to itself.
const RECOVERY_MAX: Duration = Duration::from_secs(10);
/// Among hundreds of other tests.
const DEADLINE: Duration = Duration::from_secs(60);
/// Scans that show that buyers are answered again.
const SCANS: u64 = 12;
/// Scans that a replica may not have yet when its master dies: of each buyer the one that
/// was answered last, and a few that were quick.
const ON_THE_WAY: u64 = 24;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    ServeKilled,
    WorkerKilled,
    BothKilled,
    ServeStopped,
    WorkerStopped,
    /// No page of memory more than it has.
    MemoryShort,
    /// No file may grow.
    DiskFull,
    SyncsFail,
    ClockSteps,
    RedisKilled,
    RedisStopped,
    RedisFull,
    LineCut,
    LineSlow,
    /// One of two servers and of two workers.
    TwinKilled,
    LedgerFailsOver,
    LedgerLineCut,
    LedgerLineSlow,
    /// Of a cluster: the one with a replica.
    NodeFailsOver,
    NodeHandsOver,
    /// One without.
    NodeKilled,
    NodeStopped,
    SlotsMove,
}

/// What an installation stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ground {
    Sqlite,
    Redis,
    /// Two servers on one Redis, with the ledger on two PostgreSQL servers.
    Servers,
    /// Files, and three masters of Redis.
    Cluster,
}

impl Ground {
    fn faults(self) -> &'static [Fault] {
        match self {
            Self::Sqlite => &Fault::EMBEDDED,
            Self::Redis => &Fault::REDIS,
            Self::Servers => &Fault::SERVERS,
            Self::Cluster => &Fault::CLUSTER,
        }
    }
}

impl Fault {
    const EMBEDDED: [Self; 9] = [
        Self::ServeKilled,
        Self::WorkerKilled,
        Self::BothKilled,
        Self::ServeStopped,
        Self::WorkerStopped,
        Self::MemoryShort,
        Self::DiskFull,
        Self::SyncsFail,
        Self::ClockSteps,
    ];
    const REDIS: [Self; 13] = [
        Self::ServeKilled,
        Self::WorkerKilled,
        Self::ServeStopped,
        Self::WorkerStopped,
        Self::MemoryShort,
        Self::DiskFull,
        Self::SyncsFail,
        Self::ClockSteps,
        Self::RedisKilled,
        Self::RedisStopped,
        Self::RedisFull,
        Self::LineCut,
        Self::LineSlow,
    ];
    const SERVERS: [Self; 14] = [
        Self::ServeKilled,
        Self::WorkerKilled,
        Self::BothKilled,
        Self::ServeStopped,
        Self::WorkerStopped,
        Self::ClockSteps,
        Self::RedisKilled,
        Self::RedisStopped,
        Self::RedisFull,
        Self::LineCut,
        Self::TwinKilled,
        Self::LedgerFailsOver,
        Self::LedgerLineCut,
        Self::LedgerLineSlow,
    ];
    const CLUSTER: [Self; 10] = [
        Self::ServeKilled,
        Self::WorkerKilled,
        Self::ServeStopped,
        Self::WorkerStopped,
        Self::ClockSteps,
        Self::NodeFailsOver,
        Self::NodeKilled,
        Self::NodeStopped,
        Self::SlotsMove,
        Self::NodeHandsOver,
    ];
}

/// An installation, and all that can be done to it. What it stands on ends behind it.
struct Victim {
    twin: Option<Twin>,
    site: Site,
    layer: Layer,
    redis: Option<(RedisServer, Line)>,
    cluster: Option<Cluster>,
    pair: Option<Pair>,
}

impl Victim {
    /// Started; `None` where something is missing.
    async fn new(ground: Ground) -> Option<Self> {
        need::program("prlimit")?;
        let (mut redis, mut cluster) = (None, None);
        let store = match ground {
            Ground::Sqlite => "embedded".to_owned(),
            Ground::Redis | Ground::Servers => {
                let server = RedisServer::start()?;
                let line = Line::to(vec![End::Port(server.port)]).await;
                let (_, line) = redis.insert((server, line));
                format!("redis://127.0.0.1:{}", line.port)
            }
            Ground::Cluster => cluster.insert(Cluster::start()?).url(),
        };
        let pair = if ground == Ground::Servers { Some(Pair::start().await?) } else { None };
        let mut site = Site::on(&store, pair.as_ref().map(Pair::url));
        let layer = Layer::new(site.folder())?;
        site.environment = layer.environment().to_vec();
        site.start_serve();
        site.start_worker();
        let twin = pair.is_some().then(|| Twin::start(&site));
        if let Some(twin) = &twin {
            let ends = vec![End::Port(site.port), End::Port(twin.port)];
            site.door = Some(Line::to(ends).await.port);
        }
        Some(Self { twin, site, layer, redis, cluster, pair })
    }

    fn start_what_ended(&mut self) {
        self.site.start_what_ended();
        if let Some(twin) = &mut self.twin {
            twin.start_what_ended(&self.site);
        }
    }

    fn books(&self) -> Books<'_> {
        self.pair.as_ref().map_or_else(|| self.site.books(), Pair::books)
    }

    /// Does what a fault is, for as long as the dice say.
    async fn suffer(&mut self, fault: Fault, dice: &mut Dice) {
        let ms = 50 + dice.roll(1_450);
        match fault {
            Fault::ServeKilled => signal(self.site.serve_id(), "KILL"),
            Fault::WorkerKilled => signal(self.site.worker_id(), "KILL"),
            Fault::BothKilled => {
                signal(self.site.serve_id(), "KILL");
                signal(self.site.worker_id(), "KILL");
            }
            Fault::ServeStopped | Fault::WorkerStopped => {
                let serve = fault == Fault::ServeStopped;
                let id = if serve { self.site.serve_id() } else { self.site.worker_id() };
                signal(id, "STOP");
                wait(ms).await;
                signal(id, "CONT");
            }
            Fault::MemoryShort => self.limited("--as", ms).await,
            Fault::DiskFull => self.limited("--fsize", ms).await,
            Fault::SyncsFail => {
                self.layer.syncs_fail(true);
                wait(ms).await;
                self.layer.syncs_fail(false);
            }
            Fault::ClockSteps => {
                let seconds = dice.roll(7_200).cast_signed() - 3_600;
                self.layer.clock_is_ahead(seconds);
            }
            Fault::RedisKilled => {
                let (redis, _) = self.redis.as_mut().expect("with Redis");
                redis.kill();
                redis.restart();
            }
            Fault::RedisStopped => {
                let (redis, _) = self.redis.as_ref().expect("with Redis");
                redis.signal("STOP");
                wait(ms).await;
                redis.signal("CONT");
            }
            Fault::RedisFull => {
                let (redis, _) = self.redis.as_ref().expect("with Redis");
                redis.command::<()>("CONFIG SET maxmemory 1mb");
                wait(ms).await;
                redis.command::<()>("CONFIG SET maxmemory 0");
            }
            Fault::LineCut => self.line().cut(),
            Fault::LineSlow => {
                self.line().delay(20 + dice.roll(400));
                wait(ms).await;
                self.line().delay(0);
            }
            Fault::TwinKilled => self.twin.as_mut().expect("with a twin").kill(),
            Fault::LedgerFailsOver => tokio::task::block_in_place(|| self.pair().fail_over()),
            Fault::LedgerLineCut => self.pair().line.cut(),
            Fault::LedgerLineSlow => {
                self.pair().line.delay(20 + dice.roll(400));
                wait(ms).await;
                self.pair().line.delay(0);
            }
            Fault::NodeFailsOver => tokio::task::block_in_place(|| self.cluster().fail_over()),
            Fault::NodeHandsOver => tokio::task::block_in_place(|| self.cluster().hand_over()),
            Fault::NodeKilled => tokio::task::block_in_place(|| self.cluster().kill()),
            Fault::NodeStopped => {
                self.cluster().silent().signal("STOP");
                wait(ms).await;
                self.cluster().silent().signal("CONT");
            }
            Fault::SlotsMove => {
                let tags: [u8; 8] = std::array::from_fn(|_| dice.roll(64).to_le_bytes()[0]);
                tokio::task::block_in_place(|| tags.map(|tag| self.cluster().move_tag(tag)));
            }
        }
    }

    fn cluster(&mut self) -> &mut Cluster {
        self.cluster.as_mut().expect("with a cluster")
    }

    fn pair(&mut self) -> &mut Pair {
        self.pair.as_mut().expect("with PostgreSQL")
    }

    fn line(&self) -> &Line {
        &self.redis.as_ref().expect("with Redis").1
    }

    /// Both processes at a limit of what they have already.
    async fn limited(&self, what: &str, ms: u64) {
        let both = [self.site.serve_id(), self.site.worker_id()];
        for id in both {
            let bytes = if what == "--as" { memory(id) } else { 4_096 };
            limit(id, &format!("{what}={bytes}:unlimited"));
        }
        wait(ms).await;
        for id in both {
            limit(id, &format!("{what}=unlimited:unlimited"));
        }
    }
}

fn signal(id: u32, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &id.to_string()]).status();
    assert!(sent.expect("kill runs").success(), "{id} is not there");
}

/// A process may have died of the limit before it is lifted.
fn limit(id: u32, what: &str) {
    let _ = Command::new("prlimit").args(["--pid", &id.to_string(), what]).output();
}

/// Bytes of address space of a process.
fn memory(id: u32) -> u64 {
    let pages = std::fs::read_to_string(format!("/proc/{id}/statm")).unwrap_or_default();
    let pages = pages.split(' ').next().and_then(|text| text.parse::<u64>().ok());
    pages.unwrap_or(0) * 4_096
}

async fn wait(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

#[allow(clippy::disallowed_methods, reason = "a test's own switches")]
fn switch(name: &str, else_: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(else_)
}

async fn run(ground: Ground) {
    let (seed, faults) = (switch("SEED", SEED), switch("FAULTS", FAULTS));
    let most = if faults == FAULTS { DEADLINE } else { RECOVERY_MAX };
    eprintln!("seed {seed}, {faults} faults");
    let Some(mut victim) = Victim::new(ground).await else { return };
    let kinds = ground.faults();
    let buyers = Buyers::start(&victim.site);
    let maker = Maker::start(&victim.site, 20_000 + 200 * faults);
    buyers.progress(SCANS, &victim.site).await;
    let (mut dice, mut slowest) = (Dice(seed), BTreeMap::<Fault, (u64, Duration)>::new());
    for turn in 0..faults {
        // Each comes before any comes twice as often.
        let at = if turn < kinds.len() as u64 { turn } else { dice.roll(kinds.len() as u64) };
        let fault = kinds[at as usize];
        victim.suffer(fault, &mut dice).await;
        let ended = Instant::now();
        let goal = maker.done.load(Ordering::Relaxed) + 1;
        let recovery = async {
            let more = buyers.answered() + SCANS;
            while buyers.answered() < more || maker.done.load(Ordering::Relaxed) < goal {
                // As the machine's supervisor does.
                victim.start_what_ended();
                assert!(
                    ended.elapsed() < most,
                    "fault {turn}, {fault:?}: {} scans and {} labels more; the log:\n{}",
                    SCANS - (more - buyers.answered().min(more)),
                    maker.done.load(Ordering::Relaxed) + 1 - goal,
                    victim.site.log()
                );
                wait(10).await;
            }
        };
        recovery.await;
        let (count, longest) = slowest.entry(fault).or_default();
        (*count, *longest) = (*count + 1, (*longest).max(ended.elapsed()));
    }
    victim.layer.clock_is_ahead(0);
    // Who was started while the clock was wrong may end of it.
    for _ in 0..10 {
        victim.start_what_ended();
        wait(200).await;
    }
    let acknowledged = buyers.finish().await;
    maker.finish(&victim.books()).await;
    let lost = lost(&victim.site, &victim.books(), &acknowledged).await;
    let lost: u64 = lost.values().sum();
    // deploy/README.md, "What can be lost": what had not reached the replica of a master
    // that died.
    let may = victim.cluster.as_ref().map_or(0, |cluster| cluster.deaths * ON_THE_WAY);
    assert!(lost <= may, "{lost} acknowledged scans are in no history, where {may} may be lost");
    for (fault, (count, longest)) in slowest {
        eprintln!("{fault:?}: {count} times, answered again within {longest:?}");
    }
    eprintln!("{} scans acknowledged, {lost} lost", acknowledged.values().sum::<u64>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_faults_lose_nothing_on_sqlite() {
    run(Ground::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_faults_lose_nothing_on_redis() {
    run(Ground::Redis).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_faults_lose_nothing_on_two_servers() {
    run(Ground::Servers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_faults_lose_what_had_not_reached_a_replica_and_no_more() {
    run(Ground::Cluster).await;
}
