//! What the API tells of movements.

use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::added;
use crate::http::problem::Problem;
use crate::registry::movement::{Account, Elsewhere, Holding, Leg, Moved, Movement};

/// The part of a movement that went from one account and place to one other.
#[derive(Serialize, ToSchema)]
pub struct LegRecord {
    /// issued, printed, spoiled, applied, returned, destroyed, activated or held
    from: &'static str,
    from_place: String,
    to: &'static str,
    to_place: String,
    /// The accounts from one to the other: each step is an entry of the sums.
    path: Vec<&'static str>,
    labels: u64,
    first: u64,
    /// Inclusive.
    last: u64,
    /// Runs of numbers between first and last.
    runs: u64,
}

impl From<&Leg> for LegRecord {
    fn from(leg: &Leg) -> Self {
        let path = leg.from.account.path(leg.to.account);
        Self {
            from: leg.from.account.slug(),
            from_place: leg.from.place.to_string(),
            to: leg.to.account.slug(),
            to_place: leg.to.place.to_string(),
            path: path.into_iter().map(Account::slug).collect(),
            labels: leg.labels,
            first: leg.first,
            last: leg.last,
            runs: leg.runs,
        }
    }
}

/// A movement of labels.
#[derive(Serialize, ToSchema)]
pub struct MovementRecord {
    id: Uuid,
    /// KEY-BATCH
    batch: String,
    /// print, spoil, reprint, apply, return, destroy, activate, hold, release, transfer or undo
    kind: &'static str,
    /// The movement that this one takes back.
    undoes: Option<Uuid>,
    labels: u64,
    /// Labels of it that were taken back since.
    undone: u64,
    legs: Vec<LegRecord>,
    reason: String,
    reference: String,
    /// Key of the request, if it had one.
    request: Option<String>,
    by: String,
    /// RFC 3339
    at: String,
}

impl From<&Movement> for MovementRecord {
    fn from(m: &Movement) -> Self {
        Self {
            id: m.id,
            batch: m.batch.to_string(),
            kind: m.kind.slug(),
            undoes: m.undoes,
            labels: m.labels(),
            undone: m.undone.map_or(0, |(labels, _)| labels),
            legs: m.legs.iter().map(LegRecord::from).collect(),
            reason: m.words.reason.clone(),
            reference: m.words.reference.clone(),
            request: m.words.key.clone(),
            by: m.by.clone(),
            at: m.at.rfc3339(),
        }
    }
}

/// Labels that stayed where they were.
#[derive(Serialize, ToSchema)]
pub struct LeftOut {
    labels: u64,
    /// The first run of them.
    first: u64,
    last: u64,
    account: &'static str,
    place: String,
}

impl From<Elsewhere> for LeftOut {
    fn from(e: Elsewhere) -> Self {
        let Holding { account, place } = e.on;
        let (account, place) = (account.slug(), place.to_string());
        Self { labels: e.labels, first: e.first, last: e.last, account, place }
    }
}

/// What a request moved.
#[derive(Serialize, ToSchema)]
pub struct Done {
    #[serde(flatten)]
    movement: MovementRecord,
    /// null: all were moved.
    left_out: Option<LeftOut>,
    /// Lines of a file that were left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    broken_lines: Vec<u64>,
}

/// 201 with what was moved, 200 with what the same request moved before.
pub(super) fn answer(moved: Moved, broken_lines: Vec<u64>) -> Result<Response, Problem> {
    let (new, movement, left) = match moved {
        Moved::Done(movement, left) => (true, movement, left),
        Moved::Before(movement) => (false, movement, None),
        Moved::Refused(elsewhere) => return Err(Problem::invalid(vec![elsewhere.fault()])),
    };
    let address = format!("/api/v1/batches/{}/movements/{}", movement.batch, movement.id);
    let done = Done {
        movement: MovementRecord::from(&movement),
        left_out: left.map(LeftOut::from),
        broken_lines,
    };
    Ok(added(new, &address, done))
}
