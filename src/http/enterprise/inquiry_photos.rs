//! Photos of a question: those that the office chose, and those that the enterprise
//! puts to its answer.

use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use utoipa::ToSchema;

use super::home::own;
use super::inquiries::{TypedAnswer, find, render};
use crate::auth::Member;
use crate::auth::duty::{Acting, Testing};
use crate::base::LedgerError;
use crate::cases::CaseError;
use crate::cases::inquiry::FILES_MAX;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::desk::Desk;
use crate::http::media;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::turns::{Holder, Work};
use crate::http::upload::{Upload, keep, room};
use crate::media::Sha256Hex;

/// A photo that is part of the question or of its answer.
#[utoipa::path(
    get,
    path = "/enterprise/inquiries/{id}/photos/{hash}",
    tag = "enterprise console",
    params(
        ("id" = Uuid, Path, description = "Id of the question"),
        ("hash" = String, Path, description = "SHA-256 of the photo"),
    ),
    responses(
        (status = 200, content_type = "image/jpeg", description = "The picture"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such question, or a photo that is no part of it"),
    )
)]
pub async fn photo(
    State(desk): State<Desk>,
    AtConsole { who, .. }: AtConsole<Member>,
    Path((id, hash)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let inquiry = find(&desk, &who, &id).await?;
    let chosen = inquiry.photos.iter().chain(&inquiry.files).find(|known| **known == hash);
    let hash = chosen.and_then(|hash| Sha256Hex::parse(hash)).ok_or_else(Problem::nothing)?;
    media::picture(&desk, &hash).await
}

/// A photo for an answer.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the form's shape for the document; it is read field by field")]
pub struct AnswerPhoto {
    #[schema(value_type = String, format = Binary)]
    photo: Vec<u8>,
}

/// Puts a photo to the answer, before it is signed.
#[utoipa::path(
    post,
    path = "/enterprise/inquiries/{id}/photos",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Id of the question")),
    request_body(content = AnswerPhoto, content_type = "multipart/form-data"),
    responses(
        (status = 303, description = "Put to it: to the page of the question"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such question to this enterprise"),
        (status = 409, body = String, content_type = "text/html", description = "The page: it was answered or taken back before"),
        (status = 422, body = String, content_type = "text/html", description = "The page: no photo that is taken, or too many"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Another file of yours is being sent, or as many bytes came today as one may send"),
    )
)]
pub async fn attach(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Testing>>,
    Path(id): Path<String>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    let inquiry = find(&desk, &who, &id).await?;
    let _turn = desk.turns.take(Work::Import, Holder::Enterprise(own(&who)?))?;
    let store = desk.media.clone().ok_or_else(Problem::busy)?;
    let sent = Upload::read(form).await?;
    let typed = TypedAnswer::of(&who);
    let (photo, original) = match sent.photo(&store, frame.lang).await {
        Ok(taken) => taken,
        Err(fault) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return render(&desk, &who, frame, &inquiry, (typed, &[fault], None), status).await;
        }
    };
    let hash = photo.original.to_string();
    // What the answer would not take is not kept either; what it has is kept already.
    let taken = inquiry.waits() && inquiry.files.len() < FILES_MAX;
    if taken && !inquiry.files.contains(&hash) {
        room(&desk, &by).await?;
        keep(&desk, &store, original, photo, &by).await?;
    }
    match desk.ledger.attach(&own(&who)?, inquiry.id, &hash, &by).await {
        Ok(_) => Ok(Redirect::to(&format!("/enterprise/inquiries/{}", inquiry.id)).into_response()),
        Err(CaseError::Ledger(LedgerError::Invalid(faults))) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            render(&desk, &who, frame, &inquiry, (typed, &faults, None), status).await
        }
        Err(CaseError::Refused(_)) => {
            render(&desk, &who, frame, &inquiry, (typed, &[], None), StatusCode::CONFLICT).await
        }
        Err(error) => Err(error.into()),
    }
}
