//! Photos handed out: always as what they were found to be, never as something
//! that a browser runs.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::http::problem::Problem;
use crate::media::{MediaRow, MediaStore, Sha256Hex};

/// Nothing may load, run or be framed, even where a browser opens it as a page.
const POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// The picture of a photo, for a page that shows it.
///
/// # Errors
/// 404 where the file is gone, 500 where it is not what its name says.
pub async fn shown(store: &MediaStore, row: &MediaRow) -> Result<Response, Problem> {
    let bytes = file(store, &row.shown).await?;
    let name = format!("{}.jpg", &row.original.to_string()[..16]);
    Ok(answer(bytes, "image/jpeg", &format!("inline; filename=\"{name}\"")))
}

/// The bytes that an officer's camera made, as a download.
///
/// # Errors
/// As [`shown`]; 404 for a buyer's photo, whose original is not kept.
pub async fn original(store: &MediaStore, row: &MediaRow) -> Result<Response, Problem> {
    let bytes = file(store, &row.original).await?;
    let name = format!("{}.{}", row.original, row.kind.slug());
    Ok(answer(bytes, row.kind.media_type(), &format!("attachment; filename=\"{name}\"")))
}

async fn file(store: &MediaStore, hash: &Sha256Hex) -> Result<Vec<u8>, Problem> {
    match store.get(hash).await {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(Problem::nothing()),
        Err(error) => {
            tracing::error!(%error, "a photo could not be read");
            Err(Problem::broken())
        }
    }
}

fn answer(bytes: Vec<u8>, media_type: &'static str, disposition: &str) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    if let Ok(disposition) = HeaderValue::from_str(disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}
