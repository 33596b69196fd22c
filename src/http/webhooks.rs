//! Webhooks as console and API take them.

use uuid::Uuid;

use crate::base::{By, FieldError, LedgerError, ids};
use crate::hooks::endpoint::OVERLAP_MS;
use crate::hooks::{Endpoint, Kind, Secret};
use crate::http::desk::Desk;
use crate::registry::Uscc;

/// Endpoints of a page or an answer.
pub const ENDPOINTS_LISTED_MAX: u32 = 50;
/// Latest deliveries of a page; the list has all.
pub const DELIVERIES_SHOWN: u32 = 50;

/// Adds an endpoint, with a secret that is to be shown once.
///
/// # Errors
/// `Invalid` with each field that cannot be taken.
pub async fn add(
    desk: &Desk,
    of: &Uscc,
    url: &str,
    events: impl IntoIterator<Item = &str>,
    by: &By,
) -> Result<Endpoint, LedgerError> {
    let url = url.trim();
    let (checked, kinds) = (desk.webhook_allowed.check(url), Kind::chosen(events));
    let kinds = match (checked, kinds) {
        (Ok(_), Ok(kinds)) => kinds,
        (checked, kinds) => {
            let faults: Vec<FieldError> =
                [checked.err(), kinds.err()].into_iter().flatten().collect();
            return Err(LedgerError::Invalid(faults));
        }
    };
    let new = Endpoint {
        id: ids::new_id(by.at),
        enterprise: of.to_string(),
        url: url.to_owned(),
        kinds,
        secret: Secret::fresh(),
        old_secret: None,
        created_by: by.login.clone(),
        created_at: by.at,
        failing_since: None,
        ended: None,
    };
    desk.ledger.add_endpoint(&new, by).await?;
    Ok(new)
}

/// Gives it a new secret, which is to be shown once.
///
/// # Errors
/// Those of the ledger.
pub async fn rotate(desk: &Desk, of: &Uscc, id: Uuid, by: &By) -> Result<Secret, LedgerError> {
    let secret = Secret::fresh();
    desk.ledger.rotate_secret(of, id, &secret, by.at.plus_ms(OVERLAP_MS), by).await?;
    Ok(secret)
}
