//! Kits for officers' phones.

use super::db::{self, QueryBuilder, Row};
use std::collections::{BTreeMap, HashSet};

use async_trait::async_trait;

use super::rows::{self, Read, get};
use super::{Ledger, ROWS_AT_ONCE, Tx, down};
use crate::base::{LedgerError, UnixMs};
use crate::keys::KeyNumber;
use crate::kit::port::{Head, Increment};
use crate::kit::{KITS_KEPT, KitLedger, Manifest, Part};

type Named = Vec<(String, String)>;

fn named(row: &Row) -> Read<Named> {
    serde_json::from_str(&get::<String>(row, "parts")?).map_err(|_| rows::bad("parts"))
}

fn head(row: &Row) -> Read<Head> {
    Ok(Head {
        version: get(row, "version")?,
        revision: get(row, "revision")?,
        made_at: UnixMs(get(row, "made_at")?),
        parts: named(row)?,
    })
}

fn part(row: &Row) -> Read<Part> {
    Ok(Part { name: get(row, "name")?, hash: get(row, "sha256")?, text: get(row, "body")? })
}

/// Whether an officer of `province` needs the part.
fn is_for(name: &str, province: u16) -> bool {
    let of = name.strip_prefix("flagged/");
    of.is_none_or(|of| province == 0 || of == "0" || of == province.to_string())
}

/// Puts the parts of a kit in the place of those of the last.
async fn replace(tx: &mut Tx, parts: &[Part]) -> Read<()> {
    let named: HashSet<&str> = parts.iter().map(|part| part.name.as_str()).collect();
    let had: Vec<String> =
        db::query_scalar("SELECT name FROM kit_parts").fetch_all(&mut **tx).await.map_err(down)?;
    // A statement takes 32 766 values at most, and a kit may have more parts.
    for name in had.iter().filter(|name| !named.contains(name.as_str())) {
        db::query("DELETE FROM kit_parts WHERE name = $1")
            .bind(name)
            .execute(&mut **tx)
            .await
            .map_err(down)?;
    }
    for part in parts {
        db::query(
            "INSERT INTO kit_parts (name, sha256, body) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET sha256 = excluded.sha256, body = excluded.body
             WHERE kit_parts.sha256 <> excluded.sha256",
        )
        .bind(&part.name)
        .bind(&part.hash)
        .bind(&part.text)
        .execute(&mut **tx)
        .await
        .map_err(down)?;
    }
    Ok(())
}

#[async_trait]
impl KitLedger for Ledger {
    async fn kit_head(&self) -> Result<Option<Head>, LedgerError> {
        db::query("SELECT * FROM kits ORDER BY version DESC LIMIT 1")
            .fetch_optional(&self.reader)
            .await
            .map_err(down)?
            .as_ref()
            .map(head)
            .transpose()
    }

    async fn put_kit(
        &self,
        manifest: &Manifest,
        jws: &str,
        at: UnixMs,
        parts: &[Part],
    ) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        let latest: Option<i64> = db::query_scalar("SELECT MAX(version) FROM kits")
            .fetch_one(&mut *tx)
            .await
            .map_err(down)?;
        if latest.is_some_and(|latest| latest >= manifest.version) {
            return Err(LedgerError::Unavailable("another worker made this kit".to_owned()));
        }
        db::query(
            "INSERT INTO kits (version, revision, made_at, manifest, parts)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(manifest.version)
        .bind(manifest.revision)
        .bind(at.0)
        .bind(jws)
        .bind(serde_json::json!(manifest.parts).to_string())
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        db::query("DELETE FROM kits WHERE version <= $1")
            .bind(manifest.version - KITS_KEPT)
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        replace(&mut tx, parts).await?;
        tx.commit().await.map_err(down)
    }

    async fn kit_since(&self, have: i64, province: u16) -> Result<Option<Increment>, LedgerError> {
        // One view of kit and parts, whatever a worker writes meanwhile.
        let mut tx = self.reader.begin().await.map_err(down)?;
        let latest = db::query("SELECT * FROM kits ORDER BY version DESC LIMIT 1")
            .fetch_optional(&mut *tx)
            .await
            .map_err(down)?;
        let Some(latest) = latest else { return Ok(None) };
        let had = db::query("SELECT parts FROM kits WHERE version = $1")
            .bind(have)
            .fetch_optional(&mut *tx)
            .await
            .map_err(down)?;
        let had: HashSet<_> =
            had.as_ref().map(named).transpose()?.unwrap_or_default().into_iter().collect();
        let wanted: Vec<_> = named(&latest)?
            .into_iter()
            .filter(|part| !had.contains(part) && is_for(&part.0, province))
            .collect();
        let mut parts = Vec::with_capacity(wanted.len());
        for (name, _) in wanted {
            let row = db::query("SELECT * FROM kit_parts WHERE name = $1")
                .bind(name)
                .fetch_one(&mut *tx)
                .await
                .map_err(down)?;
            parts.push(part(&row)?);
        }
        Ok(Some(Increment { manifest: get(&latest, "manifest")?, parts }))
    }

    async fn revoked_since(
        &self,
        keys: &[KeyNumber],
        at: UnixMs,
    ) -> Result<BTreeMap<KeyNumber, UnixMs>, LedgerError> {
        if keys.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut tx = self.write().await?;
        let mut out = BTreeMap::new();
        for key in keys {
            let seen: i64 = db::query_scalar(
                "INSERT INTO key_revocations (key_number, seen_at) VALUES ($1, $2)
                 ON CONFLICT (key_number) DO UPDATE SET seen_at = key_revocations.seen_at
                 RETURNING seen_at",
            )
            .bind(i64::from(key.get()))
            .bind(at.0)
            .fetch_one(&mut *tx)
            .await
            .map_err(down)?;
            out.insert(*key, UnixMs(seen));
        }
        tx.commit().await.map_err(down)?;
        Ok(out)
    }

    async fn provinces_of(
        &self,
        payloads: &[[u8; 12]],
    ) -> Result<Vec<([u8; 12], u16)>, LedgerError> {
        let mut out = Vec::new();
        for some in payloads.chunks(ROWS_AT_ONCE) {
            let mut asked = QueryBuilder::new(
                "SELECT DISTINCT payload, place / 100 AS province FROM scans
                 WHERE place > 0 AND payload IN (",
            );
            let mut list = asked.separated(", ");
            for payload in some {
                list.push_bind(payload.to_vec());
            }
            list.push_unseparated(")");
            for row in asked.build().fetch_all(&self.reader).await.map_err(down)? {
                let province = u16::try_from(get::<i64>(&row, "province")?);
                out.push((rows::payload(&row)?, province.map_err(|_| rows::bad("place"))?));
            }
        }
        Ok(out)
    }
}
