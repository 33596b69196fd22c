//! Sessions of people who signed in, for `tower-sessions`. A session id is
//! kept as its SHA-256, so that a stolen ledger opens no session. What a listing
//! tells of a session stands in columns of its own beside its data.

use super::db;
use async_trait::async_trait;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result as Stored};
use tower_sessions::{ExpiredDeletion, SessionStore};

use super::accounts::{known, note};
use super::rows::get;
use super::{Ledger, down};
use crate::auth::session::{
    SESSION_HOURS, SESSIONS_LISTED_MAX, SessionLedger, SessionLine, field, kept,
};
use crate::base::{By, LedgerError, UnixMs};

/// The ledger as a store of sessions.
#[derive(Clone)]
pub struct Sessions(pub Ledger);

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sessions")
    }
}

#[allow(clippy::needless_pass_by_value, reason = "made for map_err")]
fn backend(error: impl std::fmt::Display) -> Error {
    Error::Backend(error.to_string())
}

/// A text that the session says of itself.
fn said<'r>(record: &'r Record, name: &str) -> Option<&'r str> {
    record.data.get(name).and_then(Value::as_str)
}

/// Whose it is: of who signed in, or gave the password and not yet the code. So
/// what ends somebody's sessions ends both.
fn owner(record: &Record) -> Option<&str> {
    let half = || record.data.get(field::HALF)?.get("login")?.as_str();
    said(record, field::LOGIN).or_else(half)
}

fn millis(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

fn data(record: &Record) -> Stored<Vec<u8>> {
    serde_json::to_vec(&record.data).map_err(|e| Error::Encode(e.to_string()))
}

/// When somebody signed in.
fn begun_at(record: &Record) -> Option<i64> {
    record.data.get(field::BEGUN_AT).and_then(Value::as_i64)
}

/// What it is changed by does not prolong it.
fn ends_at(record: &Record) -> i64 {
    let end = millis(record.expiry_date);
    begun_at(record).map_or(end, |begun| end.min(begun + SESSION_HOURS * 3_600_000))
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Stored<()> {
        // Ids have 128 random bits: a collision is not a case worth a loop.
        db::query(
            "INSERT INTO sessions (id, data, expires_at, login, begun_at, last_seen_at, origin,
             browser) VALUES ($1, $2, $3, $4, $5, $5, $6, $7)",
        )
        .bind(kept(&record.id.to_string()))
        .bind(data(record)?)
        .bind(ends_at(record))
        .bind(owner(record))
        .bind(begun_at(record).unwrap_or(0))
        .bind(said(record, field::ORIGIN).unwrap_or_default())
        .bind(said(record, field::BROWSER).unwrap_or_default())
        .execute(&self.0.writer)
        .await
        .map(drop)
        .map_err(backend)
    }

    /// One that was ended meanwhile stays so.
    async fn save(&self, record: &Record) -> Stored<()> {
        db::query(
            "UPDATE sessions SET data = $1, expires_at = $2, login = $3, begun_at = $4
             WHERE id = $5",
        )
        .bind(data(record)?)
        .bind(ends_at(record))
        .bind(owner(record))
        .bind(begun_at(record).unwrap_or(0))
        .bind(kept(&record.id.to_string()))
        .execute(&self.0.writer)
        .await
        .map(drop)
        .map_err(backend)
    }

    async fn load(&self, id: &Id) -> Stored<Option<Record>> {
        let Some(row) = db::query("SELECT data, expires_at FROM sessions WHERE id = $1")
            .bind(kept(&id.to_string()))
            .fetch_optional(&self.0.reader)
            .await
            .map_err(backend)?
        else {
            return Ok(None);
        };
        let data: Vec<u8> = row.try_get("data").map_err(backend)?;
        let expires: i64 = row.try_get("expires_at").map_err(backend)?;
        let expiry_date =
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(expires) * 1_000_000)
                .map_err(|e| Error::Decode(e.to_string()))?;
        if expiry_date <= OffsetDateTime::now_utc() {
            return Ok(None);
        }
        let data = serde_json::from_slice(&data).map_err(|e| Error::Decode(e.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Stored<()> {
        db::query("DELETE FROM sessions WHERE id = $1")
            .bind(kept(&id.to_string()))
            .execute(&self.0.writer)
            .await
            .map(drop)
            .map_err(backend)
    }
}

#[async_trait]
impl ExpiredDeletion for Sessions {
    async fn delete_expired(&self) -> Stored<()> {
        db::query("DELETE FROM sessions WHERE expires_at < $1")
            .bind(millis(OffsetDateTime::now_utc()))
            .execute(&self.0.writer)
            .await
            .map(drop)
            .map_err(backend)
    }
}

/// Uses of a session are noted at most so often.
const LAST_SEEN_STEP_MS: i64 = 60_000;

#[async_trait]
impl SessionLedger for Ledger {
    async fn sessions(&self, login: &str, at: UnixMs) -> Result<Vec<SessionLine>, LedgerError> {
        db::query(
            "SELECT id, begun_at, last_seen_at, origin, browser FROM sessions
             WHERE login = $1 AND begun_at > 0 AND expires_at > $2 ORDER BY last_seen_at DESC, id LIMIT $3",
        )
        .bind(login)
        .bind(at.0)
        .bind(i64::from(SESSIONS_LISTED_MAX))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(|row| {
            Ok(SessionLine {
                id: get(row, "id")?,
                begun_at: UnixMs(get(row, "begun_at")?),
                last_seen_at: UnixMs(get(row, "last_seen_at")?),
                origin: get(row, "origin")?,
                browser: get(row, "browser")?,
            })
        })
        .collect()
    }

    async fn see_session(&self, id: &str, origin: &str, at: UnixMs) -> Result<(), LedgerError> {
        let due = at.0 - LAST_SEEN_STEP_MS;
        // Looked at before: a page must not make a write of every read.
        let seen: Option<i64> = db::query_scalar(
            "SELECT last_seen_at FROM sessions WHERE id = $1 AND (last_seen_at > $2 OR login IS NULL)",
        )
        .bind(id)
        .bind(due)
        .fetch_optional(&self.reader)
        .await
        .map_err(down)?;
        if seen.is_none() {
            db::query("UPDATE sessions SET last_seen_at = $1, origin = $2 WHERE id = $3")
                .bind(at.0)
                .bind(origin)
                .bind(id)
                .execute(&self.writer)
                .await
                .map_err(down)?;
        }
        Ok(())
    }

    async fn end_session(&self, login: &str, id: &str, by: &By) -> Result<bool, LedgerError> {
        let mut tx = self.write().await?;
        let done = db::query("DELETE FROM sessions WHERE id = $1 AND login = $2")
            .bind(id)
            .bind(login)
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        let account = known(&mut tx, login).await?;
        note(&mut tx, by, "session.end", &account, [json!({"sessions": 1}), Value::Null]).await?;
        tx.commit().await.map_err(down)?;
        Ok(true)
    }

    async fn end_other_sessions(
        &self,
        login: &str,
        keep: &str,
        by: &By,
    ) -> Result<u64, LedgerError> {
        let mut tx = self.write().await?;
        let done = db::query("DELETE FROM sessions WHERE login = $1 AND id <> $2")
            .bind(login)
            .bind(keep)
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        let ended = done.rows_affected();
        if ended > 0 {
            let account = known(&mut tx, login).await?;
            let told = [json!({"sessions": ended}), Value::Null];
            note(&mut tx, by, "session.end", &account, told).await?;
        }
        tx.commit().await.map_err(down)?;
        Ok(ended)
    }
}
