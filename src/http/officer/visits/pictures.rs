//! `/officer/visits/{id}/pictures/{sha256}`: a photo or signature of a visit.

use axum::extract::State;
use axum::response::Response;

use super::{persons, records};
use crate::auth::Officer;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::desk::Desk;
use crate::http::media;
use crate::http::problem::{Problem, ProblemDocument};
use crate::media::Sha256Hex;
use crate::visits::Visit;

/// A picture that the visit names.
#[utoipa::path(
    get,
    path = "/officer/visits/{id}/pictures/{sha256}",
    tag = "officer console",
    params(
        ("id" = Uuid, Path, description = "Of the visit"),
        ("sha256" = String, Path, description = "Of the file as it was taken"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "image/jpeg", description = "The picture, without metadata"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "The visit names no such picture, it has not come yet, or it is a signature and the visit stands in no case"),
    )
)]
pub async fn picture(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Officer>,
    Path((id, hash)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let records = records(&desk, &who, &id).await?;
    let visit = Visit::fold(&records).ok_or_else(Problem::nothing)?;
    let named = Sha256Hex::parse(&hash).filter(|_| visit.pictures().contains(&&*hash));
    let named = named.ok_or_else(Problem::nothing)?;
    let signed = visit.signatures.iter().any(|s| s.fact.sha256.as_deref() == Some(&*hash));
    if signed && !persons(&desk, (&who, &by), &visit, "signature").await? {
        return Err(Problem::nothing());
    }
    media::picture(&desk, &named).await
}
