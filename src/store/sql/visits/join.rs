//! A visit in a case: the case's entry and the note of it, in one transaction.

use crate::store::sql::db;
use uuid::Uuid;

use crate::base::By;
use crate::cases::CaseError;
use crate::cases::fact::{Entry, Fact};
use crate::cases::file::CaseFile;
use crate::store::sql::rows::{self, Read};
use crate::store::sql::{Tx, case_files, down};
use crate::visits::port::Joined;

pub(super) async fn join(
    tx: &mut Tx,
    office: Uuid,
    visit: Uuid,
    number: &str,
    by: &By,
) -> Read<Joined> {
    let id: Option<String> =
        db::query_scalar("SELECT id FROM case_files WHERE office = $1 AND number = $2")
            .bind(office.to_string())
            .bind(number)
            .fetch_optional(&mut **tx)
            .await
            .map_err(down)?;
    let Some(id) = id else { return Ok(Joined::NoCase) };
    let id: Uuid = id.parse().map_err(|_| rows::bad("id"))?;
    let file = case_files::read(&mut **tx, id).await?.ok_or_else(|| rows::bad("case"))?;
    let fact = Fact::Visit { visit };
    if file.standing().any(|entry| entry.fact == fact) {
        return Ok(Joined::Stands);
    }
    match case_files::put_down(tx, &file, &[fact], by).await {
        Ok(next) => {
            case_files::note(tx, by, "case.append", &next, file.seq()).await?;
            Ok(Joined::Stands)
        }
        Err(CaseError::Ledger(error)) => Err(error),
        Err(CaseError::Refused(_) | CaseError::Stale(_)) => Ok(Joined::NotOpen),
    }
}

/// Where a visit stands that came before: its first answer may have been lost.
pub(super) async fn stands(tx: &mut Tx, visit: Uuid, number: &str) -> Read<Joined> {
    let stands: i64 = db::query_scalar(
        "SELECT COUNT(*) FROM visit_cases v JOIN case_files c ON c.id = v.case_file
         WHERE v.visit = $1 AND c.number = $2",
    )
    .bind(visit.to_string())
    .bind(number)
    .fetch_one(&mut **tx)
    .await
    .map_err(down)?;
    Ok(if stands > 0 { Joined::Stands } else { Joined::NoCase })
}

/// Notes which visits stand in the case: those are not forgotten.
pub(in crate::store::sql) async fn keep(tx: &mut Tx, file: &CaseFile, entry: &Entry) -> Read<()> {
    let withdrawn = |id: &Uuid| file.entries().iter().find(|entry| entry.id == *id);
    match &entry.fact {
        Fact::Visit { visit } => db::query(
            "INSERT INTO visit_cases (visit, case_file, noted_by, noted_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (visit, case_file) DO NOTHING",
        )
        .bind(visit.to_string())
        .bind(file.id.to_string())
        .bind(&entry.by)
        .bind(entry.at.0),
        Fact::Withdrawn { entry, .. } => {
            let Some(Fact::Visit { visit }) = withdrawn(entry).map(|entry| &entry.fact) else {
                return Ok(());
            };
            db::query("DELETE FROM visit_cases WHERE visit = $1 AND case_file = $2")
                .bind(visit.to_string())
                .bind(file.id.to_string())
        }
        _ => return Ok(()),
    }
    .execute(&mut **tx)
    .await
    .map(drop)
    .map_err(down)
}
