//! The scan state of a running Redis as a file of the embedded kind.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::BackupError;
use super::redis::told;
use crate::base::{Clock, UnixMs};
use crate::code::Payload;
use crate::registry::port::RegistryLedger;
use crate::registry::{BatchRef, Register};
use crate::scan::{Cursor, Entry, ScanState, StateError};
use crate::store::embedded::Build;
use crate::store::frozen::LiveLedger;
use crate::store::redis::{Found, RedisState, Walk};
use crate::store::sql::Ledger;

/// Between two renewals of the hold, of whose minute a slow page may take some.
const RENEW_EVERY: Duration = Duration::from_secs(15);
/// Entries of a log that are read at once.
const AT_ONCE: usize = 10_000;

/// How often a call is made that Redis does not answer in time, and the wait between
/// two: its bound is a buyer's, who waits, and here nobody does. Together far less
/// than a hold lasts.
const TRIES: u32 = 20;
const TRY_AGAIN: Duration = Duration::from_millis(500);

async fn patiently<T>(
    mut call: impl AsyncFnMut() -> Result<T, StateError>,
) -> Result<T, BackupError> {
    for _ in 1..TRIES {
        match call().await {
            Err(StateError::Unavailable(_)) => tokio::time::sleep(TRY_AGAIN).await,
            done => return done.map_err(told),
        }
    }
    call().await.map_err(told)
}

/// Renews the hold until it is aborted, whatever the copying waits for. One that cannot
/// be renewed ends, and that is found at the end.
async fn keep(redis: Arc<RedisState>) {
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        if let Err(error) = redis.hold(true).await {
            tracing::warn!(%error, "backup: the log of Redis was not held further");
        }
    }
}

/// Copies the ledger and then all of Redis, of which nothing is trimmed
/// meanwhile: what the log has later than a history was read is folded into it.
pub async fn copy(
    url: &str,
    from: &mut LiveLedger,
    ledger: &Path,
    scans: &Path,
    clock: &dyn Clock,
) -> Result<UnixMs, BackupError> {
    let redis = Arc::new(RedisState::reach(url).await.map_err(told)?);
    patiently(async || redis.hold(false).await).await?;
    let kept = tokio::spawn(keep(Arc::clone(&redis)));
    let done = copy_held(&redis, from, ledger, scans, clock).await;
    kept.abort();
    // Else its last renewal may come behind the end.
    let _ = kept.await;
    patiently(async || redis.let_go().await).await?;
    done
}

async fn copy_held(
    redis: &RedisState,
    from: &mut LiveLedger,
    ledger: &Path,
    scans: &Path,
    clock: &dyn Clock,
) -> Result<UnixMs, BackupError> {
    let taken_at = clock.now();
    let mut frozen = from.hold().await?;
    frozen.copy_to(ledger, taken_at).await?;
    let register = register(ledger).await?;
    let mut build = Build::at(scans).map_err(told)?;
    let mut walk = Walk::default();
    while let Some(found) = patiently(async || redis.walk(&mut walk).await).await? {
        let known = found.into_iter().filter_map(|history| payload(&register, history));
        build.put(&known.collect::<Vec<_>>()).map_err(told)?;
    }
    for shard in 0..redis.shards() {
        let followed = match patiently(async || redis.known_identity(shard).await).await? {
            Some(log) => frozen.followed(log).await?,
            None => Cursor::START,
        };
        let mut log: Vec<Entry> = Vec::new();
        loop {
            let after = log.last().map_or(Cursor::START, |last| last.cursor);
            let some = patiently(async || redis.follow(shard, after, AT_ONCE).await).await?;
            if some.is_empty() {
                break;
            }
            log.extend(some);
        }
        let unfollowed = log.partition_point(|entry| entry.cursor <= followed);
        build.fold(&log, unfollowed).map_err(told)?;
    }
    // Not ended before the last of it was read.
    patiently(async || redis.hold(true).await).await?;
    if !redis.is_where_it_was(&walk) {
        return Err(BackupError::Refused(
            "slots of the cluster moved meanwhile, and histories may be missing: take the backup \
             again"
                .into(),
        ));
    }
    Ok(taken_at)
}

async fn register(ledger: &Path) -> Result<Register, BackupError> {
    let ledger = Ledger::inspect(ledger).await?;
    let changes = ledger.changes(0).await;
    ledger.close().await;
    Ok(Register::default().apply(changes?.unwrap_or_default()))
}

/// The code of a history; `None` for one of a batch that the ledger does not
/// have yet, whose first scan came behind the copy.
fn payload(register: &Register, found: Found) -> Option<([u8; 12], Vec<u8>)> {
    let mut payload = [0; 12];
    payload[..7].copy_from_slice(&found.head);
    let of = Payload::from_bytes(payload).ok()?;
    let id = BatchRef { key: of.key, batch: of.batch };
    let facts = register.batches.get(&id)?;
    Some((facts.payload_in(of.layer, found.number).to_bytes(), found.bytes))
}
