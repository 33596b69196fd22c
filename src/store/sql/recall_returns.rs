//! Goods of recalls that came back, and where their labels are scanned.

use super::db::{self, QueryBuilder, Row};
use std::collections::BTreeMap;

use uuid::Uuid;

use super::recalls;
use super::rows::{self, Read, get};
use super::scans::channel_name;
use super::{Ledger, ROWS_AT_ONCE, Tx, down, signed, unsigned};
use crate::base::{By, FieldError, LedgerError, UnixMs};
use crate::recall::port::RegionCount;
use crate::recall::returns::{Goods, NewReturn, Outcome, Progress, Return};
use crate::recall::{Numbers, RecallError, Refusal};
use crate::registry::BatchRef;
use crate::scan::Channel;

fn returned(row: &Row) -> Read<Return> {
    Ok(Return {
        id: rows::id(row)?,
        outcome: Outcome::from_slug(&get::<String>(row, "outcome")?)
            .ok_or_else(|| rows::bad("outcome"))?,
        place: u16::try_from(get::<i64>(row, "place")?).map_err(|_| rows::bad("place"))?,
        items: unsigned(get(row, "items")?),
        note: get(row, "note")?,
        noted_by: get(row, "noted_by")?,
        noted_at: UnixMs(get(row, "noted_at")?),
    })
}

pub(super) async fn progress<'e>(on: impl db::On<'e>, id: &Uuid) -> Read<Progress> {
    let row = db::query(
        "SELECT r.on_sale,
         CAST(COALESCE(SUM(CASE WHEN b.outcome = 'recovered' THEN b.items END), 0) AS BIGINT) AS recovered,
         CAST(COALESCE(SUM(CASE WHEN b.outcome = 'destroyed' THEN b.items END), 0) AS BIGINT) AS destroyed
         FROM recalls r LEFT JOIN recall_returns b ON b.recall = r.id
         WHERE r.id = $1 GROUP BY r.id, r.on_sale",
    )
    .bind(id.to_string())
    .fetch_optional(on)
    .await
    .map_err(down)?
    .ok_or_else(|| LedgerError::NotFound(format!("recall {id}")))?;
    let count = |column| -> Read<u64> { Ok(unsigned(get(&row, column)?)) };
    Ok(Progress {
        on_sale: count("on_sale")?,
        recovered: count("recovered")?,
        destroyed: count("destroyed")?,
    })
}

pub(super) async fn list(ledger: &Ledger, id: &Uuid, limit: u32) -> Read<Vec<Return>> {
    db::query(
        "SELECT * FROM recall_returns WHERE recall = $1 ORDER BY noted_at DESC, id DESC LIMIT $2",
    )
    .bind(id.to_string())
    .bind(i64::from(limit))
    .fetch_all(&ledger.reader)
    .await
    .map_err(down)?
    .iter()
    .map(returned)
    .collect()
}

pub(super) async fn note(
    ledger: &Ledger,
    new: &NewReturn,
    by: &By,
) -> Result<Progress, RecallError> {
    let mut tx = ledger.write().await?;
    let recall = recalls::must_know(&mut tx, &new.recall).await?;
    if !recall.is_open() {
        return Err(Refusal::NotOpen.into());
    }
    let now = progress(&mut *tx, &new.recall).await?;
    let (items, codes) = match &new.goods {
        Goods::Items(items) => (*items, &[][..]),
        Goods::Codes(codes) => (codes.len() as u64, &codes[..]),
    };
    let before = db::query("SELECT * FROM recall_returns WHERE id = $1")
        .bind(new.id.to_string())
        .fetch_optional(&mut *tx)
        .await
        .map_err(down)?;
    if let Some(row) = before {
        let (of, old) = (get::<String>(&row, "recall")?, returned(&row)?);
        let same = of == new.recall.to_string()
            && (old.outcome, old.place, old.items) == (new.outcome, new.place, items);
        if same {
            return Ok(now);
        }
        let fault = FieldError::new("id", "is that of another return", "give this one its own");
        return Err(LedgerError::Invalid(vec![fault]).into());
    }
    now.check(new.outcome, items).map_err(|problem| {
        let remedy = "count again; goods that were not on sale do not come back";
        LedgerError::Invalid(vec![FieldError::new("items", problem, remedy)])
    })?;
    db::query(
        "INSERT INTO recall_returns (id, recall, outcome, place, items, note, noted_by, noted_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(new.id.to_string())
    .bind(new.recall.to_string())
    .bind(new.outcome.slug())
    .bind(i64::from(new.place))
    .bind(signed(items))
    .bind(&new.note)
    .bind(&by.login)
    .bind(by.at.0)
    .execute(&mut *tx)
    .await
    .map_err(down)?;
    for codes in codes.chunks(ROWS_AT_ONCE) {
        count_codes(&mut tx, new, codes).await?;
    }
    let told = serde_json::json!({"outcome": new.outcome, "items": items, "place": new.place});
    recalls::note(&mut tx, by, "recall.return", &recall.proposal, told).await?;
    let now = progress(&mut *tx, &new.recall).await?;
    tx.commit().await.map_err(down)?;
    Ok(now)
}

/// Each code counts once, as recovered and as destroyed.
async fn count_codes(tx: &mut Tx, new: &NewReturn, codes: &[(BatchRef, u64)]) -> Read<()> {
    let mut insert = QueryBuilder::new(
        "INSERT INTO recall_codes (recall, outcome, key_number, batch_number, label_number,
         noted_in) ",
    );
    insert.push_values(codes, |mut row, (batch, number)| {
        row.push_bind(new.recall.to_string())
            .push_bind(new.outcome.slug())
            .push_bind(i64::from(batch.key.get()))
            .push_bind(i64::from(batch.batch))
            .push_bind(signed(*number))
            .push_bind(new.id.to_string());
    });
    insert.push(" ON CONFLICT DO NOTHING");
    let counted = insert.build().execute(&mut **tx).await.map_err(down)?.rows_affected();
    if counted == codes.len() as u64 {
        return Ok(());
    }
    let problem = format!("{} of them were counted before", codes.len() as u64 - counted);
    Err(LedgerError::Invalid(vec![FieldError::new("codes", problem, "leave those out")]))
}

pub(super) async fn scanned_where(
    ledger: &Ledger,
    ranges: &[Numbers],
    since: UnixMs,
) -> Read<Vec<RegionCount>> {
    let mut found = BTreeMap::<u16, (u64, u64)>::new();
    let mut reader = ledger.reader.acquire().await.map_err(down)?;
    for range in ranges {
        let rows = db::query(
            "SELECT place / 100 AS province, COUNT(DISTINCT label_number) AS labels,
             COUNT(*) AS scans FROM scans
             WHERE key_number = $1 AND batch_number = $2 AND label_number BETWEEN $3 AND $4
             AND seen_at >= $5 AND channel = $6 GROUP BY place / 100",
        )
        .bind(i64::from(range.batch.key.get()))
        .bind(i64::from(range.batch.batch))
        .bind(signed(range.first))
        .bind(signed(range.last))
        .bind(since.0)
        .bind(channel_name(Channel::Consumer))
        .fetch_all(&mut reader)
        .await
        .map_err(down)?;
        for row in &rows {
            let province: i64 = get(row, "province")?;
            let code = u16::try_from(province * 100).map_err(|_| rows::bad("place"))?;
            let of_province = found.entry(code).or_default();
            of_province.0 += unsigned(get(row, "labels")?);
            of_province.1 += unsigned(get(row, "scans")?);
        }
    }
    let mut counts: Vec<_> = found
        .into_iter()
        .map(|(province, (labels, scans))| RegionCount { province, labels, scans })
        .collect();
    counts.sort_by_key(|count| std::cmp::Reverse(count.labels));
    Ok(counts)
}
