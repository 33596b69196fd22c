//! What is known of units: read for an event, and written after it.

use super::db::{self, QueryBuilder, Row};
use std::collections::BTreeMap;

use super::rows::{self, Read, get};
use super::{ROWS_AT_ONCE, Tx, down, signed, unsigned};
use crate::base::UnixMs;
use crate::trace::port::TOUCHED_MAX;
use crate::trace::rules::{State, Whereabouts, World};
use crate::trace::{Act, Event, Refusal, Unit, UnitKind};

pub(super) fn unit(row: &Row, column: &str) -> Read<Unit> {
    get::<String>(row, column)?.parse().map_err(|_| rows::bad(column))
}

pub(super) fn whereabouts(row: &Row) -> Read<Whereabouts> {
    let slug: String = get(row, "whereabouts")?;
    Whereabouts::from_slug(&slug).ok_or_else(|| rows::bad("whereabouts"))
}

pub(super) fn state(row: &Row) -> Read<State> {
    let parent: Option<String> = get(row, "parent")?;
    Ok(State {
        parent: parent.map(|p| p.parse().map_err(|_| rows::bad("parent"))).transpose()?,
        whereabouts: whereabouts(row)?,
        place: get(row, "place")?,
        at: UnixMs(get(row, "since")?),
    })
}

async fn select(tx: &mut Tx, column: &str, some: &[String]) -> Read<Vec<Row>> {
    let mut found = Vec::new();
    for some in some.chunks(ROWS_AT_ONCE) {
        let mut query = QueryBuilder::new("SELECT * FROM trace_units WHERE ");
        query.push(column).push(" IN (");
        let mut list = query.separated(", ");
        for unit in some {
            list.push_bind(unit);
        }
        query.push(")");
        found.extend(query.build().fetch_all(&mut **tx).await.map_err(down)?);
    }
    Ok(found)
}

/// States of units that the world does not know yet.
pub(super) async fn load(tx: &mut Tx, world: &mut World, units: &[Unit]) -> Read<()> {
    let unknown = units.iter().filter(|unit| !world.states.contains_key(unit));
    let unknown: Vec<String> = unknown.map(ToString::to_string).collect();
    for unit in units {
        world.states.entry(unit.clone()).or_default();
    }
    for row in select(tx, "unit", &unknown).await? {
        world.states.insert(unit(&row, "unit")?, state(&row)?);
    }
    Ok(())
}

/// What these hold, each with its state.
pub(super) async fn load_contents(tx: &mut Tx, world: &mut World, of: &[Unit]) -> Read<()> {
    let unknown = of.iter().filter(|unit| !world.contents.contains_key(unit));
    let unknown: Vec<String> =
        unknown.filter(|u| u.kind() != UnitKind::Bottle).map(ToString::to_string).collect();
    for unit in of {
        world.contents.entry(unit.clone()).or_default();
    }
    for row in select(tx, "parent", &unknown).await? {
        let (child, state) = (unit(&row, "unit")?, state(&row)?);
        let Some(parent) = state.parent.clone() else { continue };
        world.contents.entry(parent).or_default().insert(child.clone());
        world.states.entry(child).or_insert(state);
    }
    Ok(())
}

/// All that the rules ask for before they decide on an event.
pub(super) async fn load_for(
    tx: &mut Tx,
    world: &mut World,
    event: &Event,
) -> Read<Result<(), Refusal>> {
    let named: Vec<Unit> = event.units.iter().chain(&event.parent).cloned().collect();
    load(tx, world, &named).await?;
    load_contents(tx, world, &named).await?;
    let inside = |world: &World| -> Vec<Unit> {
        named.iter().flat_map(|unit| world.held_by(unit)).cloned().collect()
    };
    let cases = inside(world);
    if cases.len() > TOUCHED_MAX {
        return Ok(Err(Refusal::TooMany { max: TOUCHED_MAX }));
    }
    load_contents(tx, world, &cases).await?;
    let all: usize = cases.len() + cases.iter().map(|c| world.held_by(c).count()).sum::<usize>();
    if all > TOUCHED_MAX {
        return Ok(Err(Refusal::TooMany { max: TOUCHED_MAX }));
    }
    world.commissioned = commissioned(tx, event).await?;
    Ok(Ok(()))
}

/// Numbers among those of the event that came into being before.
async fn commissioned(tx: &mut Tx, event: &Event) -> Read<Option<(u64, u64)>> {
    let comes = matches!(event.act, Act::Bottled | Act::Commissioned);
    let Some(range) = event.range.filter(|_| comes) else { return Ok(None) };
    let found = db::query(
        "SELECT b.first_number, b.last_number FROM trace_event_batches b
         JOIN trace_events e ON e.seq = b.seq
         WHERE b.key_number = $1 AND b.batch_number = $2 AND b.first_number <= $3
         AND b.last_number >= $4 AND e.act IN ('bottled', 'commissioned')
         AND e.declaration IS NULL LIMIT 1",
    )
    .bind(i64::from(range.batch.key.get()))
    .bind(i64::from(range.batch.batch))
    .bind(signed(range.last))
    .bind(signed(range.first))
    .fetch_optional(&mut **tx)
    .await
    .map_err(down)?;
    let Some(row) = found else { return Ok(None) };
    let end = |column| -> Read<u64> { Ok(unsigned(get(&row, column)?)) };
    Ok(Some((end("first_number")?, end("last_number")?)))
}

/// Writes the units that an event named or changed, and how they stand now.
pub(super) async fn save(tx: &mut Tx, world: &mut World, event: &Event, seq: i64) -> Read<()> {
    let changed = std::mem::take(&mut world.changed);
    let mut told: BTreeMap<&Unit, (bool, State)> =
        event.units.iter().chain(&event.parent).map(|u| (u, (false, world.state(u)))).collect();
    told.extend(changed.iter().map(|(unit, before)| (unit, (true, before.clone()))));
    let rows: Vec<_> = told.into_iter().collect();
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let mut insert = QueryBuilder::new(
            "INSERT INTO trace_event_units (unit, seq, changed, parent, whereabouts, place, since) ",
        );
        insert.push_values(rows, |mut row, (unit, (changed, state))| {
            row.push_bind(unit.to_string())
                .push_bind(seq)
                .push_bind(i64::from(*changed))
                .push_bind(state.parent.as_ref().map(ToString::to_string))
                .push_bind(state.whereabouts.slug())
                .push_bind(state.place.clone())
                .push_bind(state.at.0);
        });
        insert.build().execute(&mut **tx).await.map_err(down)?;
    }
    let now: Vec<_> = changed.keys().map(|unit| (unit.clone(), world.state(unit))).collect();
    put(tx, &now).await
}

/// Sets how units stand.
pub(super) async fn put(tx: &mut Tx, states: &[(Unit, State)]) -> Read<()> {
    for rows in states.chunks(ROWS_AT_ONCE) {
        let mut insert =
            QueryBuilder::new("INSERT INTO trace_units (unit, parent, whereabouts, place, since) ");
        insert.push_values(rows, |mut row, (unit, state)| {
            row.push_bind(unit.to_string())
                .push_bind(state.parent.as_ref().map(ToString::to_string))
                .push_bind(state.whereabouts.slug())
                .push_bind(state.place.clone())
                .push_bind(state.at.0);
        });
        insert.push(
            " ON CONFLICT (unit) DO UPDATE SET parent = excluded.parent,
             whereabouts = excluded.whereabouts, place = excluded.place, since = excluded.since",
        );
        insert.build().execute(&mut **tx).await.map_err(down)?;
    }
    Ok(())
}
