//! `/officer/visits/{id}/record.pdf` and `list.pdf`: papers to print and sign.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{cases, persons, records};
use crate::auth::Officer;
use crate::base::By;
use crate::document::Picture;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::media::Sha256Hex;
use crate::visits::papers::{self, About, Pictures};
use crate::visits::{Kept, Visit};

/// Pictures of one paper: photos in the size in which they are shown.
const PICTURES_MAX: usize = 32;

/// The record of the inspection, filled in.
#[utoipa::path(
    get,
    path = "/officer/visits/{id}/record.pdf",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "Of the visit")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/pdf", description = "A paper"),
        (status = 303, description = "To the form for signing in"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "It names people, and stands in no case of this office"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such visit of this office"),
    )
)]
pub async fn record(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Officer>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let records = records(&desk, &who, &id).await?;
    paper(&desk, (&who, &by), &records, papers::inspection, "record").await
}

/// The list of goods that were sampled, sealed and seized, filled in.
#[utoipa::path(
    get,
    path = "/officer/visits/{id}/list.pdf",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "Of the visit")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/pdf", description = "A paper"),
        (status = 303, description = "To the form for signing in"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "It names people, and stands in no case of this office"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such visit of this office"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Officer>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let records = records(&desk, &who, &id).await?;
    paper(&desk, (&who, &by), &records, papers::list, "list").await
}

async fn paper(
    desk: &Desk,
    (who, by): (&Officer, &By),
    records: &[Kept],
    write: impl FnOnce(&Visit<'_>, &About<'_>, &Pictures) -> Vec<u8>,
    name: &str,
) -> Result<Response, Problem> {
    let visit = Visit::fold(records).ok_or_else(Problem::nothing)?;
    if !persons(desk, (who, by), &visit, name).await? {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "needs_a_case",
            "文书里有当事人的姓名和签名：请先把这次检查列入本局的案件。",
            "The paper names people: put the visit into a case of this office first.",
        ));
    }
    let offices = desk.ledger.offices().await?;
    let office = offices.iter().find(|office| office.id == who.office);
    let mut names = HashMap::new();
    for login in visit.recorders() {
        if let Some(account) = desk.ledger.account(login).await? {
            names.insert(login.to_owned(), account.name);
        }
    }
    let ids = desk.ledger.cases_of_visit(visit.id).await?;
    let cases = cases(desk, who, &ids).await?;
    let numbers: Vec<_> = cases.into_iter().map(|(_, number)| number).collect();
    let about = About {
        office: office.map_or("", |office| &office.name_zh),
        names: &names,
        cases: &numbers,
        zone: &desk.zone,
    };
    let pictures = pictures(desk, &visit).await?;
    let pdf = write(&visit, &about, &pictures);
    let file = format!("inline; filename=\"{name}-{}.pdf\"", visit.id.simple());
    let mut response = pdf.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    if let Ok(value) = HeaderValue::from_str(&file) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// Those that have come, signatures first: a paper without them is worth little.
async fn pictures(desk: &Desk, visit: &Visit<'_>) -> Result<Pictures, Problem> {
    let mut out = Pictures::new();
    let Some(store) = &desk.media else { return Ok(out) };
    for hash in visit.pictures().into_iter().rev() {
        if out.len() == PICTURES_MAX {
            break;
        }
        let Some(named) = Sha256Hex::parse(hash) else { continue };
        let Some(row) = desk.ledger.media(&named).await? else { continue };
        let file = store.get(&row.shown).await.ok().flatten();
        if let Some(Ok(picture)) = file.map(|bytes| Picture::read(&bytes)) {
            out.insert(hash.to_owned(), picture);
        }
    }
    Ok(out)
}
