//! `/officer/blocks`: labels that the office takes off sale at once.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::tz::TimeZone;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::cases::find;
use crate::auth::Officer;
use crate::auth::office::{Advising, Serving, Working};
use crate::base::{FieldError, LedgerError, UnixMs, ids};
use crate::cases::CaseError;
use crate::cases::block::{Block, NewBlock};
use crate::http::access::AtConsole;
use crate::http::address::{Path, Query, Unread};
use crate::http::bodies::Posted;
use crate::http::console::{instant_of, page};
use crate::http::desk::Desk;
use crate::http::officer::block_scope;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::Bilingual;
use crate::scan::reason::minute_text;
use crate::web::cases::{BlockForm, BlockLine, BlocksPage, words};
use crate::web::console::{Frame, Typed};
use crate::web::verdict::named;

/// Blocks that are listed.
const SHOWN_MAX: u32 = 200;
/// Ranges that are listed of one.
const SPANS_SHOWN_MAX: usize = 5;
/// How long a block is offered to stand.
const OFFERED_MS: i64 = 30 * 86_400_000;

/// A block as it is typed.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct TypedBlock {
    /// Made with the form: the same form sent twice is one block
    id: String,
    /// Id of the case that it belongs to; may be empty
    case: String,
    /// One a line: a batch, numbers of it, a label, a case or pallet
    scope: String,
    reason_zh: String,
    reason_en: String,
    /// Local time such as 2026-12-01T08:00
    until: String,
}

/// Grounds, or a decision.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct TypedLift {
    grounds: String,
    /// lift or leave
    decision: String,
}

/// Blocks of the office, latest first.
#[utoipa::path(
    get,
    path = "/officer/blocks",
    tag = "officer console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Officer>,
) -> Result<Response, Problem> {
    listed(&desk, &who, frame, None, StatusCode::OK).await
}

/// The form, with the labels of a case.
#[utoipa::path(
    get,
    path = "/officer/blocks/new",
    tag = "officer console",
    params(
        ("case" = Option<String>, Query, description = "Id of a case"),
        ("scope" = Option<String>, Query, description = "What it takes in"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A form"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such case of this office"),
    )
)]
pub async fn form(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Serving<Working>>,
    asked: Result<Query<TypedBlock>, Unread>,
) -> Result<Response, Problem> {
    let mut typed = asked.map_or_else(|_| TypedBlock::default(), |Query(asked)| asked);
    typed.id = ids::new_id(desk.clock.now()).to_string();
    typed.until = local(desk.clock.now().plus_ms(OFFERED_MS), &desk.zone);
    if !typed.case.is_empty() {
        let file = find(&desk, &who, &typed.case).await?;
        let serials: Vec<_> = file.units().map(|(_, unit)| unit.serial.clone()).collect();
        typed.scope = serials.join("\n");
    }
    render(frame, typed, &[], StatusCode::OK)
}

/// Takes labels off sale at once.
#[utoipa::path(
    post,
    path = "/officer/blocks",
    tag = "officer console",
    request_body(content = TypedBlock, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "In force: to the blocks, or the page of the case"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such case of this office"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "The case is not open"),
        (status = 422, body = String, content_type = "text/html", description = "The form, with what is wrong"),
    )
)]
pub async fn set(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Serving<Working>>,
    Posted(typed): Posted<TypedBlock>,
) -> Result<Response, Problem> {
    let done = match read(&desk, &who, &typed).await? {
        Ok(new) => desk.ledger.block(&new, &by).await,
        Err(faults) => Err(LedgerError::Invalid(faults).into()),
    };
    match done {
        Ok(block) => {
            desk.show_changes().await;
            let case = block.case.map(|id| format!("/officer/cases/{id}"));
            let to = case.unwrap_or_else(|| "/officer/blocks".to_owned());
            Ok(Redirect::to(&to).into_response())
        }
        Err(CaseError::Ledger(LedgerError::Invalid(faults))) => {
            render(frame, typed, &faults, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => Err(error.into()),
    }
}

/// Asks for a block to be lifted before its time.
#[utoipa::path(
    post,
    path = "/officer/blocks/{id}/ask-lift",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "Id of the block")),
    request_body(content = TypedLift, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Asked: to the blocks"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such block of this office"),
        (status = 409, body = String, content_type = "text/html", description = "The page, with why it was not done"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn ask_lift(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Serving<Working>>,
    Path(id): Path<String>,
    Posted(typed): Posted<TypedLift>,
) -> Result<Response, Problem> {
    let id: Uuid = id.parse().map_err(|_| Problem::nothing())?;
    let done = desk.ledger.ask_lift(who.office, id, &typed.grounds, &by).await;
    answer(&desk, &who, frame, done).await
}

/// A second person lifts a block, or leaves it.
#[utoipa::path(
    post,
    path = "/officer/blocks/{id}/lift",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "Id of the block")),
    request_body(content = TypedLift, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Decided: to the blocks"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such block of this office"),
        (status = 409, body = String, content_type = "text/html", description = "The page, with why it was not done: own requests above all"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn decide_lift(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Serving<Advising>>,
    Path(id): Path<String>,
    Posted(typed): Posted<TypedLift>,
) -> Result<Response, Problem> {
    let id: Uuid = id.parse().map_err(|_| Problem::nothing())?;
    let done = match typed.decision.as_str() {
        decision @ ("lift" | "leave") => {
            desk.ledger.decide_lift(who.office, id, decision == "lift", &by).await
        }
        _ => {
            let fault = FieldError::new("decision", "is not known", "use one of the buttons");
            Err(LedgerError::Invalid(vec![fault]).into())
        }
    };
    answer(&desk, &who, frame, done).await
}

async fn answer(
    desk: &Desk,
    who: &Officer,
    f: Frame,
    done: Result<(), CaseError>,
) -> Result<Response, Problem> {
    let (said, status) = match done {
        Ok(()) => {
            desk.show_changes().await;
            return Ok(Redirect::to("/officer/blocks").into_response());
        }
        Err(CaseError::Refused(why)) => (words::refusal(&why, f.lang), StatusCode::CONFLICT),
        Err(CaseError::Ledger(LedgerError::Invalid(faults))) => {
            let said: Vec<_> = faults.iter().map(|e| words::fault(e, f.lang)).collect();
            (said.join(" "), StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => return Err(error.into()),
    };
    listed(desk, who, f, Some(said), status).await
}

async fn listed(
    desk: &Desk,
    who: &Officer,
    f: Frame,
    refused: Option<String>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let lang = f.lang;
    let blocks = desk.ledger.blocks(who.office, SHOWN_MAX).await?;
    let blocks = blocks.iter().map(|block| line(desk, who, block, &f)).collect();
    page(&BlocksPage { blocks, refused, f }, lang, status)
}

fn line(desk: &Desk, who: &Officer, block: &Block, f: &Frame) -> BlockLine {
    let minute = |at| minute_text(at, f.lang, &desk.zone);
    let stands = block.stands(desk.clock.now());
    let state = match &block.lifted {
        Some((by, _)) if !by.is_empty() => f.lang.pick("已解除", "lifted"),
        None if stands => f.lang.pick("停用中", "in force"),
        _ => f.lang.pick("已到期", "over"),
    };
    let mut spans: Vec<_> = block.spans.iter().take(SPANS_SHOWN_MAX).map(written).collect();
    if block.spans.len() > SPANS_SHOWN_MAX {
        spans.push(format!("+ {}", block.spans.len() - SPANS_SHOWN_MAX));
    }
    let asked = block.lift_asked.as_ref();
    BlockLine {
        id: block.id.to_string(),
        at: minute(block.at),
        by: block.by.clone(),
        labels: block.labels,
        spans,
        reason: named(&block.reason, f.lang).to_owned(),
        until: minute(block.until),
        state,
        stands,
        case: block.case.map(|id| id.to_string()),
        asked: asked.map(|a| format!("{} · {} · {}", a.by, minute(a.at), a.grounds)),
        own: asked.is_some_and(|a| a.by == who.login || a.key_by.as_ref() == Some(&who.login)),
    }
}

fn written(span: &crate::cases::block::Span) -> String {
    match span.count() {
        1 => format!("{} {}", span.batch, span.first),
        _ => format!("{} {}-{}", span.batch, span.first, span.last),
    }
}

async fn read(
    desk: &Desk,
    who: &Officer,
    typed: &TypedBlock,
) -> Result<Result<NewBlock, Vec<FieldError>>, Problem> {
    let case = match typed.case.trim() {
        "" => None,
        id => Some(find(desk, who, id).await?.id),
    };
    let spans = match block_scope::read(desk, &typed.scope).await? {
        Ok(spans) => spans,
        Err(faults) => return Ok(Err(faults)),
    };
    let head = || {
        let id = typed.id.parse();
        let id = id.map_err(|_| FieldError::new("id", "is not known", "open the form anew"))?;
        Ok((id, instant_of("until", &typed.until, &desk.zone)?))
    };
    Ok(head().map_err(|fault| vec![fault]).map(|(id, until)| NewBlock {
        id,
        office: who.office,
        case,
        spans,
        reason: Bilingual {
            zh: typed.reason_zh.trim().to_owned(),
            en: typed.reason_en.trim().to_owned(),
        },
        until,
    }))
}

/// An instant as a form shows it.
fn local(at: UnixMs, zone: &TimeZone) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%dT%H:%M").to_string()
}

fn render(
    f: Frame,
    typed: TypedBlock,
    faults: &[FieldError],
    status: StatusCode,
) -> Result<Response, Problem> {
    let lang = f.lang;
    let said = |field: &str| {
        let fault = faults.iter().find(|fault| fault.field == field)?;
        let line = fault.line.map_or_else(String::new, |line| format!("{line}: "));
        Some(format!("{line}{}", words::fault(fault, lang)))
    };
    let shown = ["scope", "reason_zh", "reason_en", "until"];
    let other = faults.iter().filter(|fault| !shown.contains(&fault.field.as_str()));
    let form = BlockForm {
        other: other.map(|fault| words::fault(fault, lang)).collect(),
        scope: Typed { error: said("scope"), value: typed.scope },
        reason_zh: Typed { error: said("reason_zh"), value: typed.reason_zh },
        reason_en: Typed { error: said("reason_en"), value: typed.reason_en },
        until: Typed { error: said("until"), value: typed.until },
        id: typed.id,
        case: typed.case,
        f,
    };
    page(&form, lang, status)
}
