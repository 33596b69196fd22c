//! Made-up scans, and writers that record them, for the benches of stores.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, join_all};
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use zhenma::base::UnixMs;
use zhenma::scan::{Channel, CodeId, Cursor, Marks, Observation, Place, ScanState, Tag48};

use crate::redis_server::RedisServer;

/// The `n`th scan of a bench: its phone, and its scan id, are its own.
pub fn observation(n: u64) -> Observation {
    Observation {
        at: UnixMs(1_790_000_000_000 + n.cast_signed()),
        device: Tag48::new(mix(n)),
        network: 0x0a00_0000,
        place: Place(4101),
        spot: None,
        channel: Channel::Consumer,
        marks: Marks::default(),
        scan: Tag48::new(mix(n) >> 7),
    }
}

/// The label with this running number in a batch; neighbours in the batch have
/// serials that are none.
pub fn label(batch: u32, number: u64) -> CodeId {
    let mut payload = [0x10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    payload[4..7].copy_from_slice(&batch.to_be_bytes()[1..]);
    let serial = number.wrapping_mul(0x9e37_79b1_85eb_ca87) & 0xff_ffff_ffff;
    payload[7..].copy_from_slice(&serial.to_be_bytes()[3..]);
    CodeId { payload, number }
}

/// Splitmix64's last step.
pub const fn mix(n: u64) -> u64 {
    let z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Does the piece of work with a number.
pub type Work = Arc<dyn Fn(u64) -> BoxFuture<'static, ()> + Send + Sync>;

/// When the writers of a run stop.
#[derive(Clone, Copy)]
pub enum Until {
    After(Duration),
    Done(u64),
}

/// What came of a run.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Run {
    pub rate: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// Microseconds of processor time a piece of work: of this process, which
    /// is store and writers, and of Redis where there is one.
    pub cpu_us: f64,
    pub redis_cpu_us: f64,
}

impl Run {
    /// Of each figure the median.
    pub fn median(runs: &[Self]) -> Self {
        let of = |what: fn(&Self) -> f64| median(runs.iter().map(what).collect());
        Self {
            rate: of(|r| r.rate),
            p50_ms: of(|r| r.p50_ms),
            p99_ms: of(|r| r.p99_ms),
            cpu_us: of(|r| r.cpu_us),
            redis_cpu_us: of(|r| r.redis_cpu_us),
        }
    }

    /// Processor time of both.
    pub fn all_cpu_us(&self) -> f64 {
        self.cpu_us + self.redis_cpu_us
    }
}

pub fn median(mut of: Vec<f64>) -> f64 {
    of.sort_unstable_by(f64::total_cmp);
    of.get(of.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Lets `writers` work, each on its next piece as soon as its last is done,
/// on the numbers from `first` on.
pub async fn run(
    writers: usize,
    until: Until,
    first: &AtomicU64,
    work: &Work,
    redis: Option<&RedisServer>,
) -> Run {
    let next = Arc::new(AtomicU64::new(first.load(Ordering::Relaxed)));
    let last = match until {
        Until::After(_) => u64::MAX,
        Until::Done(count) => next.load(Ordering::Relaxed) + count,
    };
    let (cpu, of_redis) = (cpu_us(), redis.map_or(0.0, redis_cpu_us));
    let start = Instant::now();
    let over = move || matches!(until, Until::After(time) if start.elapsed() >= time);
    let tasks = (0..writers).map(|_| {
        let (next, work) = (Arc::clone(&next), Arc::clone(work));
        tokio::spawn(async move {
            let mut took = Vec::new();
            while !over() {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= last {
                    break;
                }
                let begun = Instant::now();
                work(n).await;
                took.push(begun.elapsed());
            }
            took
        })
    });
    let done = join_all(tasks.collect::<Vec<_>>()).await;
    let seconds = start.elapsed().as_secs_f64();
    let cpu = cpu_us() - cpu;
    let of_redis = redis.map_or(0.0, redis_cpu_us) - of_redis;
    let mut took: Vec<Duration> = done.into_iter().flat_map(|t| t.expect("a writer")).collect();
    took.sort_unstable();
    first.store(next.load(Ordering::Relaxed).min(last), Ordering::Relaxed);
    let count = took.len() as f64;
    let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    Run {
        rate: count / seconds,
        p50_ms: at(50),
        p99_ms: at(99),
        cpu_us: cpu / count,
        redis_cpu_us: of_redis / count,
    }
}

/// Processor time of this process so far.
pub fn cpu_us() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}

fn redis_cpu_us(server: &RedisServer) -> f64 {
    let info: String = server.command("INFO cpu");
    let figure = |name: &str| number_after(&info, name);
    (figure("used_cpu_user:") + figure("used_cpu_sys:")) * 1e6
}

/// Bytes that Redis has allocated.
pub fn redis_bytes(server: &RedisServer) -> f64 {
    number_after(&server.command::<String>("INFO memory"), "used_memory:")
}

fn number_after(info: &str, name: &str) -> f64 {
    let line = info.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
    line.trim().parse().expect("a number")
}

/// Records the scan of a number; `of` says which code it is of.
pub fn recording(
    state: Arc<dyn ScanState>,
    of: impl Fn(u64) -> CodeId + Send + Sync + 'static,
) -> Work {
    Arc::new(move |n| {
        let (state, code) = (Arc::clone(&state), of(n));
        Box::pin(async move {
            state.record(code, observation(n)).await.expect("recorded");
        })
    })
}

/// What a worker would do with the log, without reading it.
pub async fn forget_logs(state: &dyn ScanState) {
    let everything = Cursor { major: u64::MAX, minor: 0 };
    for shard in 0..state.shards() {
        state.trim(shard, everything).await.expect("trimmed");
    }
}
