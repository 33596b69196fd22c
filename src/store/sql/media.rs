//! Rows of photos. Their files are the business of `media::store`.

use super::db::{self, Row};
use async_trait::async_trait;

use super::rows::{self, Read, get};
use super::{Ledger, Tx, audit, down, signed, unsigned};
use crate::auth::trail::Entry;
use crate::base::{By, LedgerError, UnixMs};
use crate::media::{Kind, MediaLedger, MediaRow, Purpose, Sha256Hex};

pub(super) fn hash(row: &Row, column: &str) -> Read<Sha256Hex> {
    let bytes: Vec<u8> = get(row, column)?;
    bytes.try_into().map(Sha256Hex::from_bytes).map_err(|_| rows::bad(column))
}

pub(super) fn media_row(row: &Row) -> Read<MediaRow> {
    let pixels = |column| u32::try_from(get::<i64>(row, column)?).map_err(|_| rows::bad(column));
    Ok(MediaRow {
        original: hash(row, "original")?,
        shown: hash(row, "shown")?,
        kind: Kind::from_slug(&get::<String>(row, "kind")?).ok_or_else(|| rows::bad("kind"))?,
        bytes: unsigned(get(row, "bytes")?),
        shown_bytes: unsigned(get(row, "shown_bytes")?),
        width: pixels("width")?,
        height: pixels("height")?,
        exif: serde_json::from_str(&get::<String>(row, "exif")?).map_err(|_| rows::bad("exif"))?,
        purpose: Purpose::from_slug(&get::<String>(row, "purpose")?)
            .ok_or_else(|| rows::bad("purpose"))?,
        added_at: UnixMs(get(row, "added_at")?),
        added_by: get(row, "added_by")?,
    })
}

/// An officer's photo takes the place of the same picture by a buyer, and never
/// the other way: what is evidence stays so.
const ADD: &str =
    "INSERT INTO media (original, shown, kind, bytes, shown_bytes, width, height, exif,
     purpose, added_at, added_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     ON CONFLICT (original) DO UPDATE SET exif = excluded.exif, purpose = excluded.purpose,
     added_at = excluded.added_at, added_by = excluded.added_by
     WHERE media.purpose <> 'office' AND excluded.purpose = 'office'";

/// Adds a row within the transaction of what it belongs to. True where that
/// changed anything.
pub(super) async fn add(tx: &mut Tx, row: &MediaRow) -> Read<bool> {
    let exif = serde_json::to_string(&row.exif).map_err(|_| rows::bad("exif"))?;
    let added = db::query(ADD)
        .bind(row.original.bytes().to_vec())
        .bind(row.shown.bytes().to_vec())
        .bind(row.kind.slug())
        .bind(signed(row.bytes))
        .bind(signed(row.shown_bytes))
        .bind(i64::from(row.width))
        .bind(i64::from(row.height))
        .bind(exif)
        .bind(row.purpose.slug())
        .bind(row.added_at.0)
        .bind(&row.added_by)
        .execute(&mut **tx)
        .await
        .map_err(down)?;
    // What a photo of before left behind and this one needs is not deleted.
    for file in [row.original, row.shown] {
        db::query("DELETE FROM media_gone WHERE file = $1")
            .bind(file.bytes().to_vec())
            .execute(&mut **tx)
            .await
            .map_err(down)?;
    }
    Ok(added.rows_affected() > 0)
}

/// Lets go of an officer's photo, or of one that a case has, which no record, case or
/// report names any more; its files that are to be deleted.
pub(super) async fn release(tx: &mut Tx, photo: &Sha256Hex) -> Read<Vec<[u8; 32]>> {
    let gone = db::query(
        "DELETE FROM media WHERE original = $1 AND purpose <> 'report'
         AND NOT EXISTS (SELECT 1 FROM field_records WHERE body LIKE $2)
         AND NOT EXISTS (SELECT 1 FROM case_entries WHERE fact LIKE $2)
         AND NOT EXISTS (SELECT 1 FROM report_photos WHERE media = $1)
         RETURNING original, shown",
    )
    .bind(photo.bytes().to_vec())
    .bind(format!("%{photo}%"))
    .fetch_optional(&mut **tx)
    .await
    .map_err(down)?;
    let Some(row) = gone else { return Ok(Vec::new()) };
    let mut files = vec![*hash(&row, "original")?.bytes(), *hash(&row, "shown")?.bytes()];
    files.dedup();
    let_go(tx, &files).await
}

/// Whether a row needs the file: what is shown, or an officer's original.
const NEEDS: &str = "SELECT EXISTS (SELECT 1 FROM media
     WHERE shown = $1 OR (original = $1 AND purpose = 'office'))";

/// Files of rows that were deleted: those that no other row needs are noted, so
/// that they leave the disk whatever happens to whoever deletes them.
pub(super) async fn let_go(tx: &mut Tx, files: &[[u8; 32]]) -> Read<Vec<[u8; 32]>> {
    let mut gone = Vec::new();
    for file in files {
        let needed: bool =
            db::query_scalar(NEEDS).bind(file.to_vec()).fetch_one(&mut **tx).await.map_err(down)?;
        if needed {
            continue;
        }
        db::query("INSERT INTO media_gone (file) VALUES ($1) ON CONFLICT (file) DO NOTHING")
            .bind(file.to_vec())
            .execute(&mut **tx)
            .await
            .map_err(down)?;
        gone.push(*file);
    }
    Ok(gone)
}

#[async_trait]
impl MediaLedger for Ledger {
    async fn add_media(&self, row: &MediaRow, by: &By) -> Result<bool, LedgerError> {
        let mut tx = self.write().await?;
        if !add(&mut tx, row).await? {
            return Ok(false);
        }
        let entry = Entry {
            action: "media.add",
            object: format!("photo {}", row.original),
            enterprise: None,
            before: serde_json::Value::Null,
            after: serde_json::json!({"bytes": row.bytes, "purpose": row.purpose.slug()}),
        };
        audit::note(&mut tx, by, &entry).await?;
        tx.commit().await.map_err(down)?;
        Ok(true)
    }

    async fn media(&self, original: &Sha256Hex) -> Result<Option<MediaRow>, LedgerError> {
        db::query("SELECT * FROM media WHERE original = $1")
            .bind(original.bytes().to_vec())
            .fetch_optional(&self.reader)
            .await
            .map_err(down)?
            .as_ref()
            .map(media_row)
            .transpose()
    }

    async fn needs_file(&self, file: &Sha256Hex) -> Result<bool, LedgerError> {
        db::query_scalar(NEEDS)
            .bind(file.bytes().to_vec())
            .fetch_one(&self.reader)
            .await
            .map_err(down)
    }

    async fn handed_in(&self, login: &str, since: UnixMs) -> Result<u64, LedgerError> {
        let sum: i64 = db::query_scalar(
            "SELECT CAST(COALESCE(SUM(shown_bytes + bytes), 0) AS BIGINT) FROM media
             WHERE purpose = 'office' AND added_at > $1 AND added_by = $2",
        )
        .bind(since.0)
        .bind(login)
        .fetch_one(&self.reader)
        .await
        .map_err(down)?;
        Ok(unsigned(sum))
    }

    async fn media_bytes(&self, purpose: Purpose) -> Result<u64, LedgerError> {
        // Of an officer's photo the original lies there too.
        let originals = i64::from(purpose == Purpose::Office);
        let sum: i64 = db::query_scalar(
            "SELECT CAST(COALESCE(SUM(shown_bytes + $1 * bytes), 0) AS BIGINT) FROM media
             WHERE purpose = $2",
        )
        .bind(originals)
        .bind(purpose.slug())
        .fetch_one(&self.reader)
        .await
        .map_err(down)?;
        Ok(unsigned(sum))
    }
}
