//! Endpoints of webhooks.

use super::db::{self, Row};
use async_trait::async_trait;
use uuid::Uuid;

use super::rows::{self, Read, get};
use super::{Ledger, Tx, audit, down, outbox};
use crate::auth::trail::Entry;
use crate::base::{By, FieldError, LedgerError, UnixMs};
use crate::hooks::endpoint::ENDPOINTS_MAX;
use crate::hooks::port::{Again, AtOnce, HookLedger};
use crate::hooks::{Attempt, Delivery, Due, Ended, Endpoint, Event, Kind, Next, Secret, Why};
use crate::registry::Uscc;

fn secret(bytes: Vec<u8>) -> Read<Secret> {
    bytes.try_into().map(Secret::from_bytes).map_err(|_| rows::bad("secret"))
}

pub(super) fn endpoint(row: &Row) -> Read<Endpoint> {
    let at = |column| -> Read<Option<UnixMs>> { Ok(get::<Option<i64>>(row, column)?.map(UnixMs)) };
    let old: Option<Vec<u8>> = get(row, "old_secret")?;
    let why: Option<String> = get(row, "ended_why")?;
    Ok(Endpoint {
        id: rows::id(row)?,
        enterprise: get(row, "enterprise")?,
        url: get(row, "url")?,
        kinds: get::<String>(row, "kinds")?.split(',').filter_map(Kind::from_slug).collect(),
        secret: secret(get(row, "secret")?)?,
        old_secret: old.map(secret).transpose()?.zip(at("old_until")?),
        created_by: get(row, "created_by")?,
        created_at: UnixMs(get(row, "created_at")?),
        failing_since: at("failing_since")?,
        ended: at("ended_at")?
            .zip(why.as_deref().and_then(Why::from_slug))
            .map(|(at, why)| Ended { at, why }),
    })
}

fn slugs(kinds: &[Kind]) -> String {
    kinds.iter().map(|kind| kind.slug()).collect::<Vec<_>>().join(",")
}

/// The endpoint within a transaction, if it is the enterprise's.
pub(super) async fn find(tx: &mut Tx, of: &Uscc, id: Uuid) -> Read<Endpoint> {
    db::query("SELECT * FROM webhook_endpoints WHERE id = $1 AND enterprise = $2")
        .bind(id.to_string())
        .bind(of.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(down)?
        .as_ref()
        .map(endpoint)
        .unwrap_or_else(|| Err(missing(id)))
}

fn missing(id: Uuid) -> LedgerError {
    LedgerError::NotFound(format!("webhook {id}"))
}

/// Refuses one more than may be in use.
async fn room(tx: &mut Tx, of: &str) -> Read<()> {
    let used: i64 = db::query_scalar(
        "SELECT COUNT(*) FROM webhook_endpoints WHERE enterprise = $1 AND ended_at IS NULL",
    )
    .bind(of)
    .fetch_one(&mut **tx)
    .await
    .map_err(down)?;
    if usize::try_from(used).unwrap_or(usize::MAX) < ENDPOINTS_MAX {
        return Ok(());
    }
    let problem = format!("{used} are in use, and no more than {ENDPOINTS_MAX} may be");
    Err(LedgerError::Invalid(vec![FieldError::new("url", problem, "disable one of them")]))
}

/// Tells of a change to an endpoint: never its secret, nor what may be one in
/// the query of its address.
async fn note(tx: &mut Tx, by: &By, action: &'static str, of: &Endpoint) -> Read<()> {
    let url = of.url.split('?').next().unwrap_or_default();
    let entry = Entry {
        action,
        object: format!("webhook {}", of.id),
        enterprise: Some(&of.enterprise),
        before: serde_json::Value::Null,
        after: serde_json::json!({"url": url, "events": slugs(&of.kinds)}),
    };
    audit::note(tx, by, &entry).await
}

async fn insert(tx: &mut Tx, new: &Endpoint) -> Read<()> {
    db::query(
        "INSERT INTO webhook_endpoints (id, enterprise, url, kinds, secret, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(new.id.to_string())
    .bind(&new.enterprise)
    .bind(&new.url)
    .bind(slugs(&new.kinds))
    .bind(new.secret.bytes().to_vec())
    .bind(&new.created_by)
    .bind(new.created_at.0)
    .execute(&mut **tx)
    .await
    .map(drop)
    .map_err(down)
}

/// What waits of an endpoint that is called again is due now, with all of its
/// attempts before it.
async fn wake(tx: &mut Tx, id: Uuid, at: UnixMs) -> Read<()> {
    db::query(
        "UPDATE webhook_deliveries SET tries = 0, next_at = $1
         WHERE endpoint = $2 AND state = 'pending'",
    )
    .bind(at.0)
    .bind(id.to_string())
    .execute(&mut **tx)
    .await
    .map(drop)
    .map_err(down)
}

#[async_trait]
impl HookLedger for Ledger {
    async fn add_endpoint(&self, new: &Endpoint, by: &By) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        room(&mut tx, &new.enterprise).await?;
        insert(&mut tx, new).await?;
        note(&mut tx, by, "webhook.add", new).await?;
        tx.commit().await.map_err(down)
    }

    async fn endpoints(&self, of: &Uscc, limit: u32) -> Result<Vec<Endpoint>, LedgerError> {
        db::query("SELECT * FROM webhook_endpoints WHERE enterprise = $1 ORDER BY id DESC LIMIT $2")
            .bind(of.as_str())
            .bind(i64::from(limit))
            .fetch_all(&self.reader)
            .await
            .map_err(down)?
            .iter()
            .map(endpoint)
            .collect()
    }

    async fn endpoint(&self, of: &Uscc, id: Uuid) -> Result<Endpoint, LedgerError> {
        db::query("SELECT * FROM webhook_endpoints WHERE id = $1 AND enterprise = $2")
            .bind(id.to_string())
            .bind(of.as_str())
            .fetch_optional(&self.reader)
            .await
            .map_err(down)?
            .as_ref()
            .map(endpoint)
            .unwrap_or_else(|| Err(missing(id)))
    }

    async fn rotate_secret(
        &self,
        of: &Uscc,
        id: Uuid,
        secret: &Secret,
        old_until: UnixMs,
        by: &By,
    ) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        let old = find(&mut tx, of, id).await?;
        db::query(
            "UPDATE webhook_endpoints SET old_secret = secret, old_until = $1, secret = $2
             WHERE id = $3",
        )
        .bind(old_until.0)
        .bind(secret.bytes().to_vec())
        .bind(id.to_string())
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        note(&mut tx, by, "webhook.rotate", &old).await?;
        tx.commit().await.map_err(down)
    }

    async fn disable_endpoint(&self, of: &Uscc, id: Uuid, by: &By) -> Result<bool, LedgerError> {
        let mut tx = self.write().await?;
        let old = find(&mut tx, of, id).await?;
        if old.ended.is_some_and(|ended| ended.why == Why::Owner) {
            return Ok(false);
        }
        db::query("UPDATE webhook_endpoints SET ended_at = $1, ended_why = 'owner' WHERE id = $2")
            .bind(by.at.0)
            .bind(id.to_string())
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        note(&mut tx, by, "webhook.disable", &old).await?;
        tx.commit().await.map_err(down)?;
        Ok(true)
    }

    async fn enable_endpoint(&self, of: &Uscc, id: Uuid, by: &By) -> Result<bool, LedgerError> {
        let mut tx = self.write().await?;
        let old = find(&mut tx, of, id).await?;
        if old.ended.is_none() {
            return Ok(false);
        }
        room(&mut tx, of.as_str()).await?;
        db::query(
            "UPDATE webhook_endpoints SET ended_at = NULL, ended_why = NULL, failing_since = NULL
             WHERE id = $1",
        )
        .bind(id.to_string())
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        wake(&mut tx, id, by.at).await?;
        note(&mut tx, by, "webhook.enable", &old).await?;
        tx.commit().await.map_err(down)?;
        Ok(true)
    }

    async fn test_endpoint(&self, of: &Uscc, id: Uuid, by: &By) -> Result<Uuid, LedgerError> {
        let mut tx = self.write().await?;
        let endpoint = find(&mut tx, of, id).await?;
        let data = serde_json::json!({"endpoint": id});
        let event = Event::new(Kind::Test, of.as_str(), by.at, data);
        outbox::send(&mut tx, &event, &[id.to_string()]).await?;
        note(&mut tx, by, "webhook.test", &endpoint).await?;
        tx.commit().await.map_err(down)?;
        Ok(event.id)
    }

    async fn deliveries(
        &self,
        of: &Uscc,
        endpoint: Uuid,
        limit: u32,
    ) -> Result<Vec<Delivery>, LedgerError> {
        outbox::deliveries(self, of, endpoint, limit).await
    }

    async fn replay(
        &self,
        of: &Uscc,
        endpoint: Uuid,
        again: Again,
        by: &By,
    ) -> Result<u64, LedgerError> {
        outbox::replay(self, of, endpoint, again, by).await
    }

    async fn take_delivery(
        &self,
        at: UnixMs,
        lease_until: UnixMs,
        most: AtOnce,
    ) -> Result<Option<Due>, LedgerError> {
        outbox::take(self, at, lease_until, most).await
    }

    async fn note_attempt(
        &self,
        due: &Due,
        attempt: &Attempt,
        next: &Next,
        by: &By,
    ) -> Result<(), LedgerError> {
        outbox::note(self, due, attempt, next, by).await
    }

    async fn forget_events(&self, before: UnixMs, limit: u32) -> Result<u64, LedgerError> {
        outbox::forget(self, before, limit).await
    }
}
