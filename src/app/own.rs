//! Lists of own serials: one function takes a list from its file to its batch,
//! whether from the shell or from the worker that takes what was uploaded.
//!
//! The file is read and sorted on the disk before the ledger hears of a serial,
//! so that most of what can be wrong with it is found while nothing is written.
//! Then the rows go in, sorted, in transactions of some milliseconds, and between
//! two of them the writer's place is left to others for half as long. A list that
//! fails, is stopped or is killed leaves rows that nobody sees; whoever takes it
//! next takes them away.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::app::paths;
use crate::base::limits::OWN_FILE_S_MAX;
use crate::base::{By, Clock, FieldError, LedgerError, UnixMs};
use crate::registry::BatchRef;
use crate::registry::own::import::{Fault, Gathered, gather};
use crate::registry::own::lines::FAULTS_MAX;
use crate::registry::own::port::{Import, ImportState, OwnLedger};
use crate::registry::own::sort::Entry;
use crate::store::sql::Ledger;

/// How long a taker may be silent before its list goes to another, milliseconds.
pub const LEASE_MS: i64 = 30_000;
/// How often a run tells that it lives while it reads.
const BEAT: Duration = Duration::from_secs(1);
/// How often folders are looked for that nobody needs, milliseconds.
const SWEEP_EVERY_MS: i64 = 3_600_000;
/// A file that has been under way for so long, seconds, has no sender any more.
const SENDING_S_MAX: i64 = 2 * OWN_FILE_S_MAX.cast_signed();
/// Serials of one transaction: some tens of milliseconds.
const SERIALS_AT_ONCE: usize = 10_000;
/// Pages of one transaction.
const PAGES_AT_ONCE: usize = 200;
/// The file that was uploaded, in the folder of its list.
const UPLOAD: &str = "upload";

/// How far a run is, for who watches.
#[derive(Default)]
pub struct Told {
    /// Serials read of the file.
    pub read: AtomicU64,
    /// Serials in the ledger.
    pub kept: AtomicU64,
    /// Serials of the file, as far as it was read.
    pub total: AtomicU64,
}

#[derive(Debug, thiserror::Error)]
pub enum OwnError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("the list's folder: {0}")]
    Disk(#[from] io::Error),
    #[error("stopped; nothing of the list is kept")]
    Stopped,
    #[error("reading the list ended without a word")]
    Lost,
}

impl From<Fault> for OwnError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Lines(faults) => Self::Ledger(LedgerError::Invalid(faults)),
            Fault::Stopped => Self::Stopped,
            Fault::Disk(error) => Self::Disk(error),
        }
    }
}

/// What is told of a list whose run was killed.
pub fn unread() -> FieldError {
    FieldError::new("file", "was not read to its end", "import it again")
}

/// Where the file of an uploaded list lies until the worker has taken it.
pub fn upload(folder: &Path, id: uuid::Uuid) -> PathBuf {
    folder.join(id.to_string()).join(UPLOAD)
}

/// What takes lists in.
#[derive(Clone)]
pub struct OwnImports {
    pub ledger: Ledger,
    pub clock: Arc<dyn Clock>,
    pub data: PathBuf,
}

impl OwnImports {
    /// Takes what was uploaded, and takes away what was left, until `stop`.
    pub async fn work(&self, stop: CancellationToken) {
        let mut sweep_at = UnixMs(0);
        while !stop.is_cancelled() {
            let now = self.clock.now();
            if now >= sweep_at {
                self.sweep(now).await;
                sweep_at = now.plus_ms(SWEEP_EVERY_MS);
            }
            match self.ledger.take_import(None, now, self.lease()).await {
                Ok(Some(import)) => {
                    self.work_on(&import, &stop).await;
                    continue;
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "own serials: the ledger was not asked"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(BEAT) => {}
            }
        }
    }

    /// Takes away folders that belong to no list on its way: of a sender who went
    /// with the server, or of a run that was killed at its very end.
    async fn sweep(&self, now: UnixMs) {
        let Ok(folders) = std::fs::read_dir(paths::own(&self.data)) else { return };
        for folder in folders.flatten() {
            let name = folder.file_name();
            let Some(id) = name.to_str().and_then(|name| name.parse::<uuid::Uuid>().ok()) else {
                continue;
            };
            let is_left = match self.ledger.import(id).await {
                Ok(import) => import.state.is_over(),
                Err(LedgerError::NotFound(_)) => begun_s(id) + SENDING_S_MAX < now.seconds(),
                Err(_) => false,
            };
            if is_left && let Err(error) = std::fs::remove_dir_all(folder.path()) {
                tracing::warn!(import = %id, %error, "own serials: a folder was left");
            }
        }
    }

    async fn work_on(&self, import: &Import, stop: &CancellationToken) {
        let id = import.id;
        let ended = if import.state == ImportState::Clearing {
            self.give_up(import, &[unread()]).await.map(|()| None)
        } else {
            let file = File::open(upload(&paths::own(&self.data), id));
            match file {
                Ok(file) => self.run(import, file, &Arc::default(), stop).await.map(Some),
                Err(error) => self.end(import, Err(error.into())).await.map(Some),
            }
        };
        match ended {
            Ok(Some(batch)) => tracing::info!(import = %id, %batch, "own serials: a list is in"),
            Ok(None) => tracing::info!(import = %id, "own serials: what was left is gone"),
            Err(OwnError::Stopped) => {}
            Err(error) => tracing::warn!(import = %id, %error, "own serials: no list came of it"),
        }
    }

    /// Whoever asked for it, by the hand that does it.
    fn by(&self, import: &Import) -> By {
        let now = self.clock.now();
        let hand = if import.uploaded { By::worker(now) } else { By::shell(now) };
        By { login: import.asked_by.clone(), ..hand }
    }

    fn lease(&self) -> UnixMs {
        self.clock.now().plus_ms(LEASE_MS)
    }

    fn folder(&self, import: &Import) -> PathBuf {
        paths::own(&self.data).join(import.id.to_string())
    }

    /// Takes a list in that this process took; `stop` ends it early, and nothing
    /// of it is kept.
    ///
    /// # Errors
    /// `Invalid` with every line that is wrong; those of ledger and disk. The
    /// ledger then holds the list as failed, unless it is the worker's and was
    /// stopped, or is another's work now.
    pub async fn run(
        &self,
        import: &Import,
        file: impl Read + Send + 'static,
        told: &Arc<Told>,
        stop: &CancellationToken,
    ) -> Result<BatchRef, OwnError> {
        let ended = self.take_in(import, file, told, stop).await;
        self.end(import, ended).await
    }

    async fn end(
        &self,
        import: &Import,
        ended: Result<BatchRef, OwnError>,
    ) -> Result<BatchRef, OwnError> {
        let faults = match &ended {
            Ok(_) => None,
            Err(OwnError::Ledger(LedgerError::Invalid(faults))) => Some(faults.clone()),
            // Another's work now, or for whoever takes it when the ledger is back.
            Err(OwnError::Ledger(_)) => return ended,
            Err(OwnError::Stopped) if import.uploaded => return ended,
            Err(error) => Some(vec![FieldError::new("file", error.to_string(), "import it again")]),
        };
        match faults {
            None => self.take_away(import).await,
            Some(faults) => self.give_up(import, &faults).await?,
        }
        ended
    }

    async fn take_in(
        &self,
        import: &Import,
        file: impl Read + Send + 'static,
        told: &Arc<Told>,
        stop: &CancellationToken,
    ) -> Result<BatchRef, OwnError> {
        self.clear(import).await?;
        let gathered = self.gather(import, file, told, stop).await?;
        told.total.store(gathered.count, Ordering::Relaxed);
        self.ledger.import_beats(import, gathered.count, self.lease()).await?;
        self.put_serials(import, &gathered, told, stop).await?;
        self.put_pages(import, &gathered, stop).await?;
        Ok(self.ledger.finish_import(import, gathered.count, &self.by(import)).await?)
    }

    /// Reads and sorts the file, away from the threads that answer others.
    async fn gather(
        &self,
        import: &Import,
        file: impl Read + Send + 'static,
        told: &Arc<Told>,
        stop: &CancellationToken,
    ) -> Result<Gathered, OwnError> {
        let work = self.folder(import).join("sorted");
        match std::fs::remove_dir_all(&work) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => private_folder(&work)?,
        }
        let end = Arc::new(AtomicBool::new(false));
        let mut reading = {
            let (case, told, end) = (import.specification.case, Arc::clone(told), Arc::clone(&end));
            tokio::task::spawn_blocking(move || {
                gather(file, case, &work, &told.read, &|| end.load(Ordering::Relaxed))
            })
        };
        loop {
            tokio::select! {
                gathered = &mut reading => return Ok(gathered.map_err(|_| OwnError::Lost)??),
                () = stop.cancelled() => {
                    // A pipe that says nothing more cannot be asked to end.
                    end.store(true, Ordering::Relaxed);
                    return Err(OwnError::Stopped);
                }
                () = tokio::time::sleep(BEAT) => {}
            }
            let read = told.read.load(Ordering::Relaxed);
            if let Err(error) = self.ledger.import_beats(import, read, self.lease()).await {
                end.store(true, Ordering::Relaxed);
                return Err(error.into());
            }
        }
    }

    async fn put_serials(
        &self,
        import: &Import,
        gathered: &Gathered,
        told: &Told,
        stop: &CancellationToken,
    ) -> Result<(), OwnError> {
        let mut sorted = gathered.sorted.iter()?;
        let mut faults = Vec::new();
        loop {
            let entries: Vec<Entry> =
                sorted.by_ref().take(SERIALS_AT_ONCE).collect::<Result<_, _>>()?;
            if entries.is_empty() || faults.len() >= FAULTS_MAX {
                break;
            }
            if stop.is_cancelled() {
                return Err(OwnError::Stopped);
            }
            let begun = std::time::Instant::now();
            let elsewhere = self.ledger.put_serials(import, &entries, self.lease()).await?;
            faults.extend(in_another_list(&entries, &elsewhere));
            told.kept.fetch_add(entries.len() as u64, Ordering::Relaxed);
            tokio::time::sleep(begun.elapsed() / 2).await;
        }
        if faults.is_empty() {
            return Ok(());
        }
        faults.truncate(FAULTS_MAX);
        faults.sort_by_key(|fault| fault.line);
        Err(LedgerError::Invalid(faults).into())
    }

    async fn put_pages(
        &self,
        import: &Import,
        gathered: &Gathered,
        stop: &CancellationToken,
    ) -> Result<(), OwnError> {
        let mut pages = gathered.pages()?;
        loop {
            let some: Vec<_> = pages.by_ref().take(PAGES_AT_ONCE).collect::<Result<_, _>>()?;
            if some.is_empty() {
                return Ok(());
            }
            if stop.is_cancelled() {
                return Err(OwnError::Stopped);
            }
            let begun = std::time::Instant::now();
            self.ledger.put_pages(import, &some, self.lease()).await?;
            tokio::time::sleep(begun.elapsed() / 2).await;
        }
    }

    /// Takes away every row of a list, and the list's folder; it has failed then.
    ///
    /// # Errors
    /// Of the ledger.
    pub async fn give_up(&self, import: &Import, faults: &[FieldError]) -> Result<(), OwnError> {
        self.clear(import).await?;
        self.ledger.fail_import(import, faults, &self.by(import)).await?;
        self.take_away(import).await;
        Ok(())
    }

    /// Takes away what was kept of it, if anything was: pages come after serials.
    async fn clear(&self, import: &Import) -> Result<(), OwnError> {
        let kept = self.ledger.import(import.id).await?.done > 0;
        let mut after = kept.then(String::new);
        while let Some(from) = after {
            let begun = std::time::Instant::now();
            after = self.ledger.clear_import(import, &from, self.lease()).await?;
            tokio::time::sleep(begun.elapsed() / 2).await;
        }
        Ok(())
    }

    async fn take_away(&self, import: &Import) {
        let removed = tokio::fs::remove_dir_all(self.folder(import)).await;
        if let Err(error) = removed
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(import = %import.id, %error, "own serials: a folder was left");
        }
    }
}

/// When its sending began, by the id that was made then; seconds since 1970.
fn begun_s(id: uuid::Uuid) -> i64 {
    let stamp = id.get_timestamp().map_or(0, |stamp| stamp.to_unix().0);
    i64::try_from(stamp).unwrap_or(i64::MAX)
}

fn in_another_list(entries: &[Entry], elsewhere: &[String]) -> Vec<FieldError> {
    entries
        .iter()
        .filter(|entry| elsewhere.contains(&entry.serial))
        .map(|entry| {
            let problem = format!("{} stands in an earlier list", entry.serial);
            FieldError::new("serial", problem, "take it out").at_line(u64::from(entry.line))
        })
        .collect()
}

/// For its owner alone, as the ledger: a list of serials is worth copying.
fn private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}
