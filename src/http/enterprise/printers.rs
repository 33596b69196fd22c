//! `/enterprise/printers`: the printing houses of an enterprise.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::home::own;
use crate::auth::Member;
use crate::auth::duty::{Acting, Owning};
use crate::base::{FieldError, LedgerError};
use crate::handoff::{NewPrintHouse, PrintHouse};
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::web::console::{Frame, Typed};
use crate::web::handoff::{self, HouseLine, HousesPage};

/// A printing house, as people typed it.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Typing {
    name: String,
    contact: String,
    /// `age1...`; empty: packages come under a passphrase.
    recipient: String,
}

/// Those that are registered, and the form for another.
#[utoipa::path(
    get,
    path = "/enterprise/printers",
    tag = "enterprise console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Acting<Owning>>,
) -> Result<Response, Problem> {
    houses(&desk, &who, frame, &Typing::default(), &[]).await
}

/// Registers one.
#[utoipa::path(
    post,
    path = "/enterprise/printers",
    tag = "enterprise console",
    request_body(content = Typing, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the list"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn add(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Owning>>,
    Posted(typed): Posted<Typing>,
) -> Result<Response, Problem> {
    let read = NewPrintHouse::read(&typed.name, &typed.contact, &typed.recipient);
    let added = match read {
        Ok(new) => desk.ledger.add_house(&own(&who)?, &new, &by).await.map(drop),
        Err(faults) => Err(LedgerError::Invalid(faults)),
    };
    match added {
        Ok(()) => Ok(Redirect::to("/enterprise/printers").into_response()),
        Err(LedgerError::Invalid(faults)) => houses(&desk, &who, frame, &typed, &faults).await,
        Err(error) => Err(error.into()),
    }
}

/// It gets no further orders; packages under way are finished.
#[utoipa::path(
    post,
    path = "/enterprise/printers/{id}/retire",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Of the printing house")),
    responses(
        (status = 303, description = "To the list"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such printing house of this enterprise"),
    )
)]
pub async fn retire(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Acting<Owning>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (own, id) = (own(&who)?, id.parse().map_err(|_| Problem::nothing())?);
    let known = desk.ledger.houses(&own).await?.iter().any(|house| house.id == id);
    if !known {
        return Err(Problem::nothing());
    }
    // One that was retired before stays so.
    desk.ledger.retire_house(&own, id, &by).await?;
    Ok(Redirect::to("/enterprise/printers").into_response())
}

async fn houses(
    desk: &Desk,
    who: &Member,
    f: Frame,
    typed: &Typing,
    faults: &[FieldError],
) -> Result<Response, Problem> {
    let lang = f.lang;
    let field = |name: &str, value: &str| {
        let error = faults.iter().find(|e| e.field == name).map(|e| handoff::fault(e, lang));
        Typed { value: value.to_owned(), error }
    };
    let houses = desk.ledger.houses(&own(who)?).await?;
    let houses = HousesPage {
        houses: houses.iter().map(line).collect(),
        name: field("name", &typed.name),
        contact: field("contact", &typed.contact),
        recipient: field("recipient", &typed.recipient),
        f,
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(&houses, lang, status)
}

fn line(house: &PrintHouse) -> HouseLine {
    let end = |key: &String| key[key.len().saturating_sub(8)..].to_owned();
    HouseLine {
        id: house.id.to_string(),
        name: house.new.name.clone(),
        contact: house.new.contact.clone(),
        key: house.new.recipient.as_ref().map(end),
        retired: house.retired_at.is_some(),
    }
}
