//! `/join/{token}`: what an invitation or a link for a new password leads to.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::credentials::Chosen;
use crate::auth::link::{Link, Purpose, kept};
use crate::auth::{Account, password};
use crate::base::{By, Origin, UnixMs, line};
use crate::http::access::area_of;
use crate::http::account::chosen;
use crate::http::bodies::Posted;
use crate::http::client::Client;
use crate::http::console::{frame, page};
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::http::sign_in::hashing;
use crate::scan::tags::Network;
use crate::web::account::{JoinPage, LinkGonePage};
use crate::web::console::{Area, Typed};

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
    let lang = f.lang;
    let name = named(&link, Typed { value: choice.name, error: None });
    let read = name.as_ref().map(|name| line("name", &name.value)).transpose();
    let password_error = chosen(&choice.password, &choice.again, lang).err();
    let locked_s = desk.sign_ins.check_link(client.address.map(Network::of)).err();
    let (new_name, status) = match (read, &password_error, locked_s) {
        (Ok(new_name), None, None) => (new_name, None),
        (_, _, Some(_)) => (None, Some(StatusCode::TOO_MANY_REQUESTS)),
        _ => (None, Some(StatusCode::UNPROCESSABLE_ENTITY)),
    };
    if let Some(status) = status {
        let faults = |name: Typed| {
            let fault = line("name", &name.value).err();
            Typed::of("name", &name.value, fault.as_slice(), lang)
        };
        let name = name.map(faults);
        let form = JoinPage { f, login: account.login, name, password_error, locked_s };
        return page(&form, lang, status);
    }
    let typed = choice.password;
    let password_hash = hashing(&desk, move || password::hash(&typed)).await?;
    let by = By { login: account.login, origin: Origin::of(client.address), at: now };
    let chosen = Chosen { name: new_name, password_hash };
    if !desk.ledger.take_link(&link.hash, &chosen, &by).await? {
        return gone(&parts);
    }
    Ok(Redirect::to(&format!("{}sign-in", f.area.home())).into_response())
}
