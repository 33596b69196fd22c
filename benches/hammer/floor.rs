//! The least that answers a scan: the server loop of the product, one path, the store.
//!
//! *Bare* calls the product's script once a request on one connection that all share,
//! as redis-rs comes. *Gathered* asks the product's own store, which sends what has
//! gathered: nothing in this house answers more quickly. *Signed* is the same with the
//! strict check of a signature before it, by the product's own rounds: what is left for
//! all the rest is what it is behind *gathered*.

#![allow(clippy::disallowed_types, reason = "a floor has no problems to tell")]

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use redis::aio::MultiplexedConnection;
use zhenma::base::UnixMs;
use zhenma::code::{self, Layer, Outcome, Payload};
use zhenma::keys::Keyring;
use zhenma::scan::signatures::Signatures;
use zhenma::scan::{Channel, CodeId, Marks, Observation, Place, ScanState, Tag48};

use crate::batch;

const SCRIPT: &str = include_str!("../../src/store/redis/fold.lua");
/// Those of `src/store/redis/layout.rs`.
const TAGS: u64 = 64;
const LAYOUT: &str = "1:64:256";
const LOG_ENTRIES_MAX: u64 = 1_000_000;

/// A code of the floors' own, beside those of the batch, and a scan of it.
fn scan(number: u64) -> (CodeId, Observation) {
    let payload = Payload { layer: Layer::Outer, key: batch::key(), batch: 2, serial: number };
    let seen = Observation {
        at: UnixMs(1_790_000_000_000 + number.cast_signed()),
        device: Tag48::new(number),
        network: 0x0a00_0000,
        place: Place::UNKNOWN,
        spot: None,
        channel: Channel::Consumer,
        marks: Marks::default(),
        scan: Tag48::new(number),
    };
    (CodeId { payload: payload.to_bytes(), number }, seen)
}

pub fn gathered(state: Arc<dyn ScanState>) -> Router {
    async fn record(State(state): State<Arc<dyn ScanState>>, Path(number): Path<u64>) -> String {
        let (code, seen) = scan(number);
        let recorded = state.record(code, seen).await.expect("recorded");
        format!("{}\n", recorded.history.count())
    }
    Router::new().route("/{number}", get(record)).with_state(state)
}

#[derive(Clone)]
struct Signed {
    keys: Arc<ArcSwap<Keyring>>,
    signatures: Arc<Signatures>,
    state: Arc<dyn ScanState>,
}

pub fn signed(state: Arc<dyn ScanState>) -> Router {
    let scanner = batch::services(Arc::clone(&state)).scanner;
    let signed = Signed { keys: scanner.keys, signatures: scanner.signatures, state };
    Router::new().route("/{code}", get(check)).with_state(signed)
}

async fn check(State(signed): State<Signed>, Path(code): Path<String>) -> String {
    let _in_work = signed.signatures.begin();
    let reading = code::read(&code).expect("a code of the mix");
    let outcome = signed.signatures.check(&signed.keys, &reading).await;
    if outcome != Outcome::Valid {
        return r#"{"outcome":"not_genuine"}"#.to_owned();
    }
    let payload = reading.payload.to_bytes();
    let (code, seen) = scan(reading.payload.serial);
    let recorded = signed.state.record(CodeId { payload, ..code }, seen).await.expect("recorded");
    format!(r#"{{"outcome":"genuine","scans":{}}}"#, recorded.history.count())
}

#[derive(Clone)]
struct Bare {
    connection: MultiplexedConnection,
    script: Arc<str>,
}

/// # Panics
/// When Redis cannot be reached.
pub async fn bare(url: &str) -> Router {
    let client = redis::Client::open(url).expect("a URL");
    let mut connection = client.get_multiplexed_async_connection().await.expect("connected");
    let loading = redis::cmd("SCRIPT").arg("LOAD").arg(SCRIPT).to_owned();
    let script: String = loading.query_async(&mut connection).await.expect("loaded");
    let bare = Bare { connection, script: script.into() };
    Router::new().route("/{number}", get(call)).with_state(bare)
}

async fn call(State(mut bare): State<Bare>, Path(number): Path<u64>) -> String {
    let (code, seen) = scan(number);
    let packed = [&code.payload[..], &code.number.to_be_bytes(), &seen.to_bytes()].concat();
    let mut call = redis::cmd("EVALSHA");
    call.arg(&*bare.script).arg(1).arg(format!("zm:{{{:02x}}}:log", number % TAGS));
    call.arg(LOG_ENTRIES_MAX).arg(LAYOUT).arg(packed);
    let answer: Vec<u8> = call.query_async(&mut bare.connection).await.expect("recorded");
    format!("{}\n", answer.len())
}
