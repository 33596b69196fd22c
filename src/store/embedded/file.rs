//! The SQLite file: opening, schema, and the errors it can give.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::base::rng;
use crate::scan::StateError;

/// `PRAGMA user_version` of the schema that this version writes.
pub(super) const SCHEMA_VERSION: i64 = 2;
/// `PRAGMA application_id`: "zhms", so that another program's file is refused.
pub(super) const APPLICATION_ID: i64 = 0x7a68_6d73;

/// Looks at a lock that another process holds, one every `LOCK_POLL`: a quarter
/// of a second, and as often again as who waits has patience. SQLite's own
/// back-off grows to 100 ms and would starve a worker that trims beside a busy
/// server.
const LOCK_POLLS_MAX: i32 = 1_000;
const LOCK_POLL: Duration = Duration::from_micros(200);

/// Time to become a WAL file: SQLite answers busy at once, without polling,
/// when two processes create the file at the same instant.
const OPEN_MAX: Duration = Duration::from_millis(500);

/// A connection, and which file it is connected to.
pub struct Opened {
    pub connection: Connection,
    identity: (u64, u64),
}

impl Opened {
    /// False when the path leads elsewhere now: the file was removed or
    /// replaced, and what is written here would be lost.
    pub fn is_current(&self, path: &Path) -> bool {
        identity(path).is_ok_and(|now| now == self.identity)
    }
}

fn identity(path: &Path) -> std::io::Result<(u64, u64)> {
    let meta = std::fs::metadata(path)?;
    Ok((meta.dev(), meta.ino()))
}

/// Makes an empty file that only its owner may read; SQLite gives the files
/// beside it the same mode.
pub fn create(path: &Path) -> Result<(), StateError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(StateError::Unavailable(format!("{}: {e}", path.display()))),
    }
}

/// Opens an existing file and brings its schema up. Never creates one: a file
/// that vanished under a running server must not come back empty.
pub fn open(path: &Path) -> Result<Opened, StateError> {
    let start = Instant::now();
    loop {
        match try_open(path) {
            Err(Failed::Sql(e)) if is_busy(&e) && start.elapsed() < OPEN_MAX => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(Failed::Sql(e)) => return Err(state_error(path, &e)),
            Err(Failed::State(e)) => return Err(e),
            Ok(opened) => return Ok(opened),
        }
    }
}

enum Failed {
    Sql(rusqlite::Error),
    State(StateError),
}

impl From<rusqlite::Error> for Failed {
    fn from(e: rusqlite::Error) -> Self {
        Self::Sql(e)
    }
}

fn try_open(path: &Path) -> Result<Opened, Failed> {
    let unavailable =
        |what: &str| Failed::State(StateError::Unavailable(format!("{}: {what}", path.display())));
    let identity = identity(path).map_err(|e| unavailable(&e.to_string()))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_handler(Some(poll_lock))?;
    // SQLite opens a file that it may not write for reading and says nothing.
    if connection.is_readonly("main")? {
        return Err(unavailable("the file or its directory cannot be written"));
    }
    check_ours(path, &mut connection)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(unavailable("this file system cannot hold a SQLite file in WAL mode"));
    }
    // fullfsync is macOS's real fsync; elsewhere it does nothing. Codes are
    // scanned at random, so that a checkpoint writes about a page a scan: a
    // quarter as many of them sync the file a quarter as often.
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1;
         PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384;
         PRAGMA wal_autocheckpoint = 4096;",
    )?;
    migrate(&mut connection)?;
    // After a kill the WAL may hold scans that were written but never synced;
    // a repeat of one would be acknowledged on their word. This syncs them.
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    Ok(Opened { connection, identity })
}

fn check_ours(path: &Path, connection: &mut Connection) -> Result<(), Failed> {
    let refuse = |what: String| {
        Err(Failed::State(StateError::Corrupt(format!("{} {what}", path.display()))))
    };
    // One snapshot: another process may be making the file at this instant.
    let file = connection.transaction()?;
    let version: i64 = file.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let application: i64 = file.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 = file.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && (application != 0 || version != 0 || tables != 0) {
        return refuse("is a SQLite file, but not zhenma's scan state".into());
    }
    if version > SCHEMA_VERSION {
        return refuse(format!(
            "was written by a newer zhenma (schema {version}; this one knows {SCHEMA_VERSION}): \
             run that version, or restore a backup made by this one"
        ));
    }
    Ok(())
}

fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Read again under the lock: another process may have been first.
    let version: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version == 0 {
        tx.execute_batch(
            "CREATE TABLE history (code BLOB PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;
             CREATE TABLE log (
                 seq         INTEGER PRIMARY KEY AUTOINCREMENT,
                 code        BLOB NOT NULL,
                 number      INTEGER NOT NULL,
                 observation BLOB NOT NULL
             );",
        )?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    if version < 2 {
        tx.execute_batch(
            "CREATE TABLE log_identity (id INTEGER PRIMARY KEY CHECK (id = 1), bytes BLOB NOT NULL)",
        )?;
        tx.execute("INSERT INTO log_identity VALUES (1, ?1)", [rng::bytes::<16>()])?;
        tx.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    tx.commit()
}

/// Begins to write, once no other process does.
pub fn begin(connection: &Connection, wait: Duration) -> rusqlite::Result<Transaction<'_>> {
    let start = Instant::now();
    loop {
        match Transaction::new_unchecked(connection, TransactionBehavior::Immediate) {
            Err(e) if is_busy(&e) && start.elapsed() < wait => {}
            begun => return begun,
        }
    }
}

fn poll_lock(polls: i32) -> bool {
    std::thread::sleep(LOCK_POLL);
    polls < LOCK_POLLS_MAX
}

pub fn is_busy(e: &rusqlite::Error) -> bool {
    matches!(e.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// What a caller is told; the path is ours, never a code.
pub fn state_error(path: &Path, e: &rusqlite::Error) -> StateError {
    let says = format!("{}: {e}", path.display());
    match e.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => StateError::Corrupt(says),
        _ => StateError::Unavailable(says),
    }
}

/// A connection that is opened again after it failed.
pub struct Reopening {
    path: PathBuf,
    opened: Option<Opened>,
}

impl Reopening {
    pub fn new(path: &Path, opened: Opened) -> Self {
        Self { path: path.to_owned(), opened: Some(opened) }
    }

    /// Runs `work`; an error other than a lock closes the connection, since
    /// SQLite keeps what it learnt of a disk (read-only, failing) with it.
    pub fn with<T>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StateError> {
        if self.opened.as_ref().is_none_or(|o| !o.is_current(&self.path)) {
            self.opened = None;
            self.opened = Some(open(&self.path)?);
        }
        let opened = self.opened.as_mut().expect("opened just above");
        work(&mut opened.connection).map_err(|e| {
            if !is_busy(&e) {
                self.opened = None;
            }
            state_error(&self.path, &e)
        })
    }
}
