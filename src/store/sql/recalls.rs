//! Recalls, and the facts about labels that come with them.

use super::db::{self, QueryBuilder, Row};
use async_trait::async_trait;
use uuid::Uuid;

use super::hands::one_hand;
use super::recall_goods as goods;
use super::recall_returns as returned;
use super::rows::{self, Read, get};
use super::{Ledger, ROWS_AT_ONCE, Tx, audit, down, next_revision, signed, told, unsigned};
use crate::auth::trail::Entry;
use crate::base::{By, FieldError, LedgerError, UnixMs, ids};
use crate::recall::port::{Decision, RecallLedger, RegionCount};
use crate::recall::returns::{NewReturn, Progress, Return};
use crate::recall::scope::without;
use crate::recall::{Kind, Numbers, Proposal, Recall, RecallError, Refusal, State, Word};
use crate::registry::{Bilingual, Uscc};
use crate::trace::Unit;

fn both(row: &Row, [zh, en]: [&str; 2]) -> Read<Bilingual> {
    Ok(Bilingual { zh: get(row, zh)?, en: get(row, en)? })
}

fn word(row: &Row, [by, at, note]: [&str; 3]) -> Read<Option<Word>> {
    let (by, at): (Option<String>, Option<i64>) = (get(row, by)?, get(row, at)?);
    let note: Option<String> = get(row, note)?;
    let both = by.zip(at);
    Ok(both.map(|(by, at)| Word { by, at: UnixMs(at), note: note.unwrap_or_default() }))
}

fn recall(row: &Row, ranges: Vec<Numbers>) -> Read<Recall> {
    let lifts: Option<String> = get(row, "lifts")?;
    Ok(Recall {
        proposal: Proposal {
            id: rows::id(row)?,
            enterprise: rows::uscc(row, "enterprise")?,
            kind: Kind::from_slug(&get::<String>(row, "kind")?).ok_or_else(|| rows::bad("kind"))?,
            lifts: lifts.map(|id| id.parse().map_err(|_| rows::bad("lifts"))).transpose()?,
            ranges,
            reason: both(row, ["reason_zh", "reason_en"])?,
            remedy: both(row, ["remedy_zh", "remedy_en"])?,
            notice: both(row, ["notice_zh", "notice_en"])?,
        },
        state: State::from_slug(&get::<String>(row, "state")?).ok_or_else(|| rows::bad("state"))?,
        proposed_by: get(row, "proposed_by")?,
        proposed_key_by: get(row, "proposed_key_by")?,
        proposed_at: UnixMs(get(row, "proposed_at")?),
        decided: word(row, ["decided_by", "decided_at", "decision_note"])?,
        on_sale: unsigned(get(row, "on_sale")?),
        closed: word(row, ["closed_by", "closed_at", "closing_note"])?,
    })
}

fn numbers(row: &Row) -> Read<Numbers> {
    Ok(Numbers {
        batch: rows::batch_ref(row)?,
        first: unsigned(get(row, "first_number")?),
        last: unsigned(get(row, "last_number")?),
    })
}

async fn ranges_of<'e>(on: impl db::On<'e>, id: &Uuid) -> Read<Vec<Numbers>> {
    db::query(
        "SELECT * FROM recall_ranges WHERE recall = $1
         ORDER BY key_number, batch_number, first_number",
    )
    .bind(id.to_string())
    .fetch_all(on)
    .await
    .map_err(down)?
    .iter()
    .map(numbers)
    .collect()
}

/// What a recall says that still stands, as it is in the register.
async fn standing<'e>(on: impl db::On<'e>, id: &Uuid) -> Read<Vec<Numbers>> {
    db::query(
        "SELECT * FROM batch_ranges WHERE recall = $1 AND lifted_at IS NULL
         ORDER BY key_number, batch_number, first_number",
    )
    .bind(id.to_string())
    .fetch_all(on)
    .await
    .map_err(down)?
    .iter()
    .map(numbers)
    .collect()
}

pub(super) async fn known(tx: &mut Tx, id: &Uuid) -> Read<Option<Recall>> {
    let row = db::query("SELECT * FROM recalls WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(&mut **tx)
        .await
        .map_err(down)?;
    let Some(row) = row else { return Ok(None) };
    let ranges = ranges_of(&mut **tx, id).await?;
    recall(&row, ranges).map(Some)
}

pub(super) async fn must_know(tx: &mut Tx, id: &Uuid) -> Read<Recall> {
    known(tx, id).await?.ok_or_else(|| LedgerError::NotFound(format!("recall {id}")))
}

pub(super) async fn note(
    tx: &mut Tx,
    by: &By,
    action: &'static str,
    proposal: &Proposal,
    after: serde_json::Value,
) -> Read<()> {
    let entry = Entry {
        action,
        object: format!("recall {}", proposal.id),
        enterprise: Some(proposal.enterprise.as_str()),
        before: serde_json::Value::Null,
        after,
    };
    audit::note(tx, by, &entry).await
}

/// What a lift may put back is what its recall still holds.
async fn check_lift(tx: &mut Tx, proposal: &Proposal) -> Read<()> {
    let Some(lifts) = &proposal.lifts else { return Ok(()) };
    let fault = |problem: String, remedy: &str| {
        LedgerError::Invalid(vec![FieldError::new("scope", problem, remedy)])
    };
    let of = known(tx, lifts).await?.filter(|of| of.proposal.enterprise == proposal.enterprise);
    if of.is_none() {
        return Err(LedgerError::NotFound(format!("recall {lifts}")));
    }
    let held = standing(&mut **tx, lifts).await?;
    match without(&proposal.ranges, &held).first() {
        None => Ok(()),
        Some(free) => Err(fault(
            format!("{}-{} of batch {} is not held by it", free.first, free.last, free.batch),
            "name only what is still off sale",
        )),
    }
}

/// Says it of the labels.
async fn say(tx: &mut Tx, of: &Recall, by: &By, revision: i64) -> Read<()> {
    let Some(state) = of.proposal.kind.says() else { return Ok(()) };
    let p = &of.proposal;
    for ranges in p.ranges.chunks(ROWS_AT_ONCE) {
        insert(tx, ranges, (&p.id, state.slug(), p), by, revision).await?;
    }
    Ok(())
}

async fn insert(
    tx: &mut Tx,
    ranges: &[Numbers],
    (recall, state, words): (&Uuid, &str, &Proposal),
    by: &By,
    revision: i64,
) -> Read<()> {
    let mut insert = QueryBuilder::new(
        "INSERT INTO batch_ranges (id, key_number, batch_number, first_number, last_number, state,
         reason_zh, reason_en, remedy_zh, remedy_en, set_by, set_at, recall, revision) ",
    );
    insert.push_values(ranges, |mut row, range| {
        row.push_bind(ids::new_id(by.at).to_string())
            .push_bind(i64::from(range.batch.key.get()))
            .push_bind(i64::from(range.batch.batch))
            .push_bind(signed(range.first))
            .push_bind(signed(range.last))
            .push_bind(state.to_owned())
            .push_bind(words.reason.zh.clone())
            .push_bind(words.reason.en.clone())
            .push_bind(words.remedy.zh.clone())
            .push_bind(words.remedy.en.clone())
            .push_bind(by.login.clone())
            .push_bind(by.at.0)
            .push_bind(recall.to_string())
            .push_bind(revision);
    });
    insert.build().execute(&mut **tx).await.map(drop).map_err(down)
}

/// Takes back what `lifts` says of the ranges; what else it says stands on.
async fn take_back(tx: &mut Tx, lift: &Recall, by: &By, revision: i64) -> Read<()> {
    let Some(lifts) = lift.proposal.lifts else { return Ok(()) };
    let of = must_know(tx, &lifts).await?;
    let (Some(state), held) = (of.proposal.kind.says(), standing(&mut **tx, &lifts).await?) else {
        return Ok(());
    };
    db::query(
        "UPDATE batch_ranges SET lifted_at = $1, revision = $2
         WHERE recall = $3 AND lifted_at IS NULL",
    )
    .bind(by.at.0)
    .bind(revision)
    .bind(lifts.to_string())
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    // What stays is said anew, as it was said: since when a label is off sale
    // is the instant of the recall.
    let left = without(&held, &lift.proposal.ranges);
    let since = of.decided.as_ref().map_or(by.at, |word| word.at);
    let said = By { at: since, login: of.decided.map_or_else(String::new, |w| w.by), ..by.clone() };
    for ranges in left.chunks(ROWS_AT_ONCE) {
        insert(tx, ranges, (&lifts, state.slug(), &of.proposal), &said, revision).await?;
    }
    Ok(())
}

async fn with_ranges(ledger: &Ledger, found: &[Row]) -> Read<Vec<Recall>> {
    let mut out = Vec::with_capacity(found.len());
    for row in found {
        out.push(recall(row, ranges_of(&ledger.reader, &rows::id(row)?).await?)?);
    }
    Ok(out)
}

/// Those that wait for a second person, latest first.
pub(super) async fn awaiting(ledger: &Ledger, of: &Uscc, limit: u32) -> Read<Vec<Recall>> {
    let found = db::query(
        "SELECT * FROM recalls WHERE enterprise = $1 AND state = 'proposed'
         ORDER BY proposed_at DESC, id DESC LIMIT $2",
    )
    .bind(of.as_str())
    .bind(i64::from(limit))
    .fetch_all(&ledger.reader)
    .await
    .map_err(down)?;
    with_ranges(ledger, &found).await
}

#[async_trait]
impl RecallLedger for Ledger {
    async fn propose(&self, p: &Proposal, by: &By) -> Result<Recall, LedgerError> {
        let mut tx = self.write().await?;
        if let Some(old) = known(&mut tx, &p.id).await? {
            if old.proposal == *p {
                return Ok(old);
            }
            let fault = FieldError::new("id", "is that of another recall", "open the form anew");
            return Err(LedgerError::Invalid(vec![fault]));
        }
        check_lift(&mut tx, p).await?;
        db::query(
            "INSERT INTO recalls (id, enterprise, kind, lifts, state, reason_zh, reason_en,
             remedy_zh, remedy_en, notice_zh, notice_en, labels, on_sale, proposed_by,
             proposed_at, proposed_key_by) VALUES ($1, $2, $3, $4, 'proposed', $5, $6, $7, $8, $9,
             $10, $11, 0, $12, $13, $14)",
        )
        .bind(p.id.to_string())
        .bind(p.enterprise.as_str())
        .bind(p.kind.slug())
        .bind(p.lifts.map(|id| id.to_string()))
        .bind(&p.reason.zh)
        .bind(&p.reason.en)
        .bind(&p.remedy.zh)
        .bind(&p.remedy.en)
        .bind(&p.notice.zh)
        .bind(&p.notice.en)
        .bind(signed(p.labels()))
        .bind(&by.login)
        .bind(by.at.0)
        .bind(&by.key_by)
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        for ranges in p.ranges.chunks(ROWS_AT_ONCE) {
            let mut insert = QueryBuilder::new(
                "INSERT INTO recall_ranges (recall, key_number, batch_number, first_number,
                 last_number) ",
            );
            insert.push_values(ranges, |mut row, range| {
                row.push_bind(p.id.to_string())
                    .push_bind(i64::from(range.batch.key.get()))
                    .push_bind(i64::from(range.batch.batch))
                    .push_bind(signed(range.first))
                    .push_bind(signed(range.last));
            });
            insert.build().execute(&mut *tx).await.map_err(down)?;
        }
        let told = serde_json::json!({"kind": p.kind, "lifts": p.lifts, "labels": p.labels(),
            "ranges": p.ranges.len(), "reason": p.reason});
        note(&mut tx, by, "recall.propose", p, told).await?;
        told::recall_proposed(&mut tx, p, by.at).await?;
        let kept = must_know(&mut tx, &p.id).await?;
        tx.commit().await.map_err(down)?;
        Ok(kept)
    }

    async fn decide_recall(&self, d: &Decision, by: &By) -> Result<Recall, RecallError> {
        let mut tx = self.write().await?;
        let asked = must_know(&mut tx, &d.recall).await?;
        if let Some(word) = &asked.decided {
            return Err(Refusal::Decided { by: word.by.clone() }.into());
        }
        let key_by = asked.proposed_key_by.as_deref();
        if d.approve && one_hand(&mut tx, by, &asked.proposed_by, key_by).await?.is_some() {
            return Err(Refusal::Own.into());
        }
        let state = if d.approve { State::Approved } else { State::Rejected };
        db::query(
            "UPDATE recalls SET state = $1, on_sale = $2, decided_by = $3, decided_at = $4,
             decision_note = $5 WHERE id = $6",
        )
        .bind(state.slug())
        .bind(signed(if d.approve { d.on_sale } else { 0 }))
        .bind(&by.login)
        .bind(by.at.0)
        .bind(&d.note)
        .bind(d.recall.to_string())
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        if d.approve {
            // What it puts back may have changed since it was asked for.
            check_lift(&mut tx, &asked.proposal).await?;
            let revision = next_revision(&mut tx).await?;
            say(&mut tx, &asked, by, revision).await?;
            take_back(&mut tx, &asked, by, revision).await?;
            told::recall(&mut tx, &asked.proposal, by.at).await?;
        }
        let action = if d.approve { "recall.approve" } else { "recall.reject" };
        let told = serde_json::json!({"on_sale": d.on_sale, "note": d.note});
        note(&mut tx, by, action, &asked.proposal, told).await?;
        let kept = must_know(&mut tx, &d.recall).await?;
        tx.commit().await.map_err(down)?;
        Ok(kept)
    }

    async fn note_return(&self, new: &NewReturn, by: &By) -> Result<Progress, RecallError> {
        returned::note(self, new, by).await
    }

    async fn close_recall(&self, id: Uuid, text: &str, by: &By) -> Result<Recall, RecallError> {
        let mut tx = self.write().await?;
        let recall = must_know(&mut tx, &id).await?;
        if !recall.is_open() {
            return Err(Refusal::NotOpen.into());
        }
        db::query(
            "UPDATE recalls SET state = 'closed', closed_by = $1, closed_at = $2,
             closing_note = $3 WHERE id = $4",
        )
        .bind(&by.login)
        .bind(by.at.0)
        .bind(text)
        .bind(id.to_string())
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        let told = serde_json::json!({"note": text});
        note(&mut tx, by, "recall.close", &recall.proposal, told).await?;
        let kept = must_know(&mut tx, &id).await?;
        tx.commit().await.map_err(down)?;
        Ok(kept)
    }

    async fn items_in(&self, unit: &Unit) -> Result<Vec<Numbers>, LedgerError> {
        goods::items_in(self, unit).await
    }

    async fn sent_to(
        &self,
        of: &Uscc,
        place: &str,
        since: UnixMs,
    ) -> Result<Vec<Numbers>, LedgerError> {
        goods::sent_to(self, of, place, since).await
    }

    async fn recall(&self, id: Uuid) -> Result<Recall, LedgerError> {
        let row = db::query("SELECT * FROM recalls WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await
            .map_err(down)?
            .ok_or_else(|| LedgerError::NotFound(format!("recall {id}")))?;
        recall(&row, ranges_of(&self.reader, &id).await?)
    }

    async fn recalls(&self, of: Option<&Uscc>, limit: u32) -> Result<Vec<Recall>, LedgerError> {
        let found = db::query(
            "SELECT * FROM recalls WHERE $1 IS NULL OR enterprise = $1
             ORDER BY proposed_at DESC, id DESC LIMIT $2",
        )
        .bind(of.map(Uscc::as_str))
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?;
        with_ranges(self, &found).await
    }

    async fn progress_of(&self, id: Uuid) -> Result<Progress, LedgerError> {
        returned::progress(&self.reader, &id).await
    }

    async fn returns(&self, id: Uuid, limit: u32) -> Result<Vec<Return>, LedgerError> {
        returned::list(self, &id, limit).await
    }

    async fn in_force(&self, id: Uuid) -> Result<Vec<Numbers>, LedgerError> {
        standing(&self.reader, &id).await
    }

    async fn scanned_where(
        &self,
        ranges: &[Numbers],
        since: UnixMs,
    ) -> Result<Vec<RegionCount>, LedgerError> {
        returned::scanned_where(self, ranges, since).await
    }
}
