//! Orders of labels and who works on them.

use super::db;
use async_trait::async_trait;
use uuid::Uuid;

use super::rows;
use super::{Ledger, Tx, approvals, audit, down, signed, told};
use crate::auth::trail::Entry;
use crate::base::{By, FieldError, LedgerError, UnixMs, ids};
use crate::registry::Uscc;
use crate::registry::order::{BatchOrder, NewOrder, Order, OrderState};
use crate::registry::port::{OrderLedger, Registered, RegistryLedger};

pub(super) async fn note(
    tx: &mut Tx,
    by: &By,
    action: &'static str,
    order: &Order,
) -> Result<(), LedgerError> {
    let entry = Entry {
        action,
        object: format!("order {}", order.id),
        enterprise: Some(order.new.enterprise.as_str()),
        before: serde_json::Value::Null,
        after: serde_json::json!({"state": order.state.slug(), "batch": order.new.batch,
            "labels": order.new.labels, "specification": order.new.specification}),
    };
    audit::note(tx, by, &entry).await
}

/// The order as it is; what failed or was cancelled in the worker's hands waits
/// again, and goes on where it stopped.
async fn again(mut tx: Tx, old: Order, by: &By) -> Result<Order, LedgerError> {
    let stopped = matches!(old.state, OrderState::Failed | OrderState::Cancelled);
    if !stopped || old.new.directory.is_some() {
        return Ok(old);
    }
    // One that was cancelled waits for approval anew, by another than who asks
    // for it now; one that failed had it.
    let hands = match old.state {
        OrderState::Failed => {
            let (login, key_by) = (old.new.created_by.clone(), old.created_key_by.clone());
            By { login, key_by, ..by.clone() }
        }
        _ => by.clone(),
    };
    let state = match (old.state, &old.approved_by) {
        (OrderState::Failed, Some(_)) => OrderState::Queued,
        _ => approvals::first_state(&mut tx, &old.new, &hands).await?,
    };
    let row = db::query(
        "UPDATE orders SET state = $2, problem = NULL, finished_at = NULL, created_by = $3,
         created_key_by = $4, asked_at = $5,
         approved_by = CASE WHEN state = 'cancelled' THEN NULL ELSE approved_by END,
         approved_at = CASE WHEN state = 'cancelled' THEN NULL ELSE approved_at END,
         cancel_requested = 0 WHERE id = $1 RETURNING *",
    )
    .bind(old.id.to_string())
    .bind(state.slug())
    .bind(&hands.login)
    .bind(&hands.key_by)
    .bind(by.at.0)
    .fetch_one(&mut *tx)
    .await
    .map_err(down)?;
    let order = rows::order(&row)?;
    note(&mut tx, by, "order.again", &order).await?;
    told::order(&mut tx, &order, by.at).await?;
    tx.commit().await.map_err(down)?;
    Ok(order)
}

/// The order that was placed with this key, if there is one.
async fn placed(tx: &mut Tx, enterprise: &Uscc, key: &str) -> Result<Option<Order>, LedgerError> {
    db::query("SELECT * FROM orders WHERE enterprise = $1 AND order_key = $2")
        .bind(enterprise.as_str())
        .bind(key)
        .fetch_optional(&mut **tx)
        .await
        .map_err(down)?
        .as_ref()
        .map(rows::order)
        .transpose()
}

fn other(key: &str, differs: &str) -> LedgerError {
    LedgerError::Invalid(vec![FieldError::new(
        "order_key",
        format!("{key:?} is an order with another {differs}"),
        "give this order a key of its own",
    )])
}

async fn insert(mut tx: Tx, new: &NewOrder, by: &By) -> Result<Order, LedgerError> {
    approvals::check_house(&mut tx, new).await?;
    let state = approvals::first_state(&mut tx, new, by).await?;
    let row = db::query(
        "INSERT INTO orders (id, enterprise, order_key, key_number, batch_number,
         specification, state, labels_done, labels_total, cancel_requested, lease_until,
         created_by, created_at, directory, needed_by, house, created_key_by, asked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $11, 0, $7, 0, 0, $8, $9, $10, $12, $13, $14, $9)
         RETURNING *",
    )
    .bind(ids::new_id(by.at).to_string())
    .bind(new.enterprise.as_str())
    .bind(&new.order_key)
    .bind(i64::from(new.batch.key.get()))
    .bind(i64::from(new.batch.batch))
    .bind(new.specification.to_string())
    .bind(signed(new.labels))
    .bind(&new.created_by)
    .bind(by.at.0)
    .bind(&new.directory)
    .bind(state.slug())
    .bind(new.hand_over.needed_by.map(|day| day.to_string()))
    .bind(new.hand_over.house.map(|id| id.to_string()))
    .bind(&by.key_by)
    .fetch_one(&mut *tx)
    .await
    .map_err(down)?;
    let order = rows::order(&row)?;
    note(&mut tx, by, "order.place", &order).await?;
    told::order(&mut tx, &order, by.at).await?;
    tx.commit().await.map_err(down)?;
    Ok(order)
}

#[async_trait]
impl OrderLedger for Ledger {
    async fn place(&self, new: &NewOrder, by: &By) -> Result<Order, LedgerError> {
        let batch = self.batch(new.batch).await?;
        if batch.enterprise != new.enterprise {
            return Err(LedgerError::NotFound(format!("batch {}", new.batch)));
        }
        if batch.id.is_own() {
            return Err(LedgerError::Invalid(vec![FieldError::new(
                "batch",
                format!("{} is of serials of its maker's own: there is nothing to sign", batch.id),
                "order labels for a batch of its own",
            )]));
        }
        let mut tx = self.write().await?;
        let Some(old) = placed(&mut tx, &new.enterprise, &new.order_key).await? else {
            return insert(tx, new, by).await;
        };
        if old.new.batch != new.batch {
            Err(other(&new.order_key, "batch"))
        } else if old.new.specification != new.specification {
            Err(other(&new.order_key, "format"))
        } else {
            again(tx, old, by).await
        }
    }

    async fn place_with_batch(&self, new: &BatchOrder, by: &By) -> Result<Order, LedgerError> {
        let mut tx = self.write().await?;
        let asked = &new.batch.new;
        if let Some(old) = placed(&mut tx, &new.batch.enterprise, &new.order_key).await? {
            let batch = self.batch(old.new.batch).await?;
            let same = batch.product == asked.product
                && (&batch.lot, batch.made_on, batch.expires_on)
                    == (&asked.lot, asked.made_on, new.batch.expires_on)
                && (batch.destination, &batch.dealer, batch.layers)
                    == (asked.destination, &asked.dealer, asked.layers)
                && (batch.count, batch.cases, batch.pallets)
                    == (asked.count, asked.cases, asked.pallets);
            return match (same, old.new.specification == new.specification) {
                (true, true) => again(tx, old, by).await,
                (false, _) => Err(other(&new.order_key, "batch")),
                (true, false) => Err(other(&new.order_key, "format")),
            };
        }
        let batch = match Self::put_batch(&mut tx, &new.batch, by.at).await? {
            Ok(Registered::Batch(batch)) => batch,
            Ok(_) => return Err(rows::bad("batch")),
            Err(fault) => return Err(LedgerError::Invalid(vec![fault])),
        };
        let order = NewOrder {
            enterprise: new.batch.enterprise.clone(),
            order_key: new.order_key.clone(),
            batch,
            specification: new.specification.clone(),
            labels: asked.count,
            directory: None,
            created_by: new.created_by.clone(),
            hand_over: new.hand_over,
        };
        insert(tx, &order, by).await
    }

    async fn order(&self, id: Uuid) -> Result<Order, LedgerError> {
        let row = db::query("SELECT * FROM orders WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await
            .map_err(down)?
            .ok_or_else(|| LedgerError::NotFound(format!("order {id}")))?;
        rows::order(&row)
    }

    async fn orders(&self, of: Option<&Uscc>, limit: u32) -> Result<Vec<Order>, LedgerError> {
        db::query(
            "SELECT * FROM orders WHERE $1 IS NULL OR enterprise = $1
             ORDER BY created_at DESC, id DESC LIMIT $2",
        )
        .bind(of.map(Uscc::as_str))
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(rows::order)
        .collect()
    }

    // A lease beyond any that is given now was given by a clock that went back.
    async fn take(&self, at: UnixMs, lease_until: UnixMs) -> Result<Option<Order>, LedgerError> {
        db::query(
            "UPDATE orders SET state = 'running', lease_until = $2,
             started_at = COALESCE(started_at, $1)
             WHERE id = (SELECT id FROM orders
                 WHERE directory IS NULL
                 AND (state = 'queued'
                     OR (state = 'running' AND (lease_until < $1 OR lease_until > $2)))
                 ORDER BY created_at, id LIMIT 1)
             RETURNING *",
        )
        .bind(at.0)
        .bind(lease_until.0)
        .fetch_optional(&self.writer)
        .await
        .map_err(down)?
        .as_ref()
        .map(rows::order)
        .transpose()
    }

    async fn take_one(
        &self,
        id: Uuid,
        at: UnixMs,
        lease_until: UnixMs,
    ) -> Result<bool, LedgerError> {
        // A run from the shell is alone by the lock of its directory, which a
        // killed one lets go at once: its lease need not be waited for.
        let done = db::query(
            "UPDATE orders SET state = 'running', lease_until = $2, cancel_requested = 0,
             problem = NULL, started_at = COALESCE(started_at, $1)
             WHERE id = $3
             AND (state <> 'running' OR lease_until < $1 OR directory IS NOT NULL)",
        )
        .bind(at.0)
        .bind(lease_until.0)
        .bind(id.to_string())
        .execute(&self.writer)
        .await
        .map_err(down)?;
        Ok(done.rows_affected() == 1)
    }

    async fn progress(
        &self,
        id: Uuid,
        done: u64,
        lease_until: UnixMs,
    ) -> Result<bool, LedgerError> {
        let cancel: Option<i64> = db::query_scalar(
            "UPDATE orders SET labels_done = $1, lease_until = $2
             WHERE id = $3 AND state = 'running' RETURNING cancel_requested",
        )
        .bind(signed(done))
        .bind(lease_until.0)
        .bind(id.to_string())
        .fetch_optional(&self.writer)
        .await
        .map_err(down)?;
        // An order that is no longer running is somebody else's: stop too.
        Ok(cancel != Some(0))
    }

    async fn finish(
        &self,
        id: Uuid,
        state: OrderState,
        directory: Option<&str>,
        problem: Option<&str>,
        at: UnixMs,
    ) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        let ended = db::query(
            "UPDATE orders SET state = $1, directory = COALESCE($2, directory), problem = $3,
             finished_at = $4, lease_until = 0,
             labels_done = CASE WHEN $1 = 'done' THEN labels_total ELSE labels_done END
             WHERE id = $5 AND state = 'running' RETURNING *",
        )
        .bind(state.slug())
        .bind(directory)
        .bind(problem)
        .bind(at.0)
        .bind(id.to_string())
        .fetch_optional(&mut *tx)
        .await
        .map_err(down)?;
        let Some(row) = ended else { return Ok(()) };
        told::order(&mut tx, &rows::order(&row)?, at).await?;
        tx.commit().await.map_err(down)
    }

    async fn cancel(&self, id: Uuid, by: &By) -> Result<bool, LedgerError> {
        let mut tx = self.write().await?;
        let row = db::query(
            "UPDATE orders SET cancel_requested = 1,
             finished_at = CASE WHEN state = 'running' THEN finished_at ELSE $1 END,
             state = CASE WHEN state = 'running' THEN state ELSE 'cancelled' END
             WHERE id = $2 AND state IN ('awaiting_approval', 'queued', 'running') RETURNING *",
        )
        .bind(by.at.0)
        .bind(id.to_string())
        .fetch_optional(&mut *tx)
        .await
        .map_err(down)?;
        let Some(row) = row else { return Ok(false) };
        note(&mut tx, by, "order.cancel", &rows::order(&row)?).await?;
        tx.commit().await.map_err(down)?;
        Ok(true)
    }

    async fn approve(
        &self,
        id: Uuid,
        rejected: Option<&str>,
        by: &By,
    ) -> Result<Order, LedgerError> {
        approvals::approve(self, id, rejected, by).await
    }
}
