//! `zhenma backup`, `restore`, `move`

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};

use super::key::passphrase;
use super::shell::Place;
use super::{Done, Failure};
use crate::app::backup::{self, Lock, MovedLedger, Opener, Places, Pruned, Series};
use crate::app::compose::StartError;
use crate::app::lost_keys::lost_keys;
use crate::app::server;
use crate::base::{Clock, clock::SystemClock};
use crate::keys::{KeyDir, KeyNumber};

/// One sealed file of ledger, scan state, photos, evidence and packages, while everything goes on. Example: zhenma backup --recipient age1... /backup/zhenma-20261127.age
#[derive(Args)]
#[command(group = ArgGroup::new("lock").required(true).args(["recipient", "recipients_file", "passphrase_file"]))]
pub(crate) struct Backup {
    /// The file, which must not be there yet; or a folder, in which it is named by the instant
    file: PathBuf,
    /// Public key that may open it, as age-keygen prints it; several may be given
    #[arg(long, value_name = "AGE1")]
    recipient: Vec<String>,
    /// File of such public keys, one a line
    #[arg(long, value_name = "FILE")]
    recipients_file: Option<PathBuf>,
    /// File whose first line is the backup's passphrase, instead of public keys
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The key files too, which their own passphrase opens
    #[arg(long)]
    with_keys: bool,
    /// Of a folder: how many backups stay in it, this one among them. Older ones are deleted
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,
    /// Also a ledger in which no enterprise is registered, which is most often the wrong one
    #[arg(long)]
    even_empty: bool,
    #[command(flatten)]
    place: Place,
}

impl Backup {
    pub(crate) fn run(self, json: bool) -> Result<Done, Failure> {
        let settings = self.place.settings()?;
        let lock = match (&self.passphrase_file, &self.recipients_file) {
            (Some(file), _) => Lock::Passphrase(passphrase(Some(file), false)?),
            (None, Some(file)) => Lock::recipients(file)?,
            (None, None) => Lock::Recipients(self.recipient),
        };
        let is_folder = match self.file.metadata() {
            Ok(what) => what.is_dir(),
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => return Err(Failure(format!("{}: {error}", self.file.display()))),
        };
        let series = is_folder.then(|| Series::in_folder(&self.file));
        if self.keep.is_some() && series.is_none() {
            let file = self.file.display();
            return Err(Failure(format!("--keep: {file} is not a folder of backups")));
        }
        let out = match &series {
            Some(series) => {
                series.sweep(SystemClock.now())?;
                series.file(SystemClock.now())
            }
            None => self.file.clone(),
        };
        let what = backup::Backup {
            lock: &lock,
            out: &out,
            with_keys: self.with_keys,
            even_empty: self.even_empty,
        };
        let taken = server::block_on(async {
            backup::take(&settings, &what, &SystemClock)
                .await
                .map_err(|e| StartError::Other(e.to_string()))
        })?;
        let pruned = match (&series, self.keep) {
            (Some(series), Some(keep)) => series.prune(&out, keep.into()),
            _ => Ok(Pruned::default()),
        };
        let at = taken.taken_at.rfc3339();
        if let Some(error) = &taken.unnoted {
            eprintln!("{error}: the alert of old backups does not know of this one");
        }
        if json {
            let Pruned { gone, ahead } = pruned?;
            println!(
                "{}",
                serde_json::json!({"taken_at": at, "file": out, "bytes": taken.bytes,
                    "scans": taken.scans, "histories": taken.histories,
                    "log_entries": taken.log_entries, "files": taken.files,
                    "with_keys": taken.with_keys, "deleted": gone, "ahead": ahead})
            );
            return Ok(Done::Yes);
        }
        println!(
            "{} is of {at}: {} scans in the ledger, {} histories, {} scans in the log, {} files, \
             {} bytes; {}",
            out.display(),
            taken.scans,
            taken.histories,
            taken.log_entries,
            taken.files,
            taken.bytes,
            if taken.with_keys { "with keys" } else { "keys are not in it" },
        );
        let Pruned { gone, ahead } = pruned?;
        for file in gone {
            println!("{} is deleted", file.display());
        }
        for file in ahead {
            println!("{} is of an instant to come: the clock was wrong; it stays", file.display());
        }
        Ok(Done::Yes)
    }
}

/// Put a backup into an empty place, with all processes stopped. Example: zhenma restore --identity key.txt /backup/zhenma-20261127.age
#[derive(Args)]
#[command(group = ArgGroup::new("opener").required(true).args(["identity", "passphrase_file"]))]
pub(crate) struct Restore {
    /// The file that `zhenma backup` wrote
    file: PathBuf,
    /// File of age-keygen with the secret key of one that the backup was made for
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// File whose first line is the backup's passphrase, where it was made with one
    #[arg(long, value_name = "FILE")]
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
        let (done, lost) = server::block_on(async {
            let done = backup::restore(&settings, &what, &SystemClock)
                .await
                .map_err(|e| StartError::Other(e.to_string()))?;
            // Without a set that can be read all of them are lost.
            let ring = KeyDir::at(&settings.keys).keyring().unwrap_or_default();
            Ok((done, lost_keys(&settings, &ring).await?))
        })?;
        if json {
            println!(
                "{}",
                serde_json::json!({"taken_at": done.taken_at, "scans": done.scans,
                    "histories": done.histories, "log_entries": done.log_entries,
                    "with_keys": done.with_keys, "lost_keys": lost})
            );
        } else {
            println!(
                "{} is as it was at {}: {} scans in the ledger, {} histories, {} scans in the \
                 log{}{}",
                settings.data.display(),
                done.taken_at,
                done.scans,
                done.histories,
                done.log_entries,
                if done.with_keys { "; with keys" } else { "" },
                put_back(&lost, &settings.keys),
            );
        }
        Ok(Done::Yes)
    }
}

/// What is still to be done for keys of batches.
fn put_back(lost: &[KeyNumber], keys: &Path) -> String {
    if lost.is_empty() {
        return String::new();
    }
    let names: Vec<_> = lost.iter().map(ToString::to_string).collect();
    format!(
        "; key {} is not in {}: put jwks.json and the key files back before anything starts",
        names.join(", "),
        keys.display()
    )
}

/// Move the embedded files into an empty Redis and an empty PostgreSQL database, or one of them, with all processes stopped. Example: zhenma move --to redis://127.0.0.1:6379 --to postgres://zhenma@127.0.0.1/zhenma
#[derive(Args)]
pub(crate) struct Move {
    /// As scan_store (redis://...) or ledger (postgres://...) names it afterwards; twice to move both. @FILE where it has a password: the first line of that file
    #[arg(long, value_name = "URL", required = true)]
    to: Vec<String>,
    #[command(flatten)]
    place: Place,
}

impl Move {
    pub(crate) fn run(self, json: bool) -> Result<Done, Failure> {
        let settings = self.place.settings()?;
        let to: Result<Vec<_>, _> = self.to.into_iter().map(written).collect();
        let to = Places::of(&to?).map_err(Failure)?;
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
                says.insert("unreadable".into(), scans.unreadable.into());
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
                 codes that were not issued were left out; {} cannot be read, here and there. Now \
                 set scan_store to the Redis",
                scans.histories,
                scans.sha256,
                scans.log_entries,
                scans.not_issued,
                scans.unreadable,
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

/// A URL, or what stands in the file that is named in its place: a command is seen by
/// everybody on the machine.
fn written(url: String) -> Result<String, Failure> {
    let Some(file) = url.strip_prefix('@') else { return Ok(url) };
    let text = std::fs::read_to_string(file).map_err(|e| Failure(format!("--to: {file}: {e}")))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
