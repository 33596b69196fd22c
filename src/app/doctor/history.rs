//! The ledger, the scan store, the log between them, and the clock that all
//! three have been written by.

use std::collections::HashMap;
use std::path::Path;

use super::{Finding, NOT_BEFORE, local};
use crate::app::backup::{ledger_left, scans_left};
use crate::app::config::Settings;
use crate::app::paths;
use crate::base::{LedgerError, UnixMs};
use crate::scan::ledger::ScanLedger;
use crate::scan::{Cursor, Entry, LogId, ScanState, StateError};
use crate::store::embedded::Inspection;
use crate::store::redis::RedisState;
use crate::store::sql::{Ledger, Migrated};

/// Bytes of a file that is read from end to end to find it whole.
const READ_WHOLE_BYTES_MAX: u64 = 512 << 20;
/// Entries of a shard's log that are looked at.
const LOOKED_AT_MAX: usize = 1_000;
/// What the clocks of several machines may differ by, and a worker be behind.
const TOLERATED_MS: i64 = 60_000;

const NEWER: &str = "start the version that wrote it, or restore a backup made by this one";
/// Again: a process that starts during the look may make a whole file seem broken.
const BROKEN: &str =
    "look again; if it stays, stop the processes, keep a copy of the file, restore a backup";

/// The ledger on a PostgreSQL server.
async fn on_server(settings: &Settings) -> (Vec<Finding>, Option<Ledger>) {
    const CHECK: &str = "ledger";
    const NAME: &str = "PostgreSQL";
    let fault = |says: String, remedy: &str| (vec![Finding::fault(CHECK, says, remedy)], None);
    let looked = async {
        let ledger = Ledger::inspect_server(&settings.ledger).await?;
        let made = ledger.is_made().await?;
        let migrated = if made { Some(ledger.migrated().await?) } else { None };
        let fits = made || ledger.may_be_made().await?;
        let encrypted = ledger.is_encrypted().await?;
        Ok::<_, LedgerError>((ledger.forgetful().await?, encrypted, migrated, fits, ledger))
    };
    let (forgetful, encrypted, migrated, fits, ledger) = match looked.await {
        Ok(looked) => looked,
        Err(error) => {
            return fault(
                format!("{NAME}: {error}"),
                "see that the server runs and that ledger names its host, database, user and \
                 password",
            );
        }
    };
    if !fits {
        return fault(
            format!("{NAME}: the database is empty, and its user may not make tables in it"),
            "make it the database's owner (ALTER DATABASE ... OWNER TO ...)",
        );
    }
    let Some(Migrated { found, known, whole }) = migrated else {
        if let Some(says) = ledger_left(settings) {
            return fault(says, NOT_BEFORE);
        }
        let says = format!("{NAME}: the database is empty; it is filled at the first start");
        return (vec![Finding::ok(CHECK, says)], None);
    };
    if found > known {
        let says = format!(
            "{NAME} was written by a newer zhenma (migration {found}; this one knows {known})"
        );
        return fault(says, NEWER);
    }
    if !whole {
        return fault(format!("{NAME}: a migration did not end"), "restore a backup");
    }
    if found < known {
        let says = format!("{NAME}: is of an older zhenma (migration {found} of {known})");
        let remedy = "back it up; `serve`, `worker` or any command will then migrate it";
        return (vec![Finding::warning(CHECK, says, remedy)], None);
    }
    let found = match forgetful {
        Some(off) => Finding::fault(
            CHECK,
            format!("{NAME}: off is {off}: a power failure loses what was acknowledged"),
            "turn on what is off in postgresql.conf",
        ),
        None => Finding::ok(CHECK, format!("{NAME} can be read")),
    };
    let how = if encrypted { "is" } else { "is not" };
    let line = Finding::ok(CHECK, format!("{NAME}: the connection {how} encrypted"));
    (vec![found, line], Some(ledger))
}

/// The ledger's place, and the ledger where it can be read.
pub async fn ledger(settings: &Settings) -> (Vec<Finding>, Option<Ledger>) {
    const CHECK: &str = "ledger";
    if settings.ledger != "embedded" {
        return on_server(settings).await;
    }
    let path = paths::ledger(&settings.data);
    let name = path.display();
    if !path.exists() {
        let says = format!("{name} is not there yet; it is made when something is registered");
        return (vec![Finding::ok(CHECK, says)], None);
    }
    let fault = |says: String, remedy: &str| (vec![Finding::fault(CHECK, says, remedy)], None);
    let unreadable = |error: &dyn std::fmt::Display| {
        fault(
            format!("{name}: {error}"),
            "let the user that runs zhenma read and write it; if it is damaged, restore a backup",
        )
    };
    let ledger = match Ledger::inspect(&path).await {
        Ok(ledger) => ledger,
        Err(error) => return unreadable(&error),
    };
    let migrated = match ledger.migrated().await {
        Ok(migrated) => migrated,
        Err(error) => return unreadable(&error),
    };
    let (found, known) = (migrated.found, migrated.known);
    if found > known {
        let says = format!(
            "{name} was written by a newer zhenma (migration {found}; this one knows {known})"
        );
        return fault(says, NEWER);
    }
    if !migrated.whole {
        return fault(format!("{name}: a migration did not end"), "restore a backup");
    }
    if is_short(&path) {
        match ledger.damage().await {
            Ok(None) => {}
            Ok(Some(damage)) => return fault(format!("{name} is damaged: {damage}"), BROKEN),
            Err(error) => return unreadable(&error),
        }
    }
    if found < known {
        let says = format!("{name} is of an older zhenma (migration {found} of {known})");
        let remedy = "back it up; `serve`, `worker` or any command will then migrate it";
        return (vec![Finding::warning(CHECK, says, remedy)], None);
    }
    let says = format!("{name} can be read{}", unread(&path));
    (vec![Finding::ok(CHECK, says)], Some(ledger))
}

fn is_short(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.len() <= READ_WHOLE_BYTES_MAX)
}

fn unread(path: &Path) -> &'static str {
    if is_short(path) { " and is whole" } else { "; too large to be read whole here" }
}

/// Scan store, log, clock.
pub async fn scans(settings: &Settings, ledger: Option<&Ledger>, now: UnixMs) -> Vec<Finding> {
    // Before the logs are looked at: a worker that follows meanwhile must not
    // seem to be ahead of them.
    let known = match ledger {
        Some(ledger) => ledger.logs().await.unwrap_or_default(),
        None => HashMap::new(),
    };
    let newest = match ledger {
        Some(ledger) => ledger.newest().await.ok().flatten(),
        None => None,
    };
    let (mut found, logs) = if settings.scan_store == "embedded" {
        let followed = match ledger {
            Some(ledger) => ledger.newest_scan().await.ok().flatten().is_some(),
            None => false,
        };
        embedded(&paths::scans(&settings.data), followed)
    } else {
        redis(settings, now).await
    };
    if let Some(logs) = &logs {
        found.extend(follow_up(logs, &known, ledger, now).await);
    }
    let scanned = logs.iter().flatten().flat_map(|log| &log.entries).map(|e| e.seen.at).max();
    found.extend(newest.max(scanned).map(|newest| clock(settings, newest, now)));
    found
}

/// The log of one shard, as far as it is looked at.
struct Log {
    /// None where nobody asked for it yet, so that nobody followed it.
    identity: Option<LogId>,
    newest: Cursor,
    entries: Vec<Entry>,
}

type Looked = (Vec<Finding>, Option<Vec<Log>>);

/// `followed`: the ledger knows of scans, so the file must be there.
fn embedded(path: &Path, followed: bool) -> Looked {
    const CHECK: &str = "scan_store";
    let name = path.display();
    if !path.exists() {
        let finding = if followed {
            Finding::fault(
                CHECK,
                format!("{name} is gone, though scans were recorded: copies pass as never scanned"),
                "restore it from a backup before anything starts and makes an empty one",
            )
        } else {
            Finding::ok(CHECK, format!("{name} is not there yet; the first start makes it"))
        };
        return (vec![finding], None);
    }
    let fault = |says: String, remedy: &str| (vec![Finding::fault(CHECK, says, remedy)], None);
    let unreadable = |error: StateError| fault(error.to_string(), BROKEN);
    let file = match Inspection::open(path) {
        Ok(file) => file,
        Err(error) => return unreadable(error),
    };
    if !file.is_ours {
        let says = format!("{name} is a SQLite file, but not zhenma's scan state");
        return fault(says, "set data to the right directory");
    }
    if file.schema > Inspection::SCHEMA {
        let (found, known) = (file.schema, Inspection::SCHEMA);
        let says = format!(
            "{name} was written by a newer zhenma (schema {found}; this one knows {known})"
        );
        return fault(says, NEWER);
    }
    if is_short(path) {
        match file.damage() {
            Ok(None) => {}
            Ok(Some(damage)) => return fault(format!("{name} is damaged: {damage}"), BROKEN),
            Err(error) => return unreadable(error),
        }
    }
    let log = || -> Result<Log, StateError> {
        Ok(Log {
            identity: file.identity()?,
            newest: file.newest()?,
            entries: file.follow(Cursor::START, LOOKED_AT_MAX)?,
        })
    };
    match log() {
        Ok(log) => {
            let says = format!("{name} can be read{}", unread(path));
            (vec![Finding::ok(CHECK, says)], Some(vec![log]))
        }
        Err(error) => unreadable(error),
    }
}

async fn redis(settings: &Settings, now: UnixMs) -> Looked {
    const CHECK: &str = "scan_store";
    let fault = |error: StateError| {
        let says = error.to_string();
        let remedy = if says.contains("maxmemory") {
            "it is full: raise maxmemory, and look that a worker runs, which empties its log: \
             until then every answer is cannot_confirm"
        } else if says.contains("did not end") {
            NOT_BEFORE
        } else {
            "start Redis 7.0 or newer, and let this machine reach it: until then every answer is \
             cannot_confirm"
        };
        (vec![Finding::fault(CHECK, says, remedy)], None)
    };
    let state = match RedisState::reach(&settings.scan_store).await {
        Ok(state) => state,
        Err(error) => return fault(error),
    };
    if let Some(says) = scans_left(settings)
        && state.holds_scans().await.is_ok_and(|holds| !holds)
    {
        return (vec![Finding::fault(CHECK, says, NOT_BEFORE)], None);
    }
    let found = match state.durability().await {
        Ok(d) if d.is_full() => Finding::ok(CHECK, d.says),
        Ok(d) => Finding::warning(
            CHECK,
            d.says,
            "to lose nothing: appendonly yes, appendfsync always, maxmemory-policy noeviction, \
             and no fail-over that runs by itself",
        ),
        Err(error) => return fault(error),
    };
    let mut found = vec![found];
    if state.vitals(now).await.is_ok_and(|v| v.memory.is_some_and(|memory| memory.max == 0)) {
        found.push(Finding::warning(
            CHECK,
            "Redis has no maxmemory: it grows until the kernel ends it, where it would refuse \
             scans, and no alert comes before",
            "set maxmemory to half of what the machine has to spare",
        ));
    }
    let mut logs = Vec::new();
    for shard in 0..state.shards() {
        match log_of(&state, shard).await {
            Ok(log) => logs.push(log),
            Err(error) => {
                found.push(unread_log(&error));
                return (found, None);
            }
        }
    }
    (found, Some(logs))
}

async fn log_of(state: &RedisState, shard: u16) -> Result<Log, StateError> {
    Ok(Log {
        identity: state.known_identity(shard).await?,
        newest: state.newest(shard).await?,
        entries: state.follow(shard, Cursor::START, LOOKED_AT_MAX).await?,
    })
}

fn unread_log(error: &dyn std::fmt::Display) -> Finding {
    Finding::warning("scan_log", error.to_string(), "look again; if it stays, look at its log")
}

/// Whether these are the logs that the worker followed, and how far it is.
async fn follow_up(
    logs: &[Log],
    known: &HashMap<LogId, Cursor>,
    ledger: Option<&Ledger>,
    now: UnixMs,
) -> Vec<Finding> {
    const CHECK: &str = "scan_log";
    let mut found = Vec::new();
    let (mut unfollowed, mut went_back) = (Vec::new(), false);
    for log in logs {
        let cursor = log.identity.and_then(|id| known.get(&id)).copied().unwrap_or_default();
        let (left, new) = log.entries.split_at(log.entries.partition_point(|e| e.cursor <= cursor));
        // Followed and not yet trimmed, or written again behind the cursor.
        let again = match ledger {
            Some(ledger) if !left.is_empty() => ledger.missing(left).await,
            _ => Ok(Vec::new()),
        };
        match again {
            Ok(again) => {
                went_back |= cursor > log.newest || !again.is_empty();
                unfollowed.extend(again.into_iter().chain(new.iter().copied()));
            }
            Err(error) => return vec![unread_log(&error)],
        }
    }
    let is_known = |log: &Log| log.identity.is_some_and(|id| known.contains_key(&id));
    if went_back {
        found.push(Finding::fault(
            CHECK,
            "the log ends before what the worker has followed: the scan store was put back to an \
             older copy or lost its latest scans, and copies of codes scanned since may pass as \
             first scans",
            "put back the latest copy there is; with none, start `zhenma worker`: it follows the \
             log from its beginning",
        ));
    } else if !known.is_empty() && !logs.iter().any(is_known) {
        found.push(Finding::warning(
            CHECK,
            "the scan store is not the one that was followed before: what was scanned there is \
             not in its histories",
            "if that was not meant, set scan_store to the former one; otherwise start `zhenma \
             worker`, which takes it up",
        ));
    }
    found.push(backlog(&unfollowed, now));
    found
}

/// What the worker has not followed yet.
fn backlog(log: &[Entry], now: UnixMs) -> Finding {
    const CHECK: &str = "scan_log";
    let Some(oldest) = log.iter().map(|entry| entry.seen.at).min() else {
        return Finding::ok(CHECK, "the worker has followed every scan that is in the log");
    };
    let least = if log.len() < LOOKED_AT_MAX { "" } else { "at least " };
    let says = format!("{least}{} scans are not followed yet", log.len());
    if now.since(oldest) <= TOLERATED_MS {
        return Finding::ok(CHECK, says);
    }
    Finding::warning(
        CHECK,
        format!("{says}, the oldest for {} minutes", now.since(oldest) / 60_000),
        "start `zhenma worker`, or look into its log: copies are flagged by it, and a full log \
         refuses scans",
    )
}

fn clock(settings: &Settings, newest: UnixMs, now: UnixMs) -> Finding {
    const CHECK: &str = "clock";
    let ahead = newest.since(now);
    if ahead <= TOLERATED_MS {
        return Finding::ok(CHECK, "it stands behind everything that was recorded");
    }
    let at = local(settings, newest).strftime("%Y-%m-%d %H:%M");
    Finding::fault(
        CHECK,
        format!("the clock went back: something was recorded at {at}, which is still to come"),
        "set the clock (NTP); scans of now are judged as older than those they follow",
    )
}
