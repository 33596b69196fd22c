//! Blocks of an office: facts about labels that end by the clock.

use super::db::{self, QueryBuilder, Row};
use async_trait::async_trait;
use uuid::Uuid;

use super::case_files::{note as note_case, put_down, read, unknown};
use super::hands::one_hand;
use super::rows::{self, Read, get};
use super::{Ledger, ROWS_AT_ONCE, Tx, audit, down, next_revision, signed, told, unsigned};
use crate::auth::trail::Entry;
use crate::base::{By, FieldError, LedgerError, UnixMs, ids};
use crate::cases::CaseError;
use crate::cases::block::{Block, BlockLedger, LiftAsked, NewBlock, Span, lift_grounds};
use crate::cases::fact::Fact;
use crate::cases::file::Refusal;
use crate::hooks::Kind;
use crate::registry::port::RegistryLedger;
use crate::registry::{Bilingual, RangeFact, RangeState, Uscc};

/// Ranges of a block that are read back.
const SPANS_READ_MAX: i64 = 2_000;

fn block(row: &Row, spans: Vec<Span>) -> Read<Block> {
    let uuid = |column| -> Read<Option<Uuid>> {
        let text: Option<String> = get(row, column)?;
        text.map(|id| id.parse().map_err(|_| rows::bad(column))).transpose()
    };
    let at = |column| -> Read<Option<UnixMs>> { Ok(get::<Option<i64>>(row, column)?.map(UnixMs)) };
    let asked = match (get::<Option<String>>(row, "lift_asked_by")?, at("lift_asked_at")?) {
        (Some(by), Some(at)) => Some(LiftAsked {
            by,
            key_by: get(row, "lift_asked_key_by")?,
            at,
            grounds: get::<Option<String>>(row, "lift_grounds")?.unwrap_or_default(),
        }),
        _ => None,
    };
    let by: Option<String> = get(row, "lifted_by")?;
    Ok(Block {
        id: rows::id(row)?,
        office: uuid("office")?.ok_or_else(|| rows::bad("office"))?,
        case: uuid("case_id")?,
        labels: unsigned(get(row, "labels")?),
        spans,
        reason: Bilingual { zh: get(row, "reason_zh")?, en: get(row, "reason_en")? },
        by: get(row, "blocked_by")?,
        at: UnixMs(get(row, "blocked_at")?),
        until: UnixMs(get(row, "until_at")?),
        lift_asked: asked,
        lifted: at("lifted_at")?.map(|at| (by.unwrap_or_default(), at)),
    })
}

async fn spans<'e>(on: impl db::On<'e>, id: &str) -> Read<Vec<Span>> {
    let found = db::query(
        "SELECT * FROM batch_ranges WHERE block = $1
         ORDER BY key_number, batch_number, first_number LIMIT $2",
    )
    .bind(id)
    .bind(SPANS_READ_MAX)
    .fetch_all(on)
    .await
    .map_err(down)?;
    let span = |row: &Row| {
        Ok(Span {
            batch: rows::batch_ref(row)?,
            first: unsigned(get(row, "first_number")?),
            last: unsigned(get(row, "last_number")?),
        })
    };
    found.iter().map(span).collect()
}

async fn known(tx: &mut Tx, id: Uuid) -> Read<Option<Block>> {
    let found = db::query("SELECT * FROM blocks WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(&mut **tx)
        .await
        .map_err(down)?;
    let Some(row) = found else { return Ok(None) };
    let spans = spans(&mut **tx, &id.to_string()).await?;
    block(&row, spans).map(Some)
}

/// A block of the office that stands.
async fn standing(tx: &mut Tx, office: Uuid, id: Uuid, now: UnixMs) -> Result<Block, CaseError> {
    let found = known(tx, id).await?.filter(|block| block.office == office);
    let found = found.ok_or_else(|| LedgerError::NotFound(format!("block {id}")))?;
    if found.stands(now) { Ok(found) } else { Err(Refusal::Already.into()) }
}

async fn note(
    tx: &mut Tx,
    by: &By,
    action: &'static str,
    id: Uuid,
    after: serde_json::Value,
) -> Read<()> {
    let object = format!("block {id}");
    let before = serde_json::Value::Null;
    audit::note(tx, by, &Entry { action, object, enterprise: None, before, after }).await
}

/// Every number is one of its batch.
async fn check_spans(ledger: &Ledger, spans: &[Span]) -> Read<()> {
    for span in spans {
        let batch = ledger.batch(span.batch).await?;
        if span.first > span.last || span.last >= batch.issued() {
            let problem = format!("{}-{} is not in batch {}", span.first, span.last, span.batch);
            let remedy = format!("its running numbers are 0-{}", batch.issued() - 1);
            return Err(LedgerError::Invalid(vec![FieldError::new("scope", problem, remedy)]));
        }
    }
    Ok(())
}

async fn insert(tx: &mut Tx, new: &NewBlock, by: &By) -> Read<()> {
    db::query(
        "INSERT INTO blocks (id, office, case_id, labels, reason_zh, reason_en, blocked_by,
         blocked_at, until_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(new.id.to_string())
    .bind(new.office.to_string())
    .bind(new.case.map(|id| id.to_string()))
    .bind(signed(new.labels()))
    .bind(&new.reason.zh)
    .bind(&new.reason.en)
    .bind(&by.login)
    .bind(by.at.0)
    .bind(new.until.0)
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    let revision = next_revision(tx).await?;
    for spans in new.spans.chunks(ROWS_AT_ONCE) {
        let mut insert = QueryBuilder::new(
            "INSERT INTO batch_ranges (id, key_number, batch_number, first_number, last_number,
             state, reason_zh, reason_en, remedy_zh, remedy_en, set_by, set_at, until_at, block,
             revision) ",
        );
        insert.push_values(spans, |mut row, span| {
            row.push_bind(ids::new_id(by.at).to_string())
                .push_bind(i64::from(span.batch.key.get()))
                .push_bind(i64::from(span.batch.batch))
                .push_bind(signed(span.first))
                .push_bind(signed(span.last))
                .push_bind(RangeState::Blocked.slug())
                .push_bind(new.reason.zh.clone())
                .push_bind(new.reason.en.clone())
                .push_bind("")
                .push_bind("")
                .push_bind(by.login.clone())
                .push_bind(by.at.0)
                .push_bind(new.until.0)
                .push_bind(new.id.to_string())
                .push_bind(revision);
        });
        insert.build().execute(&mut **tx).await.map_err(down)?;
    }
    Ok(())
}

/// Puts an entry down in the case of a block, behind whatever others wrote: a
/// block does not wait for anybody to look. It is the case of the block's office.
async fn tell_case(
    tx: &mut Tx,
    (office, case): (Uuid, Uuid),
    fact: Fact,
    by: &By,
) -> Result<(), CaseError> {
    let file = read(&mut **tx, case).await?.filter(|file| file.office == office);
    let file = file.ok_or_else(|| unknown(case))?;
    let since = file.seq();
    let next = put_down(tx, &file, &[fact], by).await?;
    Ok(note_case(tx, by, "case.append", &next, since).await?)
}

/// Blocks whose time is over, and of which nobody noted that it is.
async fn over<'e>(on: impl db::On<'e>, now: UnixMs) -> Read<Vec<Uuid>> {
    db::query("SELECT id FROM blocks WHERE lifted_at IS NULL AND until_at <= $1")
        .bind(now.0)
        .fetch_all(on)
        .await
        .map_err(down)?
        .iter()
        .map(rows::id)
        .collect()
}

/// What stands for a case goes with it to where it goes on; a request to lift it
/// was one of who has it no more.
pub(super) async fn move_to(tx: &mut Tx, case: Uuid, (to, office): (Uuid, Uuid)) -> Read<()> {
    db::query(
        "UPDATE blocks SET case_id = $1, office = $2, lift_asked_by = NULL,
         lift_asked_key_by = NULL, lift_asked_at = NULL, lift_grounds = NULL
         WHERE case_id = $3 AND lifted_at IS NULL",
    )
    .bind(to.to_string())
    .bind(office.to_string())
    .bind(case.to_string())
    .execute(&mut **tx)
    .await
    .map(drop)
    .map_err(down)
}

/// Takes back what the blocks say; `by` is nobody's name where they are over.
async fn end(tx: &mut Tx, ids: &[Uuid], by: &str, at: UnixMs) -> Read<()> {
    let revision = next_revision(tx).await?;
    for id in ids {
        db::query(
            "UPDATE blocks SET lifted_by = $1, lifted_at = $2 WHERE id = $3 AND lifted_at IS NULL",
        )
        .bind(by)
        .bind(at.0)
        .bind(id.to_string())
        .execute(&mut **tx)
        .await
        .map_err(down)?;
        db::query(
            "UPDATE batch_ranges SET lifted_at = $1, revision = $2
             WHERE block = $3 AND lifted_at IS NULL",
        )
        .bind(at.0)
        .bind(revision)
        .bind(id.to_string())
        .execute(&mut **tx)
        .await
        .map_err(down)?;
    }
    Ok(())
}

/// All that were set for a case, oldest first.
pub(super) async fn of_case(ledger: &Ledger, case: Uuid) -> Read<Vec<Block>> {
    let found = db::query("SELECT * FROM blocks WHERE case_id = $1 ORDER BY blocked_at, id")
        .bind(case.to_string())
        .fetch_all(&ledger.reader)
        .await
        .map_err(down)?;
    let mut out = Vec::with_capacity(found.len());
    for row in &found {
        let spans = spans(&ledger.reader, &get::<String>(row, "id")?).await?;
        out.push(block(row, spans)?);
    }
    Ok(out)
}

#[async_trait]
impl BlockLedger for Ledger {
    async fn block(&self, new: &NewBlock, by: &By) -> Result<Block, CaseError> {
        new.check(by.at).map_err(LedgerError::Invalid)?;
        check_spans(self, &new.spans).await?;
        let mut tx = self.write().await?;
        if let Some(old) = known(&mut tx, new.id).await? {
            if old.office == new.office && old.spans == new.spans && old.until == new.until {
                return Ok(old);
            }
            let fault = FieldError::new("id", "is that of another block", "open the form anew");
            return Err(LedgerError::Invalid(vec![fault]).into());
        }
        insert(&mut tx, new, by).await?;
        if let Some(case) = new.case {
            let (labels, until) = (new.labels(), new.until);
            let fact = Fact::Block { block: new.id, labels, until, reason: new.reason.zh.clone() };
            tell_case(&mut tx, (new.office, case), fact, by).await?;
        }
        let told = serde_json::json!({"labels": new.labels(), "ranges": new.spans.len(),
            "until": new.until.0, "case": new.case, "reason": new.reason});
        note(&mut tx, by, "block.set", new.id, told).await?;
        let kept = known(&mut tx, new.id).await?.ok_or_else(|| rows::bad("block"))?;
        told::block(&mut tx, Kind::LabelsBlocked, &kept, by.at).await?;
        tx.commit().await.map_err(down)?;
        Ok(kept)
    }

    async fn ask_lift(
        &self,
        office: Uuid,
        id: Uuid,
        grounds: &str,
        by: &By,
    ) -> Result<(), CaseError> {
        let grounds = lift_grounds(grounds)?;
        let mut tx = self.write().await?;
        if standing(&mut tx, office, id, by.at).await?.lift_asked.is_some() {
            return Err(Refusal::Already.into());
        }
        db::query(
            "UPDATE blocks SET lift_asked_by = $1, lift_asked_key_by = $2, lift_asked_at = $3,
             lift_grounds = $4 WHERE id = $5",
        )
        .bind(&by.login)
        .bind(&by.key_by)
        .bind(by.at.0)
        .bind(&grounds)
        .bind(id.to_string())
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        note(&mut tx, by, "block.ask_lift", id, serde_json::json!({"grounds": grounds})).await?;
        tx.commit().await.map_err(|error| down(error).into())
    }

    async fn decide_lift(
        &self,
        office: Uuid,
        id: Uuid,
        lift: bool,
        by: &By,
    ) -> Result<(), CaseError> {
        let mut tx = self.write().await?;
        let block = standing(&mut tx, office, id, by.at).await?;
        let asked = block.lift_asked.clone().ok_or(Refusal::NotProposed)?;
        let key_by = asked.key_by.as_deref();
        if lift && one_hand(&mut tx, by, &asked.by, key_by).await?.is_some() {
            return Err(Refusal::Own.into());
        }
        let action = if lift {
            end(&mut tx, &[id], &by.login, by.at).await?;
            told::block(&mut tx, Kind::LabelsUnblocked, &block, by.at).await?;
            if let Some(case) = block.case {
                let fact = Fact::Unblock { block: id, grounds: asked.grounds };
                tell_case(&mut tx, (office, case), fact, by).await?;
            }
            "block.lift"
        } else {
            db::query(
                "UPDATE blocks SET lift_asked_by = NULL, lift_asked_key_by = NULL,
                 lift_asked_at = NULL, lift_grounds = NULL WHERE id = $1",
            )
            .bind(id.to_string())
            .execute(&mut *tx)
            .await
            .map_err(down)?;
            "block.leave"
        };
        note(&mut tx, by, action, id, serde_json::json!({"labels": block.labels})).await?;
        tx.commit().await.map_err(|error| down(error).into())
    }

    async fn blocks(&self, office: Uuid, limit: u32) -> Result<Vec<Block>, LedgerError> {
        let found = db::query(
            "SELECT * FROM blocks WHERE office = $1 ORDER BY blocked_at DESC, id LIMIT $2",
        )
        .bind(office.to_string())
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?;
        let mut out = Vec::with_capacity(found.len());
        for row in &found {
            let spans = spans(&self.reader, &get::<String>(row, "id")?).await?;
            out.push(block(row, spans)?);
        }
        Ok(out)
    }

    async fn blocked_of(
        &self,
        of: &Uscc,
        now: UnixMs,
        limit: u32,
    ) -> Result<Vec<RangeFact>, LedgerError> {
        db::query(
            "SELECT r.* FROM batch_ranges r JOIN batches b ON b.key_number = r.key_number
             AND b.batch_number = r.batch_number WHERE b.enterprise = $1 AND r.block IS NOT NULL
             AND r.lifted_at IS NULL AND r.until_at > $2 ORDER BY r.set_at DESC, r.id LIMIT $3",
        )
        .bind(of.as_str())
        .bind(now.0)
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(rows::range)
        .collect()
    }

    async fn end_blocks(&self, by: &By) -> Result<u64, LedgerError> {
        if over(&self.reader, by.at).await?.is_empty() {
            return Ok(0);
        }
        let mut tx = self.write().await?;
        // Somebody may have lifted one while this waited.
        let over = over(&mut *tx, by.at).await?;
        end(&mut tx, &over, "", by.at).await?;
        for id in &over {
            note(&mut tx, by, "block.end", *id, serde_json::Value::Null).await?;
            if let Some(block) = known(&mut tx, *id).await? {
                told::block(&mut tx, Kind::LabelsUnblocked, &block, by.at).await?;
            }
        }
        tx.commit().await.map_err(down)?;
        Ok(over.len() as u64)
    }
}
