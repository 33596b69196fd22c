//! The ledger on SQLite: enterprises, products, batches, ranges, orders,
//! accounts, scan rows, flags, decisions, the audit trail.
//!
//! One connection writes, a few read; SQLite's WAL lets them not wait for one
//! another, and several processes (`serve`, `worker`, the shell) use the file
//! at once. Every write is one `BEGIN IMMEDIATE` transaction, synced before it
//! answers. The SQL is what PostgreSQL takes too, with numbered parameters.

mod accounts;
mod across;
mod alarms;
mod api_keys;
mod approvals;
mod audit;
mod blocks;
mod booking;
mod builds;
mod case_clock;
mod case_files;
mod case_lists;
mod case_moves;
mod case_units;
mod cases;
mod causes;
mod closings;
mod credentials;
mod dossier;
mod erasing;
mod evidence;
mod exports;
mod facts;
mod figures;
mod handoff;
mod houses;
mod inquiries;
mod inspect;
mod kits;
mod leads;
mod leaks;
mod legs;
mod lists;
mod media;
mod movements;
mod offices;
mod orders;
mod outbox;
mod overview;
mod own;
mod own_imports;
mod packages;
mod people;
mod pick_ups;
mod planted;
mod policies;
mod progress;
mod put;
mod recall_goods;
mod recall_returns;
mod recalls;
mod registry;
mod report_clock;
mod report_rows;
mod reports;
mod retention;
mod rolls;
mod rows;
mod scan_days;
mod scans;
mod schedules;
mod serial_references;
pub mod sessions;
mod shipped;
mod spans;
mod told;
mod trace;
mod trace_declare;
mod trace_line;
mod trace_milestones;
mod trace_rows;
mod trace_sites;
mod trace_world;
mod visits;
mod webhooks;

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Sqlite, Transaction};

use crate::base::{LedgerError, UnixMs, rng};

pub use inspect::Migrated;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("src/store/sql/migrations");

/// Connections that read.
const READERS: u32 = 4;
/// Rows of one statement: each statement costs a way to the connection's thread
/// and back.
const ROWS_AT_ONCE: usize = 250;
/// Kibibytes of pages that the writer may hold, after a minus: rows of scans go
/// into six indices, most of them at random, and each page that is not held is
/// read again. A server hardly writes, and so holds little of it.
const WRITER_CACHE: &str = "-32768";
/// Pages of the log behind which it is written back: a group of scans touches
/// thousands, and so many of them again in the next.
const CHECKPOINT_PAGES: &str = "4096";
/// How long a writer waits for another process's transaction.
const BUSY_WAIT: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct Ledger {
    writer: SqlitePool,
    reader: SqlitePool,
}

pub(super) type Tx = Transaction<'static, Sqlite>;

impl Ledger {
    /// Opens or makes the ledger, migrated to this version.
    ///
    /// # Errors
    /// `NewerVersion` for a file of a later version, `Unavailable` for one
    /// that cannot be opened or written.
    pub async fn open(path: &Path, now: UnixMs) -> Result<Self, LedgerError> {
        private_file(path)
            .map_err(|e| LedgerError::Unavailable(format!("{}: {e}", path.display())))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_WAIT);
        let pool = |connections, options| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(BUSY_WAIT)
                .connect_with(options)
        };
        let writing = options.clone().pragma("cache_size", WRITER_CACHE);
        let writing = writing.pragma("wal_autocheckpoint", CHECKPOINT_PAGES);
        let writer = pool(1, writing).await.map_err(down)?;
        MIGRATIONS.run(&writer).await.map_err(|error| match error {
            sqlx::migrate::MigrateError::VersionMissing(found)
            | sqlx::migrate::MigrateError::VersionTooNew(found, _) => {
                LedgerError::NewerVersion(found)
            }
            other => LedgerError::Unavailable(format!("{}: {other}", path.display())),
        })?;
        // After the migrations: a connection that was open before knows the
        // old columns, and its first `SELECT *` has more than it is ready for.
        let ledger = Self { writer, reader: pool(READERS, options).await.map_err(down)? };
        sqlx::query(
            "INSERT INTO installation (id, secret, created_at) VALUES (1, $1, $2)
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(rng::bytes::<32>().to_vec())
        .bind(now.0)
        .execute(&ledger.writer)
        .await
        .map_err(down)?;
        Ok(ledger)
    }

    /// A transaction that holds the writer's place from its first statement.
    async fn write(&self) -> Result<Tx, LedgerError> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(down)
    }

    /// Lets what is under way end and closes the file.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// Raises the revision that servers watch and gives the new one.
async fn next_revision(tx: &mut Tx) -> Result<i64, LedgerError> {
    sqlx::query_scalar(
        "UPDATE register_revision SET revision = revision + 1 WHERE id = 1 RETURNING revision",
    )
    .fetch_one(&mut **tx)
    .await
    .map_err(down)
}

/// The file and its directory for their owner alone: they hold secrets, hashes
/// and finished labels.
fn private_file(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path).map(drop)
}

#[allow(clippy::needless_pass_by_value, reason = "made for map_err")]
fn down(error: sqlx::Error) -> LedgerError {
    LedgerError::Unavailable(error.to_string())
}

/// Counts and numbers stay far below 2^63.
fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}
