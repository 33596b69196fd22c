//! Packages: made, renewed, built, ended, and what they hold back.

use super::db::{self, QueryBuilder, Row};
use uuid::Uuid;

use super::rows::{self, Read, get};
use super::{Ledger, Tx, audit, booking, down, next_revision, schedules, signed, unsigned};
use crate::auth::trail::Entry;
use crate::base::{By, FieldError, LedgerError, UnixMs, ids};
use crate::handoff::Package;
use crate::handoff::package::{Grant, PackageState, SignOff};
use crate::handoff::secret;
use crate::handoff::spares::{Draw, Plan, Planted, planted};
use crate::label::{Codes, Specification};
use crate::registry::BatchRef;
use crate::registry::movement::Account;
use crate::registry::order::{Order, OrderState};

pub(super) fn small(row: &Row, column: &str) -> Read<u32> {
    u32::try_from(get::<i64>(row, column)?).map_err(|_| rows::bad(column))
}

fn pair(row: &Row, first: &str, second: &str) -> Read<Option<(u64, u64)>> {
    let (first, second): (Option<i64>, Option<i64>) = (get(row, first)?, get(row, second)?);
    Ok(first.map(unsigned).zip(second.map(unsigned)))
}

pub(super) fn package(row: &Row) -> Read<Package> {
    let id = |column: &str| -> Read<Uuid> {
        get::<String>(row, column)?.parse().map_err(|_| rows::bad(column))
    };
    let sign_off = match get::<Option<String>>(row, "sign_off")? {
        None => None,
        Some(word) => Some(SignOff {
            accepted: word == "accepted",
            reason: get::<Option<String>>(row, "sign_off_reason")?.unwrap_or_default(),
            by: get(row, "sign_off_by")?,
            at: UnixMs(get(row, "sign_off_at")?),
        }),
    };
    Ok(Package {
        id: rows::id(row)?,
        number: get(row, "number")?,
        order: id("order_id")?,
        enterprise: rows::uscc(row, "enterprise")?,
        batch: rows::batch_ref(row)?,
        house: id("house")?,
        items: pair(row, "first_number", "last_number")?,
        pool: pair(row, "pool_first", "pool_count")?,
        recipient: get(row, "recipient")?,
        key_file: get(row, "key_file")?,
        pick_up: small(row, "pick_up")?,
        code_hash: get::<Vec<u8>>(row, "code_hash")?
            .try_into()
            .map_err(|_| rows::bad("code_hash"))?,
        wrong_codes: small(row, "wrong_codes")?,
        state: PackageState::from_slug(&get::<String>(row, "state")?)
            .ok_or_else(|| rows::bad("state"))?,
        problem: get(row, "problem")?,
        directory: get(row, "directory")?,
        created_by: get(row, "created_by")?,
        created_at: UnixMs(get(row, "created_at")?),
        ready_at: get::<Option<i64>>(row, "ready_at")?.map(UnixMs),
        sign_off,
    })
}

pub(super) fn invalid(field: &str, problem: impl Into<String>, remedy: &str) -> LedgerError {
    LedgerError::Invalid(vec![FieldError::new(field, problem, remedy)])
}

/// One audit row of a package.
pub(super) async fn note(
    tx: &mut Tx,
    by: &By,
    action: &'static str,
    package: &Package,
    after: serde_json::Value,
) -> Read<()> {
    let entry = Entry {
        action,
        object: format!("package {}", package.number),
        enterprise: Some(package.enterprise.as_str()),
        before: serde_json::Value::Null,
        after,
    };
    audit::note(tx, by, &entry).await
}

/// The package as it stands within a transaction.
pub(super) async fn now(tx: &mut Tx, id: Uuid) -> Read<Package> {
    let row = db::query("SELECT * FROM packages WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(&mut **tx)
        .await
        .map_err(down)?;
    package(&row.ok_or_else(|| LedgerError::NotFound(format!("package {id}")))?)
}

pub(super) async fn find(ledger: &Ledger, id: Uuid) -> Read<Package> {
    let row = db::query("SELECT * FROM packages WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(&ledger.reader)
        .await
        .map_err(down)?;
    package(&row.ok_or_else(|| LedgerError::NotFound(format!("package {id}")))?)
}

pub(super) async fn of_order(ledger: &Ledger, order: Uuid) -> Read<Option<Package>> {
    db::query("SELECT * FROM packages WHERE order_id = $1")
        .bind(order.to_string())
        .fetch_optional(&ledger.reader)
        .await
        .map_err(down)?
        .as_ref()
        .map(package)
        .transpose()
}

async fn order_now(tx: &mut Tx, id: Uuid) -> Read<Order> {
    let row = db::query("SELECT * FROM orders WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(&mut **tx)
        .await
        .map_err(down)?;
    rows::order(&row.ok_or_else(|| LedgerError::NotFound(format!("order {id}")))?)
}

/// Its house, where a package can be made of it.
fn house_of(order: &Order) -> Read<Uuid> {
    use OrderState::{AwaitingApproval, Cancelled, Failed, Rejected};
    if matches!(order.state, AwaitingApproval | Cancelled | Failed | Rejected) {
        let problem = format!("its labels are not being made: it is {}", order.state.slug());
        return Err(invalid("order", problem, "hand over an order that is made or in work"));
    }
    order.new.hand_over.house.ok_or_else(|| {
        invalid("order", "it names no printing house", "order its labels for a printing house")
    })
}

pub(super) async fn hand_over(ledger: &Ledger, id: Uuid, grant: &Grant, by: &By) -> Read<Package> {
    let mut tx = ledger.write().await?;
    let order = order_now(&mut tx, id).await?;
    let house = house_of(&order)?;
    let made: Option<String> = db::query_scalar("SELECT number FROM packages WHERE order_id = $1")
        .bind(id.to_string())
        .fetch_optional(&mut *tx)
        .await
        .map_err(down)?;
    if let Some(number) = made {
        let problem = format!("it was handed over as package {number}");
        return Err(invalid("order", problem, "renew that package"));
    }
    let specification: Specification = serde_json::from_value(order.new.specification.clone())
        .map_err(|_| rows::bad("specification"))?;
    let items = specification.codes.are_of_items();
    if items {
        // What is due is on sale, whether the worker has come by yet or not.
        schedules::book(&mut tx, Some(order.new.batch), by.at).await?;
        must_be_unused(&mut tx, &order, &specification).await?;
    }
    let plan = Plan::of(specification.count);
    let pool = if items { Some(allot(&mut tx, order.new.batch, plan).await?) } else { None };
    let made = insert(&mut tx, &order, house, &specification, pool, grant, by).await?;
    if let Some((first, count)) = pool {
        let mut free: Vec<u64> = (first..first + count).collect();
        let mut draw = Draw::new(grant.seed);
        let listed = draw.take(&mut free, plan.listed());
        for numbers in listed.chunks(super::ROWS_AT_ONCE) {
            let mut rows = QueryBuilder::new("INSERT INTO spares (package, number) ");
            rows.push_values(numbers, |mut row, number| {
                row.push_bind(made.id.to_string()).push_bind(signed(*number));
            });
            rows.build().execute(&mut *tx).await.map_err(down)?;
        }
        plant(&mut tx, &made, planted(plan, &mut free, &mut draw)).await?;
    }
    let after = serde_json::json!({"order": order.id, "printer": house, "pick_up": 1});
    note(&mut tx, by, "package.hand_over", &made, after).await?;
    tx.commit().await.map_err(down)?;
    Ok(made)
}

/// A house prints what nobody has printed or used: a label that is on sale
/// already would pass by the sign-off of its roll, and of two houses that print
/// one label each would print a copy. Another house may have the items' other
/// layer, and have printed it.
async fn must_be_unused(tx: &mut Tx, order: &Order, wanted: &Specification) -> Read<()> {
    let numbers = (wanted.first, wanted.last());
    let others = others(tx, order.new.batch, numbers).await?;
    if let Some((number, _)) = others.iter().find(|(_, codes)| codes.share_labels(wanted.codes)) {
        let problem = format!("labels of it are in package {number}");
        return Err(invalid("used", problem, "end that package, or order labels anew"));
    }
    let kept: &[Account] =
        if others.is_empty() { &[Account::Issued] } else { &[Account::Issued, Account::Printed] };
    match booking::beyond(tx, order.new.batch, numbers, kept).await? {
        None => Ok(()),
        Some(elsewhere) => {
            let problem = format!("of its labels {}", elsewhere.fault().problem);
            Err(invalid("used", problem, "undo what moved them there, or order labels anew"))
        }
    }
}

/// Packages of those items that may still be printed or were, by number, and
/// what each prints.
async fn others(tx: &mut Tx, batch: BatchRef, numbers: (u64, u64)) -> Read<Vec<(String, Codes)>> {
    let found: Vec<(String, String)> = db::query_as(
        "SELECT p.number, o.specification FROM packages p JOIN orders o ON o.id = p.order_id
         WHERE p.key_number = $1 AND p.batch_number = $2 AND p.first_number <= $4
         AND p.last_number >= $3 AND (p.sign_off = 'accepted'
          OR p.sign_off IS NULL AND p.state <> 'ended') ORDER BY p.number",
    )
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .bind(signed(numbers.0))
    .bind(signed(numbers.1))
    .fetch_all(&mut **tx)
    .await
    .map_err(down)?;
    let codes = |(number, specification): (String, String)| {
        let of: Specification =
            serde_json::from_str(&specification).map_err(|_| rows::bad("specification"))?;
        Ok((number, of.codes))
    };
    found.into_iter().map(codes).collect()
}

/// Takes the numbers behind the last of the batch.
async fn allot(tx: &mut Tx, batch: BatchRef, plan: Plan) -> Read<(u64, u64)> {
    let revision = next_revision(tx).await?;
    let row = db::query(
        "UPDATE batches SET spare_count = spare_count + $1, revision = $2
         WHERE key_number = $3 AND batch_number = $4 RETURNING *",
    )
    .bind(signed(plan.pool()))
    .bind(revision)
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .fetch_one(&mut **tx)
    .await
    .map_err(down)?;
    let issued = rows::batch(&row)?.issued();
    Ok((issued - plan.pool(), plan.pool()))
}

async fn insert(
    tx: &mut Tx,
    order: &Order,
    house: Uuid,
    specification: &Specification,
    pool: Option<(u64, u64)>,
    grant: &Grant,
    by: &By,
) -> Read<Package> {
    let items = pool.map(|_| (specification.first, specification.last()));
    let row = db::query(
        "INSERT INTO packages (id, number, order_id, enterprise, key_number, batch_number, house,
         first_number, last_number, pool_first, pool_count, recipient, key_file, pick_up,
         code_hash, wrong_codes, state, lease_until, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14, 0, 'building',
         0, $15, $16) RETURNING *",
    )
    .bind(ids::new_id(by.at).to_string())
    .bind(secret::package_number())
    .bind(order.id.to_string())
    .bind(order.new.enterprise.as_str())
    .bind(i64::from(order.new.batch.key.get()))
    .bind(i64::from(order.new.batch.batch))
    .bind(house.to_string())
    .bind(items.map(|(first, _)| signed(first)))
    .bind(items.map(|(_, last)| signed(last)))
    .bind(pool.map(|(first, _)| signed(first)))
    .bind(pool.map(|(_, count)| signed(count)))
    .bind(&grant.recipient)
    .bind(&grant.key_file)
    .bind(grant.code_hash.to_vec())
    .bind(&by.login)
    .bind(by.at.0)
    .fetch_one(&mut **tx)
    .await
    .map_err(down)?;
    package(&row)
}

async fn plant(tx: &mut Tx, of: &Package, planted: Vec<Planted>) -> Read<()> {
    for chunk in planted.chunks(super::ROWS_AT_ONCE) {
        let mut rows = QueryBuilder::new(
            "INSERT INTO planted (key_number, batch_number, number, package, pick_up, downloads) ",
        );
        rows.push_values(chunk, |mut row, planted| {
            row.push_bind(i64::from(of.batch.key.get()))
                .push_bind(i64::from(of.batch.batch))
                .push_bind(signed(planted.number))
                .push_bind(of.id.to_string())
                .push_bind(i64::from(of.pick_up))
                .push_bind(i64::from(planted.downloads));
        });
        rows.build().execute(&mut **tx).await.map_err(down)?;
    }
    Ok(())
}

pub(super) async fn renew(ledger: &Ledger, id: Uuid, grant: &Grant, by: &By) -> Read<Package> {
    let mut tx = ledger.write().await?;
    let old = now(&mut tx, id).await?;
    if old.is_accepted() {
        return Err(invalid("package", "its roll was signed off", "order labels anew"));
    }
    if !old.may_be_renewed() {
        let problem = format!("{} pick-ups were granted", old.pick_up);
        return Err(invalid("package", problem, "order its labels anew"));
    }
    let row = db::query(
        "UPDATE packages SET pick_up = pick_up + 1, code_hash = $1, wrong_codes = 0,
         state = 'building', problem = NULL, ready_at = NULL, lease_until = 0, recipient = $2,
         key_file = $3 WHERE id = $4 RETURNING *",
    )
    .bind(grant.code_hash.to_vec())
    .bind(&grant.recipient)
    .bind(&grant.key_file)
    .bind(id.to_string())
    .fetch_one(&mut *tx)
    .await
    .map_err(down)?;
    let new = package(&row)?;
    if let (Some((first, count)), Some((from, to))) = (new.pool, new.items) {
        let taken = taken(&mut tx, &new).await?;
        let mut free: Vec<u64> = (first..first + count).filter(|n| !taken.contains(n)).collect();
        let drawn = planted(Plan::of(to - from + 1), &mut free, &mut Draw::new(grant.seed));
        plant(&mut tx, &new, drawn).await?;
    }
    let after = serde_json::json!({"pick_up": new.pick_up});
    note(&mut tx, by, "package.renew", &new, after).await?;
    tx.commit().await.map_err(down)?;
    Ok(new)
}

/// Numbers of its pool that are spares, or were planted before.
async fn taken(tx: &mut Tx, of: &Package) -> Read<std::collections::HashSet<u64>> {
    let numbers: Vec<i64> = db::query_scalar(
        "SELECT number FROM spares WHERE package = $1
         UNION SELECT number FROM planted WHERE package = $1",
    )
    .bind(of.id.to_string())
    .fetch_all(&mut **tx)
    .await
    .map_err(down)?;
    Ok(numbers.into_iter().map(unsigned).collect())
}

pub(super) async fn end(ledger: &Ledger, id: Uuid, by: &By) -> Read<bool> {
    let mut tx = ledger.write().await?;
    let row = db::query(
        "UPDATE packages SET state = 'ended', problem = NULL
         WHERE id = $1 AND state <> 'ended' RETURNING *",
    )
    .bind(id.to_string())
    .fetch_optional(&mut *tx)
    .await
    .map_err(down)?;
    let Some(row) = row else { return Ok(false) };
    note(&mut tx, by, "package.end", &package(&row)?, serde_json::Value::Null).await?;
    tx.commit().await.map_err(down)?;
    Ok(true)
}
