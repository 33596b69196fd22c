//! Histories and unfollowed log of an embedded scan state, put into an empty
//! Redis and compared there.

use futures::{StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};

use super::BackupError;
use crate::code::Payload;
use crate::media::Sha256Hex;
use crate::registry::port::RegistryLedger;
use crate::registry::{Placement, Register};
use crate::scan::ledger::ScanLedger as _;
use crate::scan::{CodeId, Cursor, History, LogId, ScanState, StateError};
use crate::store::frozen::FrozenScans;
use crate::store::redis::RedisState;
use crate::store::sql::Ledger;

/// Histories, and entries of the log, that are read at once.
const AT_ONCE: usize = 5_000;
/// Entries of the log on their way at once.
const UNDER_WAY: usize = 256;

/// What was moved, and the same read back.
#[derive(Clone, Debug)]
pub struct Moved {
    pub histories: u64,
    /// SHA-256 over code and history of all, in the order of codes; equal on both sides.
    pub sha256: String,
    /// Scans of the log that the ledger lacks.
    pub log_entries: u64,
    /// Histories of codes that the register does not know, which no scan asks for.
    pub not_issued: u64,
    /// Histories that could not be read before and cannot be read now: their labels are
    /// not confirmed.
    pub unreadable: u64,
}

pub(super) fn told(error: StateError) -> BackupError {
    BackupError::Refused(error.to_string())
}

/// The Redis at `url`, which is empty, or was not filled to its end. Nothing is written.
///
/// # Errors
/// When it cannot be reached, or has scans or keys of others.
pub async fn empty(url: &str) -> Result<RedisState, BackupError> {
    let redis = RedisState::reach_to_fill(url).await.map_err(told)?;
    if redis.holds_scans().await.map_err(told)? {
        return Err(BackupError::Refused(
            "the Redis that is named holds scans already: put its file aside as deploy/README.md \
             says, or name another Redis; a restore or move that did not end is run again as it \
             was, and needs neither"
                .into(),
        ));
    }
    match redis.keys_of_others().await.map_err(told)? {
        0 => Ok(redis),
        others => Err(BackupError::Refused(format!(
            "the Redis that is named has keys of others ({others}): whoever empties it for them \
             empties the histories; give zhenma a Redis of its own"
        ))),
    }
}

/// Begins to fill what is empty, and gives its logs. Nobody else may use it before [`end`].
///
/// # Errors
/// When it cannot be reached.
pub async fn begin(redis: &RedisState) -> Result<Vec<LogId>, BackupError> {
    redis.begin_filling().await.map_err(told)?;
    let mut logs = Vec::new();
    for shard in 0..redis.shards() {
        logs.push(redis.identity(shard).await.map_err(told)?);
    }
    Ok(logs)
}

/// Lets everybody use what was filled.
///
/// # Errors
/// When it cannot be reached; it is refused then as before.
pub async fn end(redis: &RedisState) -> Result<(), BackupError> {
    redis.end_filling().await.map_err(told)
}

/// The log first, since a scan that is in its history already goes to no log.
///
/// # Errors
/// Of any of the stores, and when what is read back differs.
pub async fn fill(
    redis: &RedisState,
    scans: &FrozenScans,
    ledger: &Ledger,
) -> Result<Moved, BackupError> {
    let followed = ledger.cursor(scans.identity()?).await?;
    let register = Register::default().apply(ledger.changes(0).await?.unwrap_or_default());
    let log_entries = log_of(redis, scans, followed.unwrap_or_default()).await?;
    let mut moved =
        Moved { histories: 0, sha256: String::new(), log_entries, not_issued: 0, unreadable: 0 };
    let (mut here, mut there) = (Sha256::new(), Sha256::new());
    let mut after = None;
    loop {
        let some = scans.histories(after, AT_ONCE)?;
        let Some((last, _)) = some.last() else { break };
        after = Some(*last);
        let known: Vec<(CodeId, Vec<u8>)> = some
            .into_iter()
            .filter_map(|(payload, bytes)| {
                let number = number_of(&register, payload);
                moved.not_issued += u64::from(number.is_none());
                Some((CodeId { payload, number: number? }, bytes))
            })
            .collect();
        redis.put(&known).await.map_err(told)?;
        let codes: Vec<CodeId> = known.iter().map(|(code, _)| *code).collect();
        let back = redis.peek_all(&codes).await;
        for ((code, bytes), back) in known.iter().zip(back) {
            moved.histories += 1;
            if History::from_bytes(bytes).is_err() && matches!(back, Err(StateError::Corrupt(_))) {
                moved.unreadable += 1;
                continue;
            }
            here.update(code.payload);
            here.update(bytes);
            there.update(code.payload);
            there.update(back.map_err(told)?.to_bytes());
        }
    }
    let (here, there): ([u8; 32], [u8; 32]) = (here.finalize().into(), there.finalize().into());
    if here != there {
        return Err(BackupError::Refused(
            "what Redis has differs from what was put there: was something else writing to it? \
             Stop that, and run this again"
                .into(),
        ));
    }
    moved.sha256 = Sha256Hex::from_bytes(here).to_string();
    Ok(moved)
}

async fn log_of(
    redis: &RedisState,
    scans: &FrozenScans,
    mut after: Cursor,
) -> Result<u64, BackupError> {
    let mut count = 0;
    loop {
        let some = scans.entries(after, AT_ONCE)?;
        let Some(last) = some.last() else { return Ok(count) };
        after = last.cursor;
        count += some.len() as u64;
        // Polled in their order, so that each code's scans keep theirs.
        stream::iter(some)
            .map(|entry| redis.record(entry.code, entry.seen))
            .buffered(UNDER_WAY)
            .try_for_each(|_| std::future::ready(Ok(())))
            .await
            .map_err(told)?;
    }
}

fn number_of(register: &Register, payload: [u8; 12]) -> Option<u64> {
    match register.place(&Payload::from_bytes(payload).ok()?) {
        Placement::Issued { number, .. } => Some(number),
        Placement::NotIssued => None,
    }
}
