//! What a server holds after a million different codes, each asked for by
//! another phone on another network.

use serde_json::json;

use crate::installation::{Installation, LABELS, code, signer};
use crate::load::{self, Pace, Request, Said, Target};
use crate::process::Server;
use crate::scanned::quick_redis;
use crate::scans::{mix, redis_bytes};
use crate::{WRITERS, kept};

const BATCHES: [usize; 2] = [1, 10_000];
const AT: [u64; 6] = [0, 10_000, 100_000, 250_000, 500_000, 1_000_000];
/// Requests that are made before they are sent.
const AT_ONCE: u64 = 50_000;

pub async fn memory() {
    println!("\nA server, by codes that were asked for over HTTP\n");
    println!("| batches | codes | resident, MB | Redis, bytes a code and its line of the log |");
    println!("|---|---|---|---|");
    for batches in BATCHES {
        over(batches).await;
    }
}

async fn over(batches: usize) {
    let Some(redis) = quick_redis() else { return };
    let installation = Installation::with(batches).await;
    let server = Server::start(&installation, &redis.url());
    let (mut sent, empty) = (0, redis_bytes(&redis));
    for at in AT {
        while sent < at {
            let count = AT_ONCE.min(at - sent);
            let requests: Vec<Request> =
                (sent..sent + count).map(|n| request(&installation, n)).collect();
            let target = Target { to: &[server.address], connections: WRITERS, check: is_genuine };
            let run = load::run(target, &requests, Pace::Closed).expect("answered");
            assert_eq!(run.wrong(), 0, "{:?}", run.wrong);
            sent += count;
        }
        let (resident, bytes) = (server.resident_mb(), redis_bytes(&redis) - empty);
        let a_code = if at == 0 { 0.0 } else { bytes / at as f64 };
        println!("| {batches} | {at} | {resident:.0} | {a_code:.0} |");
        let value = json!({"batches": batches, "codes": at, "resident_mb": resident});
        kept::keep("growth", "server", value);
    }
}

fn request(of: &Installation, n: u64) -> Request {
    // No two alike: a multiple of a number that shares no factor with LABELS.
    let batch = &of.batches[(n % of.batches.len() as u64) as usize];
    let code = code(batch, n * 618_033_989 % LABELS, &signer());
    let [a, b, c, d, ..] = mix(n).to_be_bytes();
    let text = format!(
        "GET /{code} HTTP/1.1\r\nhost: id.example.cn\r\naccept: application/json\r\n\
         x-forwarded-for: {}.{b}.{c}.{d}\r\nuser-agent: Phone/{n}\r\n\r\n",
        11 + a % 80
    );
    Request { bytes: text.into_bytes(), forged: false }
}

fn is_genuine(_: usize, head: &[u8], body: &[u8]) -> Said {
    let is_genuine = body.starts_with(br#"{"outcome":"genuine""#);
    match (head.starts_with(b"HTTP/1.1 200"), is_genuine) {
        (true, true) => Said::Right,
        (true, false) => Said::Wrong("another outcome"),
        (false, _) => Said::Wrong("another status"),
    }
}
