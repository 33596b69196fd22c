//! `/enterprise/inquiries`: what an office asks about labels of the enterprise.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::home::own;
use crate::auth::duty::{Acting, Testing};
use crate::auth::{Duty, Member};
use crate::base::{FieldError, Lang, LedgerError};
use crate::cases::CaseError;
use crate::cases::fact::Opinion;
use crate::cases::inquiry::{Answer, INQUIRIES_SHOWN_MAX, Inquiry};
use crate::http::access::AtConsole;
use crate::http::account::confirm;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::client::Client;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::scan::reason::minute_text;
use crate::web::cases::words;
use crate::web::console::{Choice, Frame, Typed};
use crate::web::inquiries::{AnswerForm, AskedUnit, InquiriesPage, InquiryLine, InquiryPage, Said};
use crate::web::verdict::{date_text, named};

/// An answer as it is typed.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct TypedAnswer {
    /// ours, not_ours or cannot_tell
    opinion: String,
    grounds: String,
    /// Name of the person who signs
    signer: String,
    position: String,
    /// Of the account, as the signature
    password: String,
}

impl TypedAnswer {
    /// What the form begins with.
    pub(super) fn of(who: &Member) -> Self {
        Self { signer: who.name.clone(), ..Self::default() }
    }
}

/// Questions, those that wait first.
#[utoipa::path(
    get,
    path = "/enterprise/inquiries",
    tag = "enterprise console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Member>,
) -> Result<Response, Problem> {
    let lang = frame.lang;
    let found = desk.ledger.inquiries(&own(&who)?, INQUIRIES_SHOWN_MAX).await?;
    let mut inquiries = Vec::with_capacity(found.len());
    for one in &found {
        inquiries.push(line(&desk, one, lang).await?);
    }
    page(&InquiriesPage { inquiries, f: frame }, lang, StatusCode::OK)
}

/// One question: what is asked, its labels, the photos that were chosen.
#[utoipa::path(
    get,
    path = "/enterprise/inquiries/{id}",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Id of the question")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such question to this enterprise"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Member>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let inquiry = find(&desk, &who, &id).await?;
    render(&desk, &who, frame, &inquiry, (TypedAnswer::of(&who), &[], None), StatusCode::OK).await
}

/// Signs an answer, which becomes an entry of the office's case.
#[utoipa::path(
    post,
    path = "/enterprise/inquiries/{id}/answer",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Id of the question")),
    request_body(content = TypedAnswer, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Answered: to the page of the question"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such question to this enterprise"),
        (status = 409, body = String, content_type = "text/html", description = "The page: it was answered or taken back before"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn answer(
    State(desk): State<Desk>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    AtConsole { who, frame, by }: AtConsole<Acting<Testing>>,
    Path(id): Path<String>,
    Posted(mut typed): Posted<TypedAnswer>,
) -> Result<Response, Problem> {
    let (inquiry, lang) = (find(&desk, &who, &id).await?, frame.lang);
    let password = std::mem::take(&mut typed.password);
    let signed = confirm(&desk, &headers, &client, &who.login, password, lang).await?;
    let done = match (read(&typed), signed) {
        (Ok(_), Err(wrong)) => {
            let beside = (typed, &[][..], Some(wrong));
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return render(&desk, &who, frame, &inquiry, beside, status).await;
        }
        (Ok(answer), Ok(())) => {
            let of = own(&who)?;
            desk.ledger.answer_inquiry(&of, inquiry.id, &answer, desk.today(), &by).await
        }
        (Err(faults), _) => Err(LedgerError::Invalid(faults).into()),
    };
    match done {
        Ok(_) => {
            let page = format!("/enterprise/inquiries/{}", inquiry.id);
            Ok(Redirect::to(&page).into_response())
        }
        Err(CaseError::Ledger(LedgerError::Invalid(faults))) => {
            let beside = (typed, &faults[..], None);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            render(&desk, &who, frame, &inquiry, beside, status).await
        }
        Err(CaseError::Refused(_)) => {
            let inquiry = find(&desk, &who, &id).await?;
            render(&desk, &who, frame, &inquiry, (typed, &[], None), StatusCode::CONFLICT).await
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn find(desk: &Desk, who: &Member, id: &str) -> Result<Inquiry, Problem> {
    let id = id.parse().map_err(|_| Problem::nothing())?;
    Ok(desk.ledger.inquiry(&own(who)?, id).await?)
}

fn read(typed: &TypedAnswer) -> Result<Answer, Vec<FieldError>> {
    let opinion = Opinion::from_slug(&typed.opinion).ok_or_else(|| {
        vec![FieldError::new("opinion", "is not known", "choose one of the list")]
    })?;
    let trimmed = |text: &str| text.trim().to_owned();
    let answer = Answer {
        opinion,
        grounds: trimmed(&typed.grounds),
        signer: trimmed(&typed.signer),
        position: trimmed(&typed.position),
    };
    answer.check().map(|()| answer)
}

async fn line(desk: &Desk, one: &Inquiry, lang: Lang) -> Result<InquiryLine, Problem> {
    let offices = desk.ledger.offices().await?;
    let office = offices.iter().find(|office| office.id == one.office);
    let state = match (&one.answered, one.dropped_at) {
        (Some(_), _) => lang.pick("已答复", "answered"),
        (None, Some(_)) => lang.pick("已撤销", "taken back"),
        (None, None) => lang.pick("待答复", "waits for your answer"),
    };
    Ok(InquiryLine {
        id: one.id.to_string(),
        asked: minute_text(one.asked_at, lang, &desk.zone),
        office: office.map_or("", |office| office.name(lang)).to_owned(),
        labels: one.units.len(),
        state,
        due: date_text(one.due, lang),
        over: one.is_over(desk.today()),
    })
}

pub(super) async fn render(
    desk: &Desk,
    who: &Member,
    f: Frame,
    one: &Inquiry,
    (typed, faults, wrong): (TypedAnswer, &[FieldError], Option<String>),
    status: StatusCode,
) -> Result<Response, Problem> {
    let lang = f.lang;
    let register = desk.scanner.register.load_full();
    let product = |unit: &crate::cases::matter::CaseUnit| {
        let facts = register.batches.get(&unit.batch);
        facts.map_or("", |facts| named(&facts.product.name, lang)).to_owned()
    };
    let answers = who.duties.allow(Duty::Quality) && one.waits();
    let late = f.t("这个问题已经答复过，或者已被撤销。", "It was answered or taken back before.");
    let shown = InquiryPage {
        line: line(desk, one, lang).await?,
        text: one.text.clone(),
        units: one
            .units
            .iter()
            .map(|unit| AskedUnit {
                serial: unit.serial.clone(),
                batch: unit.batch.to_string(),
                number: unit.number,
                product: product(unit),
            })
            .collect(),
        photos: one.photos.clone(),
        files: one.files.clone(),
        said: one.answered.as_ref().map(|said| Said {
            opinion: words::opinion(said.answer.opinion).of(lang),
            grounds: said.answer.grounds.clone(),
            signer: said.answer.signer.clone(),
            position: said.answer.position.clone(),
            at: minute_text(said.at, lang, &desk.zone),
        }),
        form: answers.then(|| form(&typed, faults, wrong, lang)),
        refused: (status == StatusCode::CONFLICT).then(|| late.to_owned()),
        f,
    };
    page(&shown, lang, status)
}

fn form(
    typed: &TypedAnswer,
    faults: &[FieldError],
    wrong: Option<String>,
    lang: Lang,
) -> AnswerForm {
    let error = |field: &str| {
        let fault = faults.iter().find(|fault| fault.field == field);
        fault.map(|fault| words::fault(fault, lang))
    };
    let field = |name: &str, value: &str| Typed { value: value.to_owned(), error: error(name) };
    AnswerForm {
        photo_error: error("photo").or_else(|| error("files")),
        opinions: Opinion::ALL
            .iter()
            .map(|opinion| Choice {
                value: opinion.slug().to_owned(),
                text: words::opinion(*opinion).of(lang).to_owned(),
                chosen: opinion.slug() == typed.opinion,
            })
            .collect(),
        opinion_error: error("opinion"),
        grounds: field("grounds", &typed.grounds),
        signer: field("signer", &typed.signer),
        position: field("position", &typed.position),
        password_error: wrong,
    }
}
