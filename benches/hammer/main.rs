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
//! turns, and the median of the rounds counts.

#[path = "../batch.rs"]
mod batch;
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
const ROUNDS: usize = 3;
const SECONDS: f64 = 2.0;
/// Scans of the first load, which warms up and says how many make its seconds.
const WARM: u64 = 6_000;
const STORES: [&str; 3] = ["everysec", "always", "embedded"];
const MACHINES: &str = "machines";
/// Of the highest rate, where latencies are looked at.
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
    for name in STORES.into_iter().filter(|name| every_store || named(name)) {
        let ways = Way::ALL.into_iter().filter(|way| every_way || named(way.name)).collect();
        match Store::start(name) {
            Some(store) => Run::new(store, ways).measure(name, rounds),
            None => println!("no redis-server"),
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
    fn new(store: Store, ways: Vec<Way>) -> Self {
        let mut servers: Vec<(Kind, Server)> = Vec::new();
        for way in &ways {
            if !servers.iter().any(|(kind, _)| *kind == way.kind)
                && let Some(server) = Server::start(way.kind, &store)
            {
                servers.push((way.kind, server));
            }
        }
        let is_there = |way: &Way| servers.iter().any(|(kind, _)| *kind == way.kind);
        let ways = ways.into_iter().filter(is_there).collect();
        Self { servers, store, ways, next: 0 }
    }

    fn measure(mut self, store: &str, rounds: usize) {
        let highest = self.highest(rounds);
        tell::highest(store, &highest);
        let rate_of = |name: &str| {
            let of_name = highest.iter().find(|(way, _)| way.name == name);
            of_name.map(|(_, rounds)| tell::median(rounds, |round| round.measured.rate()))
        };
        if let Some(most) = rate_of("json") {
            self.at_parts(store, most);
            self.flood(store, most);
            self.beyond(store, most);
        }
        let server = self.servers.iter().find(|(kind, _)| *kind == Kind::Zhenma);
        if let Some((_, server)) = server {
            tell::memory(store, server.peak_mb(), self.next);
        }
    }

    /// Each way in turn, from as many connections as keep it busy.
    fn highest(&mut self, rounds: usize) -> Vec<(Way, Vec<Round>)> {
        let ways = self.ways.clone();
        let mut all: Vec<(Way, Vec<Round>)> = Vec::new();
        for way in ways {
            let warm = self.load(way, WARM, CONNECTIONS, Pace::Closed);
            all.push((way, vec![warm]));
        }
        for _ in 0..rounds {
            for (way, done) in &mut all {
                let last = done.last().expect("a warm-up").measured.rate();
                let round = self.load(*way, in_seconds(last), CONNECTIONS, Pace::Closed);
                done.push(round);
            }
        }
        for (_, done) in &mut all {
            done.remove(0);
        }
        all
    }

    fn at_parts(&mut self, store: &str, most: f64) {
        let ways = ["bare", "gathered", "signed", "json", "page"];
        let ways: Vec<Way> =
            self.ways.iter().filter(|way| ways.contains(&way.name)).copied().collect();
        let mut all = Vec::new();
        for part in PARTS {
            for way in &ways {
                let rate = most * part;
                let round = self.load(*way, in_seconds(rate), WAITING, Pace::Open(rate));
                all.push((part, *way, round));
            }
        }
        tell::at_parts(store, &all);
    }

    /// Genuine scans at four tenths of the highest rate, alone and among as many
    /// forged ones.
    fn flood(&mut self, store: &str, most: f64) {
        let of = |forged| way("flood", Kind::Zhenma, Form::Json, Codes::Field { forged });
        let mut all = Vec::new();
        for (forged, part) in [(0, 0.4), (500, 0.8)] {
            let rate = most * part;
            all.push((forged, self.load(of(forged), in_seconds(rate), WAITING, Pace::Open(rate))));
        }
        tell::flood(store, &all);
    }

    /// Twice as many scans as can be answered, from a crowd.
    fn beyond(&mut self, store: &str, most: f64) {
        let json = way("json", Kind::Zhenma, Form::Json, FIELD);
        let rate = 2.0 * most;
        let round = self.load(json, in_seconds(rate), CROWD, Pace::Open(rate));
        tell::beyond(store, most, &round);
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
