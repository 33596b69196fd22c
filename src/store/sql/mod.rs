//! The ledger on SQLite or PostgreSQL: enterprises, products, batches, ranges, orders,
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
mod db;
mod dossier;
mod erasing;
mod evidence;
mod exports;
mod facts;
mod figures;
mod handoff;
mod hands;
mod houses;
mod inquiries;
mod inspect;
mod kits;
mod leads;
mod leaks;
pub mod lease;
mod legs;
mod lists;
mod media;
mod movements;
mod offices;
mod open;
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
pub mod transfer;
mod visits;
mod webhooks;

use std::time::Duration;

use db::{Pool, Tx};
use open::Place;

use crate::base::LedgerError;

pub use inspect::Migrated;

/// Rows of one statement: each statement costs a way to the connection's thread
/// and back.
const ROWS_AT_ONCE: usize = 250;
/// How long a writer waits for another process's transaction.
const BUSY_WAIT: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct Ledger {
    writer: Pool,
    reader: Pool,
    place: Place,
}

impl Ledger {
    /// A transaction that holds the writer's place from its first statement.
    async fn write(&self) -> Result<Tx, LedgerError> {
        self.writer.write().await.map_err(down)
    }

    /// Lets what is under way end and closes the file.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// Raises the revision that servers watch and gives the new one.
async fn next_revision(tx: &mut Tx) -> Result<i64, LedgerError> {
    db::query_scalar(
        "UPDATE register_revision SET revision = revision + 1 WHERE id = 1 RETURNING revision",
    )
    .fetch_one(&mut **tx)
    .await
    .map_err(down)
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
