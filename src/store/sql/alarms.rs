//! Alarms of what is late: found by the worker, each told of once.

use super::db;
use async_trait::async_trait;
use uuid::Uuid;

use super::outbox::tell;
use super::{Ledger, down, progress};
use crate::base::{LedgerError, UnixMs};
use crate::handoff::alarm::Progress;
use crate::hooks::Event;
use crate::overview::late::{AlarmLedger, Late};

#[async_trait]
impl AlarmLedger for Ledger {
    async fn unfinished_packages(
        &self,
        after: Uuid,
        limit: u32,
    ) -> Result<Vec<Progress>, LedgerError> {
        progress::unfinished(self, after, limit).await
    }

    async fn raise(&self, late: &Late, at: UnixMs) -> Result<bool, LedgerError> {
        let mut tx = self.write().await?;
        let raised = db::query(
            "INSERT INTO alarms_raised (kind, object, since, enterprise, raised_at)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (kind, object, since) DO NOTHING",
        )
        .bind(late.kind.slug())
        .bind(&late.object)
        .bind(late.since.0)
        .bind(late.enterprise.as_str())
        .bind(at.0)
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        if raised.rows_affected() == 0 {
            return Ok(false);
        }
        let event = Event::new(late.kind, late.enterprise.as_str(), at, late.data.clone());
        tell(&mut tx, &event).await?;
        tx.commit().await.map_err(down)?;
        Ok(true)
    }
}
