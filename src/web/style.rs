//! The style sheets of the public pages. They stand in each page, so that a page
//! is one response; the content security policy names their hashes, so that no
//! other style is obeyed.

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

/// The sheet without its line breaks and indents.
pub static SHEET: LazyLock<String> = LazyLock::new(|| packed(include_str!("static/page.css")));

/// What pages behind an answer need beside it: the answer's own is to fit into the
/// first flight of a connection.
pub static REPORT: LazyLock<String> = LazyLock::new(|| packed(include_str!("static/report.css")));

/// `sha256-...` as a policy's `style-src` takes it.
pub static HASH: LazyLock<String> = LazyLock::new(|| hash(&SHEET));

pub static REPORT_HASH: LazyLock<String> = LazyLock::new(|| hash(&REPORT));

fn packed(sheet: &str) -> String {
    let lines = sheet.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with("/*")).collect()
}

fn hash(sheet: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(sheet.as_bytes())))
}
