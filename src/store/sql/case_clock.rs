//! Persons, words and photos of cases whose time is over.

use super::db;
use std::collections::BTreeSet;

use async_trait::async_trait;
use uuid::Uuid;

use super::case_files::{read, unknown};
use super::rows::{self, Read};
use super::{Ledger, Tx, audit, down, media};
use crate::auth::trail::Entry;
use crate::base::{By, LedgerError, UnixMs};
use crate::cases::clock::{CaseClock, Erased, GONE};
use crate::cases::fact::Fact;
use crate::cases::file::CaseFile;
use crate::media::Sha256Hex;

const OLD: &str = "SELECT id FROM case_files WHERE erased_at IS NULL
    AND state IN ('closed', 'merged', 'void') AND hold = 0 AND updated_at < $1
    ORDER BY updated_at LIMIT $2";

/// What stands beside the entries. Visits of the case are by themselves from now on,
/// and go by their own clock; the last two are its packages of evidence.
const BESIDE: [&str; 6] = [
    "UPDATE inquiries SET question = '—', photos = '[]', files = '[]',
     grounds = CASE WHEN grounds IS NULL THEN NULL ELSE '—' END,
     signer = CASE WHEN signer IS NULL THEN NULL ELSE '—' END,
     position = CASE WHEN position IS NULL THEN NULL ELSE '—' END WHERE case_id = $1",
    "UPDATE case_transfers SET grounds = '—' WHERE case_id = $1",
    "DELETE FROM visit_cases WHERE case_file = $1",
    "INSERT INTO evidence_gone (package) SELECT id FROM evidence_packages WHERE case_id = $1
     ON CONFLICT (package) DO NOTHING",
    "DELETE FROM evidence_stamps WHERE package IN
     (SELECT id FROM evidence_packages WHERE case_id = $1)",
    "DELETE FROM evidence_packages WHERE case_id = $1",
];

async fn erase(tx: &mut Tx, file: &CaseFile, by: &By) -> Read<()> {
    let id = file.id.to_string();
    for entry in file.entries() {
        let left = entry.fact.without_persons();
        if left == entry.fact {
            continue;
        }
        db::query("UPDATE case_entries SET fact = $1 WHERE case_id = $2 AND seq = $3")
            .bind(serde_json::json!(left).to_string())
            .bind(&id)
            .bind(i64::from(entry.seq))
            .execute(&mut **tx)
            .await
            .map_err(down)?;
    }
    db::query("UPDATE case_files SET title = $1, erased_at = $2 WHERE id = $3")
        .bind(GONE)
        .bind(by.at.0)
        .bind(&id)
        .execute(&mut **tx)
        .await
        .map_err(down)?;
    for statement in BESIDE {
        db::query(statement).bind(&id).execute(&mut **tx).await.map_err(down)?;
    }
    for photo in photos(file) {
        // Whoever deletes files finds them noted.
        media::release(tx, &photo).await?;
    }
    let entry = Entry {
        action: "case.erase",
        object: format!("case {id}"),
        enterprise: None,
        before: serde_json::Value::Null,
        after: serde_json::json!({"number": file.number, "entries": file.seq()}),
    };
    audit::note(tx, by, &entry).await
}

fn photos(file: &CaseFile) -> BTreeSet<Sha256Hex> {
    let named = file.entries().iter().flat_map(|entry| match &entry.fact {
        Fact::Photo(photo) => std::slice::from_ref(&photo.media),
        Fact::Answer { files, .. } => files,
        _ => &[],
    });
    named.filter_map(|hash| Sha256Hex::parse(hash)).collect()
}

fn ids(found: &[String]) -> Read<Vec<Uuid>> {
    found.iter().map(|id| id.parse().map_err(|_| rows::bad("id"))).collect()
}

#[async_trait]
impl CaseClock for Ledger {
    async fn erase_cases(
        &self,
        before: UnixMs,
        limit: u32,
        by: &By,
    ) -> Result<Erased, LedgerError> {
        let mut tx = self.write().await?;
        let old: Vec<String> = db::query_scalar(OLD)
            .bind(before.0)
            .bind(i64::from(limit))
            .fetch_all(&mut *tx)
            .await
            .map_err(down)?;
        for id in ids(&old)? {
            let file = read(&mut *tx, id).await?.ok_or_else(|| unknown(id))?;
            erase(&mut tx, &file, by).await?;
        }
        let gone: Vec<String> = db::query_scalar("SELECT package FROM evidence_gone LIMIT 500")
            .fetch_all(&mut *tx)
            .await
            .map_err(down)?;
        tx.commit().await.map_err(down)?;
        let cases = u32::try_from(old.len()).unwrap_or(u32::MAX);
        Ok(Erased { cases, packages: ids(&gone)?, more: cases >= limit })
    }

    async fn forget_packages(&self, gone: &[Uuid]) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        for package in gone {
            db::query("DELETE FROM evidence_gone WHERE package = $1")
                .bind(package.to_string())
                .execute(&mut *tx)
                .await
                .map_err(down)?;
        }
        tx.commit().await.map_err(down)
    }
}
