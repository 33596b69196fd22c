//! The thread that reads, on a connection of its own, so that the worker
//! following the log never waits for a commit, nor a scan for the worker.

use std::sync::mpsc::Receiver;

use rusqlite::{Connection, OptionalExtension, params};

use super::file::Reopening;
use super::writer::{Answer, read};
use crate::scan::port::Vitals;
use crate::scan::{CodeId, Cursor, Entry, History, LogId, Observation, StateError};

/// Entries of one answer of `follow`, whatever the caller asks for.
const FOLLOW_ENTRIES_MAX: usize = 10_000;

pub enum Look {
    Peek { code: CodeId, answer: Answer<History> },
    PeekAll { codes: Vec<CodeId>, answer: Answer<Vec<Result<History, StateError>>> },
    Follow { after: i64, max: usize, answer: Answer<Vec<Entry>> },
    Identity { answer: Answer<LogId> },
    Newest { answer: Answer<Cursor> },
    Vitals { answer: Answer<Vitals> },
}

pub fn run(mut file: Reopening, looks: &Receiver<Look>) {
    for look in looks {
        match look {
            Look::Peek { code, answer } => {
                let found = file.with(|connection| read(connection, &code.payload));
                let _ = answer.send(found.flatten());
            }
            Look::PeekAll { codes, answer } => {
                let _ = answer.send(file.with(|connection| {
                    // One snapshot: a lock taken once, not once a code.
                    let snapshot = connection.transaction()?;
                    codes.iter().map(|code| read(&snapshot, &code.payload)).collect()
                }));
            }
            Look::Follow { after, max, answer } => {
                let found = file.with(|connection| entries(connection, after, max));
                let _ = answer.send(found.and_then(|rows| rows.into_iter().collect()));
            }
            Look::Identity { answer } => {
                let _ = answer.send(file.with(|connection| identity(connection)));
            }
            Look::Newest { answer } => {
                let _ = answer.send(file.with(|connection| newest(connection)));
            }
            Look::Vitals { answer } => {
                let _ = answer.send(file.with(|connection| vitals(connection)));
            }
        }
    }
}

pub fn identity(connection: &Connection) -> rusqlite::Result<LogId> {
    connection
        .query_row("SELECT bytes FROM log_identity WHERE id = 1", [], |row| row.get(0).map(LogId))
}

/// What AUTOINCREMENT remembers: trims leave it as it is.
pub fn newest(connection: &Connection) -> rusqlite::Result<Cursor> {
    let seq: Option<i64> = connection
        .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'log'", [], |row| row.get(0))
        .optional()?;
    Ok(Cursor { major: seq.unwrap_or(0).cast_unsigned(), minor: 0 })
}

fn vitals(connection: &Connection) -> rusqlite::Result<Vitals> {
    // The log has no holes: only its oldest rows are ever deleted.
    let ends: Option<(i64, i64, Vec<u8>)> = connection
        .query_row(
            "SELECT seq, (SELECT max(seq) FROM log), observation FROM log ORDER BY seq LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    let Some((first, last, oldest)) = ends else { return Ok(Vitals::default()) };
    let entries = (last - first + 1).cast_unsigned();
    let oldest = oldest.as_slice().try_into().ok().map(|bytes| Observation::from_bytes(bytes).at);
    Ok(Vitals { log_entries: entries, log_entries_of_one: entries, oldest, ..Vitals::default() })
}

pub fn entries(
    connection: &Connection,
    after: i64,
    max: usize,
) -> rusqlite::Result<Vec<Result<Entry, StateError>>> {
    let mut rows = connection.prepare_cached(
        "SELECT seq, code, number, observation FROM log WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let limit = i64::try_from(max.min(FOLLOW_ENTRIES_MAX)).expect("at most FOLLOW_ENTRIES_MAX");
    rows.query_map(params![after, limit], |row| {
        let (seq, number): (i64, i64) = (row.get(0)?, row.get(2)?);
        let code: Vec<u8> = row.get(1)?;
        let seen: Vec<u8> = row.get(3)?;
        Ok(entry(seq, &code, number, &seen)
            .ok_or_else(|| StateError::Corrupt(format!("line {seq} of the scan log"))))
    })?
    .collect()
}

fn entry(seq: i64, code: &[u8], number: i64, seen: &[u8]) -> Option<Entry> {
    Some(Entry {
        cursor: Cursor { major: seq.cast_unsigned(), minor: 0 },
        code: CodeId { payload: code.try_into().ok()?, number: number.cast_unsigned() },
        seen: Observation::from_bytes(seen.try_into().ok()?),
    })
}
