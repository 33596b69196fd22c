//! `/officer/visits`: what officers recorded on the spot.

pub(super) mod case;
pub(super) mod list;
pub(super) mod papers;
pub(super) mod pictures;
pub(super) mod show;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::auth::Officer;
use crate::auth::trail::Entry;
use crate::base::{By, LedgerError};
use crate::cases::port::Sight;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::visits::{Kept, Visit};

/// All records of a visit of this officer's office; another's does not exist.
async fn records(desk: &Desk, who: &Officer, id: &str) -> Result<Vec<Kept>, Problem> {
    let id: Uuid = id.parse().map_err(|_| Problem::nothing())?;
    Ok(desk.ledger.visit_records(who.office, id).await?)
}

/// Whether this officer is shown who was there, who signed, and where exactly it was:
/// whoever recorded some of it, and the office for a case of its own that the visit
/// stands in. The trail tells of the look before it is shown.
async fn persons(
    desk: &Desk,
    (who, by): (&Officer, &By),
    visit: &Visit<'_>,
    seen: &str,
) -> Result<bool, Problem> {
    let mut case = None;
    for id in desk.ledger.cases_of_visit(visit.id).await? {
        match desk.ledger.case_file(who.office, id).await {
            Ok(Sight::Own(file)) => case = Some(file.number),
            Ok(Sight::HandedOver(_)) | Err(LedgerError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if case.is_none() && !visit.recorders().contains(&who.login.as_str()) {
        return Ok(false);
    }
    if names_people(visit) {
        let entry = Entry {
            action: "visit.look",
            object: format!("visit {}", visit.id),
            enterprise: None,
            before: Value::Null,
            after: json!({"case": case, "seen": seen}),
        };
        desk.ledger.note(by, &entry).await?;
    }
    Ok(true)
}

fn names_people(visit: &Visit<'_>) -> bool {
    let opening = visit.opening.fact;
    opening.seller.person.is_some() || opening.place.is_some() || !visit.signatures.is_empty()
}

/// Ids and numbers of the cases that a visit stands in, as far as the office has them.
async fn cases(desk: &Desk, who: &Officer, ids: &[Uuid]) -> Result<Vec<(String, String)>, Problem> {
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
