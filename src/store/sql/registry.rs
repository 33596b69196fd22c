//! Enterprises, products, batches, range facts.

use super::db::{self, Row};
use std::collections::BTreeMap;

use async_trait::async_trait;
use futures::TryStreamExt;
use uuid::Uuid;

use super::open::Place;
use super::rows::{self, Read, get};
use super::{Ledger, Tx, audit, causes, down, facts, own, spans, trace_milestones};
use crate::auth::trail::Entry;
use crate::base::{By, LedgerError, UnixMs};
use crate::registry::Decision;
use crate::registry::port::{Registered, Registration, RegistryLedger};
use crate::registry::register::Changes;
use crate::registry::{Batch, BatchRef, Enterprise, Gtin, Licence, Product, RangeFact, Uscc};

/// Tells of what was registered: one object by its name, more by their number.
async fn note_registered(
    tx: &mut Tx,
    by: &By,
    objects: &[(u64, Registration)],
    done: &[Registered],
) -> Read<()> {
    let added: Vec<_> = objects
        .iter()
        .map(|(_, object)| object)
        .zip(done)
        .filter(|(_, done)| **done != Registered::Unchanged)
        .collect();
    let Some((first, what)) = added.first() else { return Ok(()) };
    let own = |object: &Registration| object.enterprise().as_str().to_owned();
    let enterprise = own(first);
    let of_one = added.iter().all(|(object, _)| own(object) == enterprise);
    let (object, after) = match (added.len(), what) {
        (1, Registered::Batch(id)) => (format!("batch {id}"), first.told()),
        (1, _) => (first.name(), first.told()),
        (n, _) => (format!("{n} objects"), serde_json::json!({"kind": first.kind(), "count": n})),
    };
    let entry = Entry {
        action: "register.add",
        object,
        enterprise: of_one.then_some(&*enterprise),
        before: serde_json::Value::Null,
        after,
    };
    audit::note(tx, by, &entry).await
}

pub(super) async fn licences<'e>(
    on: impl db::On<'e>,
    of: Option<&Uscc>,
) -> Read<BTreeMap<Uscc, Vec<Licence>>> {
    let found = db::query(
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
        by: &By,
    ) -> Result<Vec<Registered>, LedgerError> {
        let mut tx = self.write().await?;
        let mut done = Vec::with_capacity(objects.len());
        let mut errors = Vec::new();
        for (line, object) in objects {
            let outcome = match object {
                Registration::Enterprise(e) => Self::put_enterprise(&mut tx, e, by.at).await?,
                Registration::Product(p) => Self::put_product(&mut tx, p, by.at).await?,
                Registration::Batch(b) => Self::put_batch(&mut tx, b, by.at).await?,
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
        note_registered(&mut tx, by, objects, &done).await?;
        tx.commit().await.map_err(down)?;
        Ok(done)
    }

    async fn enterprises(&self) -> Result<Vec<Enterprise>, LedgerError> {
        let mut licences = licences(&self.reader, None).await?;
        let found = db::query("SELECT * FROM enterprises ORDER BY uscc")
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
        let row = db::query("SELECT * FROM enterprises WHERE uscc = $1")
            .bind(uscc.as_str())
            .fetch_optional(&self.reader)
            .await
            .map_err(down)?
            .ok_or_else(|| LedgerError::NotFound(format!("enterprise {uscc}")))?;
        let mut e = rows::enterprise(&row)?;
        e.licences = licences(&self.reader, Some(uscc)).await?.remove(uscc).unwrap_or_default();
        Ok(e)
    }

    async fn set_licence(&self, of: &Uscc, new: &Licence, by: &By) -> Result<(), LedgerError> {
        self.put_licence(of, new, by).await
    }

    async fn change_product(&self, product: &Product, by: &By) -> Result<bool, LedgerError> {
        self.put_changed_product(product, by).await
    }

    async fn products(&self, of: Option<&Uscc>) -> Result<Vec<Product>, LedgerError> {
        db::query("SELECT * FROM products WHERE $1 IS NULL OR enterprise = $1 ORDER BY gtin")
            .bind(of.map(Uscc::as_str))
            .fetch_all(&self.reader)
            .await
            .map_err(down)?
            .iter()
            .map(rows::product)
            .collect()
    }

    async fn product(&self, gtin: &Gtin) -> Result<Product, LedgerError> {
        let row = db::query("SELECT * FROM products WHERE gtin = $1")
            .bind(gtin.as_str())
            .fetch_optional(&self.reader)
            .await
            .map_err(down)?
            .ok_or_else(|| LedgerError::NotFound(format!("product {gtin}")))?;
        rows::product(&row)
    }

    async fn batches(&self, of: Option<&Uscc>, limit: u32) -> Result<Vec<Batch>, LedgerError> {
        db::query(
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
        let row = db::query("SELECT * FROM batches WHERE key_number = $1 AND batch_number = $2")
            .bind(i64::from(id.key.get()))
            .bind(i64::from(id.batch))
            .fetch_optional(&self.reader)
            .await
            .map_err(down)?
            .ok_or_else(|| LedgerError::NotFound(format!("batch {id}")))?;
        rows::batch(&row)
    }

    async fn add_range(&self, fact: &RangeFact, by: &By) -> Result<(), LedgerError> {
        facts::add(self, fact, by).await
    }

    async fn lift_range(&self, id: Uuid, by: &By) -> Result<bool, LedgerError> {
        facts::lift(self, id, by).await
    }

    async fn ranges(&self, batch: BatchRef) -> Result<Vec<RangeFact>, LedgerError> {
        facts::of(self, batch).await
    }

    async fn timeline(&self) -> Result<i64, LedgerError> {
        if let Place::File(_) = self.place {
            return Ok(0);
        }
        // The first eight digits of a segment's name, which is everybody's to ask. The
        // last checkpoint tells it too, but late. A standby refuses it.
        db::query_scalar(
            "SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint",
        )
        .fetch_one(&self.reader)
        .await
        .map_err(down)
    }

    async fn changes(&self, since: i64) -> Result<Option<Changes>, LedgerError> {
        // One snapshot: a reader's transaction sees one state of the file.
        let mut tx = self.reader.begin().await.map_err(down)?;
        let revision: i64 = db::query_scalar("SELECT revision FROM register_revision WHERE id = 1")
            .fetch_one(&mut *tx)
            .await
            .map_err(down)?;
        if revision == since {
            return Ok(None);
        }
        let mut changes = Changes { revision, ..Changes::default() };
        let mut licences = licences(&mut *tx, None).await?;
        let enterprises = "SELECT * FROM enterprises WHERE revision > $1";
        changes.enterprises = all(&mut tx, enterprises, since, rows::enterprise).await?;
        for e in &mut changes.enterprises {
            e.licences = licences.remove(&e.uscc).unwrap_or_default();
        }
        let products = "SELECT * FROM products WHERE revision > $1";
        changes.products = all(&mut tx, products, since, rows::product).await?;
        let batches = "SELECT * FROM batches WHERE revision > $1";
        changes.batches = all(&mut tx, batches, since, rows::batch).await?;
        changes.ranges = facts::changed(&mut tx, since).await?;
        let new: Vec<_> = changes.batches.iter().map(|batch| batch.id).collect();
        (changes.lying, changes.moves) = spans::changed(&mut tx, since, &new).await?;
        // By revision, which no clock moves: the last one here is what stands.
        let decided = "SELECT * FROM decisions WHERE revision > $1 ORDER BY revision";
        changes.decisions = all(&mut tx, decided, since, |row| {
            let decision = Decision::from_slug(&get::<String>(row, "decision")?)
                .ok_or_else(|| rows::bad("decision"))?;
            Ok((rows::payload(row)?, decision, UnixMs(get(row, "decided_at")?)))
        })
        .await?;
        changes.causes = causes::changed(&mut tx, since).await?;
        let flags = "SELECT payload, accused_at FROM flags WHERE revision > $1";
        changes.accused = all(&mut tx, flags, since, |row| {
            let since: Option<i64> = get(row, "accused_at")?;
            Ok((rows::payload(row)?, since.map(UnixMs)))
        })
        .await?;
        changes.milestones = trace_milestones::changed(&mut tx, since).await?;
        changes.own_makers = own::changed(&mut tx, since).await?;
        Ok(Some(changes))
    }

    async fn secret(&self) -> Result<[u8; 32], LedgerError> {
        let row = db::query("SELECT secret FROM installation WHERE id = 1")
            .fetch_one(&self.reader)
            .await
            .map_err(down)?;
        rows::secret(&row)
    }
}

/// Reads each row as it comes: ten thousand rows of batches held together would
/// be more than what is made of them.
async fn all<T>(
    tx: &mut Tx,
    sql: &'static str,
    since: i64,
    read: fn(&Row) -> Read<T>,
) -> Read<Vec<T>> {
    let mut rows = db::query(sql).bind(since).fetch(&mut **tx);
    let mut out = Vec::new();
    while let Some(row) = rows.try_next().await.map_err(down)? {
        out.push(read(&row)?);
    }
    Ok(out)
}
