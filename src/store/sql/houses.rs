//! Settings of enterprises, and the printing houses that they work with.

use super::db::{self, Row};
use uuid::Uuid;

use super::rows::{self, Read, get};
use super::{Ledger, Tx, audit, down, signed, unsigned};
use crate::auth::trail::Entry;
use crate::base::{By, FieldError, LedgerError, UnixMs, ids};
use crate::handoff::house::HOUSES_MAX;
use crate::handoff::settings::APPROVAL_HOURS;
use crate::handoff::{NewPrintHouse, PrintHouse, Settings};
use crate::registry::Uscc;

const SETTINGS: &str = "SELECT * FROM enterprise_settings WHERE enterprise = $1";

fn small(row: &Row, column: &str) -> Read<u32> {
    u32::try_from(get::<i64>(row, column)?).map_err(|_| rows::bad(column))
}

fn settings_in(row: Option<&Row>) -> Read<Settings> {
    let Some(row) = row else { return Ok(Settings::default()) };
    Ok(Settings {
        approval_labels: unsigned(get(row, "approval_labels")?),
        sign_off_labels: small(row, "sign_off_labels")?,
        pick_up_days: small(row, "pick_up_days")?,
        printed_days: small(row, "printed_days")?,
        activated_days: small(row, "activated_days")?,
    })
}

pub(super) async fn settings(ledger: &Ledger, of: &Uscc) -> Read<Settings> {
    let row = db::query(SETTINGS).bind(of.as_str()).fetch_optional(&ledger.reader).await;
    settings_in(row.map_err(down)?.as_ref())
}

/// As they stand within a transaction.
pub(super) async fn settings_now(tx: &mut Tx, of: &Uscc) -> Read<Settings> {
    let row = db::query(SETTINGS).bind(of.as_str()).fetch_optional(&mut **tx).await;
    settings_in(row.map_err(down)?.as_ref())
}

/// Labels above which an order waits for a second person. A bound that was raised counts
/// when it has stood for [`APPROVAL_HOURS`]: else who orders would raise it first.
pub(super) async fn approval_bound(tx: &mut Tx, of: &Uscc, at: UnixMs) -> Read<u64> {
    let now = settings_now(tx, of).await?.approval_labels;
    let before: Vec<String> = db::query_scalar(
        "SELECT was FROM audit WHERE enterprise = $1 AND action = 'settings.set' AND at > $2",
    )
    .bind(of.as_str())
    .bind(at.plus_ms(-APPROVAL_HOURS * 3_600_000).0)
    .fetch_all(&mut **tx)
    .await
    .map_err(down)?;
    let bound = |was: &String| {
        let was: serde_json::Value = serde_json::from_str(was).ok()?;
        was["approval_labels"].as_u64()
    };
    Ok(before.iter().filter_map(bound).fold(now, u64::min))
}

fn told(s: &Settings) -> serde_json::Value {
    serde_json::json!({"approval_labels": s.approval_labels,
        "sign_off_labels": s.sign_off_labels, "pick_up_days": s.pick_up_days,
        "printed_days": s.printed_days, "activated_days": s.activated_days})
}

pub(super) async fn set_settings(ledger: &Ledger, of: &Uscc, new: &Settings, by: &By) -> Read<()> {
    let mut tx = ledger.write().await?;
    let before = settings_now(&mut tx, of).await?;
    if before == *new {
        return Ok(());
    }
    db::query(
        "INSERT INTO enterprise_settings (enterprise, approval_labels, sign_off_labels,
         pick_up_days, printed_days, activated_days) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (enterprise) DO UPDATE SET approval_labels = $2, sign_off_labels = $3,
         pick_up_days = $4, printed_days = $5, activated_days = $6",
    )
    .bind(of.as_str())
    .bind(signed(new.approval_labels))
    .bind(i64::from(new.sign_off_labels))
    .bind(i64::from(new.pick_up_days))
    .bind(i64::from(new.printed_days))
    .bind(i64::from(new.activated_days))
    .execute(&mut *tx)
    .await
    .map_err(down)?;
    let entry = Entry {
        action: "settings.set",
        object: format!("enterprise {of}"),
        enterprise: Some(of.as_str()),
        before: told(&before),
        after: told(new),
    };
    audit::note(&mut tx, by, &entry).await?;
    tx.commit().await.map_err(down)
}

fn house(row: &Row) -> Read<PrintHouse> {
    Ok(PrintHouse {
        id: rows::id(row)?,
        enterprise: rows::uscc(row, "enterprise")?,
        new: NewPrintHouse {
            name: get(row, "name")?,
            contact: get(row, "contact")?,
            recipient: get(row, "recipient")?,
        },
        created_at: UnixMs(get(row, "created_at")?),
        retired_at: get::<Option<i64>>(row, "retired_at")?.map(UnixMs),
    })
}

pub(super) async fn houses(ledger: &Ledger, of: &Uscc) -> Read<Vec<PrintHouse>> {
    db::query("SELECT * FROM print_houses WHERE enterprise = $1 ORDER BY created_at DESC, id DESC")
        .bind(of.as_str())
        .fetch_all(&ledger.reader)
        .await
        .map_err(down)?
        .iter()
        .map(house)
        .collect()
}

/// The house `id` of `of`, if it still gets orders.
pub(super) async fn house_now(tx: &mut Tx, of: &Uscc, id: Uuid) -> Read<Option<PrintHouse>> {
    db::query("SELECT * FROM print_houses WHERE id = $1 AND enterprise = $2 AND retired_at IS NULL")
        .bind(id.to_string())
        .bind(of.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(down)?
        .as_ref()
        .map(house)
        .transpose()
}

pub(super) async fn add(ledger: &Ledger, of: &Uscc, new: &NewPrintHouse, by: &By) -> Read<Uuid> {
    let mut tx = ledger.write().await?;
    let standing: i64 = db::query_scalar(
        "SELECT COUNT(*) FROM print_houses WHERE enterprise = $1 AND retired_at IS NULL",
    )
    .bind(of.as_str())
    .fetch_one(&mut *tx)
    .await
    .map_err(down)?;
    if usize::try_from(standing).unwrap_or(usize::MAX) >= HOUSES_MAX {
        let problem = format!("{standing} printing houses are registered");
        let fault = FieldError::new("name", problem, "retire one that gets no more orders");
        return Err(LedgerError::Invalid(vec![fault]));
    }
    let id = ids::new_id(by.at);
    db::query(
        "INSERT INTO print_houses (id, enterprise, name, contact, recipient, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id.to_string())
    .bind(of.as_str())
    .bind(&new.name)
    .bind(&new.contact)
    .bind(&new.recipient)
    .bind(by.at.0)
    .execute(&mut *tx)
    .await
    .map_err(down)?;
    let after = serde_json::json!({"name": new.name, "contact": new.contact,
        "recipient": new.recipient});
    note(&mut tx, by, "printer.add", of, id, after).await?;
    tx.commit().await.map_err(down)?;
    Ok(id)
}

pub(super) async fn retire(ledger: &Ledger, of: &Uscc, id: Uuid, by: &By) -> Read<bool> {
    let mut tx = ledger.write().await?;
    let done = db::query(
        "UPDATE print_houses SET retired_at = $1
         WHERE id = $2 AND enterprise = $3 AND retired_at IS NULL",
    )
    .bind(by.at.0)
    .bind(id.to_string())
    .bind(of.as_str())
    .execute(&mut *tx)
    .await
    .map_err(down)?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    note(&mut tx, by, "printer.retire", of, id, serde_json::Value::Null).await?;
    tx.commit().await.map_err(down)?;
    Ok(true)
}

async fn note(
    tx: &mut Tx,
    by: &By,
    action: &'static str,
    of: &Uscc,
    id: Uuid,
    after: serde_json::Value,
) -> Read<()> {
    let entry = Entry {
        action,
        object: format!("printer {id}"),
        enterprise: Some(of.as_str()),
        before: serde_json::Value::Null,
        after,
    };
    audit::note(tx, by, &entry).await
}
