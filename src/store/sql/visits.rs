//! Records from the spot.

mod forget;
pub(super) mod join;

use super::db::{self, QueryBuilder, Row};
use std::collections::BTreeSet;

use async_trait::async_trait;
use uuid::Uuid;

use super::rows::{self, Read, get};
use super::{Ledger, Tx, audit, down, signed, unsigned};
use crate::auth::trail::Entry;
use crate::base::{By, LedgerError, UnixMs};
use crate::visits::port::{
    Coming, Forgotten, Joined, Refused, Taken, Told, VisitLedger, VisitLine,
};
use crate::visits::visit::{Arrival, Kept};
use crate::visits::{Fact, Record, Says, VISIT_RECORDS_MAX};

fn uuid(row: &Row, column: &str) -> Read<Uuid> {
    get::<String>(row, column)?.parse().map_err(|_| rows::bad(column))
}

fn says(row: &Row) -> Read<Option<Says>> {
    let text: Option<String> = get(row, "says")?;
    text.map(|text| serde_json::from_str(&text).map_err(|_| rows::bad("says"))).transpose()
}

pub(super) fn kept(row: &Row) -> Read<Kept> {
    Ok(Kept {
        seq: unsigned(get(row, "seq")?),
        record: serde_json::from_str(&get::<String>(row, "body")?)
            .map_err(|_| rows::bad("body"))?,
        hash: get::<Vec<u8>>(row, "hash")?.try_into().map_err(|_| rows::bad("hash"))?,
        arrival: Arrival {
            phone: uuid(row, "phone")?,
            recorded_by: get(row, "recorded_by")?,
            taken_in_by: get(row, "taken_in_by")?,
            sent_at: UnixMs(get(row, "sent_at")?),
            received_at: UnixMs(get(row, "received_at")?),
        },
        says: says(row)?,
    })
}

/// What is kept under the id of a record, if that is this very record.
async fn known(tx: &mut Tx, office: Uuid, new: &Coming) -> Read<Option<Taken>> {
    let row = db::query("SELECT office, hash, says FROM field_records WHERE id = $1")
        .bind(new.record.id.to_string())
        .fetch_optional(&mut **tx)
        .await
        .map_err(down)?;
    let Some(row) = row else { return Ok(None) };
    let same =
        get::<Vec<u8>>(&row, "hash")? == new.record.hash() && uuid(&row, "office")? == office;
    if !same {
        return Ok(Some(Taken::Refused(Refused::OtherContent)));
    }
    let joined = match case_of(&new.record) {
        Some(number) => Some(join::stands(tx, new.record.id, number).await?),
        None => None,
    };
    Ok(Some(Taken::Repeated(Told { says: says(&row)?, joined })))
}

/// Number of the case that a visit names.
fn case_of(record: &Record) -> Option<&str> {
    match &record.fact {
        Fact::Visit(opening) => opening.case.as_deref(),
        _ => None,
    }
}

/// Why a record cannot join the visit that it names.
async fn barred(tx: &mut Tx, office: Uuid, new: &Coming) -> Read<Option<Refused>> {
    // Only what begins a visit is there before it.
    if matches!(new.record.fact, Fact::Visit(_)) {
        return Ok(None);
    }
    let Some(visit) = new.record.visit() else { return Ok(None) };
    let records: i64 =
        db::query_scalar("SELECT COUNT(*) FROM field_records WHERE visit = $1 AND office = $2")
            .bind(visit.to_string())
            .bind(office.to_string())
            .fetch_one(&mut **tx)
            .await
            .map_err(down)?;
    Ok(match records {
        0 => Some(Refused::NoVisit),
        many if many >= i64::from(VISIT_RECORDS_MAX) => Some(Refused::Full),
        _ => None,
    })
}

async fn insert(tx: &mut Tx, office: Uuid, arrival: &Arrival, new: &Coming) -> Read<()> {
    let record = &new.record;
    let body = serde_json::to_string(record).map_err(|_| rows::bad("body"))?;
    let says = new.says.as_ref().map(|says| serde_json::json!(says).to_string());
    db::query(
        "INSERT INTO field_records (id, seq, office, visit, kind, hash, body, payload, phone,
         recorded_by, taken_in_by, made_at, sent_at, received_at, says, overtaken)
         VALUES ($1, (SELECT COALESCE(MAX(seq), 0) + 1 FROM field_records), $2, $3, $4, $5, $6, $7,
         $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(record.id.to_string())
    .bind(office.to_string())
    .bind(record.visit().map(|visit| visit.to_string()))
    .bind(record.fact.slug())
    .bind(record.hash().to_vec())
    .bind(body)
    .bind(new.payload.map(|payload| payload.to_vec()))
    .bind(arrival.phone.to_string())
    .bind(&arrival.recorded_by)
    .bind(&arrival.taken_in_by)
    .bind(record.made_at.0)
    .bind(arrival.sent_at.0)
    .bind(arrival.received_at.0)
    .bind(says)
    .bind(new.says.as_ref().is_some_and(|says| says.overtaken))
    .execute(&mut **tx)
    .await
    .map(drop)
    .map_err(down)
}

async fn take(tx: &mut Tx, office: Uuid, arrival: &Arrival, new: &Coming, by: &By) -> Read<Taken> {
    if let Some(known) = known(tx, office, new).await? {
        return Ok(known);
    }
    if let Some(why) = barred(tx, office, new).await? {
        return Ok(Taken::Refused(why));
    }
    insert(tx, office, arrival, new).await?;
    let joined = match case_of(&new.record) {
        Some(number) => Some(join::join(tx, office, new.record.id, number, by).await?),
        None => None,
    };
    Ok(Taken::Accepted(Told { says: new.says.clone(), joined }))
}

fn line(row: &Row) -> Read<VisitLine> {
    let count = |column| -> Read<u32> { Ok(u32::try_from(get::<i64>(row, column)?).unwrap_or(0)) };
    let cases: Option<String> = get(row, "cases")?;
    let cases = cases.iter().flat_map(|ids| ids.split(',')).map(str::parse);
    Ok(VisitLine {
        opening: kept(row)?,
        checks: count("checks")?,
        photos: count("photos")?,
        seals: count("seals")?,
        overtaken: count("overtakens")?,
        cases: cases.collect::<Result<_, _>>().map_err(|_| rows::bad("case_file"))?,
    })
}

fn all_of(rows: &[Row]) -> Read<Vec<Kept>> {
    if rows.is_empty() {
        return Err(LedgerError::NotFound("the visit".to_owned()));
    }
    rows.iter().map(kept).collect()
}

#[async_trait]
impl VisitLedger for Ledger {
    async fn take_records(
        &self,
        office: Uuid,
        arrival: &Arrival,
        coming: &[Coming],
        by: &By,
    ) -> Result<Vec<Taken>, LedgerError> {
        let mut tx = self.write().await?;
        let mut out = Vec::with_capacity(coming.len());
        for new in coming {
            out.push(take(&mut tx, office, arrival, new, by).await?);
        }
        let accepted = out.iter().filter(|taken| matches!(taken, Taken::Accepted(_))).count();
        if accepted > 0 {
            let entry = Entry {
                action: "visit.records",
                object: format!("phone {}", arrival.phone),
                enterprise: None,
                before: serde_json::Value::Null,
                after: serde_json::json!({"records": accepted, "recorded_by": arrival.recorded_by,
                    "phone_ahead_ms": arrival.ahead_ms()}),
            };
            audit::note(&mut tx, by, &entry).await?;
        }
        tx.commit().await.map_err(down)?;
        Ok(out)
    }

    async fn known_records(&self, ids: &[Uuid]) -> Result<BTreeSet<Uuid>, LedgerError> {
        let mut query = QueryBuilder::new("SELECT id FROM field_records WHERE id IN (");
        let mut each = query.separated(", ");
        for id in ids {
            each.push_bind(id.to_string());
        }
        query.push(")");
        let found = query.build().fetch_all(&self.reader).await.map_err(down)?;
        found.iter().map(rows::id).collect()
    }

    async fn visit_records(&self, office: Uuid, visit: Uuid) -> Result<Vec<Kept>, LedgerError> {
        let found =
            db::query("SELECT * FROM field_records WHERE visit = $1 AND office = $2 ORDER BY seq")
                .bind(visit.to_string())
                .bind(office.to_string())
                .fetch_all(&self.reader)
                .await
                .map_err(down)?;
        all_of(&found)
    }

    async fn any_visit(&self, visit: Uuid) -> Result<Vec<Kept>, LedgerError> {
        let found = db::query("SELECT * FROM field_records WHERE visit = $1 ORDER BY seq")
            .bind(visit.to_string())
            .fetch_all(&self.reader)
            .await
            .map_err(down)?;
        all_of(&found)
    }

    async fn field_visits(
        &self,
        office: Uuid,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<VisitLine>, LedgerError> {
        db::query(
            "SELECT v.*,
             (SELECT COUNT(*) FROM field_records r WHERE r.visit = v.id AND r.kind = 'check') AS checks,
             (SELECT COUNT(*) FROM field_records r WHERE r.visit = v.id AND r.kind = 'photo') AS photos,
             (SELECT COUNT(*) FROM field_records r WHERE r.visit = v.id AND r.kind = 'seal') AS seals,
             (SELECT COUNT(*) FROM field_records r WHERE r.visit = v.id AND r.overtaken) AS overtakens,
             (SELECT string_agg(c.case_file, ',') FROM visit_cases c WHERE c.visit = v.id) AS cases
             FROM field_records v WHERE v.office = $1 AND v.kind = 'visit' AND v.seq < $2
             ORDER BY v.seq DESC LIMIT $3",
        )
        .bind(office.to_string())
        .bind(before.map_or(i64::MAX, signed))
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(line)
        .collect()
    }

    async fn cases_of_visit(&self, visit: Uuid) -> Result<Vec<Uuid>, LedgerError> {
        db::query("SELECT case_file FROM visit_cases WHERE visit = $1 ORDER BY noted_at, case_file")
            .bind(visit.to_string())
            .fetch_all(&self.reader)
            .await
            .map_err(down)?
            .iter()
            .map(|row| uuid(row, "case_file"))
            .collect()
    }

    async fn join_case(
        &self,
        office: Uuid,
        visit: Uuid,
        number: &str,
        by: &By,
    ) -> Result<Joined, LedgerError> {
        let mut tx = self.write().await?;
        let joined = join::join(&mut tx, office, visit, number, by).await?;
        tx.commit().await.map_err(down)?;
        Ok(joined)
    }

    async fn forget_visits(
        &self,
        before: UnixMs,
        limit: u32,
        by: &By,
    ) -> Result<Forgotten, LedgerError> {
        forget::forget(self, before, limit, by).await
    }
}
