//! Visits whose time is over, and the photos that go with them.

use crate::store::sql::db;
use std::collections::BTreeSet;

use super::kept;
use crate::auth::trail::Entry;
use crate::base::{By, LedgerError, UnixMs};
use crate::media::Sha256Hex;
use crate::store::sql::rows::{Read, get};
use crate::store::sql::{Ledger, Tx, audit, down, media};
use crate::visits::Fact;
use crate::visits::port::Forgotten;

/// A visit goes with all that belongs to it, a check outside of one alone.
const OLD: &str = "SELECT r.id FROM field_records r WHERE r.received_at < $1
    AND (r.visit IS NULL OR r.kind = 'visit')
    AND NOT EXISTS (SELECT 1 FROM visit_cases c WHERE c.visit = r.id)
    AND NOT EXISTS (SELECT 1 FROM field_records l WHERE l.visit = r.id AND l.received_at >= $1)
    ORDER BY r.seq LIMIT $2";

pub(super) async fn forget(
    ledger: &Ledger,
    before: UnixMs,
    limit: u32,
    by: &By,
) -> Result<Forgotten, LedgerError> {
    let mut tx = ledger.write().await?;
    let old = db::query(OLD).bind(before.0).bind(i64::from(limit));
    let old = old.fetch_all(&mut *tx).await.map_err(down)?;
    let mut forgotten = Forgotten::default();
    let mut pictures = BTreeSet::new();
    for row in &old {
        pictures.extend(delete(&mut tx, get(row, "id")?).await?);
        forgotten.visits += 1;
    }
    for picture in &pictures {
        if let Some(photo) = Sha256Hex::parse(picture) {
            forgotten.files.extend(media::release(&mut tx, &photo).await?);
        }
    }
    if forgotten.visits > 0 {
        let entry = Entry {
            action: "visit.forget",
            object: "visits".to_owned(),
            enterprise: None,
            before: serde_json::Value::Null,
            after: serde_json::json!({"visits": forgotten.visits, "came_before": before.0}),
        };
        audit::note(&mut tx, by, &entry).await?;
    }
    tx.commit().await.map_err(down)?;
    Ok(forgotten)
}

/// Deletes the records; gives the hashes of pictures that they named.
async fn delete(tx: &mut Tx, id: String) -> Read<Vec<String>> {
    let gone = db::query("DELETE FROM field_records WHERE id = $1 OR visit = $1 RETURNING *")
        .bind(id)
        .fetch_all(&mut **tx)
        .await
        .map_err(down)?;
    let mut out = Vec::new();
    for row in &gone {
        match kept(row)?.record.fact {
            Fact::Photo(photo) => out.push(photo.sha256),
            Fact::Check(check) => out.extend(check.photos),
            Fact::Signature(signature) => out.extend(signature.sha256),
            Fact::Visit(_) | Fact::Seal(_) | Fact::Sweep(_) | Fact::Note(_) => {}
        }
    }
    Ok(out)
}
