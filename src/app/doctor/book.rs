//! Whether the book of every batch balances.

use super::{Finding, some_of};
use crate::base::LedgerError;
use crate::registry::Batch;
use crate::registry::movement::book::defect;
use crate::registry::movement::port::MovementLedger;
use crate::registry::port::RegistryLedger;
use crate::store::sql::Ledger;

const CHECK: &str = "book";
/// Batches that are looked at, latest first.
const BATCHES_MAX: u32 = 100_000;

pub async fn checks(ledger: &Ledger) -> Vec<Finding> {
    let remedy = "stop the processes, keep a copy of the ledger, restore a backup";
    match unbalanced(ledger).await {
        Err(error) => vec![Finding::fault(CHECK, error.to_string(), remedy)],
        Ok((batches, wrong)) if wrong.is_empty() => {
            vec![Finding::ok(CHECK, format!("the labels of {batches} batches are accounted for"))]
        }
        Ok((_, wrong)) => {
            let says = format!("{} batches do not balance: {}", wrong.len(), some_of(&wrong));
            vec![Finding::fault(CHECK, says, remedy)]
        }
    }
}

async fn unbalanced(ledger: &Ledger) -> Result<(usize, Vec<String>), LedgerError> {
    let batches = ledger.batches(None, BATCHES_MAX).await?;
    let mut wrong = Vec::new();
    for batch in &batches {
        if let Some(says) = of_batch(ledger, batch).await? {
            wrong.push(format!("{} ({says})", batch.id));
        }
    }
    Ok((batches.len(), wrong))
}

/// What is wrong with the book of a batch: every label lies somewhere, once,
/// and just where the log has brought it.
async fn of_batch(ledger: &Ledger, batch: &Batch) -> Result<Option<String>, LedgerError> {
    let spans = ledger.spans(batch.id).await?;
    if let Some(says) = defect(&spans, batch.count) {
        return Ok(Some(says));
    }
    let replayed = match ledger.replayed(batch.id).await {
        Ok(replayed) => replayed,
        Err(LedgerError::Conflict(says)) => return Ok(Some(says)),
        Err(error) => return Err(error),
    };
    let strange = spans.iter().zip(&replayed).find(|(span, log)| span != log);
    Ok(strange
        .map(|(span, log)| {
            let (book, log) = (span.on.account.slug(), log.on.account.slug());
            format!("at {} the book says {book} and the log {log}", span.first)
        })
        .or_else(|| (spans.len() != replayed.len()).then(|| "the log has more".to_owned())))
}
