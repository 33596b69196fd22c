//! Items of a pool that somebody met, and where they stood.

use super::db::{self, Row};
use super::pick_ups::download;
use super::rows::{self, Read, get};
use super::{Ledger, Tx, down, leads, packages, signed, told, unsigned};
use crate::base::UnixMs;
use crate::handoff::Download;
use crate::handoff::alarm::{Leak, Planting};
use crate::handoff::package::variant;
use crate::registry::{BatchRef, Uscc};
use crate::scan::Cursor;

/// Notes which of the scans of one log from `first` to `last`, written in this
/// transaction, were of items of a pool that were not released; an inspection is
/// not told to whom it inspects. The first of each item is told of.
pub(super) async fn note(tx: &mut Tx, log: i64, first: Cursor, last: Cursor) -> Read<()> {
    let met = db::query(
        "SELECT s.key_number AS of_key, s.batch_number AS of_batch, s.label_number, p.id,
         MIN(s.seen_at) AS first_seen_at, MAX(s.place) AS place, COUNT(*) AS scans
         FROM scans s JOIN packages p ON p.key_number = s.key_number
          AND p.batch_number = s.batch_number AND s.label_number >= p.pool_first
          AND s.label_number < p.pool_first + p.pool_count
         WHERE s.log = $1 AND s.channel <> 'officer' AND (s.log_major, s.log_minor) >= ($2, $3)
         AND (s.log_major, s.log_minor) <= ($4, $5) AND NOT EXISTS (SELECT 1 FROM spares
          WHERE spares.package = p.id AND spares.number = s.label_number
          AND spares.released_at IS NOT NULL)
         GROUP BY s.key_number, s.batch_number, s.label_number, p.id",
    )
    .bind(log)
    .bind(signed(first.major))
    .bind(signed(first.minor))
    .bind(signed(last.major))
    .bind(signed(last.minor))
    .fetch_all(&mut **tx)
    .await
    .map_err(down)?;
    for row in &met {
        sighted(tx, row).await?;
    }
    Ok(())
}

/// Counts the scans of one item.
async fn sighted(tx: &mut Tx, met: &Row) -> Read<()> {
    let (label, at): (i64, i64) = (get(met, "label_number")?, get(met, "first_seen_at")?);
    let (package, place) = (rows::id(met)?, get::<i64>(met, "place")?);
    let scans: i64 = db::query_scalar(
        "INSERT INTO spare_sightings (key_number, batch_number, number, package, first_seen_at,
         place, scans) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (key_number, batch_number, number)
         DO UPDATE SET scans = spare_sightings.scans + excluded.scans RETURNING scans",
    )
    .bind(get::<i64>(met, "of_key")?)
    .bind(get::<i64>(met, "of_batch")?)
    .bind(label)
    .bind(package.to_string())
    .bind(at)
    .bind(place)
    .bind(get::<i64>(met, "scans")?)
    .fetch_one(&mut **tx)
    .await
    .map_err(down)?;
    if scans != get::<i64>(met, "scans")? {
        return Ok(());
    }
    let of = packages::now(tx, package).await?;
    leads::mark_item(tx, of.batch, unsigned(label)).await?;
    let planted: Option<i64> = db::query_scalar(
        "SELECT 1 FROM planted WHERE key_number = $1 AND batch_number = $2 AND number = $3",
    )
    .bind(i64::from(of.batch.key.get()))
    .bind(i64::from(of.batch.batch))
    .bind(label)
    .fetch_optional(&mut **tx)
    .await
    .map_err(down)?;
    let what = (planted.is_some(), u16::try_from(place).unwrap_or(0));
    told::package_leaked(tx, &of, unsigned(label), what, UnixMs(at)).await
}

pub(super) async fn planting(
    ledger: &Ledger,
    batch: BatchRef,
    number: u64,
) -> Read<Option<Planting>> {
    let row = db::query(
        "SELECT packages.*, print_houses.name AS house_name, planted.pick_up AS planted_for,
         planted.downloads, spares.number AS spare, spares.released_at FROM packages
         JOIN print_houses ON print_houses.id = packages.house
         LEFT JOIN planted ON planted.package = packages.id AND planted.number = $3
         LEFT JOIN spares ON spares.package = packages.id AND spares.number = $3
         WHERE packages.key_number = $1 AND packages.batch_number = $2
         AND $3 >= pool_first AND $3 < pool_first + pool_count",
    )
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .bind(signed(number))
    .fetch_optional(&ledger.reader)
    .await
    .map_err(down)?;
    let Some(row) = row else { return Ok(None) };
    if get::<Option<i64>>(&row, "released_at")?.is_some() {
        return Ok(None);
    }
    let package = rows::id(&row)?;
    let stood = stood(&row)?;
    let begun = db::query("SELECT *, 0 AS sent FROM downloads WHERE package = $1 ORDER BY number")
        .bind(package.to_string())
        .fetch_all(&ledger.reader)
        .await
        .map_err(down)?;
    let mut downloads = Vec::new();
    for row in &begun {
        let begun = download(row)?;
        if stood.carried(&begun) {
            downloads.push(begun);
        }
    }
    Ok(Some(Planting {
        package,
        package_number: get(&row, "number")?,
        enterprise: rows::uscc(&row, "enterprise")?,
        house: get(&row, "house_name")?,
        planted: matches!(stood, Stood::In { .. }),
        downloads,
    }))
}

/// Which variants of the file of spares carried an item.
enum Stood {
    /// Planted: some of one pick-up, as bits.
    In { pick_up: i64, downloads: i64 },
    /// A spare.
    InAll,
    /// A gap of the pool.
    InNone,
}

impl Stood {
    fn carried(&self, download: &Download) -> bool {
        let (of, place) = variant(download.number);
        match self {
            Self::In { pick_up, downloads } => {
                i64::from(of) == *pick_up && downloads & (1 << (place - 1)) != 0
            }
            Self::InAll => true,
            Self::InNone => false,
        }
    }
}

fn stood(row: &Row) -> Read<Stood> {
    let planted: (Option<i64>, Option<i64>) = (get(row, "planted_for")?, get(row, "downloads")?);
    let spare: Option<i64> = get(row, "spare")?;
    Ok(match (planted, spare) {
        ((Some(pick_up), Some(downloads)), _) => Stood::In { pick_up, downloads },
        (_, Some(_)) => Stood::InAll,
        _ => Stood::InNone,
    })
}

pub(super) async fn all(ledger: &Ledger, of: &Uscc, limit: u32) -> Read<Vec<Leak>> {
    let found = db::query(
        "SELECT spare_sightings.* FROM spare_sightings
         JOIN packages ON packages.id = spare_sightings.package
         WHERE packages.enterprise = $1 ORDER BY first_seen_at DESC LIMIT $2",
    )
    .bind(of.as_str())
    .bind(i64::from(limit))
    .fetch_all(&ledger.reader)
    .await
    .map_err(down)?;
    let mut out = Vec::with_capacity(found.len());
    for row in &found {
        out.extend(leak(ledger, row).await?);
    }
    Ok(out)
}

/// None for a spare that was released since.
async fn leak(ledger: &Ledger, row: &Row) -> Read<Option<Leak>> {
    let number = unsigned(get(row, "number")?);
    let batch = rows::batch_ref(row)?;
    let planting = planting(ledger, batch, number).await?;
    let Some(planting) = planting else { return Ok(None) };
    Ok(Some(Leak {
        planting,
        batch,
        number,
        scans: unsigned(get(row, "scans")?),
        first_seen_at: UnixMs(get(row, "first_seen_at")?),
        place: u16::try_from(get::<i64>(row, "place")?).map_err(|_| rows::bad("place"))?,
    }))
}
