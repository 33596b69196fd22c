//! `/enterprise/recalls`: all of them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::line;
use crate::auth::{Duty, Member};
use crate::http::access::AtConsole;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::enterprise::home::own;
use crate::http::problem::Problem;
use crate::web::recall::RecallsPage;

/// Latest recalls that are listed.
const LISTED_MAX: u32 = 200;

/// Recalls and losses of the enterprise.
#[utoipa::path(
    get,
    path = "/enterprise/recalls",
    tag = "enterprise console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Member>,
) -> Result<Response, Problem> {
    let recalls = desk.ledger.recalls(Some(&own(&who)?), LISTED_MAX).await?;
    let lang = frame.lang;
    let listed = RecallsPage {
        recalls: recalls.iter().map(|recall| line(recall, &frame, &desk.zone)).collect(),
        asks: who.duties.allow(Duty::Quality) || who.duties.allow(Duty::Sales),
        f: frame,
    };
    page(&listed, lang, StatusCode::OK)
}
