//! A file's rows into an empty database, in one transaction: either all of it is a
//! ledger, or the database is as empty as it was.

use rusqlite::Connection;
use sqlx::postgres::{PgPool, Postgres};
use sqlx::{AssertSqlSafe, Transaction};

use super::rows::{Counting, HEADER, TRAILER, Table, quoted};
use super::snapshot::rows_of;
use super::{Held, Tally, same};
use crate::base::{LedgerError, UnixMs};
use crate::store::sql::down;
use crate::store::sql::lease::Work;
use crate::store::sql::open::{
    MIGRATING, ON_SERVER, first_connection, not_migrated, server, server_pool, sound,
};

/// Bytes that are sent at once.
const PIECE_BYTES: usize = 256 * 1024;
/// How long one that was killed may stay in the server's mind.
const LEFT_WAIT: &str = "20s";
/// References and indices of the schema: what drops each, and what makes it again.
const LEFT_OUT: &str = "
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
        format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,
            pg_get_constraintdef(oid))
    FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
    UNION ALL
    SELECT format('DROP INDEX %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
    FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
    WHERE t.relnamespace = current_schema()::regnamespace AND NOT EXISTS
        (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype <> 'f')";

/// An empty database that is being filled. Others that open it wait; dropped without
/// `commit` it is empty again.
pub struct Load {
    tx: Transaction<'static, Postgres>,
    pool: PgPool,
}

impl Load {
    /// # Errors
    /// `Conflict` for a database that is not empty or that another process fills,
    /// `Unavailable`; none of them tells the password.
    pub async fn begin(url: &str) -> Result<Self, LedgerError> {
        let options = server(url)?;
        // A pool would try for long and not tell why it cannot.
        sound(&mut first_connection(&options).await?).await?;
        let pool = server_pool(1, options).await?;
        let mut tx = pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await.map_err(down)?;
        sqlx::raw_sql(
            "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0",
        )
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        sqlx::raw_sql(AssertSqlSafe(format!("SET LOCAL lock_timeout = '{LEFT_WAIT}'")))
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        let turn = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATING);
        turn.execute(&mut *tx).await.map_err(|error| {
            LedgerError::Conflict(format!(
                "ledger: another process fills or migrates the database ({error}): wait for it"
            ))
        })?;
        let is_taken: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY (current_schemas(false)))",
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(down)?;
        if is_taken {
            return Err(LedgerError::Conflict(
                "ledger: the database that is named has tables already: name another one, or \
                 rename it and create another"
                    .to_owned(),
            ));
        }
        Ok(Self { tx, pool })
    }

    /// Makes the tables, puts all rows of a file there that nobody else has open and
    /// that is of this version, and reads them back.
    ///
    /// # Errors
    /// Of both sides, and when the server gives back other rows.
    pub async fn fill(&mut self, file: &Connection) -> Result<Tally, LedgerError> {
        let migrating = ON_SERVER.run(&mut *self.tx);
        migrating.await.map_err(|error| not_migrated(error, "PostgreSQL"))?;
        let left_out: Vec<(String, String)> =
            sqlx::query_as(LEFT_OUT).fetch_all(&mut *self.tx).await.map_err(down)?;
        // References first: indices may be what they lean on.
        for (drop, _) in &left_out {
            self.run(drop.clone()).await?;
        }
        let tables = Table::all(file)?;
        let mut written = Tally::new();
        for table in &tables {
            // What the migrations put there.
            self.run(format!("DELETE FROM {}", quoted(&table.name))).await?;
            written.insert(table.name.clone(), self.put(file, table).await?);
        }
        for (_, make) in left_out.iter().rev() {
            self.run(make.clone()).await?;
        }
        // Else it would be asked without knowing what it holds, until it looks itself.
        self.run("ANALYZE".to_owned()).await?;
        let mut back = Tally::new();
        for table in &tables {
            let held = rows_of(&mut self.tx, table, |_| Ok(())).await?;
            back.insert(table.name.clone(), held);
        }
        same(&written, &back, "PostgreSQL")?;
        Ok(written)
    }

    async fn put(&mut self, file: &Connection, table: &Table) -> Result<Held, LedgerError> {
        let told = |e: rusqlite::Error| LedgerError::Unavailable(format!("{}: {e}", table.name));
        let refused = |e: sqlx::Error| LedgerError::Unavailable(format!("{}: {e}", table.name));
        let (name, columns) = (quoted(&table.name), table.columns());
        let copy = format!("COPY {name} ({columns}) FROM STDIN (FORMAT binary)");
        let mut to = self.tx.copy_in_raw(&copy).await.map_err(refused)?;
        let (mut counting, mut piece) = (Counting::default(), HEADER.to_vec());
        let mut statement = file.prepare(&table.select()).map_err(told)?;
        let mut rows = statement.query([]).map_err(told)?;
        while let Some(row) = rows.next().map_err(told)? {
            let begin = piece.len();
            table.write(row, &mut piece)?;
            counting.row(&piece[begin..]);
            if piece.len() >= PIECE_BYTES {
                to.send(piece.as_slice()).await.map_err(refused)?;
                piece.clear();
            }
        }
        piece.extend(TRAILER);
        to.send(piece).await.map_err(refused)?;
        to.finish().await.map_err(refused)?;
        Ok(counting.held())
    }

    async fn run(&mut self, sql: String) -> Result<(), LedgerError> {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *self.tx).await.map(drop).map_err(down)
    }

    /// Makes it a ledger. Its terms of work begin behind any that a process may still
    /// have from another database under this name: an old worker that finds its
    /// connection again must not take its number for one of these.
    ///
    /// # Errors
    /// `Unavailable`: nobody knows then whether it is one.
    pub async fn commit(mut self, now: UnixMs) -> Result<(), LedgerError> {
        for work in [Work::Worker, Work::Courier] {
            sqlx::query(
                "INSERT INTO leases (work, term, taken_at) VALUES ($1, $2, $2)
                 ON CONFLICT (work) DO UPDATE SET term = GREATEST(leases.term + 1, excluded.term)",
            )
            .bind(work.name())
            .bind(now.0)
            .execute(&mut *self.tx)
            .await
            .map_err(down)?;
        }
        self.tx.commit().await.map_err(|e| {
            LedgerError::Unavailable(format!(
                "{e}. It was not told whether the database was filled: drop and create it, and \
                 begin again"
            ))
        })?;
        self.pool.close().await;
        Ok(())
    }
}
