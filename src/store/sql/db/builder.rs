//! Statements of a length that is known when they are made. SQLite gets `?`, and
//! PostgreSQL `$1`, `$2`, ...: SQLite takes these too, but looks each of some
//! thousand names up in a list, from its beginning.

use std::fmt::{Display, Write as _};

use super::args::{Arg, Bind};
use super::query::{Query, Scalar};
use super::row::Kept;

pub(in crate::store::sql) struct QueryBuilder {
    sql: String,
    args: Vec<Arg>,
    /// Where the `?` of each argument stands.
    marks: Vec<usize>,
}

impl QueryBuilder {
    pub(in crate::store::sql) fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), args: Vec::new(), marks: Vec::new() }
    }

    pub(in crate::store::sql) fn push(&mut self, sql: impl Display) -> &mut Self {
        let _ = write!(self.sql, "{sql}");
        self
    }

    pub(in crate::store::sql) fn push_bind(&mut self, value: impl Bind) -> &mut Self {
        self.args.push(value.arg());
        self.marks.push(self.sql.len());
        self.sql.push('?');
        self
    }

    pub(in crate::store::sql) fn separated(&mut self, by: &'static str) -> Separated<'_> {
        Separated { query: self, by, after_first: false }
    }

    /// `VALUES (...), (...)`.
    pub(in crate::store::sql) fn push_values<I: IntoIterator>(
        &mut self,
        rows: I,
        mut each: impl FnMut(Separated<'_>, I::Item),
    ) -> &mut Self {
        self.push("VALUES ");
        for (n, row) in rows.into_iter().enumerate() {
            self.push(if n == 0 { "(" } else { ", (" });
            each(self.separated(", "), row);
            self.push(")");
        }
        self
    }

    /// The statement; the builder is empty behind it.
    pub(in crate::store::sql) fn build(&mut self) -> Query {
        let Self { sql, args, marks } = std::mem::replace(self, Self::new(""));
        Query::made(sql, args, marks)
    }

    /// As SQLite gets it.
    #[cfg(test)]
    pub(in crate::store::sql) fn sql(&self) -> &str {
        &self.sql
    }

    pub(in crate::store::sql) fn build_query_scalar<T: Kept>(&mut self) -> Scalar<T> {
        Scalar::made(self.build())
    }
}

pub(in crate::store::sql) struct Separated<'q> {
    query: &'q mut QueryBuilder,
    by: &'static str,
    after_first: bool,
}

impl Separated<'_> {
    fn next(&mut self) {
        if std::mem::replace(&mut self.after_first, true) {
            self.query.push(self.by);
        }
    }

    pub(in crate::store::sql) fn push(&mut self, sql: impl Display) -> &mut Self {
        self.next();
        self.query.push(sql);
        self
    }

    pub(in crate::store::sql) fn push_bind(&mut self, value: impl Bind) -> &mut Self {
        self.next();
        self.query.push_bind(value);
        self
    }

    pub(in crate::store::sql) fn push_unseparated(&mut self, sql: impl Display) -> &mut Self {
        self.query.push(sql);
        self
    }

    pub(in crate::store::sql) fn push_bind_unseparated(&mut self, value: impl Bind) -> &mut Self {
        self.query.push_bind(value);
        self
    }
}
