//! What the form of a report sends, read as it comes: a photo is taken in before
//! the next one is read, so that a request holds one of them at most.

use axum::extract::multipart::{Field, Multipart};
use axum::http::StatusCode;

use crate::base::{FieldError, misleads};
use crate::http::problem::Problem;
use crate::media::{MediaStore, PHOTO_BYTES_MAX, Photo, Refusal};
use crate::reports::{REPORT_NOTE_CHARACTERS_MAX, REPORT_PHOTOS_MAX, Wrong};

/// Bytes of a field that is no photo: a thousand characters and a ticket.
const TEXT_BYTES_MAX: usize = 8 * 1024;
/// Fields of the form, empty ones counted.
const FIELDS_MAX: usize = 40;
/// Characters of the shop and of the place.
pub(super) const LINE_CHARACTERS_MAX: usize = 80;

/// What was sent, before anything of it is believed.
#[derive(Default)]
pub struct Sent {
    pub ticket: String,
    pub wrong: Vec<Wrong>,
    pub note: String,
    pub shop: String,
    pub place: String,
    pub contact: String,
    pub agreed: bool,
    /// A field that no person sees.
    pub lured: bool,
    pub photos: Vec<Photo>,
    /// Photos that were not taken, and why.
    pub refused: Vec<Refusal>,
    /// More photos came than a report has.
    pub too_many: bool,
}

pub(super) fn not_a_form() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "not_a_form",
        "请从页面上的表单提交；照片太多或太大时，请减少后再试。",
        "Send it from the form on the page; with fewer or smaller photos if they were large.",
    )
}

async fn bytes(mut field: Field<'_>, most: usize) -> Result<Result<Vec<u8>, ()>, Problem> {
    let mut out = Vec::new();
    let mut fits = true;
    while let Some(piece) = field.chunk().await.map_err(|_| not_a_form())? {
        fits &= out.len() + piece.len() <= most;
        // What is too long is read to its end, so that the rest can be.
        if fits {
            out.extend_from_slice(&piece);
        }
    }
    Ok(if fits { Ok(out) } else { Err(()) })
}

async fn text(field: Field<'_>) -> Result<String, Problem> {
    let bytes = bytes(field, TEXT_BYTES_MAX).await?.map_err(|()| not_a_form())?;
    String::from_utf8(bytes).map_err(|_| not_a_form())
}

impl Sent {
    /// Reads the whole form.
    pub async fn read(mut form: Multipart, store: &MediaStore) -> Result<Self, Problem> {
        let mut sent = Self::default();
        for _ in 0..FIELDS_MAX {
            let Some(field) = form.next_field().await.map_err(|_| not_a_form())? else {
                return Ok(sent);
            };
            sent.take(field, store).await?;
        }
        Err(not_a_form())
    }

    async fn take(&mut self, field: Field<'_>, store: &MediaStore) -> Result<(), Problem> {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "ticket" => self.ticket = text(field).await?,
            "wrong" => self.wrong.extend(Wrong::from_slug(&text(field).await?)),
            "note" => self.note = text(field).await?,
            "shop" => self.shop = text(field).await?,
            "place" => self.place = text(field).await?,
            "contact" => self.contact = text(field).await?,
            "agree" => self.agreed = text(field).await? == "yes",
            "website" => self.lured |= !text(field).await?.is_empty(),
            "photo" => self.photo(field, store).await?,
            _ => return Err(not_a_form()),
        }
        Ok(())
    }

    /// A field without a file comes too, empty and without a name.
    async fn photo(&mut self, field: Field<'_>, store: &MediaStore) -> Result<(), Problem> {
        let named = field.file_name().is_some_and(|name| !name.is_empty());
        let claimed = field.content_type().map(str::to_owned);
        let bytes = bytes(field, PHOTO_BYTES_MAX).await?;
        if !named && bytes.as_ref().is_ok_and(Vec::is_empty) {
            return Ok(());
        }
        if self.photos.len() + self.refused.len() >= REPORT_PHOTOS_MAX {
            self.too_many = true;
            return Ok(());
        }
        let taken = match bytes {
            Ok(bytes) => store.intake(bytes, claimed).await,
            Err(()) => Err(Refusal::TooLong),
        };
        match taken {
            // The same picture twice is one.
            Ok(photo) if self.photos.iter().any(|p| p.original == photo.original) => {}
            Ok(photo) => self.photos.push(photo),
            Err(refusal) => self.refused.push(refusal),
        }
        Ok(())
    }

    /// What is wrong with the texts; they are trimmed.
    pub fn check(&mut self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        self.wrong.sort_unstable();
        self.wrong.dedup();
        if self.wrong.is_empty() {
            faults.push(FieldError::new("wrong", "nothing is chosen", "choose what is wrong"));
        }
        self.note = self.note.trim().replace("\r\n", "\n");
        let odd = |c: char| misleads(c) && c != '\n';
        if self.note.chars().count() > REPORT_NOTE_CHARACTERS_MAX || self.note.chars().any(odd) {
            let remedy = format!("write at most {REPORT_NOTE_CHARACTERS_MAX} characters");
            faults.push(FieldError::new("note", "is too long or has control characters", remedy));
        }
        for (field, text) in [("shop", &mut self.shop), ("place", &mut self.place)] {
            *text = text.trim().to_owned();
            if text.chars().count() > LINE_CHARACTERS_MAX || text.chars().any(misleads) {
                let remedy = format!("write one line of at most {LINE_CHARACTERS_MAX} characters");
                faults.push(FieldError::new(field, "is too long or more than a line", remedy));
            }
        }
        if self.too_many || !self.refused.is_empty() {
            let remedy = format!("send at most {REPORT_PHOTOS_MAX} photos");
            faults.push(FieldError::new("photo", "is not taken", remedy));
        }
        if !self.agreed {
            faults.push(FieldError::new("agree", "is not ticked", "tick it"));
        }
        if self.lured {
            faults.push(FieldError::new("website", "is not empty", "leave it empty"));
        }
        faults
    }
}
