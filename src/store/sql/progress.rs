//! How far packages came: what alarms are computed from.

use super::db::{self, Row};
use std::collections::BTreeMap;

use uuid::Uuid;

use super::rows::{Read, get};
use super::{Ledger, down, packages, rolls};
use crate::base::{LedgerError, UnixMs};
use crate::handoff::alarm::Progress;
use crate::handoff::report::{Report, Standing};
use crate::registry::Uscc;

/// Of the packages whose id is $1, or whose enterprise is $2.
const FOUND: &str = "SELECT packages.*, (SELECT MIN(begun_at) FROM downloads
     WHERE downloads.package = packages.id) AS first_download_at,
     EXISTS (SELECT 1 FROM spans s WHERE s.key_number = packages.key_number
      AND s.batch_number = packages.batch_number AND s.account = 'activated'
      AND s.first_number <= packages.last_number
      AND s.last_number >= packages.first_number) AS in_use
     FROM packages WHERE id = $1 OR enterprise = $2
     ORDER BY created_at DESC, id DESC LIMIT $3";

const REPORTS: &str = "SELECT r.* FROM print_reports r JOIN packages ON packages.id = r.package
     WHERE packages.id = $1 OR packages.enterprise = $2 ORDER BY r.package, r.seq";

pub(super) async fn of(ledger: &Ledger, id: Uuid) -> Read<Progress> {
    let found = found(ledger, Some(id), None, 1).await?;
    found.into_iter().next().ok_or_else(|| LedgerError::NotFound(format!("package {id}")))
}

pub(super) async fn all(ledger: &Ledger, of: &Uscc, limit: u32) -> Read<Vec<Progress>> {
    found(ledger, None, Some(of), limit).await
}

/// Of the packages behind $1: those that may be late with something.
const UNFINISHED: &str = "SELECT packages.*, (SELECT MIN(begun_at) FROM downloads
     WHERE downloads.package = packages.id) AS first_download_at, 0 AS in_use
     FROM packages WHERE id > $1
     AND (sign_off = 'accepted' OR (sign_off IS NULL AND state <> 'ended'))
     AND NOT EXISTS (SELECT 1 FROM spans s WHERE s.key_number = packages.key_number
      AND s.batch_number = packages.batch_number AND s.account = 'activated'
      AND s.first_number <= packages.last_number
      AND s.last_number >= packages.first_number)
     ORDER BY id LIMIT $2";

/// Of those of them that nobody has signed off, from behind $1 to $2.
const THEIR_REPORTS: &str = "SELECT r.* FROM print_reports r
     JOIN packages ON packages.id = r.package WHERE r.package > $1 AND r.package <= $2
     AND packages.sign_off IS NULL AND packages.state <> 'ended' ORDER BY r.package, r.seq";

pub(super) async fn unfinished(ledger: &Ledger, after: Uuid, limit: u32) -> Read<Vec<Progress>> {
    let packages = db::query(UNFINISHED)
        .bind(after.to_string())
        .bind(i64::from(limit))
        .fetch_all(&ledger.reader)
        .await
        .map_err(down)?;
    let Some(last) = packages.last() else { return Ok(Vec::new()) };
    let reports = db::query(THEIR_REPORTS)
        .bind(after.to_string())
        .bind(get::<String>(last, "id")?)
        .fetch_all(&ledger.reader)
        .await
        .map_err(down)?;
    together(&packages, &reports)
}

async fn found(
    ledger: &Ledger,
    id: Option<Uuid>,
    of: Option<&Uscc>,
    limit: u32,
) -> Read<Vec<Progress>> {
    let (id, of) = (id.map(|id| id.to_string()), of.map(Uscc::as_str));
    let packages = db::query(FOUND)
        .bind(&id)
        .bind(of)
        .bind(i64::from(limit))
        .fetch_all(&ledger.reader)
        .await
        .map_err(down)?;
    let reports =
        db::query(REPORTS).bind(&id).bind(of).fetch_all(&ledger.reader).await.map_err(down)?;
    together(&packages, &reports)
}

fn together(packages: &[Row], reports: &[Row]) -> Read<Vec<Progress>> {
    let mut by_package = BTreeMap::<String, Vec<Report>>::new();
    for row in reports {
        by_package.entry(get(row, "package")?).or_default().push(rolls::report_in(row)?);
    }
    let told = |row: &Row| {
        let said = by_package.get(&get::<String>(row, "id")?);
        progress(row, said.map_or(&[], |said| said))
    };
    packages.iter().map(told).collect()
}

fn progress(row: &Row, reports: &[Report]) -> Read<Progress> {
    let package = packages::package(row)?;
    let standing = Standing::of(reports);
    let (first, last) = package.items.unwrap_or((0, 0));
    // What is spoiled is replaced by a spare or by nothing: it is done.
    let done = standing.printed.within(first, last) + standing.spoiled.within(first, last);
    Ok(Progress {
        first_download_at: get::<Option<i64>>(row, "first_download_at")?.map(UnixMs),
        printed: done,
        ordered: package.items.map_or(0, |(first, last)| last - first + 1),
        in_use: get::<i64>(row, "in_use")? != 0,
        package,
    })
}
