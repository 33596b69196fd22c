//! What changes more than one case: handing over, merging, splitting; and the
//! calendar, by which terms of all open ones are worked out anew.

use super::db;
use uuid::Uuid;

use super::case_files::{
    as_seen, calendar, head, next_number, note, open, opened_before, put_down, read, unknown,
};
use super::rows::Read;
use super::{Ledger, Tx, audit, blocks, down, offices, reports};
use crate::auth::trail;
use crate::base::{By, FieldError, LedgerError};
use crate::cases::CaseError;
use crate::cases::fact::{Fact, Ground};
use crate::cases::file::{CaseFile, Refusal};
use crate::cases::port::{NewCase, Seen, SplitOff, Takes};
use crate::cases::terms::{Calendar, Terms};

pub(super) async fn hand_over(
    ledger: &Ledger,
    seen: &Seen,
    (to, grounds): (Uuid, &str),
    by: &By,
) -> Result<(), CaseError> {
    let mut tx = ledger.write().await?;
    let file = as_seen(&mut tx, seen).await?;
    if to == file.office {
        return Err(Refusal::Already.into());
    }
    if offices::found(&mut tx, to).await?.is_none() {
        let fault = FieldError::new("to", "is not known", "choose one of the list");
        return Err(LedgerError::Invalid(vec![fault]).into());
    }
    let number = next_number(&mut tx, to, seen.today).await?;
    let grounds = grounds.trim().to_owned();
    db::query(
        "INSERT INTO case_transfers (case_id, office, number, to_office, by_login, at, grounds)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(file.id.to_string())
    .bind(file.office.to_string())
    .bind(&file.number)
    .bind(to.to_string())
    .bind(&by.login)
    .bind(by.at.0)
    .bind(&grounds)
    .execute(&mut *tx)
    .await
    .map_err(down)?;
    let was = file.number.clone();
    let fact = Fact::HandedOver { from: file.office, to, was, number, grounds };
    let next = put_down(&mut tx, &file, &[fact], by).await?;
    blocks::move_to(&mut tx, next.id, (next.id, to)).await?;
    reports::move_to(&mut tx, next.id, (next.id, &next.number)).await?;
    note(&mut tx, by, "case.hand_over", &next, seen.seq).await?;
    tx.commit().await.map_err(|error| down(error).into())
}

/// What the other case does not have yet of what this one is about.
fn taken_over(from: &CaseFile, to: &CaseFile) -> Vec<Fact> {
    let known: Vec<&Fact> = to.standing().map(|entry| &entry.fact).collect();
    let has_unit = |serial: &str| to.units().any(|(_, unit)| unit.serial == serial);
    let matters = from.standing().map(|entry| &entry.fact).filter(|fact| fact.is_matter());
    matters
        .filter(|fact| match fact {
            Fact::Unit(unit) => !has_unit(&unit.serial),
            fact => !known.contains(fact),
        })
        .cloned()
        .collect()
}

pub(super) async fn merge(
    ledger: &Ledger,
    seen: &Seen,
    (into, grounds): (Uuid, &str),
    by: &By,
) -> Result<CaseFile, CaseError> {
    let mut tx = ledger.write().await?;
    let from = as_seen(&mut tx, seen).await?;
    let target = read(&mut *tx, into).await?.filter(|file| file.office == seen.office);
    let target = target.ok_or_else(|| unknown(into))?;
    if target.id == from.id {
        return Err(Refusal::Already.into());
    }
    let (number, grounds) = (target.number.clone(), grounds.trim().to_owned());
    let merged = put_down(&mut tx, &from, &[Fact::Merged { into, number, grounds }], by).await?;
    let mut facts = vec![Fact::Joined { from: from.id, number: from.number.clone() }];
    facts.extend(taken_over(&from, &target));
    if from.hold && !target.hold {
        let grounds = from.number.clone();
        facts.push(Fact::Hold { on: true, grounds });
    }
    let joined = put_down(&mut tx, &target, &facts, by).await?;
    blocks::move_to(&mut tx, from.id, (joined.id, joined.office)).await?;
    reports::move_to(&mut tx, from.id, (joined.id, &joined.number)).await?;
    note(&mut tx, by, "case.merge", &merged, seen.seq).await?;
    note(&mut tx, by, "case.join", &joined, target.seq()).await?;
    tx.commit().await.map_err(down)?;
    Ok(joined)
}

/// The case in which a report is from now on: known, or opened for it. Whoever
/// calls tells of either.
async fn taker(tx: &mut Tx, into: &Takes, by: &By) -> Result<CaseFile, CaseError> {
    let new = match into {
        Takes::Known { office, case } => {
            let known = read(&mut **tx, *case).await?.filter(|file| file.office == *office);
            return Ok(known.ok_or_else(|| unknown(*case))?);
        }
        Takes::New(new) => new,
    };
    if let Some(old) = opened_before(tx, new).await? {
        return Ok(old);
    }
    let file = open(tx, new, by).await?;
    note(tx, by, "case.open", &file, 0).await?;
    Ok(file)
}

pub(super) async fn take_report(
    ledger: &Ledger,
    report: Uuid,
    (into, facts): (&Takes, &[Fact]),
    by: &By,
) -> Result<CaseFile, CaseError> {
    let mut tx = ledger.write().await?;
    let file = taker(&mut tx, into, by).await?;
    if !reports::link(&mut tx, report, (file.id, &file.number), by).await? {
        return Ok(file);
    }
    let known = |fact: &&Fact| match fact {
        Fact::Unit(unit) => file.units().any(|(_, one)| one.serial == unit.serial),
        _ => false,
    };
    let facts: Vec<Fact> = facts.iter().filter(|fact| !known(fact)).cloned().collect();
    let next = put_down(&mut tx, &file, &facts, by).await?;
    note(&mut tx, by, "case.append", &next, file.seq()).await?;
    tx.commit().await.map_err(down)?;
    Ok(next)
}

/// The labels that the entries put into the case.
fn labels(file: &CaseFile, entries: &[Uuid]) -> Result<Vec<Fact>, Refusal> {
    let unit = |id: &Uuid| file.units().find(|(entry, _)| entry.id == *id);
    let found = entries.iter().map(|id| unit(id).map(|(_, unit)| Fact::Unit(unit.clone())));
    let found: Vec<_> = found.collect::<Option<_>>().ok_or(Refusal::NoEntry)?;
    if found.is_empty() { Err(Refusal::NoEntry) } else { Ok(found) }
}

pub(super) async fn split(
    ledger: &Ledger,
    seen: &Seen,
    off: &SplitOff,
    by: &By,
) -> Result<CaseFile, CaseError> {
    let mut tx = ledger.write().await?;
    let file = as_seen(&mut tx, seen).await?;
    let mut facts = vec![Fact::SplitFrom { from: file.id, number: file.number.clone() }];
    facts.extend(labels(&file, &off.entries)?);
    if file.hold {
        facts.push(Fact::Hold { on: true, grounds: file.number.clone() });
    }
    let new = NewCase {
        id: off.id,
        office: file.office,
        title: off.title.clone(),
        ground: if file.lead.is_some() { Ground::Lead } else { file.ground },
        lead: file.lead,
        region: file.region,
        found_on: file.found_on,
        today: seen.today,
        facts,
    };
    let made = open(&mut tx, &new, by).await?;
    let (number, grounds) = (made.number.clone(), off.grounds.trim().to_owned());
    let mut left = vec![Fact::Split { off: made.id, number: number.clone(), grounds }];
    left.extend(off.entries.iter().map(|id| {
        let grounds = number.clone();
        Fact::Withdrawn { entry: *id, grounds }
    }));
    let next = put_down(&mut tx, &file, &left, by).await?;
    note(&mut tx, by, "case.split", &next, seen.seq).await?;
    note(&mut tx, by, "case.open", &made, 0).await?;
    tx.commit().await.map_err(down)?;
    Ok(made)
}

/// Cases whose terms are worked out at once.
const CASES_AT_ONCE: i64 = 500;

/// Works out anew by when something is due in every open case.
async fn due_anew(tx: &mut Tx) -> Read<()> {
    let (days, mut last) = (calendar(&mut **tx).await?, String::new());
    loop {
        let ids: Vec<String> = db::query_scalar(
            "SELECT id FROM case_files WHERE state IN ('open', 'closing') AND id > $1
             ORDER BY id LIMIT $2",
        )
        .bind(&last)
        .bind(CASES_AT_ONCE)
        .fetch_all(&mut **tx)
        .await
        .map_err(down)?;
        for id in &ids {
            let id = id.parse().map_err(|_| super::rows::bad("id"))?;
            if let Some(file) = read(&mut **tx, id).await? {
                head(tx, &file, &days).await?;
            }
        }
        let Some(id) = ids.last() else { return Ok(()) };
        last.clone_from(id);
    }
}

async fn set_terms(tx: &mut Tx, terms: &Terms) -> Read<()> {
    db::query(
        "INSERT INTO case_terms (id, check_days, check_more, decide_days, decide_more)
         VALUES (1, $1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET
         check_days = excluded.check_days, check_more = excluded.check_more,
         decide_days = excluded.decide_days, decide_more = excluded.decide_more",
    )
    .bind(i64::from(terms.check_days))
    .bind(i64::from(terms.check_more))
    .bind(i64::from(terms.decide_days))
    .bind(i64::from(terms.decide_more))
    .execute(&mut **tx)
    .await
    .map(drop)
    .map_err(down)
}

pub(super) async fn set_calendar(
    ledger: &Ledger,
    year: i16,
    new: &Calendar,
    by: &By,
) -> Result<(), LedgerError> {
    let mut tx = ledger.write().await?;
    db::query("DELETE FROM calendar_days WHERE day >= $1 AND day < $2")
        .bind(format!("{year:04}-01-01"))
        .bind(format!("{:04}-01-01", i32::from(year) + 1))
        .execute(&mut *tx)
        .await
        .map_err(down)?;
    let off = new.off.iter().map(|day| (day, 0_i64));
    for (day, worked) in off.chain(new.on.iter().map(|day| (day, 1))) {
        db::query("INSERT INTO calendar_days (day, worked) VALUES ($1, $2)")
            .bind(day.to_string())
            .bind(worked)
            .execute(&mut *tx)
            .await
            .map_err(down)?;
    }
    set_terms(&mut tx, &new.terms).await?;
    due_anew(&mut tx).await?;
    let entry = trail::Entry {
        action: "calendar.set",
        object: format!("calendar {year}"),
        enterprise: None,
        before: serde_json::Value::Null,
        after: serde_json::json!({"off": new.off, "worked": new.on, "terms": new.terms}),
    };
    audit::note(&mut tx, by, &entry).await?;
    tx.commit().await.map_err(down)
}
