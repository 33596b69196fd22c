//! Exports as console and API send them: page by page, as fast as they are
//! taken, with an end that is told apart from a break.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use crate::auth::trail::Entry;
use crate::base::{By, LedgerError};
use crate::exports::{Format, Kind, Mark};
use crate::http::desk::{Desk, DeskLedger};
use crate::http::problem::Problem;
use crate::registry::Uscc;

/// Exports under way at once.
pub const EXPORTS_IN_WORK_MAX: usize = 16;
/// Rows of one page, and pages that wait for whoever takes them.
const ROWS_AT_ONCE: u32 = 500;
const PAGES_WAITING_MAX: usize = 2;
/// Whoever takes nothing for so long is let go of.
const STALL_MAX: Duration = Duration::from_secs(30);

/// Pages, and behind the last `None`.
type Sender = mpsc::Sender<Option<Bytes>>;

/// A file of everything of one kind. That it was taken stands in the trail.
///
/// # Errors
/// 503 when `EXPORTS_IN_WORK_MAX` are under way, and those of the ledger.
pub async fn export(
    desk: &Desk,
    of: Uscc,
    kind: Kind,
    format: Format,
    by: &By,
) -> Result<Response, Problem> {
    let permit = Arc::clone(&desk.exports).try_acquire_owned().map_err(|_| Problem::busy())?;
    let entry = Entry {
        action: "export.take",
        object: format!("export {}", kind.slug()),
        enterprise: Some(of.as_str()),
        before: serde_json::Value::Null,
        after: serde_json::json!({"format": format.extension()}),
    };
    desk.ledger.note(by, &entry).await?;
    let (sender, receiver) = mpsc::channel(PAGES_WAITING_MAX);
    let ledger = Arc::clone(&desk.ledger);
    tokio::spawn(async move {
        if let Err(error) = pour(&*ledger, &of, (kind, format), &sender, permit).await {
            tracing::warn!(kind = kind.slug(), %error, "an export broke off");
        }
    });
    let day = Timestamp::from_millisecond(by.at.0).unwrap_or_default();
    let day = day.to_zoned_datetime(desk.zone.clone()).date();
    let name = format!("zhenma-{}-{day}.{}", kind.slug(), format.extension());
    let mut response = body(receiver).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media()));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// What comes, or an error where it stops without its end: then the connection
/// breaks, and nobody takes a part for the whole.
fn body(receiver: mpsc::Receiver<Option<Bytes>>) -> Body {
    Body::from_stream(stream::unfold(Some(receiver), |receiver| async move {
        let mut receiver = receiver?;
        match receiver.recv().await {
            Some(Some(page)) => Some((Ok(page), Some(receiver))),
            Some(None) => None,
            None => Some((Err(std::io::Error::other("the export broke off")), None)),
        }
    }))
}

async fn pour(
    ledger: &dyn DeskLedger,
    of: &Uscc,
    (kind, format): (Kind, Format),
    sender: &Sender,
    _permit: OwnedSemaphorePermit,
) -> Result<(), LedgerError> {
    let head = format.head(kind);
    if !head.is_empty() && !send(sender, Some(head.into())).await {
        return Ok(());
    }
    let mut mark = Some(Mark::default());
    while let Some(after) = mark {
        let page = ledger.export(of, kind, &after, ROWS_AT_ONCE).await?;
        mark = page.next;
        if !page.rows.is_empty() && !send(sender, Some(format.rows(kind, page.rows).into())).await {
            return Ok(());
        }
    }
    send(sender, None).await;
    Ok(())
}

/// False when nobody takes it any more.
async fn send(sender: &Sender, page: Option<Bytes>) -> bool {
    matches!(tokio::time::timeout(STALL_MAX, sender.send(page)).await, Ok(Ok(())))
}
