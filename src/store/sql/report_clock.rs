//! What the clock erases of reports, and what is held about a device.

use super::db::{self, Row};
use super::rows::{self, Read, get};
use super::{Ledger, Tx, audit, down, media, reports, signed, unsigned};
use crate::auth::trail::Entry;
use crate::base::{By, LedgerError, UnixMs};
use crate::media::Sha256Hex;
use crate::reports::port::{HELD_SCANS_MAX, Held, HeldScan};
use crate::reports::retention::{Erased, Pass};
use crate::scan::{Place, Tag48};

/// Reports of a case that is under way, or held, stay whole.
const OPEN_CASE: &str = "EXISTS (SELECT 1 FROM case_files c WHERE c.id = r.case_id
    AND (c.state IN ('open', 'closing') OR c.hold = 1))";

async fn ids(tx: &mut Tx, clause: &'static str, before: UnixMs, limit: u32) -> Read<Vec<String>> {
    let statement = format!(
        "SELECT r.id FROM reports r WHERE r.received_at < $1 AND {clause} AND NOT {OPEN_CASE}
         ORDER BY r.received_at LIMIT $2"
    );
    db::query_scalar(sqlx::AssertSqlSafe(statement))
        .bind(before.0)
        .bind(i64::from(limit))
        .fetch_all(&mut **tx)
        .await
        .map_err(down)
}

async fn for_each(tx: &mut Tx, statement: &'static str, ids: &[String]) -> Read<()> {
    for id in ids {
        db::query(statement).bind(id).execute(&mut **tx).await.map_err(down)?;
    }
    Ok(())
}

/// Deletes the rows of buyers' photos that no report names any more, and keeps
/// their files for deletion unless another photo shows the same.
async fn unname_photos(tx: &mut Tx) -> Read<()> {
    for statement in [
        "INSERT INTO media_gone (file) SELECT DISTINCT m.shown FROM media m
         WHERE m.purpose = 'report'
         AND NOT EXISTS (SELECT 1 FROM report_photos p WHERE p.media = m.original)
         ON CONFLICT (file) DO NOTHING",
        "DELETE FROM media WHERE purpose = 'report'
         AND NOT EXISTS (SELECT 1 FROM report_photos p WHERE p.media = media.original)",
        "DELETE FROM media_gone WHERE EXISTS (SELECT 1 FROM media m
         WHERE m.shown = file OR (m.original = file AND m.purpose = 'office'))",
    ] {
        db::query(statement).execute(&mut **tx).await.map_err(down)?;
    }
    Ok(())
}

async fn files_gone(tx: &mut Tx, limit: u32) -> Read<Vec<Sha256Hex>> {
    let rows = db::query("SELECT file FROM media_gone LIMIT $1")
        .bind(i64::from(limit))
        .fetch_all(&mut **tx)
        .await
        .map_err(down)?;
    rows.iter().map(|row| media::hash(row, "file")).collect()
}

/// Forgets files that are off the disk.
pub(super) async fn forget_files(ledger: &Ledger, files: &[Sha256Hex]) -> Read<()> {
    let mut tx = ledger.write().await?;
    for file in files {
        db::query("DELETE FROM media_gone WHERE file = $1")
            .bind(file.bytes().to_vec())
            .execute(&mut *tx)
            .await
            .map_err(down)?;
    }
    tx.commit().await.map_err(down)
}

async fn old_notes(tx: &mut Tx, pass: &Pass) -> Read<u64> {
    let gone = db::query(
        "DELETE FROM notes WHERE check_value IN
         (SELECT check_value FROM notes WHERE made_at < $1 ORDER BY made_at LIMIT $2)",
    )
    .bind(pass.notes_before.0)
    .bind(i64::from(pass.rows_max))
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    Ok(gone.rows_affected())
}

pub(super) async fn erase(ledger: &Ledger, pass: &Pass, by: &By) -> Read<Erased> {
    let mut tx = ledger.write().await?;
    let limit = pass.rows_max;
    let contacts = ids(&mut tx, "r.contact IS NOT NULL", pass.contacts_before, limit).await?;
    for_each(&mut tx, "UPDATE reports SET contact = NULL WHERE id = $1", &contacts).await?;
    let contents = ids(
        &mut tx,
        "(r.note <> '' OR r.shop <> '' OR r.place <> '' OR r.device <> 0 OR r.network <> 0
          OR EXISTS (SELECT 1 FROM report_photos p WHERE p.report = r.id))",
        pass.contents_before,
        limit,
    )
    .await?;
    for_each(
        &mut tx,
        "UPDATE reports SET note = '', shop = '', place = '', device = 0, network = 0
         WHERE id = $1",
        &contents,
    )
    .await?;
    for_each(&mut tx, "DELETE FROM report_photos WHERE report = $1", &contents).await?;
    unname_photos(&mut tx).await?;
    let files = files_gone(&mut tx, limit).await?;
    let notes = old_notes(&mut tx, pass).await?;
    let full = |n: usize| n >= limit as usize;
    let erased = Erased {
        contacts: contacts.len() as u64,
        contents: contents.len() as u64,
        notes,
        more: full(contacts.len()) || full(contents.len()) || notes >= u64::from(limit),
        files,
    };
    if erased.contacts + erased.contents + erased.notes == 0 {
        tx.commit().await.map_err(down)?;
        return Ok(erased);
    }
    let entry = Entry {
        action: "reports.erase",
        object: "reports".to_owned(),
        enterprise: None,
        before: serde_json::Value::Null,
        after: serde_json::json!({"contacts": erased.contacts, "contents": erased.contents,
            "notes": erased.notes}),
    };
    audit::note(&mut tx, by, &entry).await?;
    tx.commit().await.map_err(down)?;
    Ok(erased)
}

fn held_scan(row: &Row) -> Read<HeldScan> {
    let degrees = |column| get::<Option<f64>>(row, column);
    Ok(HeldScan {
        payload: rows::payload(row)?,
        at: UnixMs(get(row, "seen_at")?),
        place: Place(u16::try_from(get::<i64>(row, "place")?).map_err(|_| rows::bad("place"))?),
        precise: degrees("lat")?.zip(degrees("lon")?),
        channel: get(row, "channel")?,
    })
}

pub(super) async fn held_about(ledger: &Ledger, device: Tag48) -> Read<Held> {
    if device.get() == 0 {
        return Ok(Held::default());
    }
    let rows = db::query(
        "SELECT payload, seen_at, place, lat, lon, channel FROM scans
         WHERE device = $1 AND device <> 0 ORDER BY seen_at DESC LIMIT $2",
    )
    .bind(signed(device.get()))
    .bind(i64::from(HELD_SCANS_MAX) + 1)
    .fetch_all(&ledger.reader)
    .await
    .map_err(down)?;
    let most = HELD_SCANS_MAX as usize;
    let scans = rows.iter().take(most).map(held_scan).collect::<Read<_>>()?;
    let across = db::query("SELECT codes, days FROM across_phones WHERE device = $1")
        .bind(signed(device.get()))
        .fetch_optional(&ledger.reader)
        .await
        .map_err(down)?;
    let across = across
        .map(|row| {
            Ok::<_, LedgerError>((unsigned(get(&row, "codes")?), unsigned(get(&row, "days")?)))
        })
        .transpose()?;
    let reports = reports::of_device(ledger, device, HELD_SCANS_MAX).await?;
    Ok(Held { scans, reports, across, more: rows.len() > most })
}
