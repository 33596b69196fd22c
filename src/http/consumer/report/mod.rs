//! What a buyer may do behind an answer: report the label, take a note of what
//! was said, ask what became of a report, see what is held about the own device.
//! All of it without an account and without script.

mod doors;
mod form;
mod held;
mod note;
mod open;
mod send;
mod state;
mod tickets;
mod verify;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::base::Lang;
use crate::base::limits::REPORT_BODY_BYTES_MAX;
use crate::http::consumer::page::label;
use crate::http::desk::Desk;
use crate::http::problem::Problem;

pub use doors::Doors;
pub use tickets::of as ticket_of;

/// Pages and short forms.
pub(in crate::http) fn routes(desk: Desk) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(open::open))
        .routes(routes!(state::ask))
        .routes(routes!(state::show))
        .routes(routes!(note::make))
        .routes(routes!(verify::ask))
        .routes(routes!(verify::show))
        .routes(routes!(verify::pdf))
        .routes(routes!(held::about))
        .routes(routes!(held::export))
        .with_state(desk)
}

/// The form with photos, which takes longer and is larger.
pub(in crate::http) fn uploads(desk: Desk) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(send::send))
        .layer(DefaultBodyLimit::max(REPORT_BODY_BYTES_MAX))
        .with_state(desk)
}

fn page(
    template: &impl askama::Template,
    lang: Lang,
    status: StatusCode,
) -> Result<Response, Problem> {
    let html = template.render().map_err(|_| Problem::broken())?;
    let mut response = (status, Html(html)).into_response();
    label(response.headers_mut(), lang);
    Ok(response)
}

/// Where photos lie; without, nothing of all this is offered.
fn media(desk: &Desk) -> Result<&crate::media::MediaStore, Problem> {
    desk.media.as_ref().ok_or_else(Problem::not_found)
}

/// The doors of this server.
fn doors(desk: &Desk) -> &Arc<Doors> {
    &desk.services.doors
}

fn device_tag(desk: &Desk, headers: &HeaderMap) -> Option<crate::scan::Tag48> {
    let cookie = crate::http::consumer::visit::device_of(headers)?;
    Some(desk.scanner.tags.cookie(&cookie))
}
