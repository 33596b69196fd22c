//! A look at a ledger that changes nothing: no migration, no file that SQLite
//! would make beside it.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::db::{self, Pool};
use super::open::{self, ON_FILE, ON_SERVER, Place};
use super::rows;
use super::scans::channel_name;
use super::{BUSY_WAIT, Ledger, down, unsigned};
use crate::base::{LedgerError, UnixMs};
use crate::keys::{KeyNumber, Keyring};
use crate::scan::{Channel, Cursor, LogId, Marks};

/// Latest rows of a log that are looked at: among them is the newest scan, which
/// a clock that went back leaves behind the last.
const LATEST_SCANS: i64 = 1_000;

/// Which migrations a file has had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The file's latest.
    pub found: i64,
    /// This version's latest.
    pub known: i64,
    /// Every one of the file ended.
    pub whole: bool,
}

/// A key as a kit names it.
#[derive(Deserialize)]
struct KitKey {
    number: KeyNumber,
    /// The 32 bytes of the public key, base64url without padding.
    x: String,
}

impl Ledger {
    /// Opens a ledger for reading alone; what writes will fail.
    ///
    /// # Errors
    /// `Unavailable` for a file that cannot be opened.
    pub async fn inspect(path: &Path) -> Result<Self, LedgerError> {
        // Without a log beside it nobody has it open. To read it SQLite would
        // make one, unless it is told that nothing changes.
        let closed = !beside(path, "-wal").exists();
        let options = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .immutable(closed)
            .busy_timeout(BUSY_WAIT);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(BUSY_WAIT)
            .connect_with(options)
            .await
            .map_err(down)?;
        let (pool, place) = (Pool::lite(pool), Place::File(path.to_owned()));
        Ok(Self { writer: pool.clone(), reader: pool, place })
    }

    /// The same of a database of a PostgreSQL server.
    ///
    /// # Errors
    /// `Unavailable` also for a server that cannot hold a ledger, without the password.
    pub async fn inspect_server(url: &str) -> Result<Self, LedgerError> {
        let options = open::server(url)?.options([("default_transaction_read_only", "on")]);
        open::sound(&mut open::first_connection(&options).await?).await?;
        let pool = Pool::pg_reads(open::server_pool(1, options.clone()).await?);
        Ok(Self { writer: pool.clone(), reader: pool, place: Place::Server(Box::new(options)) })
    }

    /// Whether there is a ledger in the place that was looked at.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn is_made(&self) -> Result<bool, LedgerError> {
        match self.place {
            Place::File(_) => Ok(true),
            Place::Server(_) => {
                db::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
                    .fetch_one(&self.reader)
                    .await
                    .map_err(down)
            }
        }
    }

    /// Whether this user may make a ledger's tables where there are none yet.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn may_be_made(&self) -> Result<bool, LedgerError> {
        match self.place {
            Place::File(_) => Ok(true),
            Place::Server(_) => db::query_scalar(
                "SELECT COALESCE(has_schema_privilege(current_schema(), 'CREATE'), FALSE)",
            )
            .fetch_one(&self.reader)
            .await
            .map_err(down),
        }
    }

    /// What of a server's settings loses what was acknowledged when the power fails.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn forgetful(&self) -> Result<Option<String>, LedgerError> {
        if let Place::File(_) = self.place {
            return Ok(None);
        }
        let off: Vec<String> = db::query_scalar(
            "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes')
             AND setting = 'off' ORDER BY name",
        )
        .fetch_all(&self.reader)
        .await
        .map_err(down)?;
        Ok((!off.is_empty()).then(|| off.join(", ")))
    }

    /// Whether the connection to a server is encrypted.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn is_encrypted(&self) -> Result<bool, LedgerError> {
        if let Place::File(_) = self.place {
            return Ok(false);
        }
        db::query_scalar(
            "SELECT COALESCE((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), FALSE)",
        )
        .fetch_one(&self.reader)
        .await
        .map_err(down)
    }

    /// # Errors
    /// `Unavailable` also for a file that is no ledger.
    pub async fn migrated(&self) -> Result<Migrated, LedgerError> {
        let (found, failed): (Option<i64>, i64) = db::query_as(
            "SELECT MAX(version), COUNT(CASE WHEN NOT success THEN 1 END) FROM _sqlx_migrations",
        )
        .fetch_one(&self.reader)
        .await
        .map_err(down)?;
        let migrations = match self.place {
            Place::File(_) => &ON_FILE,
            Place::Server(_) => &ON_SERVER,
        };
        let known = migrations.iter().map(|m| m.version).max().unwrap_or(0);
        Ok(Migrated { found: found.unwrap_or(0), known, whole: failed == 0 })
    }

    /// What SQLite finds broken, first thing first; a server looks after itself.
    ///
    /// # Errors
    /// `Unavailable` for a file that cannot even be read.
    pub async fn damage(&self) -> Result<Option<String>, LedgerError> {
        if let Place::Server(_) = self.place {
            return Ok(None);
        }
        let says: String = db::query_scalar("PRAGMA quick_check(1)")
            .fetch_one(&self.reader)
            .await
            .map_err(down)?;
        Ok((says != "ok").then_some(says))
    }

    /// The latest instant that the ledger holds of something that happened.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn newest(&self) -> Result<Option<UnixMs>, LedgerError> {
        let facts: Option<i64> = db::query_scalar(
            "SELECT MAX(happened) FROM (
                SELECT MAX(created_at) AS happened FROM installation
                UNION ALL SELECT MAX(created_at) FROM enterprises
                UNION ALL SELECT MAX(created_at) FROM products
                UNION ALL SELECT MAX(created_at) FROM batches
                UNION ALL SELECT MAX(set_at) FROM batch_ranges
                UNION ALL SELECT MAX(created_at) FROM orders
                UNION ALL SELECT MAX(created_at) FROM accounts
                UNION ALL SELECT MAX(updated_at) FROM flags
                UNION ALL SELECT MAX(decided_at) FROM decisions) AS facts",
        )
        .fetch_one(&self.reader)
        .await
        .map_err(down)?;
        Ok(facts.map(UnixMs).max(self.newest_scan().await?))
    }

    /// Numbers of the keys that batches name, but for those without a signature.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn signing_keys(&self) -> Result<BTreeSet<KeyNumber>, LedgerError> {
        let numbers: Vec<i64> = db::query_scalar("SELECT DISTINCT key_number FROM batches")
            .fetch_all(&self.reader)
            .await
            .map_err(down)?;
        let key = |number: i64| {
            u32::try_from(number)
                .ok()
                .and_then(KeyNumber::new)
                .ok_or_else(|| rows::bad("key_number"))
        };
        let keys: Result<BTreeSet<_>, _> = numbers.into_iter().map(key).collect();
        Ok(keys?.into_iter().filter(|key| *key != KeyNumber::OWN).collect())
    }

    /// The numbers under which the latest kit of officers' phones has another key than
    /// `ring` has; none where no kit was made.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn exchanged_keys(&self, ring: &Keyring) -> Result<Vec<KeyNumber>, LedgerError> {
        let part: Option<String> =
            db::query_scalar("SELECT body FROM kit_parts WHERE name = 'keys'")
                .fetch_optional(&self.reader)
                .await
                .map_err(down)?;
        let Some(part) = part else { return Ok(Vec::new()) };
        let kept: Vec<KitKey> = serde_json::from_str(&part).map_err(|_| rows::bad("keys"))?;
        let is_other = |kept: &KitKey| {
            ring.get(kept.number)
                .is_some_and(|key| BASE64_URL_SAFE_NO_PAD.encode(key.public.to_bytes()) != kept.x)
        };
        Ok(kept.iter().filter(|kept| is_other(kept)).map(|kept| kept.number).collect())
    }

    /// Every log of scans that was ever followed, and how far.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn logs(&self) -> Result<HashMap<LogId, Cursor>, LedgerError> {
        let rows: Vec<(Vec<u8>, i64, i64)> =
            db::query_as("SELECT identity, log_major, log_minor FROM scan_logs")
                .fetch_all(&self.reader)
                .await
                .map_err(down)?;
        rows.into_iter()
            .map(|(identity, major, minor)| {
                let log = identity.try_into().map(LogId).map_err(|_| rows::bad("identity"))?;
                Ok((log, Cursor { major: unsigned(major), minor: unsigned(minor) }))
            })
            .collect()
    }

    /// The newest among the latest scans of every log.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn newest_scan(&self) -> Result<Option<UnixMs>, LedgerError> {
        let mut newest = None;
        for log in self.log_rows().await? {
            let seen: Option<i64> = db::query_scalar(
                "SELECT MAX(seen_at) FROM (SELECT seen_at FROM scans WHERE log = $1
                 ORDER BY log_major DESC, log_minor DESC LIMIT $2) AS latest",
            )
            .bind(log)
            .bind(LATEST_SCANS)
            .fetch_one(&self.reader)
            .await
            .map_err(down)?;
            newest = newest.max(seen.map(UnixMs));
        }
        Ok(newest)
    }

    /// Buyers among the latest scans of every log, and how many of these came
    /// from an address with one of these marks.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn latest_buyers(&self, marks: Marks) -> Result<(u64, u64), LedgerError> {
        let (mut all, mut marked) = (0, 0);
        for log in self.log_rows().await? {
            let (of_log, marked_of_log): (i64, i64) = db::query_as(
                "SELECT COUNT(*), COUNT(CASE WHEN marks & $3 <> 0 THEN 1 END)
                 FROM (SELECT channel, marks FROM scans WHERE log = $1
                 ORDER BY log_major DESC, log_minor DESC LIMIT $2) AS latest
                 WHERE channel = $4",
            )
            .bind(log)
            .bind(LATEST_SCANS)
            .bind(i64::from(marks.bits()))
            .bind(channel_name(Channel::Consumer))
            .fetch_one(&self.reader)
            .await
            .map_err(down)?;
            all += unsigned(of_log);
            marked += unsigned(marked_of_log);
        }
        Ok((all, marked))
    }

    async fn log_rows(&self) -> Result<Vec<i64>, LedgerError> {
        db::query_scalar("SELECT id FROM scan_logs").fetch_all(&self.reader).await.map_err(down)
    }
}

/// The file that SQLite keeps beside another.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}
