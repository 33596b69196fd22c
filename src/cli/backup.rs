//! `zhenma backup`, `restore`, `move`

use std::path::PathBuf;

use clap::Args;

use super::key::passphrase;
use super::shell::Place;
use super::{Done, Failure};
use crate::app::backup::{self, Lock, MovedLedger, Opener, Places};
use crate::app::compose::StartError;
use crate::app::server;
use crate::base::clock::SystemClock;

/// One sealed file of ledger, scan state, photos, evidence and packages, while everything goes on. Example: zhenma backup --recipient age1... /backup/zhenma-20261127.age
#[derive(Args)]
pub(crate) struct Backup {
    /// The file, which must not be there yet
    file: PathBuf,
    /// Public key that may open it, as age-keygen prints it; several may be given
    #[arg(long, value_name = "AGE1", required_unless_present = "passphrase_file")]
    recipient: Vec<String>,
    /// File whose first line is the backup's passphrase, instead of public keys
    #[arg(long, value_name = "FILE", conflicts_with = "recipient")]
    passphrase_file: Option<PathBuf>,
    /// The key files too, which their own passphrase opens
    #[arg(long)]
    with_keys: bool,
    #[command(flatten)]
    place: Place,
}

impl Backup {
    pub(crate) fn run(self, json: bool) -> Result<Done, Failure> {
        let settings = self.place.settings()?;
        let lock = match &self.passphrase_file {
            Some(file) => Lock::Passphrase(passphrase(Some(file), false)?),
            None => Lock::Recipients(self.recipient),
        };
        let taken = server::block_on(async {
            backup::take(&settings, &lock, &self.file, self.with_keys, &SystemClock)
                .await
                .map_err(|e| StartError::Other(e.to_string()))
        })?;
        let at = taken.taken_at.rfc3339();
        if json {
            println!(
                "{}",
                serde_json::json!({"taken_at": at, "bytes": taken.bytes, "scans": taken.scans,
                    "histories": taken.histories, "log_entries": taken.log_entries,
                    "files": taken.files, "with_keys": taken.with_keys})
            );
        } else {
            println!(
                "{} is of {at}: {} scans in the ledger, {} histories, {} scans in the log, {} \
                 files, {} bytes; {}",
                self.file.display(),
                taken.scans,
                taken.histories,
                taken.log_entries,
                taken.files,
                taken.bytes,
                if taken.with_keys { "with keys" } else { "keys are not in it" },
            );
        }
        Ok(Done::Yes)
    }
}

/// Put a backup into an empty place, with all processes stopped. Example: zhenma restore --identity key.txt /backup/zhenma-20261127.age
#[derive(Args)]
pub(crate) struct Restore {
    file: PathBuf,
    /// File of age-keygen with the secret key
    #[arg(long, value_name = "FILE", required_unless_present = "passphrase_file")]
    identity: Option<PathBuf>,
    /// File whose first line is the backup's passphrase
    #[arg(long, value_name = "FILE", conflicts_with = "identity")]
    passphrase_file: Option<PathBuf>,
    /// Leave the scan store as it is, because only the ledger was lost
    #[arg(long)]
    ledger_only: bool,
    #[command(flatten)]
    place: Place,
}

impl Restore {
    pub(crate) fn run(self, json: bool) -> Result<Done, Failure> {
        let settings = self.place.settings()?;
        let opener = match &self.identity {
            Some(file) => Opener::identities(file)?,
            None => Opener::Passphrase(passphrase(self.passphrase_file.as_deref(), false)?),
        };
        let what =
            backup::Restore { file: &self.file, opener: &opener, ledger_only: self.ledger_only };
        let done = server::block_on(async {
            backup::restore(&settings, &what, &SystemClock)
                .await
                .map_err(|e| StartError::Other(e.to_string()))
        })?;
        if json {
            println!(
                "{}",
                serde_json::json!({"taken_at": done.taken_at, "scans": done.scans,
                    "histories": done.histories, "log_entries": done.log_entries,
                    "with_keys": done.with_keys})
            );
        } else {
            println!(
                "{} is as it was at {}: {} scans in the ledger, {} histories, {} scans in the \
                 log{}",
                settings.data.display(),
                done.taken_at,
                done.scans,
                done.histories,
                done.log_entries,
                if done.with_keys { "; with keys" } else { "; put the key files back, too" },
            );
        }
        Ok(Done::Yes)
    }
}

/// Move the embedded files into an empty Redis and an empty PostgreSQL database, or one of them, with all processes stopped. Example: zhenma move --to redis://127.0.0.1:6379 --to postgres://zhenma@127.0.0.1/zhenma
#[derive(Args)]
pub(crate) struct Move {
    /// As scan_store (redis://...) or ledger (postgres://...) names it afterwards; twice to move both
    #[arg(long, value_name = "URL", required = true)]
    to: Vec<String>,
    #[command(flatten)]
    place: Place,
}

impl Move {
    pub(crate) fn run(self, json: bool) -> Result<Done, Failure> {
        let settings = self.place.settings()?;
        let to = Places::of(&self.to).map_err(Failure)?;
        let moved = server::block_on(async {
            backup::relocate(&settings, &to, &SystemClock)
                .await
                .map_err(|e| StartError::Other(e.to_string()))
        })?;
        if json {
            let mut says = serde_json::Map::new();
            if let Some(scans) = &moved.scans {
                says.insert("histories".into(), scans.histories.into());
                says.insert("sha256".into(), scans.sha256.clone().into());
                says.insert("log_entries".into(), scans.log_entries.into());
                says.insert("not_issued".into(), scans.not_issued.into());
            }
            if let Some(MovedLedger { tables, rows, sha256 }) = &moved.ledger {
                let ledger = serde_json::json!({"tables": tables, "rows": rows, "sha256": sha256});
                says.insert("ledger".into(), ledger);
            }
            println!("{}", serde_json::Value::Object(says));
            return Ok(Done::Yes);
        }
        if let Some(scans) = &moved.scans {
            println!(
                "{} histories, SHA-256 {} here and there; {} scans of the log; {} histories of \
                 codes that were not issued were left out. Now set scan_store to the Redis",
                scans.histories, scans.sha256, scans.log_entries, scans.not_issued,
            );
        }
        if let Some(ledger) = &moved.ledger {
            println!(
                "{} rows of {} tables, SHA-256 {} here and there. Now set ledger to the database",
                ledger.rows, ledger.tables, ledger.sha256,
            );
        }
        for kept in &moved.kept {
            println!("what was moved is kept as {}", kept.display());
        }
        Ok(Done::Yes)
    }
}
