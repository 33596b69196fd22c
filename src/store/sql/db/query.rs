//! Statements, as sqlx has them, on either database.

use std::fmt::Write as _;
use std::marker::PhantomData;

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use sqlx::postgres::{PgArguments, Postgres};
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Error, SqlSafeStr, SqlStr, Sqlite};

use super::args::{self, Arg, Bind};
use super::row::{FromRow, Kept, Row};
use super::{At, Bare, Conn, On, PoolKind};

/// A statement with `$1`, `$2`, ... and what they stand for.
#[must_use]
pub(in crate::store::sql) struct Query {
    sql: SqlStr,
    args: Vec<Arg>,
    /// Where a `?` stands that PostgreSQL wants numbered.
    marks: Vec<usize>,
}

pub(in crate::store::sql) fn query(sql: impl SqlSafeStr) -> Query {
    Query { sql: sql.into_sql_str(), args: Vec::new(), marks: Vec::new() }
}

/// Whether a statement may stay prepared. Once a migration added a column, PostgreSQL
/// refuses a `SELECT *` that was prepared before, for good; SQLite prepares it anew, and
/// sqlx, which counted the columns before, loses the connection and the rows with it,
/// without an error. A version that still serves has such statements in every
/// connection: what takes all columns is prepared anew each time.
fn may_be_kept(sql: &SqlStr) -> bool {
    !["SELECT *", ".*", "RETURNING *"].iter().any(|all| sql.as_str().contains(all))
}

/// The first column of rows.
#[must_use]
pub(in crate::store::sql) struct Scalar<T>(Query, PhantomData<fn() -> T>);

pub(in crate::store::sql) fn query_scalar<T: Kept>(sql: impl SqlSafeStr) -> Scalar<T> {
    Scalar(query(sql), PhantomData)
}

/// Rows as tuples.
#[must_use]
pub(in crate::store::sql) struct Tuples<T>(Query, PhantomData<fn() -> T>);

pub(in crate::store::sql) fn query_as<T: FromRow>(sql: impl SqlSafeStr) -> Tuples<T> {
    Tuples(query(sql), PhantomData)
}

/// What a statement did.
#[derive(Clone, Copy, Debug)]
pub(in crate::store::sql) struct Done(u64);

impl Done {
    pub(in crate::store::sql) fn rows_affected(self) -> u64 {
        self.0
    }
}

impl Query {
    pub(super) fn made(sql: String, args: Vec<Arg>, marks: Vec<usize>) -> Self {
        Self { sql: AssertSqlSafe(sql).into_sql_str(), args, marks }
    }

    /// With `$1` in the place of the first mark, and so on.
    fn numbered(&self) -> SqlStr {
        if self.marks.is_empty() {
            return self.sql.clone();
        }
        let all = self.sql.as_str();
        let (mut sql, mut from) = (String::with_capacity(all.len() + 4 * self.marks.len()), 0);
        for (n, mark) in self.marks.iter().enumerate() {
            let _ = write!(sql, "{}${}", &all[from..*mark], n + 1);
            from = mark + 1;
        }
        sql.push_str(&all[from..]);
        AssertSqlSafe(sql).into_sql_str()
    }

    pub(in crate::store::sql) fn bind(mut self, value: impl Bind) -> Self {
        self.args.push(value.arg());
        self
    }

    fn lite<'q>(self) -> sqlx::query::Query<'q, Sqlite, SqliteArguments> {
        let kept = may_be_kept(&self.sql);
        sqlx::query_with(self.sql, args::lite(self.args)).persistent(kept)
    }

    fn pg<'q>(self) -> sqlx::query::Query<'q, Postgres, PgArguments> {
        let sql = self.numbered();
        let kept = may_be_kept(&sql);
        sqlx::query_with(sql, args::pg(self.args)).persistent(kept)
    }

    pub(in crate::store::sql) async fn execute<'e>(self, on: impl On<'e>) -> Result<Done, Error> {
        let mut held = on.at().hold().await?;
        let done = match held.bare() {
            Bare::Lite(lite) => self.lite().execute(lite).await?.rows_affected(),
            Bare::Pg(pg) => self.pg().execute(pg).await?.rows_affected(),
        };
        held.done().await?;
        Ok(Done(done))
    }

    pub(in crate::store::sql) async fn fetch_all<'e>(
        self,
        on: impl On<'e>,
    ) -> Result<Vec<Row>, Error> {
        let mut held = on.at().hold().await?;
        let rows = match held.bare() {
            Bare::Lite(lite) => self.lite().fetch(lite).map_ok(Row::Lite).try_collect().await?,
            Bare::Pg(pg) => self.pg().fetch(pg).map_ok(Row::Pg).try_collect().await?,
        };
        held.done().await?;
        Ok(rows)
    }

    pub(in crate::store::sql) async fn fetch_optional<'e>(
        self,
        on: impl On<'e>,
    ) -> Result<Option<Row>, Error> {
        let mut held = on.at().hold().await?;
        let row = match held.bare() {
            Bare::Lite(lite) => self.lite().fetch_optional(lite).await?.map(Row::Lite),
            Bare::Pg(pg) => self.pg().fetch_optional(pg).await?.map(Row::Pg),
        };
        held.done().await?;
        Ok(row)
    }

    pub(in crate::store::sql) async fn fetch_one<'e>(self, on: impl On<'e>) -> Result<Row, Error> {
        self.fetch_optional(on).await?.ok_or(Error::RowNotFound)
    }

    /// Rows one by one, for what is more than memory should hold. Reads alone.
    pub(in crate::store::sql) fn fetch<'e>(
        self,
        on: impl On<'e>,
    ) -> BoxStream<'e, Result<Row, Error>> {
        match on.at() {
            At::Pool(pool) => match &pool.0 {
                PoolKind::Lite(lite) => self.lite().fetch(lite).map_ok(Row::Lite).boxed(),
                PoolKind::PgReads(pg) | PoolKind::PgWrites(pg, _) => {
                    self.pg().fetch(pg).map_ok(Row::Pg).boxed()
                }
            },
            At::Conn(conn) => match conn.bare() {
                Bare::Lite(lite) => self.lite().fetch(lite).map_ok(Row::Lite).boxed(),
                Bare::Pg(pg) => self.pg().fetch(pg).map_ok(Row::Pg).boxed(),
            },
        }
    }
}

impl<T: Kept> Scalar<T> {
    pub(super) fn made(query: Query) -> Self {
        Self(query, PhantomData)
    }

    pub(in crate::store::sql) fn bind(self, value: impl Bind) -> Self {
        Self(self.0.bind(value), PhantomData)
    }

    pub(in crate::store::sql) async fn fetch_one<'e>(self, on: impl On<'e>) -> Result<T, Error> {
        self.0.fetch_one(on).await?.try_get(0)
    }

    pub(in crate::store::sql) async fn fetch_optional<'e>(
        self,
        on: impl On<'e>,
    ) -> Result<Option<T>, Error> {
        self.0.fetch_optional(on).await?.map(|row| row.try_get(0)).transpose()
    }

    pub(in crate::store::sql) async fn fetch_all<'e>(
        self,
        on: impl On<'e>,
    ) -> Result<Vec<T>, Error> {
        self.0.fetch_all(on).await?.iter().map(|row| row.try_get(0)).collect()
    }
}

impl<T: FromRow> Tuples<T> {
    pub(in crate::store::sql) fn bind(self, value: impl Bind) -> Self {
        Self(self.0.bind(value), PhantomData)
    }

    pub(in crate::store::sql) async fn fetch_one<'e>(self, on: impl On<'e>) -> Result<T, Error> {
        T::from_row(&self.0.fetch_one(on).await?)
    }

    pub(in crate::store::sql) async fn fetch_optional<'e>(
        self,
        on: impl On<'e>,
    ) -> Result<Option<T>, Error> {
        self.0.fetch_optional(on).await?.map(|row| T::from_row(&row)).transpose()
    }

    pub(in crate::store::sql) async fn fetch_all<'e>(
        self,
        on: impl On<'e>,
    ) -> Result<Vec<T>, Error> {
        self.0.fetch_all(on).await?.iter().map(T::from_row).collect()
    }
}

/// A connection that a statement has, and whether it was lent.
enum Held<'e> {
    Lent(&'e mut Conn),
    Own(Conn),
}

impl<'e> At<'e> {
    async fn hold(self) -> Result<Held<'e>, Error> {
        Ok(match self {
            At::Conn(conn) => Held::Lent(conn),
            At::Pool(pool) => Held::Own(pool.one_statement().await?),
        })
    }
}

impl Held<'_> {
    fn bare(&mut self) -> Bare<'_> {
        match self {
            Held::Lent(conn) => conn.bare(),
            Held::Own(conn) => conn.bare(),
        }
    }

    async fn done(self) -> Result<(), Error> {
        match self {
            Held::Own(Conn::PgTx(tx)) => tx.commit().await,
            _ => Ok(()),
        }
    }
}
