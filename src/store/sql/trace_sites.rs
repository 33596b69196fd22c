//! Places of an enterprise, and what it sets for its goods.

use super::db::{self, Row};
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::rows::{self, Read, get};
use super::{Ledger, Tx, audit, down, next_revision};
use crate::auth::trail::Entry;
use crate::base::{By, FieldError, LedgerError};
use crate::registry::{Bilingual, Uscc};
use crate::trace::place::{Customs, PLACES_MAX, PlaceKind, Site};

fn site(row: &Row) -> Read<Site> {
    Ok(Site {
        code: get(row, "code")?,
        kind: PlaceKind::from_slug(&get::<String>(row, "kind")?)
            .ok_or_else(|| rows::bad("kind"))?,
        name: Bilingual { zh: get(row, "name_zh")?, en: get(row, "name_en")? },
        gln: get(row, "gln")?,
        region: u16::try_from(get::<i64>(row, "region")?).map_err(|_| rows::bad("region"))?,
    })
}

fn told(site: &Site) -> Value {
    json!({"kind": site.kind.slug(), "name": site.name.zh, "gln": site.gln, "region": site.region})
}

const ALL: &str = "SELECT * FROM trace_places WHERE enterprise = $1 ORDER BY code";

pub(super) async fn sites(ledger: &Ledger, own: &Uscc) -> Read<Vec<Site>> {
    let found = db::query(ALL).bind(own.as_str()).fetch_all(&ledger.reader).await;
    found.map_err(down)?.iter().map(site).collect()
}

/// The same within a transaction, by code.
pub(super) async fn by_code(tx: &mut Tx, own: &Uscc) -> Read<BTreeMap<String, Site>> {
    let found = db::query(ALL).bind(own.as_str()).fetch_all(&mut **tx).await.map_err(down)?;
    found.iter().map(|row| site(row).map(|site| (site.code.clone(), site))).collect()
}

pub(super) async fn put(ledger: &Ledger, own: &Uscc, new: &Site, by: &By) -> Read<()> {
    let mut tx = ledger.write().await?;
    let all = by_code(&mut tx, own).await?;
    if all.len() >= PLACES_MAX && !all.contains_key(&new.code) {
        let remedy = "change one that is not used any more";
        let fault = FieldError::new("code", format!("{PLACES_MAX} places are there"), remedy);
        return Err(LedgerError::Invalid(vec![fault]));
    }
    if all.get(&new.code) == Some(new) {
        return Ok(());
    }
    db::query(
        "INSERT INTO trace_places (enterprise, code, kind, name_zh, name_en, gln, region)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (enterprise, code) DO UPDATE SET kind = excluded.kind,
         name_zh = excluded.name_zh, name_en = excluded.name_en, gln = excluded.gln,
         region = excluded.region",
    )
    .bind(own.as_str())
    .bind(&new.code)
    .bind(new.kind.slug())
    .bind(&new.name.zh)
    .bind(&new.name.en)
    .bind(&new.gln)
    .bind(i64::from(new.region))
    .execute(&mut *tx)
    .await
    .map_err(down)?;
    let entry = Entry {
        action: "place.put",
        object: format!("place {}", new.code),
        enterprise: Some(own.as_str()),
        before: all.get(&new.code).map_or(Value::Null, told),
        after: told(new),
    };
    audit::note(&mut tx, by, &entry).await?;
    tx.commit().await.map_err(down)
}

fn customs_of(row: &Row) -> Read<Customs> {
    let size = |column| -> Read<usize> {
        usize::try_from(get::<i64>(row, column)?).map_err(|_| rows::bad(column))
    };
    Ok(Customs {
        name_dealers: get::<i64>(row, "name_dealers")? != 0,
        case_size: size("case_size")?,
        pallet_size: size("pallet_size")?,
        activates: get::<i64>(row, "activates")? != 0,
    })
}

pub(super) async fn customs<'e>(on: impl db::On<'e>, own: &Uscc) -> Read<Customs> {
    db::query("SELECT * FROM trace_customs WHERE enterprise = $1")
        .bind(own.as_str())
        .fetch_optional(on)
        .await
        .map_err(down)?
        .as_ref()
        .map_or(Ok(Customs::default()), customs_of)
}

pub(super) async fn set_customs(ledger: &Ledger, own: &Uscc, new: &Customs, by: &By) -> Read<()> {
    let mut tx = ledger.write().await?;
    let old = customs(&mut *tx, own).await?;
    if old == *new {
        return Ok(());
    }
    let size = |n: usize| i64::try_from(n).unwrap_or(0);
    db::query(
        "INSERT INTO trace_customs (enterprise, name_dealers, case_size, pallet_size, activates)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (enterprise) DO UPDATE SET
         name_dealers = excluded.name_dealers, case_size = excluded.case_size,
         pallet_size = excluded.pallet_size, activates = excluded.activates",
    )
    .bind(own.as_str())
    .bind(i64::from(new.name_dealers))
    .bind(size(new.case_size))
    .bind(size(new.pallet_size))
    .bind(i64::from(new.activates))
    .execute(&mut *tx)
    .await
    .map_err(down)?;
    if old.name_dealers != new.name_dealers {
        // What buyers read of every batch changes with it.
        let revision = next_revision(&mut tx).await?;
        db::query(
            "UPDATE trace_milestones SET revision = $1 WHERE kind = 'shipped' AND
             (key_number, batch_number) IN
             (SELECT key_number, batch_number FROM batches WHERE enterprise = $2)",
        )
        .bind(revision)
        .bind(own.as_str())
        .execute(&mut *tx)
        .await
        .map_err(down)?;
    }
    let told = |c: &Customs| {
        json!({"name_dealers": c.name_dealers, "case_size": c.case_size,
            "pallet_size": c.pallet_size, "activates": c.activates})
    };
    let entry = Entry {
        action: "customs.set",
        object: "customs".to_owned(),
        enterprise: Some(own.as_str()),
        before: told(&old),
        after: told(new),
    };
    audit::note(&mut tx, by, &entry).await?;
    tx.commit().await.map_err(down)
}
