//! What the OpenAPI document says of whole groups of routes, since a guard or
//! an extractor that they share answers for all of them.

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response};

const PAGE: &str = "text/html";
const PROBLEM: &str = "application/problem+json";

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
        if operation.request_body.is_some() {
            says(operation, "400", "The body ended early", &[PROBLEM]);
            says(operation, "413", "The body is too long", &[PROBLEM]);
            says(operation, "415", "Not what the form of the page sends", &[PROBLEM]);
        }
    }
}

/// The document as OpenAPI writes paths: a parameter that takes the rest of
/// the path is marked by a star for the router alone.
pub fn published(mut document: OpenApi) -> OpenApi {
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths =
        paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    document
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
