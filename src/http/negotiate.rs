//! Language and media type of an answer (RFC 9110, 12.5).

use axum::http::{HeaderMap, Uri, header};

use crate::base::Lang;

/// The `lang` of the query.
pub fn asked_lang(uri: &Uri) -> Option<Lang> {
    let mut pairs = uri.query().unwrap_or_default().split('&');
    pairs.find_map(|p| p.strip_prefix("lang=")).and_then(Lang::from_tag)
}

/// The `lang` of the query, else the best of Accept-Language.
pub fn lang(uri: &Uri, headers: &HeaderMap) -> Lang {
    asked_lang(uri).unwrap_or_else(|| {
        let header = headers.get(header::ACCEPT_LANGUAGE).and_then(|h| h.to_str().ok());
        Lang::from_accept_language(header.unwrap_or_default())
    })
}

/// Whether a page is to be answered rather than JSON. Without a preference it
/// is a page: what scans codes are phones.
pub fn prefers_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|h| h.to_str().ok()).unwrap_or("*/*");
    quality(accept, "text", "html") >= quality(accept, "application", "json")
}

/// Whether a person's browser asks: unlike programs, which take anything, it
/// names HTML.
pub fn names_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|h| h.to_str().ok()).unwrap_or_default();
    accept.to_ascii_lowercase().contains("text/html") && prefers_html(headers)
}

/// Whether an answer may come packed with gzip, and had rather (RFC 9110,
/// 12.5.3): not for who says nothing.
pub fn takes_gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut identity, mut any) = (None, None, None);
    let lines = headers.get_all(header::ACCEPT_ENCODING).into_iter();
    for coding in lines.flat_map(|h| h.to_str().unwrap_or_default().split(',')).take(32) {
        let (name, q) = with_quality(coding);
        match name.as_str() {
            "gzip" | "x-gzip" => gzip = Some(q),
            "identity" => identity = Some(q),
            "*" => any = Some(q),
            _ => {}
        }
    }
    let gzip = gzip.or(any).unwrap_or(0.0);
    gzip > 0.0 && gzip >= identity.or(any).unwrap_or(0.0)
}

/// One element of a list of preferences, in small letters, and its quality.
fn with_quality(element: &str) -> (String, f32) {
    let mut parts = element.split(';');
    let name = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    let q = parts.find_map(|p| p.trim().strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
    (name, q)
}

/// Quality of one media type; the most precise range that matches counts.
fn quality(accept: &str, kind: &str, subtype: &str) -> f32 {
    let mut best = (0, 0.0);
    for range in accept.split(',').take(32) {
        let (name, q) = with_quality(range);
        let precision = match name.split_once('/') {
            Some((k, s)) if k == kind && s == subtype => 3,
            Some((k, "*")) if k == kind => 2,
            Some(("*", "*")) => 1,
            _ => continue,
        };
        if precision > best.0 {
            best = (precision, q);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_pages_and_programs_what_they_ask_for() {
        for (accept, html) in [
            (None, true),
            (Some("*/*"), true),
            (Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), true),
            (Some("application/json"), false),
            (Some("application/json, text/html;q=0.5"), false),
            (Some("application/json;q=0.2, text/*"), true),
            (Some("application/json, */*;q=0.1"), false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(header::ACCEPT, accept.parse().expect("a header"));
            }
            assert_eq!(prefers_html(&headers), html, "{accept:?}");
        }
    }

    #[test]
    fn gzip_is_for_who_takes_it() {
        for (lines, takes) in [
            (&[][..], false),
            (&["gzip, deflate, br"], true),
            (&["br", "x-gzip"], true),
            (&["br;q=1, *;q=0.1"], true),
            (&["gzip;q=0, *"], false),
            (&["gzip;q=0.5, identity"], false),
            (&["deflate"], false),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::ACCEPT_ENCODING, line.parse().expect("a header"));
            }
            assert_eq!(takes_gzip(&headers), takes, "{lines:?}");
        }
    }
}
