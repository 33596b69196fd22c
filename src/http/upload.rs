//! Forms with one photo, at consoles.

use std::collections::BTreeMap;

use axum::extract::multipart::{Field, Multipart, MultipartRejection};
use axum::http::StatusCode;

use crate::base::{By, FieldError, Lang};
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::media::{
    MediaRow, MediaStore, OFFICER_PHOTO_BYTES_A_DAY_MAX, PHOTO_BYTES_MAX, Photo, Refusal,
};

/// Bytes of a form with a photo.
pub const FORM_BYTES_MAX: usize = PHOTO_BYTES_MAX + 64 * 1024;
/// Bytes of a field that is no photo.
const TEXT_BYTES_MAX: usize = 4 * 1024;
/// Fields of a form.
const FIELDS_MAX: usize = 10;
const DAY_MS: i64 = 86_400_000;
/// When whoever handed in too much may try again.
const FULL_RETRY_S: u64 = 3_600;

/// What such a form sends.
#[derive(Default)]
pub struct Upload {
    texts: BTreeMap<String, String>,
    /// Bytes, and what the browser took them for.
    photo: Option<(Vec<u8>, Option<String>)>,
}

fn not_a_form() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "not_a_form",
        "请从页面上的表单提交；照片不能超过12 MB。",
        "Send it from the form on the page; a photo has at most 12 MB.",
    )
}

async fn bytes(mut field: Field<'_>, most: usize) -> Result<Vec<u8>, Problem> {
    let mut out = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|_| not_a_form())? {
        if out.len() + piece.len() > most {
            return Err(not_a_form());
        }
        out.extend_from_slice(&piece);
    }
    Ok(out)
}

impl Upload {
    /// # Errors
    /// For what is no such form, or has a larger photo than is taken.
    pub async fn read(form: Result<Multipart, MultipartRejection>) -> Result<Self, Problem> {
        let mut form = form.map_err(|_| not_a_form())?;
        let mut sent = Self::default();
        for _ in 0..FIELDS_MAX {
            let Some(field) = form.next_field().await.map_err(|_| not_a_form())? else {
                return Ok(sent);
            };
            let name = field.name().unwrap_or_default().to_owned();
            if name == "photo" {
                let claimed = field.content_type().map(str::to_owned);
                sent.photo = Some((bytes(field, PHOTO_BYTES_MAX).await?, claimed));
            } else {
                let text = bytes(field, TEXT_BYTES_MAX).await?;
                sent.texts.insert(name, String::from_utf8(text).map_err(|_| not_a_form())?);
            }
        }
        Err(not_a_form())
    }

    pub fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", |text| text.trim())
    }

    /// The photo, if it is one that is taken; with its bytes.
    ///
    /// # Errors
    /// Naming the field `photo`, in the language of the page.
    pub async fn photo(
        self,
        store: &MediaStore,
        lang: Lang,
    ) -> Result<(Photo, Vec<u8>), FieldError> {
        let fault = |refusal: Refusal| FieldError::new("photo", refusal.text(lang), "");
        let (bytes, claimed) = self.photo.unwrap_or_default();
        let photo = store.intake(bytes.clone(), claimed).await.map_err(fault)?;
        Ok((photo, bytes))
    }
}

pub(super) fn disk(error: std::io::Error) -> Problem {
    tracing::error!(%error, "a photo was not kept");
    Problem::busy()
}

/// Whether whoever hands photos in may hand in more of them today.
///
/// # Errors
/// 429 where it were too many bytes.
pub async fn room(desk: &Desk, by: &By) -> Result<(), Problem> {
    let yesterday = by.at.plus_ms(-DAY_MS);
    if desk.ledger.handed_in(&by.login, yesterday).await? > OFFICER_PHOTO_BYTES_A_DAY_MAX {
        metrics::counter!("zhenma_http_shed_total", "bound" => "officer_photo_bytes").increment(1);
        return Err(Problem::too_many(FULL_RETRY_S));
    }
    Ok(())
}

/// Keeps a photo as evidence: the files first, since a row tells of what is on disk.
/// True where it was not there before.
///
/// # Errors
/// When the disk does not take it, and those of the ledger.
pub async fn keep(
    desk: &Desk,
    store: &MediaStore,
    original: Vec<u8>,
    photo: Photo,
    by: &By,
) -> Result<bool, Problem> {
    let row = MediaRow::of_evidence(&photo, by);
    store.put(original).await.map_err(disk)?;
    store.put(photo.shown).await.map_err(disk)?;
    Ok(desk.ledger.add_media(&row, by).await?)
}
