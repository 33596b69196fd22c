//! Scans over HTTP on loopback: the highest rate of each way in, its latency at parts
//! of it and beyond it; beside floors that answer from the same store and do nothing
//! else, and beside what somebody would write otherwise (`benches/peers`).
//!
//! `cargo bench --bench hammer [-- ROUNDS] [STORE...] [WAY...]`, a store being everysec,
//! always, embedded or machines (several servers on one Redis and on a cluster), a way
//! one of [`Way::ALL`]. The peers need `PEERS`, a folder with
//! their programs installed; without it they are left out.
//!
//! Servers and Redis are processes of their own; codes are signed before any clock
//! starts, and what the log holds is counted against what was answered. Ways take
//! turns, and the median of the rounds counts. The highest rate is that of all cores,
//! which the load shares; for latencies, floods and crowds it has one of its own, so
//! that what it measures is not how long it waited itself.

#[path = "../batch.rs"]
mod batch;
mod cores;
mod floor;
#[path = "../kept.rs"]
mod kept;
#[path = "../load.rs"]
mod load;
mod machines;
mod mix;
#[path = "../../tests/it/need.rs"]
mod need;
mod parts;
#[path = "../../tests/it/redis_server.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod redis_server;
mod tell;

use cores::Cores;
use load::{Measured, Pace, Target};
use mix::{Codes, Form, Mix};
use parts::{Kind, Server, Store};

/// As the program is built to run.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Connections of a load that finds the highest rate.
const CONNECTIONS: usize = 64;
/// Of one that keeps to a plan: as many as may have to wait at once.
const WAITING: usize = 512;
/// Of one that is more than a server can answer.
const CROWD: usize = 3_000;
/// Where it is looked at whether a scan costs more among many.
const COMPANY: [usize; 3] = [CONNECTIONS, WAITING, CROWD];
const ROUNDS: usize = 3;
const SECONDS: f64 = 2.0;
/// Of a crowd: how it begins is a small part of it.
const CROWD_SECONDS: f64 = 8.0;
/// Scans of the first load, which warms up and says how many make its seconds.
const WARM: u64 = 6_000;
const STORES: [&str; 3] = ["everysec", "always", "embedded"];
const MACHINES: &str = "machines";
/// Ways whose latencies are looked at.
const APART: [&str; 5] = ["bare", "gathered", "signed", "json", "page"];
/// Of the highest rate, where they are.
const PARTS: [f64; 5] = [0.25, 0.5, 0.75, 0.9, 1.0];

/// A way in.
#[derive(Clone, Copy)]
struct Way {
    name: &'static str,
    kind: Kind,
    mix: Mix,
}

const fn way(name: &'static str, kind: Kind, form: Form, codes: Codes) -> Way {
    Way { name, kind, mix: Mix { form, codes } }
}

const FIELD: Codes = Codes::Field { forged: 20 };

impl Way {
    const ALL: [Self; 10] = [
        way("bare", Kind::Bare, Form::Bare, FIELD),
        way("gathered", Kind::Gathered, Form::Bare, FIELD),
        way("signed", Kind::Signed, Form::Json, FIELD),
        way("json", Kind::Zhenma, Form::Json, FIELD),
        way("page", Kind::Zhenma, Form::Page, FIELD),
        way("half", Kind::Zhenma, Form::Json, Codes::Field { forged: 500 }),
        way("forged", Kind::Zhenma, Form::Json, Codes::Field { forged: 1000 }),
        way("one", Kind::Zhenma, Form::Json, Codes::One),
        way("fastapi", Kind::FastApi, Form::Json, FIELD),
        way("fastify", Kind::Fastify, Form::Json, FIELD),
    ];
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [mode, kind, place] = &words[..]
        && mode == "serve"
    {
        return parts::serve(kind, place);
    }
    let rounds = words.iter().find_map(|word| word.parse().ok()).unwrap_or(ROUNDS);
    let named = |name: &str| words.iter().any(|word| word == name);
    let any = |names: &[&str]| names.iter().any(|name| named(name));
    let every_store = !any(&STORES) && !named(MACHINES);
    let every_way = !any(&Way::ALL.map(|way| way.name));
    let ways: Vec<Way> = Way::ALL.into_iter().filter(|way| every_way || named(way.name)).collect();
    let cores = Cores::split();
    for name in STORES.into_iter().filter(|name| every_store || named(name)) {
        let Some(run) = Run::start(name, &ways) else {
            println!("no redis-server");
            continue;
        };
        run.shared(name, rounds);
        if let Some(cores) = &cores {
            cores.for_servers();
            let run = Run::start(name, &ways).expect("it started before");
            cores.for_load();
            run.apart(&format!("{name}, apart"), rounds);
            cores.for_all();
        }
    }
    if every_store || named(MACHINES) {
        machines::measure(rounds);
    }
}

/// One load that was answered, and what it cost.
pub struct Round {
    measured: Measured,
    /// Microseconds of processor time a request.
    server: f64,
    redis: f64,
    load: f64,
}

/// Rounds of a way from so many connections.
type InCompany = (usize, Way, Vec<Round>);

/// One store with the servers that answer from it.
struct Run {
    servers: Vec<(Kind, Server)>,
    /// Behind the servers, which end first.
    store: Store,
    ways: Vec<Way>,
    /// Scans are numbered on, so that codes are as new as the mix wants them.
    next: u64,
}

impl Run {
    /// `None` without Redis.
    fn start(store: &str, ways: &[Way]) -> Option<Self> {
        let store = Store::start(store)?;
        let mut servers: Vec<(Kind, Server)> = Vec::new();
        for way in ways {
            if !servers.iter().any(|(kind, _)| *kind == way.kind)
                && let Some(server) = Server::start(way.kind, &store)
            {
                servers.push((way.kind, server));
            }
        }
        let is_there = |way: &&Way| servers.iter().any(|(kind, _)| *kind == way.kind);
        let ways = ways.iter().filter(is_there).copied().collect();
        Some(Self { servers, store, ways, next: 0 })
    }

    /// What all cores can do.
    fn shared(mut self, store: &str, rounds: usize) {
        let highest = self.highest(CONNECTIONS, rounds);
        tell::highest(store, &highest);
        let server = self.servers.iter().find(|(kind, _)| *kind == Kind::Zhenma);
        if let Some((_, server)) = server {
            tell::memory(store, server.peak_mb(), self.next);
        }
    }

    /// What those cores can do that the load leaves, and how soon.
    fn apart(mut self, store: &str, rounds: usize) {
        self.ways.retain(|way| APART.contains(&way.name));
        let all = self.in_company(store, rounds);
        // From as many connections as those have that keep to a plan.
        let is_it =
            |(connections, way, _): &&InCompany| *connections == WAITING && way.name == "json";
        if let Some((_, _, json)) = all.iter().find(is_it) {
            let most = tell::median(json, |round| round.measured.rate());
            self.at_parts(store, most, rounds);
            self.flood(store, most, rounds);
            self.beyond(store, most, rounds);
        }
    }

    /// Each way in turn, from so many connections.
    fn highest(&mut self, connections: usize, rounds: usize) -> Vec<(Way, Vec<Round>)> {
        let ways = self.ways.clone();
        let mut all: Vec<(Way, Vec<Round>)> = Vec::new();
        for way in ways {
            let warm = self.load(way, WARM, connections, Pace::Closed);
            all.push((way, vec![warm]));
        }
        for _ in 0..rounds {
            for (way, done) in &mut all {
                let last = done.last().expect("a warm-up").measured.rate();
                let round = self.load(*way, in_seconds(last), connections, Pace::Closed);
                done.push(round);
            }
        }
        for (_, done) in &mut all {
            done.remove(0);
        }
        all
    }

    /// The highest rate from more and more connections.
    fn in_company(&mut self, store: &str, rounds: usize) -> Vec<InCompany> {
        let mut all = Vec::new();
        for connections in COMPANY {
            let of_each = self.highest(connections, rounds);
            all.extend(of_each.into_iter().map(|(way, rounds)| (connections, way, rounds)));
        }
        tell::in_company(store, &all);
        all
    }

    fn at_parts(&mut self, store: &str, most: f64, rounds: usize) {
        let ways = self.ways.clone();
        let mut all = Vec::new();
        for part in PARTS {
            let planned: Vec<_> = ways.iter().map(|way| (*way, most * part, WAITING)).collect();
            let done = self.in_turns(&planned, SECONDS, rounds);
            all.extend(ways.iter().zip(done).map(|(way, rounds)| (part, *way, rounds)));
        }
        tell::at_parts(store, &all);
    }

    /// Genuine scans at four tenths of the highest rate, alone and among as many
    /// forged ones.
    fn flood(&mut self, store: &str, most: f64, rounds: usize) {
        let of = |forged| way("flood", Kind::Zhenma, Form::Json, Codes::Field { forged });
        let planned = [(of(0), most * 0.4, WAITING), (of(500), most * 0.8, WAITING)];
        let done = self.in_turns(&planned, SECONDS, rounds);
        tell::flood(store, &[0, 500].into_iter().zip(done).collect::<Vec<_>>());
    }

    /// Twice as many scans as can be answered, from a crowd.
    fn beyond(&mut self, store: &str, most: f64, rounds: usize) {
        let json = way("json", Kind::Zhenma, Form::Json, FIELD);
        let done = self.in_turns(&[(json, 2.0 * most, CROWD)], CROWD_SECONDS, rounds);
        tell::beyond(store, most, &done[0]);
    }

    /// Ways that each keep to a rate, from so many connections, one after another in
    /// each round.
    fn in_turns(
        &mut self,
        planned: &[(Way, f64, usize)],
        seconds: f64,
        rounds: usize,
    ) -> Vec<Vec<Round>> {
        let mut all: Vec<Vec<Round>> = planned.iter().map(|_| Vec::new()).collect();
        for _ in 0..rounds {
            for (done, (way, rate, connections)) in all.iter_mut().zip(planned) {
                let count = (rate * seconds) as u64;
                done.push(self.load(*way, count, *connections, Pace::Open(*rate)));
            }
        }
        all
    }

    fn load(&mut self, way: Way, count: u64, connections: usize, pace: Pace) -> Round {
        let first = self.next;
        self.next += count;
        let requests = way.mix.requests(first, count);
        let (_, server) = self.servers.iter_mut().find(|(kind, _)| *kind == way.kind).expect("it");
        let check = mix::check(way.mix.form);
        let target = Target { to: &[server.to], connections, check };
        let costs = |server: &Server, store: &Store| {
            [server.cpu_us(), store.cpu_us(), parts::cpu_us(std::process::id())]
        };
        let before = costs(server, &self.store);
        let measured = load::run(target, &requests, pace).expect("a load");
        let after = costs(server, &self.store);
        let [server_us, redis_us, load_us] =
            std::array::from_fn(|i| (after[i] - before[i]) / count as f64);
        if way.kind == Kind::Zhenma {
            let acknowledged = way.mix.scans_of(first, &measured.acknowledged);
            let recorded = server.forget_log().expect("ours keep a log");
            assert!(recorded >= acknowledged, "{acknowledged} answered, {recorded} in the log");
        } else {
            server.forget_log();
        }
        Round { measured, server: server_us, redis: redis_us, load: load_us }
    }
}

fn in_seconds(rate: f64) -> u64 {
    (rate * SECONDS) as u64
}
