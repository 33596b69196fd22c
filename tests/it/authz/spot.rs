//! The page on the spot and its offline kit.

use super::Row;

pub const ROWS: &[Row] = &[
    ("get", "/officer/check", "ou"),
    ("get", "/officer/check/shell", "ou"),
    ("get", "/officer/check-worker.js", "bwpalqsvtougrc"),
    ("get", "/officer/field/kit", "ou"),
];
