//! Where a person is led from what is no page: by the link to the other language
//! after a form was refused, or from the history, to an address that only takes
//! forms.

use axum::http::Uri;

use crate::http::negotiate;

pub(super) const BUYERS_HOME: &str = "/";

/// First part of the address and first page of each console.
const CONSOLES: [(&str, &str); 5] = [
    ("account", "/account/"),
    ("county", "/county/"),
    ("enterprise", "/enterprise/"),
    ("officer", "/officer/"),
    ("printer", "/printer/"),
];

/// What has a page for each one; a form below its address stands on that page.
const WITH_PAGES: [&str; 12] = [
    "batches",
    "cases",
    "codes",
    "enterprises",
    "inquiries",
    "orders",
    "packages",
    "people",
    "recalls",
    "reports",
    "visits",
    "webhooks",
];

/// What has one page for all.
const ON_ONE_PAGE: [&str; 9] =
    ["blocks", "closing", "keys", "line", "order", "overview", "places", "printers", "trace"];

/// The first page of the console that an address is of, or of the buyers.
pub(super) fn home_of(uri: &Uri) -> &'static str {
    let first = uri.path().split('/').nth(1).unwrap_or_default();
    let console = CONSOLES.into_iter().find(|(name, _)| *name == first);
    console.map_or(BUYERS_HOME, |(_, home)| home)
}

/// The page that the form for an address of a console stands on, in the language
/// that was asked for; the console's first page where it stands on several.
pub(super) fn page_of(uri: &Uri) -> Option<String> {
    let home = home_of(uri);
    if home == BUYERS_HOME {
        return None;
    }
    let mut parts = uri.path().split('/').skip(2);
    let page = match (parts.next(), parts.next()) {
        (Some(noun), Some(one)) if WITH_PAGES.contains(&noun) => format!("{home}{noun}/{one}"),
        (Some(noun), Some(_)) if ON_ONE_PAGE.contains(&noun) => format!("{home}{noun}"),
        _ => home.to_owned(),
    };
    Some(match negotiate::asked_lang(uri) {
        Some(lang) => format!("{page}?lang={}", lang.tag()),
        None => page,
    })
}
