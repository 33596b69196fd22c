//! Milestones of batches, for buyers.

use super::db;
use std::collections::{BTreeMap, BTreeSet};

use super::rows::{self, Read, get};
use super::{Tx, down, next_revision};
use crate::base::UnixMs;
use crate::registry::journey::{MILESTONES_OF_A_BATCH_MAX, Milestone, MilestoneKind};
use crate::registry::{BatchRef, Bilingual, Register};
use crate::trace::Event;
use crate::trace::milestones::milestone;
use crate::trace::place::Site;

/// Milestones that a transaction has put in: a line packs hundreds of cases in
/// one, of which the first alone is news.
pub(super) type Told = BTreeSet<(BatchRef, MilestoneKind, u16, String)>;

/// Keeps what an event is for its batches. The first of a kind stands, but of
/// inspections, where the last result is what holds.
pub(super) async fn keep(
    tx: &mut Tx,
    (event, seq): (&Event, i64),
    batches: &BTreeSet<BatchRef>,
    (register, sites): (&Register, &BTreeMap<String, Site>),
    told: &mut Told,
) -> Read<()> {
    let mut news = false;
    for batch in batches {
        let Some(m) = milestone(event, *batch, register, sites) else { continue };
        let again = m.kind == MilestoneKind::Inspected;
        if told.insert((*batch, m.kind, m.region, m.name.zh.clone())) || again {
            news |= put(tx, *batch, &m, seq).await?;
        }
    }
    if news {
        let revision = next_revision(tx).await?;
        set_revision(tx, seq, revision, false).await?;
    }
    Ok(())
}

async fn put(tx: &mut Tx, batch: BatchRef, m: &Milestone, seq: i64) -> Read<bool> {
    let done = db::query(
        "INSERT INTO trace_milestones (key_number, batch_number, kind, name, region, seq, at,
         name_en, report, passed, gone, revision)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0
         WHERE (SELECT COUNT(*) FROM trace_milestones
                WHERE key_number = $1 AND batch_number = $2) < $11
         ON CONFLICT (key_number, batch_number, kind, region, name) DO UPDATE SET
         seq = excluded.seq, at = excluded.at, name_en = excluded.name_en,
         report = excluded.report, passed = excluded.passed, gone = 0
         WHERE trace_milestones.gone = 1 OR excluded.kind = 'inspected'",
    )
    .bind(i64::from(batch.key.get()))
    .bind(i64::from(batch.batch))
    .bind(m.kind.slug())
    .bind(&m.name.zh)
    .bind(i64::from(m.region))
    .bind(seq)
    .bind(m.at.0)
    .bind(&m.name.en)
    .bind(&m.report)
    .bind(m.passed.map(i64::from))
    .bind(i64::try_from(MILESTONES_OF_A_BATCH_MAX).unwrap_or(i64::MAX))
    .execute(&mut **tx)
    .await
    .map_err(down)?;
    Ok(done.rows_affected() > 0)
}

async fn set_revision(tx: &mut Tx, seq: i64, revision: i64, gone: bool) -> Read<u64> {
    let set = "UPDATE trace_milestones SET revision = $1, gone = $2 WHERE seq = $3";
    let done = db::query(set)
        .bind(revision)
        .bind(i64::from(gone))
        .bind(seq)
        .execute(&mut **tx)
        .await
        .map_err(down)?;
    Ok(done.rows_affected())
}

/// Takes back what an event was that did not happen so. The next event of its
/// kind is the first then.
pub(super) async fn drop_of(tx: &mut Tx, seq: i64) -> Read<()> {
    let revision = next_revision(tx).await?;
    set_revision(tx, seq, revision, true).await.map(drop)
}

/// Milestones of every batch of which one changed behind `since`. Dealers are
/// named where their enterprise wants it.
pub(super) async fn changed(tx: &mut Tx, since: i64) -> Read<Vec<(BatchRef, Vec<Milestone>)>> {
    let rows = db::query(
        "SELECT m.*, COALESCE(c.name_dealers, 0) AS named FROM trace_milestones m
         JOIN batches b ON b.key_number = m.key_number AND b.batch_number = m.batch_number
         LEFT JOIN trace_customs c ON c.enterprise = b.enterprise
         WHERE (m.key_number, m.batch_number) IN
         (SELECT key_number, batch_number FROM trace_milestones WHERE revision > $1)
         ORDER BY m.key_number, m.batch_number, m.at, m.seq",
    )
    .bind(since)
    .fetch_all(&mut **tx)
    .await
    .map_err(down)?;
    let mut out: Vec<(BatchRef, Vec<Milestone>)> = Vec::new();
    for row in &rows {
        let batch = rows::batch_ref(row)?;
        if out.last().is_none_or(|(last, _)| *last != batch) {
            out.push((batch, Vec::new()));
        }
        if get::<i64>(row, "gone")? != 0 {
            continue;
        }
        let kind = MilestoneKind::from_slug(&get::<String>(row, "kind")?)
            .ok_or_else(|| rows::bad("kind"))?;
        let named = kind != MilestoneKind::Shipped || get::<i64>(row, "named")? != 0;
        let name = Bilingual { zh: get(row, "name")?, en: get(row, "name_en")? };
        let milestone = Milestone {
            kind,
            at: UnixMs(get(row, "at")?),
            region: u16::try_from(get::<i64>(row, "region")?).map_err(|_| rows::bad("region"))?,
            name: if named { name } else { Bilingual::default() },
            report: get(row, "report")?,
            passed: get::<Option<i64>>(row, "passed")?.map(|p| p != 0),
        };
        if let Some((_, milestones)) = out.last_mut() {
            milestones.push(milestone);
        }
    }
    Ok(out)
}
