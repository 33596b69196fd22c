//! Bottles shipped, counted in the transaction that keeps the event.

use super::db::{self, QueryBuilder};
use std::collections::BTreeMap;

use super::rows::{self, Read, get};
use super::{Ledger, ROWS_AT_ONCE, Tx, down, signed, unsigned};
use crate::overview::Shipped;
use crate::registry::{BatchRef, Uscc};

/// Adds what an event shipped.
pub(super) async fn keep(
    tx: &mut Tx,
    seq: i64,
    bottles: BTreeMap<(BatchRef, u8), u64>,
) -> Read<()> {
    if bottles.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = bottles.into_iter().collect();
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let mut insert = QueryBuilder::new(
            "INSERT INTO shipped_by_event (seq, key_number, batch_number, province, bottles) ",
        );
        insert.push_values(rows, |mut row, ((batch, province), bottles)| {
            row.push_bind(seq)
                .push_bind(i64::from(batch.key.get()))
                .push_bind(i64::from(batch.batch))
                .push_bind(i64::from(*province))
                .push_bind(signed(*bottles));
        });
        insert.build().execute(&mut **tx).await.map_err(down)?;
    }
    sum(
        tx,
        seq,
        "INSERT INTO shipped (key_number, batch_number, province, bottles)
         SELECT key_number, batch_number, province, bottles FROM shipped_by_event WHERE seq = $1
         ON CONFLICT (key_number, batch_number, province)
         DO UPDATE SET bottles = shipped.bottles + excluded.bottles",
    )
    .await
}

/// Takes back what an event added that did not happen so.
pub(super) async fn take_back(tx: &mut Tx, seq: i64) -> Read<()> {
    sum(
        tx,
        seq,
        "UPDATE shipped SET bottles = bottles - (SELECT e.bottles FROM shipped_by_event e
          WHERE e.seq = $1 AND e.key_number = shipped.key_number
          AND e.batch_number = shipped.batch_number AND e.province = shipped.province)
         WHERE (key_number, batch_number, province) IN
         (SELECT key_number, batch_number, province FROM shipped_by_event WHERE seq = $1)",
    )
    .await?;
    sum(tx, seq, "DELETE FROM shipped_by_event WHERE seq = $1").await
}

async fn sum(tx: &mut Tx, seq: i64, statement: &'static str) -> Read<()> {
    db::query(statement).bind(seq).execute(&mut **tx).await.map(drop).map_err(down)
}

/// By lot and province, the latest lots first.
pub(super) const OF_ENTERPRISE: &str =
    "SELECT s.key_number, s.batch_number, s.province, s.bottles FROM batches b JOIN shipped s
     ON s.key_number = b.key_number AND s.batch_number = b.batch_number
     WHERE b.enterprise = $1 AND s.bottles > 0
     ORDER BY b.key_number DESC, b.batch_number DESC, s.province LIMIT $2";

pub(super) async fn of(ledger: &Ledger, own: &Uscc, limit: u32) -> Read<Vec<Shipped>> {
    db::query(OF_ENTERPRISE)
        .bind(own.as_str())
        .bind(i64::from(limit))
        .fetch_all(&ledger.reader)
        .await
        .map_err(down)?
        .iter()
        .map(|row| {
            Ok(Shipped {
                batch: rows::batch_ref(row)?,
                province: u8::try_from(get::<i64>(row, "province")?)
                    .map_err(|_| rows::bad("province"))?,
                bottles: unsigned(get(row, "bottles")?),
            })
        })
        .collect()
}
