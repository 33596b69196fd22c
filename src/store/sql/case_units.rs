//! Labels of cases, and what detection is told of them.

use super::db;
use uuid::Uuid;

use super::rows::{self, Read};
use super::{Tx, cases, down, leads, reports, signed};
use crate::base::{By, ids};
use crate::cases::DecisionRecord;
use crate::cases::fact::{Entry, Fact};
use crate::cases::file::CaseFile;
use crate::cases::matter::CaseUnit;
use crate::registry::Decision;

/// Keeps which labels are in the case behind an entry.
pub(super) async fn keep(tx: &mut Tx, case: Uuid, entry: &Entry) -> Read<()> {
    match &entry.fact {
        Fact::Unit(unit) => insert(tx, case, entry.id, unit).await,
        Fact::Withdrawn { entry, .. } => take_out(tx, *entry).await,
        _ => Ok(()),
    }
}

async fn insert(tx: &mut Tx, case: Uuid, entry: Uuid, unit: &CaseUnit) -> Read<()> {
    db::query(
        "INSERT INTO case_units (case_id, entry, payload, serial, key_number, batch_number,
         label_number) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(case.to_string())
    .bind(entry.to_string())
    .bind(payload(unit)?.to_vec())
    .bind(&unit.serial)
    .bind(i64::from(unit.batch.key.get()))
    .bind(i64::from(unit.batch.batch))
    .bind(signed(unit.number))
    .execute(&mut **tx)
    .await
    .map(drop)
    .map_err(down)
}

fn payload(unit: &CaseUnit) -> Read<[u8; 12]> {
    unit.payload().ok_or_else(|| rows::bad("serial"))
}

/// Scans of a label that no case needs any more are thinned with the next pass.
async fn take_out(tx: &mut Tx, entry: Uuid) -> Read<()> {
    for statement in [
        "INSERT INTO case_units_gone (payload) SELECT payload FROM case_units WHERE entry = $1
         ON CONFLICT (payload) DO NOTHING",
        "DELETE FROM case_units WHERE entry = $1",
    ] {
        db::query(statement).bind(entry.to_string()).execute(&mut **tx).await.map_err(down)?;
    }
    Ok(())
}

/// What an entry does beside being there: a closing tells detection of every
/// label, and taking the case up again takes that back; a case that is made void
/// lets its reports go.
pub(super) async fn follow(tx: &mut Tx, file: &CaseFile, entry: &Entry, by: &By) -> Read<()> {
    match &entry.fact {
        Fact::Closed { outcome, .. } => {
            let note = format!("{} {}", file.number, outcome.slug());
            for (_, unit) in file.units() {
                decide(tx, payload(unit)?, (outcome.finding(), &note), by).await?;
            }
            Ok(())
        }
        Fact::Reopened { .. } => take_back(tx, file, by).await,
        Fact::Voided { .. } => reports::unlink(tx, (file.id, &file.number), by).await,
        _ => Ok(()),
    }
}

async fn decide(
    tx: &mut Tx,
    payload: [u8; 12],
    (decision, note): (Decision, &str),
    by: &By,
) -> Read<()> {
    let (id, note) = (ids::new_id(by.at), note.to_owned());
    let (decided_by, decided_at) = (by.login.clone(), by.at);
    let record = DecisionRecord { id, payload, decision, note, decided_by, decided_at };
    cases::decide(tx, &record, by).await
}

/// A label is again what it was before the case was closed, unless somebody
/// decided on it since: as was decided before, or with its flag open.
async fn take_back(tx: &mut Tx, file: &CaseFile, by: &By) -> Read<()> {
    let closing = file.standing().rev().find(|entry| matches!(entry.fact, Fact::Closed { .. }));
    let Some(closing) = closing else { return Ok(()) };
    let note = format!("{} reopened", file.number);
    for (_, unit) in file.units() {
        let payload = payload(unit)?;
        let mut decided = cases::decided(&mut **tx, &payload).await?;
        let of_it = |d: &DecisionRecord| d.decided_at == closing.at && d.decided_by == closing.by;
        if !decided.pop().is_some_and(|last| of_it(&last)) {
            continue;
        }
        match decided.last() {
            Some(before) => decide(tx, payload, (before.decision, &note), by).await?,
            None => {
                decide(tx, payload, (Decision::CannotTell, &note), by).await?;
                cases::open_again(tx, &payload, by.at).await?;
                leads::mark_code(tx, &payload).await?;
            }
        }
    }
    Ok(())
}
