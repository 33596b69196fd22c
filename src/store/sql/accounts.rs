//! Accounts and API keys.

use super::db::{self, Row};
use async_trait::async_trait;

use super::credentials::{end_links, run};
use super::rows::{self, Read, get};
use super::{Ledger, Tx, audit, down, erasing};
use crate::auth::port::{AccountLedger, ApiKey, KeyHolder};
use crate::auth::trail::Entry;
use crate::auth::{Account, Duties, Role};
use crate::base::{By, LedgerError, UnixMs};

fn role_of(row: &Row) -> Read<Role> {
    let enterprise: Option<String> = get(row, "enterprise")?;
    let (role, may): (String, String) = (get(row, "role")?, get(row, "duties")?);
    let office: Option<String> = get(row, "office")?;
    let office = office.map(|id| id.parse().map_err(|_| rows::bad("office"))).transpose()?;
    Role::parse(&role, enterprise.as_deref(), &may, office).map_err(|_| rows::bad("role"))
}

/// Tells of a change to an account or its keys.
pub(super) async fn note(
    tx: &mut Tx,
    by: &By,
    action: &'static str,
    account: &Account,
    [before, after]: [serde_json::Value; 2],
) -> Read<()> {
    let object = format!("account {}", account.login);
    let enterprise = account.role.enterprise();
    audit::note(tx, by, &Entry { action, object, enterprise, before, after }).await
}

pub(super) fn told(account: &Account) -> serde_json::Value {
    // The trail is for ever: the login names a person there, never the name.
    serde_json::json!({"role": account.role.slug(),
        "duties": account.role.written(), "office": account.role.office(),
        "disabled": account.disabled_at.is_some()})
}

pub(super) async fn known(tx: &mut Tx, login: &str) -> Read<Account> {
    db::query("SELECT * FROM accounts WHERE login = $1")
        .bind(login)
        .fetch_optional(&mut **tx)
        .await
        .map_err(down)?
        .as_ref()
        .map(account)
        .transpose()?
        .ok_or_else(|| LedgerError::NotFound(format!("account {login}")))
}

pub(super) fn account(row: &Row) -> Read<Account> {
    let disabled: Option<i64> = get(row, "disabled_at")?;
    Ok(Account {
        login: get(row, "login")?,
        name: get(row, "name")?,
        role: role_of(row)?,
        password_hash: get(row, "password_hash")?,
        created_at: UnixMs(get(row, "created_at")?),
        disabled_at: disabled.map(UnixMs),
    })
}

/// `Conflict` when the login is taken, `NotFound` for an unknown enterprise.
pub(super) async fn insert(tx: &mut Tx, a: &Account) -> Read<()> {
    db::query(
        "INSERT INTO accounts (login, name, role, enterprise, password_hash, created_at,
         duties, office) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&a.login)
    .bind(&a.name)
    .bind(a.role.slug())
    .bind(a.role.enterprise())
    .bind(&a.password_hash)
    .bind(a.created_at.0)
    .bind(a.role.written())
    .bind(a.role.office().map(|id| id.to_string()))
    .execute(&mut **tx)
    .await
    .map(drop)
    .map_err(|error| match error.as_database_error().map(|e| e.kind()) {
        Some(sqlx::error::ErrorKind::UniqueViolation) => {
            LedgerError::Conflict(format!("login {} is taken; choose another", a.login))
        }
        Some(sqlx::error::ErrorKind::ForeignKeyViolation) => {
            let office = a.role.office().map(|id| format!("office {id}"));
            let enterprise = || format!("enterprise {}", a.role.enterprise().unwrap_or_default());
            LedgerError::NotFound(office.unwrap_or_else(enterprise))
        }
        _ => down(error),
    })
}

pub(super) async fn insert_key(tx: &mut Tx, key: &ApiKey) -> Read<()> {
    db::query(
        "INSERT INTO api_keys (token_hash, login, label, created_at, expires_at, scope, made_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(key.hash.to_vec())
    .bind(&key.login)
    .bind(&key.label)
    .bind(key.created_at.0)
    .bind(key.expires_at.0)
    .bind(key.scope.map(|scope| scope.to_string()))
    .bind(&key.made_by)
    .execute(&mut **tx)
    .await
    .map(drop)
    .map_err(down)
}

/// Uses of a key are noted at most so often.
const LAST_USE_STEP_MS: i64 = 60_000;

/// Whatever lets somebody in: an account that is opened again brings none of it back.
pub(super) async fn end_all(tx: &mut Tx, login: &str, at: UnixMs) -> Read<()> {
    run(tx, "DELETE FROM sessions WHERE login = $1", login).await?;
    end_links(tx, login, at).await?;
    end_keys(tx, login, at).await
}

async fn end_keys(tx: &mut Tx, login: &str, at: UnixMs) -> Read<()> {
    db::query("UPDATE api_keys SET expires_at = $1 WHERE login = $2 AND expires_at > $1")
        .bind(at.0)
        .bind(login)
        .execute(&mut **tx)
        .await
        .map(drop)
        .map_err(down)
}

#[async_trait]
impl AccountLedger for Ledger {
    async fn add_account(&self, a: &Account, by: &By) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        insert(&mut tx, a).await?;
        note(&mut tx, by, "account.add", a, [serde_json::Value::Null, told(a)]).await?;
        tx.commit().await.map_err(down)
    }

    async fn account(&self, login: &str) -> Result<Option<Account>, LedgerError> {
        db::query("SELECT * FROM accounts WHERE login = $1")
            .bind(login)
            .fetch_optional(&self.reader)
            .await
            .map_err(down)?
            .as_ref()
            .map(account)
            .transpose()
    }

    async fn accounts(&self) -> Result<Vec<Account>, LedgerError> {
        db::query("SELECT * FROM accounts ORDER BY login")
            .fetch_all(&self.reader)
            .await
            .map_err(down)?
            .iter()
            .map(account)
            .collect()
    }

    async fn disable_account(&self, login: &str, by: &By) -> Result<bool, LedgerError> {
        let mut tx = self.write().await?;
        let disabled = db::query(
            "UPDATE accounts SET disabled_at = $1 WHERE login = $2 AND disabled_at IS NULL
             RETURNING *",
        )
        .bind(by.at.0)
        .bind(login)
        .fetch_optional(&mut *tx)
        .await
        .map_err(down)?;
        let Some(row) = disabled else { return Ok(false) };
        let after = account(&row)?;
        end_all(&mut tx, login, by.at).await?;
        let before = Account { disabled_at: None, ..after.clone() };
        note(&mut tx, by, "account.disable", &after, [told(&before), told(&after)]).await?;
        tx.commit().await.map_err(down)?;
        Ok(true)
    }

    async fn erase_account(&self, login: &str, by: &By) -> Result<Option<bool>, LedgerError> {
        erasing::erase(self, login, by).await
    }

    async fn add_api_key(&self, key: &ApiKey, by: &By) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        let account = known(&mut tx, &key.login).await?;
        insert_key(&mut tx, key).await?;
        let made = serde_json::json!({"label": key.label, "expires_at": key.expires_at.0,
            "scope": key.scope.map(|scope| scope.to_string())});
        note(&mut tx, by, "key.add", &account, [serde_json::Value::Null, made]).await?;
        tx.commit().await.map_err(down)
    }

    async fn account_by_key(
        &self,
        hash: &[u8; 32],
        at: UnixMs,
    ) -> Result<Option<KeyHolder>, LedgerError> {
        let found = db::query(
            "SELECT a.*, k.scope, k.made_by FROM api_keys k JOIN accounts a ON a.login = k.login
             WHERE k.token_hash = $1 AND k.expires_at > $2 AND a.disabled_at IS NULL",
        )
        .bind(hash.to_vec())
        .bind(at.0)
        .fetch_optional(&self.reader)
        .await
        .map_err(down)?;
        let Some(row) = found else { return Ok(None) };
        let mut account = account(&row)?;
        let scope: Option<String> = get(&row, "scope")?;
        if let (Role::Member { duties, .. }, Some(scope)) = (&mut account.role, scope) {
            let scope = Duties::parse(&scope).map_err(|_| rows::bad("scope"))?;
            *duties = duties.within(scope);
        }
        Ok(Some(KeyHolder { account, made_by: get(&row, "made_by")? }))
    }

    async fn note_key_use(&self, hash: &[u8; 32], at: UnixMs) -> Result<(), LedgerError> {
        let due = at.0 - LAST_USE_STEP_MS;
        // Looked at before: a busy client must not make a write of every read.
        let noted: Option<i64> =
            db::query_scalar("SELECT 1 FROM api_keys WHERE token_hash = $1 AND last_used_at > $2")
                .bind(hash.to_vec())
                .bind(due)
                .fetch_optional(&self.reader)
                .await
                .map_err(down)?;
        if noted.is_none() {
            db::query("UPDATE api_keys SET last_used_at = $1 WHERE token_hash = $2")
                .bind(at.0)
                .bind(hash.to_vec())
                .execute(&self.writer)
                .await
                .map_err(down)?;
        }
        Ok(())
    }
}
