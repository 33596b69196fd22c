//! `PUT /officer/field/photos/{sha256}`: a photo under its hash, once.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};

use crate::auth::office::{Serving, Working};
use crate::base::limits::FIELD_PHOTO_S_MAX;
use crate::base::{FieldError, Lang};
use crate::http::access::AtPhone;
use crate::http::address::Path;
use crate::http::bodies;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::upload;
use crate::media::{PHOTO_BYTES_MAX, Purpose, Refusal, Sha256Hex};

/// Keeps a photo or the picture of a signature. The same one again changes nothing.
#[utoipa::path(
    put,
    path = "/officer/field/photos/{sha256}",
    tag = "officer console",
    params(("sha256" = String, Path, description = "Of the file, 64 small hexadecimal digits")),
    request_body(content = Vec<u8>, content_type = "image/*", description = "JPEG, PNG or WebP of at most 12 MiB"),
    responses(
        (status = 200, description = "It was there already"),
        (status = 201, description = "It is kept"),
        (status = 401, body = ProblemDocument, content_type = "application/problem+json", description = "Nobody is signed in; it was not kept"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not for this seat"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "The file has another hash"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 12 MiB"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "No photo that is taken; says why"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "This officer handed in more today than one may; it was not kept"),
        (status = 503, body = ProblemDocument, content_type = "application/problem+json", description = "Send it again later"),
    )
)]
pub async fn put(
    State(desk): State<Desk>,
    AtPhone { by, .. }: AtPhone<Serving<Working>>,
    Path(hash): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let named =
        Sha256Hex::parse(&hash).ok_or_else(|| invalid("is no hash", "see /openapi.json"))?;
    let store = desk.media.clone().ok_or_else(Problem::busy)?;
    let (parts, body) = request.into_parts();
    let wait = Duration::from_secs(FIELD_PHOTO_S_MAX);
    let bytes = bodies::within(wait, body, PHOTO_BYTES_MAX).await?;
    if Sha256Hex::of(&bytes) != named {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "hash_differs",
            "文件与所报的校验值不符，没有保存。请重新发送；仍然不符，说明手机里的文件已经改变。",
            "The file has another hash than it is sent under and was not kept. Send it again; if \
             it differs still, the file on the phone has changed.",
        ));
    }
    // A buyer's photo has no original here, and a row may outlive its file.
    let known = desk.ledger.media(&named).await?;
    let office = known.is_some_and(|row| row.purpose == Purpose::Office);
    if office && store.has(&named).await.map_err(upload::disk)? {
        return Ok(StatusCode::OK);
    }
    upload::room(&desk, &by).await?;
    let claimed = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let photo = store.intake(bytes.to_vec(), claimed.map(str::to_owned)).await.map_err(refused)?;
    let new = upload::keep(&desk, &store, bytes.to_vec(), photo, &by).await?;
    Ok(if new { StatusCode::CREATED } else { StatusCode::OK })
}

fn refused(refusal: Refusal) -> Problem {
    let errors = vec![FieldError::new("photo", refusal.slug(), refusal.text(Lang::En))];
    Problem::invalid(errors).saying(refusal.text(Lang::Zh), refusal.text(Lang::En))
}

fn invalid(problem: &str, remedy: &str) -> Problem {
    Problem::invalid(vec![FieldError::new("sha256", problem, remedy)])
}
