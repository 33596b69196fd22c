//! Case files of an office.

use super::Row;

pub const ROWS: &[Row] = &[
    ("get", "/officer/cases", "ougr"),
    ("post", "/officer/cases", "ou"),
    ("get", "/officer/cases/new", "ou"),
    ("get", "/officer/cases/{id}", "ougr"),
    ("get", "/officer/cases/{id}/photos/{sha256}", "ougr"),
    ("post", "/officer/cases/{id}/entries", "ou"),
    ("post", "/officer/cases/{id}/decide", "ug"),
    ("post", "/officer/cases/{id}/supervise", "u"),
    ("post", "/officer/cases/{id}/merge", "ou"),
    ("post", "/officer/cases/{id}/split", "ou"),
    ("get", "/officer/blocks", "ougr"),
    ("post", "/officer/blocks", "ou"),
    ("get", "/officer/blocks/new", "ou"),
    ("post", "/officer/blocks/{id}/ask-lift", "ou"),
    ("post", "/officer/blocks/{id}/lift", "ug"),
    ("post", "/officer/cases/{id}/questions", "ou"),
    ("post", "/officer/cases/{id}/questions/drop", "ou"),
    ("get", "/enterprise/inquiries", "wpalqsvt"),
    ("get", "/enterprise/inquiries/{id}", "wpalqsv"),
    ("get", "/enterprise/inquiries/{id}/photos/{hash}", "wpalqsv"),
    ("post", "/enterprise/inquiries/{id}/answer", "wq"),
    ("get", "/api/v1/inquiries", "wpalqsvt"),
    ("post", "/api/v1/inquiries/{id}/answer", "wq"),
    ("get", "/county/calendar", "c"),
    ("post", "/officer/cases/{id}/photos", "ou"),
    ("post", "/enterprise/inquiries/{id}/photos", "wq"),
    ("post", "/county/calendar", "c"),
];
