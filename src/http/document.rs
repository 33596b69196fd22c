//! What the OpenAPI document says of whole groups of routes, since a guard or
//! an extractor that they share answers for all of them.

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response};

const PAGE: &str = "text/html";
const PROBLEM: &str = "application/problem+json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Adds what the consoles' guards may say first.
pub fn of_consoles(document: &mut OpenApi) {
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        says(
            operation,
            "303",
            "To another page; to the form for signing in without a session",
            &[],
        );
        says(operation, "403", "Not for these duties, or sent by another site", &[PAGE, PROBLEM]);
        says(operation, "422", "Names what is wrong", &[PAGE, PROBLEM]);
    }
}

/// The document with what is said of every route that takes a body or reads
/// its path, and as OpenAPI writes paths: a parameter that takes the rest of
/// the path is marked by a star for the router alone.
pub fn published(mut document: OpenApi) -> OpenApi {
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths
        .into_iter()
        .map(|(path, mut item)| {
            for operation in operations(&mut item) {
                of_bodies(operation);
                if path.contains('{') {
                    says(operation, "404", "There is no such thing, or not for you", &[PROBLEM]);
                }
                if !path.starts_with("/api/") {
                    of_people(operation);
                }
            }
            (path.replace("{*", "{"), item)
        })
        .collect();
    document
}

fn of_bodies(operation: &mut Operation) {
    let Some(body) = &operation.request_body else { return };
    let is_form = matches!(body, RefOr::T(body) if body.content.contains_key(FORM));
    says(operation, "400", "The body ended early or is not as its headers say", &[PROBLEM]);
    says(operation, "408", "The body came too slowly", &[PROBLEM]);
    says(operation, "413", "The body is too long", &[PROBLEM]);
    if is_form {
        says(operation, "415", "Not what the form of the page sends", &[PROBLEM]);
        says(operation, "422", "A field of the form is missing or wrong", &[PROBLEM]);
    }
}

/// A problem is a page for whoever names HTML, but for programs' routes.
fn of_people(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && response.content.contains_key(PROBLEM)
        {
            let page = || RefOr::T(ContentBuilder::new().build());
            response.content.entry(PAGE.to_owned()).or_insert_with(page);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.delete].into_iter().flatten()
}

/// Keeps the route's own words where it has some.
fn says(operation: &mut Operation, status: &str, words: &str, media: &[&str]) {
    let responses = &mut operation.responses.responses;
    let response =
        responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(Response::new(words)));
    let RefOr::T(response) = response else { return };
    for media in media {
        let schema = (*media == PROBLEM).then(|| Ref::from_schema_name("ProblemDocument"));
        let content = || RefOr::T(ContentBuilder::new().schema(schema).build());
        response.content.entry((*media).to_owned()).or_insert_with(content);
    }
}
