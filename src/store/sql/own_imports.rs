//! Lists of own serials on their way to a batch, and who works on them.

use super::db::{self, Row};
use async_trait::async_trait;
use uuid::Uuid;

use super::booking::move_in;
use super::rows::{self, Read, get};
use super::{Ledger, Tx, audit, down, next_revision, own, signed, unsigned};
use crate::auth::trail::Entry as Note;
use crate::base::{By, FieldError, LedgerError, UnixMs, ids, rng};
use crate::keys::KeyNumber;
use crate::registry::movement::{Kind, NewMovement, Ranges, Words};
use crate::registry::own::Case;
use crate::registry::own::port::{Import, ImportState, NewImport, OwnLedger};
use crate::registry::own::sort::Entry;
use crate::registry::port::Registered;
use crate::registry::{BatchRef, NewBatch, PreparedBatch, Uscc};

fn import(row: &Row) -> Read<Import> {
    let number: Option<i64> = get(row, "batch_number")?;
    let json = |column| -> Read<String> { get(row, column) };
    Ok(Import {
        id: rows::id(row)?,
        number: get(row, "number")?,
        maker: get(row, "maker")?,
        enterprise: rows::uscc(row, "enterprise")?,
        specification: serde_json::from_str(&json("specification")?)
            .map_err(|_| rows::bad("specification"))?,
        state: ImportState::from_slug(&json("state")?).ok_or_else(|| rows::bad("state"))?,
        done: unsigned(get(row, "serials_done")?),
        total: unsigned(get(row, "serials_total")?),
        faults: serde_json::from_str(&json("faults")?).map_err(|_| rows::bad("faults"))?,
        uploaded: get::<i64>(row, "uploaded")? != 0,
        takes: get(row, "takes")?,
        asked_by: get(row, "asked_by")?,
        asked_at: UnixMs(get(row, "asked_at")?),
        finished_at: get::<Option<i64>>(row, "finished_at")?.map(UnixMs),
        batch: number.map(|_| rows::batch_ref(row)).transpose()?,
    })
}

/// Prolongs the lease of who writes, within what is written. `Conflict` where
/// another took the import since.
pub(super) async fn hold(tx: &mut Tx, of: &Import, more: u64, lease_until: UnixMs) -> Read<()> {
    let held = db::query(
        "UPDATE own_imports SET lease_until = $1, serials_done = serials_done + $2
         WHERE number = $3 AND takes = $4 AND state IN ('running', 'clearing')",
    )
    .bind(lease_until.0)
    .bind(signed(more))
    .bind(of.number)
    .bind(of.takes)
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    if held.rows_affected() == 1 {
        return Ok(());
    }
    Err(LedgerError::Conflict(format!("import {} is another's work now", of.id)))
}

async fn note(
    tx: &mut Tx,
    by: &By,
    action: &'static str,
    of: &Import,
    after: serde_json::Value,
) -> Read<()> {
    let entry = Note {
        action,
        object: format!("import {}", of.id),
        enterprise: Some(of.enterprise.as_str()),
        before: serde_json::Value::Null,
        after,
    };
    audit::note(tx, by, &entry).await
}

/// The maker's number; the case of its letters is settled by the first list.
async fn maker_of(tx: &mut Tx, new: &NewImport) -> Read<i64> {
    let case = new.specification.case;
    let row = db::query(
        "SELECT id, letter_case, CASE WHEN EXISTS (SELECT 1 FROM own_imports i
         WHERE i.maker = m.id AND i.batch_number IS NOT NULL) THEN 1 ELSE 0 END AS has_list
         FROM own_makers m WHERE enterprise = $1",
    )
    .bind(new.enterprise.as_str())
    .fetch_optional(&mut **tx)
    .await
    .map_err(down)?;
    let id = match &row {
        Some(row) => get(row, "id")?,
        None => db::query_scalar("SELECT COALESCE(MAX(id), 0) + 1 FROM own_makers")
            .fetch_one(&mut **tx)
            .await
            .map_err(down)?,
    };
    if let Some(row) = &row {
        let told = Case::from_slug(&get::<String>(row, "letter_case")?);
        if get::<i64>(row, "has_list")? != 0 && told != Some(case) {
            let told = told.unwrap_or_default().slug();
            let problem = format!("{} is not how the lists before were read", case.slug());
            let remedy = format!("write {told}: all lists of an enterprise are compared alike");
            return Err(LedgerError::Invalid(vec![FieldError::new("case", problem, remedy)]));
        }
    }
    db::query(
        "INSERT INTO own_makers (id, enterprise, letter_case, revision) VALUES ($1, $2, $3, 0)
         ON CONFLICT (id) DO UPDATE SET letter_case = excluded.letter_case",
    )
    .bind(id)
    .bind(new.enterprise.as_str())
    .bind(case.slug())
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    Ok(id)
}

/// Lists of one enterprise go in one after the other: what another one wrote
/// and may yet take away is no serial that stands in the way.
async fn none_under_way(tx: &mut Tx, new: &NewImport) -> Read<()> {
    let under_way: Option<String> = db::query_scalar(
        "SELECT id FROM own_imports WHERE enterprise = $1 AND state NOT IN ('done', 'failed')",
    )
    .bind(new.enterprise.as_str())
    .fetch_optional(&mut **tx)
    .await
    .map_err(down)?;
    under_way.map_or(Ok(()), |id| {
        Err(LedgerError::Conflict(format!(
            "import {id} of the same enterprise is under way: wait until it is done"
        )))
    })
}

fn prepared(of: &Import, count: u64) -> PreparedBatch {
    let specification = &of.specification;
    PreparedBatch {
        enterprise: of.enterprise.clone(),
        key: KeyNumber::OWN,
        new: NewBatch { count, ..specification.batch.clone() },
        expires_on: specification.expires_on,
        secret: rng::bytes(),
    }
}

async fn put_on_sale(tx: &mut Tx, batch: BatchRef, count: u64, by: &By) -> Read<()> {
    let all = NewMovement {
        id: ids::new_id(by.at),
        batch,
        kind: Kind::Activate,
        ranges: Ranges::one(0, count - 1),
        place: None,
        from: None,
        partial: false,
        words: Words::default(),
    };
    move_in(tx, &all, String::new(), (by, by.at)).await.map(drop)
}

#[async_trait]
impl OwnLedger for Ledger {
    async fn begin_import(
        &self,
        new: &NewImport,
        lease_until: UnixMs,
        by: &By,
    ) -> Result<Import, LedgerError> {
        let mut tx = self.write().await?;
        none_under_way(&mut tx, new).await?;
        let maker = maker_of(&mut tx, new).await?;
        let specification =
            serde_json::to_string(&new.specification).map_err(|_| rows::bad("specification"))?;
        let row = db::query(
            "INSERT INTO own_imports (number, id, enterprise, maker, specification, state,
             serials_done, serials_total, faults, uploaded, lease_until, takes, asked_by, asked_at)
             VALUES ((SELECT COALESCE(MAX(number), 0) + 1 FROM own_imports), $1, $2, $3, $4, $5,
             0, 0, '[]', $6, $7, 1 - $6, $8, $9) RETURNING *",
        )
        .bind(new.id.to_string())
        .bind(new.enterprise.as_str())
        .bind(maker)
        .bind(specification)
        .bind(if new.uploaded { "waiting" } else { "running" })
        .bind(i64::from(new.uploaded))
        .bind(lease_until.0)
        .bind(&by.login)
        .bind(by.at.0)
        .fetch_one(&mut *tx)
        .await
        .map_err(down)?;
        let begun = import(&row)?;
        let told = serde_json::json!(begun.specification);
        note(&mut tx, by, "own.begin", &begun, told).await?;
        tx.commit().await.map_err(down)?;
        Ok(begun)
    }

    async fn take_import(
        &self,
        of: Option<&Uscc>,
        at: UnixMs,
        lease_until: UnixMs,
    ) -> Result<Option<Import>, LedgerError> {
        let mut tx = self.write().await?;
        let row = db::query(
            "UPDATE own_imports SET takes = takes + 1, lease_until = $1,
             state = CASE WHEN uploaded = 1 AND state <> 'clearing' THEN 'running' ELSE 'clearing' END
             WHERE number = (SELECT MIN(number) FROM own_imports
                WHERE ($2 IS NULL OR (enterprise = $2 AND uploaded = 0))
                AND ((state = 'waiting' AND $2 IS NULL)
                  OR (state IN ('running', 'clearing') AND lease_until < $3)))
             RETURNING *",
        )
        .bind(lease_until.0)
        .bind(of.map(Uscc::as_str))
        .bind(at.0)
        .fetch_optional(&mut *tx)
        .await
        .map_err(down)?;
        let taken = row.as_ref().map(import).transpose()?;
        tx.commit().await.map_err(down)?;
        Ok(taken)
    }

    async fn import_beats(
        &self,
        of: &Import,
        total: u64,
        lease_until: UnixMs,
    ) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        hold(&mut tx, of, 0, lease_until).await?;
        db::query("UPDATE own_imports SET serials_total = $1 WHERE number = $2")
            .bind(signed(total))
            .bind(of.number)
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        tx.commit().await.map_err(down)
    }

    async fn put_serials(
        &self,
        of: &Import,
        entries: &[Entry],
        lease_until: UnixMs,
    ) -> Result<Vec<String>, LedgerError> {
        own::put_serials(self, of, entries, lease_until).await
    }

    async fn put_pages(
        &self,
        of: &Import,
        pages: &[(u64, String)],
        lease_until: UnixMs,
    ) -> Result<(), LedgerError> {
        own::put_pages(self, of, pages, lease_until).await
    }

    async fn finish_import(
        &self,
        of: &Import,
        count: u64,
        by: &By,
    ) -> Result<BatchRef, LedgerError> {
        let mut tx = self.write().await?;
        hold(&mut tx, of, 0, by.at).await?;
        let batch = match Self::put_batch(&mut tx, &prepared(of, count), by.at).await? {
            Ok(Registered::Batch(batch)) => batch,
            Ok(_) => return Err(rows::bad("batch")),
            Err(fault) => return Err(LedgerError::Invalid(vec![fault])),
        };
        if of.specification.on_sale {
            put_on_sale(&mut tx, batch, count, by).await?;
        }
        db::query(
            "UPDATE own_imports SET state = 'done', serials_done = $1, serials_total = $1,
             finished_at = $2, key_number = $3, batch_number = $4 WHERE number = $5",
        )
        .bind(signed(count))
        .bind(by.at.0)
        .bind(i64::from(batch.key.get()))
        .bind(i64::from(batch.batch))
        .bind(of.number)
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        let revision = next_revision(&mut tx).await?;
        let address = of.specification.address.as_ref().map(|address| address.as_str());
        db::query("UPDATE own_makers SET revision = $1, url = COALESCE($2, url) WHERE id = $3")
            .bind(revision)
            .bind(address)
            .bind(of.maker)
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        let told = serde_json::json!({"batch": batch, "serials": count});
        note(&mut tx, by, "own.import", of, told).await?;
        tx.commit().await.map_err(down)?;
        Ok(batch)
    }

    async fn clear_import(
        &self,
        of: &Import,
        after: &str,
        lease_until: UnixMs,
    ) -> Result<Option<String>, LedgerError> {
        own::clear(self, of, after, lease_until).await
    }

    async fn fail_import(
        &self,
        of: &Import,
        faults: &[FieldError],
        by: &By,
    ) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        hold(&mut tx, of, 0, by.at).await?;
        let told = serde_json::to_string(faults).map_err(|_| rows::bad("faults"))?;
        db::query(
            "UPDATE own_imports SET state = 'failed', serials_done = 0, faults = $1,
             finished_at = $2 WHERE number = $3",
        )
        .bind(told)
        .bind(by.at.0)
        .bind(of.number)
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        note(&mut tx, by, "own.fail", of, serde_json::json!({"faults": faults.len()})).await?;
        tx.commit().await.map_err(down)
    }

    async fn import(&self, id: Uuid) -> Result<Import, LedgerError> {
        let row = db::query("SELECT * FROM own_imports WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await
            .map_err(down)?
            .ok_or_else(|| LedgerError::NotFound(format!("import {id}")))?;
        import(&row)
    }

    async fn imports(&self, of: Option<&Uscc>, limit: u32) -> Result<Vec<Import>, LedgerError> {
        db::query(
            "SELECT * FROM own_imports WHERE $1 IS NULL OR enterprise = $1
             ORDER BY number DESC LIMIT $2",
        )
        .bind(of.map(Uscc::as_str))
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(import)
        .collect()
    }

    async fn serials_from(
        &self,
        batch: BatchRef,
        first: u64,
        limit: u32,
    ) -> Result<Vec<(u64, String)>, LedgerError> {
        own::serials_from(self, batch, first, limit).await
    }

    async fn serial_of(&self, batch: BatchRef, number: u64) -> Result<Option<String>, LedgerError> {
        let one = own::serials_from(self, batch, number, 1).await?;
        Ok(one.into_iter().next().map(|(_, serial)| serial))
    }
}
