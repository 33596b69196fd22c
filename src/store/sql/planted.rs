//! What packages hold back from sale: pools as servers hold them, and rolls that
//! nobody signed off.

use super::db;
use std::collections::BTreeMap;

use uuid::Uuid;

use super::packages::{self, invalid};
use super::rows::{Read, get};
use super::{Tx, down, signed, unsigned};
use crate::base::LedgerError;
use crate::handoff::Package;
use crate::handoff::report::Numbers;
use crate::registry::movement::Ranges;
use crate::registry::{BatchRef, Bilingual, RangeFact, RangeState};

/// Batches of which something changed behind $1.
const CHANGED: &str = "(SELECT key_number, batch_number FROM batch_ranges WHERE revision > $1
     UNION SELECT key_number, batch_number FROM batches WHERE revision > $1)";

/// What was not released of the pools of every batch that changed behind `since`,
/// as facts. Planted items and spares are one to whoever asks of a label: a house
/// that scans its file learns nothing. They are kept apart from what members see
/// of a batch's ranges.
pub(super) async fn changed(tx: &mut Tx, since: i64) -> Read<BTreeMap<BatchRef, Vec<RangeFact>>> {
    let pools = format!(
        "SELECT * FROM packages WHERE pool_first IS NOT NULL
         AND (key_number, batch_number) IN {CHANGED}"
    );
    let released = format!(
        "SELECT spares.number, spares.package, spares.on_sale_at FROM spares
         JOIN packages ON packages.id = spares.package WHERE spares.released_at IS NOT NULL
         AND (packages.key_number, packages.batch_number) IN {CHANGED}"
    );
    let all = async |tx: &mut Tx, sql: String| {
        db::query(sqlx::AssertSqlSafe(sql)).bind(since).fetch_all(&mut **tx).await.map_err(down)
    };
    let mut given = BTreeMap::<String, Vec<(u64, bool)>>::new();
    for row in &all(tx, released).await? {
        let on_sale = get::<Option<i64>>(row, "on_sale_at")?.is_some();
        let number = unsigned(get(row, "number")?);
        given.entry(get(row, "package")?).or_default().push((number, on_sale));
    }
    let mut out = BTreeMap::<_, Vec<_>>::new();
    for row in &all(tx, pools).await? {
        let package = packages::package(row)?;
        let Some((first, count)) = package.pool else { continue };
        let mut kept = Numbers::default();
        kept.add(first, first + count - 1);
        let facts = out.entry(package.batch).or_default();
        for (number, on_sale) in given.get(&package.id.to_string()).into_iter().flatten() {
            let run = (*number, *number);
            kept.remove(run.0, run.1);
            facts.extend(on_sale.then(|| fact(&package, run, RangeState::Activated)));
        }
        facts.extend(kept.iter().map(|run| fact(&package, run, RangeState::Planted)));
    }
    Ok(out)
}

fn fact(of: &Package, (first, last): (u64, u64), state: RangeState) -> RangeFact {
    RangeFact {
        id: Uuid::nil(),
        batch: of.batch,
        first,
        last,
        state,
        reason: Bilingual::default(),
        remedy: Bilingual::default(),
        set_by: String::new(),
        set_at: of.created_at,
        until: None,
        lifted_at: None,
    }
}

/// Of a batch's numbers from `first` to `last` those that were handed over and
/// whose rolls nobody has signed off, and the package of the first of them.
/// To be asked in the transaction that puts labels on sale.
pub(super) async fn held_back(
    tx: &mut Tx,
    batch: BatchRef,
    (first, last): (u64, u64),
) -> Read<(Ranges, Option<String>)> {
    let found = db::query(
        "SELECT * FROM packages WHERE key_number = $1 AND batch_number = $2
         AND first_number <= $4 AND last_number >= $3
         AND (sign_off IS NULL OR sign_off <> 'accepted') ORDER BY first_number",
    )
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .bind(signed(first))
    .bind(signed(last))
    .fetch_all(&mut **tx)
    .await
    .map_err(down)?;
    let packages: Vec<Package> = found.iter().map(packages::package).collect::<Read<_>>()?;
    let runs = packages.iter().filter_map(|package| package.items).collect();
    let number = packages.first().map(|package| package.number.clone());
    Ok((Ranges::of_runs(runs), number))
}

/// The same as a fault: not of the numbers, which are right, but of their roll.
pub(super) fn not_signed_off(package: Option<String>) -> LedgerError {
    let package = package.unwrap_or_default();
    let problem = format!("labels of it came with package {package}, whose roll is not signed off");
    invalid("roll", problem, "have the quality office sign the roll off")
}
