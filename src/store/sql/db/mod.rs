//! The two databases under one face: what sqlx has for one database each, for
//! whichever the ledger is on. SQLite's own types stay below it, unboxed;
//! [ADR 33](../../../guide/adr/0033-one-ledger-two-databases.md) says why this and not
//! sqlx's `Any`.

mod args;
mod builder;
mod query;
mod row;

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool, Postgres};
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use sqlx::{Error, Sqlite, Transaction};

pub(in crate::store::sql) use args::Kind;
pub(in crate::store::sql) use builder::QueryBuilder;
pub(in crate::store::sql) use query::{query, query_as, query_scalar};
pub(in crate::store::sql) use row::{Column, Row};

/// Begins what writes on PostgreSQL: one writer at a time over all servers, as
/// SQLite has it. READ COMMITTED: each statement sees what was committed before
/// the lock was had. A snapshot would be taken before.
const WRITE: &str =
    "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(7310868735422328)";
/// Begins what reads several times and must see one state.
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

#[derive(Clone)]
pub(in crate::store::sql) struct Pool(PoolKind);

#[derive(Clone)]
pub(in crate::store::sql) enum PoolKind {
    Lite(SqlitePool),
    PgReads(PgPool),
    PgWrites(PgPool, Option<Fence>),
}

/// A piece of work and the term in which it is had.
#[derive(Clone, Copy, Debug)]
pub(in crate::store::sql) struct Fence {
    pub(in crate::store::sql) work: &'static str,
    pub(in crate::store::sql) term: i64,
}

/// A connection, in a transaction or not.
pub(in crate::store::sql) enum Conn {
    Lite(PoolConnection<Sqlite>),
    LiteTx(Transaction<'static, Sqlite>),
    Pg(PoolConnection<Postgres>),
    PgTx(Transaction<'static, Postgres>),
}

/// A transaction; dropped without `commit` it leaves nothing.
pub(in crate::store::sql) struct Tx(Conn);

/// A connection below this face.
pub(super) enum Bare<'c> {
    Lite(&'c mut SqliteConnection),
    Pg(&'c mut PgConnection),
}

/// Where a statement runs.
pub(in crate::store::sql) enum At<'e> {
    Pool(&'e Pool),
    Conn(&'e mut Conn),
}

pub(in crate::store::sql) trait On<'e>: Send {
    fn at(self) -> At<'e>;
}

impl<'e> On<'e> for &'e Pool {
    fn at(self) -> At<'e> {
        At::Pool(self)
    }
}

impl<'e> On<'e> for &'e mut Conn {
    fn at(self) -> At<'e> {
        At::Conn(self)
    }
}

/// Begins in a task of its own: whoever is dropped while it waits for its turn must
/// not leave a connection behind that gets the turn later and keeps it (sqlx rolls
/// back only what it knows to have begun).
async fn begun(pool: &PgPool, how: &'static str) -> Result<Transaction<'static, Postgres>, Error> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(how).await });
    begun.await.unwrap_or(Err(Error::PoolClosed))
}

impl Pool {
    pub(in crate::store::sql) const fn lite(pool: SqlitePool) -> Self {
        Self(PoolKind::Lite(pool))
    }

    pub(in crate::store::sql) const fn pg_reads(pool: PgPool) -> Self {
        Self(PoolKind::PgReads(pool))
    }

    pub(in crate::store::sql) const fn pg_writes(pool: PgPool) -> Self {
        Self(PoolKind::PgWrites(pool, None))
    }

    /// As it is, for who writes only as long as it has its work.
    pub(in crate::store::sql) fn fenced(&self, fence: Fence) -> Self {
        Self(match &self.0 {
            PoolKind::PgWrites(pool, _) => PoolKind::PgWrites(pool.clone(), Some(fence)),
            // A lock on a file is not lost before its process ends.
            other => other.clone(),
        })
    }

    /// One state for several reads.
    pub(in crate::store::sql) async fn begin(&self) -> Result<Tx, Error> {
        Ok(Tx(match &self.0 {
            PoolKind::Lite(pool) => Conn::LiteTx(pool.begin().await?),
            PoolKind::PgReads(pool) | PoolKind::PgWrites(pool, _) => {
                Conn::PgTx(begun(pool, READ).await?)
            }
        }))
    }

    /// The writer's place from the first statement on.
    pub(in crate::store::sql) async fn write(&self) -> Result<Tx, Error> {
        let (pool, fence) = match &self.0 {
            PoolKind::Lite(pool) => {
                return Ok(Tx(Conn::LiteTx(pool.begin_with("BEGIN IMMEDIATE").await?)));
            }
            PoolKind::PgReads(pool) => (pool, &None),
            PoolKind::PgWrites(pool, fence) => (pool, fence),
        };
        let mut tx = begun(pool, WRITE).await?;
        if let Some(Fence { work, term }) = *fence {
            sqlx::query("SELECT 1 FROM leases WHERE work = $1 AND term = $2")
                .bind(work)
                .bind(term)
                .fetch_optional(&mut *tx)
                .await?
                .ok_or_else(|| Error::Protocol(format!("another process is the {work} now")))?;
        }
        Ok(Tx(Conn::PgTx(tx)))
    }

    /// A connection without a transaction.
    pub(in crate::store::sql) async fn acquire(&self) -> Result<Conn, Error> {
        Ok(match &self.0 {
            PoolKind::Lite(pool) => Conn::Lite(pool.acquire().await?),
            PoolKind::PgReads(pool) | PoolKind::PgWrites(pool, _) => {
                Conn::Pg(pool.acquire().await?)
            }
        })
    }

    /// For one statement: where it writes on PostgreSQL it waits for its turn too.
    async fn one_statement(&self) -> Result<Conn, Error> {
        match &self.0 {
            PoolKind::PgWrites(..) => Ok(self.write().await?.0),
            _ => self.acquire().await,
        }
    }

    pub(in crate::store::sql) async fn close(&self) {
        match &self.0 {
            PoolKind::Lite(pool) => pool.close().await,
            PoolKind::PgReads(pool) | PoolKind::PgWrites(pool, _) => pool.close().await,
        }
    }
}

impl Conn {
    fn bare(&mut self) -> Bare<'_> {
        match self {
            Self::Lite(lite) => Bare::Lite(lite),
            Self::LiteTx(lite) => Bare::Lite(lite),
            Self::Pg(pg) => Bare::Pg(pg),
            Self::PgTx(pg) => Bare::Pg(pg),
        }
    }
}

impl Tx {
    /// An error tells that nobody knows: an answer may be lost behind what was
    /// done.
    pub(in crate::store::sql) async fn commit(self) -> Result<(), Error> {
        match self.0 {
            Conn::LiteTx(tx) => tx.commit().await,
            Conn::PgTx(tx) => tx.commit().await,
            Conn::Lite(_) | Conn::Pg(_) => Ok(()),
        }
    }
}

impl Deref for Tx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}
