//! Who picked a package up, when, from where, and how much of it.

use super::db::{self, Row};
use uuid::Uuid;

use super::packages::{self, note};
use super::rows::{self, Read, get};
use super::{Ledger, Tx, down, signed, told, unsigned};
use crate::base::{By, LedgerError, UnixMs, ids};
use crate::handoff::package::{PackageState, WRONG_CODES_MAX};
use crate::handoff::port::{Part, Visit};
use crate::handoff::spares::DOWNLOADS_MAX;
use crate::handoff::{Download, Package, Refusal};

/// Visits that are kept of one package: the latest.
const VISITS_MAX: i64 = 500;
/// Parts in which one download may be sent.
const TRANSFERS_MAX: i64 = 2_000;

pub(super) async fn pick_up(
    ledger: &Ledger,
    number: &str,
    code_hash: &[u8; 32],
    by: &By,
) -> Read<Option<Package>> {
    let mut tx = ledger.write().await?;
    let row = db::query("SELECT * FROM packages WHERE number = $1")
        .bind(number)
        .fetch_optional(&mut *tx)
        .await
        .map_err(down)?;
    let Some(package) = row.as_ref().map(packages::package).transpose()? else { return Ok(None) };
    let closed = package.wrong_codes >= WRONG_CODES_MAX;
    let good = !closed && package.code_hash == *code_hash;
    let id = package.id.to_string();
    db::query(
        "INSERT INTO pick_up_visits (id, package, at, network, good) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(ids::new_id(by.at).to_string())
    .bind(&id)
    .bind(by.at.0)
    .bind(by.origin.to_string())
    .bind(i64::from(good))
    .execute(&mut *tx)
    .await
    .map_err(down)?;
    db::query(
        "DELETE FROM pick_up_visits WHERE package = $1 AND id NOT IN
         (SELECT id FROM pick_up_visits WHERE package = $1 ORDER BY at DESC, id DESC LIMIT $2)",
    )
    .bind(&id)
    .bind(VISITS_MAX)
    .execute(&mut *tx)
    .await
    .map_err(down)?;
    if good {
        note(&mut tx, by, "package.visit", &package, serde_json::Value::Null).await?;
    } else if !closed {
        db::query("UPDATE packages SET wrong_codes = wrong_codes + 1 WHERE id = $1")
            .bind(&id)
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        if package.wrong_codes + 1 == WRONG_CODES_MAX {
            told::package_closed(&mut tx, &package, by.at).await?;
        }
    }
    tx.commit().await.map_err(down)?;
    Ok(good.then_some(package))
}

pub(super) async fn visits(ledger: &Ledger, package: Uuid, limit: u32) -> Read<Vec<Visit>> {
    db::query("SELECT * FROM pick_up_visits WHERE package = $1 ORDER BY at DESC, id DESC LIMIT $2")
        .bind(package.to_string())
        .bind(i64::from(limit))
        .fetch_all(&ledger.reader)
        .await
        .map_err(down)?
        .iter()
        .map(|row| {
            Ok(Visit {
                at: UnixMs(get(row, "at")?),
                network: get(row, "network")?,
                good: get::<i64>(row, "good")? != 0,
            })
        })
        .collect()
}

/// With what was sent of each.
const DOWNLOADS: &str =
    "SELECT downloads.*, (SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM transfers
     WHERE transfers.package = downloads.package AND transfers.download = downloads.number) AS sent
     FROM downloads WHERE package = $1 ORDER BY number";

pub(super) fn download(row: &Row) -> Read<Download> {
    Ok(Download {
        number: u32::try_from(get::<i64>(row, "number")?).map_err(|_| rows::bad("number"))?,
        begun_at: UnixMs(get(row, "begun_at")?),
        network: get(row, "network")?,
        sent: unsigned(get(row, "sent")?),
        finished_at: get::<Option<i64>>(row, "finished_at")?.map(UnixMs),
    })
}

pub(super) async fn downloads(ledger: &Ledger, package: Uuid) -> Read<Vec<Download>> {
    db::query(DOWNLOADS)
        .bind(package.to_string())
        .fetch_all(&ledger.reader)
        .await
        .map_err(down)?
        .iter()
        .map(download)
        .collect()
}

pub(super) async fn downloads_now(tx: &mut Tx, package: Uuid) -> Read<Vec<Download>> {
    let found = db::query(DOWNLOADS).bind(package.to_string()).fetch_all(&mut **tx).await;
    found.map_err(down)?.iter().map(download).collect()
}

pub(super) async fn begin_download(
    ledger: &Ledger,
    id: Uuid,
    number: u32,
    by: &By,
) -> Read<Result<(), Refusal>> {
    let mut tx = ledger.write().await?;
    let package = packages::now(&mut tx, id).await?;
    let before = (package.pick_up - 1) * DOWNLOADS_MAX;
    let begun = downloads_now(&mut tx, id).await?;
    let begun: Vec<u32> = begun.iter().map(|d| d.number).filter(|n| *n > before).collect();
    if begun.contains(&number) {
        return Ok(package.admits(by.at));
    }
    let next = package.next_download(u32::try_from(begun.len()).unwrap_or(u32::MAX), by.at);
    match next {
        Err(refusal) => return Ok(Err(refusal)),
        // A form of an earlier pick-up, or one that was made up.
        Ok(next) if next != number => return Ok(Err(Refusal::Over)),
        Ok(_) => {}
    }
    db::query("INSERT INTO downloads (package, number, begun_at, network) VALUES ($1, $2, $3, $4)")
        .bind(id.to_string())
        .bind(i64::from(number))
        .bind(by.at.0)
        .bind(by.origin.to_string())
        .execute(&mut *tx)
        .await
        .map_err(down)?;
    note(&mut tx, by, "package.download", &package, serde_json::json!({"download": number}))
        .await?;
    tx.commit().await.map_err(down)?;
    Ok(Ok(()))
}

pub(super) async fn begin_transfer(
    ledger: &Ledger,
    id: Uuid,
    part: &Part,
    by: &By,
) -> Read<Result<Uuid, Refusal>> {
    let mut tx = ledger.write().await?;
    let package = packages::now(&mut tx, id).await?;
    if let Err(refusal) = package.admits(by.at) {
        return Ok(Err(refusal));
    }
    let is_current = part.download > (package.pick_up - 1) * DOWNLOADS_MAX;
    if package.state != PackageState::Ready || !is_current {
        return Ok(Err(Refusal::Over));
    }
    let begun = downloads_now(&mut tx, id).await?;
    let begun = begun.into_iter().find(|d| d.number == part.download);
    let begun =
        begun.ok_or_else(|| LedgerError::NotFound(format!("download {}", part.download)))?;
    if let Err(refusal) = begun.may_send(part.size, part.first_byte, by.at) {
        return Ok(Err(refusal));
    }
    let parts: i64 =
        db::query_scalar("SELECT COUNT(*) FROM transfers WHERE package = $1 AND download = $2")
            .bind(id.to_string())
            .bind(i64::from(part.download))
            .fetch_one(&mut *tx)
            .await
            .map_err(down)?;
    if parts >= TRANSFERS_MAX {
        return Ok(Err(Refusal::Over));
    }
    let transfer = ids::new_id(by.at);
    db::query(
        "INSERT INTO transfers (id, package, download, begun_at, network, first_byte, bytes)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(transfer.to_string())
    .bind(id.to_string())
    .bind(i64::from(part.download))
    .bind(by.at.0)
    .bind(by.origin.to_string())
    .bind(signed(part.first_byte))
    .bind(signed(part.bytes))
    .execute(&mut *tx)
    .await
    .map_err(down)?;
    tx.commit().await.map_err(down)?;
    Ok(Ok(transfer))
}

pub(super) async fn end_transfer(
    ledger: &Ledger,
    id: Uuid,
    sent: u64,
    last: bool,
    at: UnixMs,
) -> Read<()> {
    let mut tx = ledger.write().await?;
    db::query("UPDATE transfers SET bytes = $1 WHERE id = $2")
        .bind(signed(sent))
        .bind(id.to_string())
        .execute(&mut *tx)
        .await
        .map_err(down)?;
    if last {
        // Whole: its last byte was sent, and as many as it has in all.
        db::query(
            "UPDATE downloads SET finished_at = COALESCE(finished_at, $1)
             WHERE (package, number) IN (SELECT package, download FROM transfers WHERE id = $2)
             AND (SELECT SUM(bytes) FROM transfers WHERE transfers.package = downloads.package
                  AND transfers.download = downloads.number)
                 >= (SELECT bytes FROM package_files WHERE package_files.package =
                     downloads.package AND package_files.download = downloads.number)",
        )
        .bind(at.0)
        .bind(id.to_string())
        .execute(&mut *tx)
        .await
        .map_err(down)?;
    }
    tx.commit().await.map_err(down)
}
