//! What buyers do behind an answer, and what officers make of it.

use super::Row;

pub const ROWS: &[Row] = &[
    ("post", "/report", "bwpalqsvtougrc"),
    ("post", "/report/send", "bwpalqsvtougrc"),
    ("get", "/reports", "bwpalqsvtougrc"),
    ("get", "/reports/{number}", "bwpalqsvtougrc"),
    ("post", "/note", "bwpalqsvtougrc"),
    ("get", "/v", "bwpalqsvtougrc"),
    ("get", "/v/{check}", "bwpalqsvtougrc"),
    ("get", "/v/{check}/note.pdf", "bwpalqsvtougrc"),
    ("get", "/privacy", "bwpalqsvtougrc"),
    ("post", "/privacy/export", "bwpalqsvtougrc"),
    ("get", "/officer/reports", "ougr"),
    ("get", "/officer/reports/{id}", "ougr"),
    ("get", "/officer/reports/{id}/photos/{position}", "ougr"),
    ("post", "/officer/reports/{id}/look", "ou"),
    ("post", "/officer/reports/{id}/case", "ou"),
    ("post", "/officer/reports/{id}/contact", "ou"),
    ("post", "/officer/reports/{id}/told", "ou"),
    ("post", "/officer/reports/{id}/close", "ou"),
];
