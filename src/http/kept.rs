//! What the two pages share that a service worker keeps for a time without network
//! (the packing line's, the one on the spot): their policies, the page without
//! anybody's name, and the worker itself.

use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;

use crate::auth::Duties;
use crate::web::console::Frame;
use crate::web::style;

/// Of such a page alone: its scripts are files of ours and speak to us. `more`:
/// directives of one page.
///
/// # Panics
/// Never: it is words and base64.
pub fn policy(more: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'none'; style-src 'self' '{}'; img-src 'self'; script-src 'self'; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'{more}",
        style::HASH.as_str()
    );
    HeaderValue::from_str(&policy).expect("words and base64")
}

/// The frame of a page as it is kept: nobody's, and without a menu.
pub fn nobodys(frame: Frame, path: &str) -> Frame {
    Frame {
        who: None,
        duties: Duties::default(),
        path: path.to_owned(),
        query: String::new(),
        ..frame
    }
}

/// A service worker. It stands beside its page and not among the static files for its
/// reach: pages below its own folder. The browser asks for it anew each time.
pub fn worker(text: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; connect-src 'self'"),
    ];
    (headers, text)
}
