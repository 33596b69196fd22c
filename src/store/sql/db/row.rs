//! A row of either database, and its columns as the types that the ledger has.

use sqlx::postgres::{PgRow, Postgres};
use sqlx::sqlite::SqliteRow;
use sqlx::{ColumnIndex, Decode, Error, Row as _, Sqlite, Type};

pub(in crate::store::sql) enum Row {
    Lite(SqliteRow),
    Pg(PgRow),
}

/// By name or by place.
pub(in crate::store::sql) trait Index:
    ColumnIndex<SqliteRow> + ColumnIndex<PgRow> + Copy
{
}
impl<I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow> + Copy> Index for I {}

/// What a column may be read as.
pub(in crate::store::sql) trait Column<'r>:
    Decode<'r, Sqlite> + Type<Sqlite>
{
    fn of_pg<I: Index>(row: &'r PgRow, index: I) -> Result<Self, Error>;
}

fn plain<'r, T, I: Index>(row: &'r PgRow, index: I) -> Result<T, Error>
where
    T: Decode<'r, Postgres> + Type<Postgres>,
{
    row.try_get(index)
}

macro_rules! columns {
    ($($type:ty),*) => { $(
        impl<'r> Column<'r> for $type {
            fn of_pg<I: Index>(row: &'r PgRow, index: I) -> Result<Self, Error> {
                plain(row, index)
            }
        }
    )* };
}
columns!(f64, Option<f64>, &'r str, String, Option<String>, Vec<u8>, Option<Vec<u8>>);

/// SQLite knows one kind of integer and has numbers for truths; the same
/// expression is INT4, INT8 or BOOL on PostgreSQL.
impl<'r> Column<'r> for Option<i64> {
    fn of_pg<I: Index>(row: &'r PgRow, index: I) -> Result<Self, Error> {
        plain(row, index).or_else(|error| {
            plain(row, index)
                .map(|n: Option<i32>| n.map(i64::from))
                .or_else(|_| plain(row, index).map(|b: Option<bool>| b.map(i64::from)))
                .map_err(|_| error)
        })
    }
}

impl<'r> Column<'r> for i64 {
    fn of_pg<I: Index>(row: &'r PgRow, index: I) -> Result<Self, Error> {
        let null = || Error::Decode(Box::new(sqlx::error::UnexpectedNullError));
        Option::<Self>::of_pg(row, index)?.ok_or_else(null)
    }
}

impl<'r> Column<'r> for bool {
    fn of_pg<I: Index>(row: &'r PgRow, index: I) -> Result<Self, Error> {
        plain(row, index).or_else(|_| i64::of_pg(row, index).map(|n| n != 0))
    }
}

/// A column that outlives its row.
pub(in crate::store::sql) trait Kept: for<'r> Column<'r> {}
impl<T: for<'r> Column<'r>> Kept for T {}

impl Row {
    pub(in crate::store::sql) fn try_get<'r, T: Column<'r>>(
        &'r self,
        index: impl Index,
    ) -> Result<T, Error> {
        match self {
            Self::Lite(row) => row.try_get(index),
            Self::Pg(row) => T::of_pg(row, index),
        }
    }
}

/// A row that is a few columns in their order.
pub(in crate::store::sql) trait FromRow: Sized {
    fn from_row(row: &Row) -> Result<Self, Error>;
}

macro_rules! tuples {
    ($(($($type:ident $at:tt),*))*) => { $(
        impl<$($type: Kept),*> FromRow for ($($type,)*) {
            fn from_row(row: &Row) -> Result<Self, Error> {
                Ok(($(row.try_get::<$type>($at)?,)*))
            }
        }
    )* };
}
tuples! { (A 0, B 1) (A 0, B 1, C 2) }
