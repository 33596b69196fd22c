//! `GET /`: what this is, and the form.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Response};

use crate::http::Services;
use crate::http::consumer::page::label;
use crate::http::negotiate;
use crate::http::problem::Problem;
use crate::web::home::HomePage;

/// The home page.
#[utoipa::path(
    get,
    path = "/",
    tag = "consumer",
    params(("lang" = Option<String>, Query, description = "zh or en, before Accept-Language")),
    responses((status = 200, body = String, content_type = "text/html", description = "A page"))
)]
pub async fn home(
    State(services): State<Arc<Services>>,
    parts: Parts,
) -> Result<Response, Problem> {
    let lang = negotiate::lang(&parts.uri, &parts.headers);
    let html = HomePage::new(lang, &services.samples).render().map_err(|_| Problem::broken())?;
    let mut response = Html(html).into_response();
    label(response.headers_mut(), lang);
    Ok(response)
}
