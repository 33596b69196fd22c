//! `POST /officer/cases/{id}/photos`: a photo from the desk goes into a case, by the
//! same way as one from a phone.

use std::collections::HashMap;

use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::response::Response;
use utoipa::ToSchema;

use super::{answer, find, seen};
use crate::auth::office::{Serving, Working};
use crate::base::{By, FieldError, LedgerError};
use crate::cases::CaseError;
use crate::cases::fact::Fact;
use crate::cases::file::CaseFile;
use crate::cases::matter::PhotoNote;
use crate::cases::port::FileLedger;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::upload::{Upload, keep, room};
use crate::web::cases::Kept;
use crate::web::console::Frame;

/// A photo, and what is said of it.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the form's shape for the document; it is read field by field")]
pub struct TypedPhoto {
    seq: String,
    caption: String,
    shows: Option<String>,
    #[schema(value_type = String, format = Binary)]
    photo: Vec<u8>,
}

/// Puts a photo into a case.
#[utoipa::path(
    post,
    path = "/officer/cases/{id}/photos",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "Id of the case")),
    request_body(content = TypedPhoto, content_type = "multipart/form-data"),
    responses(
        (status = 303, description = "Put down: to the page of the case"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such case of this office"),
        (status = 409, body = String, content_type = "text/html", description = "The page, with why it was not done"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong: no photo that is taken, or no caption"),
    )
)]
pub async fn add(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Serving<Working>>,
    Path(id): Path<String>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    let file = find(&desk, &who, &id).await?;
    let sent = Upload::read(form).await?;
    let values = [("caption", "caption"), ("shows", "shows")]
        .map(|(name, field)| (name, sent.text(field).to_owned()));
    let kept =
        Kept { form: "photo".to_owned(), values: HashMap::from(values), errors: HashMap::new() };
    let done = put(&desk, &file, sent, &frame, &by).await?;
    answer(&desk, &who, frame, (file.id, kept), done).await
}

async fn put(
    desk: &Desk,
    file: &CaseFile,
    sent: Upload,
    f: &Frame,
    by: &By,
) -> Result<Result<CaseFile, CaseError>, Problem> {
    let invalid = |fault: FieldError| CaseError::Ledger(LedgerError::Invalid(vec![fault]));
    let store = desk.media.clone().ok_or_else(Problem::busy)?;
    let at = seen(desk, file, sent.text("seq"));
    let (caption, shows) = (sent.text("caption").to_owned(), sent.text("shows").to_owned());
    let (photo, original) = match sent.photo(&store, f.lang).await {
        Ok(taken) => taken,
        Err(fault) => return Ok(Err(invalid(fault))),
    };
    let fact = Fact::Photo(PhotoNote { media: photo.original.to_string(), caption, shows });
    // What the case would not take is not kept either.
    if let Err(fault) = fact.check() {
        return Ok(Err(invalid(fault)));
    }
    if let Err(refusal) = file.admit(&fact, by) {
        return Ok(Err(refusal.into()));
    }
    room(desk, by).await?;
    keep(desk, &store, original, photo, by).await?;
    Ok(FileLedger::append(&*desk.ledger, &at, &[fact], by).await)
}
