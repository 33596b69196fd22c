//! The list, narrowed and in order; counts of its parts; one lead.

use crate::store::sql::db::{self, QueryBuilder};
use uuid::Uuid;

use super::rows;
use crate::base::{LedgerError, UnixMs};
use crate::leads::desk::{Act, Counts, Lead, Mark, Tab, Wanted};
use crate::leads::port::{LEAD_CODES_MAX, LeadFile};
use crate::store::sql::rows::{Read, bad, get};
use crate::store::sql::{Ledger, down, signed, unsigned};

type Query = QueryBuilder;

/// Acts and sources of one lead that are read.
const SHOWN_MAX: i64 = 200;

/// At rest: `$` stands for today.
fn push_rests(query: &mut Query, wanted: &Wanted, rests: bool) {
    let today = wanted.today.to_string();
    if rests {
        query.push("l.snoozed_until >= ").push_bind(today);
    } else {
        query.push("(l.snoozed_until IS NULL OR l.snoozed_until < ").push_bind(today).push(")");
    }
}

fn push_late(query: &mut Query, wanted: &Wanted, late: bool) {
    let today = wanted.today.to_string();
    if late {
        query.push("l.due_on < ").push_bind(today);
    } else {
        query.push("(l.due_on IS NULL OR l.due_on >= ").push_bind(today).push(")");
    }
}

fn push_tab(query: &mut Query, wanted: &Wanted) {
    let awake = |query: &mut Query| {
        query.push(" AND ");
        push_rests(query, wanted, false);
    };
    let in_time = |query: &mut Query| {
        query.push(" AND ");
        push_late(query, wanted, false);
    };
    match wanted.tab {
        Tab::Done => {}
        Tab::Todo => awake(query),
        Tab::Snoozed => {
            query.push(" AND ");
            push_rests(query, wanted, true);
        }
        Tab::Overdue => {
            awake(query);
            query.push(" AND ");
            push_late(query, wanted, true);
        }
        Tab::Open | Tab::Mine | Tab::Others => {
            awake(query);
            in_time(query);
            match wanted.tab {
                Tab::Open => query.push(" AND l.assigned_to IS NULL"),
                Tab::Mine => query.push(" AND l.assigned_to = ").push_bind(wanted.login.clone()),
                _ => query.push(" AND l.assigned_to <> ").push_bind(wanted.login.clone()),
            };
        }
    }
}

fn push_narrowed(query: &mut Query, wanted: &Wanted) {
    if let Some(kind) = wanted.kind {
        query.push(" AND l.kind = ").push_bind(kind.slug());
    }
    if let Some(enterprise) = &wanted.enterprise {
        query.push(" AND l.enterprise = ").push_bind(enterprise.as_str().to_owned());
    }
    if let Some(product) = &wanted.product {
        query.push(" AND l.gtin = ").push_bind(product.as_str().to_owned());
    }
}

fn state(tab: Tab) -> &'static str {
    if tab == Tab::Done { "done" } else { "open" }
}

/// Where a list by place is read from, the places' own order is that of the list.
fn push_from(query: &mut Query, wanted: &Wanted, state: &'static str) {
    match wanted.place {
        Some(place) => {
            query.push(" FROM lead_places p JOIN leads l ON l.id = p.lead WHERE p.place = ");
            query.push_bind(i64::from(place)).push(" AND p.state = ").push_bind(state);
        }
        None => {
            query.push(" FROM leads l WHERE l.state = ").push_bind(state);
        }
    }
}

pub(super) fn statement(wanted: &Wanted, limit: u32) -> Query {
    let mut query = Query::new("SELECT l.*");
    push_from(&mut query, wanted, state(wanted.tab));
    push_narrowed(&mut query, wanted);
    push_tab(&mut query, wanted);
    // What is done stands in the order in which it was; without a place.
    let (by, id) = match (wanted.place, wanted.tab) {
        (Some(_), _) => ("p.score", "p.lead"),
        (None, Tab::Done) => ("l.closed_at", "l.id"),
        (None, _) => ("l.score", "l.id"),
    };
    if let Some(Mark(value, lead)) = &wanted.after {
        query.push(" AND (").push(by).push(", ").push(id).push(") < (").push_bind(*value);
        query.push(", ").push_bind(lead.to_string()).push(")");
    }
    query.push(" ORDER BY ").push(by).push(" DESC, ").push(id).push(" DESC LIMIT ");
    query.push_bind(i64::from(limit));
    query
}

pub(super) async fn page(
    ledger: &Ledger,
    wanted: &Wanted,
    limit: u32,
) -> Read<(Vec<Lead>, Option<Mark>)> {
    // One more tells whether any follows.
    let mut query = statement(wanted, limit.saturating_add(1));
    let found = query.build().fetch_all(&ledger.reader).await.map_err(down)?;
    let mut leads = found.iter().map(rows::lead).collect::<Read<Vec<_>>>()?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = leads.len() > limit;
    leads.truncate(limit);
    let by_time = wanted.tab == Tab::Done && wanted.place.is_none();
    let value =
        |lead: &Lead| if by_time { lead.closed_at.map_or(0, |at| at.0) } else { lead.score };
    let next = leads.last().filter(|_| more).map(|lead| Mark(value(lead), lead.id));
    Ok((leads, next))
}

pub(super) fn counting(wanted: &Wanted) -> Query {
    let mut query = Query::new("SELECT CASE WHEN ");
    push_rests(&mut query, wanted, true);
    query.push(" THEN 'snoozed' WHEN ");
    push_late(&mut query, wanted, true);
    query.push(" THEN 'overdue' WHEN l.assigned_to IS NULL THEN 'open' WHEN l.assigned_to = ");
    query
        .push_bind(wanted.login.clone())
        .push(" THEN 'mine' ELSE 'others' END AS part, COUNT(*) AS leads");
    push_from(&mut query, wanted, "open");
    push_narrowed(&mut query, wanted);
    query.push(" GROUP BY 1");
    query
}

pub(super) async fn counts(ledger: &Ledger, wanted: &Wanted) -> Read<Counts> {
    let mut out = Counts::default();
    for row in &counting(wanted).build().fetch_all(&ledger.reader).await.map_err(down)? {
        let leads = unsigned(get(row, "leads")?);
        match get::<String>(row, "part")?.as_str() {
            "snoozed" => out.snoozed = leads,
            "overdue" => out.overdue = leads,
            "open" => out.open = leads,
            "mine" => out.mine = leads,
            _ => out.others = leads,
        }
    }
    let mut done = Query::new("SELECT COUNT(*)");
    push_from(&mut done, wanted, "done");
    push_narrowed(&mut done, wanted);
    let done: i64 = done.build_query_scalar().fetch_one(&ledger.reader).await.map_err(down)?;
    Ok(Counts { done: unsigned(done), ..out })
}

pub(super) async fn of_code(ledger: &Ledger, payload: &[u8; 12]) -> Read<Vec<Uuid>> {
    let leads: Vec<String> = db::query_scalar("SELECT lead FROM lead_codes WHERE payload = $1")
        .bind(payload.to_vec())
        .fetch_all(&ledger.reader)
        .await
        .map_err(down)?;
    leads.iter().map(|id| id.parse().map_err(|_| bad("lead"))).collect()
}

pub(super) async fn file(ledger: &Ledger, id: Uuid) -> Read<LeadFile> {
    let text = id.to_string();
    let found = db::query("SELECT * FROM leads WHERE id = $1")
        .bind(&text)
        .fetch_optional(&ledger.reader)
        .await
        .map_err(down)?;
    let found = found.ok_or_else(|| LedgerError::NotFound(format!("lead {id}")))?;
    let all = async |sql: &'static str, limit: i64| {
        db::query(sql).bind(&text).bind(limit).fetch_all(&ledger.reader).await.map_err(down)
    };
    let codes = all(
        "SELECT * FROM lead_codes WHERE lead = $1 ORDER BY left_at IS NOT NULL, risk DESC, payload LIMIT $2",
        signed(LEAD_CODES_MAX),
    )
    .await?;
    let sources = all(
        "SELECT * FROM lead_sources WHERE lead = $1 ORDER BY told_at DESC, id LIMIT $2",
        SHOWN_MAX,
    )
    .await?;
    let acts = all(
        "SELECT * FROM lead_acts WHERE lead = $1 ORDER BY at DESC, id DESC LIMIT $2",
        SHOWN_MAX,
    )
    .await?;
    let cases = all(
        "SELECT id, office, number FROM case_files WHERE lead = $1 ORDER BY opened_at DESC LIMIT $2",
        SHOWN_MAX,
    )
    .await?;
    Ok(LeadFile {
        lead: rows::lead(&found)?,
        codes: codes.iter().map(rows::code).collect::<Read<_>>()?,
        sources: sources.iter().map(rows::source).collect::<Read<_>>()?,
        acts: acts
            .iter()
            .map(|row| {
                Ok(Act {
                    at: UnixMs(get(row, "at")?),
                    by: get(row, "by")?,
                    act: get(row, "act")?,
                    says: get(row, "says")?,
                })
            })
            .collect::<Read<_>>()?,
        cases: cases
            .iter()
            .map(|row| {
                let uuid = |column| -> Read<Uuid> {
                    get::<String>(row, column)?.parse().map_err(|_| bad(column))
                };
                Ok((uuid("id")?, uuid("office")?, get(row, "number")?))
            })
            .collect::<Read<_>>()?,
    })
}
