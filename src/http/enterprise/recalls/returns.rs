//! `POST /enterprise/recalls/{id}/returns`: goods that came back.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::find;
use super::show::{Beside, recall_page};
use crate::auth::duty::{Acting, Withdrawing};
use crate::base::{FieldError, LedgerError, ids};
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::console::regions;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::recall::returns::Outcome;
use crate::recall::service::{self, CameBack};
use crate::recall::{Recall, RecallError};
use crate::web::console::{Choice, Frame, Typed};
use crate::web::recall::{ReturnForm, fault, outcome, refusal};

/// What the form sends.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct CameBackForm {
    /// Made with the form: the same form sent twice counts once.
    id: String,
    /// recovered or destroyed
    outcome: String,
    /// GB/T 2260; 0: unknown
    place: String,
    items: String,
    /// One a line.
    codes: String,
    note: String,
}

/// What was typed and what is wrong with it.
pub(super) struct Filled(CameBackForm, Vec<FieldError>);

/// Counts goods that came back.
#[utoipa::path(
    post,
    path = "/enterprise/recalls/{id}/returns",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Id of the recall")),
    request_body(content = CameBackForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Counted: to the page of the recall"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such recall of this enterprise"),
        (status = 409, body = String, content_type = "text/html", description = "The page, with why it was not done"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn note(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Withdrawing>>,
    Path(id): Path<String>,
    Posted(typed): Posted<CameBackForm>,
) -> Result<Response, Problem> {
    let recall = find(&desk, &who, &id).await?;
    let (beside, status) = match count(&desk, &recall, &typed, &by).await {
        Ok(()) => {
            let page = format!("/enterprise/recalls/{}", recall.proposal.id);
            return Ok(Redirect::to(&page).into_response());
        }
        Err(RecallError::Ledger(LedgerError::Invalid(faults))) => {
            let returning = Some(Filled(typed, faults));
            (Beside { returning, ..Beside::default() }, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(RecallError::Refused(why)) => {
            let refused = Some(refusal(&why, frame.lang));
            (Beside { refused, ..Beside::default() }, StatusCode::CONFLICT)
        }
        Err(error) => return Err(error.into()),
    };
    recall_page(&desk, &who, frame, recall, beside, status).await
}

async fn count(
    desk: &Desk,
    recall: &Recall,
    typed: &CameBackForm,
    by: &crate::base::By,
) -> Result<(), RecallError> {
    let wrong = |field, remedy| {
        LedgerError::Invalid(vec![FieldError::new(field, "cannot be taken", remedy)])
    };
    let place = typed.place.trim();
    let place = if place.is_empty() { "0" } else { place };
    let place = place.parse::<u16>().map_err(|_| wrong("place", "choose one of the list"))?;
    let given = CameBack {
        id: typed.id.parse::<Uuid>().map_err(|_| wrong("id", "open the page anew"))?,
        outcome: Outcome::from_slug(&typed.outcome)
            .ok_or_else(|| wrong("outcome", "choose one of the list"))?,
        place,
        items: &typed.items,
        codes: &typed.codes,
        note: &typed.note,
    };
    let register = desk.scanner.register.load_full();
    service::came_back(&*desk.ledger, &register, recall, given, by).await.map(drop)
}

pub(super) fn form(filled: Option<Filled>, desk: &Desk, f: &Frame) -> ReturnForm {
    let anew = ids::new_id(desk.clock.now()).to_string();
    let anew = || Filled(CameBackForm { id: anew.clone(), ..CameBackForm::default() }, Vec::new());
    let Filled(typed, faults) = filled.unwrap_or_else(anew);
    let error = |field: &str| faults.iter().find(|e| e.field == field).map(|e| fault(e, f.lang));
    let other = faults.iter().find(|e| !matches!(e.field.as_str(), "items" | "codes"));
    ReturnForm {
        outcomes: Outcome::ALL
            .map(|of| Choice {
                value: of.slug().to_owned(),
                text: outcome(of).of(f.lang).to_owned(),
                chosen: of.slug() == typed.outcome,
            })
            .into(),
        places: {
            let mut places = regions(&typed.place, f);
            if let Some(unknown) = places.first_mut() {
                f.t("不清楚", "not known").clone_into(&mut unknown.text);
            }
            places
        },
        items: Typed {
            error: error("items").or_else(|| other.map(|e| fault(e, f.lang))),
            value: typed.items,
        },
        codes: Typed { error: error("codes"), value: typed.codes },
        note: typed.note,
        id: typed.id,
    }
}
