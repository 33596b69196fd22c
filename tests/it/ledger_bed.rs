//! The ledger of a test: a file, or with `ZHENMA_TEST_LEDGER=postgres` a database
//! of its own on a PostgreSQL server that the tests start. So the same tests are
//! the contract of both.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};

use zhenma::base::UnixMs;
use zhenma::store::sql::Ledger;

use crate::postgres_server::PostgresServer;

/// Databases by the data directory that they stand for.
static MADE: Mutex<Option<HashMap<PathBuf, String>>> = Mutex::new(None);

#[allow(clippy::disallowed_methods, reason = "a test's own switches")]
pub fn on_postgres() -> bool {
    std::env::var_os("ZHENMA_TEST_LEDGER").is_some_and(|v| v == "postgres")
}

/// What `ZHENMA_LEDGER` says of an installation with this data directory.
pub fn setting(data: &Path) -> String {
    if !on_postgres() {
        return "embedded".to_owned();
    }
    let server = PostgresServer::shared().expect("ZHENMA_TEST_LEDGER=postgres needs PostgreSQL");
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let made = made.get_or_insert_default();
    // Tests that ended took their folder with them.
    made.retain(|folder, url| {
        let alive = folder
            .strip_prefix(std::env::temp_dir())
            .ok()
            .and_then(|within| within.components().next())
            .is_none_or(|test| std::env::temp_dir().join(test).exists());
        if !alive {
            server.drop_database(url);
        }
        alive
    });
    made.entry(data.to_owned()).or_insert_with(|| server.database()).clone()
}

/// A ledger, for who reads it past the program.
pub enum Books<'a> {
    File(PathBuf),
    /// And the URL of a database.
    Server(&'a PostgresServer, String),
}

impl Books<'_> {
    /// Rows of a name and a count. Bytes are to be given as text by [`Books::hex`].
    pub fn counts(&self, sql: &str) -> BTreeMap<String, u64> {
        match self {
            Self::File(file) => {
                let ledger = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY);
                let ledger = ledger.expect("the ledger opens");
                let mut rows = ledger.prepare(sql).expect("prepared");
                let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("read");
                rows.collect::<Result<_, _>>().expect("read")
            }
            Self::Server(server, url) => {
                let row = |line: &str| {
                    let (name, count) = line.rsplit_once('|').expect("two columns");
                    (name.to_owned(), count.parse().expect("a count"))
                };
                server.sql(url, sql).lines().map(row).collect()
            }
        }
    }

    /// A column of bytes as hexadecimal digits.
    pub fn hex(&self, column: &str) -> String {
        match self {
            Self::File(_) => format!("lower(hex({column}))"),
            Self::Server(..) => format!("encode({column}, 'hex')"),
        }
    }
}

/// What a statement counts in the ledger that would be this file.
pub fn count(file: &Path, sql: &str) -> i64 {
    if on_postgres() {
        let server = PostgresServer::shared().expect("it runs");
        let said = server.sql(&setting(file.parent().expect("a folder")), sql);
        return said.trim().parse().expect("a number");
    }
    let kept = Connection::open(file).expect("opens");
    kept.query_row(sql, [], |row| row.get(0)).expect("counted")
}

/// Opens the ledger that would be this file.
pub async fn open(file: &Path, now: UnixMs) -> Result<Ledger, zhenma::base::LedgerError> {
    if on_postgres() {
        Ledger::connect(&setting(file.parent().expect("a folder")), now).await
    } else {
        Ledger::open(file, now).await
    }
}
