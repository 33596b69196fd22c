//! Enterprises, products, batches, range facts.

use std::collections::BTreeMap;

use async_trait::async_trait;
use uuid::Uuid;

use super::rows::{self, Read, get};
use super::{Ledger, Tx, causes, down, next_revision, signed};
use crate::base::{FieldError, LedgerError, UnixMs};
use crate::code::{Gs1Prefix, Permutation};
use crate::registry::Decision;
use crate::registry::port::{Registered, Registration, RegistryLedger};
use crate::registry::register::Changes;
use crate::registry::{
    Batch, BatchRef, Enterprise, Gtin, Licence, PreparedBatch, Product, RangeFact, Uscc,
};

/// What came of one object inside the transaction.
type Outcome = Result<Registered, FieldError>;

impl Ledger {
    async fn put_enterprise(tx: &mut Tx, e: &Enterprise, at: UnixMs) -> Read<Outcome> {
        let found = sqlx::query("SELECT * FROM enterprises WHERE uscc = $1")
            .bind(e.uscc.as_str())
            .fetch_optional(&mut **tx)
            .await
            .map_err(down)?;
        if let Some(row) = found {
            let mut old = rows::enterprise(&row)?;
            old.licences =
                licences(&mut **tx, Some(&e.uscc)).await?.remove(&e.uscc).unwrap_or_default();
            if old.gs1_prefix.is_none() {
                old.gs1_prefix.clone_from(&e.gs1_prefix);
                if e.gs1_prefix.is_some() && &old == e {
                    return Self::give_prefix(tx, e).await;
                }
            }
            return Ok(same_or(&old == e, "uscc", &e.uscc.to_string()));
        }
        if let Some(fault) = Self::taken(tx, e).await? {
            return Ok(Err(fault));
        }
        let revision = next_revision(tx).await?;
        sqlx::query(
            "INSERT INTO enterprises (uscc, name_zh, name_en, gs1_prefix, created_at, revision)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(e.uscc.as_str())
        .bind(&e.name.zh)
        .bind(&e.name.en)
        .bind(e.gs1_prefix.as_ref().map(Gs1Prefix::as_str))
        .bind(at.0)
        .bind(revision)
        .execute(&mut **tx)
        .await
        .map_err(down)?;
        for licence in &e.licences {
            sqlx::query(
                "INSERT INTO licences (enterprise, kind, number, expires_on)
                 VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            )
            .bind(e.uscc.as_str())
            .bind(&licence.kind)
            .bind(&licence.number)
            .bind(licence.expires_on.to_string())
            .execute(&mut **tx)
            .await
            .map_err(down)?;
        }
        Ok(Ok(Registered::Added))
    }

    async fn put_product(tx: &mut Tx, p: &Product, at: UnixMs) -> Read<Outcome> {
        let found = sqlx::query("SELECT * FROM products WHERE gtin = $1")
            .bind(p.gtin.as_str())
            .fetch_optional(&mut **tx)
            .await
            .map_err(down)?;
        if let Some(row) = found {
            return Ok(same_or(&rows::product(&row)? == p, "gtin", &p.gtin.to_string()));
        }
        if !known(tx, "SELECT 1 FROM enterprises WHERE uscc = $1", p.enterprise.as_str()).await? {
            return Ok(Err(unknown("enterprise", p.enterprise.as_str())));
        }
        let revision = next_revision(tx).await?;
        sqlx::query(
            "INSERT INTO products (gtin, enterprise, name_zh, name_en, category, standard,
             net_content, shelf_life_days, pictures, created_at, revision)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(p.gtin.as_str())
        .bind(p.enterprise.as_str())
        .bind(&p.name.zh)
        .bind(&p.name.en)
        .bind(&p.category)
        .bind(&p.standard)
        .bind(&p.net_content)
        .bind(p.shelf_life_days.map(i64::from))
        .bind(serde_json::json!(p.pictures).to_string())
        .bind(at.0)
        .bind(revision)
        .execute(&mut **tx)
        .await
        .map_err(down)?;
        Ok(Ok(Registered::Added))
    }

    pub(super) async fn put_batch(tx: &mut Tx, b: &PreparedBatch, at: UnixMs) -> Read<Outcome> {
        if !known(tx, "SELECT 1 FROM products WHERE gtin = $1", b.new.product.as_str()).await? {
            return Ok(Err(unknown("product", b.new.product.as_str())));
        }
        let last: Option<i64> =
            sqlx::query_scalar("SELECT MAX(batch_number) FROM batches WHERE key_number = $1")
                .bind(i64::from(b.key.get()))
                .fetch_one(&mut **tx)
                .await
                .map_err(down)?;
        let number = u32::try_from(last.unwrap_or(0) + 1).unwrap_or(u32::MAX);
        if number > 0xff_ffff {
            return Ok(Err(FieldError::new(
                "key",
                format!("key {} has all its batches", b.key),
                "make a new key: zhenma key new",
            )));
        }
        let sscc = match Self::allot(tx, &b.enterprise, b.new.cases).await? {
            Ok(run) => run,
            Err(fault) => return Ok(Err(fault)),
        };
        let revision = next_revision(tx).await?;
        sqlx::query(
            "INSERT INTO batches (key_number, batch_number, enterprise, gtin, lot, made_on,
             expires_on, destination, dealer, layers, label_count, permutation, secret,
             created_at, revision, case_count, gs1_prefix, serial_reference)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
             $16, $17, $18)",
        )
        .bind(i64::from(b.key.get()))
        .bind(i64::from(number))
        .bind(b.enterprise.as_str())
        .bind(b.new.product.as_str())
        .bind(&b.new.lot)
        .bind(b.new.made_on.to_string())
        .bind(b.expires_on.map(|d| d.to_string()))
        .bind(i64::from(b.new.destination))
        .bind(&b.new.dealer)
        .bind(b.new.layers.slug())
        .bind(signed(b.new.count))
        .bind(Permutation::NAME)
        .bind(b.secret.to_vec())
        .bind(at.0)
        .bind(revision)
        .bind(signed(b.new.cases))
        .bind(sscc.as_ref().map(|run| run.prefix.as_str()))
        .bind(sscc.as_ref().map(|run| signed(run.first)))
        .execute(&mut **tx)
        .await
        .map_err(down)?;
        Ok(Ok(Registered::Batch(BatchRef { key: b.key, batch: number })))
    }
}

fn same_or(same: bool, field: &str, name: &str) -> Outcome {
    if same {
        return Ok(Registered::Unchanged);
    }
    Err(FieldError::new(
        field,
        format!("{name} is registered with other particulars"),
        "compare with `show`; what is registered is not overwritten",
    ))
}

fn unknown(field: &str, name: &str) -> FieldError {
    FieldError::new(field, format!("{name} is not registered"), "register it first")
}

async fn known(tx: &mut Tx, sql: &'static str, name: &str) -> Read<bool> {
    let found: Option<i64> =
        sqlx::query_scalar(sql).bind(name).fetch_optional(&mut **tx).await.map_err(down)?;
    Ok(found.is_some())
}

async fn licences<'e>(
    on: impl sqlx::Executor<'e, Database = sqlx::Sqlite>,
    of: Option<&Uscc>,
) -> Read<BTreeMap<Uscc, Vec<Licence>>> {
    let found = sqlx::query(
        "SELECT * FROM licences WHERE $1 IS NULL OR enterprise = $1 ORDER BY enterprise, kind, number",
    )
    .bind(of.map(Uscc::as_str))
    .fetch_all(on)
    .await
    .map_err(down)?;
    let mut out = BTreeMap::<_, Vec<_>>::new();
    for row in &found {
        out.entry(rows::uscc(row, "enterprise")?).or_default().push(Licence {
            kind: get(row, "kind")?,
            number: get(row, "number")?,
            expires_on: get::<String>(row, "expires_on")?
                .parse()
                .map_err(|_| rows::bad("expires_on"))?,
        });
    }
    Ok(out)
}

#[async_trait]
impl RegistryLedger for Ledger {
    async fn register(
        &self,
        objects: &[(u64, Registration)],
        at: UnixMs,
    ) -> Result<Vec<Registered>, LedgerError> {
        let mut tx = self.write().await?;
        let mut done = Vec::with_capacity(objects.len());
        let mut errors = Vec::new();
        for (line, object) in objects {
            let outcome = match object {
                Registration::Enterprise(e) => Self::put_enterprise(&mut tx, e, at).await?,
                Registration::Product(p) => Self::put_product(&mut tx, p, at).await?,
                Registration::Batch(b) => Self::put_batch(&mut tx, b, at).await?,
            };
            match outcome {
                Ok(registered) => done.push(registered),
                Err(error) if *line > 0 => errors.push(error.at_line(*line)),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(LedgerError::Invalid(errors));
        }
        tx.commit().await.map_err(down)?;
        Ok(done)
    }

    async fn enterprises(&self) -> Result<Vec<Enterprise>, LedgerError> {
        let mut licences = licences(&self.reader, None).await?;
        let found = sqlx::query("SELECT * FROM enterprises ORDER BY uscc")
            .fetch_all(&self.reader)
            .await
            .map_err(down)?;
        found
            .iter()
            .map(|row| {
                let mut e = rows::enterprise(row)?;
                e.licences = licences.remove(&e.uscc).unwrap_or_default();
                Ok(e)
            })
            .collect()
    }

    async fn enterprise(&self, uscc: &Uscc) -> Result<Enterprise, LedgerError> {
        let row = sqlx::query("SELECT * FROM enterprises WHERE uscc = $1")
            .bind(uscc.as_str())
            .fetch_optional(&self.reader)
            .await
            .map_err(down)?
            .ok_or_else(|| LedgerError::NotFound(format!("enterprise {uscc}")))?;
        let mut e = rows::enterprise(&row)?;
        e.licences = licences(&self.reader, Some(uscc)).await?.remove(uscc).unwrap_or_default();
        Ok(e)
    }

    async fn products(&self, of: Option<&Uscc>) -> Result<Vec<Product>, LedgerError> {
        sqlx::query("SELECT * FROM products WHERE $1 IS NULL OR enterprise = $1 ORDER BY gtin")
            .bind(of.map(Uscc::as_str))
            .fetch_all(&self.reader)
            .await
            .map_err(down)?
            .iter()
            .map(rows::product)
            .collect()
    }

    async fn product(&self, gtin: &Gtin) -> Result<Product, LedgerError> {
        let row = sqlx::query("SELECT * FROM products WHERE gtin = $1")
            .bind(gtin.as_str())
            .fetch_optional(&self.reader)
            .await
            .map_err(down)?
            .ok_or_else(|| LedgerError::NotFound(format!("product {gtin}")))?;
        rows::product(&row)
    }

    async fn batches(&self, of: Option<&Uscc>, limit: u32) -> Result<Vec<Batch>, LedgerError> {
        sqlx::query(
            "SELECT * FROM batches WHERE $1 IS NULL OR enterprise = $1
             ORDER BY created_at DESC, key_number DESC, batch_number DESC LIMIT $2",
        )
        .bind(of.map(Uscc::as_str))
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(rows::batch)
        .collect()
    }

    async fn batch(&self, id: BatchRef) -> Result<Batch, LedgerError> {
        let row = sqlx::query("SELECT * FROM batches WHERE key_number = $1 AND batch_number = $2")
            .bind(i64::from(id.key.get()))
            .bind(i64::from(id.batch))
            .fetch_optional(&self.reader)
            .await
            .map_err(down)?
            .ok_or_else(|| LedgerError::NotFound(format!("batch {id}")))?;
        rows::batch(&row)
    }

    async fn add_range(&self, fact: &RangeFact) -> Result<(), LedgerError> {
        let batch = self.batch(fact.batch).await?;
        if fact.first > fact.last || fact.last >= batch.count {
            return Err(LedgerError::Invalid(vec![FieldError::new(
                "range",
                format!("{}-{} is not in batch {}", fact.first, fact.last, batch.id),
                format!("its running numbers are 0-{}", batch.count - 1),
            )]));
        }
        let mut tx = self.write().await?;
        let revision = next_revision(&mut tx).await?;
        sqlx::query(
            "INSERT INTO batch_ranges (id, key_number, batch_number, first_number, last_number,
             state, reason_zh, reason_en, remedy_zh, remedy_en, set_by, set_at, revision)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(fact.id.to_string())
        .bind(i64::from(fact.batch.key.get()))
        .bind(i64::from(fact.batch.batch))
        .bind(signed(fact.first))
        .bind(signed(fact.last))
        .bind(fact.state.slug())
        .bind(&fact.reason.zh)
        .bind(&fact.reason.en)
        .bind(&fact.remedy.zh)
        .bind(&fact.remedy.en)
        .bind(&fact.set_by)
        .bind(fact.set_at.0)
        .bind(revision)
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        tx.commit().await.map_err(down)
    }

    async fn lift_range(&self, id: Uuid, at: UnixMs) -> Result<bool, LedgerError> {
        let mut tx = self.write().await?;
        let revision = next_revision(&mut tx).await?;
        let done = sqlx::query(
            "UPDATE batch_ranges SET lifted_at = $1, revision = $2
             WHERE id = $3 AND lifted_at IS NULL",
        )
        .bind(at.0)
        .bind(revision)
        .bind(id.to_string())
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        tx.commit().await.map_err(down)?;
        Ok(done.rows_affected() == 1)
    }

    async fn ranges(&self, batch: BatchRef) -> Result<Vec<RangeFact>, LedgerError> {
        sqlx::query(
            "SELECT * FROM batch_ranges WHERE key_number = $1 AND batch_number = $2
             ORDER BY set_at, id",
        )
        .bind(i64::from(batch.key.get()))
        .bind(i64::from(batch.batch))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(rows::range)
        .collect()
    }

    async fn changes(&self, since: i64) -> Result<Option<Changes>, LedgerError> {
        // One snapshot: a reader's transaction sees one state of the file.
        let mut tx = self.reader.begin().await.map_err(down)?;
        let revision: i64 =
            sqlx::query_scalar("SELECT revision FROM register_revision WHERE id = 1")
                .fetch_one(&mut *tx)
                .await
                .map_err(down)?;
        if revision == since {
            return Ok(None);
        }
        let mut changes = Changes { revision, ..Changes::default() };
        let mut licences = licences(&mut *tx, None).await?;
        for row in all(&mut tx, "SELECT * FROM enterprises WHERE revision > $1", since).await? {
            let mut e = rows::enterprise(&row)?;
            e.licences = licences.remove(&e.uscc).unwrap_or_default();
            changes.enterprises.push(e);
        }
        for row in all(&mut tx, "SELECT * FROM products WHERE revision > $1", since).await? {
            changes.products.push(rows::product(&row)?);
        }
        for row in all(&mut tx, "SELECT * FROM batches WHERE revision > $1", since).await? {
            changes.batches.push(rows::batch(&row)?);
        }
        let of_changed = "SELECT * FROM batch_ranges WHERE (key_number, batch_number) IN
             (SELECT key_number, batch_number FROM batch_ranges WHERE revision > $1)
             ORDER BY set_at, id";
        let mut ranges = BTreeMap::<_, Vec<_>>::new();
        for row in all(&mut tx, of_changed, since).await? {
            let fact = rows::range(&row)?;
            ranges.entry(fact.batch).or_default().push(fact);
        }
        changes.ranges = ranges.into_iter().collect();
        // By revision, which no clock moves: the last one here is what stands.
        let decided = "SELECT * FROM decisions WHERE revision > $1 ORDER BY revision";
        for row in all(&mut tx, decided, since).await? {
            let decision = Decision::from_slug(&get::<String>(&row, "decision")?)
                .ok_or_else(|| rows::bad("decision"))?;
            changes.decisions.push((
                rows::payload(&row)?,
                decision,
                UnixMs(get(&row, "decided_at")?),
            ));
        }
        changes.causes = causes::changed(&mut tx, since).await?;
        for row in all(&mut tx, "SELECT * FROM flags WHERE revision > $1", since).await? {
            let since: Option<i64> = get(&row, "accused_at")?;
            changes.accused.push((rows::payload(&row)?, since.map(UnixMs)));
        }
        Ok(Some(changes))
    }

    async fn secret(&self) -> Result<[u8; 32], LedgerError> {
        let row = sqlx::query("SELECT secret FROM installation WHERE id = 1")
            .fetch_one(&self.reader)
            .await
            .map_err(down)?;
        rows::secret(&row)
    }
}

async fn all(
    tx: &mut Tx,
    sql: &'static str,
    since: i64,
) -> Result<Vec<sqlx::sqlite::SqliteRow>, LedgerError> {
    sqlx::query(sql).bind(since).fetch_all(&mut **tx).await.map_err(down)
}
