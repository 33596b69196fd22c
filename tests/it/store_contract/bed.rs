//! A store of its own for each test, and scans to put into it.

use std::any::Any;
use std::sync::Arc;

use futures::future::BoxFuture;
use zhenma::base::UnixMs;
use zhenma::scan::{
    Channel, CodeId, Cursor, Entry, Marks, Observation, Place, ScanState, Spot, StateError, Tag48,
};
use zhenma::store::Bounds;
use zhenma::store::embedded::EmbeddedState;
use zhenma::store::redis::RedisState;

use crate::redis_server::{RedisCluster, RedisServer};

type Opened = BoxFuture<'static, Result<Arc<dyn ScanState>, StateError>>;

/// A store of one test, alone.
pub struct Bed {
    pub state: Arc<dyn ScanState>,
    open: Box<dyn Fn() -> Opened + Send + Sync>,
    /// Removed, or stopped, with the bed.
    _keep: Box<dyn Any + Send + Sync>,
}

impl Bed {
    async fn new(
        open: impl Fn() -> Opened + Send + Sync + 'static,
        keep: impl Any + Send + Sync,
    ) -> Self {
        let state = open().await.expect("a fresh store opens");
        Self { state, open: Box::new(open), _keep: Box::new(keep) }
    }

    /// Another handle on the same store, as another process would have.
    pub async fn another(&self) -> Arc<dyn ScanState> {
        (self.open)().await.expect("the store opens again")
    }
}

pub async fn embedded(bounds: Bounds) -> Option<Bed> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("scans.sqlite");
    let open = move || -> Opened {
        let path = path.clone();
        Box::pin(async move {
            Ok(Arc::new(EmbeddedState::open_bounded(&path, bounds)?) as Arc<dyn ScanState>)
        })
    };
    Some(Bed::new(open, folder).await)
}

pub async fn redis_single(bounds: Bounds) -> Option<Bed> {
    let server = RedisServer::start()?;
    let url = server.url();
    Some(Bed::new(move || open_redis(url.clone(), bounds), server).await)
}

pub async fn redis_cluster(bounds: Bounds) -> Option<Bed> {
    let cluster = RedisCluster::start()?;
    let url = cluster.url();
    Some(Bed::new(move || open_redis(url.clone(), bounds), cluster).await)
}

fn open_redis(url: String, bounds: Bounds) -> Opened {
    Box::pin(async move {
        Ok(Arc::new(RedisState::open_bounded(&url, bounds).await?) as Arc<dyn ScanState>)
    })
}

/// The label with this running number in a batch of the tests.
pub fn code(number: u64) -> CodeId {
    let mut payload = [0x10, 0, 0, 1, 0, 0, 7, 0, 0, 0, 0, 0];
    let serial = number.wrapping_mul(0x9e37_79b1_85eb_ca87) & 0xff_ffff_ffff;
    payload[7..].copy_from_slice(&serial.to_be_bytes()[3..]);
    CodeId { payload, number }
}

/// A consumer's scan, told from others by its number.
pub fn scan(n: u64) -> Observation {
    Observation {
        at: UnixMs(1_790_000_000_000 + i64::try_from(n).expect("a small number")),
        device: Tag48::new(n * 7),
        network: 0x0a00_0000,
        place: Place(4101),
        spot: None,
        channel: Channel::Consumer,
        marks: Marks::default(),
        scan: Tag48::new(0x5ca0_0000_0000 + n),
    }
}

/// Splitmix64: the same stream from the same seed.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }

    /// Any scan at all: every channel, place and mark, times out of order.
    pub fn scan(&mut self) -> Observation {
        #[allow(clippy::cast_possible_truncation, reason = "rolled below")]
        Observation {
            at: UnixMs(self.roll(1 << 47).cast_signed()),
            device: Tag48::new(self.roll(u64::MAX)),
            network: self.roll(1 << 32) as u32,
            place: [Place::UNKNOWN, Place::ABROAD, Place(self.roll(1 << 16) as u16)]
                [self.roll(3) as usize],
            spot: (self.roll(2) == 0).then(|| Spot::new(33.9, 115.4, 20.0)).flatten(),
            channel: Channel::from_bits(self.roll(4) as u8),
            marks: Marks::from_bits(self.roll(256) as u8),
            scan: Tag48::new(self.roll(u64::MAX)),
        }
    }
}

/// The whole log of every shard, in each shard's order.
pub async fn whole_log(state: &dyn ScanState) -> Vec<Entry> {
    let mut all = Vec::new();
    for shard in 0..state.shards() {
        let mut after = Cursor::START;
        loop {
            // Few at a time, so that following on is tried too.
            let some = state.follow(shard, after, 50).await.expect("the log can be read");
            let Some(last) = some.last() else { break };
            assert!(some.iter().all(|e| e.cursor > after), "entries behind the cursor only");
            assert!(some.is_sorted_by(|a, b| a.cursor < b.cursor), "cursors rise");
            after = last.cursor;
            all.extend(some);
        }
    }
    all
}
