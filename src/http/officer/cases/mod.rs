//! `/officer/cases`: case files of the officer's office.

pub(super) mod ask;
pub(super) mod decide;
pub(super) mod entries;
mod known;
pub(super) mod list;
pub(super) mod moves;
pub(super) mod new;
pub(super) mod photo;
pub(super) mod show;
pub(super) mod supervise;
mod told;
mod typed;
pub(super) mod upload;
mod view;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use crate::auth::Officer;
use crate::cases::CaseError;
use crate::cases::file::CaseFile;
use crate::cases::port::{Seen, Sight};
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::web::cases::{Kept, words};
use crate::web::console::Frame;

/// What an office sees under that id.
pub(super) async fn sight(desk: &Desk, who: &Officer, id: &str) -> Result<Sight, Problem> {
    let id: Uuid = id.parse().map_err(|_| Problem::nothing())?;
    Ok(desk.ledger.case_file(who.office, id).await?)
}

/// The case, where the office has it now.
pub(in crate::http) async fn find(
    desk: &Desk,
    who: &Officer,
    id: &str,
) -> Result<CaseFile, Problem> {
    match sight(desk, who, id).await? {
        Sight::Own(file) => Ok(*file),
        Sight::HandedOver(_) => Err(Problem::nothing()),
    }
}

/// What whoever writes had seen of the case; a form without a number saw nothing.
pub(in crate::http) fn seen(desk: &Desk, file: &CaseFile, seq: &str) -> Seen {
    let seq = seq.trim().parse().unwrap_or(0);
    Seen { office: file.office, case: file.id, seq, today: desk.today() }
}

/// To the page of the case, or the page with what stands in the way and all that
/// was typed.
pub(in crate::http) async fn answer<T>(
    desk: &Desk,
    who: &Officer,
    f: Frame,
    (id, kept): (Uuid, Kept),
    done: Result<T, CaseError>,
) -> Result<Response, Problem> {
    let lang = f.lang;
    let mut beside = view::Beside { kept, ..view::Beside::default() };
    let status = match done {
        Ok(_) => {
            desk.show_changes().await;
            return Ok(Redirect::to(&format!("/officer/cases/{id}")).into_response());
        }
        Err(CaseError::Refused(refusal)) => {
            beside.refused = Some(words::refusal(&refusal, lang));
            StatusCode::CONFLICT
        }
        Err(CaseError::Stale(between)) => {
            beside.between = between;
            StatusCode::CONFLICT
        }
        Err(CaseError::Ledger(crate::base::LedgerError::Invalid(faults))) => {
            for fault in &faults {
                let said = words::fault(fault, lang);
                beside.kept.errors.insert(fault.field.clone(), said);
            }
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(CaseError::Ledger(error)) => return Err(error.into()),
    };
    let file = find(desk, who, &id.to_string()).await?;
    view::case_page(desk, who, f, &file, beside, status).await
}
