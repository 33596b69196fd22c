//! The audit trail. A row is written in the transaction of the change that it
//! tells of.

use super::db::{self, QueryBuilder};
use async_trait::async_trait;

use super::rows::{self, Read, get};
use super::{Ledger, Tx, down, signed, unsigned};
use crate::auth::port::TrailLedger;
use crate::auth::trail::{Entry, Row, Seal, Wanted};
use crate::base::{By, LedgerError};

fn seal(row: &db::Row) -> Read<Seal> {
    get::<Vec<u8>>(row, "seal")?.try_into().map_err(|_| rows::bad("seal"))
}

pub(super) fn row(row: &db::Row) -> Read<Row> {
    Ok(Row {
        seq: unsigned(get(row, "seq")?),
        at: get(row, "at")?,
        login: get(row, "login")?,
        origin: get(row, "origin")?,
        enterprise: get(row, "enterprise")?,
        action: get(row, "action")?,
        object: get(row, "object")?,
        before: get(row, "was")?,
        after: get(row, "became")?,
        seal: seal(row)?,
    })
}

/// Tells of a change within its transaction. Whoever calls it holds the
/// writer's place, so that no other row comes between.
pub(super) async fn note(tx: &mut Tx, by: &By, entry: &Entry<'_>) -> Read<()> {
    let last = db::query("SELECT seq, seal FROM audit ORDER BY seq DESC LIMIT 1")
        .fetch_optional(&mut **tx)
        .await
        .map_err(down)?;
    let last = last.map(|row| Ok::<_, LedgerError>((unsigned(get(&row, "seq")?), seal(&row)?)));
    let row = Row::new(last.transpose()?, by, entry);
    db::query(
        "INSERT INTO audit (seq, at, login, origin, enterprise, action, object, was, became, seal)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(signed(row.seq))
    .bind(row.at)
    .bind(row.login)
    .bind(row.origin)
    .bind(row.enterprise)
    .bind(row.action)
    .bind(row.object)
    .bind(row.before)
    .bind(row.after)
    .bind(row.seal.to_vec())
    .execute(&mut **tx)
    .await
    .map(drop)
    .map_err(down)
}

/// Narrows a query to the rows that are wanted.
fn only(query: &mut QueryBuilder, wanted: &Wanted) {
    if let Some(enterprise) = &wanted.enterprise {
        query.push(" AND enterprise = ").push_bind(enterprise);
    }
    if let Some(login) = &wanted.login {
        query.push(" AND login = ").push_bind(login);
    }
    if let Some(action) = &wanted.action {
        query.push(" AND substr(action, 1, length(").push_bind(action);
        query.push(")) = ").push_bind(action);
    }
    if let Some(from) = wanted.from {
        query.push(" AND at >= ").push_bind(from);
    }
    if let Some(until) = wanted.until {
        query.push(" AND at < ").push_bind(until);
    }
}

#[async_trait]
impl TrailLedger for Ledger {
    async fn note(&self, by: &By, entry: &Entry<'_>) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        note(&mut tx, by, entry).await?;
        tx.commit().await.map_err(down)
    }

    async fn trail_back(
        &self,
        wanted: &Wanted,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Row>, LedgerError> {
        let mut query = QueryBuilder::new("SELECT * FROM audit WHERE seq < ");
        query.push_bind(before.map_or(i64::MAX, signed));
        only(&mut query, wanted);
        query.push(" ORDER BY seq DESC LIMIT ").push_bind(i64::from(limit));
        let found = query.build().fetch_all(&self.reader).await.map_err(down)?;
        found.iter().map(row).collect()
    }

    async fn trail(
        &self,
        wanted: &Wanted,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Row>, LedgerError> {
        let mut query = QueryBuilder::new("SELECT * FROM audit WHERE seq > ");
        query.push_bind(signed(after));
        only(&mut query, wanted);
        query.push(" ORDER BY seq LIMIT ").push_bind(i64::from(limit));
        let found = query.build().fetch_all(&self.reader).await.map_err(down)?;
        found.iter().map(row).collect()
    }
}
