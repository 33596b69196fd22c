//! `/enterprise/recalls`: all of them.

use axum::extract::State;
use axum::response::Response;

use crate::auth::{Duty, Member};
use crate::http::access::AtConsole;
use crate::http::address::{Query, Unread};
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::enterprise::home::own;
use crate::http::lists::{Asked, shown, status};
use crate::http::problem::Problem;
use crate::lists::{List, Within};
use crate::web::recall::RecallsPage;

/// Recalls and losses of the enterprise.
#[utoipa::path(
    get,
    path = "/enterprise/recalls",
    tag = "enterprise console",
    params(
        ("q" = Option<String>, Query, description = "Part of a text of a row"),
        ("sort" = Option<String>, Query, description = "A column that sorts; downwards with - before it"),
        ("after" = Option<String>, Query, description = "Behind which row, from the page before"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what cannot be read"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Member>,
    asked: Result<Query<Asked>, Unread>,
) -> Result<Response, Problem> {
    let (lang, Query(asked)) = (frame.lang, asked.unwrap_or_default());
    let within = Within::Enterprise(own(&who)?);
    let at = ("/enterprise/recalls", &frame);
    let list = shown(&desk, &within, List::Recalls, &asked, at).await?;
    let status = status(&list);
    let listed = RecallsPage {
        list,
        asks: who.duties.allow(Duty::Quality) || who.duties.allow(Duty::Sales),
        f: frame,
    };
    page(&listed, lang, status)
}
