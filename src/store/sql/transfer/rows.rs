//! Tables, and their rows in the binary form of COPY.
//!
//! A row is the number of its columns (16 bits), and for each its length in bytes
//! (32 bits; -1 where it is NULL) and its bytes; numbers stand high byte first.

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

use super::Held;
use crate::base::LedgerError;
use crate::store::sql::db::Kind;

/// What stands before the rows: the signature, no flags, nothing more.
pub(super) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What stands behind them.
pub(super) const TRAILER: &[u8] = b"\xff\xff";

/// A table as a file declares it.
pub(super) struct Table {
    pub name: String,
    columns: Vec<(String, Kind)>,
    key: Vec<String>,
}

impl Table {
    /// Those of a ledger, by name.
    pub fn all(file: &Connection) -> Result<Vec<Self>, LedgerError> {
        let names = || -> rusqlite::Result<Vec<String>> {
            let mut named = file.prepare(
                "SELECT name FROM sqlite_schema WHERE type = 'table'
                 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_sqlx%' ESCAPE '\\'
                 ORDER BY name",
            )?;
            named.query_map([], |row| row.get(0))?.collect()
        };
        names().map_err(|e| told(&e))?.into_iter().map(|name| Self::named(file, name)).collect()
    }

    fn named(file: &Connection, name: String) -> Result<Self, LedgerError> {
        let read = || -> rusqlite::Result<Vec<(String, String, i64)>> {
            file.prepare("SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid")?
                .query_map([&name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect()
        };
        let read = read().map_err(|e| told(&e))?;
        let mut keyed: Vec<_> = read.iter().filter(|(_, _, place)| *place > 0).collect();
        keyed.sort_by_key(|(_, _, place)| *place);
        let key = keyed.into_iter().map(|(column, _, _)| quoted(column)).collect();
        let columns = read
            .iter()
            .map(|(column, declared, _)| {
                let kind = match declared.as_str() {
                    "BIGINT" => Kind::Int,
                    "REAL" => Kind::Real,
                    "BOOLEAN" => Kind::Bool,
                    "TEXT" => Kind::Text,
                    "BLOB" => Kind::Blob,
                    other => return Err(odd(format!("{name}.{column} is of type {other}"))),
                };
                Ok((column.clone(), kind))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { name, columns, key })
    }

    pub fn columns(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|(name, _)| quoted(name)).collect();
        names.join(", ")
    }

    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// All rows in the order of their keys. Both databases compare bytes.
    pub fn select(&self) -> String {
        let (name, key) = (quoted(&self.name), self.key.join(", "));
        format!("SELECT {} FROM {name} ORDER BY {key}", self.columns())
    }

    /// Writes a row of a file.
    pub fn write(&self, row: &rusqlite::Row<'_>, into: &mut Vec<u8>) -> Result<(), LedgerError> {
        let width = i16::try_from(self.width()).map_err(|_| odd("too many columns".into()))?;
        into.extend(width.to_be_bytes());
        for (n, (column, kind)) in self.columns.iter().enumerate() {
            match (kind, row.get_ref(n).map_err(|e| told(&e))?) {
                (_, ValueRef::Null) => into.extend((-1_i32).to_be_bytes()),
                (Kind::Int, ValueRef::Integer(n)) => field(&n.to_be_bytes(), into)?,
                (Kind::Real, ValueRef::Real(x)) => field(&x.to_be_bytes(), into)?,
                (Kind::Bool, ValueRef::Integer(b @ (0 | 1))) => field(&[u8::from(b == 1)], into)?,
                (Kind::Text, ValueRef::Text(bytes)) | (Kind::Blob, ValueRef::Blob(bytes)) => {
                    field(bytes, into)?;
                }
                (_, other) => {
                    let (table, found) = (&self.name, other.data_type());
                    return Err(odd(format!("{table}.{column} has a value of type {found}")));
                }
            }
        }
        Ok(())
    }

    /// Bytes of the first row of what has come; None where there is none, or not
    /// all of it.
    pub fn first(&self, bytes: &[u8]) -> Result<Option<usize>, LedgerError> {
        let Some([high, low]) = bytes.first_chunk() else { return Ok(None) };
        let width = i16::from_be_bytes([*high, *low]);
        if width == -1 {
            return Ok(None);
        }
        if usize::try_from(width) != Ok(self.width()) {
            return Err(odd(format!("a row of {} has other columns", self.name)));
        }
        let mut at = 2;
        for _ in &self.columns {
            let Some(length) = length(bytes, at) else { return Ok(None) };
            at += 4 + usize::try_from(length).unwrap_or(0);
        }
        Ok((bytes.len() >= at).then_some(at))
    }

    /// The values of a whole row, as a file takes them.
    pub fn values<'b>(&self, row: &'b [u8]) -> Result<Vec<ValueRef<'b>>, LedgerError> {
        let mut at = 2;
        self.columns
            .iter()
            .map(|(column, kind)| {
                let length = length(row, at);
                at += 4;
                let Some(length) = length.and_then(|length| usize::try_from(length).ok()) else {
                    return Ok(ValueRef::Null);
                };
                let bytes = row.get(at..at + length);
                at += length;
                bytes
                    .and_then(|bytes| value(*kind, bytes))
                    .ok_or_else(|| odd(format!("{}.{column} is of another type", self.name)))
            })
            .collect()
    }
}

fn value(kind: Kind, bytes: &[u8]) -> Option<ValueRef<'_>> {
    Some(match kind {
        Kind::Int => ValueRef::Integer(i64::from_be_bytes(bytes.try_into().ok()?)),
        Kind::Real => ValueRef::Real(f64::from_be_bytes(bytes.try_into().ok()?)),
        Kind::Bool => ValueRef::Integer(i64::from(*bytes.first()?)),
        Kind::Text => ValueRef::Text(bytes),
        Kind::Blob => ValueRef::Blob(bytes),
    })
}

fn length(bytes: &[u8], at: usize) -> Option<i32> {
    Some(i32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn field(bytes: &[u8], into: &mut Vec<u8>) -> Result<(), LedgerError> {
    let length = i32::try_from(bytes.len()).map_err(|_| odd("a value is too long".into()))?;
    into.extend(length.to_be_bytes());
    into.extend(bytes);
    Ok(())
}

pub(super) fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn told(error: &rusqlite::Error) -> LedgerError {
    LedgerError::Unavailable(error.to_string())
}

/// What no ledger of this version has.
fn odd(problem: String) -> LedgerError {
    LedgerError::Unavailable(format!("its rows are not of this version: {problem}"))
}

/// Counts the rows of one table and hashes them.
#[derive(Default)]
pub(super) struct Counting {
    rows: u64,
    hash: Sha256,
}

impl Counting {
    pub fn row(&mut self, bytes: &[u8]) {
        self.rows += 1;
        self.hash.update(bytes);
    }

    pub fn held(self) -> Held {
        Held { rows: self.rows, sha256: self.hash.finalize().into() }
    }
}
