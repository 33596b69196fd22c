//! Accounts and API keys.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;

use super::rows::{self, Read, get};
use super::{Ledger, down};
use crate::auth::port::{AccountLedger, ApiKey};
use crate::auth::{Account, Role};
use crate::base::{LedgerError, UnixMs};

fn account(row: &SqliteRow) -> Read<Account> {
    let enterprise: Option<String> = get(row, "enterprise")?;
    let disabled: Option<i64> = get(row, "disabled_at")?;
    Ok(Account {
        login: get(row, "login")?,
        name: get(row, "name")?,
        role: Role::parse(&get::<String>(row, "role")?, enterprise.as_deref())
            .map_err(|_| rows::bad("role"))?,
        password_hash: get(row, "password_hash")?,
        created_at: UnixMs(get(row, "created_at")?),
        disabled_at: disabled.map(UnixMs),
    })
}

/// Uses of a key are noted at most so often.
const LAST_USE_STEP_MS: i64 = 60_000;

#[async_trait]
impl AccountLedger for Ledger {
    async fn add_account(&self, a: &Account) -> Result<(), LedgerError> {
        sqlx::query(
            "INSERT INTO accounts (login, name, role, enterprise, password_hash, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&a.login)
        .bind(&a.name)
        .bind(a.role.slug())
        .bind(a.role.enterprise())
        .bind(&a.password_hash)
        .bind(a.created_at.0)
        .execute(&self.writer)
        .await
        .map(drop)
        .map_err(|error| match error.as_database_error().map(|e| e.kind()) {
            Some(sqlx::error::ErrorKind::UniqueViolation) => {
                LedgerError::Conflict(format!("login {} is taken; choose another", a.login))
            }
            Some(sqlx::error::ErrorKind::ForeignKeyViolation) => LedgerError::NotFound(format!(
                "enterprise {}",
                a.role.enterprise().unwrap_or_default()
            )),
            _ => down(error),
        })
    }

    async fn account(&self, login: &str) -> Result<Option<Account>, LedgerError> {
        sqlx::query("SELECT * FROM accounts WHERE login = $1")
            .bind(login)
            .fetch_optional(&self.reader)
            .await
            .map_err(down)?
            .as_ref()
            .map(account)
            .transpose()
    }

    async fn accounts(&self) -> Result<Vec<Account>, LedgerError> {
        sqlx::query("SELECT * FROM accounts ORDER BY login")
            .fetch_all(&self.reader)
            .await
            .map_err(down)?
            .iter()
            .map(account)
            .collect()
    }

    async fn disable_account(&self, login: &str, at: UnixMs) -> Result<bool, LedgerError> {
        let done = sqlx::query(
            "UPDATE accounts SET disabled_at = $1 WHERE login = $2 AND disabled_at IS NULL",
        )
        .bind(at.0)
        .bind(login)
        .execute(&self.writer)
        .await
        .map_err(down)?;
        Ok(done.rows_affected() == 1)
    }

    async fn add_api_key(&self, key: &ApiKey) -> Result<(), LedgerError> {
        sqlx::query(
            "INSERT INTO api_keys (token_hash, login, label, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(key.hash.to_vec())
        .bind(&key.login)
        .bind(&key.label)
        .bind(key.created_at.0)
        .bind(key.expires_at.0)
        .execute(&self.writer)
        .await
        .map(drop)
        .map_err(|error| match error.as_database_error().map(|e| e.kind()) {
            Some(sqlx::error::ErrorKind::ForeignKeyViolation) => {
                LedgerError::NotFound(format!("account {}", key.login))
            }
            _ => down(error),
        })
    }

    async fn account_by_key(
        &self,
        hash: &[u8; 32],
        at: UnixMs,
    ) -> Result<Option<Account>, LedgerError> {
        sqlx::query(
            "SELECT a.* FROM api_keys k JOIN accounts a ON a.login = k.login
             WHERE k.token_hash = $1 AND k.expires_at > $2 AND a.disabled_at IS NULL",
        )
        .bind(hash.to_vec())
        .bind(at.0)
        .fetch_optional(&self.reader)
        .await
        .map_err(down)?
        .as_ref()
        .map(account)
        .transpose()
    }

    async fn note_key_use(&self, hash: &[u8; 32], at: UnixMs) -> Result<(), LedgerError> {
        let due = at.0 - LAST_USE_STEP_MS;
        // Looked at before: a busy client must not make a write of every read.
        let noted: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM api_keys WHERE token_hash = $1 AND last_used_at > $2",
        )
        .bind(hash.to_vec())
        .bind(due)
        .fetch_optional(&self.reader)
        .await
        .map_err(down)?;
        if noted.is_none() {
            sqlx::query("UPDATE api_keys SET last_used_at = $1 WHERE token_hash = $2")
                .bind(at.0)
                .bind(hash.to_vec())
                .execute(&self.writer)
                .await
                .map_err(down)?;
        }
        Ok(())
    }
}
