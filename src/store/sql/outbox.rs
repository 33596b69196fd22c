//! Events on their way to endpoints.

use super::db::{self, QueryBuilder, Row};
use uuid::Uuid;

use super::rows::{self, Read, get};
use super::webhooks::{endpoint, find};
use super::{Ledger, Tx, audit, down, signed, unsigned};
use crate::auth::trail::Entry;
use crate::base::{By, UnixMs};
use crate::hooks::port::{Again, AtOnce};
use crate::hooks::{Attempt, Delivery, DeliveryState, Due, Endpoint, Event, Next, Trouble, Why};
use crate::registry::Uscc;

/// Tells the enterprise's endpoints, those that failed too, of a change in its
/// own transaction. Where nobody wants to know, nothing is written.
pub(super) async fn tell(tx: &mut Tx, event: &Event) -> Read<()> {
    let found = db::query(
        "SELECT id, kinds FROM webhook_endpoints
         WHERE enterprise = $1 AND (ended_why IS NULL OR ended_why <> 'owner')",
    )
    .bind(&event.enterprise)
    .fetch_all(&mut **tx)
    .await
    .map_err(down)?;
    let mut wanted = Vec::new();
    for row in &found {
        let kinds: String = get(row, "kinds")?;
        if kinds.split(',').any(|kind| kind == event.kind.slug()) {
            wanted.push(get::<String>(row, "id")?);
        }
    }
    if wanted.is_empty() { Ok(()) } else { send(tx, event, &wanted).await }
}

/// Writes an event with its deliveries.
pub(super) async fn send(tx: &mut Tx, event: &Event, endpoints: &[String]) -> Read<()> {
    db::query(
        "INSERT INTO webhook_events (id, enterprise, kind, happened_at, body)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(event.id.to_string())
    .bind(&event.enterprise)
    .bind(event.kind.slug())
    .bind(event.at.0)
    .bind(event.body())
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    let mut insert = QueryBuilder::new(
        "INSERT INTO webhook_deliveries (endpoint, event, state, tries, next_at, lease_until) ",
    );
    insert.push_values(endpoints, |mut row, endpoint| {
        row.push_bind(endpoint).push_bind(event.id.to_string()).push_bind("pending");
        row.push_bind(0_i64).push_bind(event.at.0).push_bind(0_i64);
    });
    insert.build().execute(&mut **tx).await.map(drop).map_err(down)
}

fn delivery(row: &Row) -> Read<Delivery> {
    let at: Option<i64> = get(row, "last_at")?;
    let status: Option<i64> = get(row, "last_status")?;
    let trouble: Option<String> = get(row, "last_trouble")?;
    let last = Attempt {
        at: UnixMs(at.unwrap_or_default()),
        took_ms: unsigned(get::<Option<i64>>(row, "last_took_ms")?.unwrap_or_default()),
        status: status.and_then(|status| u16::try_from(status).ok()),
        trouble: trouble.as_deref().and_then(Trouble::from_slug),
    };
    Ok(Delivery {
        event: get::<String>(row, "event")?.parse().map_err(|_| rows::bad("event"))?,
        kind: get(row, "kind")?,
        happened_at: UnixMs(get(row, "happened_at")?),
        state: DeliveryState::from_slug(&get::<String>(row, "state")?)
            .ok_or_else(|| rows::bad("state"))?,
        tries: u32::try_from(get::<i64>(row, "tries")?).unwrap_or(u32::MAX),
        next_at: UnixMs(get(row, "next_at")?),
        last: at.map(|_| last),
    })
}

pub(super) async fn deliveries(
    ledger: &Ledger,
    of: &Uscc,
    endpoint: Uuid,
    limit: u32,
) -> Read<Vec<Delivery>> {
    db::query(
        "SELECT d.*, e.kind, e.happened_at FROM webhook_deliveries d
         JOIN webhook_events e ON e.id = d.event
         WHERE d.endpoint = $1 AND e.enterprise = $2 ORDER BY d.event DESC LIMIT $3",
    )
    .bind(endpoint.to_string())
    .bind(of.as_str())
    .bind(i64::from(limit))
    .fetch_all(&ledger.reader)
    .await
    .map_err(down)?
    .iter()
    .map(delivery)
    .collect()
}

/// What is with a worker now is left to it.
pub(super) async fn replay(
    ledger: &Ledger,
    of: &Uscc,
    id: Uuid,
    again: Again,
    by: &By,
) -> Read<u64> {
    let mut tx = ledger.write().await?;
    find(&mut tx, of, id).await?;
    let mut update = QueryBuilder::new(
        "UPDATE webhook_deliveries SET state = 'pending', tries = 0, lease_until = 0, next_at = ",
    );
    update.push_bind(by.at.0).push(" WHERE endpoint = ").push_bind(id.to_string());
    update.push(" AND lease_until < ").push_bind(by.at.0);
    let told = match again {
        Again::One(event) => {
            update.push(" AND event = ").push_bind(event.to_string());
            serde_json::json!({"event": event})
        }
        Again::Since(since) => {
            update.push(" AND event IN (SELECT id FROM webhook_events WHERE happened_at >= ");
            update.push_bind(since.0).push(")");
            serde_json::json!({"since": since.0})
        }
    };
    let done = update.build().execute(&mut *tx).await.map_err(down)?.rows_affected();
    if done == 0 {
        return Ok(0);
    }
    let entry = Entry {
        action: "webhook.replay",
        object: format!("webhook {id}"),
        enterprise: Some(of.as_str()),
        before: serde_json::Value::Null,
        after: serde_json::json!({"deliveries": done, "which": told}),
    };
    audit::note(&mut tx, by, &entry).await?;
    tx.commit().await.map_err(down)?;
    Ok(done)
}

/// Looked up among the few endpoints first, so that one that hangs and has very
/// many waiting does not stand in the way of the others; nor do many of one
/// enterprise that are slow, whose deliveries are older than others' new ones. A lease beyond any that
/// is given now was given by a clock that went back.
const TAKE: &str = "UPDATE webhook_deliveries SET lease_until = $2 WHERE (endpoint, event) = (
    SELECT p.id, d.event FROM webhook_endpoints p JOIN webhook_deliveries d ON d.endpoint = p.id
    WHERE p.ended_at IS NULL
    AND d.event = (SELECT w.event FROM webhook_deliveries w
        WHERE w.endpoint = p.id AND w.state = 'pending' AND w.next_at <= $1
        AND (w.lease_until < $1 OR w.lease_until > $2) ORDER BY w.next_at LIMIT 1)
    AND $3 > (SELECT COUNT(*) FROM webhook_deliveries t WHERE t.endpoint = p.id
        AND t.lease_until > 0 AND t.lease_until BETWEEN $1 AND $2)
    AND $4 > (SELECT COUNT(*) FROM webhook_endpoints q
        JOIN webhook_deliveries t ON t.endpoint = q.id WHERE q.enterprise = p.enterprise
        AND t.lease_until > 0 AND t.lease_until BETWEEN $1 AND $2)
    ORDER BY d.next_at LIMIT 1)
    RETURNING endpoint, event, tries";

pub(super) async fn take(
    ledger: &Ledger,
    at: UnixMs,
    lease_until: UnixMs,
    most: AtOnce,
) -> Read<Option<Due>> {
    // Looked before it writes: nearly always there is nothing.
    let waits: Option<i64> = db::query_scalar(
        "SELECT 1 FROM webhook_endpoints p WHERE p.ended_at IS NULL AND EXISTS
         (SELECT 1 FROM webhook_deliveries d WHERE d.endpoint = p.id AND d.state = 'pending'
          AND d.next_at <= $1) LIMIT 1",
    )
    .bind(at.0)
    .fetch_optional(&ledger.reader)
    .await
    .map_err(down)?;
    if waits.is_none() {
        return Ok(None);
    }
    let mut tx = ledger.write().await?;
    let taken = db::query(TAKE)
        .bind(at.0)
        .bind(lease_until.0)
        .bind(i64::from(most.of_endpoint))
        .bind(i64::from(most.of_enterprise))
        .fetch_optional(&mut *tx)
        .await
        .map_err(down)?;
    let Some(taken) = taken else { return Ok(None) };
    let (place, event): (String, String) = (get(&taken, "endpoint")?, get(&taken, "event")?);
    let found = db::query("SELECT * FROM webhook_endpoints WHERE id = $1")
        .bind(&place)
        .fetch_one(&mut *tx)
        .await
        .map_err(down)?;
    let body = db::query_scalar("SELECT body FROM webhook_events WHERE id = $1")
        .bind(&event)
        .fetch_one(&mut *tx)
        .await
        .map_err(down)?;
    tx.commit().await.map_err(down)?;
    Ok(Some(Due {
        endpoint: endpoint(&found)?,
        event: event.parse().map_err(|_| rows::bad("event"))?,
        body,
        tries: u32::try_from(get::<i64>(&taken, "tries")?).unwrap_or(u32::MAX),
        lease_until,
    }))
}

pub(super) async fn note(
    ledger: &Ledger,
    due: &Due,
    attempt: &Attempt,
    next: &Next,
    by: &By,
) -> Read<()> {
    let mut tx = ledger.write().await?;
    let delivered = attempt.trouble.is_none();
    let place = due.endpoint.id.to_string();
    let kept = db::query(
        "UPDATE webhook_deliveries SET state = $1, tries = $2, next_at = $3, lease_until = 0,
         last_at = $4, last_took_ms = $5, last_status = $6, last_trouble = $7
         WHERE endpoint = $8 AND event = $9 AND (lease_until = $10 OR $11)",
    )
    .bind(next.state.slug())
    .bind(i64::from(due.tries) + 1)
    .bind(next.at.0)
    .bind(attempt.at.0)
    .bind(signed(attempt.took_ms))
    .bind(attempt.status.map(i64::from))
    .bind(attempt.trouble.map(Trouble::slug))
    .bind(&place)
    .bind(due.event.to_string())
    .bind(due.lease_until.0)
    .bind(delivered)
    .execute(&mut *tx)
    .await
    .map_err(down)?;
    if kept.rows_affected() == 0 {
        return Ok(());
    }
    db::query(
        "UPDATE webhook_endpoints
         SET failing_since = CASE WHEN $1 THEN NULL ELSE COALESCE(failing_since, $2) END
         WHERE id = $3",
    )
    .bind(delivered)
    .bind(attempt.at.0)
    .bind(&place)
    .execute(&mut *tx)
    .await
    .map_err(down)?;
    if let Some(why) = next.end {
        end(&mut tx, &due.endpoint, why, by).await?;
    }
    tx.commit().await.map_err(down)
}

/// Calls an endpoint no more, and tells of it.
async fn end(tx: &mut Tx, endpoint: &Endpoint, why: Why, by: &By) -> Read<()> {
    let ended = db::query(
        "UPDATE webhook_endpoints SET ended_at = $1, ended_why = $2
         WHERE id = $3 AND ended_at IS NULL",
    )
    .bind(by.at.0)
    .bind(why.slug())
    .bind(endpoint.id.to_string())
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    if ended.rows_affected() == 0 {
        return Ok(());
    }
    let entry = Entry {
        action: "webhook.disable",
        object: format!("webhook {}", endpoint.id),
        enterprise: Some(&endpoint.enterprise),
        before: serde_json::Value::Null,
        after: serde_json::json!({"why": why.slug()}),
    };
    audit::note(tx, by, &entry).await
}

pub(super) async fn forget(ledger: &Ledger, before: UnixMs, limit: u32) -> Read<u64> {
    let mut tx = ledger.write().await?;
    let mut forgotten = 0;
    for statement in [
        "DELETE FROM webhook_deliveries WHERE event IN
         (SELECT id FROM webhook_events WHERE happened_at < $1 ORDER BY happened_at, id LIMIT $2)",
        "DELETE FROM webhook_events WHERE id IN
         (SELECT id FROM webhook_events WHERE happened_at < $1 ORDER BY happened_at, id LIMIT $2)",
    ] {
        let done = db::query(statement)
            .bind(before.0)
            .bind(i64::from(limit))
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        forgotten = done.rows_affected();
    }
    tx.commit().await.map_err(down)?;
    Ok(forgotten)
}
