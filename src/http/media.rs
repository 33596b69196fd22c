//! Photos handed out: always as what they were found to be, never as something
//! that a browser runs.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::media::{MediaStore, Sha256Hex};

/// Nothing may load, run or be framed, even where a browser opens it as a page.
const POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// The picture of a photo, for a page that may show it. `hash`: its name.
///
/// # Errors
/// 404 where there is none or the file is gone, 500 where it is not what its name
/// says.
pub async fn picture(desk: &Desk, hash: &Sha256Hex) -> Result<Response, Problem> {
    let row = desk.ledger.media(hash).await?.ok_or_else(Problem::nothing)?;
    let store = desk.media.as_ref().ok_or_else(Problem::nothing)?;
    let bytes = file(store, &row.shown).await?;
    Ok(answer(bytes, &format!("{}.jpg", &row.original.to_string()[..16])))
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

fn answer(bytes: Vec<u8>, name: &str) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    if let Ok(inline) = HeaderValue::from_str(&format!("inline; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, inline);
    }
    response
}
