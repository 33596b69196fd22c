//! From the start of `zhenma serve` to its first readiness.

use std::time::Duration;

use serde_json::json;
use zhenma::store::redis::RedisState;

use crate::installation::Installation;
use crate::kept;
use crate::process::{Server, forget_pages};
use crate::scanned::{fill_redis, fill_sqlite, keep_everysec, quick_redis};
use crate::scans::median;

const BATCHES: usize = 10_000;
const STARTS: usize = 5;

pub async fn table(codes: u64) {
    println!("\nStart: ms from the start of the process to the first 200 of /readyz\n");
    println!("| scan store | batches | codes scanned | cold | warm | resident, MB |");
    println!("|---|---|---|---|---|---|");
    let small = Installation::with(1).await;
    starts(&small, "embedded", 0, "embedded");
    drop(small);
    let large = Installation::with(BATCHES).await;
    starts(&large, "embedded", 0, "embedded");
    fill_sqlite(&large.scans(), 0, codes);
    starts(&large, "embedded", codes, "embedded");
    let Some(redis) = quick_redis() else { return };
    let state = RedisState::open(&redis.url()).await.expect("opens");
    starts(&large, "Redis", 0, &redis.url());
    fill_redis(&state, 0, codes).await;
    keep_everysec(&redis);
    starts(&large, "Redis", codes, &redis.url());
}

fn starts(of: &Installation, store: &str, codes: u64, setting: &str) {
    let mut resident = Vec::new();
    let mut start = |cold: bool| {
        if cold {
            forget_pages(&of.path().join("data"));
        }
        let server = Server::start(of, setting);
        resident.push(server.resident_mb());
        ms(server.ready)
    };
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        cold.push(start(true));
        warm.push(start(false));
    }
    let (cold, warm, resident) = (median(cold), median(warm), median(resident));
    let batches = of.batches.len();
    println!("| {store} | {batches} | {codes} | {cold:.0} | {warm:.0} | {resident:.0} |");
    let value = json!({
        "store": store, "batches": batches, "codes": codes,
        "cold_ms": cold, "warm_ms": warm, "resident_mb": resident,
    });
    kept::keep("growth", "start", value);
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
