//! `POST /account/sessions/...`

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use crate::http::access::AtAccount;
use crate::http::address::Path;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};

/// Ends one of the own sessions.
#[utoipa::path(
    post,
    path = "/account/sessions/{id}/end",
    tag = "account",
    params(("id" = String, Path, description = "As the page lists it")),
    responses(
        (status = 303, description = "To the page of the account"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "Not one of the own sessions, or it is over"),
    )
)]
pub async fn end(
    State(desk): State<Desk>,
    at: AtAccount,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    if desk.ledger.end_session(&at.who.login, &id, &at.by).await? {
        return Ok(Redirect::to("/account/?done=ended").into_response());
    }
    Err(Problem::nothing())
}

/// Ends all of the own sessions but this one.
#[utoipa::path(
    post,
    path = "/account/sessions/end",
    tag = "account",
    responses((status = 303, description = "To the page of the account"))
)]
pub async fn end_others(State(desk): State<Desk>, at: AtAccount) -> Result<Response, Problem> {
    desk.ledger.end_other_sessions(&at.who.login, &at.session, &at.by).await?;
    Ok(Redirect::to("/account/?done=ended").into_response())
}
