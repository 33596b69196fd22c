//! `/county/offices`: the offices of market regulation whose officers work here.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::{Administrator, Office};
use crate::base::{FieldError, LedgerError, ids};
use crate::http::access::AtConsole;
use crate::http::bodies::Posted;
use crate::http::console::{page, regions};
use crate::http::desk::Desk;
use crate::http::people::office_id;
use crate::http::problem::Problem;
use crate::web::console::{Frame, Typed};
use crate::web::county::{OfficeForm, OfficesPage};

/// An office as it is typed.
#[derive(Default, Deserialize, ToSchema)]
pub struct TypedOffice {
    /// Of the office that is changed; empty for another one
    #[serde(default)]
    id: String,
    #[serde(default)]
    name_zh: String,
    /// May be empty
    #[serde(default)]
    name_en: String,
    /// GB/T 2260, four digits; 0: anywhere
    #[serde(default)]
    region: String,
}

/// The offices.
#[utoipa::path(
    get,
    path = "/county/offices",
    tag = "county console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { frame, .. }: AtConsole<Administrator>,
) -> Result<Response, Problem> {
    render(&desk, frame, &TypedOffice::default(), &[]).await
}

/// Adds an office, or changes one.
#[utoipa::path(
    post,
    path = "/county/offices",
    tag = "county console",
    request_body(content = TypedOffice, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the offices"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn put(
    State(desk): State<Desk>,
    AtConsole { frame, by, .. }: AtConsole<Administrator>,
    Posted(typed): Posted<TypedOffice>,
) -> Result<Response, Problem> {
    let id = if typed.id.is_empty() { Ok(ids::new_id(by.at)) } else { office_id(&typed.id) };
    let office = id
        .map_err(|fault| vec![fault])
        .and_then(|id| Office::new(id, &typed.name_zh, &typed.name_en, &typed.region));
    let kept = match office {
        Ok(office) => desk.ledger.put_office(&office, &by).await,
        Err(faults) => Err(LedgerError::Invalid(faults)),
    };
    match kept {
        Ok(()) => Ok(Redirect::to("/county/offices").into_response()),
        Err(LedgerError::Invalid(faults)) => render(&desk, frame, &typed, &faults).await,
        Err(error) => Err(error.into()),
    }
}

/// The page, with what was typed of one office.
async fn render(
    desk: &Desk,
    f: Frame,
    typed: &TypedOffice,
    faults: &[FieldError],
) -> Result<Response, Problem> {
    let lang = f.lang;
    let known = desk.ledger.offices().await?;
    let mut forms: Vec<OfficeForm> = known.iter().map(|office| kept(office, &f)).collect();
    let wrong = form(typed, faults, &f);
    match known.iter().position(|office| office.id.to_string() == typed.id) {
        Some(at) => {
            forms[at] = wrong;
            forms.push(form(&TypedOffice::default(), &[], &f));
        }
        None => forms.push(wrong),
    }
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(&OfficesPage { f, forms }, lang, status)
}

fn kept(office: &Office, f: &Frame) -> OfficeForm {
    let typed = TypedOffice {
        id: office.id.to_string(),
        name_zh: office.name_zh.clone(),
        name_en: office.name_en.clone(),
        region: office.region.to_string(),
    };
    form(&typed, &[], f)
}

fn form(typed: &TypedOffice, faults: &[FieldError], f: &Frame) -> OfficeForm {
    let of = |field, value| Typed::of(field, value, faults, f.lang);
    OfficeForm {
        id: typed.id.clone(),
        name_zh: of("name_zh", &typed.name_zh),
        name_en: of("name_en", &typed.name_en),
        region: of("region", &typed.region),
        regions: regions(&typed.region, f),
    }
}
