//! Stores held at one instant, for a backup: who writes goes on writing and is not
//! seen. The log of a SQLite file grows for as long as it is held.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use crate::base::{LedgerError, UnixMs};
use crate::scan::{Cursor, Entry, LogId};
use crate::store::embedded::{Inspection, entries};
use crate::store::sql::transfer::{Load, Snapshot, Tally};

/// Pages copied in one step, 4 KiB each.
const STEP_PAGES: i32 = 4_096;

/// Why something cannot be held or copied.
#[derive(Debug, thiserror::Error)]
pub enum FrozenError {
    #[error("{}: {problem}", .path.display())]
    File { path: PathBuf, problem: String },
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// A file in a transaction.
pub struct Frozen {
    path: PathBuf,
    connection: Connection,
}

impl Frozen {
    fn at(path: &Path) -> Result<Self, FrozenError> {
        let begin = || -> rusqlite::Result<Connection> {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(path, flags)?;
            connection.execute_batch("PRAGMA query_only = 1; BEGIN")?;
            // The transaction begins to see with its first look.
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
            Ok(connection)
        };
        let connection = begin().map_err(|e| told(path, &e))?;
        Ok(Self { path: path.to_owned(), connection })
    }

    /// For this process alone: nobody can open the file before it is dropped.
    fn alone(path: &Path) -> Result<Self, FrozenError> {
        let lock = || -> rusqlite::Result<Connection> {
            let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            // A file leaves this mode only while nobody else has it open.
            connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE")?;
            connection.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
            connection.execute_batch("BEGIN EXCLUSIVE")?;
            Ok(connection)
        };
        let connection = lock().map_err(|e| FrozenError::File {
            path: path.to_owned(),
            problem: format!("is in use ({e}): stop `serve` and `worker`, and the `courier`"),
        })?;
        Ok(Self { path: path.to_owned(), connection })
    }

    fn told(&self, e: &rusqlite::Error) -> FrozenError {
        told(&self.path, e)
    }

    /// Page by page, so that the copy is the file as it was at the instant.
    fn copy_to(&self, path: &Path) -> Result<(), FrozenError> {
        let refused =
            |e: std::io::Error| FrozenError::File { path: path.to_owned(), problem: e.to_string() };
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(refused)?;
        let mut to = Connection::open(path).map_err(|e| told(path, &e))?;
        let copy = Backup::new(&self.connection, &mut to).map_err(|e| self.told(&e))?;
        loop {
            // Both are held already: there is no lock to wait for.
            match copy.step(STEP_PAGES).map_err(|e| told(path, &e))? {
                StepResult::Done => return Ok(()),
                StepResult::More => {}
                _ => {
                    return Err(FrozenError::File {
                        path: path.to_owned(),
                        problem: "is locked".into(),
                    });
                }
            }
        }
    }
}

fn told(path: &Path, e: &rusqlite::Error) -> FrozenError {
    FrozenError::File { path: path.to_owned(), problem: e.to_string() }
}

/// A ledger that serves.
pub enum LiveLedger {
    File(PathBuf),
    Server(Snapshot),
}

impl LiveLedger {
    /// The ledger in a database of a PostgreSQL server.
    ///
    /// # Errors
    /// As [`Snapshot::reach`].
    pub async fn on_server(url: &str) -> Result<Self, FrozenError> {
        Ok(Self::Server(Snapshot::reach(url).await?))
    }

    /// Holds what is committed now.
    ///
    /// # Errors
    /// For a file that is missing or no ledger; of the server.
    pub async fn hold(&mut self) -> Result<FrozenLedger<'_>, FrozenError> {
        Ok(match self {
            Self::File(path) => {
                let frozen = Frozen::at(path)?;
                frozen
                    .connection
                    .query_row("SELECT count(*) FROM scan_logs", [], |_| Ok(()))
                    .map_err(|e| frozen.told(&e))?;
                FrozenLedger::File(frozen)
            }
            Self::Server(snapshot) => {
                snapshot.hold().await?;
                FrozenLedger::Server(snapshot)
            }
        })
    }
}

/// The ledger at one instant.
pub enum FrozenLedger<'l> {
    File(Frozen),
    Server(&'l mut Snapshot),
}

impl FrozenLedger<'_> {
    /// How far a log was followed.
    ///
    /// # Errors
    /// For a damaged file; of the server.
    pub async fn followed(&mut self, log: LogId) -> Result<Cursor, FrozenError> {
        let frozen = match self {
            Self::File(frozen) => frozen,
            Self::Server(snapshot) => return Ok(snapshot.followed(log).await?),
        };
        let found: Option<(i64, i64)> = frozen
            .connection
            .query_row(
                "SELECT log_major, log_minor FROM scan_logs WHERE identity = ?1",
                [log.0],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .map_err(|e| frozen.told(&e))?;
        let (major, minor) = found.unwrap_or_default();
        Ok(Cursor { major: major.cast_unsigned(), minor: minor.cast_unsigned() })
    }

    /// Copies it into a new file.
    ///
    /// # Errors
    /// Of the disk and of the server.
    pub async fn copy_to(&mut self, path: &Path, now: UnixMs) -> Result<(), FrozenError> {
        match self {
            Self::File(frozen) => frozen.copy_to(path),
            Self::Server(snapshot) => Ok(snapshot.copy_to(path, now).await.map(drop)?),
        }
    }
}

/// A ledger's file of this version that nobody else can open before it is dropped.
pub struct LoneLedger(Frozen);

impl LoneLedger {
    /// # Errors
    /// When somebody has it open.
    pub fn at(path: &Path) -> Result<Self, FrozenError> {
        Frozen::alone(path).map(Self)
    }

    /// Puts all of it into an empty database.
    ///
    /// # Errors
    /// As [`Load::fill`].
    pub async fn pour_into(&self, load: &mut Load) -> Result<Tally, FrozenError> {
        Ok(load.fill(&self.0.connection).await?)
    }
}

/// A payload, and the bytes of its history.
pub type Kept = ([u8; 12], Vec<u8>);

/// The embedded scan state at one instant: histories and log.
pub struct FrozenScans(Frozen);

impl FrozenScans {
    /// # Errors
    /// For a file that is missing, no scan state, or of another version.
    pub fn at(path: &Path) -> Result<Self, FrozenError> {
        Self::checked(Frozen::at(path)?)
    }

    /// The file for this process alone.
    ///
    /// # Errors
    /// As [`Self::at`], and when somebody has it open.
    pub fn alone(path: &Path) -> Result<Self, FrozenError> {
        Self::checked(Frozen::alone(path)?)
    }

    fn checked(frozen: Frozen) -> Result<Self, FrozenError> {
        let path = &frozen.path;
        let schema: i64 = frozen
            .connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(|e| frozen.told(&e))?;
        if schema != Inspection::SCHEMA {
            let problem = format!(
                "is of schema {schema}, and this version writes {}: start it once, then back up",
                Inspection::SCHEMA
            );
            return Err(FrozenError::File { path: path.clone(), problem });
        }
        Ok(Self(frozen))
    }

    /// As [`crate::scan::ScanState::identity`].
    ///
    /// # Errors
    /// For a damaged file.
    pub fn identity(&self) -> Result<LogId, FrozenError> {
        self.0
            .connection
            .query_row("SELECT bytes FROM log_identity WHERE id = 1", [], |row| row.get(0))
            .map(LogId)
            .map_err(|e| self.0.told(&e))
    }

    /// As [`crate::scan::ScanState::newest`].
    ///
    /// # Errors
    /// For a damaged file.
    pub fn newest(&self) -> Result<Cursor, FrozenError> {
        let seq: Option<i64> = self
            .0
            .connection
            .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'log'", [], |row| row.get(0))
            .optional()
            .map_err(|e| self.0.told(&e))?;
        Ok(Cursor { major: seq.unwrap_or(0).cast_unsigned(), minor: 0 })
    }

    /// Up to `max` histories behind a code, in the order of codes, as bytes.
    ///
    /// # Errors
    /// For a damaged file.
    pub fn histories(&self, after: Option<[u8; 12]>, max: usize) -> Result<Vec<Kept>, FrozenError> {
        let read = || -> rusqlite::Result<_> {
            self.0
                .connection
                .prepare_cached(
                    "SELECT code, bytes FROM history WHERE code > ?1 ORDER BY code LIMIT ?2",
                )?
                .query_map((after.map_or(Vec::new(), Vec::from), max), |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?
                .collect()
        };
        read().map_err(|e| self.0.told(&e))
    }

    /// As [`crate::scan::ScanState::follow`].
    ///
    /// # Errors
    /// For a damaged file.
    pub fn entries(&self, after: Cursor, max: usize) -> Result<Vec<Entry>, FrozenError> {
        let after = i64::try_from(after.major).unwrap_or(i64::MAX);
        entries(&self.0.connection, after, max)
            .map_err(|e| self.0.told(&e))?
            .into_iter()
            .collect::<Result<_, _>>()
            .map_err(|e| FrozenError::File { path: self.0.path.clone(), problem: e.to_string() })
    }

    /// # Errors
    /// Of the disk.
    pub fn copy_to(&self, path: &Path) -> Result<(), FrozenError> {
        self.0.copy_to(path)
    }
}

/// Rows of each table of a copy that nobody has open, by name; the first thing
/// that SQLite finds broken is an error.
///
/// # Errors
/// For a file that is damaged or cannot be read.
pub fn count_rows(path: &Path) -> Result<std::collections::BTreeMap<String, u64>, FrozenError> {
    let count = || -> rusqlite::Result<_> {
        let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let says: String = file.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        let mut tables = file.prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        )?;
        let names: Vec<String> =
            tables.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let mut rows = std::collections::BTreeMap::new();
        for name in names {
            let count: i64 =
                file.query_row(&format!("SELECT count(*) FROM \"{name}\""), [], |row| row.get(0))?;
            rows.insert(name, count.cast_unsigned());
        }
        Ok((says, rows))
    };
    let (says, rows) = count().map_err(|e| told(path, &e))?;
    if says != "ok" {
        return Err(FrozenError::File {
            path: path.to_owned(),
            problem: format!("is damaged: {says}"),
        });
    }
    Ok(rows)
}
