//! Offices of market regulation, and who has a seat there.

use super::db::{self, Row};
use async_trait::async_trait;
use serde_json::json;
use uuid::Uuid;

use super::accounts::{known, note, told};
use super::rows::{self, Read, get};
use super::{Ledger, Tx, audit, down};
use crate::auth::office::{OFFICES_MAX, Office, OfficeLedger, Seat};
use crate::auth::trail::Entry;
use crate::base::{By, FieldError, LedgerError};

fn office(row: &Row) -> Read<Office> {
    Ok(Office {
        id: rows::id(row)?,
        name_zh: get(row, "name_zh")?,
        name_en: get(row, "name_en")?,
        region: u16::try_from(get::<i64>(row, "region")?).map_err(|_| rows::bad("region"))?,
    })
}

pub(super) async fn found(tx: &mut Tx, id: Uuid) -> Read<Option<Office>> {
    db::query("SELECT * FROM offices WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(&mut **tx)
        .await
        .map_err(down)?
        .as_ref()
        .map(office)
        .transpose()
}

fn said(office: &Office) -> serde_json::Value {
    json!({"name_zh": office.name_zh, "name_en": office.name_en, "region": office.region})
}

async fn room(tx: &mut Tx) -> Read<()> {
    let there: i64 = db::query_scalar("SELECT COUNT(*) FROM offices")
        .fetch_one(&mut **tx)
        .await
        .map_err(down)?;
    if there < i64::from(OFFICES_MAX) {
        return Ok(());
    }
    let problem = format!("{OFFICES_MAX} offices are there");
    let fault = FieldError::new("name_zh", problem, "change one of them");
    Err(LedgerError::Invalid(vec![fault]))
}

#[async_trait]
impl OfficeLedger for Ledger {
    async fn offices(&self) -> Result<Vec<Office>, LedgerError> {
        db::query("SELECT * FROM offices ORDER BY created_at, id LIMIT $1")
            .bind(i64::from(OFFICES_MAX))
            .fetch_all(&self.reader)
            .await
            .map_err(down)?
            .iter()
            .map(office)
            .collect()
    }

    async fn put_office(&self, office: &Office, by: &By) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        let before = found(&mut tx, office.id).await?;
        if before.is_none() {
            room(&mut tx).await?;
        }
        db::query(
            "INSERT INTO offices (id, name_zh, name_en, region, created_at)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE SET
             name_zh = excluded.name_zh, name_en = excluded.name_en, region = excluded.region",
        )
        .bind(office.id.to_string())
        .bind(&office.name_zh)
        .bind(&office.name_en)
        .bind(i64::from(office.region))
        .bind(by.at.0)
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        let entry = Entry {
            action: "office.put",
            object: format!("office {}", office.id),
            enterprise: None,
            before: before.as_ref().map(said).unwrap_or_default(),
            after: said(office),
        };
        audit::note(&mut tx, by, &entry).await?;
        tx.commit().await.map_err(down)
    }

    async fn set_seat(
        &self,
        login: &str,
        office: Uuid,
        seat: Seat,
        by: &By,
    ) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        let before = known(&mut tx, login).await?;
        if before.role.seat().is_none() {
            return Err(LedgerError::NotFound(format!("officer {login}")));
        }
        if found(&mut tx, office).await?.is_none() {
            return Err(LedgerError::NotFound(format!("office {office}")));
        }
        db::query("UPDATE accounts SET duties = $1, office = $2 WHERE login = $3")
            .bind(seat.slug())
            .bind(office.to_string())
            .bind(login)
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        let after = known(&mut tx, login).await?;
        note(&mut tx, by, "account.seat", &after, [told(&before), told(&after)]).await?;
        tx.commit().await.map_err(down)
    }
}
