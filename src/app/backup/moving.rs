//! From the embedded stores to Redis and PostgreSQL, once and for all.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::redis::{self, Moved, fill};
use super::take::sync_folder_of;
use super::{BackupError, at, usable};
use crate::app::config::Settings;
use crate::app::paths;
use crate::base::Clock;
use crate::media::Sha256Hex;
use crate::scan::LogId;
use crate::store::frozen::{FrozenScans, LoneLedger};
use crate::store::sql::Ledger;
use crate::store::sql::transfer::{Load, Tally};

/// Where to move, one of them at least.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// A URL as `scan_store` names it.
    pub redis: Option<String>,
    /// A URL as `ledger` names it.
    pub postgres: Option<String>,
}

impl Places {
    /// Sorts URLs by their schemes.
    ///
    /// # Errors
    /// What to write instead; does not repeat a URL, in which a password may be.
    pub fn of(urls: &[String]) -> Result<Self, String> {
        const WRITE: &str = "--to: write redis://HOST or postgres://USER@HOST/DATABASE, \
                             or --to twice to move both";
        let mut places = Self::default();
        for url in urls {
            let place = match url.split_once("://") {
                Some(("redis" | "rediss", _)) => &mut places.redis,
                Some(("postgres" | "postgresql", _)) => {
                    Ledger::check_url(url).map_err(|problem| format!("--to: {problem}"))?;
                    &mut places.postgres
                }
                _ => return Err(WRITE.to_owned()),
            };
            if place.replace(url.clone()).is_some() {
                return Err(WRITE.to_owned());
            }
        }
        Ok(places)
    }
}

/// What was moved, and the same read back.
#[derive(Clone, Debug, Default)]
pub struct Relocated {
    pub scans: Option<Moved>,
    pub ledger: Option<MovedLedger>,
    /// Files as they are called now.
    pub kept: Vec<PathBuf>,
}

/// A ledger that was moved.
#[derive(Clone, Debug)]
pub struct MovedLedger {
    pub tables: usize,
    pub rows: u64,
    /// SHA-256 over name, rows and SHA-256 of each table; equal on both sides.
    pub sha256: String,
}

impl MovedLedger {
    fn of(tally: &Tally) -> Self {
        let mut hash = Sha256::new();
        for (name, held) in tally {
            hash.update(format!("{name} {} ", held.rows));
            hash.update(held.sha256);
        }
        Self {
            tables: tally.len(),
            rows: tally.values().map(|held| held.rows).sum(),
            sha256: Sha256Hex::from_bytes(hash.finalize().into()).to_string(),
        }
    }
}

/// Moves scan state and ledger, or one of them, into an empty Redis and an empty
/// database, while nothing runs. The files keep another name, so that nobody goes on
/// with them.
///
/// # Errors
/// When something has a file open, when a place is not empty or fails, or has not
/// what was put there. The files are as they were then, and a Redis that was begun is
/// refused by all but who moves or restores into it again.
pub async fn relocate(
    settings: &Settings,
    to: &Places,
    clock: &dyn Clock,
) -> Result<Relocated, BackupError> {
    usable(settings).map_err(BackupError::Refused)?;
    let (scans_file, ledger_file) = (paths::scans(&settings.data), paths::ledger(&settings.data));
    if to.redis.is_some() {
        is_here("scan_store", &settings.scan_store, &scans_file)?;
    }
    if to.postgres.is_some() {
        is_here("ledger", &settings.ledger, &ledger_file)?;
    }
    let redis = match &to.redis {
        Some(url) => Some((redis::empty(url).await?, FrozenScans::alone(&scans_file)?)),
        None => None,
    };
    let mut load = match &to.postgres {
        Some(url) => Some(Load::begin(url).await?),
        None => None,
    };
    let ledger = if settings.ledger == "embedded" {
        // Before it is brought to this version, beneath who may have it open.
        drop(LoneLedger::at(&ledger_file)?);
        Ledger::open(&ledger_file, clock.now()).await?
    } else {
        Ledger::connect(&settings.ledger, clock.now()).await?
    };
    // The first that is written: both places were looked at.
    let logs = match &redis {
        Some((redis, _)) => redis::begin(redis).await?,
        None => Vec::new(),
    };
    expect(ledger, &logs).await?;
    let mut done = Relocated::default();
    // Held until all has its new place: nobody writes meanwhile.
    let _alone = if settings.ledger == "embedded" {
        let ledger = LoneLedger::at(&ledger_file)?;
        if let Some(load) = &mut load {
            done.ledger = Some(MovedLedger::of(&ledger.pour_into(load).await?));
        }
        Some(ledger)
    } else {
        None
    };
    if let Some((redis, scans)) = &redis {
        let ledger = match settings.ledger.as_str() {
            "embedded" => Ledger::inspect(&ledger_file).await?,
            url => Ledger::inspect_server(url).await?,
        };
        done.scans = Some(fill(redis, scans, &ledger).await?);
        ledger.close().await;
    }
    if let Some(load) = load {
        load.commit(clock.now()).await?;
    }
    if let Some((redis, _)) = &redis {
        redis::end(redis).await?;
    }
    for (moved, file) in [(redis.is_some(), scans_file), (to.postgres.is_some(), ledger_file)] {
        if moved {
            let kept = paths::moved(&file);
            std::fs::rename(&file, &kept).map_err(at(&file))?;
            sync_folder_of(&file)?;
            done.kept.push(kept);
        }
    }
    Ok(done)
}

/// Lets a ledger know which logs come behind those that it followed.
pub(super) async fn expect(ledger: Ledger, logs: &[LogId]) -> Result<(), BackupError> {
    let expected = ledger.expect_logs(logs).await;
    ledger.close().await;
    Ok(expected?)
}

fn is_here(setting: &str, value: &str, file: &Path) -> Result<(), BackupError> {
    if value == "embedded" && file.exists() {
        return Ok(());
    }
    Err(BackupError::Refused(format!(
        "there is nothing to move: {setting} must be embedded and {} be there",
        file.display()
    )))
}
