//! The scan state in one SQLite file, for one machine with nothing installed.
//! How each promise of the port is kept: `README.md` beside this file.
#![doc = include_str!("README.md")]

mod build;
mod file;
mod inspect;
mod reader;
mod writer;

use std::path::Path;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use futures::future::BoxFuture;
use tokio::sync::oneshot;

use self::file::Reopening;
use self::reader::Look;
use self::writer::{Answer, Job, Writer};
use super::Bounds;
use crate::base::UnixMs;
use crate::scan::port::{Durability, Vitals};
use crate::scan::{
    CodeId, Cursor, Entry, History, LogId, Observation, Recorded, ScanState, StateError,
};

pub use build::Build;
pub use inspect::Inspection;
pub(super) use reader::entries;

/// Scan state in one file. Dropping it answers what waits, then closes.
pub struct EmbeddedState {
    /// `None` only while dropping.
    jobs: Option<SyncSender<Job>>,
    looks: Option<SyncSender<Look>>,
    threads: Vec<JoinHandle<()>>,
}

impl EmbeddedState {
    /// Opens the file at `path`, or creates it with mode 0600.
    ///
    /// # Errors
    /// When the file cannot be opened or written, is not a scan state, or was
    /// written by a newer version.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        Self::open_bounded(path, Bounds::default())
    }

    /// As [`Self::open`], with bounds of the caller's.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_bounded(path: &Path, bounds: Bounds) -> Result<Self, StateError> {
        file::create(path)?;
        let writing = Reopening::new(path, file::open(path)?);
        let reading = Reopening::new(path, file::open(path)?);
        let (jobs, jobs_in) = sync_channel(bounds.queue_max);
        let (looks, looks_in) = sync_channel(bounds.queue_max);
        let writer = Writer::new(writing, bounds);
        let threads = vec![
            spawn("scan-state-write", move || writer.run(&jobs_in))?,
            spawn("scan-state-read", move || reader::run(reading, &looks_in))?,
        ];
        Ok(Self { jobs: Some(jobs), looks: Some(looks), threads })
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StateError> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(work)
        .map_err(|e| StateError::Unavailable(format!("no thread for the scan state: {e}")))
}

/// Puts a job into a queue and waits for its answer.
async fn ask<J, T>(
    queue: Option<&SyncSender<J>>,
    job: impl FnOnce(Answer<T>) -> J,
) -> Result<T, StateError> {
    let stopped = || StateError::Unavailable("the scan state has stopped".into());
    let (answer, answered) = oneshot::channel();
    match queue.ok_or_else(stopped)?.try_send(job(answer)) {
        Ok(()) => answered.await.map_err(|_| stopped())?,
        Err(TrySendError::Full(_)) => {
            Err(StateError::Unavailable("too many scans wait for the disk".into()))
        }
        Err(TrySendError::Disconnected(_)) => Err(stopped()),
    }
}

fn row_number(cursor: Cursor) -> i64 {
    i64::try_from(cursor.major).unwrap_or(i64::MAX)
}

impl Drop for EmbeddedState {
    fn drop(&mut self) {
        self.jobs = None;
        self.looks = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl ScanState for EmbeddedState {
    fn record(
        &self,
        code: CodeId,
        seen: Observation,
    ) -> BoxFuture<'_, Result<Recorded, StateError>> {
        Box::pin(ask(self.jobs.as_ref(), move |answer| Job::Record { code, seen, answer }))
    }

    fn peek(&self, code: CodeId) -> BoxFuture<'_, Result<History, StateError>> {
        Box::pin(ask(self.looks.as_ref(), move |answer| Look::Peek { code, answer }))
    }

    fn peek_all<'a>(
        &'a self,
        codes: &'a [CodeId],
    ) -> BoxFuture<'a, Vec<Result<History, StateError>>> {
        Box::pin(async move {
            let asked = codes.to_vec();
            let look = |answer| Look::PeekAll { codes: asked, answer };
            match ask(self.looks.as_ref(), look).await {
                Ok(found) => found,
                Err(e) => codes.iter().map(|_| Err(e.clone())).collect(),
            }
        })
    }

    fn shards(&self) -> u16 {
        1
    }

    fn identity(&self, _shard: u16) -> BoxFuture<'_, Result<LogId, StateError>> {
        Box::pin(ask(self.looks.as_ref(), |answer| Look::Identity { answer }))
    }

    fn renew(&self, _shard: u16, old: LogId) -> BoxFuture<'_, Result<LogId, StateError>> {
        Box::pin(ask(self.jobs.as_ref(), move |answer| Job::Renew { old, answer }))
    }

    fn newest(&self, _shard: u16) -> BoxFuture<'_, Result<Cursor, StateError>> {
        Box::pin(ask(self.looks.as_ref(), |answer| Look::Newest { answer }))
    }

    fn follow(
        &self,
        _shard: u16,
        after: Cursor,
        max: usize,
    ) -> BoxFuture<'_, Result<Vec<Entry>, StateError>> {
        let after = row_number(after);
        Box::pin(ask(self.looks.as_ref(), move |answer| Look::Follow { after, max, answer }))
    }

    fn trim(&self, _shard: u16, through: Cursor) -> BoxFuture<'_, Result<(), StateError>> {
        let through = row_number(through);
        Box::pin(ask(self.jobs.as_ref(), move |answer| Job::Trim { through, answer }))
    }

    fn vitals(&self, _now: UnixMs) -> BoxFuture<'_, Result<Vitals, StateError>> {
        Box::pin(ask(self.looks.as_ref(), |answer| Look::Vitals { answer }))
    }

    fn durability(&self) -> BoxFuture<'_, Result<Durability, StateError>> {
        Box::pin(async move {
            ask(self.jobs.as_ref(), |answer| Job::Probe { answer }).await?;
            Ok(Durability {
                synced: true,
                replicated: false,
                says: "every scan is synced to this machine's disk before it is answered; \
                       it survives a crash of the program and of the machine, and is lost \
                       only with the disk, so back it up"
                    .into(),
            })
        })
    }
}
