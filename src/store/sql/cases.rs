//! Flags and decisions.

use super::db::{self, Row};
use async_trait::async_trait;
use uuid::Uuid;

use super::rows::{self, Read, get};
use super::{Ledger, Tx, audit, causes, down, leads, next_revision, signed, told, unsigned};
use crate::auth::trail::Entry;
use crate::base::{By, LedgerError, UnixMs};
use crate::cases::{CaseLedger, CauseRecord, DecisionRecord, Flag, FlagState};
use crate::registry::Decision;
use crate::scan::Tag48;
use crate::scan::spread::Spread;

pub(super) fn flag(row: &Row) -> Read<Flag> {
    Ok(Flag {
        payload: rows::payload(row)?,
        batch: rows::batch_ref(row)?,
        number: unsigned(get(row, "label_number")?),
        state: if get::<String>(row, "state")? == FlagState::Open.slug() {
            FlagState::Open
        } else {
            FlagState::Decided
        },
        risk: get(row, "risk")?,
        reasons: serde_json::from_str(&get::<String>(row, "reasons")?)
            .map_err(|_| rows::bad("reasons"))?,
        policy: get(row, "policy")?,
        accused_at: get::<Option<i64>>(row, "accused_at")?.map(UnixMs),
        scans: unsigned(get(row, "scans")?),
        spread: Spread {
            people: u32::try_from(get::<i64>(row, "people")?).unwrap_or(0),
            places: serde_json::from_str(&get::<String>(row, "places")?)
                .map_err(|_| rows::bad("places"))?,
            phone: get::<Option<i64>>(row, "phone")?.map(|tag| Tag48::new(unsigned(tag))),
        },
        seen_at: UnixMs(get(row, "seen_at")?),
        opened_at: UnixMs(get(row, "opened_at")?),
        updated_at: UnixMs(get(row, "updated_at")?),
    })
}

fn decision(row: &Row) -> Read<DecisionRecord> {
    Ok(DecisionRecord {
        id: rows::id(row)?,
        payload: rows::payload(row)?,
        decision: Decision::from_slug(&get::<String>(row, "decision")?)
            .ok_or_else(|| rows::bad("decision"))?,
        note: get(row, "note")?,
        decided_by: get(row, "decided_by")?,
        decided_at: UnixMs(get(row, "decided_at")?),
    })
}

async fn accused_at(tx: &mut Tx, payload: &[u8; 12]) -> Read<Option<i64>> {
    db::query_scalar("SELECT accused_at FROM flags WHERE payload = $1")
        .bind(payload.to_vec())
        .fetch_optional(&mut **tx)
        .await
        .map(Option::flatten)
        .map_err(down)
}

/// Lets servers see the flag as it is now.
async fn show(tx: &mut Tx, payload: &[u8; 12]) -> Read<()> {
    let revision = next_revision(tx).await?;
    db::query("UPDATE flags SET revision = $1 WHERE payload = $2")
        .bind(revision)
        .bind(payload.to_vec())
        .execute(&mut **tx)
        .await
        .map(drop)
        .map_err(down)
}

/// Sets a flag decided; which phone went before is no matter any more.
async fn settle(tx: &mut Tx, payload: &[u8; 12], at: UnixMs, revision: i64) -> Read<()> {
    db::query(
        "UPDATE flags SET state = 'decided', updated_at = $1, accused_at = NULL, phone = NULL,
         revision = $3 WHERE payload = $2",
    )
    .bind(at.0)
    .bind(payload.to_vec())
    .bind(revision)
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    leads::mark_code(tx, payload).await
}

/// Opens a flag again on which nothing is decided any more.
pub(super) async fn open_again(tx: &mut Tx, payload: &[u8; 12], at: UnixMs) -> Read<()> {
    db::query("UPDATE flags SET state = 'open', updated_at = $1 WHERE payload = $2")
        .bind(at.0)
        .bind(payload.to_vec())
        .execute(&mut **tx)
        .await
        .map(drop)
        .map_err(down)
}

/// What was decided of a code, oldest first.
pub(super) async fn decided<'e>(
    on: impl db::On<'e>,
    payload: &[u8; 12],
) -> Read<Vec<DecisionRecord>> {
    db::query("SELECT * FROM decisions WHERE payload = $1 ORDER BY revision")
        .bind(payload.to_vec())
        .fetch_all(on)
        .await
        .map_err(down)?
        .iter()
        .map(decision)
        .collect()
}

/// Keeps a decision within a transaction.
pub(super) async fn decide(tx: &mut Tx, d: &DecisionRecord, by: &By) -> Read<()> {
    let revision = next_revision(tx).await?;
    db::query(
        "INSERT INTO decisions (id, payload, decision, note, decided_by, decided_at, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(d.id.to_string())
    .bind(d.payload.to_vec())
    .bind(d.decision.slug())
    .bind(&d.note)
    .bind(&d.decided_by)
    .bind(d.decided_at.0)
    .bind(revision)
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    // What nobody outside knew of goes on being so, unless it shows from now on.
    let known = accused_at(tx, &d.payload).await?.is_some();
    if known || d.decision == Decision::Copied {
        told::flag_decided(tx, &d.payload, d.decision.slug(), d.decided_at).await?;
    }
    settle(tx, &d.payload, d.decided_at, revision).await?;
    let entry = Entry {
        action: "code.decide",
        object: rows::code_named(&d.payload),
        enterprise: None,
        before: serde_json::Value::Null,
        after: serde_json::json!({"decision": d.decision.slug()}),
    };
    audit::note(tx, by, &entry).await
}

async fn raise(tx: &mut Tx, flag: &Flag) -> Read<()> {
    let reasons = serde_json::json!(flag.reasons).to_string();
    let before = accused_at(tx, &flag.payload).await?;
    db::query(
        "INSERT INTO flags (payload, key_number, batch_number, label_number, state, risk,
         reasons, policy, scans, opened_at, updated_at, accused_at, latest_risk, people, places,
         phone, seen_at, shown_at)
         VALUES ($1, $2, $3, $4, 'open', $5, $6, $7, $8, $9, $10, $11, $5, $12, $13, $14, $15,
         $11)
         ON CONFLICT (payload) DO UPDATE SET
         state = 'open', risk = CASE WHEN flags.state = 'open' AND flags.risk > excluded.risk
             THEN flags.risk ELSE excluded.risk END, reasons = excluded.reasons,
         policy = excluded.policy, scans = excluded.scans, updated_at = excluded.updated_at,
         latest_risk = excluded.latest_risk, people = excluded.people,
         places = excluded.places, phone = excluded.phone, seen_at = excluded.seen_at,
         accused_at = COALESCE(flags.accused_at, excluded.accused_at),
         shown_at = COALESCE(flags.shown_at, excluded.accused_at)
         WHERE flags.state = 'open' OR CASE (
             SELECT decision FROM decisions WHERE decisions.payload = flags.payload
             ORDER BY revision DESC LIMIT 1)
             WHEN 'copied' THEN FALSE
             WHEN 'cannot_tell' THEN excluded.scans >= 2 * flags.scans
             ELSE excluded.scans > flags.scans END",
    )
    .bind(flag.payload.to_vec())
    .bind(i64::from(flag.batch.key.get()))
    .bind(i64::from(flag.batch.batch))
    .bind(signed(flag.number))
    .bind(flag.risk)
    .bind(reasons)
    .bind(&flag.policy)
    .bind(signed(flag.scans))
    .bind(flag.opened_at.0)
    .bind(flag.updated_at.0)
    .bind(flag.accused_at.map(|at| at.0))
    .bind(i64::from(flag.spread.people))
    .bind(serde_json::json!(flag.spread.places).to_string())
    .bind(flag.spread.phone.map(|tag| signed(tag.get())))
    .bind(flag.seen_at.0)
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    leads::mark_item(tx, flag.batch, flag.number).await?;
    if before != accused_at(tx, &flag.payload).await? {
        show(tx, &flag.payload).await?;
        told::flag_opened(tx, flag).await?;
    }
    Ok(())
}

#[async_trait]
impl CaseLedger for Ledger {
    async fn raise_flags(&self, flags: &[Flag]) -> Result<(), LedgerError> {
        if flags.is_empty() {
            return Ok(());
        }
        let mut tx = self.write().await?;
        for flag in flags {
            raise(&mut tx, flag).await?;
        }
        tx.commit().await.map_err(down)
    }

    async fn flags(&self, state: FlagState, limit: u32) -> Result<Vec<Flag>, LedgerError> {
        db::query(
            "SELECT * FROM flags WHERE state = $1 ORDER BY risk DESC, updated_at DESC LIMIT $2",
        )
        .bind(state.slug())
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(flag)
        .collect()
    }

    async fn flag_of(&self, payload: &[u8; 12]) -> Result<Option<Flag>, LedgerError> {
        db::query("SELECT * FROM flags WHERE payload = $1")
            .bind(payload.to_vec())
            .fetch_optional(&self.reader)
            .await
            .map_err(down)?
            .as_ref()
            .map(flag)
            .transpose()
    }

    async fn decide(&self, d: &DecisionRecord, by: &By) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        decide(&mut tx, d, by).await?;
        tx.commit().await.map_err(down)
    }

    async fn settle_flag(&self, payload: &[u8; 12], at: UnixMs) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        let revision = next_revision(&mut tx).await?;
        if accused_at(&mut tx, payload).await?.is_some() {
            told::flag_decided(&mut tx, payload, "explained", at).await?;
        }
        settle(&mut tx, payload, at, revision).await?;
        tx.commit().await.map_err(down)
    }

    async fn record_cause(&self, r: &CauseRecord, by: &By) -> Result<(), LedgerError> {
        causes::record(self, r, by).await
    }

    async fn lift_cause(&self, payload: &[u8; 12], id: Uuid, by: &By) -> Result<bool, LedgerError> {
        causes::lift(self, payload, id, by).await
    }

    async fn causes(&self, payload: &[u8; 12]) -> Result<Vec<CauseRecord>, LedgerError> {
        causes::of(self, payload).await
    }

    async fn all_decisions(&self) -> Result<Vec<DecisionRecord>, LedgerError> {
        db::query("SELECT * FROM decisions ORDER BY revision")
            .fetch_all(&self.reader)
            .await
            .map_err(down)?
            .iter()
            .map(decision)
            .collect()
    }

    async fn decisions(&self, payload: &[u8; 12]) -> Result<Vec<DecisionRecord>, LedgerError> {
        decided(&self.reader, payload).await
    }
}
