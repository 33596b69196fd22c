//! `/printer/downloads`: three of a pick-up, each with planted codes of its own.
//!
//! Beginning one is a POST and counts. Its file is then sent by GET, in ranges
//! as a broken line wants it, and none of these counts; what was sent is noted.

use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use futures::StreamExt;
use serde::Deserialize;
use tower::ServiceExt;
use tower_http::services::ServeFile;
use utoipa::ToSchema;
use uuid::Uuid;

use super::AtCounter;
use super::counter::{Filled, counter_page, file_name};
use crate::base::Clock;
use crate::handoff::package::file_name as package_file;
use crate::handoff::port::Part;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::desk::{Desk, DeskLedger};
use crate::http::handoff::refused;
use crate::http::problem::{Problem, ProblemDocument};
use crate::web::handoff::refusal;

/// Which download is begun.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Asked {
    /// As the page has it: the same form sent twice begins one.
    number: String,
}

/// Begins a download; the fourth of a pick-up is refused.
#[utoipa::path(
    post,
    path = "/printer/downloads",
    tag = "pick-up",
    request_body(content = Asked, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the file"),
        (status = 403, body = String, content_type = "text/html", description = "The page, with why it was refused"),
    )
)]
pub async fn begin(
    State(desk): State<Desk>,
    AtCounter { package, frame, by }: AtCounter,
    Posted(asked): Posted<Asked>,
) -> Result<Response, Problem> {
    let number = asked.number.trim().parse().unwrap_or(0);
    match desk.ledger.begin_download(package.id, number, &by).await? {
        Ok(()) => {
            let path = format!("/printer/downloads/{}", file_name(&package, number));
            Ok(Redirect::to(&path).into_response())
        }
        Err(why) => {
            let refused = Some(refusal(why).of(frame.lang));
            let filled = Filled { refused, ..Filled::default() };
            counter_page(&desk, frame, &package, filled, StatusCode::FORBIDDEN).await
        }
    }
}

/// The sealed file of a download that was begun, or the range of it that is
/// asked for.
#[utoipa::path(
    get,
    path = "/printer/downloads/{name}",
    tag = "pick-up",
    params(("name" = String, Path, description = "As the page of the package has it")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream", description = "The file"),
        (status = 206, body = Vec<u8>, content_type = "application/octet-stream", description = "The range of it that was asked for"),
        (status = 303, description = "To the form"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such download was begun"),
        (status = 410, body = ProblemDocument, content_type = "application/problem+json", description = "It was sent whole, or is over"),
    )
)]
pub async fn send(
    State(desk): State<Desk>,
    AtCounter { package, by, .. }: AtCounter,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let files = desk.ledger.files_of(package.id).await?;
    let found = files.iter().find(|(n, _)| file_name(&package, *n) == name);
    let (download, written) = found.ok_or_else(Problem::nothing)?;
    let begun = desk.ledger.downloads(package.id).await?.iter().any(|d| d.number == *download);
    let folder = package.directory.as_ref().filter(|_| begun).ok_or_else(Problem::nothing)?;
    let path = PathBuf::from(folder).join(package_file(*download));
    let is_head = request.method() == Method::HEAD;
    let Ok(sent) = ServeFile::new(&path).oneshot(request).await;
    let mut response = sent.map(Body::new).into_response();
    let (first_byte, bytes) = match (response.status(), range(response.headers())) {
        (StatusCode::OK, _) => (0, written.bytes),
        (StatusCode::PARTIAL_CONTENT, Some(range)) => range,
        // Whoever asks for what is not there, or for what has not changed.
        _ => return Ok(response),
    };
    let named = format!("attachment; filename=\"{name}\"");
    if let Ok(value) = HeaderValue::from_str(&named) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    if is_head {
        return Ok(response);
    }
    let part = Part { download: *download, first_byte, bytes, size: written.bytes };
    let transfer = desk.ledger.begin_transfer(package.id, &part, &by).await?.map_err(refused)?;
    let mut sending = Sending {
        ledger: Arc::clone(&desk.ledger),
        clock: Arc::clone(&desk.clock),
        transfer,
        sent: 0,
        part,
    };
    Ok(response.map(|body| {
        Body::from_stream(body.into_data_stream().map(move |chunk| {
            if let Ok(chunk) = &chunk {
                sending.count(chunk.len());
            }
            chunk
        }))
    }))
}

/// First byte and length of a range that is sent.
fn range(headers: &HeaderMap) -> Option<(u64, u64)> {
    let said = headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (range, _) = said.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last) = (first.parse::<u64>().ok()?, last.parse::<u64>().ok()?);
    Some((first, last.checked_sub(first)? + 1))
}

/// Counts what is sent of a part and, however that ends, notes it.
struct Sending {
    ledger: Arc<dyn DeskLedger>,
    clock: Arc<dyn Clock>,
    transfer: Uuid,
    sent: u64,
    part: Part,
}

impl Sending {
    const fn count(&mut self, bytes: usize) {
        self.sent += bytes as u64;
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let (ledger, transfer, sent) = (Arc::clone(&self.ledger), self.transfer, self.sent);
        let whole = sent == self.part.bytes;
        let last = whole && self.part.first_byte + self.part.bytes == self.part.size;
        let at = self.clock.now();
        // Without a runtime the process is ending: the note of the beginning
        // stands, which says that all of it was sent.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            if let Err(error) = ledger.end_transfer(transfer, sent, last, at).await {
                tracing::warn!(%error, "the end of a download was not noted");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_of_an_answer_is_read() {
        let said = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_RANGE, HeaderValue::from_static(text));
            range(&headers)
        };
        assert_eq!(said("bytes 0-99/1000"), Some((0, 100)));
        assert_eq!(said("bytes 900-999/1000"), Some((900, 100)));
        assert_eq!(said("bytes */1000"), None);
        assert_eq!(said("bytes 9-1/1000"), None);
    }
}
