//! What a verdict costs: the walk of a history, the model over its measures,
//! all of it, and the fold. `cargo bench --bench judge`

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use zhenma::base::UnixMs;
use zhenma::code::Outcome as Read;
use zhenma::registry::{Findings, Standing};
use zhenma::scan::across::{Around, Provinces};
use zhenma::scan::judge::{Check, Evidence, Policy, Seen, judge};
use zhenma::scan::walk::Walk;
use zhenma::scan::{Channel, History, Marks, Observation, Place, Tag48};

struct Counting;

static ALLOCATED: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
#[allow(unsafe_code, reason = "an allocator that counts")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static GLOBAL: Counting = Counting;

fn observation(n: u64) -> Observation {
    // Every third scan is by a phone that was there before.
    let phone = n - u64::from(n % 3 == 2);
    Observation {
        at: UnixMs(1_790_000_000_000 + n.cast_signed() * 40 * 3_600_000),
        device: Tag48::new(phone + 1),
        network: u32::try_from(phone + 1).expect("small"),
        place: Place(3101 + u16::try_from(phone % 12).expect("small") * 100),
        spot: None,
        channel: Channel::Consumer,
        marks: Marks::default(),
        scan: Tag48::new(n + 1),
    }
}

/// Nanoseconds and allocations of one call.
fn cost<T>(mut f: impl FnMut() -> T) -> (f64, f64) {
    const CALLS: u32 = 20_000;
    let mut best = f64::MAX;
    let before = ALLOCATED.load(Ordering::Relaxed);
    for _ in 0..7 {
        let begin = Instant::now();
        for _ in 0..CALLS {
            black_box(f());
        }
        best = best.min(begin.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS));
    }
    let allocated = ALLOCATED.load(Ordering::Relaxed) - before;
    #[allow(clippy::cast_precision_loss, reason = "a mean")]
    let each = allocated as f64 / (7.0 * f64::from(CALLS));
    (best, each)
}

fn main() {
    let policy = Policy::shipped();
    let mut homes = Provinces::default();
    homes.add(41);
    println!(
        "| scans | walk, ns | measures and model, ns | judge with its walks, ns | allocations | fold, ns |"
    );
    println!("|---|---|---|---|---|---|");
    for scans in [1, 2, 3, 6, 12, 26, 64, 200] {
        let mut history = History::default();
        for n in 0..scans {
            history.fold(observation(n));
        }
        let own = history.observations.len() - 1;
        let around = Around { homes, ..Around::default() };
        let (walk, _) = cost(|| Walk::of(&history, Findings::NONE));
        let seen = Seen::new(&history, Some(own), true, Findings::NONE, |_, _| around);
        let (model, _) = cost(|| policy.model.log_odds(&seen.measures()));
        let (all, allocations) = cost(|| {
            let evidence = Evidence {
                check: Check::Read(Read::Valid),
                standing: Some(&Standing::OnSale),
                case: false,
                foreign_host: None,
                seen: Some(Seen::new(&history, Some(own), true, Findings::NONE, |_, _| around)),
                findings: Findings::NONE,
                accused: None,
            };
            judge(&evidence, &policy)
        });
        let mut next = history.clone();
        let mut n = scans;
        let (fold, _) = cost(|| {
            n += 1;
            next.observations.truncate(own + 1);
            next.fold(observation(n))
        });
        println!("| {scans} | {walk:.0} | {model:.0} | {all:.0} | {allocations:.1} | {fold:.0} |");
    }
}
