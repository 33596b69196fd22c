//! Which items a case holds, and what went where, as recalls ask.

use super::db::{self, QueryBuilder, Row};
use std::collections::{HashMap, HashSet};

use super::rows::{self, Read, get};
use super::{Ledger, ROWS_AT_ONCE, down, unsigned};
use crate::base::{FieldError, LedgerError, UnixMs};
use crate::recall::Numbers;
use crate::recall::port::UNITS_MAX;
use crate::registry::Uscc;
use crate::trace::{Act, Unit};

/// Units by their text, each with the event behind which it is no more looked at
/// what was taken out of it.
type Seeds = HashMap<String, i64>;

pub(super) async fn items_in(ledger: &Ledger, unit: &Unit) -> Read<Vec<Numbers>> {
    let text = unit.to_string();
    // Before it left the maker, what was taken out of it is not of it.
    let shipped: Option<i64> = db::query_scalar(
        "SELECT MIN(u.seq) FROM trace_event_units u JOIN trace_events e ON e.seq = u.seq
         WHERE u.unit = $1 AND e.act = $2 AND e.declaration IS NULL",
    )
    .bind(&text)
    .bind(Act::Shipped.slug())
    .fetch_one(&ledger.reader)
    .await
    .map_err(down)?;
    spread(ledger, Seeds::from([(text, shipped.unwrap_or(i64::MAX))])).await
}

pub(super) async fn sent_to(
    ledger: &Ledger,
    of: &Uscc,
    place: &str,
    since: UnixMs,
) -> Read<Vec<Numbers>> {
    let asked = |sql: &'static str| {
        db::query(sql).bind(of.as_str()).bind(Act::Shipped.slug()).bind(place).bind(since.0)
    };
    let units = asked(
        "SELECT u.unit, MIN(e.seq) AS seq FROM trace_events e
         JOIN trace_event_units u ON u.seq = e.seq
         WHERE e.enterprise = $1 AND e.act = $2 AND e.to_place = $3 AND e.event_at >= $4
         AND e.declaration IS NULL GROUP BY u.unit",
    )
    .fetch_all(&ledger.reader)
    .await
    .map_err(down)?;
    let seed = |row: &Row| Ok::<_, LedgerError>((get(row, "unit")?, get(row, "seq")?));
    let mut found = spread(ledger, units.iter().map(seed).collect::<Result<_, _>>()?).await?;
    let ranges = asked(
        "SELECT b.* FROM trace_events e JOIN trace_event_batches b ON b.seq = e.seq
         WHERE e.enterprise = $1 AND e.act = $2 AND e.to_place = $3 AND e.event_at >= $4
         AND e.declaration IS NULL AND b.first_number IS NOT NULL",
    )
    .fetch_all(&ledger.reader)
    .await
    .map_err(down)?;
    for row in &ranges {
        found.push(Numbers {
            batch: rows::batch_ref(row)?,
            first: unsigned(get(row, "first_number")?),
            last: unsigned(get(row, "last_number")?),
        });
    }
    Ok(found)
}

/// The bottles among the units, and in them at whatever depth.
async fn spread(ledger: &Ledger, seeds: Seeds) -> Read<Vec<Numbers>> {
    let (mut found, mut seen) = (Vec::new(), HashSet::<String>::new());
    let mut next = seeds;
    while !next.is_empty() {
        let mut inside = Seeds::new();
        for text in next.keys() {
            let unit: Unit = text.parse().map_err(|_| rows::bad("unit"))?;
            if let Unit::Bottle { batch, number } = unit {
                found.push(Numbers { batch, first: number, last: number });
            }
            seen.insert(text.clone());
        }
        if seen.len() > UNITS_MAX {
            let problem = format!("takes in more than {UNITS_MAX} bottles, cases and pallets");
            let fault = FieldError::new("scope", problem, "name batches, or ranges of them");
            return Err(LedgerError::Invalid(vec![fault]));
        }
        let parents: Vec<&String> = next.keys().collect();
        for parents in parents.chunks(ROWS_AT_ONCE) {
            for (unit, parent, taken_out) in held(ledger, parents).await? {
                let since = next.get(&parent).copied().unwrap_or(i64::MAX);
                if taken_out.is_none_or(|seq| seq > since) && !seen.contains(&unit) {
                    inside.insert(unit, since);
                }
            }
        }
        next = inside;
    }
    Ok(found)
}

/// What is in the parents, and what was, with the event that took it out.
async fn held(ledger: &Ledger, parents: &[&String]) -> Read<Vec<(String, String, Option<i64>)>> {
    let mut out = Vec::new();
    for (now, sql) in [
        (true, "SELECT unit, parent FROM trace_units WHERE parent IN ("),
        (
            false,
            "SELECT unit, parent, seq FROM trace_event_units WHERE changed = 1 AND parent IN (",
        ),
    ] {
        let mut query = QueryBuilder::new(sql);
        let mut list = query.separated(", ");
        for parent in parents {
            list.push_bind(*parent);
        }
        query.push(")");
        for row in &query.build().fetch_all(&ledger.reader).await.map_err(down)? {
            let taken_out = if now { None } else { Some(get(row, "seq")?) };
            out.push((get(row, "unit")?, get(row, "parent")?, taken_out));
        }
    }
    Ok(out)
}
