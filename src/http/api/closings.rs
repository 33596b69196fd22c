//! `/api/v1/closings` and `/api/v1/batches/{batch}/closings`: what was counted
//! at the end of a day.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::batches::find;
use super::{Page, Refused, added};
use crate::auth::Duty;
use crate::base::{By, FieldError, ids};
use crate::http::access::{ByKey, Registrar};
use crate::http::address::{Path, Query, Unread};
use crate::http::bodies::Sent;
use crate::http::desk::Desk;
use crate::http::json;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::movement::closing::{COUNTED, Closing, NewClosing};
use crate::registry::movement::{Account, Custody, Holding, Ranges, WORDS_CHARACTERS_MAX, line};
use crate::registry::{Batch, Uscc};

/// A count of the labels of one account at one place.
#[derive(Serialize, ToSchema)]
pub struct ClosingRecord {
    id: Uuid,
    batch: String,
    account: &'static str,
    place: String,
    #[schema(value_type = String, format = Date)]
    day: Date,
    /// Labels that the book had there, without those called missing before.
    book: u64,
    counted: u64,
    /// Labels that were named missing.
    missing: u64,
    /// Above zero: neither there nor named; below: more than the book has.
    unexplained: i64,
    note: String,
    by: String,
    /// RFC 3339
    at: String,
}

impl From<&Closing> for ClosingRecord {
    fn from(c: &Closing) -> Self {
        Self {
            id: c.id,
            batch: c.batch.to_string(),
            account: c.on.account.slug(),
            place: c.on.place.to_string(),
            day: c.day,
            book: c.book,
            counted: c.counted,
            missing: c.missing,
            unexplained: c.unexplained(),
            note: c.note.clone(),
            by: c.by.clone(),
            at: c.at.rfc3339(),
        }
    }
}

/// What was counted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCount {
    /// printed, returned, applied, held or activated
    account: String,
    /// Of custody; empty: the enterprise.
    #[serde(default)]
    place: String,
    /// Today if left out.
    #[schema(value_type = Option<String>, format = Date)]
    day: Option<Date>,
    /// Left out: all but what is named missing.
    counted: Option<u64>,
    /// Numbers that were not found: `0-99 200`.
    #[serde(default)]
    missing: String,
    #[serde(default)]
    note: String,
}

impl NewCount {
    fn read(self, batch: &Batch, today: Date, by: &By) -> Result<NewClosing, FieldError> {
        let account = Account::from_slug(&self.account).ok_or_else(|| {
            let remedy = format!("write one of {}", COUNTED.map(Account::slug).join(", "));
            FieldError::new("account", format!("{:?} is not known", self.account), remedy)
        })?;
        let missing = Ranges::parse(&self.missing).ok_or_else(|| {
            FieldError::new("missing", "cannot be read", "write runs of numbers, as 0-99 200")
        })?;
        let on = Holding { account, place: Custody::parse(&self.place)? };
        let new = NewClosing {
            id: ids::new_id(by.at),
            enterprise: batch.enterprise.clone(),
            batch: batch.id,
            on,
            day: self.day.unwrap_or(today),
            counted: self.counted,
            missing,
            note: line("note", &self.note, WORDS_CHARACTERS_MAX)?,
        };
        new.check()?;
        Ok(new)
    }
}

/// Counts within the key's reach. An administrator names the enterprise.
#[utoipa::path(
    get,
    path = "/api/v1/closings",
    tag = "book",
    security(("key" = [])),
    params(
        ("limit" = Option<u32>, Query, description = "1 to 1000 [default: 100]"),
        ("enterprise" = Option<String>, Query, description = "Unified social credit code"),
    ),
    responses(
        (status = 200, body = Vec<ClosingRecord>, description = "Latest first"),
        Refused,
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A limit out of bounds, or no enterprise"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Registrar>,
    of: Result<Query<Of>, Unread>,
    page: Result<Query<Page>, Unread>,
) -> Result<Json<Vec<ClosingRecord>>, Problem> {
    let invalid = |fault| Problem::invalid(vec![fault]);
    let of = match (who.own(), of) {
        (Some(own), _) => own.clone(),
        (None, Ok(Query(Of { enterprise: Some(named) }))) => {
            Uscc::parse(&named).map_err(invalid)?
        }
        (None, _) => {
            let remedy = "name the enterprise whose counts are wanted";
            return Err(invalid(FieldError::new("enterprise", "is missing", remedy)));
        }
    };
    let found = desk.ledger.closings(&of, Page::rows(page)?).await?;
    Ok(Json(found.iter().map(ClosingRecord::from).collect()))
}

/// Whose.
#[derive(Deserialize)]
pub struct Of {
    enterprise: Option<String>,
}

/// Keeps a count. What is named missing is missing from then on: whoever scans
/// it is told what is told of a label that is not on sale yet.
#[utoipa::path(
    post,
    path = "/api/v1/batches/{batch}/closings",
    tag = "book",
    security(("key" = [])),
    params(("batch" = String, Path, description = "KEY-BATCH")),
    request_body = NewCount,
    responses(
        (status = 201, body = ClosingRecord, description = "It is kept"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such batch within reach"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names what is wrong"),
    )
)]
pub async fn close(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Registrar>,
    Path(batch): Path<String>,
    Sent(body): Sent,
) -> Result<Response, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    if !who.may(Some(Duty::Line)) && !who.may(Some(Duty::Quality)) {
        return Err(Problem::forbidden());
    }
    let count: NewCount = json::read(&body)?;
    let new = count.read(&batch, desk.today(), &by);
    let new = new.map_err(|fault| Problem::invalid(vec![fault]))?;
    let closing = desk.ledger.close_day(&new, &by).await?;
    desk.show_changes().await;
    Ok(added(true, "/api/v1/closings", ClosingRecord::from(&closing)))
}
