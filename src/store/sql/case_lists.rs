//! Lists and counts of cases.

use super::db::{self, QueryBuilder, Row};
use jiff::civil::Date;
use uuid::Uuid;

use super::case_files::{NO_DAY, unknown};
use super::lists::pattern;
use super::rows::{self, Read, get};
use super::{Ledger, down, unsigned};
use crate::auth::office::{Call, Working};
use crate::base::UnixMs;
use crate::cases::fact::Outcome;
use crate::cases::file::State;
use crate::cases::port::{CaseLine, Colleague, Counts, HandedOver, Mark, Sight, Wanted};

/// Cases of one label that are told of.
const OF_A_LABEL_MAX: i64 = 50;

fn uuid(row: &Row, column: &str) -> Read<Uuid> {
    get::<String>(row, column)?.parse().map_err(|_| rows::bad(column))
}

fn day(row: &Row) -> Read<Option<Date>> {
    let text: String = get(row, "due_on")?;
    let day = (text != NO_DAY).then(|| text.parse().map_err(|_| rows::bad("due_on")));
    day.transpose()
}

pub(super) fn line(row: &Row) -> Read<CaseLine> {
    let outcome: Option<String> = get(row, "outcome")?;
    Ok(CaseLine {
        id: rows::id(row)?,
        office: uuid(row, "office")?,
        number: get(row, "number")?,
        title: get(row, "title")?,
        state: State::from_slug(&get::<String>(row, "state")?).ok_or_else(|| rows::bad("state"))?,
        assignee: get(row, "assignee")?,
        region: u16::try_from(get::<i64>(row, "region")?).map_err(|_| rows::bad("region"))?,
        units: unsigned(get(row, "units")?),
        hold: get::<i64>(row, "hold")? != 0,
        outcome: outcome.and_then(|slug| Outcome::from_slug(&slug)),
        due_on: day(row)?,
        waits: get::<i64>(row, "waits")? != 0,
        opened_at: UnixMs(get(row, "opened_at")?),
        updated_at: UnixMs(get(row, "updated_at")?),
    })
}

pub(super) async fn of_label(
    ledger: &Ledger,
    office: Uuid,
    payload: &[u8; 12],
) -> Read<Vec<CaseLine>> {
    db::query(
        "SELECT f.* FROM case_units u JOIN case_files f ON f.id = u.case_id
         WHERE u.payload = $1 AND f.office = $2 ORDER BY f.opened_at DESC, f.id LIMIT $3",
    )
    .bind(payload.to_vec())
    .bind(office.to_string())
    .bind(OF_A_LABEL_MAX)
    .fetch_all(&ledger.reader)
    .await
    .map_err(down)?
    .iter()
    .map(line)
    .collect()
}

/// The narrowing of a query that has begun with `WHERE office =`.
fn narrow(query: &mut QueryBuilder, wanted: &Wanted) {
    for (n, state) in wanted.states.iter().enumerate() {
        query.push(if n == 0 { " AND state IN (" } else { ", " }).push_bind(state.slug());
    }
    if !wanted.states.is_empty() {
        query.push(")");
    }
    if let Some(login) = &wanted.assignee {
        query.push(" AND assignee = ").push_bind(login.clone());
    }
    if wanted.unassigned {
        query.push(" AND assignee IS NULL");
    }
    if let Some(day) = wanted.due_before {
        query.push(" AND due_on < ").push_bind(day.to_string());
    }
    if !wanted.find.is_empty() {
        let pattern = pattern(&wanted.find);
        query.push(" AND (LOWER(number) LIKE ").push_bind(pattern.clone());
        query.push(" ESCAPE '\\' OR LOWER(title) LIKE ").push_bind(pattern);
        query.push(" ESCAPE '\\' OR id IN (SELECT case_id FROM case_units WHERE serial = ");
        query.push_bind(wanted.find.to_uppercase()).push("))");
    }
    if let Some(Mark { due_on, id }) = &wanted.after {
        let day = due_on.map_or_else(|| NO_DAY.to_owned(), |day| day.to_string());
        query.push(" AND (due_on, id) > (").push_bind(day);
        query.push(", ").push_bind(id.to_string()).push(")");
    }
}

pub(super) async fn list(
    ledger: &Ledger,
    wanted: &Wanted,
    limit: u32,
) -> Read<(Vec<CaseLine>, Option<Mark>)> {
    let mut query = QueryBuilder::new("SELECT * FROM case_files WHERE office = ");
    query.push_bind(wanted.office.to_string());
    narrow(&mut query, wanted);
    // One more tells whether any follows.
    query.push(" ORDER BY due_on, id LIMIT ").push_bind(i64::from(limit) + 1);
    let found = query.build().fetch_all(&ledger.reader).await.map_err(down)?;
    let mut lines = found.iter().map(line).collect::<Read<Vec<_>>>()?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = lines.len() > most;
    lines.truncate(most);
    let last = lines.last().filter(|_| more);
    let mark = last.map(|line| Mark { due_on: line.due_on, id: line.id });
    Ok((lines, mark))
}

pub(super) async fn count(ledger: &Ledger, office: Uuid, login: &str, today: Date) -> Read<Counts> {
    let row = db::query(
        "SELECT COUNT(CASE WHEN live AND assignee = $2 THEN 1 END) AS mine,
         COUNT(CASE WHEN live THEN 1 END) AS open,
         COUNT(CASE WHEN live AND assignee IS NULL THEN 1 END) AS unassigned,
         COUNT(CASE WHEN live AND due_on < $3 THEN 1 END) AS overdue,
         COUNT(CASE WHEN state = 'closing' THEN 1 END) AS closing,
         COUNT(CASE WHEN state = 'closed' THEN 1 END) AS closed
         FROM (SELECT state, assignee, due_on, state IN ('open', 'closing') AS live
               FROM case_files WHERE office = $1) AS f",
    )
    .bind(office.to_string())
    .bind(login)
    .bind(today.to_string())
    .fetch_one(&ledger.reader)
    .await
    .map_err(down)?;
    let count = |column| get::<i64>(&row, column).map(unsigned);
    Ok(Counts {
        mine: count("mine")?,
        open: count("open")?,
        unassigned: count("unassigned")?,
        overdue: count("overdue")?,
        closing: count("closing")?,
        closed: count("closed")?,
    })
}

fn transfer(row: &Row) -> Read<HandedOver> {
    Ok(HandedOver {
        case: uuid(row, "case_id")?,
        number: get(row, "number")?,
        to: uuid(row, "to_office")?,
        by: get(row, "by_login")?,
        at: UnixMs(get(row, "at")?),
        grounds: get(row, "grounds")?,
    })
}

/// What is left to an office of a case that it gave away.
pub(super) async fn handed_over(ledger: &Ledger, office: Uuid, case: Uuid) -> Read<Sight> {
    let row = db::query(
        "SELECT * FROM case_transfers WHERE case_id = $1 AND office = $2 ORDER BY at DESC LIMIT 1",
    )
    .bind(case.to_string())
    .bind(office.to_string())
    .fetch_optional(&ledger.reader)
    .await
    .map_err(down)?
    .ok_or_else(|| unknown(case))?;
    transfer(&row).map(Sight::HandedOver)
}

/// Cases that an office gave away, latest first.
pub(super) async fn given_away(ledger: &Ledger, office: Uuid, limit: u32) -> Read<Vec<HandedOver>> {
    db::query("SELECT * FROM case_transfers WHERE office = $1 ORDER BY at DESC LIMIT $2")
        .bind(office.to_string())
        .bind(i64::from(limit))
        .fetch_all(&ledger.reader)
        .await
        .map_err(down)?
        .iter()
        .map(transfer)
        .collect()
}

pub(super) async fn colleagues(ledger: &Ledger, office: Uuid, limit: u32) -> Read<Vec<Colleague>> {
    let mut query = QueryBuilder::new("SELECT login, name FROM accounts WHERE office = ");
    query.push_bind(office.to_string());
    query.push(" AND role = 'officer' AND disabled_at IS NULL AND duties IN (");
    let mut seats = query.separated(", ");
    for seat in Working::SEATS {
        seats.push_bind(seat.slug());
    }
    query.push(") ORDER BY login LIMIT ").push_bind(i64::from(limit));
    let found = query.build().fetch_all(&ledger.reader).await.map_err(down)?;
    let colleague = |row: &Row| -> Read<Colleague> {
        Ok(Colleague { login: get(row, "login")?, name: get(row, "name")? })
    };
    found.iter().map(colleague).collect()
}
