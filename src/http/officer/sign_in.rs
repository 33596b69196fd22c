//! `/officer/sign-in` and `sign-out`.

use axum::Extension;
use axum::extract::State;
use axum::http::request::Parts;
use axum::response::Response;
use tower_sessions::Session;

use crate::http::bodies::Posted;
use crate::http::client::Client;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::http::sign_in::{self, Credentials};
use crate::web::console::Area;

/// The form for signing in.
#[utoipa::path(
    get,
    path = "/officer/sign-in",
    tag = "officer console",
    responses((status = 200, body = String, content_type = "text/html", description = "A form"))
)]
pub async fn form(parts: Parts) -> Result<Response, Problem> {
    sign_in::sign_in_form(&parts, Area::Officer)
}

/// Begins a session.
#[utoipa::path(
    post,
    path = "/officer/sign-in",
    tag = "officer console",
    request_body(content = Credentials, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Signed in"),
        (status = 422, body = String, content_type = "text/html", description = "Login or password are wrong"),
        (status = 429, body = String, content_type = "text/html", description = "Too many tries"),
    )
)]
pub async fn enter(
    State(desk): State<Desk>,
    Extension(client): Extension<Client>,
    session: Session,
    parts: Parts,
    Posted(given): Posted<Credentials>,
) -> Result<Response, Problem> {
    sign_in::sign_in(&desk, &parts, &client, &session, given, Area::Officer).await
}

/// Ends the session.
#[utoipa::path(
    post,
    path = "/officer/sign-out",
    tag = "officer console",
    responses((status = 303, description = "Signed out"))
)]
pub async fn leave(session: Session) -> Result<Response, Problem> {
    sign_in::sign_out(&session, Area::Officer).await
}
