//! `/enterprise/recalls`: goods taken off sale and put back.

pub(super) mod ask;
pub(super) mod close;
pub(super) mod decide;
pub(super) mod list;
pub(super) mod returns;
pub(super) mod show;

use jiff::tz::TimeZone;

use super::home::own;
use crate::auth::Member;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::recall::{Recall, service};
use crate::registry::service::Scope;
use crate::scan::reason::minute_text;
use crate::web::console::Frame;
use crate::web::recall::{self, RecallLine};

/// The recall of that id, if it is of this member's enterprise.
async fn find(desk: &Desk, who: &Member, id: &str) -> Result<Recall, Problem> {
    let id = id.parse().map_err(|_| Problem::nothing())?;
    Ok(service::find(&*desk.ledger, &Scope::One(own(who)?), id).await?)
}

fn line(r: &Recall, f: &Frame, zone: &TimeZone) -> RecallLine {
    RecallLine {
        id: r.proposal.id.to_string(),
        kind: recall::kind(r.proposal.kind).of(f.lang),
        state: recall::state(r.state).of(f.lang),
        labels: r.proposal.labels(),
        at: minute_text(r.proposed_at, f.lang, zone),
    }
}
