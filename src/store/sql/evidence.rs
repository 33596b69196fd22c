//! Packages of evidence, and their questions for the time.

use super::db::{self, QueryBuilder};
use async_trait::async_trait;
use uuid::Uuid;

use super::rows::{self, Read, get};
use super::{Ledger, Tx, audit, blocks, down, inquiries, reports, signed, unsigned};
use crate::auth::office::Seat;
use crate::auth::trail::{Entry, Row};
use crate::base::{By, LedgerError, UnixMs};
use crate::cases::block::Block;
use crate::cases::inquiry::Inquiry;
use crate::evidence::port::{
    Built, DatedBy, EvidenceLedger, PACKAGES_SHOWN_MAX, PackageRow, StampAsked, TRAIL_ROWS_MAX,
    Wanted,
};
use crate::reports::Report;

fn small(row: &db::Row, column: &str) -> Read<u32> {
    u32::try_from(get::<i64>(row, column)?).map_err(|_| rows::bad(column))
}

fn uuid(row: &db::Row, column: &str) -> Read<Uuid> {
    get::<String>(row, column)?.parse().map_err(|_| rows::bad(column))
}

fn built(row: &db::Row) -> Read<Option<Built>> {
    let Some(at) = get::<Option<i64>>(row, "ready_at")? else { return Ok(None) };
    let authority: Option<String> = get(row, "dated_by")?;
    let dated_at: Option<i64> = get(row, "dated_at")?;
    Ok(Some(Built {
        at: UnixMs(at),
        kid: get(row, "kid")?,
        bytes: unsigned(get(row, "bytes")?),
        files: small(row, "files")?,
        sha256: get(row, "sha256")?,
        dated: authority.zip(dated_at).map(|(authority, at)| DatedBy { authority, at: UnixMs(at) }),
        undated: get(row, "undated")?,
    }))
}

fn package(row: &db::Row) -> Read<PackageRow> {
    let seat: String = get(row, "asked_seat")?;
    Ok(PackageRow {
        id: rows::id(row)?,
        office: uuid(row, "office")?,
        case: uuid(row, "case_id")?,
        case_number: get(row, "case_number")?,
        entries: small(row, "entries")?,
        state: get(row, "state")?,
        asked_by: get(row, "asked_by")?,
        asked_name: get(row, "asked_name")?,
        asked_seat: Seat::from_slug(&seat).ok_or_else(|| rows::bad("asked_seat"))?,
        asked_at: UnixMs(get(row, "asked_at")?),
        problem: get(row, "problem")?,
        built: built(row)?,
        downloads: unsigned(get(row, "downloads")?),
    })
}

/// One audit row, of the case, so that its custody tells of it.
async fn note(
    tx: &mut Tx,
    by: &By,
    action: &'static str,
    case: Uuid,
    after: serde_json::Value,
) -> Read<()> {
    let entry = Entry {
        action,
        object: format!("case {case}"),
        enterprise: None,
        before: serde_json::Value::Null,
        after,
    };
    audit::note(tx, by, &entry).await
}

/// The latest package of a state.
async fn of_state(tx: &mut Tx, case: Uuid, state: &str) -> Read<Option<PackageRow>> {
    db::query(
        "SELECT * FROM evidence_packages WHERE case_id = $1 AND state = $2
         ORDER BY asked_at DESC, id DESC LIMIT 1",
    )
    .bind(case.to_string())
    .bind(state)
    .fetch_optional(&mut **tx)
    .await
    .map_err(down)?
    .as_ref()
    .map(package)
    .transpose()
}

#[async_trait]
impl EvidenceLedger for Ledger {
    async fn want_evidence(
        &self,
        wanted: &Wanted,
        by: &By,
    ) -> Result<(PackageRow, bool), LedgerError> {
        let mut tx = self.write().await?;
        if let Some(row) = of_state(&mut tx, wanted.case, &wanted.state).await? {
            return Ok((row, false));
        }
        db::query(
            "INSERT INTO evidence_packages (id, office, case_id, case_number, entries, asked_by,
                 asked_name, asked_seat, asked_at, state, leased_until, downloads)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0)",
        )
        .bind(wanted.id.to_string())
        .bind(wanted.office.to_string())
        .bind(wanted.case.to_string())
        .bind(&wanted.case_number)
        .bind(i64::from(wanted.entries))
        .bind(&by.login)
        .bind(&wanted.name)
        .bind(wanted.seat.slug())
        .bind(by.at.0)
        .bind(&wanted.state)
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        let after = serde_json::json!({"package": wanted.id, "entries": wanted.entries,
            "state": wanted.state});
        note(&mut tx, by, "evidence.want", wanted.case, after).await?;
        let row = of_state(&mut tx, wanted.case, &wanted.state).await?;
        tx.commit().await.map_err(down)?;
        let row = row.ok_or_else(|| LedgerError::NotFound(format!("package {}", wanted.id)))?;
        Ok((row, true))
    }

    async fn evidence_of(&self, case: Uuid) -> Result<Vec<PackageRow>, LedgerError> {
        let found = db::query(
            "SELECT * FROM evidence_packages WHERE case_id = $1 ORDER BY asked_at DESC, id DESC LIMIT $2",
        )
        .bind(case.to_string())
        .bind(i64::from(PACKAGES_SHOWN_MAX))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?;
        found.iter().map(package).collect()
    }

    async fn evidence(&self, id: Uuid) -> Result<PackageRow, LedgerError> {
        let row = db::query("SELECT * FROM evidence_packages WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await
            .map_err(down)?;
        package(&row.ok_or_else(|| LedgerError::NotFound(format!("package {id}")))?)
    }

    async fn take_evidence(
        &self,
        now: UnixMs,
        until: UnixMs,
    ) -> Result<Option<PackageRow>, LedgerError> {
        db::query(
            "UPDATE evidence_packages SET leased_until = $2 WHERE id = (
                 SELECT id FROM evidence_packages
                 WHERE ready_at IS NULL AND leased_until <= $1 ORDER BY leased_until, id LIMIT 1)
             RETURNING *",
        )
        .bind(now.0)
        .bind(until.0)
        .fetch_optional(&self.writer)
        .await
        .map_err(down)?
        .as_ref()
        .map(package)
        .transpose()
    }

    async fn keep_evidence(&self, id: Uuid, until: UnixMs) -> Result<bool, LedgerError> {
        let kept = db::query(
            "UPDATE evidence_packages SET leased_until = $2 WHERE id = $1 AND ready_at IS NULL",
        )
        .bind(id.to_string())
        .bind(until.0)
        .execute(&self.writer)
        .await
        .map_err(down)?;
        Ok(kept.rows_affected() == 1)
    }

    async fn evidence_built(
        &self,
        id: Uuid,
        state: &str,
        built: &Built,
        by: &By,
    ) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        let case: Option<String> = db::query_scalar(
            "UPDATE evidence_packages SET ready_at = $2, kid = $3, bytes = $4, files = $5,
                 sha256 = $6, dated_by = $7, dated_at = $8, undated = $9, state = $10, problem = NULL
             WHERE id = $1 AND ready_at IS NULL RETURNING case_id",
        )
        .bind(id.to_string())
        .bind(built.at.0)
        .bind(&built.kid)
        .bind(signed(built.bytes))
        .bind(i64::from(built.files))
        .bind(&built.sha256)
        .bind(built.dated.as_ref().map(|dated| &dated.authority))
        .bind(built.dated.as_ref().map(|dated| dated.at.0))
        .bind(&built.undated)
        .bind(state)
        .fetch_optional(&mut *tx)
        .await
        .map_err(down)?;
        let Some(case) = case else { return Ok(()) };
        let case = case.parse().map_err(|_| rows::bad("case_id"))?;
        let after = serde_json::json!({"package": id, "sha256": built.sha256, "key": built.kid});
        note(&mut tx, by, "evidence.built", case, after).await?;
        tx.commit().await.map_err(down)
    }

    async fn evidence_failed(
        &self,
        id: Uuid,
        problem: &str,
        again: UnixMs,
    ) -> Result<(), LedgerError> {
        db::query(
            "UPDATE evidence_packages SET problem = $2, leased_until = $3
             WHERE id = $1 AND ready_at IS NULL",
        )
        .bind(id.to_string())
        .bind(problem)
        .bind(again.0)
        .execute(&self.writer)
        .await
        .map(drop)
        .map_err(down)
    }

    async fn evidence_taken(&self, row: &PackageRow, by: &By) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        db::query("UPDATE evidence_packages SET downloads = downloads + 1 WHERE id = $1")
            .bind(row.id.to_string())
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        let sha256 = row.built.as_ref().map(|built| &built.sha256);
        let after = serde_json::json!({"package": row.id, "sha256": sha256});
        note(&mut tx, by, "evidence.take", row.case, after).await?;
        tx.commit().await.map_err(down)
    }

    async fn inquiries_of(&self, case: Uuid) -> Result<Vec<Inquiry>, LedgerError> {
        inquiries::of_case(self, case).await
    }

    async fn blocks_of(&self, case: Uuid) -> Result<Vec<Block>, LedgerError> {
        blocks::of_case(self, case).await
    }

    async fn reports_in(&self, case: Uuid) -> Result<Vec<Report>, LedgerError> {
        reports::of_case(self, case).await
    }

    async fn trail_of(&self, objects: &[String]) -> Result<Vec<Row>, LedgerError> {
        let mut query = QueryBuilder::new("SELECT * FROM audit WHERE object IN (");
        let mut each = query.separated(", ");
        for object in objects {
            each.push_bind(object);
        }
        query.push(") ORDER BY seq LIMIT ").push_bind(i64::from(TRAIL_ROWS_MAX));
        let found = query.build().fetch_all(&self.reader).await.map_err(down)?;
        found.iter().map(audit::row).collect()
    }

    async fn ask_stamp(&self, asked: &StampAsked) -> Result<(), LedgerError> {
        db::query(
            "INSERT INTO evidence_stamps (package, query, leased_until) VALUES ($1, $2, 0)
             ON CONFLICT (package) DO UPDATE
             SET query = excluded.query, leased_until = 0, response = NULL, problem = NULL",
        )
        .bind(asked.package.to_string())
        .bind(&asked.query)
        .execute(&self.writer)
        .await
        .map(drop)
        .map_err(down)
    }

    async fn take_stamp(
        &self,
        now: UnixMs,
        until: UnixMs,
    ) -> Result<Option<StampAsked>, LedgerError> {
        let row = db::query(
            "UPDATE evidence_stamps SET leased_until = $2 WHERE package = (
                 SELECT package FROM evidence_stamps WHERE response IS NULL AND problem IS NULL
                 AND leased_until <= $1 ORDER BY leased_until LIMIT 1)
             RETURNING package, query",
        )
        .bind(now.0)
        .bind(until.0)
        .fetch_optional(&self.writer)
        .await
        .map_err(down)?;
        let asked = |row: db::Row| -> Read<StampAsked> {
            Ok(StampAsked { package: uuid(&row, "package")?, query: get(&row, "query")? })
        };
        row.map(asked).transpose()
    }

    async fn stamp_answered(
        &self,
        asked: &StampAsked,
        answer: Result<Vec<u8>, String>,
    ) -> Result<(), LedgerError> {
        let (response, problem) = match answer {
            Ok(response) => (Some(response), None),
            Err(problem) => (None, Some(problem)),
        };
        db::query(
            "UPDATE evidence_stamps SET response = $3, problem = $4
             WHERE package = $1 AND query = $2",
        )
        .bind(asked.package.to_string())
        .bind(&asked.query)
        .bind(response)
        .bind(problem)
        .execute(&self.writer)
        .await
        .map(drop)
        .map_err(down)
    }

    async fn stamp_of(
        &self,
        package: Uuid,
    ) -> Result<Option<Result<Vec<u8>, String>>, LedgerError> {
        let row = db::query("SELECT response, problem FROM evidence_stamps WHERE package = $1")
            .bind(package.to_string())
            .fetch_optional(&self.reader)
            .await
            .map_err(down)?;
        let Some(row) = row else { return Ok(None) };
        let (response, problem): (Option<Vec<u8>>, Option<String>) =
            (get(&row, "response")?, get(&row, "problem")?);
        Ok(response.map(Ok).or(problem.map(Err)))
    }
}
