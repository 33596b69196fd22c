//! The audit trail, row by row.

use super::Finding;
use crate::auth::port::TrailLedger;
use crate::auth::trail::{Chain, Wanted};
use crate::base::LedgerError;
use crate::store::sql::Ledger;

const CHECK: &str = "audit_trail";
/// Rows that are read at once.
const ROWS: u32 = 1_000;

pub async fn checks(ledger: &Ledger) -> Finding {
    match follow(ledger).await {
        Err(error) => {
            let remedy = "stop the processes, keep a copy of the ledger, restore a backup";
            Finding::fault(CHECK, error.to_string(), remedy)
        }
        Ok((_, Some(broken))) => Finding::fault(
            CHECK,
            format!("the chain is broken: {broken}"),
            "somebody wrote to the ledger past zhenma, or the disk failed: keep a copy, compare it \
             with a backup and with what was exported from the trail",
        ),
        Ok((chain, None)) => {
            let (rows, seal) = chain.head();
            let seal = crate::base::hex(&seal);
            // Rows cut off at the end leave a chain that is whole.
            let says = format!("{rows} rows in one chain; note its seal elsewhere: {seal}");
            Finding::ok(CHECK, says)
        }
    }
}

/// The chain as far as it holds, and what breaks it.
async fn follow(ledger: &Ledger) -> Result<(Chain, Option<String>), LedgerError> {
    let mut chain = Chain::default();
    loop {
        let rows = ledger.trail(&Wanted::default(), chain.head().0, ROWS).await?;
        if rows.is_empty() {
            return Ok((chain, None));
        }
        for row in &rows {
            if let Err(broken) = chain.follow(row) {
                return Ok((chain, Some(broken)));
            }
        }
    }
}
