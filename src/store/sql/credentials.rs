//! Passwords, second factors, one-time links.

use super::db;
use async_trait::async_trait;
use serde_json::{Value, json};

use super::accounts::{known, note};
use super::rows::{self, Read, get};
use super::{Ledger, Tx, down, signed, unsigned};
use crate::auth::credentials::{Chosen, CredentialLedger, Enrolment};
use crate::auth::link::{Link, Purpose};
use crate::auth::second_factor::SecondFactor;
use crate::base::{By, LedgerError, UnixMs};

async fn has_second_factor(tx: &mut Tx, login: &str) -> Read<bool> {
    let found: Option<i64> =
        db::query_scalar("SELECT last_step FROM second_factors WHERE login = $1")
            .bind(login)
            .fetch_optional(&mut **tx)
            .await
            .map_err(down)?;
    Ok(found.is_some())
}

/// In the place of those that are there.
async fn put_recovery(tx: &mut Tx, login: &str, hashes: &[[u8; 32]]) -> Read<()> {
    run(tx, "DELETE FROM recovery_codes WHERE login = $1", login).await?;
    for hash in hashes {
        db::query("INSERT INTO recovery_codes (hash, login) VALUES ($1, $2)")
            .bind(hash.to_vec())
            .bind(login)
            .execute(&mut **tx)
            .await
            .map_err(down)?;
    }
    Ok(())
}

/// A statement about one login; gives how many rows it changed.
pub(super) async fn run(tx: &mut Tx, sql: &'static str, login: &str) -> Read<u64> {
    let done = db::query(sql).bind(login).execute(&mut **tx).await.map_err(down)?;
    Ok(done.rows_affected())
}

/// Links of the account that are good end.
pub(super) async fn end_links(tx: &mut Tx, login: &str, at: UnixMs) -> Read<()> {
    db::query("UPDATE links SET used_at = $1 WHERE login = $2 AND used_at IS NULL")
        .bind(at.0)
        .bind(login)
        .execute(&mut **tx)
        .await
        .map(drop)
        .map_err(down)
}

pub(super) async fn put_link(tx: &mut Tx, link: &Link, by: &By) -> Read<()> {
    end_links(tx, &link.login, by.at).await?;
    db::query(
        "INSERT INTO links (token_hash, login, purpose, made_at, expires_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(link.hash.to_vec())
    .bind(&link.login)
    .bind(link.purpose.slug())
    .bind(by.at.0)
    .bind(link.expires_at.0)
    .execute(&mut **tx)
    .await
    .map(drop)
    .map_err(down)
}

#[async_trait]
impl CredentialLedger for Ledger {
    async fn second_factor(&self, login: &str) -> Result<Option<SecondFactor>, LedgerError> {
        let found = db::query(
            "SELECT sealed, last_step, since, (SELECT COUNT(*) FROM recovery_codes r
             WHERE r.login = f.login AND r.used_at IS NULL) AS left_over
             FROM second_factors f WHERE login = $1",
        )
        .bind(login)
        .fetch_optional(&self.reader)
        .await
        .map_err(down)?;
        let Some(row) = found else { return Ok(None) };
        Ok(Some(SecondFactor {
            sealed: get(&row, "sealed")?,
            last_step: unsigned(get(&row, "last_step")?),
            recovery_left: u32::try_from(get::<i64>(&row, "left_over")?).unwrap_or(0),
            since: UnixMs(get(&row, "since")?),
        }))
    }

    async fn enrol(&self, login: &str, new: &Enrolment, by: &By) -> Result<bool, LedgerError> {
        let mut tx = self.write().await?;
        let account = known(&mut tx, login).await?;
        if has_second_factor(&mut tx, login).await? {
            return Ok(false);
        }
        db::query(
            "INSERT INTO second_factors (login, sealed, last_step, since) VALUES ($1, $2, $3, $4)",
        )
        .bind(login)
        .bind(&new.sealed)
        .bind(signed(new.step))
        .bind(by.at.0)
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        put_recovery(&mut tx, login, &new.recovery).await?;
        let told = json!({"recovery_codes": new.recovery.len()});
        note(&mut tx, by, "second_factor.add", &account, [Value::Null, told]).await?;
        tx.commit().await.map_err(down)?;
        Ok(true)
    }

    async fn take_step(&self, login: &str, step: u64) -> Result<bool, LedgerError> {
        let mut tx = self.write().await?;
        let done = db::query(
            "UPDATE second_factors SET last_step = $1 WHERE login = $2 AND last_step < $1",
        )
        .bind(signed(step))
        .bind(login)
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        tx.commit().await.map_err(down)?;
        Ok(done.rows_affected() == 1)
    }

    async fn take_recovery(
        &self,
        login: &str,
        hash: &[u8; 32],
        by: &By,
    ) -> Result<bool, LedgerError> {
        let mut tx = self.write().await?;
        let done = db::query(
            "UPDATE recovery_codes SET used_at = $1
             WHERE hash = $2 AND login = $3 AND used_at IS NULL",
        )
        .bind(by.at.0)
        .bind(hash.to_vec())
        .bind(login)
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        let account = known(&mut tx, login).await?;
        note(&mut tx, by, "recovery_code.use", &account, [Value::Null, Value::Null]).await?;
        tx.commit().await.map_err(down)?;
        Ok(true)
    }

    async fn renew_recovery(
        &self,
        login: &str,
        hashes: &[[u8; 32]],
        by: &By,
    ) -> Result<bool, LedgerError> {
        let mut tx = self.write().await?;
        let account = known(&mut tx, login).await?;
        if !has_second_factor(&mut tx, login).await? {
            return Ok(false);
        }
        put_recovery(&mut tx, login, hashes).await?;
        let told = json!({"recovery_codes": hashes.len()});
        note(&mut tx, by, "recovery_code.renew", &account, [Value::Null, told]).await?;
        tx.commit().await.map_err(down)?;
        Ok(true)
    }

    async fn remove_second_factor(&self, login: &str, by: &By) -> Result<bool, LedgerError> {
        let mut tx = self.write().await?;
        let account = known(&mut tx, login).await?;
        run(&mut tx, "DELETE FROM recovery_codes WHERE login = $1", login).await?;
        if run(&mut tx, "DELETE FROM second_factors WHERE login = $1", login).await? == 0 {
            return Ok(false);
        }
        note(&mut tx, by, "second_factor.remove", &account, [Value::Null, Value::Null]).await?;
        tx.commit().await.map_err(down)?;
        Ok(true)
    }

    async fn set_password(
        &self,
        login: &str,
        hash: &str,
        keep: &str,
        by: &By,
    ) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        let account = known(&mut tx, login).await?;
        db::query("UPDATE accounts SET password_hash = $1 WHERE login = $2")
            .bind(hash)
            .bind(login)
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        db::query("DELETE FROM sessions WHERE login = $1 AND id <> $2")
            .bind(login)
            .bind(keep)
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        end_links(&mut tx, login, by.at).await?;
        note(&mut tx, by, "password.change", &account, [Value::Null, Value::Null]).await?;
        tx.commit().await.map_err(down)
    }

    async fn add_link(&self, link: &Link, by: &By) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        let account = known(&mut tx, &link.login).await?;
        put_link(&mut tx, link, by).await?;
        let told = json!({"purpose": link.purpose.slug(), "expires_at": link.expires_at.0});
        note(&mut tx, by, "link.make", &account, [Value::Null, told]).await?;
        tx.commit().await.map_err(down)
    }

    async fn link(&self, hash: &[u8; 32], at: UnixMs) -> Result<Option<Link>, LedgerError> {
        let found = db::query(
            "SELECT l.login, l.purpose, l.expires_at FROM links l
             JOIN accounts a ON a.login = l.login WHERE l.token_hash = $1 AND l.used_at IS NULL
             AND l.expires_at > $2 AND a.disabled_at IS NULL",
        )
        .bind(hash.to_vec())
        .bind(at.0)
        .fetch_optional(&self.reader)
        .await
        .map_err(down)?;
        let Some(row) = found else { return Ok(None) };
        let purpose = Purpose::from_slug(&get::<String>(&row, "purpose")?);
        Ok(Some(Link {
            hash: *hash,
            login: get(&row, "login")?,
            purpose: purpose.ok_or_else(|| rows::bad("purpose"))?,
            expires_at: UnixMs(get(&row, "expires_at")?),
        }))
    }

    async fn take_link(
        &self,
        hash: &[u8; 32],
        chosen: &Chosen,
        by: &By,
    ) -> Result<bool, LedgerError> {
        let mut tx = self.write().await?;
        let taken: Option<String> = db::query_scalar(
            "UPDATE links SET used_at = $1 WHERE token_hash = $2 AND used_at IS NULL
             AND expires_at > $1 RETURNING login",
        )
        .bind(by.at.0)
        .bind(hash.to_vec())
        .fetch_optional(&mut *tx)
        .await
        .map_err(down)?;
        let Some(login) = taken else { return Ok(false) };
        let account = known(&mut tx, &login).await?;
        if account.disabled_at.is_some() {
            return Ok(false);
        }
        let name = chosen.name.as_ref().unwrap_or(&account.name);
        db::query("UPDATE accounts SET password_hash = $1, name = $2 WHERE login = $3")
            .bind(&chosen.password_hash)
            .bind(name)
            .bind(&login)
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        run(&mut tx, "DELETE FROM sessions WHERE login = $1", &login).await?;
        end_links(&mut tx, &login, by.at).await?;
        let told = [json!({"name": account.name}), json!({"name": name})];
        note(&mut tx, by, "link.use", &account, told).await?;
        tx.commit().await.map_err(down)?;
        Ok(true)
    }
}
