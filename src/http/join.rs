//! `/join/{token}`: what an invitation or a link for a new password leads to.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::credentials::Chosen;
use crate::auth::link::{Link, Purpose, kept};
use crate::auth::{Account, password};
use crate::base::{By, Lang, Origin, UnixMs, line};
use crate::http::access::area_of;
use crate::http::account::chosen;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::client::Client;
use crate::http::console::{frame, page};
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::http::sign_in::hashing;
use crate::scan::tags::Network;
use crate::web::account::{JoinPage, LinkGonePage};
use crate::web::console::{Area, Frame, Typed};

/// What somebody chooses who follows a link.
#[derive(Default, Deserialize, ToSchema)]
pub struct Choice {
    /// Of an invitation
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

/// The link and its account, while it is good.
async fn good(desk: &Desk, token: &str, at: UnixMs) -> Result<Option<(Link, Account)>, Problem> {
    let Some(hash) = kept(token) else { return Ok(None) };
    let Some(link) = desk.ledger.link(&hash, at).await? else { return Ok(None) };
    Ok(desk.ledger.account(&link.login).await?.map(|account| (link, account)))
}

fn gone(parts: &Parts) -> Result<Response, Problem> {
    let f = frame(parts, Area::Enterprise);
    let lang = f.lang;
    page(&LinkGonePage { f }, lang, StatusCode::NOT_FOUND)
}

/// A form for what is to be chosen. Opening it uses nothing up.
#[utoipa::path(
    get,
    path = "/join/{token}",
    tag = "account",
    params(("token" = String, Path, description = "Of the link")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A form"),
        (status = 404, body = String, content_type = "text/html", description = "The link is over"),
    )
)]
pub async fn form(
    State(desk): State<Desk>,
    Path(token): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let Some((link, account)) = good(&desk, &token, desk.clock.now()).await? else {
        return gone(&parts);
    };
    let f = frame(&parts, area_of(&account.role));
    let lang = f.lang;
    let form = JoinPage {
        f,
        name: named(&link, Typed { value: account.name, error: None }),
        login: account.login,
        password_error: None,
        locked_s: None,
    };
    page(&form, lang, StatusCode::OK)
}

/// An invitation lets the name be chosen too.
fn named(link: &Link, name: Typed) -> Option<Typed> {
    (link.purpose == Purpose::Invitation).then_some(name)
}

/// Takes what was chosen and uses the link up.
#[utoipa::path(
    post,
    path = "/join/{token}",
    tag = "account",
    params(("token" = String, Path, description = "Of the link")),
    request_body(content = Choice, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = String, content_type = "text/html", description = "The link is over"),
        (status = 422, body = String, content_type = "text/html", description = "The form, with what is wrong"),
        (status = 429, body = String, content_type = "text/html", description = "Too many tries"),
    )
)]
pub async fn join(
    State(desk): State<Desk>,
    Extension(client): Extension<Client>,
    Path(token): Path<String>,
    parts: Parts,
    Posted(choice): Posted<Choice>,
) -> Result<Response, Problem> {
    let now = desk.clock.now();
    let Some((link, account)) = good(&desk, &token, now).await? else { return gone(&parts) };
    let f = frame(&parts, area_of(&account.role));
    let locked_s = desk.sign_ins.check_link(client.address.map(Network::of)).err();
    let name = match (read(&link, &choice, f.lang), locked_s) {
        (Ok(name), None) => name,
        (read, locked_s) => {
            let wrong = read.err().unwrap_or_else(|| Wrong {
                name: named(&link, Typed { value: choice.name, error: None }),
                password: None,
            });
            return again(f, account.login, wrong, locked_s);
        }
    };
    let typed = choice.password;
    let password_hash = hashing(&desk, move || password::hash(&typed)).await?;
    let by = By { login: account.login, key_by: None, origin: Origin::of(client.address), at: now };
    if !desk.ledger.take_link(&link.hash, &Chosen { name, password_hash }, &by).await? {
        return gone(&parts);
    }
    Ok(Redirect::to(&format!("{}sign-in", f.area.home())).into_response())
}

/// What is wrong with the form, beside what was typed.
struct Wrong {
    name: Option<Typed>,
    password: Option<String>,
}

/// The name that was chosen, where one is.
fn read(link: &Link, choice: &Choice, lang: Lang) -> Result<Option<String>, Wrong> {
    let invited = link.purpose == Purpose::Invitation;
    let name = invited.then(|| line("name", &choice.name)).transpose();
    match (name, chosen(&choice.password, &choice.again, lang)) {
        (Ok(name), Ok(())) => Ok(name),
        (name, password) => {
            let fault = name.err();
            let typed = Typed::of("name", &choice.name, fault.as_slice(), lang);
            Err(Wrong { name: named(link, typed), password: password.err() })
        }
    }
}

/// The form once more.
fn again(
    f: Frame,
    login: String,
    wrong: Wrong,
    locked_s: Option<u64>,
) -> Result<Response, Problem> {
    let status = match locked_s {
        Some(_) => StatusCode::TOO_MANY_REQUESTS,
        None => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let lang = f.lang;
    let form = JoinPage { f, login, name: wrong.name, password_error: wrong.password, locked_s };
    page(&form, lang, status)
}
