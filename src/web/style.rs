//! The one style sheet of the public pages. It stands in each page, so that a
//! page is one response; the content security policy names its hash, so that
//! no other style is obeyed.

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

/// The sheet without its line breaks and indents.
pub static SHEET: LazyLock<String> = LazyLock::new(|| {
    let lines = include_str!("static/page.css").lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with("/*")).collect()
});

/// `sha256-...` as a policy's `style-src` takes it.
pub static HASH: LazyLock<String> = LazyLock::new(|| {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(SHEET.as_bytes())))
});
