//! `/officer/cases/{id}`: one case, all of it on a page.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::{sight, view};
use crate::auth::Officer;
use crate::auth::trail::Entry;
use crate::base::By;
use crate::cases::fact::Fact;
use crate::cases::file::CaseFile;
use crate::cases::port::Sight;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::web::cases::GivenPage;

/// A case of the office; of one that it handed over, that alone.
#[utoipa::path(
    get,
    path = "/officer/cases/{id}",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "Id of the case")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such case of this office"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Officer>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let beside = view::Beside::default();
    match sight(&desk, &who, &id).await? {
        Sight::Own(file) => {
            looked(&desk, &by, &file).await?;
            view::case_page(&desk, &who, frame, &file, beside, StatusCode::OK).await
        }
        Sight::HandedOver(given) => {
            let (lang, offices) = (frame.lang, desk.ledger.offices().await?);
            let given = view::given(&desk, &given, &offices, &frame);
            page(&GivenPage { f: frame, given }, lang, StatusCode::OK)
        }
    }
}

/// The trail tells who looked at the people of a case, before they are shown. Not
/// under the case's own name: its custody list is of what was done.
async fn looked(desk: &Desk, by: &By, file: &CaseFile) -> Result<(), Problem> {
    let people =
        file.standing().any(|entry| matches!(entry.fact, Fact::Party(_) | Fact::Statement(_)));
    if people {
        let entry = Entry {
            action: "case.look",
            object: format!("parties {}", file.id),
            enterprise: None,
            before: Value::Null,
            after: json!({"case": file.number}),
        };
        desk.ledger.note(by, &entry).await?;
    }
    Ok(())
}
