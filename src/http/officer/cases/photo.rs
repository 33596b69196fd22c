//! `/officer/cases/{id}/photos/{sha256}`: a photo of a case.

use axum::extract::State;
use axum::response::Response;

use super::find;
use crate::auth::Officer;
use crate::cases::fact::Fact;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::desk::Desk;
use crate::http::media;
use crate::http::problem::{Problem, ProblemDocument};
use crate::media::Sha256Hex;

/// A photo that stands in the case.
#[utoipa::path(
    get,
    path = "/officer/cases/{id}/photos/{sha256}",
    tag = "officer console",
    params(
        ("id" = Uuid, Path, description = "Of the case"),
        ("sha256" = String, Path, description = "Of the file as it was taken"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "image/jpeg", description = "The picture, without metadata"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "The office has no such case, or the case no such photo"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, .. }: AtConsole<Officer>,
    Path((id, hash)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let file = find(&desk, &who, &id).await?;
    let stands = file.standing().any(|entry| match &entry.fact {
        Fact::Photo(photo) => photo.media == hash,
        _ => false,
    });
    let named = Sha256Hex::parse(&hash).filter(|_| stands).ok_or_else(Problem::nothing)?;
    media::picture(&desk, &named).await
}
