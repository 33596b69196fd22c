//! `/officer/visits`: what officers recorded on the spot.

pub(super) mod case;
pub(super) mod list;
pub(super) mod papers;
pub(super) mod pictures;
pub(super) mod show;

use uuid::Uuid;

use crate::auth::Officer;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::visits::Kept;

/// All records of a visit of this officer's office; another's does not exist.
async fn records(desk: &Desk, who: &Officer, id: &str) -> Result<Vec<Kept>, Problem> {
    let id: Uuid = id.parse().map_err(|_| Problem::nothing())?;
    Ok(desk.ledger.visit_records(who.office, id).await?)
}

/// Ids and numbers of the cases that a visit stands in, as far as the office has them.
async fn cases(desk: &Desk, who: &Officer, ids: &[Uuid]) -> Result<Vec<(String, String)>, Problem> {
    use crate::base::LedgerError;
    use crate::cases::port::Sight;
    let mut out = Vec::new();
    for id in ids {
        match desk.ledger.case_file(who.office, *id).await {
            Ok(Sight::Own(case)) => out.push((id.to_string(), case.number)),
            Ok(Sight::HandedOver(gone)) => out.push((id.to_string(), gone.number)),
            Err(LedgerError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(out)
}
