//! How cost grows: with the codes that were issued, with the codes that were
//! scanned, with the scans of one code; what a server holds after a million
//! codes, how long it takes to start, and how fast a worker follows. Prints
//! Markdown.
//! `cargo bench --bench growth [-- [issued] [scanned] [one] [follow] [server] [start] [CODES]]`,
//! `CODES` being the most that were scanned, 10 000 000 unless it is given:
//! then Redis holds half a gigabyte, and the folder for temporary files two.

#[allow(dead_code, reason = "the hammer needs more of it")]
mod batch;
mod kept;
#[allow(dead_code, reason = "the hammer needs more of it")]
mod load;
#[path = "../tests/it/need.rs"]
mod need;
#[path = "../tests/it/redis_server.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod redis_server;
#[allow(dead_code, reason = "the bench of stores needs more of it")]
mod scans;

#[path = "growth/follow.rs"]
mod follow;
#[path = "growth/installation.rs"]
mod installation;
#[path = "growth/issued.rs"]
mod issued;
#[path = "growth/one.rs"]
mod one;
#[path = "growth/process.rs"]
mod process;
#[path = "growth/scanned.rs"]
mod scanned;
#[path = "growth/server.rs"]
mod server;
#[path = "growth/start.rs"]
mod start;

const PARTS: [&str; 6] = ["issued", "scanned", "one", "follow", "server", "start"];
/// At the end of the curve.
const CODES: u64 = 10_000_000;
/// Scans in work at once wherever a figure is of a busy store.
const WRITERS: usize = 64;
/// Of which the median counts.
const ROUNDS: usize = 5;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let codes = words.iter().find_map(|word| word.parse().ok()).unwrap_or(CODES);
    let named = PARTS.into_iter().filter(|part| words.iter().any(|word| word == part));
    let named: Vec<&str> = named.collect();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for part in if named.is_empty() { PARTS.to_vec() } else { named } {
        match part {
            "issued" => runtime.block_on(issued::curve()),
            "scanned" => runtime.block_on(scanned::curves(codes)),
            "one" => runtime.block_on(one::curves()),
            "follow" => runtime.block_on(follow::table()),
            "server" => runtime.block_on(server::memory()),
            _ => runtime.block_on(start::table(codes)),
        }
    }
}
