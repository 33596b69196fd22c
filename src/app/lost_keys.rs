//! Keys that the ledger speaks of and that are not among the published ones. Another
//! key under such a number makes every label that was sold under it *not genuine*.

use std::collections::BTreeSet;

use crate::app::config::Settings;
use crate::app::paths;
use crate::base::LedgerError;
use crate::keys::{KeyNumber, Keyring};
use crate::store::sql::Ledger;

/// Numbers that batches name and `ring` lacks; none where there is no ledger yet.
///
/// # Errors
/// When there is a ledger that cannot be asked.
pub async fn lost_keys(settings: &Settings, ring: &Keyring) -> Result<Vec<KeyNumber>, LedgerError> {
    Ok(named(settings).await?.into_iter().filter(|key| ring.get(*key).is_none()).collect())
}

async fn named(settings: &Settings) -> Result<BTreeSet<KeyNumber>, LedgerError> {
    let ledger = match settings.ledger.as_str() {
        "embedded" => {
            let file = paths::ledger(&settings.data);
            let there = file.try_exists();
            if !there.map_err(|e| LedgerError::Unavailable(format!("{}: {e}", file.display())))? {
                return Ok(BTreeSet::new());
            }
            Ledger::inspect(&file).await?
        }
        url => Ledger::inspect_server(url).await?,
    };
    let keys = if ledger.is_made().await? { ledger.signing_keys().await? } else { BTreeSet::new() };
    ledger.close().await;
    Ok(keys)
}
