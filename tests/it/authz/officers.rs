//! The officers' console: labels, causes, policies.

use super::Row;

pub const ROWS: &[Row] = &[
    ("get", "/officer", "bwpalqsvtougrc"),
    ("get", "/officer/sign-in", "bwpalqsvtougrc"),
    ("post", "/officer/sign-in", "bwpalqsvtougrc"),
    ("get", "/officer/", "ougr"),
    ("get", "/api/v1/officer/leads", "ougr"),
    ("post", "/api/v1/officer/leads", "ou"),
    ("post", "/api/v1/leads", "wqst"),
    ("post", "/officer/leads", "ou"),
    ("get", "/officer/leads/{id}", "ougr"),
    ("post", "/officer/codes", "ougr"),
    ("get", "/officer/codes/{serial}", "ougr"),
    ("post", "/officer/codes/{serial}/decide", "ou"),
    ("post", "/officer/codes/{serial}/causes", "ou"),
    ("post", "/officer/codes/{serial}/causes/{id}/lift", "ou"),
    ("get", "/officer/places/{place}", "ougr"),
    // For a case of the office that has the label.
    ("post", "/officer/codes/{serial}/look", "ougr"),
    ("get", "/officer/figures", "ougr"),
    ("get", "/accuracy", "bwpalqsvtougrc"),
    ("get", "/officer/policies", "ougr"),
    ("post", "/officer/policies", "u"),
    ("get", "/officer/cases/{id}/evidence", "ougr"),
    ("post", "/officer/cases/{id}/evidence", "ou"),
    ("get", "/officer/cases/{id}/evidence/{package}", "ougr"),
    ("get", "/api/v1/officer/cases/{id}/evidence", "ougr"),
    ("post", "/api/v1/officer/cases/{id}/evidence", "ou"),
    ("get", "/api/v1/officer/cases/{id}/evidence/{package}", "ougr"),
];
