//! Sessions of people who signed in, for `tower-sessions`. A session id is
//! kept as its SHA-256, so that a stolen ledger opens no session.

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{ExpiredDeletion, SessionStore};

use super::Ledger;

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

fn kept(id: &Id) -> String {
    Sha256::digest(id.to_string().as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

fn millis(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        // Ids have 128 random bits: a collision is not a case worth a loop.
        self.save(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let data = serde_json::to_vec(&record.data).map_err(|e| Error::Encode(e.to_string()))?;
        sqlx::query(
            "INSERT INTO sessions (id, data, expires_at) VALUES ($1, $2, $3)
             ON CONFLICT (id) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at",
        )
        .bind(kept(&record.id))
        .bind(data)
        .bind(millis(record.expiry_date))
        .execute(&self.0.writer)
        .await
        .map(drop)
        .map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        use sqlx::Row;
        let Some(row) = sqlx::query("SELECT data, expires_at FROM sessions WHERE id = $1")
            .bind(kept(id))
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

    async fn delete(&self, id: &Id) -> Result<()> {
        sqlx::query("DELETE FROM sessions WHERE id = $1")
            .bind(kept(id))
            .execute(&self.0.writer)
            .await
            .map(drop)
            .map_err(backend)
    }
}

#[async_trait]
impl ExpiredDeletion for Sessions {
    async fn delete_expired(&self) -> Result<()> {
        sqlx::query("DELETE FROM sessions WHERE expires_at < $1")
            .bind(millis(OffsetDateTime::now_utc()))
            .execute(&self.0.writer)
            .await
            .map(drop)
            .map_err(backend)
    }
}
