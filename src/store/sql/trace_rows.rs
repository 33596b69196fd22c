//! Events as they are kept, and what is asked of them.

use super::db::{self, QueryBuilder, Row};
use super::rows::{self, Read, get};
use super::trace_world::{state, unit, whereabouts};
use super::{Ledger, down, unsigned};
use crate::base::UnixMs;
use crate::registry::Uscc;
use crate::trace::port::{Filter, Kept, Picture};
use crate::trace::rules::State;
use crate::trace::{Act, Unit};

/// Events of one unit that its page tells, the latest.
const HISTORY_MAX: i64 = 200;
/// Things in one case or on one pallet that a page lists.
const CONTENTS_MAX: i64 = 500;

fn kept(row: &Row) -> Read<Kept> {
    let unit = |column| -> Read<Option<Unit>> {
        let key: Option<String> = get(row, column)?;
        key.map(|key| key.parse().map_err(|_| rows::bad(column))).transpose()
    };
    let declaration: Option<String> = get(row, "declaration")?;
    Ok(Kept {
        seq: get(row, "seq")?,
        id: get(row, "id")?,
        act: Act::from_slug(&get::<String>(row, "act")?).ok_or_else(|| rows::bad("act"))?,
        at: UnixMs(get(row, "event_at")?),
        offset_minutes: i32::try_from(get::<i64>(row, "zone_offset")?)
            .map_err(|_| rows::bad("zone_offset"))?,
        recorded_at: UnixMs(get(row, "recorded_at")?),
        recorded_by: get(row, "recorded_by")?,
        parent: unit("parent")?,
        first: unit("first_unit")?,
        count: unsigned(get(row, "unit_count")?),
        place: get(row, "place")?,
        from: get(row, "from_place")?,
        to: get(row, "to_place")?,
        body: get(row, "body")?,
        declared: declaration
            .map(|d| serde_json::from_str(&d).map_err(|_| rows::bad("declaration")))
            .transpose()?,
    })
}

pub(super) async fn events(
    ledger: &Ledger,
    own: &Uscc,
    filter: &Filter,
    after: Option<i64>,
    limit: u32,
) -> Read<Vec<Kept>> {
    let mut query = QueryBuilder::new("SELECT * FROM trace_events WHERE enterprise = ");
    query.push_bind(own.as_str());
    if let Some(act) = filter.act {
        query.push(" AND act = ").push_bind(act.slug());
    }
    if let Some(from) = filter.from {
        query.push(" AND event_at >= ").push_bind(from.0);
    }
    if let Some(until) = filter.until {
        query.push(" AND event_at < ").push_bind(until.0);
    }
    if let Some(batch) = filter.batch {
        query.push(" AND seq IN (SELECT seq FROM trace_event_batches WHERE key_number = ");
        query.push_bind(i64::from(batch.key.get())).push(" AND batch_number = ");
        query.push_bind(i64::from(batch.batch));
        if let Some(after) = after {
            query.push(" AND seq > ").push_bind(after);
        }
        query.push(")");
    }
    match after {
        Some(after) => query.push(" AND seq > ").push_bind(after).push(" ORDER BY seq"),
        None => query.push(" ORDER BY seq DESC"),
    };
    query.push(" LIMIT ").push_bind(i64::from(limit));
    query.build().fetch_all(&ledger.reader).await.map_err(down)?.iter().map(kept).collect()
}

async fn state_of(ledger: &Ledger, of: &Unit) -> Read<State> {
    db::query("SELECT * FROM trace_units WHERE unit = $1")
        .bind(of.to_string())
        .fetch_optional(&ledger.reader)
        .await
        .map_err(down)?
        .as_ref()
        .map_or(Ok(State::default()), state)
}

/// Events of a unit from the one behind `since` on.
async fn history(ledger: &Ledger, own: &Uscc, of: &Unit, since: i64) -> Read<Vec<Kept>> {
    db::query(
        "SELECT e.* FROM trace_event_units u JOIN trace_events e ON e.seq = u.seq
         WHERE u.unit = $1 AND e.enterprise = $2 AND e.seq > $3 ORDER BY e.seq DESC LIMIT $4",
    )
    .bind(of.to_string())
    .bind(own.as_str())
    .bind(since)
    .bind(HISTORY_MAX)
    .fetch_all(&ledger.reader)
    .await
    .map_err(down)?
    .iter()
    .map(kept)
    .collect()
}

/// The event that packed a unit last.
async fn packed_by(ledger: &Ledger, of: &Unit) -> Read<i64> {
    let seq: Option<i64> = db::query_scalar(
        "SELECT MAX(e.seq) FROM trace_event_units u JOIN trace_events e ON e.seq = u.seq
         WHERE u.unit = $1 AND u.changed = 1 AND e.act = 'packed' AND e.declaration IS NULL
         AND e.parent <> $1",
    )
    .bind(of.to_string())
    .fetch_one(&ledger.reader)
    .await
    .map_err(down)?;
    Ok(seq.unwrap_or(i64::MAX))
}

pub(super) async fn picture(ledger: &Ledger, own: &Uscc, of: &Unit) -> Read<Picture> {
    let own_state = state_of(ledger, of).await?;
    let mut told = history(ledger, own, of, 0).await?;
    let mut holders = Vec::new();
    let (mut inner, mut next) = (of.clone(), own_state.parent.clone());
    // Bottle, case, pallet: two steps at most.
    while let Some(holder) = next.filter(|_| holders.len() < 2) {
        let since = packed_by(ledger, &inner).await?;
        told.extend(history(ledger, own, &holder, since).await?);
        let state = state_of(ledger, &holder).await?;
        next = state.parent.clone();
        holders.push((holder.clone(), state));
        inner = holder;
    }
    told.sort_by_key(|kept| kept.seq);
    told.dedup_by_key(|kept| kept.seq);
    let contents = db::query("SELECT * FROM trace_units WHERE parent = $1 ORDER BY unit LIMIT $2")
        .bind(of.to_string())
        .bind(CONTENTS_MAX)
        .fetch_all(&ledger.reader)
        .await
        .map_err(down)?;
    Ok(Picture {
        unit: of.clone(),
        state: own_state,
        holders,
        contents: contents
            .iter()
            .map(|row| Ok((unit(row, "unit")?, whereabouts(row)?)))
            .collect::<Read<_>>()?,
        history: told,
    })
}
