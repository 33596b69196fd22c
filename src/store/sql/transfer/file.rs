//! The file: read from end to end, or made new.

use std::path::{Path, PathBuf};

use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::rows::{Counting, Table, quoted};
use super::{Held, Tally};
use crate::base::{LedgerError, UnixMs};
use crate::store::sql::Ledger;

/// Passes the rows of a table on, each in the form of COPY.
pub(super) fn read(
    file: &Connection,
    table: &Table,
    mut each: impl FnMut(&[u8]) -> Result<(), LedgerError>,
) -> Result<Held, LedgerError> {
    let told = |e: rusqlite::Error| LedgerError::Unavailable(format!("{}: {e}", table.name));
    let (mut counting, mut bytes) = (Counting::default(), Vec::new());
    let mut statement = file.prepare(&table.select()).map_err(told)?;
    let mut rows = statement.query([]).map_err(told)?;
    while let Some(row) = rows.next().map_err(told)? {
        bytes.clear();
        table.write(row, &mut bytes)?;
        counting.row(&bytes);
        each(&bytes)?;
    }
    Ok(counting.held())
}

/// A file on its way to be a ledger. Whoever makes it throws it away if it is not
/// finished: until then nothing of it is sure to be on the disk.
pub(super) struct NewFile {
    path: PathBuf,
    file: Connection,
    pub tables: Vec<Table>,
    indices: Vec<String>,
}

impl NewFile {
    /// A file of this version's schema without a row or an index.
    pub async fn make(path: &Path, now: UnixMs) -> Result<Self, LedgerError> {
        Ledger::open(path, now).await?.close().await;
        let begin = || -> rusqlite::Result<_> {
            let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            file.execute_batch(
                "PRAGMA foreign_keys = 0; PRAGMA synchronous = 0; PRAGMA locking_mode = EXCLUSIVE",
            )?;
            file.query_row("PRAGMA journal_mode = OFF", [], |_| Ok(()))?;
            file.execute_batch("BEGIN EXCLUSIVE")?;
            let indices: Vec<(String, String)> = file
                .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql <> ''")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?;
            for (name, _) in &indices {
                file.execute_batch(&format!("DROP INDEX {}", quoted(name)))?;
            }
            Ok((file, indices.into_iter().map(|(_, sql)| sql).collect()))
        };
        let (file, indices) = begin().map_err(|e| told(path, &e))?;
        let tables = Table::all(&file)?;
        for table in &tables {
            // What the migrations put there.
            file.execute_batch(&format!("DELETE FROM {}", quoted(&table.name)))
                .map_err(|e| told(path, &e))?;
        }
        Ok(Self { path: path.to_owned(), file, tables, indices })
    }

    /// What takes the rows of a table.
    pub fn taker<'f>(
        &'f self,
        table: &'f Table,
    ) -> Result<impl FnMut(&[u8]) -> Result<(), LedgerError> + 'f, LedgerError> {
        let marks = vec!["?"; table.width()].join(", ");
        let (name, columns) = (quoted(&table.name), table.columns());
        let sql = format!("INSERT INTO {name} ({columns}) VALUES ({marks})");
        let mut insert = self.file.prepare(&sql).map_err(|e| told(&self.path, &e))?;
        Ok(move |row: &[u8]| {
            let values = table.values(row)?.into_iter().map(ToSqlOutput::Borrowed);
            insert.execute(params_from_iter(values)).map_err(|e| told(&self.path, &e))?;
            Ok(())
        })
    }

    /// Makes the indices, and reads back what it holds.
    pub fn finish(self) -> Result<Tally, LedgerError> {
        let end = || -> rusqlite::Result<bool> {
            for sql in &self.indices {
                self.file.execute_batch(sql)?;
            }
            self.file.execute_batch("COMMIT")?;
            self.file.prepare("PRAGMA foreign_key_check")?.exists([])
        };
        if end().map_err(|e| told(&self.path, &e))? {
            let says = format!("{}: a row refers to one that is not there", self.path.display());
            return Err(LedgerError::Conflict(says));
        }
        let read = |table: &Table| Ok((table.name.clone(), read(&self.file, table, |_| Ok(()))?));
        self.tables.iter().map(read).collect()
    }
}

fn told(path: &Path, error: &rusqlite::Error) -> LedgerError {
    LedgerError::Unavailable(format!("{}: {error}", path.display()))
}
