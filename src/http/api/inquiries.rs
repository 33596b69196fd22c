//! `/api/v1/inquiries`: what offices ask about labels of the enterprise.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Page, Refused};
use crate::auth::Member;
use crate::auth::duty::{Acting, Testing};
use crate::base::{FieldError, LedgerError};
use crate::cases::fact::Opinion;
use crate::cases::inquiry::{Answer, Inquiry};
use crate::http::access::ByKey;
use crate::http::address::{Path, Query, Unread};
use crate::http::bodies::Sent;
use crate::http::desk::Desk;
use crate::http::json;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::Uscc;

/// A label that is asked about.
#[derive(Serialize, ToSchema)]
pub struct InquiryUnit {
    /// 20 characters
    serial: String,
    batch: String,
    number: u64,
}

/// What was answered.
#[derive(Serialize, ToSchema)]
pub struct InquiryAnswer {
    /// ours, not_ours or cannot_tell
    opinion: &'static str,
    grounds: String,
    /// The person who signed
    signer: String,
    position: String,
    /// RFC 3339
    at: String,
}

/// A question of an office.
#[derive(Serialize, ToSchema)]
pub struct InquiryRecord {
    id: Uuid,
    question: String,
    labels: Vec<InquiryUnit>,
    /// SHA-256 of the photos that the console shows
    photos: Vec<String>,
    /// RFC 3339
    asked_at: String,
    /// The day by which an answer is due
    due: String,
    overdue: bool,
    /// The office took the question back
    withdrawn: bool,
    answer: Option<InquiryAnswer>,
}

/// An answer, signed by a named person.
#[derive(Deserialize, ToSchema)]
pub struct NewAnswer {
    /// ours, not_ours or cannot_tell
    opinion: String,
    /// 1 to 4000 characters
    grounds: String,
    /// 1 to 120 characters
    signer: String,
    /// 1 to 120 characters
    position: String,
}

fn own(who: &Member) -> Result<Uscc, Problem> {
    Uscc::parse(&who.enterprise).map_err(|_| Problem::broken())
}

fn record(desk: &Desk, one: &Inquiry) -> InquiryRecord {
    let at = |at: crate::base::UnixMs| {
        jiff::Timestamp::from_millisecond(at.0).unwrap_or_default().to_string()
    };
    InquiryRecord {
        id: one.id,
        question: one.text.clone(),
        labels: one
            .units
            .iter()
            .map(|unit| InquiryUnit {
                serial: unit.serial.clone(),
                batch: unit.batch.to_string(),
                number: unit.number,
            })
            .collect(),
        photos: one.photos.clone(),
        asked_at: at(one.asked_at),
        due: one.due.to_string(),
        overdue: one.is_over(desk.today()),
        withdrawn: one.dropped_at.is_some(),
        answer: one.answered.as_ref().map(|said| InquiryAnswer {
            opinion: said.answer.opinion.slug(),
            grounds: said.answer.grounds.clone(),
            signer: said.answer.signer.clone(),
            position: said.answer.position.clone(),
            at: at(said.at),
        }),
    }
}

/// Questions to the enterprise, those that wait first.
#[utoipa::path(
    get,
    path = "/api/v1/inquiries",
    tag = "inquiries",
    security(("key" = [])),
    params(("limit" = Option<u32>, Query, description = "1 to 1000 [default: 100]")),
    responses(
        (status = 200, body = Vec<InquiryRecord>, description = "Those that wait first"),
        Refused,
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A limit out of bounds"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    ByKey { who, .. }: ByKey<Member>,
    page: Result<Query<Page>, Unread>,
) -> Result<Json<Vec<InquiryRecord>>, Problem> {
    let found = desk.ledger.inquiries(&own(&who)?, Page::rows(page)?).await?;
    Ok(Json(found.iter().map(|one| record(&desk, one)).collect()))
}

/// Answers a question. It becomes evidence of a case and cannot be changed.
#[utoipa::path(
    post,
    path = "/api/v1/inquiries/{id}/answer",
    tag = "inquiries",
    security(("key" = [])),
    params(("id" = Uuid, Path, description = "Id of the question")),
    request_body = NewAnswer,
    responses(
        (status = 200, body = InquiryRecord, description = "Answered"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not JSON"),
        (status = 413, body = ProblemDocument, content_type = "application/problem+json", description = "Longer than 16 KiB"),
        Refused,
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such question to this enterprise"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "It was answered or taken back before"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "Names what is wrong"),
    )
)]
pub async fn answer(
    State(desk): State<Desk>,
    ByKey { who, by }: ByKey<Acting<Testing>>,
    Path(id): Path<String>,
    Sent(body): Sent,
) -> Result<Json<InquiryRecord>, Problem> {
    let id: Uuid = id.parse().map_err(|_| Problem::nothing())?;
    // Another's question is no question, whatever was sent.
    desk.ledger.inquiry(&own(&who)?, id).await?;
    let new: NewAnswer = json::read(&body)?;
    let unknown =
        || FieldError::new("opinion", "is not known", "write ours, not_ours or cannot_tell");
    let opinion =
        Opinion::from_slug(&new.opinion).ok_or_else(|| LedgerError::Invalid(vec![unknown()]))?;
    let trimmed = |text: String| text.trim().to_owned();
    let answer = Answer {
        opinion,
        grounds: trimmed(new.grounds),
        signer: trimmed(new.signer),
        position: trimmed(new.position),
    };
    let kept = desk.ledger.answer_inquiry(&own(&who)?, id, &answer, desk.today(), &by).await?;
    Ok(Json(record(&desk, &kept)))
}
