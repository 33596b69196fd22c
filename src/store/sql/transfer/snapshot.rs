//! A ledger on a server, held at one instant and copied into a file.

use std::path::Path;

use futures::StreamExt;
use sqlx::postgres::PgConnection;

use super::file::NewFile;
use super::rows::{Counting, HEADER, TRAILER, Table};
use super::{Held, Tally, same};
use crate::base::{LedgerError, UnixMs};
use crate::scan::{Cursor, LogId};
use crate::store::sql::open::{first_connection, server};
use crate::store::sql::{Ledger, Migrated, down, unsigned};

/// A session of a server that sees one instant of it. Whoever writes goes on writing
/// and is not seen; a migration waits for its end, or gives up.
pub struct Snapshot {
    session: PgConnection,
}

impl Snapshot {
    /// Connects; nothing is held yet.
    ///
    /// # Errors
    /// `Conflict` where there is no ledger or one of another version, `Unavailable`.
    pub async fn reach(url: &str) -> Result<Self, LedgerError> {
        let ledger = Ledger::inspect_server(url).await?;
        let made = ledger.is_made().await?;
        let migrated = if made { Some(ledger.migrated().await?) } else { None };
        ledger.close().await;
        let Some(Migrated { found, known, whole }) = migrated else {
            let says = "ledger: the database is empty: nothing is registered yet";
            return Err(LedgerError::Conflict(says.to_owned()));
        };
        if found > known {
            return Err(LedgerError::NewerVersion(found));
        }
        if found < known || !whole {
            return Err(LedgerError::Conflict(format!(
                "ledger: it is of an older zhenma (migration {found} of {known}): back it up with \
                 the version that serves, or start this one first"
            )));
        }
        let mut session = first_connection(&server(url)?).await?;
        // It reads for as long as it takes, and may wait for the file in between.
        sqlx::raw_sql("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
            .execute(&mut session)
            .await
            .map_err(down)?;
        Ok(Self { session })
    }

    /// Holds what is committed now, and lets go what it held before.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn hold(&mut self) -> Result<(), LedgerError> {
        // The transaction begins to see with its first look.
        sqlx::raw_sql(
            "ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
             SELECT COUNT(*) FROM scan_logs",
        )
        .execute(&mut self.session)
        .await
        .map(drop)
        .map_err(down)
    }

    /// How far a log was followed.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn followed(&mut self, log: LogId) -> Result<Cursor, LedgerError> {
        let found: Option<(i64, i64)> =
            sqlx::query_as("SELECT log_major, log_minor FROM scan_logs WHERE identity = $1")
                .bind(log.0)
                .fetch_optional(&mut self.session)
                .await
                .map_err(down)?;
        let (major, minor) = found.unwrap_or_default();
        Ok(Cursor { major: unsigned(major), minor: unsigned(minor) })
    }

    /// Copies what is held into a new file.
    ///
    /// # Errors
    /// Of the server and the file, and when the file gives back other rows.
    pub async fn copy_to(&mut self, path: &Path, now: UnixMs) -> Result<Tally, LedgerError> {
        let file = NewFile::make(path, now).await?;
        let mut read = Tally::new();
        for table in &file.tables {
            let held = rows_of(&mut self.session, table, file.taker(table)?).await?;
            read.insert(table.name.clone(), held);
        }
        same(&read, &file.finish()?, &path.display().to_string())?;
        Ok(read)
    }
}

/// Passes the rows of a table on, each in the form of COPY.
pub(super) async fn rows_of(
    session: &mut PgConnection,
    table: &Table,
    mut each: impl FnMut(&[u8]) -> Result<(), LedgerError>,
) -> Result<Held, LedgerError> {
    let odd = |what: &str| LedgerError::Unavailable(format!("PostgreSQL: {what} {}", table.name));
    let copy = format!("COPY ({}) TO STDOUT (FORMAT binary)", table.select());
    let mut pieces = session.copy_out_raw(&copy).await.map_err(down)?;
    let (mut counting, mut bytes, mut begun) = (Counting::default(), Vec::new(), false);
    while let Some(piece) = pieces.next().await {
        bytes.extend_from_slice(&piece.map_err(down)?);
        let mut at = 0;
        if !begun && bytes.len() >= HEADER.len() {
            if !bytes.starts_with(HEADER) {
                return Err(odd("cannot read the rows of"));
            }
            (at, begun) = (HEADER.len(), true);
        }
        while begun && let Some(length) = table.first(&bytes[at..])? {
            let row = &bytes[at..at + length];
            each(row)?;
            counting.row(row);
            at += length;
        }
        bytes.drain(..at);
    }
    if bytes == TRAILER { Ok(counting.held()) } else { Err(odd("ended amid the rows of")) }
}
