//! A look at a scan state that changes nothing: no schema, no file that
//! SQLite would make beside it.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::file::{APPLICATION_ID, SCHEMA_VERSION, state_error};
use super::{reader, row_number};
use crate::scan::{Cursor, Entry, LogId, StateError};

/// A scan state opened for reading alone, as it is.
pub struct Inspection {
    path: PathBuf,
    connection: Connection,
    /// Of the file; 0 for one that is still empty.
    pub schema: i64,
    /// It is a scan state, or empty.
    pub is_ours: bool,
}

impl Inspection {
    /// The schema that this version writes.
    pub const SCHEMA: i64 = SCHEMA_VERSION;

    /// # Errors
    /// When the file cannot be opened or is no SQLite file.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        let told = |e: rusqlite::Error| state_error(path, &e);
        let mut log = OsString::from(path);
        log.push("-wal");
        // Without a log beside it nobody has it open. To read it SQLite would
        // make one, unless it is told that nothing changes.
        let closed = !Path::new(&log).exists();
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(uri(path, closed), flags).map_err(told)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(told)?;
        let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(told);
        let schema = number("PRAGMA user_version")?;
        let application = number("PRAGMA application_id")?;
        let empty = schema == 0 && number("SELECT count(*) FROM sqlite_schema")? == 0;
        let is_ours = application == APPLICATION_ID || (application == 0 && empty);
        Ok(Self { path: path.to_owned(), connection, schema, is_ours })
    }

    /// What SQLite finds broken, first thing first.
    ///
    /// # Errors
    /// When the file cannot even be read.
    pub fn damage(&self) -> Result<Option<String>, StateError> {
        let says: String = self
            .connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(|e| state_error(&self.path, &e))?;
        Ok((says != "ok").then_some(says))
    }

    /// The log's identity; none in a file of schema 1 or empty.
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn identity(&self) -> Result<Option<LogId>, StateError> {
        if self.schema < 2 {
            return Ok(None);
        }
        reader::identity(&self.connection).map(Some).map_err(|e| state_error(&self.path, &e))
    }

    /// As [`crate::scan::ScanState::newest`].
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn newest(&self) -> Result<Cursor, StateError> {
        if self.schema == 0 {
            return Ok(Cursor::START);
        }
        reader::newest(&self.connection).map_err(|e| state_error(&self.path, &e))
    }

    /// As [`crate::scan::ScanState::follow`].
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn follow(&self, after: Cursor, max: usize) -> Result<Vec<Entry>, StateError> {
        if self.schema == 0 {
            return Ok(Vec::new());
        }
        reader::entries(&self.connection, row_number(after), max)
            .map_err(|e| state_error(&self.path, &e))?
            .into_iter()
            .collect()
    }
}

fn uri(path: &Path, immutable: bool) -> String {
    let mut out = String::from("file:");
    for c in path.as_os_str().as_bytes() {
        if c.is_ascii_alphanumeric() || b"/._-~".contains(c) {
            out.push(char::from(*c));
        } else {
            out.push_str(&format!("%{c:02X}"));
        }
    }
    if immutable {
        out.push_str("?immutable=1");
    }
    out
}
