//! What overviews count.

use super::db::{self, Row};
use async_trait::async_trait;

use super::rows::{self, Read, get};
use super::{Ledger, audit, cases, down, recalls, shipped, unsigned};
use crate::auth::trail::Entry;
use crate::base::{By, LedgerError, UnixMs};
use crate::cases::Flag;
use crate::overview::{OverviewLedger, Reply, Shipped};
use crate::recall::Recall;
use crate::registry::Uscc;
use crate::registry::movement::Account;
use crate::registry::order::Order;

fn reply(row: &Row) -> Read<Reply> {
    Ok(Reply {
        id: rows::id(row)?,
        batch: rows::batch_ref(row)?,
        text: get(row, "reply")?,
        by: get(row, "replied_by")?,
        at: UnixMs(get(row, "replied_at")?),
    })
}

#[async_trait]
impl OverviewLedger for Ledger {
    async fn labels_by_account(&self, of: &Uscc) -> Result<Vec<(Account, u64)>, LedgerError> {
        db::query(
            "SELECT s.account, CAST(SUM(s.last_number - s.first_number + 1) AS BIGINT) AS labels
             FROM batches b JOIN spans s
             ON s.key_number = b.key_number AND s.batch_number = b.batch_number
             WHERE b.enterprise = $1 GROUP BY s.account",
        )
        .bind(of.as_str())
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(|row| {
            let account = Account::from_slug(&get::<String>(row, "account")?);
            let account = account.ok_or_else(|| rows::bad("account"))?;
            Ok((account, unsigned(get(row, "labels")?)))
        })
        .collect()
    }

    async fn buyers_by_day(&self, of: &Uscc, since: i64) -> Result<Vec<(i64, u64)>, LedgerError> {
        db::query(
            "SELECT d.day, CAST(SUM(d.scans) AS BIGINT) AS scans FROM batches b JOIN scan_days d
             ON d.key_number = b.key_number AND d.batch_number = b.batch_number
             WHERE b.enterprise = $1 AND d.day >= $2 GROUP BY d.day ORDER BY d.day",
        )
        .bind(of.as_str())
        .bind(since)
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(|row| Ok((get(row, "day")?, unsigned(get(row, "scans")?))))
        .collect()
    }

    async fn buyers_by_province(
        &self,
        of: &Uscc,
        since: i64,
    ) -> Result<Vec<(u8, u64)>, LedgerError> {
        db::query(
            "SELECT d.province, CAST(SUM(d.scans) AS BIGINT) AS scans FROM batches b JOIN scan_days d
             ON d.key_number = b.key_number AND d.batch_number = b.batch_number
             WHERE b.enterprise = $1 AND d.day >= $2 GROUP BY d.province
             ORDER BY scans DESC, d.province",
        )
        .bind(of.as_str())
        .bind(since)
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(|row| {
            let province = u8::try_from(get::<i64>(row, "province")?);
            Ok((province.map_err(|_| rows::bad("province"))?, unsigned(get(row, "scans")?)))
        })
        .collect()
    }

    async fn shipped(&self, of: &Uscc, limit: u32) -> Result<Vec<Shipped>, LedgerError> {
        shipped::of(self, of, limit).await
    }

    async fn orders_awaiting(&self, of: &Uscc, limit: u32) -> Result<Vec<Order>, LedgerError> {
        db::query(
            "SELECT * FROM orders WHERE state = 'awaiting_approval' AND enterprise = $1
             ORDER BY created_at DESC, id DESC LIMIT $2",
        )
        .bind(of.as_str())
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(rows::order)
        .collect()
    }

    async fn recalls_awaiting(&self, of: &Uscc, limit: u32) -> Result<Vec<Recall>, LedgerError> {
        recalls::awaiting(self, of, limit).await
    }

    async fn accused(&self, of: &Uscc, limit: u32) -> Result<Vec<Flag>, LedgerError> {
        db::query(
            "SELECT f.* FROM flags f JOIN batches b
             ON f.key_number = b.key_number AND f.batch_number = b.batch_number
             WHERE b.enterprise = $1 AND f.state = 'open' AND f.accused_at IS NOT NULL
             ORDER BY f.risk DESC, f.updated_at DESC LIMIT $2",
        )
        .bind(of.as_str())
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(cases::flag)
        .collect()
    }

    async fn reply(&self, new: &Reply, by: &By) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        let kept = db::query(
            "INSERT INTO lot_replies (id, key_number, batch_number, reply, replied_by, replied_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING",
        )
        .bind(new.id.to_string())
        .bind(i64::from(new.batch.key.get()))
        .bind(i64::from(new.batch.batch))
        .bind(&new.text)
        .bind(&by.login)
        .bind(by.at.0)
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        if kept.rows_affected() == 0 {
            return Ok(());
        }
        let batch = super::booking::batch_of(&mut tx, new.batch).await?;
        let entry = Entry {
            action: "lot.reply",
            object: format!("batch {}", new.batch),
            enterprise: Some(batch.1.as_str()),
            before: serde_json::Value::Null,
            after: serde_json::json!({"reply": new.text}),
        };
        audit::note(&mut tx, by, &entry).await?;
        tx.commit().await.map_err(down)
    }

    async fn replies(&self, of: &Uscc, limit: u32) -> Result<Vec<Reply>, LedgerError> {
        db::query(
            "SELECT r.* FROM lot_replies r JOIN batches b
             ON r.key_number = b.key_number AND r.batch_number = b.batch_number
             WHERE b.enterprise = $1 ORDER BY r.replied_at DESC, r.id DESC LIMIT $2",
        )
        .bind(of.as_str())
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(reply)
        .collect()
    }
}
