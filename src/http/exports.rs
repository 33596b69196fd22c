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
use crate::exports::{Cell, Format, Kind, Mark};
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::http::turns::{Holder, Turn, Work};
use crate::registry::Uscc;

/// Exports under way at once.
pub const EXPORTS_IN_WORK_MAX: usize = 16;
/// The same of one enterprise or office.
pub const EXPORTS_OF_ONE_MAX: usize = 2;
/// Rows of one page, and pages that wait for whoever takes them.
pub(super) const ROWS_AT_ONCE: u32 = 500;
const PAGES_WAITING_MAX: usize = 2;
/// Whoever takes nothing for so long is let go of.
const STALL_MAX: Duration = Duration::from_secs(30);

/// Pages, and behind the last `None`.
type Sender = mpsc::Sender<Option<Bytes>>;

/// A file of everything of one kind. That it was taken stands in the trail.
///
/// # Errors
/// 503 when `EXPORTS_IN_WORK_MAX` are under way, 429 when `EXPORTS_OF_ONE_MAX` of one
/// are, and those of the ledger.
pub async fn export(
    desk: &Desk,
    of: Uscc,
    kind: Kind,
    format: Format,
    by: &By,
) -> Result<Response, Problem> {
    let ledger = Arc::clone(&desk.ledger);
    let holder = Holder::Enterprise(of.clone());
    let next = move |after: Option<Mark>| {
        let (ledger, of) = (Arc::clone(&ledger), of.clone());
        async move {
            let page = ledger.export(&of, kind, &after.unwrap_or_default(), ROWS_AT_ONCE).await?;
            Ok((page.rows, page.next))
        }
    };
    let file = File {
        name: kind.slug(),
        columns: kind.columns().to_vec(),
        format,
        asked: serde_json::json!({"format": format.extension()}),
        of: holder,
    };
    send_file(desk, file, by, next).await
}

/// What a file is called and what it has.
pub(super) struct File {
    /// `batches`
    pub name: &'static str,
    pub columns: Vec<&'static str>,
    pub format: Format,
    /// For the trail.
    pub asked: serde_json::Value,
    /// Whose people take it.
    pub of: Holder,
}

/// A file that is read page by page, each behind the mark of the page before.
/// That it was taken stands in the trail.
///
/// # Errors
/// 503 when `EXPORTS_IN_WORK_MAX` are under way, 429 when `EXPORTS_OF_ONE_MAX` of one
/// are, and those of the ledger.
pub(super) async fn send_file<M, N, R>(
    desk: &Desk,
    file: File,
    by: &By,
    next: N,
) -> Result<Response, Problem>
where
    M: Send + 'static,
    N: Fn(Option<M>) -> R + Send + 'static,
    R: Future<Output = Result<(Vec<Vec<Cell>>, Option<M>), LedgerError>> + Send + 'static,
{
    let permit = Arc::clone(&desk.exports).try_acquire_owned().map_err(|_| Problem::busy())?;
    let turn = desk.turns.take(Work::Export, file.of.clone())?;
    taken(desk, by, file.name, file.of.enterprise(), file.asked.clone()).await?;
    let day = Timestamp::from_millisecond(by.at.0).unwrap_or_default();
    let day = day.to_zoned_datetime(desk.zone.clone()).date();
    let name = format!("zhenma-{}-{day}.{}", file.name, file.format.extension());
    let media = file.format.media();
    let (sender, receiver) = mpsc::channel(PAGES_WAITING_MAX);
    tokio::spawn(async move {
        if let Err(error) = pour(&file, &sender, (permit, turn), next).await {
            tracing::warn!(kind = file.name, %error, "an export broke off");
        }
    });
    let mut response = body(receiver).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// Tells the trail that a file of this name is taken, and how much was asked for.
///
/// # Errors
/// Those of the ledger: then it is not sent.
pub(super) async fn taken(
    desk: &Desk,
    by: &By,
    name: &str,
    of: Option<&Uscc>,
    asked: serde_json::Value,
) -> Result<(), Problem> {
    let entry = Entry {
        action: "export.take",
        object: format!("export {name}"),
        enterprise: of.map(Uscc::as_str),
        before: serde_json::Value::Null,
        after: asked,
    };
    Ok(desk.ledger.note(by, &entry).await?)
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

async fn pour<M, N, R>(
    file: &File,
    sender: &Sender,
    held: (OwnedSemaphorePermit, Turn),
    next: N,
) -> Result<(), LedgerError>
where
    N: Fn(Option<M>) -> R,
    R: Future<Output = Result<(Vec<Vec<Cell>>, Option<M>), LedgerError>>,
{
    let head = file.format.head(&file.columns);
    if !head.is_empty() && !send(sender, Some(head.into())).await {
        return Ok(());
    }
    let mut after = None;
    loop {
        let (rows, more) = next(after).await?;
        let bytes = file.format.rows(&file.columns, rows);
        if !bytes.is_empty() && !send(sender, Some(bytes.into())).await {
            return Ok(());
        }
        after = more;
        if after.is_none() {
            break;
        }
    }
    // Whoever has come to the end may take the next.
    drop(held);
    send(sender, None).await;
    Ok(())
}

/// False when nobody takes it any more.
async fn send(sender: &Sender, page: Option<Bytes>) -> bool {
    matches!(tokio::time::timeout(STALL_MAX, sender.send(page)).await, Ok(Ok(())))
}
