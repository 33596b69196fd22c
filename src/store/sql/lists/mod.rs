//! Pages of lists: statements made of constants, with what was asked for bound
//! to them.

mod sources;
#[cfg(test)]
mod tests;

use crate::store::sql::db::{QueryBuilder, Row};
use async_trait::async_trait;

use self::sources::{Source, source};
use super::rows::{Read, get};
use super::{Ledger, down};
use crate::base::{LedgerError, UnixMs};
use crate::exports::Cell;
use crate::lists::{Column, ListLedger, Mark, Page, Shape, Sorts, Value, Wanted, Within};

type Query = QueryBuilder;

/// What rows are compared by, as SQL.
fn keys(wanted: &Wanted, source: &Source) -> Vec<&'static str> {
    let own = Some(wanted.by.name).filter(|_| wanted.by.sorts == Sorts::Own);
    let own = own.map(|name| source.of_column(name));
    own.into_iter().chain(source.rows_by.iter().copied()).collect()
}

fn push_value(query: &mut Query, value: &Value) {
    match value {
        Value::Number(number) => query.push_bind(*number),
        Value::Text(text) => query.push_bind(text.clone()),
    };
}

fn push_within(query: &mut Query, within: &Within, source: &Source) {
    query.push(" WHERE ").push(source.within);
    if let Some(of) = within.enterprise() {
        query.push(" = ").push_bind(of.as_str().to_owned());
    }
    match within {
        Within::Batch(_, batch) => {
            query.push(" AND m.key_number = ").push_bind(i64::from(batch.key.get()));
            query.push(" AND m.batch_number = ").push_bind(i64::from(batch.batch));
        }
        Within::Endpoint(_, id) => {
            query.push(" AND d.endpoint = ").push_bind(id.to_string());
        }
        Within::Enterprise(_) | Within::County => {}
    }
}

/// `%`, `_` and `\` stand for themselves.
pub(super) fn pattern(find: &str) -> String {
    let mut out = String::from("%");
    for c in find.chars().flat_map(char::to_lowercase) {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out + "%"
}

fn push_find(query: &mut Query, find: &str, source: &Source) {
    if find.is_empty() {
        return;
    }
    let pattern = pattern(find);
    for (n, text) in source.find.iter().enumerate() {
        query.push(if n == 0 { " AND (LOWER(" } else { " OR LOWER(" });
        query.push(text).push(") LIKE ").push_bind(pattern.clone()).push(" ESCAPE '\\'");
    }
    query.push(")");
}

fn push_after(query: &mut Query, wanted: &Wanted, keys: &[&'static str]) {
    let Some(Mark(values)) = &wanted.after else { return };
    query.push(" AND (").push(keys.join(", ")).push(if wanted.down { ") < (" } else { ") > (" });
    for (n, value) in values.iter().enumerate() {
        query.push(if n == 0 { "" } else { ", " });
        push_value(query, value);
    }
    query.push(")");
}

fn statement(within: &Within, wanted: &Wanted, limit: u32) -> Query {
    let source = source(wanted.list);
    let keys = keys(wanted, &source);
    let mut query = Query::new("SELECT ");
    for (n, column) in wanted.list.columns().iter().enumerate() {
        query.push(if n == 0 { "" } else { ", " });
        query.push(source.of_column(column.name)).push(" AS ").push(column.name);
    }
    for (n, key) in keys.iter().enumerate() {
        query.push(", ").push(key).push(" AS key_").push(n);
    }
    query.push(" FROM ").push(source.from);
    push_within(&mut query, within, &source);
    push_find(&mut query, &wanted.find, &source);
    push_after(&mut query, wanted, &keys);
    let way = if wanted.down { " DESC" } else { "" };
    for (n, key) in keys.iter().enumerate() {
        query.push(if n == 0 { " ORDER BY " } else { ", " }).push(key).push(way);
    }
    query.push(" LIMIT ").push_bind(i64::from(limit));
    query
}

fn cell(row: &Row, column: &Column) -> Read<Cell> {
    Ok(match column.shape {
        Shape::Text => Cell::of(get::<Option<String>>(row, column.name)?, Cell::Text),
        Shape::Number => Cell::of(get::<Option<i64>>(row, column.name)?, Cell::Number),
        Shape::Instant => {
            Cell::of(get::<Option<i64>>(row, column.name)?, |at| Cell::Instant(UnixMs(at)))
        }
    })
}

fn mark(row: &Row, wanted: &Wanted) -> Read<Mark> {
    let value = |(n, shape): (usize, Shape)| -> Read<Value> {
        let name = format!("key_{n}");
        Ok(match shape {
            Shape::Text => Value::Text(get(row, &name)?),
            Shape::Number | Shape::Instant => Value::Number(get(row, &name)?),
        })
    };
    wanted.keys().into_iter().enumerate().map(value).collect::<Read<_>>().map(Mark)
}

#[async_trait]
impl ListLedger for Ledger {
    async fn list(
        &self,
        within: &Within,
        wanted: &Wanted,
        limit: u32,
    ) -> Result<Page, LedgerError> {
        // One more tells whether any follows.
        let mut query = statement(within, wanted, limit.saturating_add(1));
        let mut found = query.build().fetch_all(&self.reader).await.map_err(down)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|row| mark(row, wanted)).transpose()?;
        let cells = |row: &Row| wanted.list.columns().iter().map(|c| cell(row, c)).collect();
        Ok(Page { rows: found.iter().map(cells).collect::<Read<_>>()?, next })
    }
}
