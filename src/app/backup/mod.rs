//! One sealed file of an installation, and an installation from such a file.
//! The format and why it is consistent: ADR 35.

mod archive;
mod moving;
mod of_redis;
mod redis;
mod restore;
mod seal;
mod series;
mod take;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::app::compose::StartError;
use crate::app::config::Settings;
use crate::app::paths;
use crate::base::LedgerError;
use crate::registry::port::RegistryLedger as _;
use crate::store::frozen::FrozenError;
use crate::store::redis::RedisState;
use crate::store::sql::Ledger;

pub use archive::unpack;
pub use moving::{MovedLedger, Places, Relocated, relocate};
pub use redis::Moved;
pub use restore::{Restore, Restored, restore};
pub use seal::{Lock, Opener};
pub use series::{Pruned, Series};
pub use take::{Backup, Taken, take};

/// Version of the format; a file of a later one is refused.
const FORMAT: u32 = 1;
/// Its parts that are not files of a folder, in their order.
const ABOUT: &str = "backup.json";
const LEDGER: &str = "ledger.sqlite";
const SCANS: &str = "scans.sqlite";
const HASHES: &str = "hashes";
/// The folders that a row of the ledger may speak of. Finished labels are not
/// among them: every one is a good code.
const FOLDERS: [&str; 4] = ["evidence", "media", "own", "packages"];
const KEYS: &str = "keys";

/// The first part: what the file is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct About {
    format: u32,
    /// The version of zhenma that wrote it.
    zhenma: String,
    /// When it was frozen, RFC 3339.
    taken_at: String,
    /// Kind of the scan store that it was taken from.
    scan_store: String,
    /// Rows of each table of the ledger, and of the scan state where there was one.
    ledger_rows: BTreeMap<String, u64>,
    scan_rows: BTreeMap<String, u64>,
}

/// Why there is no backup, or nothing restored, with the remedy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{0}")]
    Refused(String),
    #[error("{}: {problem}{}", .path.display(), whose(.problem))]
    File { path: PathBuf, problem: std::io::Error },
    #[error(transparent)]
    Store(#[from] FrozenError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// As whom to do what this user may not.
fn whose(problem: &std::io::Error) -> String {
    if problem.kind() != ErrorKind::PermissionDenied {
        return String::new();
    }
    let id = rustix::process::geteuid().as_raw().to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let name = fields
        .filter(|user| user.get(2) == Some(&id.as_str()))
        .find_map(|user| user.first().map(|name| (*name).to_owned()));
    format!(
        "; this ran as the user {}, and must run as the one that `serve` and `worker` run as (as \
         `zhenma-admin` does), who must be able to reach the file",
        name.unwrap_or(id)
    )
}

/// Names the path of an error of the disk.
fn at(path: &Path) -> impl FnOnce(std::io::Error) -> BackupError {
    let path = path.to_owned();
    move |problem| BackupError::File { path, problem }
}

/// Refuses a place in which a restore did not end, or whose files were moved: they
/// would be made anew, without a scan.
///
/// # Errors
/// Naming it, and what to do.
pub fn usable(settings: &Settings) -> Result<(), String> {
    whole(&settings.data)?;
    unmoved(settings)
}

/// Refuses a place whose files were moved.
///
/// # Errors
/// Naming the setting that does not follow.
pub fn unmoved(settings: &Settings) -> Result<(), String> {
    let data = &settings.data;
    for (name, value, file) in [
        ("ledger", &settings.ledger, paths::ledger(data)),
        ("scan_store", &settings.scan_store, paths::scans(data)),
    ] {
        let moved = paths::moved(&file);
        if value == "embedded" && !file.exists() && moved.exists() {
            return Err(format!(
                "{name}: {} was moved to a server and is kept as {}: name the server in {name} \
                 (ZHENMA_{})",
                file.display(),
                moved.display(),
                name.to_uppercase()
            ));
        }
    }
    Ok(())
}

/// Refuses an empty store on a server where the file of one lies unmoved. Without the
/// ledger every label would be called not genuine, without the histories every copy genuine.
///
/// # Errors
/// Naming the file, and what to do; of the ledger.
pub async fn all_moved(settings: &Settings, ledger: &Ledger) -> Result<(), StartError> {
    if let Some(says) = ledger_left(settings)
        && ledger.enterprises().await?.is_empty()
    {
        return Err(StartError::Other(says));
    }
    // One that cannot be reached now is opened all the same.
    if let Some(says) = scans_left(settings)
        && let Ok(redis) = RedisState::reach(&settings.scan_store).await
        && redis.holds_scans().await.is_ok_and(|holds| !holds)
    {
        return Err(StartError::Other(says));
    }
    Ok(())
}

/// What to do about an unmoved ledger where the one on a server has no enterprise; `None`
/// where there is none.
pub fn ledger_left(settings: &Settings) -> Option<String> {
    left("ledger", &settings.ledger, &paths::ledger(&settings.data), "no enterprise is registered")
}

/// What to do about unmoved histories where Redis has none; `None` where there are none.
pub fn scans_left(settings: &Settings) -> Option<String> {
    left("scan_store", &settings.scan_store, &paths::scans(&settings.data), "no scan is known")
}

fn left(name: &str, value: &str, file: &Path, lacks: &str) -> Option<String> {
    (value != "embedded" && file.exists()).then(|| {
        format!(
            "{name}: {lacks} on the server, and {} was not moved there: let {name} (ZHENMA_{}) be \
             embedded and run `zhenma move`, or name the former server; put the file elsewhere if \
             nobody needs it",
            file.display(),
            name.to_uppercase()
        )
    })
}

/// Refuses a place in which a restore did not end.
///
/// # Errors
/// Naming it, and what to do.
pub fn whole(data: &Path) -> Result<(), String> {
    let partial = paths::restoring(data);
    if partial.exists() {
        return Err(format!(
            "{} is there: a restore into {} did not end; run `zhenma restore` again, as it was run",
            partial.display(),
            data.display()
        ));
    }
    Ok(())
}
