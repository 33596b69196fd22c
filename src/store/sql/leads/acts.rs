//! What officers do with leads.

use crate::store::sql::db::{self, Row};
use jiff::civil::Date;
use uuid::Uuid;

use super::{noted, weigh};
use crate::auth::trail::Entry;
use crate::base::{By, FieldError, LedgerError};
use crate::leads::desk::Deed;
use crate::store::sql::rows::{Read, bad, get};
use crate::store::sql::{Ledger, Tx, audit, down};

pub(super) async fn act(
    ledger: &Ledger,
    ids: &[Uuid],
    deed: &Deed,
    today: Date,
    by: &By,
) -> Read<u64> {
    let mut tx = ledger.write().await?;
    let office = match deed {
        Deed::Assign { to: Some(to), .. } => Some(office_of(&mut tx, to).await?),
        _ => None,
    };
    let mut done = 0;
    for id in ids {
        let id = id.to_string();
        let state: Option<String> = db::query_scalar("SELECT state FROM leads WHERE id = $1")
            .bind(&id)
            .fetch_optional(&mut *tx)
            .await
            .map_err(down)?;
        let state = state.ok_or_else(|| LedgerError::NotFound(format!("lead {id}")))?;
        let wanted = if matches!(deed, Deed::Reopen { .. }) { "done" } else { "open" };
        if state != wanted {
            continue;
        }
        one(&mut tx, &id, deed, office.as_deref(), by).await?;
        noted(&mut tx, &id, by.at, &by.login, (deed.slug(), &deed.says())).await?;
        let entry = Entry {
            action: "lead.act",
            object: format!("lead {id}"),
            enterprise: None,
            before: serde_json::Value::Null,
            after: serde_json::json!({"act": deed.slug(), "on": today.to_string()}),
        };
        audit::note(&mut tx, by, &entry).await?;
        done += 1;
    }
    tx.commit().await.map_err(down)?;
    Ok(done)
}

pub(super) async fn workers(ledger: &Ledger, limit: u32) -> Read<Vec<(String, String, Uuid)>> {
    let rows = db::query(
        "SELECT login, name, office FROM accounts WHERE role = 'officer' AND disabled_at IS NULL
         AND duties IN ('officer', 'supervisor') AND office IS NOT NULL ORDER BY login LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(&ledger.reader)
    .await
    .map_err(down)?;
    let worker = |row: &Row| {
        let office = get::<String>(row, "office")?.parse().map_err(|_| bad("office"))?;
        Ok((get(row, "login")?, get(row, "name")?, office))
    };
    rows.iter().map(worker).collect()
}

/// The office of somebody who works on leads.
async fn office_of(tx: &mut Tx, login: &str) -> Read<String> {
    let row = db::query(
        "SELECT office FROM accounts WHERE login = $1 AND role = 'officer' AND disabled_at IS NULL
         AND duties IN ('officer', 'supervisor') AND office IS NOT NULL",
    )
    .bind(login)
    .fetch_optional(&mut **tx)
    .await
    .map_err(down)?;
    match row {
        Some(row) => get(&row, "office"),
        None => Err(LedgerError::Invalid(vec![FieldError::new(
            "assignee",
            "does not work on leads",
            "choose an officer or a supervisor",
        )])),
    }
}

async fn one(tx: &mut Tx, id: &str, deed: &Deed, office: Option<&str>, by: &By) -> Read<()> {
    let day = |day: &Option<Date>| day.map(|day| day.to_string());
    let query = match deed {
        Deed::Assign { to, due_on } => db::query(
            "UPDATE leads SET assigned_to = $2, office = $3, due_on = COALESCE($4, due_on),
             snoozed_until = NULL, updated_at = $5 WHERE id = $1",
        )
        .bind(id)
        .bind(to.clone())
        .bind(office)
        .bind(day(due_on))
        .bind(by.at.0),
        Deed::Due { on } => {
            db::query("UPDATE leads SET due_on = $2, updated_at = $3 WHERE id = $1")
                .bind(id)
                .bind(day(on))
                .bind(by.at.0)
        }
        Deed::Snooze { until, grounds } => db::query(
            "UPDATE leads SET snoozed_until = $2, grounds = $3, updated_at = $4 WHERE id = $1",
        )
        .bind(id)
        .bind(until.to_string())
        .bind(grounds)
        .bind(by.at.0),
        Deed::Wake => db::query(
            "UPDATE leads SET snoozed_until = NULL, grounds = '', updated_at = $2 WHERE id = $1",
        )
        .bind(id)
        .bind(by.at.0),
        Deed::Close { grounds } => return close(tx, id, grounds, by).await,
        Deed::Reopen { .. } => return reopen(tx, id, by).await,
    };
    query.execute(&mut **tx).await.map(drop).map_err(down)
}

/// Closes a lead, and remembers how much was known of each code: twice as much
/// opens it again.
async fn close(tx: &mut Tx, id: &str, grounds: &str, by: &By) -> Read<()> {
    db::query(
        "UPDATE leads SET state = 'done', closed_by = $2, closed_at = $3, grounds = $4,
         snoozed_until = NULL, rescore_at = NULL, updated_at = $3 WHERE id = $1",
    )
    .bind(id)
    .bind(&by.login)
    .bind(by.at.0)
    .bind(grounds)
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    db::query(
        "UPDATE lead_codes SET settled_scans = CASE WHEN scans > 0 THEN scans ELSE 1 END
         WHERE lead = $1 AND left_at IS NULL",
    )
    .bind(id)
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    db::query("UPDATE lead_places SET state = 'done' WHERE lead = $1")
        .bind(id)
        .execute(&mut **tx)
        .await
        .map(drop)
        .map_err(down)
}

pub(super) async fn became_a_case(tx: &mut Tx, lead: Uuid, number: &str, by: &By) -> Read<()> {
    // Whoever filled in the form may have had the page of one that went on in another.
    let id: Option<String> = db::query_scalar(
        "SELECT COALESCE(merged_into, id) FROM leads WHERE id = $1 AND state <> 'done'",
    )
    .bind(lead.to_string())
    .fetch_optional(&mut **tx)
    .await
    .map_err(down)?;
    let Some(id) = id else { return Ok(()) };
    close(tx, &id, number, by).await?;
    noted(tx, &id, by.at, &by.login, ("case", number)).await
}

async fn reopen(tx: &mut Tx, id: &str, by: &By) -> Read<()> {
    db::query("UPDATE lead_codes SET settled_scans = 0 WHERE lead = $1")
        .bind(id)
        .execute(&mut **tx)
        .await
        .map_err(down)?;
    db::query(
        "UPDATE leads SET state = 'open', closed_by = NULL, closed_at = NULL, grounds = '',
         due_on = NULL, updated_at = $2 WHERE id = $1",
    )
    .bind(id)
    .bind(by.at.0)
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    weigh::lead(tx, id, by.at).await
}
