//! `/enterprise/closing`: a day's count against the book.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::book::read_numbers;
use super::book_view::{fault_text, place_text, runs_text};
use super::home::own;
use crate::auth::{Duty, Member};
use crate::base::{FieldError, LedgerError, ids};
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::movement::closing::{COUNTED, Closing, NewClosing};
use crate::registry::movement::{Account, Custody, Holding, Ranges, WORDS_CHARACTERS_MAX, line};
use crate::registry::service::{self, Scope};
use crate::registry::{Batch, BatchRef, Bilingual, RangeFact, RangeState, Uscc};
use crate::scan::reason::minute_text;
use crate::web::book::{self, ClosingLine, ClosingPage, CountLine, MissingLine};
use crate::web::console::{Choice, Frame, Typed};
use crate::web::verdict::{date_text, named};

/// Latest batches whose labels are counted.
const BATCHES_MAX: u32 = 200;
/// Latest counts that are shown; the list has all.
const SHOWN: u32 = 20;

/// A count as somebody types it.
#[derive(Clone, Default, Deserialize, ToSchema)]
pub struct Count {
    /// KEY-BATCH, account and place, parted by `|`.
    #[serde(default)]
    holding: String,
    /// Empty: all but the missing ones.
    #[serde(default)]
    counted: String,
    /// Runs such as `0-99 200`.
    #[serde(default)]
    missing: String,
    #[serde(default)]
    note: String,
}

impl Count {
    fn read(&self) -> Result<(BatchRef, Holding, Option<u64>, Ranges, String), FieldError> {
        let unknown = || FieldError::new("holding", "is not known", "choose one of the list");
        let mut parts = self.holding.splitn(3, '|');
        let batch = parts.next().and_then(|id| id.parse().ok()).ok_or_else(unknown)?;
        let account = parts.next().and_then(Account::from_slug).ok_or_else(unknown)?;
        let place = Custody::parse(parts.next().ok_or_else(unknown)?)?;
        let counted = match self.counted.trim() {
            "" => None,
            text => Some(text.parse().map_err(|_| {
                FieldError::new("counted", "is no whole number", "write how many lie there")
            })?),
        };
        let missing = read_numbers("missing", self.missing.trim())?;
        let note = line("note", &self.note, WORDS_CHARACTERS_MAX)?;
        Ok((batch, Holding { account, place }, counted, missing, note))
    }
}

/// What the book has, what is missing, what was counted.
#[utoipa::path(
    get,
    path = "/enterprise/closing",
    tag = "enterprise console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Member>,
) -> Result<Response, Problem> {
    closing_page(&desk, &own(&who)?, frame, &Count::default(), None).await
}

/// Keeps a count. What is named missing is missing from then on.
#[utoipa::path(
    post,
    path = "/enterprise/closing",
    tag = "enterprise console",
    request_body(content = Count, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Done: to the page"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not this person's duty"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn close(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Member>,
    Posted(count): Posted<Count>,
) -> Result<Response, Problem> {
    if !counts(&frame) {
        return Err(Problem::not_your_duty());
    }
    let own = own(&who)?;
    let closed = match count.read() {
        Err(fault) => Err(LedgerError::Invalid(vec![fault])),
        Ok((of, on, counted, missing, note)) => {
            let batch = service::batch(&*desk.ledger, &Scope::One(own.clone()), of).await?;
            let new = NewClosing {
                id: ids::new_id(by.at),
                enterprise: own.clone(),
                batch: batch.id,
                on,
                day: desk.today(),
                counted,
                missing,
                note,
            };
            match new.check() {
                Ok(()) => desk.ledger.close_day(&new, &by).await,
                Err(fault) => Err(LedgerError::Invalid(vec![fault])),
            }
        }
    };
    desk.show_changes().await;
    match closed {
        Ok(_) => Ok(Redirect::to("/enterprise/closing").into_response()),
        Err(LedgerError::Invalid(faults)) => {
            closing_page(&desk, &own, frame, &count, faults.first()).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Labels that were missing are found again.
#[utoipa::path(
    post,
    path = "/enterprise/closing/{batch}/{id}/found",
    tag = "enterprise console",
    params(
        ("batch" = String, Path, description = "KEY-BATCH"),
        ("id" = Uuid, Path, description = "Of what is missing"),
    ),
    responses(
        (status = 303, description = "To the page, which says what is missing still"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not this person's duty"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "Nothing of this enterprise is missing under that id"),
    )
)]
pub async fn found(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Member>,
    Path((batch, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let batch = super::batch::find(&desk, &who, &batch).await?;
    if !counts(&frame) {
        return Err(Problem::not_your_duty());
    }
    let id: Uuid = id.parse().map_err(|_| Problem::nothing())?;
    let facts = desk.ledger.ranges(batch.id).await?;
    let missing = |fact: &&RangeFact| fact.id == id && fact.state == RangeState::Missing;
    facts.iter().find(missing).ok_or_else(Problem::nothing)?;
    desk.ledger.lift_range(id, &by).await?;
    desk.show_changes().await;
    Ok(Redirect::to("/enterprise/closing").into_response())
}

fn counts(f: &Frame) -> bool {
    f.may(Duty::Line) || f.may(Duty::Quality)
}

async fn closing_page(
    desk: &Desk,
    own: &Uscc,
    f: Frame,
    typed: &Count,
    fault: Option<&FieldError>,
) -> Result<Response, Problem> {
    let missing = desk.ledger.missing_labels(own).await?;
    let closings = desk.ledger.closings(own, SHOWN).await?;
    let mut book = Vec::new();
    let mut holdings = Vec::new();
    for batch in desk.ledger.batches(Some(own), BATCHES_MAX).await? {
        for (on, labels) in desk.ledger.balance(batch.id).await?.0 {
            if COUNTED.contains(&on.account) {
                let line = count_line(desk, &batch, &on, labels, &missing, &f);
                holdings.push(choice(&line, &on, typed));
                book.push(line);
            }
        }
    }
    let error = |field: &str| {
        let of = |e: &&FieldError| e.field == field || (field == "holding" && e.field == "account");
        fault.filter(of).map(|e| fault_text(e, &f))
    };
    let field = |name: &str, value: &str| Typed { value: value.to_owned(), error: error(name) };
    let shown = ClosingPage {
        today: date_text(desk.today(), f.lang),
        missing: missing.iter().map(|(fact, on)| missing_line(desk, fact, on, &f)).collect(),
        closings: closings.iter().map(|c| closing_line(c, &f)).collect(),
        holding_error: error("holding"),
        counted: field("counted", &typed.counted),
        numbers: field("missing", &typed.missing),
        note: field("note", &typed.note),
        may_close: counts(&f),
        may_lift: counts(&f),
        book,
        holdings,
        f,
    };
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page(&shown, shown.f.lang, status)
}

fn count_line(
    desk: &Desk,
    batch: &Batch,
    on: &Holding,
    labels: u64,
    missing: &[(RangeFact, Vec<Holding>)],
    f: &Frame,
) -> CountLine {
    let register = desk.scanner.register.load();
    let product = register.products.get(&batch.product).map(|product| &product.name);
    let gone = missing.iter().filter(|(fact, at)| fact.batch == batch.id && at.contains(on));
    CountLine {
        batch: batch.id.to_string(),
        product: named(product.unwrap_or(&Bilingual::default()), f.lang).to_owned(),
        account: book::account(on.account).of(f.lang),
        place: place_text(&on.place, f),
        labels,
        missing: gone.map(|(fact, _)| fact.last - fact.first + 1).sum(),
    }
}

fn choice(line: &CountLine, on: &Holding, typed: &Count) -> Choice {
    let value = format!("{}|{}|{}", line.batch, on.account.slug(), on.place);
    let text = format!("{} · {} · {} · {}", line.batch, line.account, line.place, line.labels);
    Choice { chosen: value == typed.holding, value, text }
}

fn missing_line(desk: &Desk, fact: &RangeFact, on: &[Holding], f: &Frame) -> MissingLine {
    let places: Vec<_> = on
        .iter()
        .map(|on| {
            format!("{} · {}", book::account(on.account).of(f.lang), place_text(&on.place, f))
        })
        .collect();
    MissingLine {
        id: fact.id.to_string(),
        batch: fact.batch.to_string(),
        numbers: runs_text(&Ranges::one(fact.first, fact.last), f),
        labels: fact.last - fact.first + 1,
        place: places.join(f.t("；", "; ")),
        since: minute_text(fact.set_at, f.lang, &desk.zone),
        by: fact.set_by.clone(),
    }
}

fn closing_line(c: &Closing, f: &Frame) -> ClosingLine {
    ClosingLine {
        day: c.day.to_string(),
        batch: c.batch.to_string(),
        account: book::account(c.on.account).of(f.lang),
        place: c.on.place.to_string(),
        book: c.book,
        counted: c.counted,
        missing: c.missing,
        unexplained: c.unexplained(),
        by: c.by.clone(),
        note: c.note.clone(),
    }
}
