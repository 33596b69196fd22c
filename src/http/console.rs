//! What the two consoles share: sessions, the guard against requests from
//! other sites, headers, the frame of a page, signing in and out.

use std::sync::LazyLock;
use std::time::Duration;

use askama::Template;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::auth::{Duties, SignedIn, password};
use crate::base::{FieldError, Lang, UnixMs, places};
use crate::http::access::{SESSION_COOKIE, area_of, begin};
use crate::http::client::Client;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::http::{enterprise, negotiate, officer, printer};
use crate::scan::tags::Network;
use crate::web::console::{Area, Choice, Frame, SignInPage};
use crate::web::style;

/// A session ends this long after it began.
const SESSION_HOURS: i64 = 12;
const LANG_COOKIE: &str = "zm_lang";
/// How long somebody waits whose password is to be hashed.
const HASHING_WAIT_MAX: Duration = Duration::from_secs(2);
/// Bytes of a login and of a password that are looked at.
const LOGIN_BYTES_MAX: usize = 64;
const PASSWORD_BYTES_MAX: usize = 1_024;

/// The sheet of the consoles is a file; that of a message stands in it.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let policy = format!(
        "default-src 'none'; style-src 'self' '{}'; img-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
        style::HASH.as_str()
    );
    HeaderValue::from_str(&policy).expect("words and base64")
});

/// Both consoles and the counter for printing houses, over the sessions that `store` keeps.
pub fn router(desk: Desk, store: impl SessionStore + Clone) -> OpenApiRouter {
    let counter = SessionManagerLayer::new(store.clone())
        .with_name(printer::SESSION_COOKIE)
        .with_path(printer::SESSION_PATH)
        .with_secure(desk.site.is_https())
        .with_same_site(tower_sessions::cookie::SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(time::Duration::hours(SESSION_HOURS)));
    let counter = printer::routes().with_state(desk.clone()).layer(counter);
    let sessions = SessionManagerLayer::new(store)
        .with_name(SESSION_COOKIE)
        .with_secure(desk.site.is_https())
        .with_same_site(tower_sessions::cookie::SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(time::Duration::hours(SESSION_HOURS)));
    let own = CsrfLayer::new();
    // A proxy may have renamed the Host; where it cannot be read it is not ours.
    let own = own.clone().add_trusted_origin(desk.site.origin()).unwrap_or(own);
    let if_not_present = SetResponseHeaderLayer::if_not_present;
    enterprise::routes()
        .merge(officer::routes())
        .with_state(desk)
        .layer(sessions)
        .merge(counter)
        .layer(own.with_rejection_response(|_: ProtectionError| {
            Problem::new(
                StatusCode::FORBIDDEN,
                "other_site",
                "这个请求来自别的网站，没有执行。",
                "This request came from another site and was not carried out.",
            )
            .into_response()
        }))
        .layer(from_fn(remember_lang))
        .layer(if_not_present(header::CONTENT_SECURITY_POLICY, POLICY.clone()))
        // Without it browsers send `Origin: null` with our own forms.
        .layer(if_not_present(header::REFERRER_POLICY, HeaderValue::from_static("same-origin")))
}

/// The frame of a page, nobody named.
pub fn frame(parts: &Parts, area: Area) -> Frame {
    let asked = negotiate::asked_lang(&parts.uri);
    let kept = || {
        let jar = CookieJar::from_headers(&parts.headers);
        jar.get(LANG_COOKIE).and_then(|cookie| Lang::from_tag(cookie.value()))
    };
    let lang = asked.or_else(kept).unwrap_or_else(|| negotiate::lang(&parts.uri, &parts.headers));
    Frame {
        lang,
        who: None,
        duties: Duties::default(),
        area,
        path: parts.uri.path().to_owned(),
        refresh: None,
    }
}

/// A language that was asked for by a link stays for the pages that follow.
async fn remember_lang(request: Request, next: Next) -> Response {
    let asked = negotiate::asked_lang(request.uri());
    let mut response = next.run(request).await;
    if let Some(lang) = asked {
        let cookie = Cookie::build((LANG_COOKIE, lang.tag()))
            .path("/")
            .max_age(time::Duration::days(365))
            .http_only(true)
            .same_site(SameSite::Lax)
            .build();
        if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// A page of a console.
///
/// # Errors
/// When a template fails, which is a mistake of ours.
pub fn page(template: &impl Template, lang: Lang, status: StatusCode) -> Result<Response, Problem> {
    let html = template.render().map_err(|_| Problem::broken())?;
    let mut response = (status, Html(html)).into_response();
    let tag = HeaderValue::from_static(lang.tag());
    response.headers_mut().insert(header::CONTENT_LANGUAGE, tag);
    Ok(response)
}

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
    let refuse = |f, login, failed, locked_s| {
        let status =
            if failed { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::TOO_MANY_REQUESTS };
        page(&SignInPage { f, login, failed, locked_s }, lang, status)
    };
    if login.len() > LOGIN_BYTES_MAX || given.password.len() > PASSWORD_BYTES_MAX {
        return refuse(f, String::new(), true, None);
    }
    if let Err(wait_s) = desk.sign_ins.check(client.address.map(Network::of), &login) {
        metrics::counter!("zhenma_http_shed_total", "bound" => "sign_in").increment(1);
        return refuse(f, login, false, Some(wait_s));
    }
    match account(desk, &login, given.password).await? {
        None => refuse(f, login, true, None),
        Some(who) => {
            let Some(home) = area_of(&who.role) else { return refuse(f, login, true, None) };
            begin(session, &who.login).await?;
            Ok(Redirect::to(home.home()).into_response())
        }
    }
}

/// Whoever has this login and password; it takes as long when nobody has.
async fn account(desk: &Desk, login: &str, typed: String) -> Result<Option<SignedIn>, Problem> {
    let account = desk.ledger.account(login).await?.filter(|a| a.disabled_at.is_none());
    let place = tokio::time::timeout(HASHING_WAIT_MAX, desk.sign_ins.hashing.acquire()).await;
    let Ok(Ok(_place)) = place else { return Err(Problem::busy()) };
    let hash = account.as_ref().and_then(|a| a.password_hash.clone());
    let good = tokio::task::spawn_blocking(move || password::verify(&typed, hash.as_deref()))
        .await
        .map_err(|_| Problem::broken())?;
    Ok(account.filter(|_| good).as_ref().map(SignedIn::of))
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
    Ok(Redirect::to(&format!("{}sign-in", area.home())).into_response())
}

/// The instant that a form names as a local time such as 2026-12-01T08:00.
pub(super) fn instant_of(field: &str, local: &str, zone: &TimeZone) -> Result<UnixMs, FieldError> {
    local
        .trim()
        .parse::<DateTime>()
        .and_then(|local| local.to_zoned_datetime(zone.clone()))
        .map(|zoned| UnixMs(zoned.timestamp().as_millisecond()))
        .map_err(|_| FieldError::new(field, "is no time", "write it as 2026-12-01T08:00"))
}

/// Anywhere, then each province with its prefectures.
pub(super) fn regions(chosen: &str, f: &Frame) -> Vec<Choice> {
    let anywhere = Choice {
        value: "0".to_owned(),
        text: f.t("不限", "anywhere").to_owned(),
        chosen: matches!(chosen, "" | "0"),
    };
    let regions = places::all().iter().map(|region| {
        let value = region.code.to_string();
        let indent = if region.is_province() { "" } else { "\u{3000}" };
        Choice { text: format!("{indent}{}", region.name(f.lang)), chosen: value == chosen, value }
    });
    std::iter::once(anywhere).chain(regions).collect()
}
