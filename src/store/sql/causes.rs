//! Causes that explain scans of one code.

use super::db::{self, Row};
use uuid::Uuid;

use super::rows::{self, Read, get};
use super::{Ledger, Tx, audit, down, leads, next_revision};
use crate::auth::trail::Entry;
use crate::base::{By, FieldError, LedgerError, UnixMs};
use crate::cases::CauseRecord;
use crate::registry::findings::{Cause, CauseKind};

pub(super) fn cause(row: &Row) -> Read<Cause> {
    Ok(Cause {
        id: rows::id(row)?,
        kind: CauseKind::from_slug(&get::<String>(row, "kind")?)
            .ok_or_else(|| rows::bad("kind"))?,
        from: UnixMs(get(row, "from_at")?),
        until: UnixMs(get(row, "until_at")?),
        place: u16::try_from(get::<i64>(row, "place")?).map_err(|_| rows::bad("place"))?,
    })
}

fn record_of(row: &Row) -> Read<CauseRecord> {
    let lifted_by: Option<String> = get(row, "lifted_by")?;
    let lifted_at: Option<i64> = get(row, "lifted_at")?;
    Ok(CauseRecord {
        cause: cause(row)?,
        payload: rows::payload(row)?,
        note: get(row, "note")?,
        recorded_by: get(row, "recorded_by")?,
        recorded_at: UnixMs(get(row, "recorded_at")?),
        lifted: lifted_by.zip(lifted_at.map(UnixMs)),
    })
}

fn told(cause: &Cause) -> serde_json::Value {
    serde_json::json!({"id": cause.id, "kind": cause.kind.slug(), "from": cause.from.0,
        "until": cause.until.0, "place": cause.place})
}

pub(super) async fn record(ledger: &Ledger, r: &CauseRecord, by: &By) -> Read<()> {
    let mut tx = ledger.write().await?;
    let standing: i64 =
        db::query_scalar("SELECT COUNT(*) FROM causes WHERE payload = $1 AND lifted_at IS NULL")
            .bind(r.payload.to_vec())
            .fetch_one(&mut *tx)
            .await
            .map_err(down)?;
    if usize::try_from(standing).unwrap_or(usize::MAX) >= Cause::OF_A_CODE_MAX {
        return Err(LedgerError::Invalid(vec![FieldError::new(
            "kind",
            format!("this code has {standing} causes already"),
            "lift one that does not hold",
        )]));
    }
    let revision = next_revision(&mut tx).await?;
    db::query(
        "INSERT INTO causes (id, payload, kind, from_at, until_at, place, note, recorded_by,
         recorded_at, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(r.cause.id.to_string())
    .bind(r.payload.to_vec())
    .bind(r.cause.kind.slug())
    .bind(r.cause.from.0)
    .bind(r.cause.until.0)
    .bind(i64::from(r.cause.place))
    .bind(&r.note)
    .bind(&r.recorded_by)
    .bind(r.recorded_at.0)
    .bind(revision)
    .execute(&mut *tx)
    .await
    .map_err(down)?;
    let entry = Entry {
        action: "cause.record",
        object: rows::code_named(&r.payload),
        enterprise: None,
        before: serde_json::Value::Null,
        after: told(&r.cause),
    };
    audit::note(&mut tx, by, &entry).await?;
    tx.commit().await.map_err(down)
}

pub(super) async fn lift(ledger: &Ledger, payload: &[u8; 12], id: Uuid, by: &By) -> Read<bool> {
    let mut tx = ledger.write().await?;
    let revision = next_revision(&mut tx).await?;
    let lifted = db::query(
        "UPDATE causes SET lifted_by = $1, lifted_at = $2, revision = $3
         WHERE id = $4 AND payload = $5 AND lifted_at IS NULL RETURNING *",
    )
    .bind(&by.login)
    .bind(by.at.0)
    .bind(revision)
    .bind(id.to_string())
    .bind(payload.to_vec())
    .fetch_optional(&mut *tx)
    .await
    .map_err(down)?;
    let Some(row) = lifted else { return Ok(false) };
    db::query(
        "UPDATE flags SET state = 'open', updated_at = $1 WHERE payload = $2 AND NOT EXISTS
         (SELECT 1 FROM decisions WHERE decisions.payload = flags.payload)",
    )
    .bind(by.at.0)
    .bind(payload.to_vec())
    .execute(&mut *tx)
    .await
    .map_err(down)?;
    leads::mark_code(&mut tx, payload).await?;
    let entry = Entry {
        action: "cause.lift",
        object: rows::code_named(payload),
        enterprise: None,
        before: told(&cause(&row)?),
        after: serde_json::Value::Null,
    };
    audit::note(&mut tx, by, &entry).await?;
    tx.commit().await.map_err(down)?;
    Ok(true)
}

pub(super) async fn of(ledger: &Ledger, payload: &[u8; 12]) -> Read<Vec<CauseRecord>> {
    db::query("SELECT * FROM causes WHERE payload = $1 ORDER BY recorded_at, id")
        .bind(payload.to_vec())
        .fetch_all(&ledger.reader)
        .await
        .map_err(down)?
        .iter()
        .map(record_of)
        .collect()
}

/// Causes of every code of which one changed behind `since`, for servers.
pub(super) async fn changed(tx: &mut Tx, since: i64) -> Read<Vec<([u8; 12], Vec<Cause>)>> {
    let rows = db::query(
        "SELECT * FROM causes WHERE payload IN (SELECT payload FROM causes WHERE revision > $1)
         ORDER BY payload, recorded_at",
    )
    .bind(since)
    .fetch_all(&mut **tx)
    .await
    .map_err(down)?;
    let mut out: Vec<([u8; 12], Vec<Cause>)> = Vec::new();
    for row in &rows {
        let payload = rows::payload(row)?;
        if out.last().is_none_or(|(last, _)| *last != payload) {
            out.push((payload, Vec::new()));
        }
        let lifted: Option<i64> = row.try_get("lifted_at").map_err(down)?;
        if let (None, Some((_, causes))) = (lifted, out.last_mut()) {
            causes.push(cause(row)?);
        }
    }
    Ok(out)
}
