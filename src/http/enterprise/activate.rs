//! `POST /enterprise/batches/{batch}/activate`: puts labels on sale, now or at
//! a time to come.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::batch::find;
use super::book::{again, to_batch};
use super::book_view::{elsewhere_text, fault_text};
use super::home::own;
use crate::auth::duty::{Acting, OnLine};
use crate::base::{By, FieldError, LedgerError, UnixMs};
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::console::instant_of;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::BatchRef;
use crate::registry::movement::service::{Asked, activate_at, move_labels};
use crate::registry::movement::{Elsewhere, Kind, Moved, Ranges, Words};
use crate::registry::service::{Scope, parse_range};
use crate::web::book::Forms;
use crate::web::console::{Frame, Typed};

/// Which labels, and when.
#[derive(Deserialize, ToSchema)]
pub struct Chosen {
    /// FIRST-LAST; empty: all of the batch.
    #[serde(default)]
    range: String,
    /// Local time such as 2026-12-01T08:00; empty: now.
    #[serde(default)]
    at: String,
    /// Tells the form from one sent again.
    #[serde(default)]
    request: String,
}

impl Chosen {
    fn read(&self, desk: &Desk) -> Result<(Option<Ranges>, Option<UnixMs>, Words), FieldError> {
        let (range, at) = (self.range.trim(), self.at.trim());
        let range = (!range.is_empty()).then(|| parse_range(range)).transpose()?;
        let at = (!at.is_empty()).then(|| instant_of("at", at, &desk.zone)).transpose()?;
        let request = Some(&*self.request).filter(|key| !key.is_empty());
        let words = Words::checked("", "", request)?;
        Ok((range.map(|(first, last)| Ranges::one(first, last)), at, words))
    }

    /// Activates, or keeps it for its time; gives where the labels are that
    /// cannot be.
    async fn done(
        &self,
        desk: &Desk,
        scope: &Scope,
        of: BatchRef,
        by: &By,
    ) -> Result<Option<Elsewhere>, LedgerError> {
        let read = self.read(desk).map_err(|fault| LedgerError::Invalid(vec![fault]))?;
        let (ranges, at, words) = read;
        if let Some(due) = at {
            activate_at(&*desk.ledger, scope, of, (ranges, due), words, by).await?;
            return Ok(None);
        }
        let asked = Asked { words, ..Asked::plain(Kind::Activate, ranges) };
        match move_labels(&*desk.ledger, scope, of, asked, by).await? {
            Moved::Done(..) | Moved::Before(_) => Ok(None),
            Moved::Refused(elsewhere) => Ok(Some(elsewhere)),
        }
    }

    fn forms(&self, fault: Option<&FieldError>, elsewhere: Option<String>, f: &Frame) -> Forms {
        let typed = |field: &str, value: &str| Typed {
            value: value.to_owned(),
            error: fault.filter(|e| e.field == field).map(|e| fault_text(e, f)),
        };
        let (range, roll) = (typed("range", &self.range), typed("roll", ""));
        let range = Typed { error: elsewhere.or(range.error).or(roll.error), ..range };
        Forms { range, at: typed("at", &self.at), ..Forms::default() }
    }
}

/// Puts labels on sale.
#[utoipa::path(
    post,
    path = "/enterprise/batches/{batch}/activate",
    tag = "enterprise console",
    params(("batch" = String, Path, description = "KEY-BATCH")),
    request_body(content = Chosen, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Done: to the page of the batch"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such batch of this enterprise"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn activate(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<OnLine>>,
    Path(batch): Path<String>,
    Posted(chosen): Posted<Chosen>,
) -> Result<Response, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    let done = chosen.done(&desk, &Scope::One(own(&who)?), batch.id, &by).await;
    desk.show_changes().await;
    let forms = match done {
        Ok(None) => return Ok(to_batch(batch.id)),
        Ok(Some(elsewhere)) => {
            let says = elsewhere_text(&elsewhere, &frame, &desk.zone);
            chosen.forms(None, Some(says), &frame)
        }
        Err(LedgerError::Invalid(faults)) => chosen.forms(faults.first(), None, &frame),
        Err(error) => return Err(error.into()),
    };
    again(&desk, frame, batch, forms).await
}
