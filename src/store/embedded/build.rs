//! A file made of another store's histories and log.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, params};

use super::file::{create, open, state_error};
use super::writer::read;
use crate::scan::{Entry, Observation, StateError};

/// A file that is being made, by nobody else.
pub struct Build {
    path: std::path::PathBuf,
    connection: Connection,
}

impl Build {
    /// # Errors
    /// Of the disk.
    pub fn at(path: &Path) -> Result<Self, StateError> {
        create(path)?;
        Ok(Self { path: path.to_owned(), connection: open(path)?.connection })
    }

    fn with<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StateError> {
        let done = || {
            let tx = self.connection.transaction()?;
            let done = work(&tx)?;
            tx.commit()?;
            Ok(done)
        };
        done().map_err(|e| state_error(&self.path, &e))
    }

    /// Puts histories as they are, over what is there; one that cannot be read as well,
    /// so that its label is confirmed here no more than where it came from.
    ///
    /// # Errors
    /// Of the disk.
    pub fn put(&mut self, histories: &[([u8; 12], Vec<u8>)]) -> Result<(), StateError> {
        self.with(|tx| {
            let mut put = tx.prepare_cached("INSERT OR REPLACE INTO history VALUES (?1, ?2)")?;
            histories
                .iter()
                .try_for_each(|(code, bytes)| put.execute(params![code, bytes]).map(drop))
        })
    }

    /// Folds the log of one shard, read behind its histories, into those that
    /// lack some of it, and keeps the entries from `unfollowed` on.
    ///
    /// A log has a code's scans in the order in which they were folded, so that
    /// what stands before one that the history has is in it, too.
    ///
    /// # Errors
    /// Of the disk.
    pub fn fold(&mut self, log: &[Entry], unfollowed: usize) -> Result<(), StateError> {
        let mut by_code = HashMap::<[u8; 12], Vec<Observation>>::new();
        for entry in log {
            by_code.entry(entry.code.payload).or_default().push(entry.seen);
        }
        self.with(|tx| {
            let mut put = tx.prepare_cached("INSERT OR REPLACE INTO history VALUES (?1, ?2)")?;
            for (code, seen) in &by_code {
                let Ok(mut history) = read(tx, code)? else { continue };
                let has = |seen: &Observation| {
                    history.observations.iter().any(|known| known.scan == seen.scan)
                };
                let from = seen.iter().rposition(has).map_or(0, |at| at + 1);
                for seen in &seen[from..] {
                    history.fold(*seen);
                }
                put.execute(params![code, history.to_bytes()])?;
            }
            let mut append = tx.prepare_cached(
                "INSERT INTO log (code, number, observation) VALUES (?1, ?2, ?3)",
            )?;
            for Entry { code, seen, .. } in &log[unfollowed..] {
                append.execute(params![
                    code.payload,
                    code.number.cast_signed(),
                    seen.to_bytes()
                ])?;
            }
            Ok(())
        })
    }
}
