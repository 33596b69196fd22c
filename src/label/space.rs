//! What an order needs of the disk, told before it is begun.

use super::folder::Folder;
use super::form::LabelFile;
use super::issue::IssueError;
use super::source::Source;

/// Items that are made for the estimate: the difference of two such orders is
/// what the items themselves need.
const PROBE: u64 = 40;

/// What stays free whatever happens, bytes.
const RESERVE: u64 = 64 * 1024 * 1024;

/// Refuses an order whose files do not fit; `made` of `count` are there.
pub(super) fn check(
    folder: &Folder,
    maker: &dyn LabelFile,
    source: &dyn Source,
    count: u64,
    made: u64,
) -> Result<(), IssueError> {
    let (one, two) = (count.min(PROBE), count.min(2 * PROBE));
    let small = folder.probe(maker, source, one)?;
    let each = if two > one {
        folder.probe(maker, source, two)?.saturating_sub(small).div_ceil(two - one)
    } else {
        0
    };
    let needed = small + each * (count - made).saturating_sub(one) + RESERVE;
    let free = folder.free()?;
    if needed > free { Err(IssueError::Room { needed, free }) } else { Ok(()) }
}

/// `3.0 GB`.
pub(super) fn told(bytes: u64) -> String {
    match bytes {
        0..1_000_000_000 => format!("{:.0} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
