//! `POST /officer/codes/{serial}/causes`: what explains scans of a label.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::tz::TimeZone;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::code::{Filled, Label, code_page, find};
use crate::auth::office::{Serving, Working};
use crate::base::{FieldError, Lang, LedgerError, UnixMs, grounds, ids, places};
use crate::cases::CauseRecord;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::console::{instant_of, regions};
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::findings::{Cause, CauseKind};
use crate::scan::reason::{cause_text, minute_text};
use crate::scan::{CodeId, Place, StateError};
use crate::web::console::{Choice, Frame, Typed};
use crate::web::officer::{CauseForm, CauseLine};

/// A cause, its time and its place.
#[derive(Clone, Default, Deserialize, ToSchema)]
pub struct Stated {
    /// banquet, exhibition, poster or other
    #[serde(default)]
    kind: String,
    /// Local time such as 2026-12-01T08:00
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    /// GB/T 2260, four digits; 0: anywhere
    #[serde(default)]
    place: String,
    #[serde(default)]
    note: String,
}

/// Records a cause. Scans in its time and place accuse the label no more.
#[utoipa::path(
    post,
    path = "/officer/codes/{serial}/causes",
    tag = "officer console",
    params(("serial" = String, Path, description = "20 characters")),
    request_body(content = Stated, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of the label"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such label was issued"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn explain(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Serving<Working>>,
    Path(serial): Path<String>,
    Posted(stated): Posted<Stated>,
) -> Result<Response, Problem> {
    let label = find(&desk, &serial)?;
    let now = desk.clock.now();
    let kept = match read(&stated, &desk.zone, now) {
        Ok((cause, note)) => {
            let record = CauseRecord {
                cause,
                payload: label.payload.to_bytes(),
                note,
                recorded_by: who.login.clone(),
                recorded_at: now,
                lifted: None,
            };
            match desk.ledger.record_cause(&record, &by).await {
                Err(LedgerError::Invalid(mut faults)) if !faults.is_empty() => {
                    Err(faults.remove(0))
                }
                kept => Ok(kept?),
            }
        }
        Err(fault) => Err(fault),
    };
    if let Err(fault) = kept {
        let filled = Filled { cause: stated, fault: Some(fault), ..Filled::default() };
        return code_page(&desk, (frame, &who), label, filled, StatusCode::UNPROCESSABLE_ENTITY)
            .await;
    }
    desk.show_changes().await;
    settle(&desk, &label).await?;
    Ok(to_page(&label))
}

/// Takes a cause back: its scans count again.
#[utoipa::path(
    post,
    path = "/officer/codes/{serial}/causes/{id}/lift",
    tag = "officer console",
    params(
        ("serial" = String, Path, description = "20 characters"),
        ("id" = Uuid, Path, description = "Of the cause"),
    ),
    responses(
        (status = 303, description = "To the page of the label"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such label"),
    )
)]
pub async fn lift(
    State(desk): State<Desk>,
    AtConsole { by, .. }: AtConsole<Serving<Working>>,
    Path((serial, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let label = find(&desk, &serial)?;
    let id: Uuid = id.parse().map_err(|_| Problem::nothing())?;
    let payload = label.payload.to_bytes();
    // Of one that was lifted before, the page says so.
    if desk.ledger.lift_cause(&payload, id, &by).await? {
        desk.show_changes().await;
    }
    Ok(to_page(&label))
}

fn to_page(label: &Label) -> Response {
    let path = format!("/officer/codes/{}", label.payload.serial_text());
    Redirect::to(&path).into_response()
}

/// Sets the flag decided when what the causes leave would not even be a lead.
async fn settle(desk: &Desk, label: &Label) -> Result<(), Problem> {
    let now = desk.clock.now();
    let id = CodeId { payload: label.payload.to_bytes(), number: label.number };
    let reviewed = match desk.scanner.review(id, now).await {
        Ok(reviewed) => reviewed,
        // The cause stands; the flag waits for a decision.
        Err(StateError::Corrupt(_)) => None,
        Err(error) => {
            tracing::warn!(%error, "a history was not read behind a cause");
            return Err(Problem::busy());
        }
    };
    let Some((verdict, _)) = reviewed else { return Ok(()) };
    let lead = f64::from(desk.scanner.policies.load().at(now).lead_risk);
    if verdict.risk < lead {
        desk.ledger.settle_flag(&id.payload, now).await?;
        desk.show_changes().await;
    }
    Ok(())
}

fn read(stated: &Stated, zone: &TimeZone, now: UnixMs) -> Result<(Cause, String), FieldError> {
    let kind = CauseKind::from_slug(&stated.kind)
        .ok_or_else(|| FieldError::new("kind", "is not known", "choose one of the list"))?;
    let place = stated.place.parse::<u16>().ok();
    let place = place.filter(|code| *code == 0 || places::all().iter().any(|r| r.code == *code));
    let cause = Cause {
        id: ids::new_id(now),
        kind,
        from: instant_of("from", &stated.from, zone)?,
        // The whole of the minute that was named.
        until: instant_of("until", &stated.until, zone)?.plus_ms(59_999),
        place: place
            .ok_or_else(|| FieldError::new("place", "is not known", "choose one of the list"))?,
    };
    cause.check(now)?;
    Ok((cause, grounds("cause_note", &stated.note)?))
}

fn said(fault: &FieldError, lang: Lang) -> String {
    let zh = match fault.field.as_str() {
        "kind" if fault.problem.starts_with("this code has") => {
            "这枚标签登记的情况已满，请先撤销不成立的一条"
        }
        "from" => "请填开始时间",
        "until" => "请填结束时间，晚于开始，且在一年以内",
        "cause_note" => "请写明依据，最多1000个字",
        _ => "请从列表中选择",
    };
    match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => fault.sentence(),
    }
}

/// The form with what was typed.
pub(super) fn form(stated: &Stated, fault: Option<&FieldError>, f: &Frame) -> CauseForm {
    let error = |field: &str| fault.filter(|e| e.field == field).map(|e| said(e, f.lang));
    let typed = |field, value: &String| Typed { value: value.clone(), error: error(field) };
    CauseForm {
        kinds: CauseKind::ALL
            .into_iter()
            .map(|kind| Choice {
                value: kind.slug().to_owned(),
                text: cause_text(kind, f.lang).to_owned(),
                chosen: kind.slug() == stated.kind,
            })
            .collect(),
        kind_error: error("kind"),
        from: typed("from", &stated.from),
        until: typed("until", &stated.until),
        places: regions(&stated.place, f),
        place_error: error("place"),
        note: typed("cause_note", &stated.note),
        open: fault.is_some(),
    }
}

pub(super) fn line(r: &CauseRecord, f: &Frame, zone: &TimeZone) -> CauseLine {
    let minute = |at| minute_text(at, f.lang, zone);
    let anywhere = || f.t("不限地点", "anywhere").to_owned();
    CauseLine {
        id: r.cause.id.to_string(),
        kind: cause_text(r.cause.kind, f.lang),
        from: minute(r.cause.from),
        until: minute(r.cause.until),
        place: Place(r.cause.place).text(f.lang).unwrap_or_else(anywhere),
        by: r.recorded_by.clone(),
        note: r.note.clone(),
        lifted: r.lifted.as_ref().map(|(by, at)| format!("{by} · {}", minute(*at))),
    }
}
