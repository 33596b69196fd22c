//! `/account/second-factor` and the recovery codes.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;
use utoipa::ToSchema;

use super::show::{Faults, account_page};
use super::{Confirmed, confirm};
use crate::auth::credentials::Enrolment;
use crate::auth::second_factor::{self, Authenticator, SECRET_BYTES};
use crate::auth::secrets::Secrets;
use crate::http::access::AtAccount;
use crate::http::bodies::Posted;
use crate::http::client::Client;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::http::session;
use crate::http::sign_in::secrets;
use crate::label::{Symbol, svg};
use crate::web::account::{RecoveryPage, SecondFactorPage};
use crate::web::console::{Frame, Typed};

/// Micrometres a module of the symbol; the page's style scales it.
const SHOWN_MODULE_UM: f32 = 1_000.0;

/// Shows the secret of a new authenticator, which its first code confirms.
#[utoipa::path(
    get,
    path = "/account/second-factor",
    tag = "account",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the page of the account, which has one; or to the form for signing in"),
    )
)]
pub async fn form(
    State(desk): State<Desk>,
    session: Session,
    at: AtAccount,
) -> Result<Response, Problem> {
    if desk.ledger.second_factor(&at.who.login).await?.is_some() {
        return Ok(to_account(""));
    }
    let secrets = secrets(&desk).await?;
    let secret = pending(&secrets, &session, &at.who.login).await?;
    enrol_page(&desk, at.frame, &at.who.login, secret, Wrong::default(), StatusCode::OK)
}

fn to_account(done: &str) -> Response {
    Redirect::to(&format!("/account/{done}")).into_response()
}

/// The secret that this session was shown, or a new one: a page that is loaded
/// again must not spoil what a telephone has scanned.
async fn pending(
    secrets: &Secrets,
    session: &Session,
    login: &str,
) -> Result<[u8; SECRET_BYTES], Problem> {
    let shown = session::pending(session).await?.and_then(|sealed| secrets.open(login, &sealed));
    if let Some(secret) = shown {
        return Ok(secret);
    }
    let secret = Authenticator::secret();
    session::set_pending(session, &secrets.seal(login, &secret)).await?;
    Ok(secret)
}

/// What is wrong with the form.
#[derive(Default)]
struct Wrong {
    code: Option<String>,
    password: Option<String>,
}

fn enrol_page(
    desk: &Desk,
    f: Frame,
    login: &str,
    secret: [u8; SECRET_BYTES],
    wrong: Wrong,
    status: StatusCode,
) -> Result<Response, Problem> {
    let lang = f.lang;
    let host = desk.site.origin().rsplit("//").next().unwrap_or_default();
    let address = second_factor::address(secret, &format!("zhenma {host}"), login);
    let symbol = Symbol::of(&address).map_err(|_| Problem::broken())?;
    let written: Vec<char> = second_factor::written(secret).chars().collect();
    let groups: Vec<String> = written.chunks(4).map(|four| four.iter().collect()).collect();
    let form = SecondFactorPage {
        symbol: svg(&symbol, SHOWN_MODULE_UM),
        secret: groups.join(" "),
        code: Typed { value: String::new(), error: wrong.code },
        password: Typed { value: String::new(), error: wrong.password },
        f,
    };
    page(&form, lang, status)
}

/// The first code of an authenticator.
#[derive(Deserialize, ToSchema)]
pub struct First {
    #[serde(default)]
    code: String,
    #[serde(default)]
    password: String,
}

/// Takes the first code and the password, and shows the recovery codes, this once.
#[utoipa::path(
    post,
    path = "/account/second-factor",
    tag = "account",
    request_body(content = First, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "The recovery codes"),
        (status = 303, description = "To the page of the account, which has one already"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn enrol(
    State(desk): State<Desk>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    session: Session,
    at: AtAccount,
    Posted(first): Posted<First>,
) -> Result<Response, Problem> {
    let login = &at.who.login;
    let secrets = secrets(&desk).await?;
    let secret = pending(&secrets, &session, login).await?;
    let Some(step) = Authenticator::new(secret).step(&first.code, at.by.at, 0) else {
        let wrong = at.frame.t(
            "验证码不对，请看一下手机时间是否准确。",
            "The code is wrong; look whether the phone's time is right.",
        );
        let wrong = Wrong { code: Some(wrong.to_owned()), password: None };
        return enrol_page(&desk, at.frame, login, secret, wrong, StatusCode::UNPROCESSABLE_ENTITY);
    };
    let lang = at.frame.lang;
    if let Err(wrong) = confirm(&desk, &headers, &client, login, first.password, lang).await? {
        let wrong = Wrong { code: None, password: Some(wrong) };
        return enrol_page(&desk, at.frame, login, secret, wrong, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let (codes, recovery) = second_factor::recovery();
    let new = Enrolment { sealed: secrets.seal(login, &secret), step, recovery };
    let is_new = desk.ledger.enrol(login, &new, &at.by).await?;
    session::end_pending(&session).await?;
    if is_new { codes_page(at.frame, codes) } else { Ok(to_account("")) }
}

fn codes_page(mut f: Frame, codes: Vec<String>) -> Result<Response, Problem> {
    "/account/".clone_into(&mut f.path);
    let lang = f.lang;
    page(&RecoveryPage { f, codes }, lang, StatusCode::OK)
}

/// Removes the second factor; asks for the password.
#[utoipa::path(
    post,
    path = "/account/second-factor/remove",
    tag = "account",
    request_body(content = Confirmed, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of the account"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn remove(
    State(desk): State<Desk>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    at: AtAccount,
    Posted(given): Posted<Confirmed>,
) -> Result<Response, Problem> {
    let lang = at.frame.lang;
    if let Err(wrong) =
        confirm(&desk, &headers, &client, &at.who.login, given.password, lang).await?
    {
        let faults = Faults { factor: Some(wrong), ..Faults::default() };
        return account_page(&desk, at, None, faults, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    desk.ledger.remove_second_factor(&at.who.login, &at.by).await?;
    Ok(to_account("?done=removed"))
}

/// Makes new recovery codes and shows them, this once; asks for the password.
#[utoipa::path(
    post,
    path = "/account/recovery-codes",
    tag = "account",
    request_body(content = Confirmed, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "The recovery codes"),
        (status = 303, description = "To the page of the account, which has no second factor"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn renew_recovery(
    State(desk): State<Desk>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    at: AtAccount,
    Posted(given): Posted<Confirmed>,
) -> Result<Response, Problem> {
    let lang = at.frame.lang;
    if let Err(wrong) =
        confirm(&desk, &headers, &client, &at.who.login, given.password, lang).await?
    {
        let faults = Faults { factor: Some(wrong), ..Faults::default() };
        return account_page(&desk, at, None, faults, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let (codes, hashes) = second_factor::recovery();
    let renewed = desk.ledger.renew_recovery(&at.who.login, &hashes, &at.by).await?;
    if renewed { codes_page(at.frame, codes) } else { Ok(to_account("")) }
}
