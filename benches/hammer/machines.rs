//! Several servers on one Redis and on a cluster of three nodes, as machines share the
//! work. Here they share the cores too: what tells how many machines are needed is the
//! processor time a scan, of a server and of the busiest node of Redis, and that it does
//! not grow with their number.

use std::net::SocketAddr;

use crate::load::{self, Measured, Pace, Target};
use crate::mix::{self, Codes, Form, Mix};
use crate::parts::{self, Kind, Server, Store};
use crate::tell::{self, Shape};
use crate::{CONNECTIONS, WARM, in_seconds};

const SERVERS: [usize; 3] = [1, 2, 4];
const MIX: Mix = Mix { form: Form::Json, codes: Codes::Field { forged: 20 } };

/// One load, and what it cost; microseconds of processor time a scan.
pub struct Spread {
    pub measured: Measured,
    /// Of all servers.
    pub servers: f64,
    /// Of all nodes of Redis, and of the one that took most.
    pub redis: f64,
    pub busiest: f64,
    pub load: f64,
}

/// Measures each number of servers on both; says so when there is no Redis.
pub fn measure(rounds: usize) {
    let shapes = [("one Redis", Store::start("everysec")), ("three nodes", Store::cluster())];
    let mut next = 0;
    let mut all: Vec<(Shape, Vec<Spread>)> = Vec::new();
    for (name, store) in &shapes {
        let Some(store) = store else { return println!("no redis-server") };
        for count in SERVERS {
            let start = || Server::start(Kind::Zhenma, store).expect("ours start");
            let mut servers: Vec<Server> = (0..count).map(|_| start()).collect();
            let warm = spread(&mut servers, store, &mut next, WARM);
            let each = in_seconds(warm.measured.rate());
            let of_rounds = (0..rounds).map(|_| spread(&mut servers, store, &mut next, each));
            all.push((Shape { redis: name, servers: count }, of_rounds.collect()));
        }
    }
    tell::machines(&all);
}

fn spread(servers: &mut [Server], store: &Store, next: &mut u64, count: u64) -> Spread {
    let first = *next;
    *next += count;
    let requests = MIX.requests(first, count);
    let to: Vec<SocketAddr> = servers.iter().map(|server| server.to).collect();
    let target = Target { to: &to, connections: CONNECTIONS, check: mix::check(MIX.form) };
    let of_servers = |all: &[Server]| all.iter().map(Server::cpu_us).sum::<f64>();
    let of_load = || parts::cpu_us(std::process::id());
    let before = (of_servers(servers), store.cpu_of_each_us(), of_load());
    let measured = load::run(target, &requests, Pace::Closed).expect("a load");
    let after = (of_servers(servers), store.cpu_of_each_us(), of_load());
    let acknowledged = MIX.scans_of(first, &measured.acknowledged);
    let recorded = servers[0].forget_log().expect("ours keep a log");
    assert!(recorded >= acknowledged, "{acknowledged} answered, {recorded} in the log");
    let a_scan = |us: f64| us / count as f64;
    let nodes: Vec<f64> =
        after.1.iter().zip(&before.1).map(|(after, before)| a_scan(after - before)).collect();
    Spread {
        measured,
        servers: a_scan(after.0 - before.0),
        redis: nodes.iter().sum(),
        busiest: nodes.iter().copied().fold(0.0, f64::max),
        load: a_scan(after.2 - before.2),
    }
}
