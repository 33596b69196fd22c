//! Opening a ledger: the file of one machine, or a PostgreSQL server for several.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _};

use super::db::{self, Pool};
use super::{BUSY_WAIT, Ledger, down};
use crate::base::{LedgerError, UnixMs, rng};

pub(super) static ON_FILE: sqlx::migrate::Migrator = sqlx::migrate!("src/store/sql/migrations");
pub(super) static ON_SERVER: sqlx::migrate::Migrator =
    sqlx::migrate!("src/store/sql/migrations/postgres");

/// Connections that read a file.
const READERS: u32 = 4;
/// Connections of one process to a server. One transaction writes at a time over
/// all servers; the second writer has its question on the way meanwhile.
const SERVER_READERS: u32 = 8;
const SERVER_WRITERS: u32 = 2;
/// Kibibytes of pages that the writer may hold, after a minus: rows of scans go
/// into six indices, most of them at random, and each page that is not held is
/// read again. A server hardly writes, and so holds little of it.
const WRITER_CACHE: &str = "-32768";
/// Pages of the log behind which it is written back: a group of scans touches
/// thousands, and so many of them again in the next.
const CHECKPOINT_PAGES: &str = "4096";
/// Statements that a connection keeps prepared: there are some five hundred.
const STATEMENTS_KEPT: usize = 512;
/// What a URL may say behind its `?`, in the words of PostgreSQL. The driver passes
/// over anything else, and what was to be encrypted would not be.
const PARAMETERS: [&str; 12] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "application_name",
    "options",
    "statement-cache-capacity",
];
/// Other spellings that the driver reads.
const SPELT_OTHERWISE: [&str; 5] = ["ssl-mode", "ssl-root-cert", "ssl-ca", "ssl-cert", "ssl-key"];
/// The advisory lock of whoever makes or changes tables.
pub(super) const MIGRATING: i64 = 7_310_868_735_422_329;
/// How long a server waits for another that migrates; the same on a file.
const MIGRATION_WAIT: &str = "10min";
const MIGRATION_LOOKS: u32 = 12_000;
const MIGRATION_LOOK_EVERY: Duration = Duration::from_millis(50);
/// Until somebody else made a new file one with a log.
const WAL_LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long a migration waits for a table that is in use. Whoever comes behind it
/// waits as long, the version that still serves among them.
const TABLE_WAIT: &str = "2s";

/// What every connection to a server is told. What was acknowledged is on the disk,
/// also where the server was set to answer before. A wait for the writer's place is
/// a wait for a lock. A process that hangs in a transaction, or whose machine is
/// gone, must not keep all others from writing. A replay streams many minutes.
const SESSION: &str = "SELECT set_config('synchronous_commit', 'on', false)
     WHERE current_setting('synchronous_commit') = 'off';
    SET lock_timeout = '5s';
    SET statement_timeout = '15min';
    SET idle_in_transaction_session_timeout = '15s';
    SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;
    SET tcp_user_timeout = '15s'";

/// Where a ledger is, for who opens one connection more.
#[derive(Clone)]
pub(super) enum Place {
    File(PathBuf),
    Server(Box<PgConnectOptions>),
}

impl Ledger {
    /// Opens or makes the ledger in a file, migrated to this version.
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
                .before_acquire(|connection, _| {
                    // Where a disk fails, SQLite takes a transaction back by itself, and
                    // the driver counts it as begun for good.
                    let is_free = !connection.is_in_transaction();
                    Box::pin(async move {
                        // A later version may have added columns; SQLite hears of it when
                        // it runs a statement, and then the next is prepared with them.
                        // What fails here fails there.
                        if is_free {
                            let look = sqlx::query("SELECT 1 FROM sqlite_schema LIMIT 1");
                            look.execute(connection).await.ok();
                        }
                        Ok(is_free)
                    })
                })
                .connect_with(options)
        };
        let writing = options.clone().pragma("cache_size", WRITER_CACHE);
        let writing = writing.pragma("wal_autocheckpoint", CHECKPOINT_PAGES);
        let first_tried = Instant::now();
        let writer = loop {
            match pool(1, writing.clone()).await {
                Err(error) if is_busy(&error) && first_tried.elapsed() < BUSY_WAIT => {
                    tokio::time::sleep(WAL_LOOK_EVERY).await;
                }
                opened => break opened.map_err(down)?,
            }
        };
        let turn = if is_migrated(&writer).await { None } else { Some(Turn::take(path).await?) };
        ON_FILE
            .run(&writer)
            .await
            .map_err(|error| not_migrated(error, &path.display().to_string()))?;
        if let Some(turn) = turn {
            turn.over()?;
        }
        // After the migrations: a connection that was open before knows the
        // old columns, and its first `SELECT *` has more than it is ready for.
        let reader = pool(READERS, options).await.map_err(down)?;
        let place = Place::File(path.to_owned());
        Self { writer: Pool::lite(writer), reader: Pool::lite(reader), place }.installed(now).await
    }

    /// Opens the ledger in a database of a PostgreSQL server, migrated to this version.
    ///
    /// # Errors
    /// As `open`; none of them tells the password.
    pub async fn connect(url: &str, now: UnixMs) -> Result<Self, LedgerError> {
        let options = server(url)?;
        // A migration is slow where there is much to change, and its text is long: a log
        // of slow statements would tell all of it.
        let mut first = first_connection(&options.clone().disable_statement_logging()).await?;
        sound(&mut first).await?;
        migrate(&mut first).await?;
        first.close().await.map_err(down)?;
        let writer = server_pool(SERVER_WRITERS, options.clone()).await?;
        let reader = server_pool(SERVER_READERS, options.clone()).await?;
        let (writer, reader) = (Pool::pg_writes(writer), Pool::pg_reads(reader));
        Self { writer, reader, place: Place::Server(Box::new(options)) }.installed(now).await
    }

    /// Whether a URL names a database of a PostgreSQL server.
    ///
    /// # Errors
    /// What to write instead; does not repeat the URL, in which a password may be.
    pub fn check_url(url: &str) -> Result<(), String> {
        const WRITE: &str = "write embedded or postgres://USER@HOST/DATABASE";
        let known = ["postgres://", "postgresql://"].iter().any(|s| url.starts_with(s));
        let options = PgConnectOptions::from_str(url).ok().filter(|_| known);
        let Some(options) = options else { return Err(WRITE.to_owned()) };
        if options.get_database().is_none_or(str::is_empty) {
            return Err(format!("names no database: {WRITE}"));
        }
        // Where it is hidden when settings are printed.
        if url.contains("password=") {
            return Err("write the password before the @, or keep it in a file that PGPASSFILE \
                        names"
                .to_owned());
        }
        check_parameters(url)
    }

    /// Gives a new ledger its secret. One that has it is not written to: whoever opens it
    /// to read need not wait for who writes.
    async fn installed(self, now: UnixMs) -> Result<Self, LedgerError> {
        let known = db::query_scalar::<i64>("SELECT id FROM installation WHERE id = 1")
            .fetch_optional(&self.reader)
            .await
            .map_err(down)?;
        if known.is_some() {
            return Ok(self);
        }
        db::query(
            "INSERT INTO installation (id, secret, created_at) VALUES (1, $1, $2)
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(rng::bytes::<32>().to_vec())
        .bind(now.0)
        .execute(&self.writer)
        .await
        .map_err(down)?;
        Ok(self)
    }
}

fn check_parameters(url: &str) -> Result<(), String> {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    let Some((_, parameters)) = url.split_once('?') else { return Ok(()) };
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        let name = parameter.split_once('=').map_or(parameter, |(name, _)| name);
        if PARAMETERS.contains(&name) || SPELT_OTHERWISE.contains(&name) {
            continue;
        }
        if name.starts_with("options[") && name.ends_with(']') {
            continue;
        }
        // Anything else may be a piece of a password.
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
            return Err("what stands behind the ? is no parameter; a ? of a password is written \
                        %3F, and a # is %23"
                .to_owned());
        }
        let small = name.to_ascii_lowercase();
        let far = |known: &&str| strsim::damerau_levenshtein(known, &small);
        let nearest = PARAMETERS.into_iter().min_by_key(far);
        return Err(match nearest.filter(|known| far(known) <= name.len() / 2) {
            Some(known) => format!("{name} is no parameter: is {known} meant?"),
            None => format!("{name} is no parameter: take it away"),
        });
    }
    Ok(())
}

/// SQLite waits for a lock by itself, except where two make one new file a file with
/// a log at the same instant.
fn is_busy(error: &sqlx::Error) -> bool {
    const BUSY: u32 = 5;
    let code = error.as_database_error().and_then(|error| error.code());
    code.and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == BUSY)
}

async fn is_migrated(file: &SqlitePool) -> bool {
    let found: Result<Option<i64>, _> =
        sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(file).await;
    found.is_ok_and(|found| found >= ON_FILE.iter().map(|migration| migration.version).max())
}

/// The right to migrate a file, which the driver gives to everybody at once: a lock on
/// another file beside it, that goes with the process.
struct Turn(PathBuf, #[allow(dead_code, reason = "locked as long as it is open")] File);

impl Turn {
    async fn take(path: &Path) -> Result<Self, LedgerError> {
        let mut name = path.as_os_str().to_owned();
        name.push("-migrating");
        let name = PathBuf::from(name);
        let told = |e| LedgerError::Unavailable(format!("{}: {e}", name.display()));
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&name);
        let file = file.map_err(told)?;
        for _ in 0..MIGRATION_LOOKS {
            match file.try_lock() {
                Ok(()) => return Ok(Self(name, file)),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(MIGRATION_LOOK_EVERY).await,
                Err(TryLockError::Error(error)) => return Err(told(error)),
            }
        }
        let says = format!("{}: another process migrates it", path.display());
        Err(LedgerError::Unavailable(says))
    }

    /// Whoever waits for it still, or makes it anew, finds nothing left to do.
    fn over(self) -> Result<(), LedgerError> {
        let told = |e| LedgerError::Unavailable(format!("{}: {e}", self.0.display()));
        match std::fs::remove_file(&self.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(told(error)),
            _ => Ok(()),
        }
    }
}

/// The options that a URL names.
pub(super) fn server(url: &str) -> Result<PgConnectOptions, LedgerError> {
    let told = |_| LedgerError::Unavailable("ledger: the URL of the server is not one".to_owned());
    let options = PgConnectOptions::from_str(url).map_err(told)?;
    Ok(options.application_name("zhenma").statement_cache_capacity(STATEMENTS_KEPT))
}

pub(super) async fn first_connection(
    options: &PgConnectOptions,
) -> Result<PgConnection, LedgerError> {
    let connecting = async {
        let mut connection = PgConnection::connect_with(options).await?;
        sqlx::raw_sql(SESSION).execute(&mut connection).await?;
        Ok(connection)
    };
    match tokio::time::timeout(BUSY_WAIT, connecting).await {
        Ok(connected) => connected.map_err(down),
        Err(_) => Err(LedgerError::Unavailable("PostgreSQL gives no answer in time".to_owned())),
    }
}

pub(super) async fn server_pool(
    connections: u32,
    options: PgConnectOptions,
) -> Result<PgPool, LedgerError> {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(BUSY_WAIT)
        .after_connect(|connection, _| {
            Box::pin(async move {
                sqlx::raw_sql(SESSION).execute(connection).await?;
                Ok(())
            })
        })
        .connect_with(options)
        .await
        .map_err(down)
}

/// Refuses a database that would lose or change what it is given.
pub(super) async fn sound(connection: &mut PgConnection) -> Result<(), LedgerError> {
    let refuse = |problem: String| Err(LedgerError::Unavailable(format!("PostgreSQL: {problem}")));
    let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int4")
        .fetch_one(&mut *connection)
        .await
        .map_err(down)?;
    if version < 140_000 {
        return refuse(format!("version {} is too old; use 14 or later", version / 10_000));
    }
    let follows: bool = sqlx::query_scalar("SELECT pg_is_in_recovery()")
        .fetch_one(&mut *connection)
        .await
        .map_err(down)?;
    if follows {
        return refuse("it is a standby, which takes no writes; name the primary".to_owned());
    }
    let encoding: String = sqlx::query_scalar("SELECT current_setting('server_encoding')")
        .fetch_one(&mut *connection)
        .await
        .map_err(down)?;
    if encoding != "UTF8" {
        return refuse(format!(
            "the database has the encoding {encoding}; create it WITH ENCODING 'UTF8' TEMPLATE \
             template0"
        ));
    }
    let commits: String = sqlx::query_scalar("SELECT current_setting('synchronous_commit')")
        .fetch_one(&mut *connection)
        .await
        .map_err(down)?;
    if commits == "off" {
        return refuse("synchronous_commit cannot be turned on for this session".to_owned());
    }
    Ok(())
}

/// One process migrates, the others wait for it.
async fn migrate(connection: &mut PgConnection) -> Result<(), LedgerError> {
    let turn = format!(
        "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
         SET lock_timeout = '{MIGRATION_WAIT}'; SELECT pg_advisory_lock({MIGRATING});
         SET lock_timeout = '{TABLE_WAIT}'"
    );
    let turn = sqlx::AssertSqlSafe(turn);
    sqlx::raw_sql(turn).execute(&mut *connection).await.map_err(down)?;
    ON_SERVER.run(&mut *connection).await.map_err(|error| not_migrated(error, "PostgreSQL"))?;
    let done = format!("SELECT pg_advisory_unlock({MIGRATING})");
    sqlx::raw_sql(sqlx::AssertSqlSafe(done)).execute(connection).await.map(drop).map_err(down)
}

pub(super) fn not_migrated(error: sqlx::migrate::MigrateError, place: &str) -> LedgerError {
    match error {
        sqlx::migrate::MigrateError::VersionMissing(found)
        | sqlx::migrate::MigrateError::VersionTooNew(found, _) => LedgerError::NewerVersion(found),
        other => LedgerError::Unavailable(format!("{place}: {other}")),
    }
}

/// The file and its directory for their owner alone: they hold secrets, hashes
/// and finished labels.
fn private_file(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    OpenOptions::new().append(true).create(true).mode(0o600).open(path).map(drop)
}
