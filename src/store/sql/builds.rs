//! Packages in the hands of the worker: taken, built, cleared away.

use super::db;
use uuid::Uuid;

use super::packages::{package, small};
use super::rows::{self, Read, get};
use super::{Ledger, down, signed, unsigned};
use crate::base::UnixMs;
use crate::handoff::Package;
use crate::handoff::bundle::Written;
use crate::handoff::package::PICK_UP_DAYS;
use crate::handoff::spares::Planted;

// A lease beyond any that is given now was given by a clock that went back.
// Where the files are to lie is kept before the first is begun: whatever ends
// the package, the files are found and taken away.
pub(super) async fn take(
    ledger: &Ledger,
    at: UnixMs,
    until: UnixMs,
    folders: &str,
) -> Read<Option<Package>> {
    db::query(
        "UPDATE packages SET lease_until = $2, directory = $3 || '/' || id WHERE id = (SELECT packages.id FROM packages
             JOIN orders ON orders.id = packages.order_id
             WHERE packages.state = 'building' AND orders.state = 'done'
             AND (packages.lease_until < $1 OR packages.lease_until > $2)
             ORDER BY packages.created_at, packages.id LIMIT 1)
         RETURNING *",
    )
    .bind(at.0)
    .bind(until.0)
    .bind(folders)
    .fetch_optional(&ledger.writer)
    .await
    .map_err(down)?
    .as_ref()
    .map(package)
    .transpose()
}

/// What a build writes holds for the pick-up that it was begun for, and for
/// nothing after it.
async fn of_build(ledger: &Ledger, sql: &'static str, of: &Package, at: UnixMs) -> Read<bool> {
    db::query(sql)
        .bind(of.id.to_string())
        .bind(i64::from(of.pick_up))
        .bind(at.0)
        .execute(&ledger.writer)
        .await
        .map(|done| done.rows_affected() == 1)
        .map_err(down)
}

pub(super) async fn keep(ledger: &Ledger, of: &Package, until: UnixMs) -> Read<bool> {
    let sql = "UPDATE packages SET lease_until = $3
         WHERE id = $1 AND pick_up = $2 AND state = 'building'";
    of_build(ledger, sql, of, until).await
}

pub(super) async fn built(ledger: &Ledger, of: &Package, folder: &str, at: UnixMs) -> Read<()> {
    db::query(
        "UPDATE packages SET state = 'ready', ready_at = $3, problem = NULL, directory = $4,
         lease_until = 0 WHERE id = $1 AND pick_up = $2 AND state = 'building'",
    )
    .bind(of.id.to_string())
    .bind(i64::from(of.pick_up))
    .bind(at.0)
    .bind(folder)
    .execute(&ledger.writer)
    .await
    .map(drop)
    .map_err(down)
}

pub(super) async fn failed(ledger: &Ledger, of: &Package, why: &str, again: UnixMs) -> Read<()> {
    db::query(
        "UPDATE packages SET problem = $3, lease_until = $4
         WHERE id = $1 AND pick_up = $2 AND state = 'building'",
    )
    .bind(of.id.to_string())
    .bind(i64::from(of.pick_up))
    .bind(why)
    .bind(again.0)
    .execute(&ledger.writer)
    .await
    .map(drop)
    .map_err(down)
}

pub(super) async fn planted_in(ledger: &Ledger, of: &Package) -> Read<Vec<Planted>> {
    db::query("SELECT number, downloads FROM planted WHERE package = $1 AND pick_up = $2")
        .bind(of.id.to_string())
        .bind(i64::from(of.pick_up))
        .fetch_all(&ledger.reader)
        .await
        .map_err(down)?
        .iter()
        .map(|row| {
            let downloads = u8::try_from(get::<i64>(row, "downloads")?);
            let downloads = downloads.map_err(|_| rows::bad("downloads"))?;
            Ok(Planted { number: unsigned(get(row, "number")?), downloads })
        })
        .collect()
}

pub(super) async fn file_built(ledger: &Ledger, of: &Package, n: u32, w: &Written) -> Read<()> {
    db::query(
        "INSERT INTO package_files (package, download, bytes, sha256) VALUES ($1, $2, $3, $4)
         ON CONFLICT (package, download) DO UPDATE SET bytes = $3, sha256 = $4",
    )
    .bind(of.id.to_string())
    .bind(i64::from(n))
    .bind(signed(w.bytes))
    .bind(&w.sha256)
    .execute(&ledger.writer)
    .await
    .map(drop)
    .map_err(down)
}

pub(super) async fn files(ledger: &Ledger, package: Uuid) -> Read<Vec<(u32, Written)>> {
    db::query("SELECT * FROM package_files WHERE package = $1 ORDER BY download")
        .bind(package.to_string())
        .fetch_all(&ledger.reader)
        .await
        .map_err(down)?
        .iter()
        .map(|row| {
            let written =
                Written { bytes: unsigned(get(row, "bytes")?), sha256: get(row, "sha256")? };
            Ok((small(row, "download")?, written))
        })
        .collect()
}

pub(super) async fn stale(ledger: &Ledger, at: UnixMs) -> Read<Option<Package>> {
    db::query(
        "SELECT * FROM packages WHERE directory IS NOT NULL
         AND (state = 'ended' OR (state = 'ready' AND ready_at < $1)) LIMIT 1",
    )
    .bind(at.plus_ms(-PICK_UP_DAYS * 86_400_000).0)
    .fetch_optional(&ledger.reader)
    .await
    .map_err(down)?
    .as_ref()
    .map(package)
    .transpose()
}

pub(super) async fn cleared(ledger: &Ledger, of: &Package) -> Read<()> {
    db::query(
        "UPDATE packages SET directory = NULL
         WHERE id = $1 AND pick_up = $2 AND state <> 'building'",
    )
    .bind(of.id.to_string())
    .bind(i64::from(of.pick_up))
    .execute(&ledger.writer)
    .await
    .map(drop)
    .map_err(down)
}
