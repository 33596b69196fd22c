//! Reports by buyers: taking them in, reading them, what officers do with them.

use super::db::{self, QueryBuilder, Row};
use async_trait::async_trait;
use uuid::Uuid;

use super::report_clock;
use super::report_rows::{self, report_of};
use super::rows::{self, Read, get};
use super::{Ledger, Tx, audit, down, media, signed};
use crate::auth::trail::Entry;
use crate::base::{By, LedgerError};
use crate::media::Sha256Hex;
use crate::reports::port::{Added, Full, Held, ReportLedger, Wanted};
use crate::reports::retention::{Erased, Pass};
use crate::reports::{
    CheckValue, ClosedAs, NewReport, Number, REPORTS_OF_CODE_A_DAY_MAX,
    REPORTS_OF_DEVICE_A_DAY_MAX, REPORTS_OF_NO_CODE_A_DAY_MAX, REPORTS_WAITING_MAX, Report, Wrong,
};
use crate::scan::{Place, Tag48};

const DAY_MS: i64 = 86_400_000;

/// Who reports is told of nowhere in the trail, only that somebody did.
fn entry<'a>(action: &'static str, id: Uuid, after: serde_json::Value) -> Entry<'a> {
    let object = format!("report {id}");
    Entry { action, object, enterprise: None, before: serde_json::Value::Null, after }
}

/// The bound that one more report would break.
async fn full(tx: &mut Tx, report: &NewReport) -> Read<Option<Full>> {
    let since = report.received_at.0 - DAY_MS;
    let ticket = &report.ticket;
    let (of_code, most) = match &ticket.payload {
        Some(payload) => (
            db::query_scalar::<i64>(
                "SELECT COUNT(*) FROM reports WHERE received_at > $1 AND payload = $2",
            )
            .bind(since)
            .bind(payload.to_vec()),
            REPORTS_OF_CODE_A_DAY_MAX,
        ),
        None => (
            db::query_scalar::<i64>(
                "SELECT COUNT(*) FROM reports WHERE received_at > $1 AND payload IS NULL",
            )
            .bind(since),
            REPORTS_OF_NO_CODE_A_DAY_MAX,
        ),
    };
    let of_code = of_code.fetch_one(&mut **tx).await.map_err(down)?;
    if of_code >= i64::from(most) {
        return Ok(Some(Full::Code));
    }
    let of_device: i64 =
        db::query_scalar("SELECT COUNT(*) FROM reports WHERE device = $1 AND received_at > $2")
            .bind(signed(ticket.device))
            .bind(since)
            .fetch_one(&mut **tx)
            .await
            .map_err(down)?;
    if of_device >= i64::from(REPORTS_OF_DEVICE_A_DAY_MAX) {
        return Ok(Some(Full::Device));
    }
    let waiting: i64 = db::query_scalar(
        "SELECT COUNT(*) FROM reports WHERE closed_at IS NULL AND looked_at IS NULL",
    )
    .fetch_one(&mut **tx)
    .await
    .map_err(down)?;
    Ok((waiting >= i64::from(REPORTS_WAITING_MAX)).then_some(Full::Queue))
}

async fn insert(tx: &mut Tx, r: &NewReport) -> Read<()> {
    let wrong: Vec<_> = r.wrong.iter().map(|wrong| wrong.slug()).collect();
    let ticket = &r.ticket;
    db::query(
        "INSERT INTO reports (id, seq, number, payload, outcome, reason, wrong, note, shop, place,
         region, scan, device, network, contact, received_at)
         VALUES ($1, (SELECT COALESCE(MAX(seq), 0) + 1 FROM reports), $2, $3, $4, $5, $6, $7, $8,
         $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(r.id.to_string())
    .bind(r.number.plain())
    .bind(ticket.payload.map(|payload| payload.to_vec()))
    .bind(&ticket.outcome)
    .bind(&ticket.reason)
    .bind(wrong.join(","))
    .bind(&r.note)
    .bind(&r.shop)
    .bind(&r.place)
    .bind(i64::from(r.region.0))
    .bind(signed(ticket.scan))
    .bind(signed(ticket.device))
    .bind(i64::from(ticket.network))
    .bind(&r.contact)
    .bind(r.received_at.0)
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    for (position, photo) in (1_i64..).zip(&r.photos) {
        media::add(tx, photo).await?;
        db::query("INSERT INTO report_photos (report, position, media) VALUES ($1, $2, $3)")
            .bind(r.id.to_string())
            .bind(position)
            .bind(photo.original.bytes().to_vec())
            .execute(&mut **tx)
            .await
            .map_err(down)?;
    }
    Ok(())
}

async fn add(ledger: &Ledger, report: &NewReport, by: &By) -> Read<Added> {
    let mut tx = ledger.write().await?;
    let before: Option<String> = db::query_scalar("SELECT number FROM reports WHERE scan = $1")
        .bind(signed(report.ticket.scan))
        .fetch_optional(&mut *tx)
        .await
        .map_err(down)?;
    if let Some(number) = before.as_deref().and_then(Number::parse) {
        return Ok(Added::Before(number));
    }
    if let Some(full) = full(&mut tx, report).await? {
        return Ok(Added::Full(full));
    }
    insert(&mut tx, report).await?;
    let wrong: Vec<_> = report.wrong.iter().copied().map(Wrong::slug).collect();
    let after = serde_json::json!({"wrong": wrong, "photos": report.photos.len(),
        "contact": report.contact.is_some()});
    audit::note(&mut tx, by, &entry("report.receive", report.id, after)).await?;
    tx.commit().await.map_err(down)?;
    Ok(Added::New)
}

/// One report within a write; `NotFound` where there is none.
async fn standing(tx: &mut Tx, id: Uuid) -> Read<Row> {
    db::query("SELECT * FROM reports WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(&mut **tx)
        .await
        .map_err(down)?
        .ok_or_else(|| LedgerError::NotFound("this report".to_owned()))
}

const LOOKED: &str =
    "UPDATE reports SET looked_by = $1, looked_at = $2 WHERE id = $3 AND looked_at IS NULL";
const TOLD: &str =
    "UPDATE reports SET told_by = $1, told_at = $2 WHERE id = $3 AND told_at IS NULL";

/// Puts who and when where nobody stands yet; false where somebody did.
async fn stamp(
    ledger: &Ledger,
    id: Uuid,
    (sql, action): (&'static str, &'static str),
    by: &By,
) -> Read<bool> {
    let mut tx = ledger.write().await?;
    standing(&mut tx, id).await?;
    let stamped = db::query(sql)
        .bind(&by.login)
        .bind(by.at.0)
        .bind(id.to_string())
        .execute(&mut *tx)
        .await
        .map_err(down)?;
    if stamped.rows_affected() == 0 {
        return Ok(false);
    }
    audit::note(&mut tx, by, &entry(action, id, serde_json::Value::Null)).await?;
    tx.commit().await.map_err(down)?;
    Ok(true)
}

/// Makes a report part of a case, within the transaction that puts down there what
/// it says. False where it is part of that case already.
///
/// # Errors
/// `Conflict` for one that is closed, or part of another case.
pub(super) async fn link(
    tx: &mut Tx,
    id: Uuid,
    (case, number): (Uuid, &str),
    by: &By,
) -> Read<bool> {
    let row = standing(tx, id).await?;
    let before: Option<String> = get(&row, "case_id")?;
    if before.as_deref() == Some(&case.to_string()) {
        return Ok(false);
    }
    let closed: Option<i64> = get(&row, "closed_at")?;
    if before.is_some() || closed.is_some() {
        let why = if closed.is_some() { "is closed" } else { "is part of another case" };
        return Err(LedgerError::Conflict(format!("this report {why}")));
    }
    db::query(
        "UPDATE reports SET case_id = $1, case_number = $2, looked_by = COALESCE(looked_by, $3),
         looked_at = COALESCE(looked_at, $4) WHERE id = $5",
    )
    .bind(case.to_string())
    .bind(number)
    .bind(&by.login)
    .bind(by.at.0)
    .bind(id.to_string())
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    // What a case has is evidence, whatever becomes of the report.
    db::query(
        "UPDATE media SET purpose = 'case' WHERE purpose = 'report' AND original IN
         (SELECT media FROM report_photos WHERE report = $1)",
    )
    .bind(id.to_string())
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    let after = serde_json::json!({"case": number});
    audit::note(tx, by, &entry("report.link", id, after)).await?;
    Ok(true)
}

/// Reports of a case are of the case in which it goes on, under the number that it
/// has there.
pub(super) async fn move_to(tx: &mut Tx, case: Uuid, (to, number): (Uuid, &str)) -> Read<()> {
    db::query("UPDATE reports SET case_id = $1, case_number = $2 WHERE case_id = $3")
        .bind(to.to_string())
        .bind(number)
        .bind(case.to_string())
        .execute(&mut **tx)
        .await
        .map(drop)
        .map_err(down)
}

/// Reports of a case that is made void are part of none, and wait again for whoever
/// looks into them.
pub(super) async fn unlink(tx: &mut Tx, (case, number): (Uuid, &str), by: &By) -> Read<()> {
    let freed = db::query(
        "UPDATE reports SET case_id = NULL, case_number = NULL WHERE case_id = $1 RETURNING id",
    )
    .bind(case.to_string())
    .fetch_all(&mut **tx)
    .await
    .map_err(down)?;
    for row in &freed {
        let after = serde_json::json!({"case": number});
        audit::note(tx, by, &entry("report.unlink", rows::id(row)?, after)).await?;
    }
    Ok(())
}

async fn close(ledger: &Ledger, id: Uuid, how: ClosedAs, by: &By) -> Read<()> {
    let mut tx = ledger.write().await?;
    let row = standing(&mut tx, id).await?;
    if get::<Option<i64>>(&row, "closed_at")?.is_some() {
        return Err(LedgerError::Conflict("this report is closed".to_owned()));
    }
    if get::<Option<String>>(&row, "case_id")?.is_some() {
        let why = "this report is part of a case, and closed with it";
        return Err(LedgerError::Conflict(why.to_owned()));
    }
    db::query(
        "UPDATE reports SET closed_as = $1, closed_by = $2, closed_at = $3,
         looked_by = COALESCE(looked_by, $2), looked_at = COALESCE(looked_at, $3) WHERE id = $4",
    )
    .bind(how.slug())
    .bind(&by.login)
    .bind(by.at.0)
    .bind(id.to_string())
    .execute(&mut *tx)
    .await
    .map_err(down)?;
    let after = serde_json::json!({"as": how.slug()});
    audit::note(&mut tx, by, &entry("report.close", id, after)).await?;
    tx.commit().await.map_err(down)
}

/// The look is in the trail before it is given.
async fn contact(ledger: &Ledger, id: Uuid, by: &By) -> Read<Option<Vec<u8>>> {
    let mut tx = ledger.write().await?;
    let row = standing(&mut tx, id).await?;
    let case: Option<String> = get(&row, "case_number")?;
    let sealed: Option<Vec<u8>> = get(&row, "contact")?;
    let (Some(case), Some(sealed)) = (case, sealed) else { return Ok(None) };
    let after = serde_json::json!({"case": case});
    audit::note(&mut tx, by, &entry("report.contact", id, after)).await?;
    tx.commit().await.map_err(down)?;
    Ok(Some(sealed))
}

/// Reports, each with how its case stands.
fn found() -> QueryBuilder {
    QueryBuilder::new(
        "SELECT r.*, c.state AS case_state FROM reports r
         LEFT JOIN case_files c ON c.id = r.case_id WHERE ",
    )
}

async fn listed(ledger: &Ledger, query: &mut QueryBuilder) -> Read<Vec<Report>> {
    let rows = query.build().fetch_all(&ledger.reader).await.map_err(down)?;
    let mut reports: Vec<Report> = rows.iter().map(report_of).collect::<Read<_>>()?;
    report_rows::with_photos(ledger, &mut reports).await?;
    Ok(reports)
}

async fn one(ledger: &Ledger, column: &'static str, value: &str) -> Read<Option<Report>> {
    let mut query = found();
    query.push(column).push(" = ").push_bind(value);
    Ok(listed(ledger, &mut query).await?.pop())
}

#[async_trait]
impl ReportLedger for Ledger {
    async fn add_report(&self, report: &NewReport, by: &By) -> Result<Added, LedgerError> {
        add(self, report, by).await
    }

    async fn buyers_report(&self, id: Uuid) -> Result<Option<Report>, LedgerError> {
        one(self, "r.id", &id.to_string()).await
    }

    async fn report_numbered(&self, number: &Number) -> Result<Option<Report>, LedgerError> {
        one(self, "r.number", number.plain()).await
    }

    async fn buyers_reports(
        &self,
        wanted: &Wanted,
        limit: u32,
    ) -> Result<Vec<Report>, LedgerError> {
        let mut query = found();
        query.push("r.seq < ").push_bind(wanted.before.map_or(i64::MAX, signed));
        if let Some(state) = wanted.state {
            query.push(" AND ").push(report_rows::in_state(state));
        }
        report_rows::within(&mut query, wanted.region);
        query.push(" ORDER BY r.seq DESC LIMIT ").push_bind(i64::from(limit));
        listed(self, &mut query).await
    }

    async fn reports_after(&self, seq: u64, limit: u32) -> Result<Vec<Report>, LedgerError> {
        let mut query = found();
        query.push("r.seq > ").push_bind(signed(seq));
        query.push(" ORDER BY r.seq LIMIT ").push_bind(i64::from(limit));
        listed(self, &mut query).await
    }

    async fn reports_of(&self, payload: &[u8; 12]) -> Result<Vec<Report>, LedgerError> {
        let mut query = found();
        query.push("r.payload = ").push_bind(payload.to_vec()).push(" ORDER BY r.seq");
        listed(self, &mut query).await
    }

    async fn reports_counted(&self, region: Option<Place>) -> Result<[u64; 4], LedgerError> {
        report_rows::counted(self, region).await
    }

    async fn look_at_report(&self, id: Uuid, by: &By) -> Result<bool, LedgerError> {
        stamp(self, id, (LOOKED, "report.look"), by).await
    }

    async fn close_report(&self, id: Uuid, how: ClosedAs, by: &By) -> Result<(), LedgerError> {
        close(self, id, how, by).await
    }

    async fn tell_reporter(&self, id: Uuid, by: &By) -> Result<bool, LedgerError> {
        stamp(self, id, (TOLD, "report.tell"), by).await
    }

    async fn open_contact(&self, id: Uuid, by: &By) -> Result<Option<Vec<u8>>, LedgerError> {
        contact(self, id, by).await
    }

    async fn keep_note(
        &self,
        check: &CheckValue,
        content: &str,
        by: &By,
    ) -> Result<(), LedgerError> {
        report_rows::keep_note(self, check, content, by).await
    }

    async fn note_content(&self, check: &CheckValue) -> Result<Option<String>, LedgerError> {
        db::query_scalar("SELECT content FROM notes WHERE check_value = $1")
            .bind(check.plain())
            .fetch_optional(&self.reader)
            .await
            .map_err(down)
    }

    async fn held_about(&self, device: Tag48) -> Result<Held, LedgerError> {
        report_clock::held_about(self, device).await
    }

    async fn erase_reports(&self, pass: &Pass, by: &By) -> Result<Erased, LedgerError> {
        report_clock::erase(self, pass, by).await
    }

    async fn forget_files(&self, files: &[Sha256Hex]) -> Result<(), LedgerError> {
        report_clock::forget_files(self, files).await
    }
}

/// Those that are part of a case, oldest first.
pub(super) async fn of_case(ledger: &Ledger, case: Uuid) -> Read<Vec<Report>> {
    let mut query = found();
    query.push("r.case_id = ").push_bind(case.to_string()).push(" ORDER BY r.seq");
    listed(ledger, &mut query).await
}

/// What a device reported, newest first.
pub(super) async fn of_device(ledger: &Ledger, device: Tag48, limit: u32) -> Read<Vec<Report>> {
    let mut query = found();
    query.push("r.device = ").push_bind(signed(device.get()));
    query.push(" ORDER BY r.seq DESC LIMIT ");
    query.push_bind(i64::from(limit));
    listed(ledger, &mut query).await
}
