//! What the commands that work on the ledger share: settings, the open
//! ledger, the published keys.

use std::future::Future;
use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::app::backup;
use crate::app::compose;
use crate::app::config::{ConfigError, Settings};
use crate::base::{By, Clock, LedgerError, UnixMs, clock::SystemClock};
use crate::keys::{KeyDir, Keyring};
use crate::registry::fields::Fields;
use crate::registry::import::{self, ImportFormat, ImportKind};
use crate::registry::port::Registered;
use crate::registry::service::{self, Scope};
use crate::store::sql::Ledger;

/// Where the ledger is.
#[derive(Args)]
pub(crate) struct Place {
    /// Settings file (TOML); ZHENMA_* variables win over it
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Directory of the embedded files
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Directory of the key files
    #[arg(long, global = true, value_name = "DIR")]
    keys: Option<PathBuf>,
}

impl Place {
    pub(crate) fn settings(&self) -> Result<Settings, ConfigError> {
        let mut settings = Settings::load(self.config.as_deref())?;
        if let Some(data) = &self.data {
            settings.data.clone_from(data);
        }
        if let Some(keys) = &self.keys {
            settings.keys.clone_from(keys);
        }
        Ok(settings)
    }
}

/// A file of many objects.
#[derive(Args)]
pub(crate) struct Import {
    /// CSV with a header, or JSON Lines (.jsonl, .ndjson)
    file: PathBuf,
}

pub(crate) struct Shell {
    pub(crate) settings: Settings,
    pub(crate) ledger: Ledger,
    runtime: tokio::runtime::Runtime,
    json: bool,
}

/// Closed, the ledger is one file again, without a log beside it.
impl Drop for Shell {
    fn drop(&mut self) {
        self.runtime.block_on(self.ledger.close());
    }
}

impl Shell {
    pub(crate) fn open(place: &Place, json: bool) -> Result<Self, Failure> {
        let settings = place.settings()?;
        backup::usable(&settings).map_err(Failure)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let ledger = runtime.block_on(compose::open_ledger(&settings, SystemClock.now()))?;
        Ok(Self { settings, ledger, runtime, json })
    }

    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    pub(crate) fn by(&self) -> By {
        By::shell(self.now())
    }

    pub(crate) fn now(&self) -> UnixMs {
        SystemClock.now()
    }

    /// One object a line: JSON if asked for, else the words.
    pub(crate) fn tell(&self, object: &serde_json::Value, words: &str) {
        if self.json {
            println!("{object}");
        } else {
            println!("{words}");
        }
    }

    fn keyring(&self) -> Keyring {
        // Only batches need keys, and they say which one is missing.
        KeyDir::at(&self.settings.keys).keyring().unwrap_or_default()
    }

    pub(crate) fn register(
        &self,
        kind: ImportKind,
        rows: &[(u64, Fields)],
    ) -> Result<Vec<Registered>, LedgerError> {
        let keys = self.keyring();
        self.wait(service::register(&self.ledger, &keys, &Scope::All, kind, rows, &self.by()))
    }

    pub(crate) fn import(&self, kind: ImportKind, import: &Import) -> Result<(), Failure> {
        let name = import.file.to_string_lossy().into_owned();
        let bytes = std::fs::read(&import.file).map_err(|e| Failure(format!("{name}: {e}")))?;
        let format = if name.ends_with(".jsonl") || name.ends_with(".ndjson") {
            ImportFormat::JsonLines
        } else {
            ImportFormat::Csv
        };
        let rows = import::rows(kind, format, &bytes).map_err(LedgerError::Invalid)?;
        let done = self.register(kind, &rows)?;
        let same = done.iter().filter(|r| **r == Registered::Unchanged).count();
        for registered in &done {
            if let Registered::Batch(id) = registered {
                self.tell(&serde_json::json!({"batch": id}), &format!("batch {id}"));
            }
        }
        let added = done.len() - same;
        self.tell(
            &serde_json::json!({"added": added, "unchanged": same}),
            &format!("{added} added, {same} as they were"),
        );
        Ok(())
    }
}
