//! One object of the register, put in within a transaction.

use super::db;
use super::registry::licences;
use super::rows::{self, Read};
use super::{Ledger, Tx, audit, down, next_revision, signed, spans};
use crate::auth::trail::Entry;
use crate::base::{By, FieldError, LedgerError, UnixMs};
use crate::code::{Gs1Prefix, Permutation};
use crate::registry::port::Registered;
use crate::registry::{BatchRef, Enterprise, Licence, PreparedBatch, Product, Uscc};

/// What came of one object inside the transaction.
pub(super) type Outcome = Result<Registered, FieldError>;

impl Ledger {
    pub(super) async fn put_enterprise(tx: &mut Tx, e: &Enterprise, at: UnixMs) -> Read<Outcome> {
        let found = db::query("SELECT * FROM enterprises WHERE uscc = $1")
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
        db::query(
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
            db::query(
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

    pub(super) async fn put_licence(&self, of: &Uscc, new: &Licence, by: &By) -> Read<()> {
        let mut tx = self.write().await?;
        let found = db::query("SELECT * FROM enterprises WHERE uscc = $1")
            .bind(of.as_str())
            .fetch_optional(&mut *tx)
            .await
            .map_err(down)?;
        let row = found.ok_or_else(|| LedgerError::NotFound(format!("enterprise {of}")))?;
        let mut enterprise = rows::enterprise(&row)?;
        let held = licences(&mut *tx, Some(of)).await?.remove(of).unwrap_or_default();
        let is_same = |old: &&Licence| old.kind == new.kind && old.number == new.number;
        let before = serde_json::json!(held.iter().find(is_same));
        enterprise.licences = held.into_iter().filter(|old| !is_same(&old)).collect();
        enterprise.licences.push(new.clone());
        enterprise.check().map_err(LedgerError::Invalid)?;
        db::query(
            "INSERT INTO licences (enterprise, kind, number, expires_on) VALUES ($1, $2, $3, $4)
             ON CONFLICT (enterprise, kind, number) DO UPDATE SET expires_on = excluded.expires_on",
        )
        .bind(of.as_str())
        .bind(&new.kind)
        .bind(&new.number)
        .bind(new.expires_on.to_string())
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        let revision = next_revision(&mut tx).await?;
        db::query("UPDATE enterprises SET revision = $1 WHERE uscc = $2")
            .bind(revision)
            .bind(of.as_str())
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        let told = Entry {
            action: "licence.set",
            object: format!("enterprise {of}"),
            enterprise: Some(of.as_str()),
            before,
            after: serde_json::json!(new),
        };
        audit::note(&mut tx, by, &told).await?;
        tx.commit().await.map_err(down)
    }

    pub(super) async fn put_product(tx: &mut Tx, p: &Product, at: UnixMs) -> Read<Outcome> {
        let found = db::query("SELECT * FROM products WHERE gtin = $1")
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
        db::query(
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

    pub(super) async fn put_changed_product(&self, new: &Product, by: &By) -> Read<bool> {
        let mut tx = self.write().await?;
        let found = db::query("SELECT * FROM products WHERE gtin = $1 AND enterprise = $2")
            .bind(new.gtin.as_str())
            .bind(new.enterprise.as_str())
            .fetch_optional(&mut *tx)
            .await
            .map_err(down)?;
        let named = format!("product {}", new.gtin);
        let old = rows::product(&found.ok_or_else(|| LedgerError::NotFound(named.clone()))?)?;
        if &old == new {
            return Ok(false);
        }
        let labelled = "SELECT 1 FROM batches WHERE gtin = $1 LIMIT 1";
        if old.net_content != new.net_content && known(&mut tx, labelled, new.gtin.as_str()).await?
        {
            return Err(LedgerError::Invalid(vec![FieldError::new(
                "net_content",
                format!("is {} on labels that were ordered", old.net_content),
                "register the other size as a product with a GTIN of its own",
            )]));
        }
        let revision = next_revision(&mut tx).await?;
        db::query(
            "UPDATE products SET name_zh = $1, name_en = $2, category = $3, standard = $4,
             net_content = $5, shelf_life_days = $6, pictures = $7, revision = $8 WHERE gtin = $9",
        )
        .bind(&new.name.zh)
        .bind(&new.name.en)
        .bind(&new.category)
        .bind(&new.standard)
        .bind(&new.net_content)
        .bind(new.shelf_life_days.map(i64::from))
        .bind(serde_json::json!(new.pictures).to_string())
        .bind(revision)
        .bind(new.gtin.as_str())
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        let told = Entry {
            action: "product.change",
            object: named,
            enterprise: Some(new.enterprise.as_str()),
            before: serde_json::json!(old),
            after: serde_json::json!(new),
        };
        audit::note(&mut tx, by, &told).await?;
        tx.commit().await.map_err(down)?;
        Ok(true)
    }

    pub(super) async fn put_batch(tx: &mut Tx, b: &PreparedBatch, at: UnixMs) -> Read<Outcome> {
        if !known(tx, "SELECT 1 FROM products WHERE gtin = $1", b.new.product.as_str()).await? {
            return Ok(Err(unknown("product", b.new.product.as_str())));
        }
        let last: Option<i64> =
            db::query_scalar("SELECT MAX(batch_number) FROM batches WHERE key_number = $1")
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
        let sscc = match Self::allot(tx, &b.enterprise, b.new.cases + b.new.pallets).await? {
            Ok(run) => run,
            Err(fault) => return Ok(Err(fault)),
        };
        let revision = next_revision(tx).await?;
        db::query(
            "INSERT INTO batches (key_number, batch_number, enterprise, gtin, lot, made_on,
             expires_on, destination, dealer, layers, label_count, permutation, secret,
             created_at, revision, case_count, gs1_prefix, serial_reference,
             pallet_count)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
             $16, $17, $18, $19)",
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
        .bind(signed(b.new.pallets))
        .execute(&mut **tx)
        .await
        .map_err(down)?;
        let id = BatchRef { key: b.key, batch: number };
        spans::issue(tx, id, b.new.count).await?;
        Ok(Ok(Registered::Batch(id)))
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
        db::query_scalar(sql).bind(name).fetch_optional(&mut **tx).await.map_err(down)?;
    Ok(found.is_some())
}
