//! Declarations of error: an event did not happen so, and what followed from
//! it is taken back.

use super::db;
use super::rows::{Read, get};
use super::trace::{Answer, Keeper, invalid, seq_of};
use super::trace_world::{put, state, unit};
use super::{Tx, down, shipped, trace_milestones};
use crate::trace::event::Declaration;
use crate::trace::port::Recorded;
use crate::trace::rules::World;

/// Each unit gets back the state that it had before the event. So events can
/// be taken back in the reverse of their order alone.
pub(super) async fn declare(
    keeper: &mut Keeper<'_>,
    tx: &mut Tx,
    id: &str,
    declaration: &Declaration,
) -> Read<Answer> {
    let found =
        db::query("SELECT seq, declaration FROM trace_events WHERE enterprise = $1 AND id = $2")
            .bind(keeper.with.own.as_str())
            .bind(id)
            .fetch_optional(&mut **tx)
            .await
            .map_err(down)?;
    let Some(row) = found else {
        return Ok(invalid("eventID", "is no event that is kept here", "name one that is"));
    };
    if get::<Option<String>>(&row, "declaration")?.is_some() {
        return Ok(Ok(Recorded { id: id.to_owned(), new: false }));
    }
    let seq = seq_of(&row)?;
    let later: Option<i64> = db::query_scalar(
        "SELECT MAX(l.seq) FROM trace_event_units u
         JOIN trace_event_units l ON l.unit = u.unit AND l.seq > u.seq AND l.changed = 1
         JOIN trace_events e ON e.seq = l.seq AND e.declaration IS NULL
         WHERE u.seq = $1 AND u.changed = 1",
    )
    .bind(seq)
    .fetch_one(&mut **tx)
    .await
    .map_err(down)?;
    if later.is_some() {
        let remedy = "declare the later ones first, the last of them before the others";
        return Ok(invalid("eventID", "has later events that stand on it", remedy));
    }
    let rows = db::query("SELECT * FROM trace_event_units WHERE seq = $1 AND changed = 1")
        .bind(seq)
        .fetch_all(&mut **tx)
        .await
        .map_err(down)?;
    let before: Vec<_> =
        rows.iter().map(|row| Ok((unit(row, "unit")?, state(row)?))).collect::<Read<_>>()?;
    put(tx, &before).await?;
    // What was read before the states went back does not hold any more.
    keeper.world = World::default();
    db::query("UPDATE trace_events SET declaration = $1 WHERE seq = $2")
        .bind(serde_json::json!(declaration).to_string())
        .bind(seq)
        .execute(&mut **tx)
        .await
        .map_err(down)?;
    shipped::take_back(tx, seq).await?;
    trace_milestones::drop_of(tx, seq).await?;
    Ok(Ok(Recorded { id: id.to_owned(), new: true }))
}
