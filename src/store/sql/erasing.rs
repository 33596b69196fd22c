//! An account loses what tells of a person.

use super::accounts::{known, note};
use super::db;
use super::rows::Read;
use super::{Ledger, down};
use crate::base::{By, LedgerError};

/// Rows that are somebody's own, and are of use to nobody else.
const OWN: [&str; 5] = [
    "DELETE FROM api_keys WHERE login = $1",
    "DELETE FROM sessions WHERE login = $1",
    "DELETE FROM second_factors WHERE login = $1",
    "DELETE FROM recovery_codes WHERE login = $1",
    "DELETE FROM links WHERE login = $1",
];

pub(super) async fn erase(ledger: &Ledger, login: &str, by: &By) -> Read<Option<bool>> {
    let mut tx = ledger.write().await?;
    let account = match known(&mut tx, login).await {
        Ok(account) => account,
        Err(LedgerError::NotFound(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let done = db::query(
        "UPDATE accounts SET name = '', password_hash = NULL,
         disabled_at = COALESCE(disabled_at, $1) WHERE login = $2 AND name <> ''",
    )
    .bind(by.at.0)
    .bind(login)
    .execute(&mut *tx)
    .await
    .map_err(down)?;
    if done.rows_affected() == 0 {
        return Ok(Some(false));
    }
    for own in OWN {
        db::query(own).bind(login).execute(&mut *tx).await.map_err(down)?;
    }
    let told = [serde_json::Value::Null, serde_json::json!({"erased": true})];
    note(&mut tx, by, "account.erase", &account, told).await?;
    tx.commit().await.map_err(down)?;
    Ok(Some(true))
}
