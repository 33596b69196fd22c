//! Buyers' scans by day and province, counted in the transaction that writes
//! their rows.

use super::db::QueryBuilder;
use std::collections::BTreeMap;

use super::rows::Read;
use super::{ROWS_AT_ONCE, Tx, down, signed};
use crate::registry::BatchRef;
use crate::scan::{Channel, Observation};

/// What is added to the counts.
#[derive(Default)]
pub(super) struct Days(BTreeMap<(BatchRef, i64, i64), u64>);

impl Days {
    /// Takes in a scan that is written in the same transaction.
    pub(super) fn take(&mut self, batch: BatchRef, seen: &Observation, offset_ms: i64) {
        if seen.channel == Channel::Consumer {
            let day = (seen.at.0 + offset_ms).div_euclid(86_400_000);
            *self.0.entry((batch, day, i64::from(seen.place.0) / 100)).or_default() += 1;
        }
    }

    pub(super) async fn add(self, tx: &mut Tx) -> Read<()> {
        let counts: Vec<_> = self.0.into_iter().collect();
        for counts in counts.chunks(ROWS_AT_ONCE) {
            let mut insert = QueryBuilder::new(
                "INSERT INTO scan_days (key_number, batch_number, day, province, scans) ",
            );
            insert.push_values(counts, |mut row, ((batch, day, province), scans)| {
                row.push_bind(i64::from(batch.key.get()))
                    .push_bind(i64::from(batch.batch))
                    .push_bind(*day)
                    .push_bind(*province)
                    .push_bind(signed(*scans));
            });
            insert.push(
                " ON CONFLICT (key_number, batch_number, day, province) DO UPDATE SET
                 scans = scan_days.scans + excluded.scans",
            );
            insert.build().execute(&mut **tx).await.map_err(down)?;
        }
        Ok(())
    }
}
