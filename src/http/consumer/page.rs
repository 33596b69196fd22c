//! `GET /{code}` and its GS1 form: the page that a phone opens.

use std::pin::pin;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::{Html, IntoResponse, Response};

use crate::base::Lang;
use crate::code::{self, Payload};
use crate::http::Services;
use crate::http::client::Client;
use crate::http::consumer::answer::ScanAnswer;
use crate::http::consumer::ask::{Asked, Head, Wish, admit, ask, name};
use crate::http::consumer::counts::Route;
use crate::http::consumer::direct::Direct;
use crate::http::consumer::preview::is_a_scan;
use crate::http::consumer::report::ticket_of;
use crate::http::consumer::visit::Caller;
use crate::http::negotiate;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::own::maker::PATH;
use crate::scan::own::Named;
use crate::scan::service::RecordState;
use crate::web::verdict::{self, VerdictPage};

/// What is known of the label with this code.
///
/// A phone gets a page, `Accept: application/json` the same as JSON. Any text
/// gets an outcome; one that is no code is `not_genuine`. HEAD, prefetching,
/// link previews and crawlers look without being recorded as a scan.
#[utoipa::path(
    get,
    path = "/{code}",
    tag = "consumer",
    params(
        ("code" = String, Path, description = "122 characters of the compact form, or a serial of 20"),
        ("lang" = Option<String>, Query, description = "zh or en, before Accept-Language"),
    ),
    responses(
        (status = 200, description = "An outcome, as a page or as JSON", content((ScanAnswer<'static> = "application/json"), (String = "text/html"))),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No code can look like this"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Too many from this device or network"),
        (status = 503, body = ProblemDocument, content_type = "application/problem+json", description = "Too much to do"),
    )
)]
pub async fn compact(State(services): State<Arc<Services>>, request: Request) -> Response {
    answered(&services, request, &services.counts.compact).await
}

/// The same for the GS1 form (Digital Link URI).
#[utoipa::path(
    get,
    path = "/01/{gtin}/10/{lot}/21/{serial}",
    tag = "consumer",
    params(
        ("gtin" = String, Path, description = "14 digits"),
        ("lot" = String, Path, description = "1 to 20 characters"),
        ("serial" = String, Path, description = "20 characters"),
        ("sig" = String, Query, description = "86 characters, base64url"),
        ("lang" = Option<String>, Query, description = "zh or en, before Accept-Language"),
    ),
    responses(
        (status = 200, description = "An outcome, as a page or as JSON", content((ScanAnswer<'static> = "application/json"), (String = "text/html"))),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Too many from this device or network"),
        (status = 503, body = ProblemDocument, content_type = "application/problem+json", description = "Too much to do"),
    )
)]
pub async fn gs1(State(services): State<Arc<Services>>, request: Request) -> Response {
    answered(&services, request, &services.counts.gs1).await
}

/// The same for a serial of a maker's own, which nothing signs.
///
/// Where the addresses on its labels lead once they are led here. Judged by its
/// history alone: `assurance` is `history_only`, and never is the outcome
/// `genuine` or `seen_before`.
#[utoipa::path(
    get,
    path = "/own/{enterprise}/{serial}",
    tag = "consumer",
    params(
        ("enterprise" = String, Path, description = "Unified social credit code of the maker"),
        ("serial" = String, Path, description = "1 to 64 letters, digits, . or _; spaces and hyphens do not matter"),
        ("lang" = Option<String>, Query, description = "zh or en, before Accept-Language"),
    ),
    responses(
        (status = 200, description = "An outcome, as a page or as JSON", content((ScanAnswer<'static> = "application/json"), (String = "text/html"))),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Too many from this device or network, or too many numbers that no list has"),
        (status = 503, body = ProblemDocument, content_type = "application/problem+json", description = "Too much to do"),
    )
)]
pub async fn own(State(services): State<Arc<Services>>, request: Request) -> Response {
    answered(&services, request, &services.counts.own).await
}

/// The same for a GS1 Digital Link that carries no signature: a serial of the
/// maker's own under its product.
#[utoipa::path(
    get,
    path = "/01/{gtin}/21/{serial}",
    tag = "consumer",
    params(
        ("gtin" = String, Path, description = "14 digits"),
        ("serial" = String, Path, description = "As for /own/{enterprise}/{serial}"),
        ("lang" = Option<String>, Query, description = "zh or en, before Accept-Language"),
    ),
    responses(
        (status = 200, description = "An outcome, as a page or as JSON", content((ScanAnswer<'static> = "application/json"), (String = "text/html"))),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Too many from this device or network, or too many numbers that no list has"),
        (status = 503, body = ProblemDocument, content_type = "application/problem+json", description = "Too much to do"),
    )
)]
pub async fn gs1_unsigned(State(services): State<Arc<Services>>, request: Request) -> Response {
    answered(&services, request, &services.counts.gs1_unsigned).await
}

/// Every other path: what may be a mistyped code gets its outcome.
pub async fn otherwise(
    State(services): State<Arc<Services>>,
    Extension(client): Extension<Client>,
    parts: Parts,
) -> Result<Response, Problem> {
    if parts.method != Method::GET && parts.method != Method::HEAD {
        return Err(Problem::not_found());
    }
    show_path(&services, &client, &parts).await
}

/// The answer to a path that is a code's, with all that surrounds it. The request is taken
/// apart and not copied, as axum would copy its head.
async fn answered(services: &Services, request: Request, route: &Route) -> Response {
    let (parts, _) = request.into_parts();
    if let Some(refusal) = services.refusals.now(services, &parts, route) {
        return refusal;
    }
    let direct = Direct::begin(services, &parts, route);
    direct.answer(&parts, pin!(show_path(services, &direct.client, &parts))).await
}

async fn show_path(
    services: &Services,
    client: &Client,
    parts: &Parts,
) -> Result<Response, Problem> {
    if !may_be_a_code(parts.uri.path()) {
        return Err(Problem::not_found());
    }
    let head = Head { method: &parts.method, headers: &parts.headers, client };
    let text = text_of(&parts.uri, client.host.as_deref(), services);
    show(services, head, &parts.uri, text).await
}

/// Asks for `text` and renders the answer as the request likes it.
pub async fn show(
    services: &Services,
    head: Head<'_>,
    uri: &Uri,
    text: String,
) -> Result<Response, Problem> {
    admit(services, head)?;
    let named = name(services, head, &text).await?;
    shown(services, head, uri, (&text, named)).await
}

/// The answer to what was admitted, and is known by what it names.
pub(super) async fn shown(
    services: &Services,
    head: Head<'_>,
    uri: &Uri,
    (text, named): (&str, Named),
) -> Result<Response, Problem> {
    let at = services.clock.now();
    let lang = negotiate::lang(uri, head.headers);
    let caller = Caller {
        headers: head.headers,
        client: head.client,
        payload: named.payload(),
        scan_id: None,
        device: None,
        at,
    };
    let visit = services.visits.of_page(&caller);
    let record = is_a_scan(head.method, head.headers);
    let wish = Wish { lang, at, location: None, channel: None, record };
    let asked = ask(services, head, named, visit, wish).await;
    let mut response = if negotiate::prefers_html(head.headers) {
        let ticket = ticket_of(&asked, services, head.client, record && uri.path() != "/check");
        page(&asked, services, uri, text, ticket)?
    } else {
        ScanAnswer::new(&asked, services).into_response()
    };
    let secure = services.site.is_https();
    if asked.answer.recorded != RecordState::NotAsked {
        for cookie in asked.visit.cookies(uri.path(), secure) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    label(response.headers_mut(), lang);
    Ok(response)
}

/// Headers of an answer, whatever its form.
pub fn label(headers: &mut HeaderMap, lang: Lang) {
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
    headers.insert(header::VARY, HeaderValue::from_static("accept, accept-language, cookie"));
}

fn page(
    asked: &Asked,
    services: &Services,
    uri: &Uri,
    text: &str,
    ticket: Option<String>,
) -> Result<Response, Problem> {
    let register = services.scanner.register.load();
    let batch = asked.answer.item.as_ref().map(|item| item.facts.batch.id);
    let page = VerdictPage::new(
        &asked.answer,
        verdict::Asked {
            lang: asked.lang,
            zone: &services.zone,
            at: asked.at,
            reference: asked.reference.clone(),
            ticket,
            other_language: in_language(uri, asked.lang.other()),
            typed: text,
            milestones: batch.map_or(&[], |batch| register.milestones(batch)),
        },
    );
    page.render().map(|html| Html(html).into_response()).map_err(|_| Problem::broken())
}

/// The query of this address in another language; the path stays, and with
/// it the cookie that makes it the same scan.
pub fn in_language(uri: &Uri, lang: Lang) -> String {
    let pairs = uri.query().unwrap_or_default().split('&');
    let mut query: String = pairs
        .filter(|pair| !pair.is_empty() && !pair.starts_with("lang="))
        .map(|pair| format!("{pair}&"))
        .collect();
    query.insert(0, '?');
    query + "lang=" + lang.tag()
}

/// What the scanner is asked for a path of ours. The path goes to the reader
/// as it came: it decides what is a code.
fn text_of(uri: &Uri, host: Option<&str>, services: &Services) -> String {
    let foreign = host.filter(|host| is_foreign(host, &services.scanner.hosts));
    let path = uri.path();
    if path.starts_with("/01/") || path.starts_with(PATH) {
        let origin = foreign
            .map_or_else(|| services.site.origin().to_owned(), |host| format!("https://{host}"));
        let query = uri.query().map(|q| format!("?{q}")).unwrap_or_default();
        return format!("{origin}{path}{query}");
    }
    let code = path.trim_start_matches('/');
    if let Some(hint) = hint_behind_escapes(code) {
        return hint;
    }
    match foreign {
        Some(host) if code.len() != Payload::SERIAL_TEXT_CHARACTERS => {
            format!("https://{host}/{code}")
        }
        _ => code.to_owned(),
    }
}

/// Browsers escape what is typed into their address line, so an escaped text
/// is read once more for a hint that says more than "escape". It stays
/// malformed: a code is never accepted through an escape.
fn hint_behind_escapes(code: &str) -> Option<String> {
    let plain = code.contains('%').then(|| unescape(code))?;
    let accepted = code::read(&plain).is_ok() || Payload::from_serial_text(&plain).is_ok();
    (!accepted).then_some(plain)
}

fn unescape(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let digit = |at: usize| tail.get(at).and_then(|b| char::from(*b).to_digit(16));
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).expect("two digits of hexadecimal"));
                rest = &tail[2..];
            }
            _ => {
                out.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A name that is not ours under which the code was opened. Addresses and
/// names without a dot are of the machine room, not of a label.
fn is_foreign(host: &str, ours: &[String]) -> bool {
    let plain = |h: &str| h.trim_end_matches(":443").trim_end_matches(":80").to_owned();
    let (host, name) = (plain(host), host.split(':').next().unwrap_or_default());
    let is_name = name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'.' || c == b'-')
        && name.contains('.')
        && !name.ends_with(".localhost")
        && name.parse::<std::net::IpAddr>().is_err();
    is_name && !ours.iter().any(|h| plain(h) == host)
}

/// Paths that robots try are no codes; what a person may have meant as one is.
fn may_be_a_code(path: &str) -> bool {
    let text = path.trim_matches('/');
    let first = text.split('/').next().unwrap_or_default();
    if first == "01" || first == "own" {
        return true;
    }
    let ending = text.rsplit_once('.').map(|(_, ending)| ending);
    let is_file = ending.is_some_and(|e| (1..=5).contains(&e.len()) && !e.contains('/'));
    let deep = text.contains('/') && first.len() < Payload::SERIAL_TEXT_CHARACTERS;
    !(text.is_empty() || text.starts_with('.') || is_file || deep)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_host_is_a_name_that_is_not_ours() {
        let ours = ["id.example.cn".to_owned(), "127.0.0.1:8080".to_owned()];
        for (host, foreign) in [
            ("id.example.cn", false),
            ("id.example.cn:443", false),
            ("127.0.0.1:9999", false),
            ("localhost:8080", false),
            ("backend", false),
            ("[::1]:80", false),
            ("id.example.com", true),
            ("id.example.cn.evil.example", true),
            ("evil.example:8443", true),
        ] {
            assert_eq!(is_foreign(host, &ours), foreign, "{host}");
        }
    }

    #[test]
    fn escapes_give_their_hint_and_never_a_code() {
        assert_eq!(hint_behind_escapes("ABC%20DEF").as_deref(), Some("ABC DEF"));
        assert_eq!(hint_behind_escapes("ABC"), None);
        assert_eq!(hint_behind_escapes("%zz%4").as_deref(), Some("%zz%4"));
        let serial = "CAAAAAIAAAAAOAAAAAAA";
        assert!(Payload::from_serial_text(serial).is_ok());
        assert_eq!(hint_behind_escapes(&format!("%43{}", &serial[1..])), None);
    }

    #[test]
    fn what_robots_try_is_no_code() {
        for (path, may) in [
            ("/CAAAAAIAAAAAOAAAAAAA", true),
            ("/CAAAAAIAAAAAOAAAAAAA/", true),
            ("/01/06901234567892", true),
            ("/hello", true),
            ("/wp-login.php", false),
            ("/.env", false),
            ("/a/b/c", false),
            ("/apple-touch-icon.png", false),
        ] {
            assert_eq!(may_be_a_code(path), may, "{path}");
        }
    }
}
