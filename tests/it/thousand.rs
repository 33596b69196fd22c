//! A run of faults, one after another, under buyers and a maker who keep their own
//! record of what was acknowledged. After each the installation goes on by itself, and
//! in the end nothing is lost or doubled.
//!
//! `FAULTS=1000 SEED=7 cargo test --test it -- thousand --nocapture` for a long run; the
//! seed says which faults come in which order, and for how long.

mod layer;
mod line;
mod maker;

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use layer::Layer;
use line::Line;
use maker::Maker;

use crate::kills::{Buyers, check};
use crate::need;
use crate::redis_server::RedisServer;
use crate::site::Site;
use crate::store_contract::bed::Dice;

/// Of a run in a hurry.
const FAULTS: u64 = 26;
const SEED: u64 = 7;
/// From the end of a fault to the next answers.
const RECOVERY_MAX: Duration = Duration::from_secs(10);
/// Scans that show that buyers are answered again.
const SCANS: u64 = 12;

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
}

/// An installation, and all that can be done to it.
struct Victim {
    site: Site,
    layer: Layer,
    redis: Option<(RedisServer, Line)>,
}

impl Victim {
    /// `None` where something is missing.
    async fn new(with_redis: bool) -> Option<Self> {
        need::program("prlimit")?;
        let redis = if with_redis {
            let redis = RedisServer::start()?;
            let line = Line::to(redis.port).await;
            Some((redis, line))
        } else {
            None
        };
        let store = match &redis {
            Some((_, line)) => format!("redis://127.0.0.1:{}", line.port),
            None => "embedded".to_owned(),
        };
        let mut site = Site::new(&store);
        let layer = Layer::new(site.folder())?;
        site.environment = layer.environment().to_vec();
        Some(Self { site, layer, redis })
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
        }
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

async fn run(with_redis: bool) {
    let (seed, faults) = (switch("SEED", SEED), switch("FAULTS", FAULTS));
    eprintln!("seed {seed}, {faults} faults");
    let Some(mut victim) = Victim::new(with_redis).await else { return };
    victim.site.start_serve();
    victim.site.start_worker();
    let kinds = if with_redis { &Fault::REDIS[..] } else { &Fault::EMBEDDED };
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
            let (site, more) = (&mut victim.site, buyers.answered() + SCANS);
            while buyers.answered() < more || maker.done.load(Ordering::Relaxed) < goal {
                // As the machine's supervisor does.
                site.start_what_ended();
                assert!(
                    ended.elapsed() < RECOVERY_MAX,
                    "fault {turn}, {fault:?}: {} scans and {} labels more; the log:\n{}",
                    SCANS - (more - buyers.answered().min(more)),
                    maker.done.load(Ordering::Relaxed) + 1 - goal,
                    site.log()
                );
                wait(10).await;
            }
        };
        recovery.await;
        let (count, most) = slowest.entry(fault).or_default();
        (*count, *most) = (*count + 1, (*most).max(ended.elapsed()));
    }
    victim.layer.clock_is_ahead(0);
    let acknowledged = buyers.finish().await;
    maker.finish(&victim.site).await;
    check(&victim.site, &acknowledged).await;
    for (fault, (count, most)) in slowest {
        eprintln!("{fault:?}: {count} times, answered again within {most:?}");
    }
    eprintln!("{} scans acknowledged", acknowledged.values().sum::<u64>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_faults_lose_nothing_on_sqlite() {
    run(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_faults_lose_nothing_on_redis() {
    run(true).await;
}
