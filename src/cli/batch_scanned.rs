//! `zhenma batch scanned`

use clap::Args;
use jiff::Timestamp;

use super::shell::Shell;
use super::{Done, Failure};
use crate::base::UnixMs;

/// Batches of which labels were scanned between two instants, by the clock of then. Example: zhenma batch scanned --from 2026-11-28T01:00:00+08:00 --to 2026-11-28T02:30:00+08:00
#[derive(Args)]
pub(crate) struct Scanned {
    /// The first instant, as RFC 3339 with its offset
    #[arg(long)]
    from: Timestamp,
    /// The instant behind the last
    #[arg(long)]
    to: Timestamp,
}

impl Scanned {
    pub(crate) fn run(self, shell: &Shell) -> Result<Done, Failure> {
        let [from, to] = [self.from, self.to].map(|at| UnixMs(at.as_millisecond()));
        if from >= to {
            return Err(Failure("--to: is not behind --from".into()));
        }
        for of in shell.wait(shell.ledger.scanned(from, to))? {
            let (batch, scans, labels) = (of.batch, of.scans, of.labels);
            let object = serde_json::json!({"batch": batch, "scans": scans, "labels": labels});
            shell.tell(&object, &format!("{batch:<10} {scans} scans of {labels} labels"));
        }
        Ok(Done::Yes)
    }
}
