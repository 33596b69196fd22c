//! The one thread that writes: takes all that waits, folds it in one
//! transaction, commits, answers.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use rusqlite::{OptionalExtension, Transaction, params};
use tokio::sync::oneshot;

use super::file::{Reopening, begin};
use super::reader;
use crate::base::rng;
use crate::scan::history::Folded;
use crate::scan::{CodeId, History, LogId, Observation, Recorded, StateError};
use crate::store::{Bounds, told_of_batch};

/// Log rows forgotten in one transaction, so that scans wait a few
/// milliseconds at most for a worker that trims.
const TRIM_ROWS_MAX: i64 = 4_096;

/// How long a trim or a renewal waits for a lock that another process holds:
/// a worker is asked by nobody who waits, and a slow disk is no reason to fail.
const WORKER_LOCK_WAIT: Duration = Duration::from_secs(10);

pub type Answer<T> = oneshot::Sender<Result<T, StateError>>;

pub enum Job {
    Record {
        code: CodeId,
        seen: Observation,
        answer: Answer<Recorded>,
    },
    Trim {
        through: i64,
        answer: Answer<()>,
    },
    Renew {
        old: LogId,
        answer: Answer<LogId>,
    },
    /// Writes and syncs something, to see whether that is possible.
    Probe {
        answer: Answer<()>,
    },
}

struct Scan {
    code: CodeId,
    seen: Observation,
    answer: Answer<Recorded>,
}

pub struct Writer {
    file: Reopening,
    bounds: Bounds,
    /// Trims under way, one bounded transaction at a time between groups.
    trims: Vec<(i64, Answer<()>)>,
}

impl Writer {
    pub fn new(file: Reopening, bounds: Bounds) -> Self {
        Self { file, bounds, trims: Vec::new() }
    }

    /// Works until every sender is gone and the queue is empty.
    pub fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            let first = if self.trims.is_empty() {
                match jobs.recv() {
                    Ok(job) => Some(job),
                    Err(_) => return,
                }
            } else {
                match jobs.try_recv() {
                    Ok(job) => Some(job),
                    Err(TryRecvError::Empty) => None,
                    Err(TryRecvError::Disconnected) => return,
                }
            };
            let mut group = Vec::new();
            let waiting = first.into_iter().chain(jobs.try_iter());
            for job in waiting.take(self.bounds.queue_max) {
                match job {
                    // Who gave up was told that the scan may not be recorded.
                    Job::Record { answer, .. } if answer.is_closed() => {}
                    Job::Record { code, seen, answer } => group.push(Scan { code, seen, answer }),
                    Job::Trim { through, answer } => self.trims.push((through, answer)),
                    Job::Renew { old, answer } => self.renew(old, answer),
                    Job::Probe { answer } if answer.is_closed() => {}
                    Job::Probe { answer } => self.probe(answer),
                }
            }
            if !group.is_empty() {
                told_of_batch(group.len(), 0);
                self.write(group);
            }
            self.trim_some();
        }
    }

    fn write(&mut self, group: Vec<Scan>) {
        let Bounds { log_entries_max, lock_wait, .. } = self.bounds;
        let folded = self.file.with(|connection| {
            let tx = begin(connection, lock_wait)?;
            let answers = Group::new(&tx, log_entries_max)?.fold_all(&group)?;
            tx.commit()?;
            Ok(answers)
        });
        match folded {
            Ok(answers) => {
                for (scan, answer) in group.into_iter().zip(answers) {
                    let _ = scan.answer.send(answer);
                }
            }
            Err(e) => {
                for scan in group {
                    let _ = scan.answer.send(Err(e.clone()));
                }
            }
        }
    }

    fn trim_some(&mut self) {
        let Some(through) = self.trims.iter().map(|(through, _)| *through).max() else {
            return;
        };
        let forgotten = self.file.with(|connection| {
            let tx = begin(connection, WORKER_LOCK_WAIT)?;
            // The log has no holes, so that these are as many rows at most.
            let rows = tx
                .prepare_cached(
                    "DELETE FROM log WHERE seq <= min(?1, (SELECT min(seq) FROM log) + ?2 - 1)",
                )?
                .execute(params![through, TRIM_ROWS_MAX])?;
            tx.commit()?;
            Ok(rows)
        });
        let end = match forgotten {
            Ok(rows) if rows == usize::try_from(TRIM_ROWS_MAX).unwrap_or(0) => return,
            Ok(_) => Ok(()),
            Err(e) => Err(e),
        };
        for (_, answer) in self.trims.drain(..) {
            let _ = answer.send(end.clone());
        }
    }

    fn renew(&mut self, old: LogId, answer: Answer<LogId>) {
        let has = self.file.with(|connection| {
            let tx = begin(connection, WORKER_LOCK_WAIT)?;
            tx.execute(
                "UPDATE log_identity SET bytes = ?1 WHERE bytes = ?2",
                params![rng::bytes::<16>(), old.0],
            )?;
            let has = reader::identity(&tx)?;
            tx.commit()?;
            Ok(has)
        });
        let _ = answer.send(has);
    }

    fn probe(&mut self, answer: Answer<()>) {
        let lock_wait = self.bounds.lock_wait;
        let written = self.file.with(|connection| {
            let tx = begin(connection, lock_wait)?;
            let version: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            tx.pragma_update(None, "user_version", version)?;
            tx.commit()
        });
        let _ = answer.send(written);
    }
}

/// One transaction's scans.
struct Group<'tx> {
    tx: &'tx Transaction<'tx>,
    /// Histories read so far, so that a code scanned many times at once is
    /// read and written once.
    held: HashMap<[u8; 12], Held>,
    log_room: u64,
}

struct Held {
    history: History,
    changed: bool,
}

impl<'tx> Group<'tx> {
    fn new(tx: &'tx Transaction<'tx>, log_entries_max: u64) -> rusqlite::Result<Self> {
        // The log has no holes: only its oldest rows are ever deleted.
        let entries: u64 = tx
            .prepare_cached(
                "SELECT ifnull((SELECT max(seq) FROM log) - (SELECT min(seq) FROM log) + 1, 0)",
            )?
            .query_row([], |row| row.get(0))?;
        Ok(Self { tx, held: HashMap::new(), log_room: log_entries_max.saturating_sub(entries) })
    }

    /// An answer for each scan, or the error that undoes them all.
    fn fold_all(mut self, group: &[Scan]) -> rusqlite::Result<Vec<Result<Recorded, StateError>>> {
        let answers = group
            .iter()
            .map(|scan| self.fold(scan.code, scan.seen))
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let mut put = self.tx.prepare_cached(
            "INSERT INTO history (code, bytes) VALUES (?1, ?2)
                ON CONFLICT (code) DO UPDATE SET bytes = excluded.bytes",
        )?;
        for (code, held) in self.held.iter().filter(|(_, held)| held.changed) {
            put.execute(params![code, held.history.to_bytes()])?;
        }
        Ok(answers)
    }

    fn fold(
        &mut self,
        code: CodeId,
        seen: Observation,
    ) -> rusqlite::Result<Result<Recorded, StateError>> {
        let held = match self.held.entry(code.payload) {
            Slot::Occupied(slot) => slot.into_mut(),
            Slot::Vacant(slot) => match read(self.tx, &code.payload)? {
                Ok(history) => slot.insert(Held { history, changed: false }),
                Err(unreadable) => return Ok(Err(unreadable)),
            },
        };
        let known = held.history.observations.iter().any(|o| o.scan == seen.scan);
        if !known {
            if self.log_room == 0 {
                return Ok(Err(StateError::LogFull(0)));
            }
            self.log_room -= 1;
            self.tx
                .prepare_cached("INSERT INTO log (code, number, observation) VALUES (?1, ?2, ?3)")?
                .execute(params![code.payload, code.number.cast_signed(), seen.to_bytes()])?;
            held.changed = true;
        }
        let Folded { position, repeated } = held.history.fold(seen);
        Ok(Ok(Recorded { history: held.history.clone(), position, repeated }))
    }
}

/// A code's history; empty when it was never scanned.
pub fn read(
    connection: &rusqlite::Connection,
    code: &[u8; 12],
) -> rusqlite::Result<Result<History, StateError>> {
    let bytes: Option<Vec<u8>> = connection
        .prepare_cached("SELECT bytes FROM history WHERE code = ?1")?
        .query_row([code], |row| row.get(0))
        .optional()?;
    Ok(match bytes {
        None => Ok(History::default()),
        Some(bytes) => History::from_bytes(&bytes).map_err(|e| StateError::Corrupt(e.to_string())),
    })
}
