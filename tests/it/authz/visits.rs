//! What is recorded on the spot, and the pages that show it.

use super::Row;

pub const ROWS: &[Row] = &[
    ("post", "/officer/field/records", "ou"),
    ("post", "/officer/field/check", "ou"),
    ("put", "/officer/field/photos/{sha256}", "ou"),
    ("get", "/officer/visits", "ougr"),
    ("get", "/officer/visits/{id}", "ougr"),
    ("get", "/officer/visits/{id}/record.pdf", "ougr"),
    ("get", "/officer/visits/{id}/list.pdf", "ougr"),
    ("post", "/officer/visits/{id}/case", "ou"),
    ("get", "/officer/visits/{id}/pictures/{sha256}", "ougr"),
];
