//! `GET /check`: the form for who has a torn label or no camera.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::code::{self, CODE_CHARACTERS, Payload};
use crate::http::Services;
use crate::http::address::{Query, Unread};
use crate::http::client::Client;
use crate::http::consumer::answer::ScanAnswer;
use crate::http::consumer::ask::{Head, admit, name};
use crate::http::consumer::page::shown;
use crate::http::negotiate;
use crate::http::problem::{Problem, ProblemDocument};
use crate::scan::own::{Named, Text};

#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    code: String,
}

/// Takes a typed serial, code or address to its page.
///
/// Spaces, dashes and full-width letters are forgiven here and only here:
/// they come from typing. Letters are never guessed.
#[utoipa::path(
    get,
    path = "/check",
    tag = "consumer",
    params(
        ("code" = String, Query, description = "What was typed"),
        ("lang" = Option<String>, Query, description = "zh or en, before Accept-Language"),
    ),
    responses(
        (status = 303, description = "To the page of the code"),
        (status = 200, description = "An outcome, for what has no page of its own", content((ScanAnswer<'static> = "application/json"), (String = "text/html"))),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Too many from this device or network"),
    )
)]
pub async fn check(
    State(services): State<Arc<Services>>,
    Extension(client): Extension<Client>,
    typed: Result<Query<Typed>, Unread>,
    parts: Parts,
) -> Result<Response, Problem> {
    let typed = typed.map_or_else(|_| String::new(), |Query(typed)| typed.code);
    let text = tidy(&typed);
    let lang = negotiate::lang(&parts.uri, &parts.headers);
    let to = |path: &str| {
        let glue = if path.contains('?') { '&' } else { '?' };
        Ok(Redirect::to(&format!("{path}{glue}lang={}", lang.tag())).into_response())
    };
    if let Some(path) = own_path(&text, &services) {
        return to(&path);
    }
    let head = Head { method: &parts.method, headers: &parts.headers, client: &client };
    admit(&services, head)?;
    // A maker's own serial has its own rules of what typing adds.
    let read = Text::of(&text);
    let asked = if read.payload().is_some() { &text } else { &typed };
    let named = name(&services, head, asked).await?;
    match named.own_path() {
        Some(path) => to(&path),
        None if matches!(named, Named::Own(_)) => {
            shown(&services, head, &parts.uri, (&typed, named)).await
        }
        None => shown(&services, head, &parts.uri, (&text, Named::Code(read))).await,
    }
}

/// The path under which we show this text; `None` where it has none.
fn own_path(text: &str, services: &Services) -> Option<String> {
    let is_code = |t: &str| {
        (t.len() == Payload::SERIAL_TEXT_CHARACTERS || t.len() == CODE_CHARACTERS)
            && t.bytes().all(|c| c.is_ascii_alphanumeric())
    };
    if is_code(text) {
        return Some(format!("/{text}"));
    }
    let reading = code::read(text).ok()?;
    let host = reading.host?;
    if !services.scanner.hosts.contains(&host) {
        return None;
    }
    let (_, behind) = text.split_once("://")?;
    let path = &behind[behind.find('/')?..];
    let path = path.split('#').next().unwrap_or_default();
    Some(if path.starts_with("/01/") {
        path.to_owned()
    } else {
        path.split('?').next().unwrap_or_default().to_owned()
    })
}

/// What typing adds: spaces, dashes between groups, full-width characters.
pub fn tidy(typed: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3002}' => '.',
        c => c,
    };
    let text: String = typed.chars().map(narrow).filter(|c| !c.is_whitespace()).collect();
    if text.contains('/') { text } else { text.replace(['-', '\u{2014}'], "").to_ascii_uppercase() }
}

#[cfg(test)]
mod tests {
    use super::tidy;

    #[test]
    fn typing_is_tidied_and_letters_are_not_guessed() {
        for (typed, text) in [
            ("caaaa aiaaa aaoaa aaaaa", "CAAAAAIAAAAAOAAAAAAA"),
            ("CAAAA-AIAAA-AAOAA-AAAAA ", "CAAAAAIAAAAAOAAAAAAA"),
            ("CAAAA　AIAAA", "CAAAAAIAAA"),
            ("C0", "C0"),
            ("https://id.example.cn/Ab-c", "https://id.example.cn/Ab-c"),
            ("", ""),
        ] {
            assert_eq!(tidy(typed), text);
        }
    }
}
