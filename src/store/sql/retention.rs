//! Old scans lose what tells of a person.

use super::db::{self, Row};
use async_trait::async_trait;

use super::rows::{Read, get};
use super::{Ledger, Tx, audit, down};
use crate::auth::trail::Entry;
use crate::base::{By, LedgerError};
use crate::scan::retention::{Pass, RetentionLedger, Thinned};

/// What still tells of a person, and is no evidence: neither of an open flag, nor
/// of a code that was found copied since `$2`, nor of a label in a case that is under
/// way or held.
macro_rules! whole {
    () => {
        "(s.device <> 0 OR s.network <> 0 OR s.lat IS NOT NULL)
         AND NOT EXISTS (SELECT 1 FROM flags f WHERE f.payload = s.payload AND f.state = 'open')
         AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.payload = s.payload
             AND d.decision = 'copied' AND d.decided_at >= $2)
         AND NOT EXISTS (SELECT 1 FROM case_units u JOIN case_files c ON c.id = u.case_id
             WHERE u.payload = s.payload
             AND (c.state IN ('open', 'closing') OR c.hold = 1))"
    };
}

/// $1 from where on, $3 up to where, $4 rows.
const BEHIND: &str = concat!(
    "SELECT s.log, s.log_major, s.log_minor, s.seen_at FROM scans s
     WHERE s.seen_at >= $1 AND s.seen_at < $3 AND ",
    whole!(),
    " ORDER BY s.seen_at LIMIT $4"
);

/// What was evidence when its time came, and is none any more.
const LEFT: &str = concat!(
    "SELECT s.log, s.log_major, s.log_minor, s.seen_at FROM
         (SELECT payload FROM flags UNION SELECT payload FROM decisions
          UNION SELECT payload FROM case_units UNION SELECT payload FROM case_units_gone) AS looked
     JOIN scans s ON s.payload = looked.payload
     WHERE s.seen_at < $1 AND s.seen_at < $3 AND ",
    whole!(),
    " LIMIT $4"
);

async fn find(tx: &mut Tx, statement: &'static str, from: i64, p: &Pass) -> Read<Vec<Row>> {
    db::query(statement)
        .bind(from)
        .bind(p.evidence_since.0)
        .bind(p.before.0)
        .bind(i64::from(p.rows_max))
        .fetch_all(&mut **tx)
        .await
        .map_err(down)
}

/// The beginning of the day on which it was made takes the place of its instant.
const THIN: &str = "UPDATE scans SET device = 0, network = 0, lat = NULL, lon = NULL,
    seen_at = (seen_at + $1) / 86400000 * 86400000 - $1
    WHERE log = $2 AND log_major = $3 AND log_minor = $4";

/// How many there are.
async fn thin(tx: &mut Tx, rows: &[Row], offset_ms: i64) -> Read<u32> {
    for row in rows {
        db::query(THIN)
            .bind(offset_ms)
            .bind(get::<i64>(row, "log")?)
            .bind(get::<i64>(row, "log_major")?)
            .bind(get::<i64>(row, "log_minor")?)
            .execute(&mut **tx)
            .await
            .map_err(down)?;
    }
    Ok(u32::try_from(rows.len()).unwrap_or(u32::MAX))
}

/// Tells once of all that was thinned since it was told last.
async fn tell(tx: &mut Tx, p: &Pass, by: &By) -> Read<()> {
    let untold: i64 = db::query_scalar("SELECT untold FROM retention WHERE id = 1")
        .fetch_one(&mut **tx)
        .await
        .map_err(down)?;
    if untold == 0 {
        return Ok(());
    }
    db::query("UPDATE retention SET untold = 0 WHERE id = 1")
        .execute(&mut **tx)
        .await
        .map_err(down)?;
    let entry = Entry {
        action: "scans.thin",
        object: "scans".to_owned(),
        enterprise: None,
        before: serde_json::Value::Null,
        after: serde_json::json!({"scans": untold, "made_before": p.before.0}),
    };
    audit::note(tx, by, &entry).await
}

#[async_trait]
impl RetentionLedger for Ledger {
    async fn thin_scans(&self, p: &Pass, by: &By) -> Result<Thinned, LedgerError> {
        let mut tx = self.write().await?;
        let from: i64 = db::query_scalar("SELECT done_until FROM retention WHERE id = 1")
            .fetch_one(&mut *tx)
            .await
            .map_err(down)?;
        let behind = find(&mut tx, BEHIND, from, p).await?;
        let mut scans = thin(&mut tx, &behind, p.offset_ms).await?;
        let mut more = scans >= p.rows_max;
        let until = match behind.last().filter(|_| more) {
            Some(last) => get(last, "seen_at")?,
            None => p.before.0.max(from),
        };
        if !more {
            let left = find(&mut tx, LEFT, until, p).await?;
            let thinned = thin(&mut tx, &left, p.offset_ms).await?;
            more = thinned >= p.rows_max;
            scans += thinned;
        }
        db::query("UPDATE retention SET done_until = $1, untold = untold + $2 WHERE id = 1")
            .bind(until)
            .bind(i64::from(scans))
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        if !more {
            tell(&mut tx, p, by).await?;
        }
        tx.commit().await.map_err(down)?;
        Ok(Thinned { scans: scans.into(), more })
    }

    async fn forget_phones(&self, before_day: i64, limit: u32) -> Result<u64, LedgerError> {
        db::query(
            "DELETE FROM across_phones WHERE device IN
             (SELECT device FROM across_phones WHERE last_day < $1 LIMIT $2)",
        )
        .bind(before_day)
        .bind(i64::from(limit))
        .execute(&self.writer)
        .await
        .map(|done| done.rows_affected())
        .map_err(down)
    }
}
