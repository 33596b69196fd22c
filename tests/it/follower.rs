//! The worker that follows the log, on real files: nothing is left out when
//! the store behind it is another one or an older one, and what fails in one
//! place does not hold up the rest.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use jiff::tz::TimeZone;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use zhenma::app::follower::Follower;
use zhenma::base::{By, UnixMs};
use zhenma::cases::{CaseLedger, DecisionRecord, FlagState};
use zhenma::registry::Decision;
use zhenma::registry::port::RegistryLedger;
use zhenma::scan::across::Changes;
use zhenma::scan::ledger::ScanLedger;
use zhenma::scan::port::{Durability, Vitals};
use zhenma::scan::service::Scanner;
use zhenma::scan::{
    CodeId, Cursor, Entry, History, LogId, Observation, Place, Recorded, ScanState, StateError,
};
use zhenma::store::embedded::EmbeddedState;
use zhenma::store::redis::RedisState;
use zhenma::store::sql::Ledger;

use crate::http_bed::{self, code_id};
use crate::http_log::Paper;
use crate::ledger_bed;
use crate::redis_server::RedisServer;
use crate::store_contract::bed::{scan, whole_log};

const DEADLINE: Duration = Duration::from_secs(20);

/// A ledger in a folder of its own, and what a follower needs beside it.
pub struct Desk {
    folder: TempDir,
    pub ledger: Ledger,
    pub site: http_bed::Bed,
}

impl Desk {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = ledger_bed::open(&folder.path().join("ledger.sqlite"), UnixMs(0)).await;
        let site = http_bed::Bed::start().await;
        Self { folder, ledger: ledger.expect("opens"), site }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn open(&self, name: &str) -> Arc<dyn ScanState> {
        Arc::new(EmbeddedState::open(&self.path(name)).expect("opens"))
    }

    fn follow(&self, state: Arc<dyn ScanState>) -> Following {
        let scanner = Scanner { state, ..self.site.services.scanner.clone() };
        let clock = self.site.clock.clone();
        let follower = Follower::new(scanner, self.ledger.clone(), clock, TimeZone::UTC);
        let stop = CancellationToken::new();
        Following { task: tokio::spawn(follower.run(stop.clone())), stop }
    }

    /// Follows until the log is empty, then ends.
    pub async fn follow_all(&self, state: &Arc<dyn ScanState>) {
        let following = self.follow(state.clone());
        let deadline = Instant::now() + DEADLINE;
        while !whole_log(&**state).await.is_empty() {
            assert!(Instant::now() < deadline, "the log is never followed to its end");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        following.end().await;
    }

    /// Numbers of the scans of label 1 in the ledger, in its order.
    async fn rows(&self) -> Vec<u64> {
        let rows = self.ledger.scans_of(&code_id(1).payload, 1_000).await.expect("read");
        rows.iter().map(number_of).collect()
    }
}

struct Following {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Following {
    async fn end(self) {
        self.stop.cancel();
        self.task.await.expect("it ended well");
    }
}

fn number_of(seen: &Observation) -> u64 {
    seen.scan.get() - scan(0).scan.get()
}

/// Records these scans of label 1.
async fn record(state: &dyn ScanState, scans: std::ops::Range<u64>) {
    for n in scans {
        state.record(code_id(1), scan(n)).await.expect("recorded");
    }
}

/// Puts a copy in place of a closed store.
fn put_back(copy: &Path, store: &Path) {
    for beside in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{beside}", store.display()));
    }
    fs::copy(copy, store).expect("copied");
}

#[tokio::test]
async fn scans_after_an_older_copy_was_put_back_reach_the_ledger_once() {
    // Fewer than the copy lacks, so that the cursor lies beyond them all; and
    // more, so that it lies among them and row numbers are used again.
    for more in [2, 12] {
        let desk = Desk::new().await;
        let (path, copy) = (desk.path("scans.sqlite"), desk.path("copy"));
        let state = desk.open("scans.sqlite");
        record(&*state, 0..3).await;
        drop(state);
        // Its log holds scans that the ledger gets from the original.
        fs::copy(&path, &copy).expect("copied");
        let state = desk.open("scans.sqlite");
        record(&*state, 3..10).await;
        desk.follow_all(&state).await;
        let id = state.identity(0).await.expect("known");
        drop(state);

        put_back(&copy, &path);
        let state = desk.open("scans.sqlite");
        assert_eq!(state.identity(0).await, Ok(id), "a copy says that it is the original");
        record(&*state, 10..10 + more).await;
        desk.follow_all(&state).await;
        assert_eq!(desk.rows().await, (0..10 + more).collect::<Vec<_>>());
        assert_ne!(state.identity(0).await, Ok(id), "it is told apart from now on");

        record(&*state, 50..53).await;
        desk.follow_all(&state).await;
        assert_eq!(desk.rows().await.len() as u64, 13 + more);
    }
}

#[tokio::test]
async fn a_follower_that_died_before_the_trim_begins_nothing_again() {
    let desk = Desk::new().await;
    let state = desk.open("scans.sqlite");
    record(&*state, 0..5).await;
    let id = state.identity(0).await.expect("known");
    desk.ledger
        .append(id, &whole_log(&*state).await[..3], &Changes::default(), 0)
        .await
        .expect("written");
    desk.follow_all(&state).await;
    assert_eq!(desk.rows().await, [0, 1, 2, 3, 4]);
    assert_eq!(state.identity(0).await, Ok(id));
}

#[tokio::test]
async fn another_store_is_followed_from_its_beginning_and_the_former_one_goes_on() {
    let desk = Desk::new().await;
    let (one, two) = (desk.open("one.sqlite"), desk.open("two.sqlite"));
    record(&*one, 0..5).await;
    desk.follow_all(&one).await;
    record(&*two, 5..9).await;
    desk.follow_all(&two).await;
    record(&*one, 9..11).await;
    desk.follow_all(&one).await;
    assert_eq!(desk.rows().await, (0..11).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_emptied_redis_and_a_switch_to_a_file_leave_out_nothing() {
    let Some(redis) = RedisServer::start() else { return };
    let desk = Desk::new().await;
    let state = RedisState::open(&redis.url()).await.expect("opens");
    let state: Arc<dyn ScanState> = Arc::new(state);
    let following = desk.follow(state.clone());
    record(&*state, 0..3).await;
    desk.follow_all(&state).await;
    // Under a follower that has its place in mind.
    redis.command::<()>("FLUSHALL");
    record(&*state, 3..6).await;
    let deadline = Instant::now() + DEADLINE;
    while desk.rows().await.len() < 6 {
        assert!(Instant::now() < deadline, "never followed");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    following.end().await;
    let file = desk.open("scans.sqlite");
    record(&*file, 6..9).await;
    desk.follow_all(&file).await;
    assert_eq!(desk.rows().await, (0..9).collect::<Vec<_>>());
}

/// Three stores as the three shards of one. The first can be switched off,
/// and one history cannot be read.
struct Sharded {
    stores: Vec<Arc<dyn ScanState>>,
    down: AtomicBool,
    refused: AtomicU32,
    unreadable: CodeId,
}

impl Sharded {
    fn of(&self, shard: u16) -> &dyn ScanState {
        &*self.stores[usize::from(shard)]
    }

    fn shard_of(&self, code: CodeId) -> u16 {
        u16::try_from(code.number % self.stores.len() as u64).expect("few")
    }

    fn or<'a, T: Send + 'a>(&'a self, shard: u16, call: Call<'a, T>) -> Call<'a, T> {
        if shard == 0 && self.down.load(Ordering::SeqCst) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            let error = StateError::Unavailable("switched off".into());
            return Box::pin(std::future::ready(Err(error)));
        }
        call
    }
}

type Call<'a, T> = BoxFuture<'a, Result<T, StateError>>;

impl ScanState for Sharded {
    fn record(&self, code: CodeId, seen: Observation) -> Call<'_, Recorded> {
        self.of(self.shard_of(code)).record(code, seen)
    }

    fn peek(&self, code: CodeId) -> Call<'_, History> {
        if code == self.unreadable {
            return Box::pin(std::future::ready(Err(StateError::Corrupt("by the test".into()))));
        }
        self.of(self.shard_of(code)).peek(code)
    }

    fn shards(&self) -> u16 {
        u16::try_from(self.stores.len()).expect("few")
    }

    fn identity(&self, shard: u16) -> Call<'_, LogId> {
        self.or(shard, self.of(shard).identity(0))
    }

    fn renew(&self, shard: u16, old: LogId) -> Call<'_, LogId> {
        self.or(shard, self.of(shard).renew(0, old))
    }

    fn newest(&self, shard: u16) -> Call<'_, Cursor> {
        self.or(shard, self.of(shard).newest(0))
    }

    fn follow(&self, shard: u16, after: Cursor, max: usize) -> Call<'_, Vec<Entry>> {
        self.or(shard, self.of(shard).follow(0, after, max))
    }

    fn trim(&self, shard: u16, through: Cursor) -> Call<'_, ()> {
        self.or(shard, self.of(shard).trim(0, through))
    }

    fn vitals(&self, now: UnixMs) -> Call<'_, Vitals> {
        self.of(0).vitals(now)
    }

    fn durability(&self) -> Call<'_, Durability> {
        self.of(0).durability()
    }
}

#[tokio::test]
async fn one_dead_shard_and_one_unreadable_history_hold_up_nobody_else() {
    let desk = Desk::new().await;
    let stores = ["0.sqlite", "1.sqlite", "2.sqlite"].map(|name| desk.open(name));
    let (dead, unreadable, copied) = (code_id(300), code_id(301), code_id(304));
    let (down, refused) = (true.into(), AtomicU32::new(0));
    let state = Sharded { stores: stores.into(), down, refused, unreadable };
    let codes = [dead, unreadable, copied, code_id(302)];
    for (n, code) in (0..).zip(codes) {
        state.record(code, scan(n)).await.expect("recorded");
    }
    // Every three days another phone in another province.
    for (n, province) in (10..).zip([11, 12, 21, 31, 33, 42, 44, 51, 53, 65]) {
        let mut seen = scan(n);
        (seen.place, seen.network) = (Place(province * 100 + 1), 7_000 + u32::from(province));
        seen.at = seen.at.plus_ms(i64::try_from(n).expect("small") * 3 * 86_400_000);
        state.record(copied, seen).await.expect("recorded");
    }
    let state = Arc::new(state);
    let following = desk.follow(state.clone());
    let scans = |code: CodeId| {
        let ledger = desk.ledger.clone();
        async move { ledger.scans_of(&code.payload, 100).await.expect("read").len() }
    };
    let reach = async |codes: &[CodeId]| {
        let deadline = Instant::now() + DEADLINE;
        for code in codes {
            while scans(*code).await == 0 {
                assert!(Instant::now() < deadline, "label {} is held up", code.number);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    };
    reach(&codes[1..]).await;
    assert_eq!(scans(dead).await, 0);
    let flags = desk.ledger.flags(FlagState::Open, 10).await.expect("read");
    let flagged: Vec<_> = flags.iter().map(|flag| flag.payload).collect();
    assert_eq!(flagged, [copied.payload], "beside the unreadable one, in one block");
    state.down.store(false, Ordering::SeqCst);
    reach(&codes).await;
    following.end().await;
}

// One thread: the log is that thread's own.
#[tokio::test]
async fn what_cannot_be_followed_is_said_once_and_so_is_its_end() {
    let paper = Paper::default();
    // As in `http_log`.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let log = tracing_subscriber::fmt().with_ansi(false).with_writer(paper.clone()).finish();
    let _log = tracing::subscriber::set_default(log);
    let desk = Desk::new().await;
    let (down, refused) = (true.into(), AtomicU32::new(0));
    let stores = vec![desk.open("0.sqlite")];
    let state = Arc::new(Sharded { stores, down, refused, unreadable: code_id(301) });
    record(&*state, 0..1).await;
    let following = desk.follow(state.clone());
    let until = async |done: &dyn Fn() -> bool| {
        let deadline = Instant::now() + DEADLINE;
        while !done() {
            assert!(Instant::now() < deadline, "{}", paper.text());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    until(&|| state.refused.load(Ordering::SeqCst) >= 4).await;
    state.down.store(false, Ordering::SeqCst);
    until(&|| paper.text().contains("every log of scans is followed again")).await;
    following.end().await;
    let text = paper.text();
    assert_eq!(text.matches("not every log of scans can be followed now").count(), 1, "{text}");
    assert_eq!(text.matches("is followed again").count(), 1, "{text}");
    assert_eq!(desk.rows().await, [0]);
}

#[tokio::test]
async fn a_time_line_has_the_latest_scans_oldest_first() {
    let desk = Desk::new().await;
    let state = desk.open("scans.sqlite");
    record(&*state, 0..8).await;
    desk.follow_all(&state).await;
    let latest = desk.ledger.scans_of(&code_id(1).payload, 3).await.expect("read");
    assert_eq!(latest.iter().map(number_of).collect::<Vec<_>>(), [5, 6, 7]);
}

#[tokio::test]
async fn an_entry_where_another_scan_is_is_refused_and_never_dropped() {
    let desk = Desk::new().await;
    let (log, other) = (LogId([1; 16]), LogId([2; 16]));
    let entry =
        |n, major| Entry { cursor: Cursor { major, minor: 0 }, code: code_id(1), seen: scan(n) };
    desk.ledger.append(log, &[entry(1, 1)], &Changes::default(), 0).await.expect("written");
    desk.ledger
        .append(log, &[entry(1, 1)], &Changes::default(), 0)
        .await
        .expect("is there already");
    desk.ledger
        .append(other, &[entry(1, 9)], &Changes::default(), 0)
        .await
        .expect("is there already");
    desk.ledger
        .append(log, &[entry(2, 1)], &Changes::default(), 0)
        .await
        .expect_err("its place is taken");
    let missing = desk.ledger.missing(&[entry(1, 5), entry(2, 1)]).await.expect("read");
    assert_eq!(missing, [entry(2, 1)]);
    assert_eq!(desk.rows().await, [1]);
}

#[tokio::test]
async fn the_decision_made_last_stands_though_the_clock_went_back() {
    let desk = Desk::new().await;
    for (at, decision) in [(2_000_i64, Decision::Copied), (1_000, Decision::Genuine)] {
        let record = DecisionRecord {
            id: uuid::Uuid::from_u128(at.cast_unsigned().into()),
            payload: code_id(1).payload,
            decision,
            note: String::new(),
            decided_by: "test".to_owned(),
            decided_at: UnixMs(at),
        };
        desk.ledger.decide(&record, &By::shell(record.decided_at)).await.expect("decided");
    }
    let all = desk.ledger.changes(0).await.expect("read").expect("something");
    let order: Vec<_> = all.decisions.iter().map(|(_, decision, _)| *decision).collect();
    assert_eq!(order, [Decision::Copied, Decision::Genuine]);
}
