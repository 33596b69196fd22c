//! From the embedded scan store to Redis, once and for all.

use std::path::PathBuf;

use super::redis::{Moved, empty, fill};
use super::take::sync_folder_of;
use super::{BackupError, at, on_file, whole};
use crate::app::config::Settings;
use crate::app::paths;
use crate::base::Clock;
use crate::store::frozen::FrozenScans;

/// Moves the scan state into the empty Redis at `url`, while nothing runs; the
/// file keeps another name, so that nobody goes on with it.
///
/// # Errors
/// When something has the file open, when Redis is not empty or fails, or has
/// not what was put there.
pub async fn to_redis(
    settings: &Settings,
    url: &str,
    clock: &dyn Clock,
) -> Result<(Moved, PathBuf), BackupError> {
    on_file(settings)?;
    whole(&settings.data).map_err(BackupError::Refused)?;
    let path = paths::scans(&settings.data);
    if settings.scan_store != "embedded" || !path.exists() {
        return Err(BackupError::Refused(format!(
            "there is nothing to move: scan_store must be embedded and {} be there",
            path.display()
        )));
    }
    let scans = FrozenScans::alone(&path)?;
    let redis = empty(url).await?;
    let moved = fill(&redis, &scans, &paths::ledger(&settings.data), clock.now()).await?;
    let kept = path.with_extension("sqlite.moved");
    std::fs::rename(&path, &kept).map_err(at(&path))?;
    sync_folder_of(&path)?;
    Ok((moved, kept))
}
