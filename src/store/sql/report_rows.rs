//! From rows to reports; notes.

use super::db::{self, QueryBuilder, Row};
use super::rows::{self, Read, get};
use super::{Ledger, audit, down, media, unsigned};
use crate::auth::trail::Entry;
use crate::base::{By, UnixMs};
use crate::cases::file::State as CaseState;
use crate::reports::{CaseRef, CheckValue, ClosedAs, Number, Report, State, Wrong};
use crate::scan::{Place, Tag48};

pub(super) fn report_of(row: &Row) -> Read<Report> {
    let payload: Option<Vec<u8>> = get(row, "payload")?;
    let by = |who, at| -> Read<Option<(String, UnixMs)>> {
        let who: Option<String> = get(row, who)?;
        Ok(who.zip(get::<Option<i64>>(row, at)?.map(UnixMs)))
    };
    let case: Option<String> = get(row, "case_id")?;
    let case = case.map(|id| id.parse().map_err(|_| rows::bad("case_id"))).transpose()?;
    let number: Option<String> = get(row, "case_number")?;
    let closed: Option<String> = get(row, "closed_as")?;
    Ok(Report {
        id: rows::id(row)?,
        seq: unsigned(get(row, "seq")?),
        number: Number::parse(&get::<String>(row, "number")?).ok_or_else(|| rows::bad("number"))?,
        payload: payload.map(|p| p.try_into().map_err(|_| rows::bad("payload"))).transpose()?,
        outcome: get(row, "outcome")?,
        reason: get(row, "reason")?,
        wrong: get::<String>(row, "wrong")?.split(',').filter_map(Wrong::from_slug).collect(),
        note: get(row, "note")?,
        shop: get(row, "shop")?,
        place: get(row, "place")?,
        region: Place(u16::try_from(get::<i64>(row, "region")?).map_err(|_| rows::bad("region"))?),
        scan: Tag48::new(unsigned(get(row, "scan")?)),
        device: Tag48::new(unsigned(get(row, "device")?)),
        photos: Vec::new(),
        has_contact: get::<Option<Vec<u8>>>(row, "contact")?.is_some(),
        received_at: UnixMs(get(row, "received_at")?),
        looked: by("looked_by", "looked_at")?,
        case_over: get::<Option<String>>(row, "case_state")?
            .and_then(|slug| case_state(&slug))
            .is_some_and(|state| !state.is_open()),
        case: case.zip(number).map(|(id, number)| CaseRef { id, number }),
        closed: closed
            .and_then(|slug| ClosedAs::from_slug(&slug))
            .zip(by("closed_by", "closed_at")?)
            .map(|(how, (who, at))| (how, who, at)),
        told: by("told_by", "told_at")?,
    })
}

/// A case that went into another one goes on there.
fn case_state(slug: &str) -> Option<CaseState> {
    CaseState::from_slug(slug).filter(|state| *state != CaseState::Merged)
}

/// Puts to each report the photos that came with it.
pub(super) async fn with_photos(ledger: &Ledger, reports: &mut [Report]) -> Read<()> {
    if reports.is_empty() {
        return Ok(());
    }
    let mut query =
        QueryBuilder::new("SELECT report AS id, media FROM report_photos WHERE report IN (");
    let mut ids = query.separated(", ");
    for report in reports.iter() {
        ids.push_bind(report.id.to_string());
    }
    query.push(") ORDER BY report, position");
    for row in &query.build().fetch_all(&ledger.reader).await.map_err(down)? {
        let id = rows::id(row)?;
        if let Some(report) = reports.iter_mut().find(|report| report.id == id) {
            report.photos.push(media::hash(row, "media")?);
        }
    }
    Ok(())
}

pub(super) const fn in_state(state: State) -> &'static str {
    match state {
        State::Received => "r.closed_at IS NULL AND r.case_id IS NULL AND r.looked_at IS NULL",
        State::Looked => "r.closed_at IS NULL AND r.case_id IS NULL AND r.looked_at IS NOT NULL",
        State::InCase => "r.closed_at IS NULL AND c.state IN ('open', 'closing', 'merged')",
        State::Closed => "(r.closed_at IS NOT NULL OR c.state IN ('closed', 'void'))",
    }
}

/// Narrows a query to a prefecture, or to all of a province's. A report whose
/// place is not known is everybody's.
pub(super) fn within(query: &mut QueryBuilder, region: Option<Place>) {
    let Some(Place(code)) = region.filter(|region| *region != Place::UNKNOWN) else { return };
    let last = if code.is_multiple_of(100) { code + 99 } else { code };
    query.push(" AND (r.region = 0 OR r.region BETWEEN ").push_bind(i64::from(code));
    query.push(" AND ").push_bind(i64::from(last)).push(")");
}

/// How many are in each state.
pub(super) async fn counted(ledger: &Ledger, region: Option<Place>) -> Read<[u64; 4]> {
    let mut query = QueryBuilder::new("SELECT ");
    let mut sums = query.separated(", ");
    for state in State::ALL {
        sums.push("CAST(COALESCE(SUM(CASE WHEN ");
        sums.push_unseparated(in_state(state));
        sums.push_unseparated(" THEN 1 ELSE 0 END), 0) AS BIGINT)");
    }
    query.push(" FROM reports r LEFT JOIN case_files c ON c.id = r.case_id WHERE 1 = 1");
    within(&mut query, region);
    let row = query.build().fetch_one(&ledger.reader).await.map_err(down)?;
    let mut counts = [0; 4];
    for (n, count) in counts.iter_mut().enumerate() {
        *count = unsigned(row.try_get::<i64>(n).map_err(down)?);
    }
    Ok(counts)
}

pub(super) async fn keep_note(
    ledger: &Ledger,
    check: &CheckValue,
    content: &str,
    by: &By,
) -> Read<()> {
    let mut tx = ledger.write().await?;
    let kept = db::query(
        "INSERT INTO notes (check_value, content, made_at) VALUES ($1, $2, $3)
         ON CONFLICT (check_value) DO NOTHING",
    )
    .bind(check.plain())
    .bind(content)
    .bind(by.at.0)
    .execute(&mut *tx)
    .await
    .map_err(down)?;
    if kept.rows_affected() == 0 {
        return Ok(());
    }
    let entry = Entry {
        action: "note.make",
        object: format!("note {check}"),
        enterprise: None,
        before: serde_json::Value::Null,
        after: serde_json::Value::Null,
    };
    audit::note(&mut tx, by, &entry).await?;
    tx.commit().await.map_err(down)
}
