//! `GET /PROOF/...`: what a phone opens that has read a symbol of a proof
//! sheet. No scan of anything: it asks no store and leaves no trace.

use askama::Template;
use axum::Json;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::code::read_proof;
use crate::http::consumer::page::{in_language, label};
use crate::http::negotiate;
use crate::http::problem::{Problem, ProblemDocument};
use crate::web::proof::ProofPage;

/// What a symbol of a proof sheet says.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProofAnswer {
    /// Always true: no label has this shape.
    proof: bool,
    /// Width of a module, micrometres.
    #[schema(minimum = 1)]
    module_um: u16,
}

/// That a symbol of a proof sheet was read, and at which size.
///
/// Never a scan: nothing is looked up or recorded, no cookies are set.
#[utoipa::path(
    get,
    path = "/PROOF/{module_um}/{filler}",
    tag = "consumer",
    params(
        ("module_um" = String, Path, description = "Width of a module, micrometres, in four digits"),
        ("filler" = String, Path, description = "What the size yields, so that the path is as long as a code"),
        ("lang" = Option<String>, Query, description = "zh or en, before Accept-Language"),
    ),
    responses(
        (status = 200, body = ProofAnswer, description = "A page or JSON"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No proof of ours"),
    )
)]
pub async fn proof(parts: Parts) -> Result<Response, Problem> {
    let module_um = read_proof(parts.uri.path()).ok_or_else(Problem::not_found)?;
    let lang = negotiate::lang(&parts.uri, &parts.headers);
    let mut response = if negotiate::prefers_html(&parts.headers) {
        let page = ProofPage::new(lang, module_um, in_language(&parts.uri, lang.other()));
        Html(page.render().map_err(|_| Problem::broken())?).into_response()
    } else {
        Json(ProofAnswer { proof: true, module_um }).into_response()
    };
    label(response.headers_mut(), lang);
    Ok(response)
}

/// The same, as phones ask that make every address small.
#[utoipa::path(
    get,
    path = "/proof/{module_um}/{filler}",
    tag = "consumer",
    params(
        ("module_um" = String, Path, description = "Width of a module, micrometres, in four digits"),
        ("filler" = String, Path, description = "What the size yields, in small letters"),
        ("lang" = Option<String>, Query, description = "zh or en, before Accept-Language"),
    ),
    responses(
        (status = 200, body = ProofAnswer, description = "A page or JSON"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No proof of ours"),
    )
)]
pub async fn proof_in_small_letters(parts: Parts) -> Result<Response, Problem> {
    proof(parts).await
}
