//! `POST /account/password`

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::confirm;
use super::show::{Faults, account_page};
use crate::auth::password;
use crate::base::{FieldError, Lang};
use crate::http::access::AtAccount;
use crate::http::bodies::Posted;
use crate::http::client::Client;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::http::sign_in::hashing;
use crate::web::console::fault;

/// The present password and another, twice.
#[derive(Deserialize, ToSchema)]
pub struct Change {
    #[serde(default)]
    password: String,
    #[serde(default)]
    new: String,
    #[serde(default)]
    again: String,
}

/// Changes the password and ends all other sessions.
#[utoipa::path(
    post,
    path = "/account/password",
    tag = "account",
    request_body(content = Change, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of the account"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn change(
    State(desk): State<Desk>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    at: AtAccount,
    Posted(change): Posted<Change>,
) -> Result<Response, Problem> {
    let lang = at.frame.lang;
    let wrong = match chosen(&change.new, &change.again, lang) {
        Err(wrong) => Err(wrong),
        Ok(()) => confirm(&desk, &headers, &client, &at.who.login, change.password, lang).await?,
    };
    if let Err(wrong) = wrong {
        let faults = Faults { password: Some(wrong), ..Faults::default() };
        return account_page(&desk, at, None, faults, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let new = change.new;
    let hash = hashing(&desk, move || password::hash(&new)).await?;
    desk.ledger.set_password(&at.who.login, &hash, &at.session, &at.by).await?;
    Ok(Redirect::to("/account/?done=password").into_response())
}

/// What to say of a password that was chosen, where it cannot be taken.
pub fn chosen(new: &str, again: &str, lang: Lang) -> Result<(), String> {
    let told = |e: &FieldError| fault(e, lang);
    password::check(new).map_err(|e| told(&e))?;
    if new != again {
        let said = lang.pick("两次填的密码不一样。", "The two are not the same.");
        return Err(said.to_owned());
    }
    Ok(())
}
