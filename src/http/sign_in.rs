//! Signing in: the password, then the code of the second factor where there is
//! one; and signing out.

use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use serde::Deserialize;
use tower_sessions::Session;
use utoipa::ToSchema;

use crate::auth::second_factor::{self, Authenticator, SecondFactor};
use crate::auth::secrets::{Browser, Marked, Secrets};
use crate::auth::{Account, password};
use crate::base::{By, Origin};
use crate::http::access::area_of;
use crate::http::bodies::Posted;
use crate::http::client::Client;
use crate::http::console::{frame, page};
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::http::{browser, session};
use crate::scan::tags::Network;
use crate::web::account::CodePage;
use crate::web::console::{Area, SignInPage};

/// How long somebody waits whose password is to be hashed.
const HASHING_WAIT_MAX: Duration = Duration::from_secs(2);
/// Bytes of a login and of a password that are looked at.
const LOGIN_BYTES_MAX: usize = 64;
const PASSWORD_BYTES_MAX: usize = 1_024;
/// Days for which a browser is known again.
const KNOWN_DAYS: i64 = 180;

/// What the form of signing in sends.
#[derive(Deserialize, ToSchema)]
pub struct Credentials {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
}

/// The form for signing in.
///
/// # Errors
/// When its template fails.
pub fn sign_in_form(parts: &Parts, area: Area) -> Result<Response, Problem> {
    let f = frame(parts, area);
    let lang = f.lang;
    let form = SignInPage { f, login: String::new(), failed: false, locked_s: None };
    page(&form, lang, StatusCode::OK)
}

/// What came of a password.
pub(super) enum Tried {
    Right(Account),
    Wrong,
    /// Seconds after which to try again.
    Wait(u64),
}

/// Takes somebody in, to the console of the role, whichever form was used.
///
/// # Errors
/// When ledger or sessions cannot be used.
pub async fn sign_in(
    desk: &Desk,
    parts: &Parts,
    client: &Client,
    session: &Session,
    given: Credentials,
    area: Area,
) -> Result<Response, Problem> {
    let f = frame(parts, area);
    let lang = f.lang;
    let login: String = given.login.trim().to_ascii_lowercase();
    let refuse = |login, failed, locked_s| {
        let status =
            if failed { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::TOO_MANY_REQUESTS };
        page(&SignInPage { f, login, failed, locked_s }, lang, status)
    };
    if login.len() > LOGIN_BYTES_MAX {
        return refuse(String::new(), true, None);
    }
    let account = match try_password(desk, &parts.headers, client, &login, given.password).await? {
        Tried::Right(account) => account,
        Tried::Wrong => return refuse(login, true, None),
        Tried::Wait(seconds) => return refuse(login, false, Some(seconds)),
    };
    if desk.ledger.second_factor(&account.login).await?.is_some() {
        session::halfway(session, &account.login, desk.clock.now()).await?;
        return Ok(Redirect::to("/sign-in/code").into_response());
    }
    welcome(desk, &parts.headers, client, session, &account).await
}

/// Counts one try and checks a password; it takes as long when nobody has it.
///
/// # Errors
/// When the ledger cannot be used, or too many passwords are being hashed.
pub(super) async fn try_password(
    desk: &Desk,
    headers: &HeaderMap,
    client: &Client,
    login: &str,
    typed: String,
) -> Result<Tried, Problem> {
    if typed.len() > PASSWORD_BYTES_MAX {
        return Ok(Tried::Wrong);
    }
    let account = desk.ledger.account(login).await?.filter(|a| a.disabled_at.is_none());
    let browser = match &account {
        Some(account) => known(desk, headers, account).await?,
        None => None,
    };
    if let Err(wait_s) = desk.sign_ins.check(client.address.map(Network::of), login, browser) {
        metrics::counter!("zhenma_http_shed_total", "bound" => "sign_in").increment(1);
        return Ok(Tried::Wait(wait_s));
    }
    let hash = account.as_ref().and_then(|a| a.password_hash.clone());
    let good = hashing(desk, move || password::verify(&typed, hash.as_deref())).await?;
    Ok(account.filter(|_| good).map_or(Tried::Wrong, Tried::Right))
}

/// Runs what costs a core and 19 MiB, a few at once, off the async threads.
///
/// # Errors
/// When too many wait.
pub(super) async fn hashing<T: Send + 'static>(
    desk: &Desk,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let place = tokio::time::timeout(HASHING_WAIT_MAX, desk.sign_ins.hashing.acquire()).await;
    let Ok(Ok(_place)) = place else { return Err(Problem::busy()) };
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::broken())
}

pub(super) async fn secrets(desk: &Desk) -> Result<Secrets, Problem> {
    Ok(Secrets::new(&desk.ledger.secret().await?))
}

/// What the mark of a browser is good for now.
fn marked<'a>(account: &'a Account, factor: Option<&SecondFactor>) -> Marked<'a> {
    Marked {
        login: &account.login,
        password_hash: account.password_hash.as_deref().unwrap_or_default(),
        factor_since: factor.map(|factor| factor.since),
    }
}

/// The browser, if it signed in before as this account.
async fn known(
    desk: &Desk,
    headers: &HeaderMap,
    account: &Account,
) -> Result<Option<Browser>, Problem> {
    let secrets = secrets(desk).await?;
    let jar = CookieJar::from_headers(headers);
    let Some(mark) = jar.get(&secrets.cookie(&account.login)) else { return Ok(None) };
    let factor = desk.ledger.second_factor(&account.login).await?;
    Ok(secrets.browser(marked(account, factor.as_ref()), mark.value()))
}

/// Begins the session, marks the browser as known, and leads to the console.
async fn welcome(
    desk: &Desk,
    headers: &HeaderMap,
    client: &Client,
    session: &Session,
    account: &Account,
) -> Result<Response, Problem> {
    let from = (Origin::of(client.address), &*browser::family(headers));
    session::begin(session, &account.login, from, desk.clock.now()).await?;
    let mut response = Redirect::to(area_of(&account.role).home()).into_response();
    if known(desk, headers, account).await?.is_none() {
        let (secrets, factor) =
            (secrets(desk).await?, desk.ledger.second_factor(&account.login).await?);
        let mark = secrets.mark(marked(account, factor.as_ref()));
        let mark = Cookie::build((secrets.cookie(&account.login), mark))
            .path("/")
            .max_age(time::Duration::days(KNOWN_DAYS))
            .secure(desk.site.is_https())
            .http_only(true)
            .same_site(SameSite::Lax)
            .build();
        if let Ok(value) = HeaderValue::from_str(&mark.to_string()) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    Ok(response)
}

/// Ends the session, here and in the store.
///
/// # Errors
/// When the store cannot be used: then the session is still open.
pub async fn sign_out(session: &Session, area: Area) -> Result<Response, Problem> {
    session.flush().await.map_err(|error| {
        tracing::error!(%error, "a session was not ended");
        Problem::busy()
    })?;
    let to = match area {
        // By way of the page that its service worker listens at.
        Area::Enterprise => "/enterprise/line/left".to_owned(),
        Area::Officer => "/officer/check/left".to_owned(),
        area => format!("{}sign-in", area.home()),
    };
    Ok(Redirect::to(&to).into_response())
}

/// What the second step sends.
#[derive(Deserialize, ToSchema)]
pub struct Code {
    /// Six digits of an authenticator, or a recovery code
    #[serde(default)]
    code: String,
}

/// To the form for signing in, where no password was given.
fn to_start() -> Response {
    Redirect::to("/enterprise/sign-in").into_response()
}

/// Asks for the code of the second factor.
#[utoipa::path(
    get,
    path = "/sign-in/code",
    tag = "account",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A form"),
        (status = 303, description = "To the form for signing in: no password was given"),
    )
)]
pub async fn code_form(
    State(desk): State<Desk>,
    session: Session,
    parts: Parts,
) -> Result<Response, Problem> {
    if session::half(&session, desk.clock.now()).await?.is_none() {
        return Ok(to_start());
    }
    let f = frame(&parts, Area::Enterprise);
    let lang = f.lang;
    page(&CodePage { f, failed: false, locked_s: None }, lang, StatusCode::OK)
}

/// Takes the code of the second factor, or a recovery code.
#[utoipa::path(
    post,
    path = "/sign-in/code",
    tag = "account",
    request_body(content = Code, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Signed in; or to the form for signing in"),
        (status = 422, body = String, content_type = "text/html", description = "The code is wrong or was used"),
        (status = 429, body = String, content_type = "text/html", description = "Too many tries"),
    )
)]
pub async fn code(
    State(desk): State<Desk>,
    Extension(client): Extension<Client>,
    session: Session,
    parts: Parts,
    Posted(given): Posted<Code>,
) -> Result<Response, Problem> {
    let f = frame(&parts, Area::Enterprise);
    let lang = f.lang;
    let now = desk.clock.now();
    let Some(half) = session::half(&session, now).await? else { return Ok(to_start()) };
    let account = desk.ledger.account(&half.login).await?.filter(|a| a.disabled_at.is_none());
    let factor = desk.ledger.second_factor(&half.login).await?;
    let (Some(account), Some(factor)) = (account, factor) else { return Ok(to_start()) };
    let secrets = secrets(&desk).await?;
    let browser = known(&desk, &parts.headers, &account).await?;
    if let Err(wait_s) = desk.sign_ins.check_code(&half.login, browser) {
        metrics::counter!("zhenma_http_shed_total", "bound" => "code").increment(1);
        let page_of = CodePage { f, failed: false, locked_s: Some(wait_s) };
        return page(&page_of, lang, StatusCode::TOO_MANY_REQUESTS);
    }
    let by = By { login: half.login, key_by: None, origin: Origin::of(client.address), at: now };
    if !opens(&desk, &secrets, &factor, &given.code, &by).await? {
        let page_of = CodePage { f, failed: true, locked_s: None };
        return page(&page_of, lang, StatusCode::UNPROCESSABLE_ENTITY);
    }
    welcome(&desk, &parts.headers, &client, &session, &account).await
}

/// Uses up the code that was typed, if it is good.
async fn opens(
    desk: &Desk,
    secrets: &Secrets,
    factor: &SecondFactor,
    typed: &str,
    by: &By,
) -> Result<bool, Problem> {
    if let Some(hash) = second_factor::kept(typed) {
        return Ok(desk.ledger.take_recovery(&by.login, &hash, by).await?);
    }
    let secret = secrets.open(&by.login, &factor.sealed).ok_or_else(|| {
        tracing::error!("a second factor was sealed under another installation's secret");
        Problem::broken()
    })?;
    match Authenticator::new(secret).step(typed, by.at, factor.last_step) {
        Some(step) => Ok(desk.ledger.take_step(&by.login, step).await?),
        None => Ok(false),
    }
}
