//! Orders that a second person lets be made, or does not.

use super::db;
use uuid::Uuid;

use super::hands::one_hand;
use super::orders::note;
use super::packages::invalid;
use super::rows::{self, Read};
use super::{Ledger, Tx, down, houses, unsigned};
use crate::base::{By, LedgerError};
use crate::handoff::settings::APPROVAL_HOURS;
use crate::registry::order::{NewOrder, Order, OrderState};

/// The state in which an order begins: what a run from the shell makes is the
/// operator's own, who has the keys anyway.
pub(super) async fn first_state(tx: &mut Tx, new: &NewOrder, by: &By) -> Read<OrderState> {
    if new.directory.is_some() {
        return Ok(OrderState::Queued);
    }
    let bound = houses::approval_bound(tx, &new.enterprise, by.at).await?;
    let before = unapproved(tx, new, by).await?;
    let large = before.saturating_add(new.labels) > bound;
    Ok(if large { OrderState::AwaitingApproval } else { OrderState::Queued })
}

/// Labels of the same product that the same hands ordered within
/// [`APPROVAL_HOURS`] and that nobody else looked at: a large order in small
/// parts is a large one. What failed or was cancelled is counted when it is
/// asked for again.
async fn unapproved(tx: &mut Tx, new: &NewOrder, by: &By) -> Read<u64> {
    let labels: i64 = db::query_scalar(
        "SELECT CAST(COALESCE(SUM(o.labels_total), 0) AS BIGINT) FROM orders o
         JOIN batches b ON b.key_number = o.key_number AND b.batch_number = o.batch_number
         WHERE o.enterprise = $1 AND COALESCE(o.asked_at, o.created_at) > $2
         AND o.state IN ('queued', 'running', 'done')
         AND o.approved_by IS NULL AND o.order_key <> $3
         AND b.gtin = (SELECT gtin FROM batches WHERE key_number = $4 AND batch_number = $5)
         AND (o.created_by IN ($6, $7) OR o.created_key_by IN ($6, $7))",
    )
    .bind(new.enterprise.as_str())
    .bind(by.at.plus_ms(-APPROVAL_HOURS * 3_600_000).0)
    .bind(&new.order_key)
    .bind(i64::from(new.batch.key.get()))
    .bind(i64::from(new.batch.batch))
    .bind(&by.login)
    .bind(&by.key_by)
    .fetch_one(&mut **tx)
    .await
    .map_err(down)?;
    Ok(unsigned(labels))
}

/// # Errors
/// For a printing house that is not theirs, or gets no more orders.
pub(super) async fn check_house(tx: &mut Tx, new: &NewOrder) -> Read<()> {
    let Some(house) = new.hand_over.house else { return Ok(()) };
    match houses::house_now(tx, &new.enterprise, house).await? {
        Some(_) => Ok(()),
        None => Err(invalid("house", "is no printing house of yours", "choose one of the list")),
    }
}

pub(super) async fn approve(
    ledger: &Ledger,
    id: Uuid,
    rejected: Option<&str>,
    by: &By,
) -> Read<Order> {
    let mut tx = ledger.write().await?;
    let row = db::query("SELECT * FROM orders WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(&mut *tx)
        .await
        .map_err(down)?;
    let old = rows::order(&row.ok_or_else(|| LedgerError::NotFound(format!("order {id}")))?)?;
    if old.state != OrderState::AwaitingApproval {
        let state = old.state.slug();
        let problem = match &old.approved_by {
            Some(who) => format!("it was approved by {who} and is {state}"),
            None => format!("it does not wait for approval: it is {state}"),
        };
        return Err(invalid("approval", problem, "look at the order as it is now"));
    }
    let asked = (&*old.new.created_by, old.created_key_by.as_deref());
    if let Some(one) = one_hand(&mut tx, by, asked.0, asked.1).await? {
        let problem = format!("{one} placed this order, or made a key or a link for who did");
        return Err(invalid("approver", problem, "have another person approve it"));
    }
    let (state, action) = match rejected {
        None => (OrderState::Queued, "order.approve"),
        Some(_) => (OrderState::Rejected, "order.reject"),
    };
    let row = db::query(
        "UPDATE orders SET state = $1, problem = $2,
         approved_by = CASE WHEN $2 IS NULL THEN $3 ELSE approved_by END,
         approved_at = CASE WHEN $2 IS NULL THEN $4 ELSE approved_at END,
         finished_at = CASE WHEN $2 IS NULL THEN finished_at ELSE $4 END
         WHERE id = $5 RETURNING *",
    )
    .bind(state.slug())
    .bind(rejected)
    .bind(&by.login)
    .bind(by.at.0)
    .bind(id.to_string())
    .fetch_one(&mut *tx)
    .await
    .map_err(down)?;
    let order = rows::order(&row)?;
    note(&mut tx, by, action, &order).await?;
    tx.commit().await.map_err(down)?;
    Ok(order)
}
