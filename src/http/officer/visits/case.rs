//! `POST /officer/visits/{id}/case`: puts a visit into a case.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::records;
use super::show::visit_page;
use crate::auth::Officer;
use crate::auth::office::{Serving, Working};
use crate::base::By;
use crate::cases::CaseError;
use crate::cases::fact::Fact;
use crate::cases::port::{CASES_SHOWN_MAX, CaseLine, FileLedger, Seen, Sight, Wanted};
use crate::http::access::AtConsole;
use crate::http::bodies::Posted;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::visits::Visit;
use crate::web::console::{Frame, Typed};

/// Times that an entry is tried again behind what somebody else wrote meanwhile.
const TRIES: u32 = 5;

/// Which case.
#[derive(Default, Deserialize, ToSchema)]
pub struct VisitInto {
    /// Such as 2026-000012
    #[serde(default)]
    number: String,
}

/// Puts the visit into a case of the office.
#[utoipa::path(
    post,
    path = "/officer/visits/{id}/case",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "Of the visit")),
    request_body(content = VisitInto, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of the visit"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such visit of this office"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn put(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Serving<Working>>,
    Path(id): Path<String>,
    Posted(into): Posted<VisitInto>,
) -> Result<Response, Problem> {
    let kept = records(&desk, &who, &id).await?;
    let visit = Visit::fold(&kept).ok_or_else(Problem::nothing)?.id;
    let Some(case) = named(&desk, &who, into.number.trim()).await? else {
        let error = frame.t("本局没有这个编号的案件", "Your office has no case of this number");
        return again(&desk, (&who, &by), frame, &id, into.number, error.to_owned()).await;
    };
    if !desk.ledger.cases_of_visit(visit).await?.contains(&case.id) {
        match append(&desk, &who, &case, Fact::Visit { visit }, &by).await {
            Ok(()) => desk.ledger.note_visit_case(visit, case.id, &by).await?,
            Err(CaseError::Ledger(error)) => return Err(error.into()),
            Err(refused) => {
                let error = refused.to_string();
                return again(&desk, (&who, &by), frame, &id, into.number, error).await;
            }
        }
    }
    Ok(Redirect::to(&format!("/officer/visits/{visit}")).into_response())
}

/// The office's case of that very number.
async fn named(desk: &Desk, who: &Officer, number: &str) -> Result<Option<CaseLine>, Problem> {
    if number.is_empty() {
        return Ok(None);
    }
    let wanted = Wanted { office: who.office, find: number.to_owned(), ..Wanted::default() };
    let (found, _) = desk.ledger.list_cases(&wanted, CASES_SHOWN_MAX).await?;
    Ok(found.into_iter().find(|case| case.number == number))
}

/// Behind whatever others write: that a visit belongs to a case does not hang on it.
async fn append(
    desk: &Desk,
    who: &Officer,
    case: &CaseLine,
    fact: Fact,
    by: &By,
) -> Result<(), CaseError> {
    let facts = [fact];
    for _ in 1..TRIES {
        let (office, today) = (who.office, desk.today());
        let Sight::Own(file) = desk.ledger.case_file(office, case.id).await? else { break };
        // It was put there, and the note of it got lost.
        if file.standing().any(|entry| entry.fact == facts[0]) {
            return Ok(());
        }
        let seen = Seen { office, case: case.id, seq: file.seq(), today };
        match FileLedger::append(&*desk.ledger, &seen, &facts, by).await {
            Err(CaseError::Stale(_)) => {}
            done => return done.map(drop),
        }
    }
    Err(CaseError::Stale(Vec::new()))
}

async fn again(
    desk: &Desk,
    (who, by): (&Officer, &By),
    frame: Frame,
    id: &str,
    number: String,
    error: String,
) -> Result<Response, Problem> {
    let number = Typed { value: number, error: Some(error) };
    visit_page(desk, (who, by), frame, id, number, StatusCode::UNPROCESSABLE_ENTITY).await
}
