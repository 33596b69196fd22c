//! A list of own serials in the body of a request: kept beside the ledger as it
//! comes, for the worker to take in.

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::StatusCode;
use futures::{Stream, StreamExt};
use serde::Serialize;
use tokio::io::AsyncWriteExt;
use utoipa::ToSchema;

use crate::base::limits::OWN_FILE_S_MAX;
use crate::base::{By, LedgerError, ids};
use crate::http::desk::Desk;
use crate::http::problem::{FaultDocument, Problem};
use crate::registry::own::import::{Written, prepare};
use crate::registry::own::port::{Import, NewImport};
use crate::registry::service::Scope;

/// The file within the folder of its list; the worker looks for it there.
const FILE: &str = "upload";

/// A list of own serials on its way to a batch.
#[derive(Serialize, ToSchema)]
pub struct OwnImportRecord {
    id: uuid::Uuid,
    enterprise: String,
    /// GTIN
    product: String,
    lot: String,
    /// waiting, running, clearing, done or failed
    state: &'static str,
    /// Serials of the file, as far as it was read.
    serials_total: u64,
    /// Serials that are kept so far; none is found before the list is done.
    serials_done: u64,
    /// KEY-BATCH, when it is done.
    batch: Option<String>,
    /// What is wrong with it, at most 1000 lines; nothing of it is kept then.
    faults: Vec<FaultDocument>,
    asked_by: String,
    /// RFC 3339.
    #[schema(format = DateTime)]
    asked_at: String,
}

impl OwnImportRecord {
    pub fn of(import: Import) -> Self {
        let at = jiff::Timestamp::from_millisecond(import.asked_at.0).unwrap_or_default();
        let batch = import.specification.batch;
        Self {
            id: import.id,
            enterprise: import.enterprise.to_string(),
            product: batch.product.to_string(),
            lot: batch.lot,
            state: import.state.slug(),
            serials_total: import.total,
            serials_done: import.done,
            batch: import.batch.map(|batch| batch.to_string()),
            faults: import.faults.into_iter().map(FaultDocument::from).collect(),
            asked_by: import.asked_by,
            asked_at: at.to_string(),
        }
    }
}

/// Checks particulars before a byte of the file is read.
///
/// # Errors
/// `Invalid` with every field that is wrong, `Conflict` while another list is under way.
pub async fn prepared(
    desk: &Desk,
    scope: &Scope,
    written: &Written,
) -> Result<NewImport, LedgerError> {
    let asked = (ids::new_id(desk.clock.now()), true);
    let new = prepare(&*desk.ledger, scope, written, &desk.scanner.hosts, asked).await?;
    // One after the other: if any is under way, it is the latest.
    let latest = desk.ledger.imports(Some(&new.enterprise), 1).await?;
    match latest.iter().find(|list| !list.state.is_over()) {
        None => Ok(new),
        Some(list) => Err(LedgerError::Conflict(format!(
            "import {} of the same enterprise is under way: wait until it is done",
            list.id
        ))),
    }
}

/// Keeps the file and asks for the list; the worker takes it from there.
///
/// # Errors
/// 408 for a file that comes too slowly, 413 for one longer than `bytes_max`, 400
/// for one that ends early, 409 while another list is under way.
pub async fn keep<E>(
    desk: &Desk,
    new: NewImport,
    file: impl Stream<Item = Result<Bytes, E>> + Unpin,
    bytes_max: u64,
    by: &By,
) -> Result<Import, Problem> {
    let uploads = desk.uploads.as_ref().ok_or_else(Problem::busy)?;
    let folder = Folder { path: uploads.join(new.id.to_string()), kept: false };
    let time = Duration::from_secs(OWN_FILE_S_MAX);
    let written = tokio::time::timeout(time, write(&folder.path, file, bytes_max)).await;
    written.map_err(|_| {
        Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "body_too_slow",
            "文件来得太慢，什么也没有保存。",
            "The file came too slowly, and nothing was kept.",
        )
    })??;
    let import = desk.ledger.begin_import(&new, by.at, by).await?;
    folder.keep();
    Ok(import)
}

/// The folder of a file that may come to nothing: gone with whoever sends it.
struct Folder {
    path: PathBuf,
    kept: bool,
}

impl Folder {
    fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = std::fs::remove_dir_all(&self.path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "own serials: a file that came to nothing was left");
        }
    }
}

async fn write<E>(
    folder: &Path,
    mut file: impl Stream<Item = Result<Bytes, E>> + Unpin,
    bytes_max: u64,
) -> Result<(), Problem> {
    use std::os::unix::fs::DirBuilderExt;
    let disk = |error: std::io::Error| {
        tracing::error!(%error, "own serials: the disk did not take a file");
        Problem::broken()
    };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(disk)?;
    let kept = tokio::fs::File::create_new(folder.join(FILE)).await.map_err(disk)?;
    let (mut kept, mut bytes) = (tokio::io::BufWriter::new(kept), 0);
    while let Some(piece) = file.next().await {
        let piece = piece.map_err(|_| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "body_broken_off",
                "文件没有传完，什么也没有保存；请再传一次。",
                "The file ended early and nothing was kept: send it again.",
            )
        })?;
        bytes += piece.len() as u64;
        if bytes > bytes_max {
            let most = bytes_max >> 20;
            return Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_long",
                format!("文件超过{most} MiB，什么也没有保存。"),
                format!("The file is longer than {most} MiB, and nothing was kept."),
            ));
        }
        kept.write_all(&piece).await.map_err(disk)?;
    }
    kept.flush().await.map_err(disk)?;
    kept.get_ref().sync_all().await.map_err(disk)
}
