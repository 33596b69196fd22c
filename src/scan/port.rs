//! What the engine asks of the store that keeps histories and the log.
//!
//! Promises of every backend, tried by one contract suite
//! (`tests/it/store_contract.rs`):
//!
//! * **Atomic per code.** Two scans of one code at the same instant are
//!   ordered; each sees the other or is seen by it.
//! * **Idempotent.** The key is (payload, scan tag). A repeat adds nothing to
//!   history or log and gives the place of the first, unless
//!   `HISTORY_OBSERVATIONS_MAX` others came since.
//! * **Durable before answered.** What [`ScanState::record`] acknowledged
//!   survives the death of any process, as far as [`ScanState::durability`]
//!   says. History and log are written together or not at all.
//! * **Bounded.** A history never outgrows `History::BYTES_MAX`; a log that
//!   nobody follows refuses at `SCAN_LOG_ENTRIES_MAX` with
//!   [`StateError::LogFull`], and never refuses a repeat.
//! * **Each log has an identity.** Made at random when the log is first made
//!   or asked for, and kept with it. A position means something only together
//!   with it: a store made anew, or another one, begins its log anew. An older
//!   copy that was restored has its old identity and gives positions a second
//!   time: who finds that out calls [`ScanState::renew`]. One for each shard,
//!   since the servers of a cluster fail and are restored one by one.
//! * **Honest when down.** Errors, never a guess. A call that failed may have
//!   been applied: calling again with the same scan tag is always safe.
//!
//! Callers bound the wait (`SCAN_STATE_WAIT_MS`); backends recover by
//! themselves when their server comes back.

use futures::future::BoxFuture;
use futures::{StreamExt, stream};

use crate::base::UnixMs;
use crate::scan::{History, Observation};

/// A code as the store sees it: its payload, and the running number that
/// says with which neighbours it may share a place in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CodeId {
    pub payload: [u8; 12],
    pub number: u64,
}

/// What one recorded scan gives back.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The history with this scan in it.
    pub history: History,
    /// Index of this scan in `history.observations`.
    pub position: usize,
    /// The scan was there already; nothing was added.
    pub repeated: bool,
}

/// A place in one shard's log; ordered. `Cursor::START` is before everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    pub major: u64,
    pub minor: u64,
}

impl Cursor {
    pub const START: Self = Self { major: 0, minor: 0 };
}

/// Tells the log of one shard of one store from every other log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LogId(pub [u8; 16]);

/// One line of the durable log.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    pub cursor: Cursor,
    pub code: CodeId,
    pub seen: Observation,
}

/// What an acknowledged scan survives, in words for the start-up log and the
/// health page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Durability {
    /// On a disk before it is answered, and never deleted from it: outlives the death
    /// of a process and of the machine.
    pub synced: bool,
    /// Others follow behind, and the last acknowledged scans are lost where one of them
    /// takes its place.
    pub replicated: bool,
    pub says: String,
}

impl Durability {
    /// True when nothing acknowledged can be lost by either.
    pub fn is_full(&self) -> bool {
        self.synced && !self.replicated
    }
}

/// How a store is, for who watches it. `None` is what it has not or does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vitals {
    /// Entries of the log that nobody has followed yet, of all shards together.
    pub log_entries: u64,
    /// The same of the shard that has most: it refuses at `SCAN_LOG_ENTRIES_MAX`.
    pub log_entries_of_one: u64,
    /// When the oldest of them was seen.
    pub oldest: Option<UnixMs>,
    /// What it takes of the memory that it may take, bytes; of the server that has least left.
    pub memory: Option<Memory>,
    /// What its clock shows, of the server that is furthest from `now`.
    pub clock: Option<UnixMs>,
}

/// Bytes, of a store that keeps all in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    pub used: u64,
    /// 0 where nothing bounds it.
    pub max: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Unreachable, slow, refusing, read-only, out of memory, failing over.
    #[error("the scan state cannot be used now: {0}")]
    Unavailable(String),
    /// The log's reader is behind; see `SCAN_LOG_ENTRIES_MAX`.
    #[error("the log of shard {0} is full: is the worker running?")]
    LogFull(u16),
    /// Stored bytes are not what this version writes.
    #[error("stored state cannot be read: {0}")]
    Corrupt(String),
}

impl StateError {
    /// Its name in metrics.
    pub const fn slug(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::LogFull(_) => "log_full",
            Self::Corrupt(_) => "corrupt",
        }
    }
}

/// Looks under way at once, where a store has no better way of many.
const LOOKS_AT_ONCE: usize = 16;

pub trait ScanState: Send + Sync + 'static {
    /// Folds one scan into the code's history and appends it to the log.
    fn record(
        &self,
        code: CodeId,
        seen: Observation,
    ) -> BoxFuture<'_, Result<Recorded, StateError>>;

    /// The history as it is; empty when the code was never scanned.
    fn peek(&self, code: CodeId) -> BoxFuture<'_, Result<History, StateError>>;

    /// What [`ScanState::peek`] gives of each, in the order of the codes. Of
    /// one shard they cost a way to the store or two, however many they are.
    fn peek_all<'a>(
        &'a self,
        codes: &'a [CodeId],
    ) -> BoxFuture<'a, Vec<Result<History, StateError>>> {
        let looks = codes.iter().map(|code| self.peek(*code));
        Box::pin(stream::iter(looks).buffered(LOOKS_AT_ONCE).collect())
    }

    /// Number of shards of the log; fixed for the life of the store.
    fn shards(&self) -> u16;

    /// Which log this shard's is; made by the first call where there is none.
    fn identity(&self, shard: u16) -> BoxFuture<'_, Result<LogId, StateError>>;

    /// Gives the log of `shard` a new identity if it still has `old`, so that
    /// of several callers one does; answers the one that it has then.
    fn renew(&self, shard: u16, old: LogId) -> BoxFuture<'_, Result<LogId, StateError>>;

    /// The latest position that the log of `shard` ever gave, trimmed or not;
    /// `Cursor::START` before the first. Nothing followed lies beyond it,
    /// unless the store lost something.
    fn newest(&self, shard: u16) -> BoxFuture<'_, Result<Cursor, StateError>>;

    /// Up to `max` entries of `shard` behind `after`, oldest first.
    fn follow(
        &self,
        shard: u16,
        after: Cursor,
        max: usize,
    ) -> BoxFuture<'_, Result<Vec<Entry>, StateError>>;

    /// Forgets the log of `shard` up to and with `through`.
    fn trim(&self, shard: u16, through: Cursor) -> BoxFuture<'_, Result<(), StateError>>;

    /// How the store is at `now`, our clock.
    fn vitals(&self, now: UnixMs) -> BoxFuture<'_, Result<Vitals, StateError>>;

    /// Asks the store how durable its answers are; also the health probe.
    fn durability(&self) -> BoxFuture<'_, Result<Durability, StateError>>;
}
