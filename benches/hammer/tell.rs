//! Prints what was measured as Markdown, and keeps it.

use std::collections::BTreeMap;

use serde_json::json;

use crate::kept::keep;
use crate::load::ms;
use crate::machines::Spread;
use crate::{Round, Way};

/// The middle one of the rounds.
pub fn median<R>(rounds: &[R], what: impl Fn(&R) -> f64) -> f64 {
    let mut all: Vec<f64> = rounds.iter().map(what).collect();
    all.sort_unstable_by(f64::total_cmp);
    all[all.len() / 2]
}

/// All answers but those that were refused.
fn answered(round: &Round) -> hdrhistogram::Histogram<u64> {
    let mut all = round.measured.right.clone();
    all.add(&round.measured.forged).expect("the same bounds");
    all
}

fn at(round: &Round, quantile: f64) -> f64 {
    ms(&answered(round), quantile)
}

fn wrong(rounds: &[Round]) -> String {
    let mut all = BTreeMap::<&str, u64>::new();
    for (what, count) in rounds.iter().flat_map(|round| &round.measured.wrong) {
        *all.entry(what).or_default() += count;
    }
    let each = all.iter().map(|(what, count)| format!("{count} {what}"));
    if all.is_empty() { "0".to_owned() } else { each.collect::<Vec<_>>().join(", ") }
}

pub fn highest(store: &str, all: &[(Way, Vec<Round>)]) {
    println!("\n### {store}: the highest rate, 64 connections\n");
    println!(
        "| way | scans/s | of bare | us CPU: server | Redis | load | p50 ms | p99 ms | wrong |\n\
         |---|---|---|---|---|---|---|---|---|"
    );
    let rate = |rounds: &[Round]| median(rounds, |round| round.measured.rate());
    // By rounds, so that a slow minute of the machine counts for both.
    let bare = all.iter().find(|(way, _)| way.name == "bare" || way.name == "gathered");
    for (way, rounds) in all {
        let part = bare.map(|(_, bare)| {
            let pairs = rounds.iter().zip(bare);
            let mut parts: Vec<f64> =
                pairs.map(|(one, bare)| one.measured.rate() / bare.measured.rate()).collect();
            parts.sort_unstable_by(f64::total_cmp);
            parts[parts.len() / 2]
        });
        let each = |what: fn(&Round) -> f64| median(rounds, what);
        let (server, redis, load) = (each(|r| r.server), each(|r| r.redis), each(|r| r.load));
        let (p50, p99) = (each(|r| at(r, 0.5)), each(|r| at(r, 0.99)));
        println!(
            "| {} | {:.0} | {} | {server:.1} | {redis:.1} | {load:.1} | {p50:.2} | {p99:.2} | {} |",
            way.name,
            rate(rounds),
            part.map_or_else(|| "-".to_owned(), |part| format!("{part:.2}")),
            wrong(rounds),
        );
        keep(
            "hammer",
            "highest",
            json!({"store": store, "way": way.name, "rate": rate(rounds), "part": part,
                "server_us": server, "redis_us": redis, "load_us": load, "p50": p50, "p99": p99}),
        );
    }
}

pub fn in_company(store: &str, all: &[(usize, Way, Vec<Round>)]) {
    println!("\n### {store}: the highest rate by connections\n");
    println!(
        "| connections | way | scans/s | us CPU: server | Redis | p50 ms | p99 ms | refused/s | wrong |\n\
         |---|---|---|---|---|---|---|---|---|"
    );
    for (connections, way, rounds) in all {
        let each = |what: &dyn Fn(&Round) -> f64| median(rounds, what);
        let rate = each(&|round| round.measured.rate());
        let (server, redis) = (each(&|round| round.server), each(&|round| round.redis));
        let [p50, p99] = [0.5, 0.99].map(|q| each(&|round| at(round, q)));
        let refused = each(&|round| round.measured.shed.len() as f64 / round.measured.seconds);
        println!(
            "| {connections} | {} | {rate:.0} | {server:.1} | {redis:.1} | {p50:.2} | {p99:.2} \
             | {refused:.0} | {} |",
            way.name,
            wrong(rounds)
        );
        keep(
            "hammer",
            "in_company",
            json!({"store": store, "way": way.name, "connections": connections, "rate": rate,
                "server_us": server, "redis_us": redis}),
        );
    }
}

pub fn at_parts(store: &str, all: &[(f64, Way, Vec<Round>)]) {
    println!("\n### {store}: latency by rate, in parts of JSON's highest, ms\n");
    println!("| rate | way | p50 | p99 | p99.9 | scans/s | wrong |\n|---|---|---|---|---|---|---|");
    for (part, way, rounds) in all {
        let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|q| median(rounds, |round| at(round, q)));
        let rate = median(rounds, |round| round.measured.rate());
        let name = way.name;
        println!(
            "| {part} | {name} | {p50:.2} | {p99:.2} | {p999:.2} | {rate:.0} | {} |",
            wrong(rounds)
        );
        keep(
            "hammer",
            "at_part",
            json!({"store": store, "way": name, "part": part, "rate": rate, "p50": p50,
                "p99": p99, "p999": p999}),
        );
    }
}

pub fn flood(store: &str, all: &[(u64, Vec<Round>)]) {
    println!(
        "\n### {store}: genuine scans at 0.4 of the highest rate, and as many forged beside\n"
    );
    println!(
        "| forged | genuine p50 | p99 | p99.9 | forged p50 | p99 | wrong |\n\
         |---|---|---|---|---|---|---|"
    );
    for (forged, rounds) in all {
        let right = |q| median(rounds, |round| ms(&round.measured.right, q));
        let bad = |q| median(rounds, |round| ms(&round.measured.forged, q));
        let [p50, p99, p999] = [0.5, 0.99, 0.999].map(right);
        println!(
            "| {forged} of 1000 | {p50:.2} | {p99:.2} | {p999:.2} | {:.2} | {:.2} | {} |",
            bad(0.5),
            bad(0.99),
            wrong(rounds)
        );
        keep("hammer", "flood", json!({"store": store, "forged": forged, "p50": p50, "p99": p99}));
    }
}

pub fn beyond(store: &str, most: f64, rounds: &[Round]) {
    println!("\n### {store}: twice the highest rate, 3 000 connections\n");
    println!(
        "| answered/s | of the highest | refused/s | refused p50 ms | p99 | p50 ms | p99 | us CPU of \
         the server a request | wrong |\n|---|---|---|---|---|---|---|---|---|"
    );
    let each = |what: &dyn Fn(&Round) -> f64| median(rounds, what);
    let rate = each(&|round| round.measured.rate());
    let refused = each(&|round| round.measured.shed.len() as f64 / round.measured.seconds);
    let [shed_p50, shed_p99] = [0.5, 0.99].map(|q| each(&|round| ms(&round.measured.shed, q)));
    let [p50, p99] = [0.5, 0.99].map(|q| each(&|round| at(round, q)));
    println!(
        "| {rate:.0} | {:.2} | {refused:.0} | {shed_p50:.2} | {shed_p99:.2} | {p50:.2} | {p99:.2} \
         | {:.1} | {} |",
        rate / most,
        each(&|round| round.server),
        wrong(rounds)
    );
    keep(
        "hammer",
        "beyond",
        json!({"store": store, "part": rate / most, "shed_p50": shed_p50, "shed_p99": shed_p99,
            "p99": p99, "refused": refused}),
    );
}

pub fn memory(store: &str, peak_mb: f64, scans: u64) {
    println!("\n{store}: the server held {peak_mb:.0} MB at most, after {scans} scans asked for.");
    keep("hammer", "memory", json!({"store": store, "peak_mb": peak_mb, "scans": scans}));
}

/// Where scans were spread over.
pub struct Shape {
    pub redis: &'static str,
    pub servers: usize,
}

pub fn machines(all: &[(Shape, Vec<Spread>)]) {
    println!("\n### machines: servers that share one Redis or a cluster, JSON, 64 connections\n");
    println!(
        "| Redis | servers | scans/s | us CPU: servers | Redis | its busiest node | load | p50 ms \
         | p99 ms | wrong |\n|---|---|---|---|---|---|---|---|---|---|"
    );
    for (shape, rounds) in all {
        let each = |what: fn(&Spread) -> f64| median(rounds, what);
        let rate = each(|spread| spread.measured.rate());
        let (servers, redis) = (each(|spread| spread.servers), each(|spread| spread.redis));
        let (busiest, load) = (each(|spread| spread.busiest), each(|spread| spread.load));
        let p50 = each(|spread| ms(&spread.measured.right, 0.5));
        let p99 = each(|spread| ms(&spread.measured.right, 0.99));
        println!(
            "| {} | {} | {rate:.0} | {servers:.1} | {redis:.1} | {busiest:.1} | {load:.1} \
             | {p50:.2} | {p99:.2} | {} |",
            shape.redis,
            shape.servers,
            rounds.iter().map(|spread| spread.measured.wrong()).sum::<u64>(),
        );
        keep(
            "hammer",
            "machines",
            json!({"redis": shape.redis, "servers": shape.servers, "rate": rate,
                "servers_us": servers, "redis_us": redis, "busiest_us": busiest}),
        );
    }
}
