//! Case files: entries, and what is worked out from them.

use super::db::{self, QueryBuilder, Row};
use async_trait::async_trait;
use jiff::civil::Date;
use uuid::Uuid;

use super::hands::one_hand;
use super::rows::{self, Read, get};
use super::{
    Ledger, ROWS_AT_ONCE, Tx, accounts, audit, case_lists, case_moves, case_units, down, leads,
    signed, visits,
};
use crate::auth::office::Working;
use crate::auth::{Role, trail};
use crate::base::{By, FieldError, LedgerError, UnixMs, ids};
use crate::cases::CaseError;
use crate::cases::fact::{Entry, Fact};
use crate::cases::file::{CaseFile, FACTS_AT_ONCE_MAX, Refusal, admitted};
use crate::cases::port::{
    CaseLine, Counts, FileLedger, HandedOver, Mark, NewCase, Seen, Sight, SplitOff, Takes, Wanted,
};
use crate::cases::terms::{Calendar, Terms, due_on};

/// What is kept where no day is: behind all others.
pub(super) const NO_DAY: &str = "9999-12-31";

fn entry(row: &Row) -> Read<Entry> {
    let office: String = get(row, "office")?;
    Ok(Entry {
        id: rows::id(row)?,
        seq: u32::try_from(get::<i64>(row, "seq")?).map_err(|_| rows::bad("seq"))?,
        office: office.parse().map_err(|_| rows::bad("office"))?,
        at: UnixMs(get(row, "at")?),
        by: get(row, "by_login")?,
        key_by: get(row, "key_by")?,
        fact: serde_json::from_str(&get::<String>(row, "fact")?).map_err(|_| rows::bad("fact"))?,
    })
}

/// The case, as its entries have it.
pub(super) async fn read<'e>(on: impl db::On<'e>, id: Uuid) -> Read<Option<CaseFile>> {
    let found = db::query("SELECT * FROM case_entries WHERE case_id = $1 ORDER BY seq")
        .bind(id.to_string())
        .fetch_all(on)
        .await
        .map_err(down)?;
    let entries = found.iter().map(entry).collect::<Read<Vec<_>>>()?;
    Ok(CaseFile::of(id, entries))
}

pub(super) fn unknown(id: Uuid) -> LedgerError {
    LedgerError::NotFound(format!("case {id}"))
}

/// The case that an office has, if it stands as it was seen.
pub(super) async fn as_seen(tx: &mut Tx, seen: &Seen) -> Result<CaseFile, CaseError> {
    let file = read(&mut **tx, seen.case).await?.ok_or_else(|| unknown(seen.case))?;
    if file.office != seen.office {
        return Err(unknown(seen.case).into());
    }
    if file.seq() != seen.seq {
        let since = file.entries().iter().filter(|entry| entry.seq > seen.seq);
        return Err(CaseError::Stale(since.cloned().collect()));
    }
    Ok(file)
}

/// Days and terms, in one statement: whoever reads has one connection or a
/// transaction.
pub(super) async fn calendar<'e>(on: impl db::On<'e>) -> Read<Calendar> {
    let found = db::query(
        "SELECT t.*, d.day, d.worked FROM (SELECT 1 AS one) AS here
         LEFT JOIN case_terms t ON t.id = 1 LEFT JOIN calendar_days d ON 1 = 1",
    )
    .fetch_all(on)
    .await
    .map_err(down)?;
    let terms = found.first().map(terms).transpose()?.flatten().unwrap_or_default();
    let mut calendar = Calendar { terms, ..Calendar::default() };
    for row in &found {
        let Some(day) = get::<Option<String>>(row, "day")? else { continue };
        let day: Date = day.parse().map_err(|_| rows::bad("day"))?;
        let days =
            if get::<i64>(row, "worked")? == 0 { &mut calendar.off } else { &mut calendar.on };
        days.insert(day);
    }
    Ok(calendar)
}

/// What the county set; none where it left the law's.
fn terms(row: &Row) -> Read<Option<Terms>> {
    if get::<Option<i64>>(row, "id")?.is_none() {
        return Ok(None);
    }
    let days = |column| u32::try_from(get::<i64>(row, column)?).map_err(|_| rows::bad(column));
    Ok(Some(Terms {
        check_days: days("check_days")?,
        check_more: days("check_more")?,
        decide_days: days("decide_days")?,
        decide_more: days("decide_more")?,
    }))
}

/// The next number of an office.
pub(super) async fn next_number(tx: &mut Tx, office: Uuid, today: Date) -> Read<String> {
    let last: i64 = db::query_scalar(
        "INSERT INTO case_numbers (office, year, last) VALUES ($1, $2, 1)
         ON CONFLICT (office, year) DO UPDATE SET last = case_numbers.last + 1 RETURNING last",
    )
    .bind(office.to_string())
    .bind(i64::from(today.year()))
    .fetch_one(&mut **tx)
    .await
    .map_err(down)?;
    Ok(format!("{}-{last:06}", today.year()))
}

/// Facts as the entries that would follow `seq`.
pub(super) fn entries(facts: &[Fact], seq: u32, office: Uuid, by: &By) -> Vec<Entry> {
    let entry = |(seq, fact): (u32, &Fact)| Entry {
        id: ids::new_id(by.at),
        seq,
        office,
        at: by.at,
        by: by.login.clone(),
        key_by: by.key_by.clone(),
        fact: fact.clone(),
    };
    (seq + 1..).zip(facts).map(entry).collect()
}

/// Puts facts down behind the last entry of a case, with all that follows from
/// them but the trail's row.
pub(super) async fn put_down(
    tx: &mut Tx,
    file: &CaseFile,
    facts: &[Fact],
    by: &By,
) -> Result<CaseFile, CaseError> {
    let new = entries(facts, file.seq(), file.office, by);
    let next = admitted(file, new.clone(), by).map_err(|why| match why {
        Ok(refusal) => CaseError::Refused(refusal),
        Err(fault) => LedgerError::Invalid(vec![fault]).into(),
    })?;
    for entry in &new {
        check_assignee(tx, entry).await?;
        check_second(tx, file, entry, by).await?;
    }
    keep(tx, &next, &new).await?;
    for entry in &new {
        case_units::follow(tx, &next, entry, by).await?;
    }
    Ok(next)
}

/// Whoever closes a case is another person than who proposed it.
async fn check_second(
    tx: &mut Tx,
    file: &CaseFile,
    entry: &Entry,
    by: &By,
) -> Result<(), CaseError> {
    let (Fact::Closed { .. }, Some(asked)) = (&entry.fact, &file.proposal) else { return Ok(()) };
    match one_hand(tx, by, &asked.by, asked.key_by.as_deref()).await? {
        Some(_) => Err(Refusal::Own.into()),
        None => Ok(()),
    }
}

/// A case is given to somebody who works in the office that has it.
async fn check_assignee(tx: &mut Tx, entry: &Entry) -> Read<()> {
    let Fact::Assigned { to: Some(to) } = &entry.fact else { return Ok(()) };
    let account = match accounts::known(tx, to).await {
        Err(LedgerError::NotFound(_)) => None,
        found => Some(found?),
    };
    let works = account.is_some_and(|account| match account.role {
        Role::Officer { office, seat } => {
            account.disabled_at.is_none() && office == entry.office && seat.answers::<Working>()
        }
        _ => false,
    });
    if works {
        return Ok(());
    }
    let fault = FieldError::new("to", "does not work in this office", "choose one of the list");
    Err(LedgerError::Invalid(vec![fault]))
}

/// Keeps entries, labels and the head of a case as they are now.
async fn keep(tx: &mut Tx, file: &CaseFile, new: &[Entry]) -> Read<()> {
    for entries in new.chunks(ROWS_AT_ONCE) {
        let mut insert = QueryBuilder::new(
            "INSERT INTO case_entries (case_id, seq, id, office, at, by_login, key_by, kind, fact) ",
        );
        insert.push_values(entries, |mut row, entry| {
            row.push_bind(file.id.to_string())
                .push_bind(i64::from(entry.seq))
                .push_bind(entry.id.to_string())
                .push_bind(entry.office.to_string())
                .push_bind(entry.at.0)
                .push_bind(entry.by.clone())
                .push_bind(entry.key_by.clone())
                .push_bind(entry.fact.slug())
                .push_bind(serde_json::json!(entry.fact).to_string());
        });
        insert.build().execute(&mut **tx).await.map_err(down)?;
    }
    for entry in new {
        case_units::keep(tx, file.id, entry).await?;
        visits::join::keep(tx, file, entry).await?;
    }
    let calendar = calendar(&mut **tx).await?;
    head(tx, file, &calendar).await
}

/// Writes what lists and counts ask for.
pub(super) async fn head(tx: &mut Tx, file: &CaseFile, calendar: &Calendar) -> Read<()> {
    let due = due_on(file, calendar).map_or_else(|| NO_DAY.to_owned(), |day| day.to_string());
    let last = file.entries().last().map_or(file.opened_at, |entry| entry.at);
    db::query(
        "UPDATE case_files SET office = $1, number = $2, state = $3, assignee = $4, units = $5,
         hold = $6, outcome = $7, due_on = $8, waits = $9, seq = $10, updated_at = $11
         WHERE id = $12",
    )
    .bind(file.office.to_string())
    .bind(&file.number)
    .bind(file.state.slug())
    .bind(&file.assignee)
    .bind(signed(file.units().count() as u64))
    .bind(i64::from(file.hold))
    .bind(file.outcome.map(crate::cases::fact::Outcome::slug))
    .bind(due)
    .bind(i64::from(file.waits_for_answers()))
    .bind(i64::from(file.seq()))
    .bind(last.0)
    .bind(file.id.to_string())
    .execute(&mut **tx)
    .await
    .map(drop)
    .map_err(down)
}

/// Tells the trail what was put down: kinds, and a hash of the entries, so that
/// the trail's seal covers the case's words without holding them.
pub(super) async fn note(
    tx: &mut Tx,
    by: &By,
    action: &'static str,
    file: &CaseFile,
    since: u32,
) -> Read<()> {
    use sha2::{Digest, Sha256};
    let new: Vec<_> = file.entries().iter().filter(|entry| entry.seq > since).collect();
    let mut kinds: Vec<_> = new.iter().map(|entry| entry.fact.slug()).collect();
    kinds.dedup();
    let hash = Sha256::digest(serde_json::json!(new).to_string());
    let hash = crate::base::hex(&hash);
    let entry = trail::Entry {
        action,
        object: format!("case {}", file.id),
        enterprise: None,
        before: serde_json::Value::Null,
        after: serde_json::json!({"number": file.number, "seq": file.seq(),
            "kinds": kinds, "sha256": hash}),
    };
    audit::note(tx, by, &entry).await
}

/// Opens a case within a transaction; it is told of by whoever calls.
pub(super) async fn open(tx: &mut Tx, new: &NewCase, by: &By) -> Result<CaseFile, CaseError> {
    let number = next_number(tx, new.office, new.today).await?;
    let opened = Fact::Opened {
        number: number.clone(),
        title: new.title.trim().to_owned(),
        ground: new.ground,
        lead: new.lead,
        region: new.region,
        found_on: new.found_on,
    };
    opened.check().map_err(|fault| LedgerError::Invalid(vec![fault]))?;
    if new.found_on > new.today {
        let fault = FieldError::new("found_on", "is in the future", "give today or a day before");
        return Err(LedgerError::Invalid(vec![fault]).into());
    }
    let first = entries(&[opened], 0, new.office, by);
    let file = CaseFile::of(new.id, first.clone()).ok_or_else(|| rows::bad("entry"))?;
    db::query(
        "INSERT INTO case_files (id, office, number, title, state, region, lead, units, hold,
         due_on, waits, seq, opened_at, updated_at)
         VALUES ($1, $2, $3, $4, 'open', $5, $6, 0, 0, $7, 0, 0, $8, $8)",
    )
    .bind(new.id.to_string())
    .bind(new.office.to_string())
    .bind(number)
    .bind(&file.title)
    .bind(i64::from(new.region))
    .bind(new.lead.map(|id| id.to_string()))
    .bind(NO_DAY)
    .bind(by.at.0)
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    keep(tx, &file, &first).await?;
    if let Some(lead) = new.lead {
        leads::became_a_case(tx, lead, &file.number, by).await?;
    }
    if new.facts.is_empty() { Ok(file) } else { put_down(tx, &file, &new.facts, by).await }
}

fn few(facts: &[Fact]) -> Result<(), Refusal> {
    if facts.len() > FACTS_AT_ONCE_MAX { Err(Refusal::Full) } else { Ok(()) }
}

/// The case that the same form opened.
pub(super) async fn opened_before(tx: &mut Tx, new: &NewCase) -> Read<Option<CaseFile>> {
    let Some(old) = read(&mut **tx, new.id).await? else { return Ok(None) };
    if old.office == new.office && old.title == new.title.trim() {
        return Ok(Some(old));
    }
    let fault = FieldError::new("id", "is that of another case", "open the form anew");
    Err(LedgerError::Invalid(vec![fault]))
}

#[async_trait]
impl FileLedger for Ledger {
    async fn open_case(&self, new: &NewCase, by: &By) -> Result<CaseFile, CaseError> {
        few(&new.facts)?;
        let mut tx = self.write().await?;
        if let Some(old) = opened_before(&mut tx, new).await? {
            return Ok(old);
        }
        let file = open(&mut tx, new, by).await?;
        note(&mut tx, by, "case.open", &file, 0).await?;
        tx.commit().await.map_err(down)?;
        Ok(file)
    }

    async fn append(&self, seen: &Seen, facts: &[Fact], by: &By) -> Result<CaseFile, CaseError> {
        let mut tx = self.write().await?;
        let file = as_seen(&mut tx, seen).await?;
        if facts.iter().any(Fact::is_of_two) {
            return Err(Refusal::NotAlone.into());
        }
        few(facts)?;
        let next = put_down(&mut tx, &file, facts, by).await?;
        note(&mut tx, by, "case.append", &next, seen.seq).await?;
        tx.commit().await.map_err(down)?;
        Ok(next)
    }

    async fn take_report(
        &self,
        report: Uuid,
        into: &Takes,
        facts: &[Fact],
        by: &By,
    ) -> Result<CaseFile, CaseError> {
        few(facts)?;
        case_moves::take_report(self, report, (into, facts), by).await
    }

    async fn hand_case_over(
        &self,
        seen: &Seen,
        to: Uuid,
        grounds: &str,
        by: &By,
    ) -> Result<(), CaseError> {
        case_moves::hand_over(self, seen, (to, grounds), by).await
    }

    async fn merge_cases(
        &self,
        seen: &Seen,
        into: Uuid,
        grounds: &str,
        by: &By,
    ) -> Result<CaseFile, CaseError> {
        case_moves::merge(self, seen, (into, grounds), by).await
    }

    async fn split_case(
        &self,
        seen: &Seen,
        off: &SplitOff,
        by: &By,
    ) -> Result<CaseFile, CaseError> {
        case_moves::split(self, seen, off, by).await
    }

    async fn case_file(&self, office: Uuid, case: Uuid) -> Result<Sight, LedgerError> {
        let file = self.any_case(case).await?;
        if file.office == office {
            return Ok(Sight::Own(Box::new(file)));
        }
        case_lists::handed_over(self, office, case).await
    }

    async fn any_case(&self, case: Uuid) -> Result<CaseFile, LedgerError> {
        read(&self.reader, case).await?.ok_or_else(|| unknown(case))
    }

    async fn cases_of(
        &self,
        office: Uuid,
        payload: &[u8; 12],
    ) -> Result<Vec<CaseLine>, LedgerError> {
        case_lists::of_label(self, office, payload).await
    }

    async fn list_cases(
        &self,
        wanted: &Wanted,
        limit: u32,
    ) -> Result<(Vec<CaseLine>, Option<Mark>), LedgerError> {
        case_lists::list(self, wanted, limit).await
    }

    async fn count_cases(
        &self,
        office: Uuid,
        login: &str,
        today: Date,
    ) -> Result<Counts, LedgerError> {
        case_lists::count(self, office, login, today).await
    }

    async fn given_away(&self, office: Uuid, limit: u32) -> Result<Vec<HandedOver>, LedgerError> {
        case_lists::given_away(self, office, limit).await
    }

    async fn colleagues(&self, of: Uuid, limit: u32) -> Read<Vec<crate::cases::port::Colleague>> {
        case_lists::colleagues(self, of, limit).await
    }

    async fn calendar(&self) -> Result<Calendar, LedgerError> {
        calendar(&self.reader).await
    }

    async fn set_calendar(
        &self,
        year: i16,
        calendar: &Calendar,
        by: &By,
    ) -> Result<(), LedgerError> {
        case_moves::set_calendar(self, year, calendar, by).await
    }
}
