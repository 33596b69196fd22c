//! What the consoles share: sessions, the guard against requests from other
//! sites, headers, the frame of a page.

use std::sync::LazyLock;

use askama::Template;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_sessions::{Expiry, SessionManagerLayer, SessionStore};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Duties;
use crate::auth::session::SESSION_HOURS;
use crate::base::{FieldError, Lang, UnixMs, places};
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::http::session::SESSION_COOKIE;
use crate::http::{
    account, county, document, enterprise, figures, join, negotiate, officer, printer, sign_in,
};
use crate::web::console::{Area, Choice, Frame};
use crate::web::style;

const LANG_COOKIE: &str = "zm_lang";

/// The sheet of the consoles is a file; that of a message stands in it.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let policy = format!(
        "default-src 'none'; style-src 'self' '{}'; img-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
        style::HASH.as_str()
    );
    HeaderValue::from_str(&policy).expect("words and base64")
});

/// All consoles and the counter for printing houses, over the sessions that `store` keeps.
pub fn router(desk: Desk, store: impl SessionStore + Clone) -> OpenApiRouter {
    let routes = enterprise::routes()
        .merge(officer::routes())
        .merge(county::routes())
        .merge(account::routes())
        .routes(routes!(sign_in::code_form, sign_in::code))
        .routes(routes!(join::form, join::join))
        .routes(routes!(figures::accuracy));
    let routes = routes.with_state(desk.clone()).layer(sessions(&desk, store.clone()));
    let counter =
        sessions(&desk, store).with_name(printer::SESSION_COOKIE).with_path(printer::SESSION_PATH);
    let counter = printer::routes().with_state(desk.clone()).layer(counter);
    guarded(routes.merge(counter), &desk)
}

/// Forms with a file, which take longer and are larger than other pages.
pub fn uploads(desk: Desk, store: impl SessionStore + Clone) -> OpenApiRouter {
    let sessions = sessions(&desk, store);
    guarded(enterprise::uploads().with_state(desk.clone()).layer(sessions), &desk)
}

/// Forms with a list of own serials.
pub fn lists(desk: Desk, store: impl SessionStore + Clone) -> OpenApiRouter {
    let sessions = sessions(&desk, store);
    guarded(enterprise::lists().with_state(desk.clone()).layer(sessions), &desk)
}

/// Photos from the spot.
pub fn photos(desk: Desk, store: impl SessionStore + Clone) -> OpenApiRouter {
    let sessions = sessions(&desk, store);
    guarded(officer::photos().with_state(desk.clone()).layer(sessions), &desk)
}

fn sessions<S: SessionStore + Clone>(desk: &Desk, store: S) -> SessionManagerLayer<S> {
    SessionManagerLayer::new(store)
        .with_name(SESSION_COOKIE)
        .with_secure(desk.site.is_https())
        .with_same_site(tower_sessions::cookie::SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(time::Duration::hours(SESSION_HOURS)))
}

/// Behind what keeps other sites out.
fn guarded(mut routes: OpenApiRouter, desk: &Desk) -> OpenApiRouter {
    document::of_consoles(routes.get_openapi_mut());
    let own = CsrfLayer::new();
    // A proxy may have renamed the Host; where it cannot be read it is not ours.
    let own = own.clone().add_trusted_origin(desk.site.origin()).unwrap_or(own);
    let if_not_present = SetResponseHeaderLayer::if_not_present;
    routes
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
        seat: None,
        area,
        path: parts.uri.path().to_owned(),
        query: kept_query(parts),
        refresh: None,
    }
}

/// What a page's address says beside the language; nothing of a form's.
fn kept_query(parts: &Parts) -> String {
    let query = parts.uri.query().filter(|_| parts.method == Method::GET).unwrap_or_default();
    let pairs = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang="));
    pairs.fold(String::new(), |kept, pair| kept + pair + "&")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_time_is_an_instant_on_leap_days_and_when_clocks_change() {
        let at = |text: &str, zone: &str| {
            let zone = TimeZone::get(zone).expect("a zone");
            instant_of("at", text, &zone).ok().map(|at| at.0)
        };
        let instant = |text: &str| {
            Some(text.parse::<jiff::Timestamp>().expect("an instant").as_millisecond())
        };
        let leap = instant("2028-02-29T00:00:00Z");
        assert_eq!(at("2028-02-29T08:00", "Asia/Shanghai"), leap);
        assert_eq!(at("2027-02-29T08:00", "Asia/Shanghai"), None, "no such day");
        // Half past two is not there on this night; it is half past three then.
        let gap = instant("2027-03-14T07:30:00Z");
        assert_eq!(at("2027-03-14T02:30", "America/New_York"), gap);
        // This hour comes twice: the first counts.
        let fold = instant("2027-11-07T05:30:00Z");
        assert_eq!(at("2027-11-07T01:30", "America/New_York"), fold);
        assert_eq!(at("morgen", "Asia/Shanghai"), None);
    }
}
