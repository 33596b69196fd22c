//! API keys as people list, replace and end them.

use super::db::{self, Row};
use async_trait::async_trait;
use serde_json::{Value, json};

use super::accounts::{insert_key, known, note};
use super::rows::{self, Read, get};
use super::{Ledger, down};
use crate::auth::Duties;
use crate::auth::api_key::KeyLedger;
use crate::auth::port::ApiKey;
use crate::base::{By, LedgerError, UnixMs};

fn api_key(row: &Row) -> Read<ApiKey> {
    let scope: Option<String> = get(row, "scope")?;
    let scope = scope.as_deref().map(Duties::parse).transpose();
    let last_used: Option<i64> = get(row, "last_used_at")?;
    Ok(ApiKey {
        hash: get::<Vec<u8>>(row, "token_hash")?.try_into().map_err(|_| rows::bad("token_hash"))?,
        login: get(row, "login")?,
        label: get(row, "label")?,
        scope: scope.map_err(|_| rows::bad("scope"))?,
        made_by: get(row, "made_by")?,
        created_at: UnixMs(get(row, "created_at")?),
        expires_at: UnixMs(get(row, "expires_at")?),
        last_used_at: last_used.map(UnixMs),
    })
}

/// Lets a key end at `ends_at`, if it is good at `at` and for longer.
async fn end(
    tx: &mut super::Tx,
    hash: &[u8; 32],
    ends_at: UnixMs,
    at: UnixMs,
) -> Read<Option<ApiKey>> {
    let found = db::query("SELECT * FROM api_keys WHERE token_hash = $1 AND expires_at > $2")
        .bind(hash.to_vec())
        .bind(at.0)
        .fetch_optional(&mut **tx)
        .await
        .map_err(down)?;
    let Some(row) = found else { return Ok(None) };
    db::query("UPDATE api_keys SET expires_at = $1 WHERE token_hash = $2 AND expires_at > $1")
        .bind(ends_at.0)
        .bind(hash.to_vec())
        .execute(&mut **tx)
        .await
        .map_err(down)?;
    api_key(&row).map(Some)
}

#[async_trait]
impl KeyLedger for Ledger {
    async fn api_keys(&self, enterprise: Option<&str>) -> Result<Vec<ApiKey>, LedgerError> {
        db::query(
            "SELECT k.* FROM api_keys k JOIN accounts a ON a.login = k.login
             WHERE $1 IS NULL OR a.enterprise = $1 ORDER BY k.created_at DESC, k.token_hash",
        )
        .bind(enterprise)
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(api_key)
        .collect()
    }

    async fn end_api_key(&self, hash: &[u8; 32], by: &By) -> Result<bool, LedgerError> {
        let mut tx = self.write().await?;
        let Some(key) = end(&mut tx, hash, by.at, by.at).await? else { return Ok(false) };
        let account = known(&mut tx, &key.login).await?;
        let before = json!({"label": key.label, "expires_at": key.expires_at.0});
        note(&mut tx, by, "key.end", &account, [before, Value::Null]).await?;
        tx.commit().await.map_err(down)?;
        Ok(true)
    }

    async fn replace_api_key(
        &self,
        hash: &[u8; 32],
        new: &ApiKey,
        ends_at: UnixMs,
        by: &By,
    ) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        let Some(old) = end(&mut tx, hash, ends_at, by.at).await? else {
            return Err(LedgerError::NotFound("a good key".to_owned()));
        };
        let account = known(&mut tx, &new.login).await?;
        insert_key(&mut tx, new).await?;
        let before = json!({"label": old.label, "expires_at": old.expires_at.0});
        let after = json!({"label": new.label, "expires_at": new.expires_at.0,
            "before_it_ends_at": ends_at.0.min(old.expires_at.0)});
        note(&mut tx, by, "key.replace", &account, [before, after]).await?;
        tx.commit().await.map_err(down)
    }
}
