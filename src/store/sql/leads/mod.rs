//! Leads: marks are taken and codes gathered (`keep`), leads weighed (`weigh`),
//! listed (`list`), worked on (`acts`), and told of (`told`).

mod acts;
mod keep;
mod list;
mod rows;
#[cfg(test)]
mod tests;
mod told;
mod weigh;

use crate::store::sql::db;
use async_trait::async_trait;
use jiff::civil::Date;
use uuid::Uuid;

use super::{Ledger, Tx, down};
use crate::base::{By, LedgerError, UnixMs, ids};
use crate::leads::desk::{Counts, Deed, Lead, Mark, Wanted};
use crate::leads::port::{Diverted, LeadFile, LeadLedger};
use crate::leads::told::{Kept, Told};
use crate::registry::BatchRef;
use crate::store::sql::rows::Read;

/// Marks the flags of an item: something changed about them.
pub(super) async fn mark_item(tx: &mut Tx, batch: BatchRef, number: u64) -> Read<()> {
    mark(tx, &format!("item/{}/{}/{number}", batch.key.get(), batch.batch)).await
}

/// Marks the flag of a code.
pub(super) async fn mark_code(tx: &mut Tx, payload: &[u8; 12]) -> Read<()> {
    let row =
        db::query("SELECT key_number, batch_number, label_number FROM flags WHERE payload = $1")
            .bind(payload.to_vec())
            .fetch_optional(&mut **tx)
            .await
            .map_err(down)?;
    let Some(row) = row else { return Ok(()) };
    let number = super::unsigned(super::rows::get(&row, "label_number")?);
    mark_item(tx, super::rows::batch_ref(&row)?, number).await
}

/// Marks the forged texts under a key in a place.
pub(super) async fn mark_forged(tx: &mut Tx, key: u32, place: u16) -> Read<()> {
    mark(tx, &format!("forged/{key}/{place}")).await
}

async fn mark(tx: &mut Tx, object: &str) -> Read<()> {
    db::query(
        "INSERT INTO leads_waiting (object, seq)
         SELECT $1, COALESCE(MAX(seq), 0) + 1 FROM leads_waiting WHERE true
         ON CONFLICT (object) DO UPDATE SET seq = excluded.seq",
    )
    .bind(object)
    .execute(&mut **tx)
    .await
    .map(drop)
    .map_err(down)
}

/// Ends a lead of which a case was made: it opens again on new evidence.
pub(super) async fn became_a_case(tx: &mut Tx, lead: Uuid, number: &str, by: &By) -> Read<()> {
    acts::became_a_case(tx, lead, number, by).await
}

/// Puts down what was done with a lead.
async fn noted(tx: &mut Tx, lead: &str, at: UnixMs, by: &str, act: (&str, &str)) -> Read<()> {
    db::query("INSERT INTO lead_acts (id, lead, at, by, act, says) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(ids::new_id(at).to_string())
        .bind(lead)
        .bind(at.0)
        .bind(by)
        .bind(act.0)
        .bind(act.1)
        .execute(&mut **tx)
        .await
        .map(drop)
        .map_err(down)
}

#[async_trait]
impl LeadLedger for Ledger {
    async fn work_leads(&self, now: UnixMs, limit: u32) -> Result<u64, LedgerError> {
        keep::work(self, now, limit).await
    }

    async fn refresh_leads(&self, now: UnixMs, limit: u32) -> Result<u64, LedgerError> {
        weigh::refresh(self, now, limit).await
    }

    async fn keep_diverted(&self, lots: &[Diverted], now: UnixMs) -> Result<(), LedgerError> {
        told::diverted(self, lots, now).await
    }

    async fn tell_leads(&self, told: &[Told], by: &By) -> Result<Vec<Kept>, LedgerError> {
        told::tell(self, told, by).await
    }

    async fn reports_told(&self) -> Result<u64, LedgerError> {
        told::reports(self).await
    }

    async fn set_reports_told(&self, seq: u64) -> Result<(), LedgerError> {
        told::set_reports(self, seq).await
    }

    async fn lead_workers(&self, limit: u32) -> Result<Vec<(String, String, Uuid)>, LedgerError> {
        acts::workers(self, limit).await
    }

    async fn list_leads(
        &self,
        wanted: &Wanted,
        limit: u32,
    ) -> Result<(Vec<Lead>, Option<Mark>), LedgerError> {
        list::page(self, wanted, limit).await
    }

    async fn count_leads(&self, wanted: &Wanted) -> Result<Counts, LedgerError> {
        list::counts(self, wanted).await
    }

    async fn lead(&self, id: Uuid) -> Result<LeadFile, LedgerError> {
        list::file(self, id).await
    }

    async fn leads_of(&self, payload: &[u8; 12]) -> Result<Vec<Uuid>, LedgerError> {
        list::of_code(self, payload).await
    }

    async fn act_on_leads(
        &self,
        ids: &[Uuid],
        deed: &Deed,
        today: Date,
        by: &By,
    ) -> Result<u64, LedgerError> {
        acts::act(self, ids, deed, today, by).await
    }
}
