//! `/officer/cases/{id}`: one case, all of it on a page.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{sight, view};
use crate::auth::Officer;
use crate::cases::port::Sight;
use crate::http::access::AtConsole;
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
    AtConsole { who, frame, .. }: AtConsole<Officer>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let beside = view::Beside::default();
    match sight(&desk, &who, &id).await? {
        Sight::Own(file) => {
            view::case_page(&desk, &who, frame, &file, beside, StatusCode::OK).await
        }
        Sight::HandedOver(given) => {
            let (lang, offices) = (frame.lang, desk.ledger.offices().await?);
            let given = view::given(&desk, &given, &offices, &frame);
            page(&GivenPage { f: frame, given }, lang, StatusCode::OK)
        }
    }
}
