//! The promises of `scan::port`, one function each.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::future::{BoxFuture, join_all};
use zhenma::base::UnixMs;
use zhenma::base::limits::HISTORY_OBSERVATIONS_MAX;
use zhenma::registry::Findings;
use zhenma::scan::across::Across;
use zhenma::scan::history::Folded;
use zhenma::scan::judge::{Policy, Seen};
use zhenma::scan::port::{Durability, Vitals};
use zhenma::scan::replay::{Replay, answer};
use zhenma::scan::{
    CodeId, Cursor, Entry, History, LogId, Observation, Recorded, ScanState, StateError,
};
use zhenma::store::Bounds;

use super::bed::{Bed, Dice, code, embedded, scan, whole_log};

/// Small, so that a test reaches the bound of the log.
/// No promise is about time: a slow disk makes these tests slow and nothing else.
pub const BOUNDS: Bounds =
    Bounds { log_entries_max: 2_000, queue_max: 8_192, lock_wait: Duration::from_secs(60) };

pub async fn a_code_never_scanned_has_an_empty_history(bed: &Bed) {
    assert_eq!(bed.state.peek(code(1)).await, Ok(History::default()));
    bed.state.record(code(2), scan(1)).await.expect("recorded");
    assert_eq!(bed.state.peek(code(1)).await, Ok(History::default()), "a neighbour's scan");
}

pub async fn scans_of_one_code_at_one_instant_are_ordered(bed: &Bed) {
    let mut tasks = Vec::new();
    for n in 0..HISTORY_OBSERVATIONS_MAX as u64 {
        let state = bed.state.clone();
        tasks.push(tokio::spawn(async move { state.record(code(9), scan(n)).await }));
    }
    let mut all: Vec<Recorded> =
        join_all(tasks).await.into_iter().map(|r| r.expect("ran").expect("recorded")).collect();
    all.sort_by_key(|r| r.position);
    let whole = bed.state.peek(code(9)).await.expect("read");
    assert_eq!(whole.observations.len(), HISTORY_OBSERVATIONS_MAX);
    for (n, recorded) in all.iter().enumerate() {
        assert_eq!(recorded.position, n, "every place is taken once");
        assert_eq!(recorded.history.observations, whole.observations[..=n], "sees all before it");
    }
    let logged: Vec<_> = whole_log(&*bed.state).await.into_iter().map(|e| e.seen).collect();
    assert_eq!(logged, whole.observations, "the log has the same order");
}

pub async fn the_same_scan_again_adds_nothing_and_keeps_its_place(bed: &Bed) {
    for n in 0..20 {
        let first = bed.state.record(code(3), scan(n)).await.expect("recorded");
        assert!(!first.repeated);
        // After every scan, so on the way from the short form to the long.
        for earlier in 0..=n {
            let mut again = scan(earlier);
            again.at = again.at.plus_ms(60_000);
            let again = bed.state.record(code(3), again).await.expect("recorded");
            assert!(again.repeated);
            assert_eq!(again.position as u64, earlier);
            assert_eq!(again.history, first.history, "the first one's instant stays");
        }
    }
    assert_eq!(whole_log(&*bed.state).await.len(), 20);
}

pub async fn the_same_scan_at_the_same_instant_counts_once(bed: &Bed) {
    for round in 0..5 {
        let calls = (0..32).map(|_| {
            let state = bed.state.clone();
            tokio::spawn(async move { state.record(code(4), scan(round)).await })
        });
        let all = join_all(calls).await;
        let all = all.into_iter().map(|r| r.expect("ran").expect("recorded"));
        let fresh = all.filter(|r| !r.repeated).count();
        assert_eq!(fresh, 1, "one of them was first");
    }
    assert_eq!(bed.state.peek(code(4)).await.expect("read").count(), 5);
    assert_eq!(whole_log(&*bed.state).await.len(), 5);
}

pub async fn a_repeat_is_known_until_64_others_came(bed: &Bed) {
    let max = HISTORY_OBSERVATIONS_MAX as u64;
    for n in 0..max {
        bed.state.record(code(5), scan(n)).await.expect("recorded");
    }
    for n in 0..max {
        let again = bed.state.record(code(5), scan(n)).await.expect("recorded");
        assert!(again.repeated && again.position as u64 == n, "scan {n} is known");
    }
    for n in max..max + 10 {
        let more = bed.state.record(code(5), scan(n)).await.expect("recorded");
        assert_eq!(more.history.count(), n + 1);
        assert_eq!(more.history.observations.len() as u64, max);
        assert_eq!(more.history.observations[0], scan(0), "the first stays");
        assert!(more.history.to_bytes().len() <= History::BYTES_MAX);
        let again = bed.state.record(code(5), scan(0)).await.expect("recorded");
        assert!(again.repeated && again.position == 0);
    }
}

pub async fn histories_equal_those_folded_in_memory(bed: &Bed) {
    let seed = 20_261_124;
    eprintln!("seed {seed}");
    let codes: Vec<CodeId> =
        [0, 1, 254, 255, 256, 511, 77_000, 99_999_999].into_iter().map(code).collect();
    let streams = codes.into_iter().enumerate().map(|(n, code)| {
        let state = bed.state.clone();
        tokio::spawn(async move { one_stream(&*state, code, Dice(seed + n as u64)).await })
    });
    let expected: HashMap<CodeId, Vec<Observation>> =
        join_all(streams).await.into_iter().map(|r| r.expect("equal")).collect();
    let mut logged: HashMap<CodeId, Vec<Observation>> = HashMap::new();
    for entry in whole_log(&*bed.state).await {
        logged.entry(entry.code).or_default().push(entry.seen);
    }
    assert_eq!(logged, expected);
}

pub async fn a_recorded_stream_has_the_verdicts_of_replay(bed: &Bed) {
    let policy = Policy::shipped();
    let mut replay = Replay::new(crate::replay::recording(), policy.clone(), false);
    let mut recording = crate::replay::recording();
    // The worker, stepped after every scan.
    let (mut across, mut accused) = (Across::default(), HashMap::new());
    let mut suspect = 0;
    for line in crate::replay::stream(20_261_127, 1_200) {
        let expected = replay.line(&line).expect("a line");
        let scan = recording.read(&line).expect("a line");
        let issued = scan.issued.clone();
        let history = match (&issued, scan.seen) {
            (None, _) => None,
            (Some(issued), None) => {
                Some((bed.state.peek(issued.id).await.expect("read"), None, false))
            }
            (Some(issued), Some(seen)) => {
                let recorded = bed.state.record(issued.id, seen).await.expect("recorded");
                Some((recorded.history, Some(recorded.position), !recorded.repeated))
            }
        };
        let seen = history.as_ref().zip(issued.as_ref()).map(|((history, own, new), issued)| {
            Seen::new(history, *own, *new, Findings::NONE, |walk, noted| {
                across.around(&issued.label, walk, noted)
            })
        });
        let (at, id) = (scan.at, issued.as_ref().map(|issued| issued.id));
        let since = id.and_then(|id| accused.get(&id).copied());
        assert_eq!(answer(scan, seen, since, &policy), expected, "{line}");
        if let (Some((history, Some(own), true)), Some(issued)) = (&history, &issued) {
            across.note_scan(&issued.label, history, *own);
        }
        if let Some(id) = id.filter(|_| expected.verdict == "suspect") {
            accused.entry(id).or_insert(at);
        }
        suspect += u32::from(expected.verdict == "suspect");
    }
    assert!(suspect > 0, "the stream has verdicts of every kind");
}

/// One code's scans, some of them again; gives what must be in the log.
async fn one_stream(
    state: &dyn ScanState,
    code: CodeId,
    mut dice: Dice,
) -> (CodeId, Vec<Observation>) {
    let mut model = History::default();
    let mut fresh: Vec<Observation> = Vec::new();
    for step in 0..dice.roll(40) + 120 {
        let again = !fresh.is_empty() && dice.roll(4) == 0;
        let mut seen = dice.scan();
        if again {
            let at = dice.roll(fresh.len() as u64);
            seen.scan = fresh[usize::try_from(at).expect("small")].scan;
        }
        let Folded { position, repeated } = model.fold(seen);
        if !repeated {
            fresh.push(seen);
        }
        let got = state.record(code, seen).await.expect("recorded");
        let same = got.history.to_bytes() == model.to_bytes();
        assert!(same, "label {}: the history differs after step {step}", code.number);
        assert_eq!((got.position, got.repeated), (position, repeated));
        if dice.roll(8) == 0 {
            assert!(state.peek(code).await.expect("read").to_bytes() == model.to_bytes());
        }
    }
    assert!(state.peek(code).await.expect("read").to_bytes() == model.to_bytes());
    (code, fresh)
}

pub async fn the_log_has_every_scan_once_and_in_order(bed: &Bed) {
    let calls = (0..400_u64).map(|n| {
        let state = bed.state.clone();
        tokio::spawn(async move { state.record(code(n % 40 * 100), scan(n)).await })
    });
    for done in join_all(calls).await {
        done.expect("ran").expect("recorded");
    }
    let mut logged: HashMap<CodeId, Vec<Observation>> = HashMap::new();
    for entry in whole_log(&*bed.state).await {
        logged.entry(entry.code).or_default().push(entry.seen);
    }
    assert_eq!(logged.values().map(Vec::len).sum::<usize>(), 400);
    for n in 0..40 {
        let history = bed.state.peek(code(n * 100)).await.expect("read");
        assert_eq!(logged[&code(n * 100)], history.observations);
    }
}

pub async fn trim_forgets_only_what_was_followed(bed: &Bed) {
    let state = &*bed.state;
    for n in 0..10 {
        state.record(code(6), scan(n)).await.expect("recorded");
    }
    let log = whole_log(state).await;
    let shard = shard_of(state).await;
    state.trim(shard, log[3].cursor).await.expect("trimmed");
    assert_eq!(whole_log(state).await, log[4..], "the rest, at the same places");
    state.trim(shard, log[3].cursor).await.expect("trimmed again");
    state.trim(shard, Cursor::START).await.expect("nothing to trim");
    assert_eq!(whole_log(state).await, log[4..]);
    let two = state.follow(shard, log[4].cursor, 2).await.expect("read");
    assert_eq!(two, log[5..7]);

    let last = log[9].cursor;
    state.trim(shard, last).await.expect("trimmed");
    assert_eq!(state.follow(shard, Cursor::START, 10).await, Ok(vec![]));
    assert_eq!(state.peek(code(6)).await.expect("read").count(), 10, "histories stay");
    state.record(code(6), scan(11)).await.expect("recorded");
    let next = state.follow(shard, last, 10).await.expect("read");
    assert_eq!(next.len(), 1, "a reader's old cursor finds what came after the trim");
}

/// The shard that holds the only code scanned so far.
async fn shard_of(state: &dyn ScanState) -> u16 {
    for shard in 0..state.shards() {
        if !state.follow(shard, Cursor::START, 1).await.expect("read").is_empty() {
            return shard;
        }
    }
    panic!("no shard has an entry")
}

pub async fn a_full_log_refuses_new_scans_and_never_a_repeat(bed: &Bed) {
    let state = &*bed.state;
    let bound = BOUNDS.log_entries_max;
    let codes = |n: u64| code(n % 256);
    let calls = (0..bound).map(|n| state.record(codes(n), scan(n)));
    for done in join_all(calls).await {
        done.expect("there is room");
    }
    let before = state.peek(codes(0)).await;
    for _ in 0..3 {
        let refused = state.record(codes(0), scan(bound)).await;
        assert!(matches!(refused, Err(StateError::LogFull(_))), "{refused:?}");
    }
    assert_eq!(state.peek(codes(0)).await, before, "a refused scan is not in the history");
    assert_eq!(whole_log(state).await.len() as u64, bound);
    assert!(state.record(codes(7), scan(7)).await.expect("a repeat is answered").repeated);

    let shard = shard_of(state).await;
    let some = state.follow(shard, Cursor::START, 3).await.expect("read");
    state.trim(shard, some[2].cursor).await.expect("trimmed");
    for n in 0..3 {
        state.record(codes(n), scan(bound + n)).await.expect("there is room again");
    }
    let refused = state.record(codes(0), scan(bound + 4)).await;
    assert_eq!(refused, Err(StateError::LogFull(shard)));
}

/// A store whose calls fail: every third is not applied, every next one is
/// applied and reported failed.
struct Faulty {
    inner: Arc<dyn ScanState>,
    calls: AtomicU32,
}

impl ScanState for Faulty {
    fn record(
        &self,
        code: CodeId,
        seen: Observation,
    ) -> BoxFuture<'_, Result<Recorded, StateError>> {
        let failed = || Err(StateError::Unavailable("a fault of the test".into()));
        Box::pin(async move {
            match self.calls.fetch_add(1, Ordering::Relaxed) % 3 {
                0 => failed(),
                1 => self.inner.record(code, seen).await.and_then(|_| failed()),
                _ => self.inner.record(code, seen).await,
            }
        })
    }

    fn peek(&self, code: CodeId) -> BoxFuture<'_, Result<History, StateError>> {
        self.inner.peek(code)
    }

    fn shards(&self) -> u16 {
        self.inner.shards()
    }

    fn identity(&self, shard: u16) -> BoxFuture<'_, Result<LogId, StateError>> {
        self.inner.identity(shard)
    }

    fn renew(&self, shard: u16, old: LogId) -> BoxFuture<'_, Result<LogId, StateError>> {
        self.inner.renew(shard, old)
    }

    fn newest(&self, shard: u16) -> BoxFuture<'_, Result<Cursor, StateError>> {
        self.inner.newest(shard)
    }

    fn follow(
        &self,
        shard: u16,
        after: Cursor,
        max: usize,
    ) -> BoxFuture<'_, Result<Vec<Entry>, StateError>> {
        self.inner.follow(shard, after, max)
    }

    fn trim(&self, shard: u16, through: Cursor) -> BoxFuture<'_, Result<(), StateError>> {
        self.inner.trim(shard, through)
    }

    fn vitals(&self, now: UnixMs) -> BoxFuture<'_, Result<Vitals, StateError>> {
        self.inner.vitals(now)
    }

    fn durability(&self) -> BoxFuture<'_, Result<Durability, StateError>> {
        self.inner.durability()
    }
}

pub async fn a_call_that_failed_is_safe_to_make_again(bed: &Bed) {
    let faulty = Faulty { inner: bed.state.clone(), calls: AtomicU32::new(0) };
    let mut reported_failed = 0;
    for n in 0..30 {
        let recorded = loop {
            match faulty.record(code(8), scan(n)).await {
                Ok(recorded) => break recorded,
                Err(_) => reported_failed += 1,
            }
        };
        assert_eq!(recorded.history.count(), n + 1);
        assert_eq!(recorded.position as u64, n);
    }
    assert!(reported_failed >= 30, "only {reported_failed} faults");
    assert_eq!(whole_log(&faulty).await.len(), 30);
}

pub async fn acknowledged_scans_are_there_when_opened_again(bed: &Bed) {
    for n in 0..100 {
        bed.state.record(code(n * 50), scan(n)).await.expect("recorded");
    }
    let log = whole_log(&*bed.state).await;
    let later = bed.another().await;
    assert_eq!(whole_log(&*later).await, log);
    for n in 0..100 {
        assert!(later.record(code(n * 50), scan(n)).await.expect("recorded").repeated);
    }
    assert_eq!(later.shards(), bed.state.shards());
}

/// What `ask` gives for every shard.
async fn of_all<T>(
    state: &dyn ScanState,
    ask: impl AsyncFn(u16) -> Result<T, StateError>,
) -> Vec<T> {
    let mut all = Vec::new();
    for shard in 0..state.shards() {
        all.push(ask(shard).await.expect("answered"));
    }
    all
}

pub async fn a_log_keeps_its_identity_until_it_is_renewed_once(bed: &Bed) {
    let state = &*bed.state;
    let ids = of_all(state, |shard| state.identity(shard)).await;
    let different: HashSet<LogId> = ids.iter().copied().collect();
    assert_eq!(different.len(), ids.len(), "each shard has its own");
    let elsewhere = embedded(BOUNDS).await.expect("needs nothing");
    assert!(!ids.contains(&elsewhere.state.identity(0).await.expect("known")), "another store");
    state.record(code(1), scan(1)).await.expect("recorded");
    let another = bed.another().await;
    assert_eq!(of_all(&*another, |shard| another.identity(shard)).await, ids, "opened again");

    let last = state.shards() - 1;
    let old = ids[usize::from(last)];
    let new = state.renew(last, old).await.expect("renewed");
    assert!(!ids.contains(&new));
    assert_eq!(another.renew(last, old).await, Ok(new), "who comes second is told");
    assert_eq!(another.identity(last).await, Ok(new));
    assert_eq!(whole_log(state).await.len(), 1, "the log is as it was");
    let others = of_all(state, |shard| state.identity(shard)).await;
    assert_eq!(others[..usize::from(last)], ids[..usize::from(last)]);
}

pub async fn the_newest_position_outlives_a_trim(bed: &Bed) {
    let state = &*bed.state;
    let newest = of_all(state, |shard| state.newest(shard)).await;
    assert!(newest.iter().all(|cursor| *cursor == Cursor::START), "{newest:?}");
    for n in 0..5 {
        state.record(code(6), scan(n)).await.expect("recorded");
    }
    let (shard, last) = (shard_of(state).await, whole_log(state).await[4].cursor);
    assert_eq!(state.newest(shard).await, Ok(last));
    state.trim(shard, last).await.expect("trimmed");
    assert_eq!(state.newest(shard).await, Ok(last));
    assert_eq!(bed.another().await.newest(shard).await, Ok(last), "opened again");
}

pub async fn another_process_follows_and_trims(bed: &Bed) {
    let worker = bed.another().await;
    let recording = async {
        for n in 0..300 {
            bed.state.record(code(n), scan(n)).await.expect("recorded beside the worker");
        }
    };
    let following = async {
        let mut seen = Vec::new();
        while seen.len() < 300 {
            for shard in 0..worker.shards() {
                let some = worker.follow(shard, Cursor::START, 20).await.expect("followed");
                if let Some(last) = some.last() {
                    worker.trim(shard, last.cursor).await.expect("trimmed");
                }
                seen.extend(some.into_iter().map(|e| e.code.number));
            }
        }
        seen
    };
    let ((), mut seen) = tokio::join!(recording, following);
    seen.sort_unstable();
    assert_eq!(seen, (0..300).collect::<Vec<_>>(), "each scan reached the worker once");
}

pub async fn looks_at_many_are_the_looks_at_each(bed: &Bed) {
    let state = &*bed.state;
    // Never scanned, once, twice, and more often than fits beside neighbours; of
    // several blocks, and so of several shards where there are any.
    let codes: Vec<CodeId> = (0..40).map(|n| code(n * 100)).collect();
    for (times, code) in (0..).zip(&codes) {
        for n in 0..times % 5 {
            state.record(*code, scan(times * 10 + n)).await.expect("recorded");
        }
    }
    let together = state.peek_all(&codes).await;
    assert_eq!(together.len(), codes.len());
    for (code, history) in codes.iter().zip(together) {
        assert_eq!(history, state.peek(*code).await);
    }
    assert_eq!(state.peek_all(&[]).await, []);
}

pub async fn durability_is_said_in_words(bed: &Bed) {
    let durability = bed.state.durability().await.expect("asked");
    assert!(durability.is_full(), "the tests' stores sync before they answer: {durability:?}");
    assert!(durability.says.split(' ').count() > 5, "{}", durability.says);
}
