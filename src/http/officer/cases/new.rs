//! `/officer/cases/new`: a case is opened, by hand or from labels.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::typed::{day, region, units, uuid};
use crate::auth::Officer;
use crate::auth::office::{Serving, Working};
use crate::base::{FieldError, LedgerError, ids};
use crate::cases::CaseError;
use crate::cases::fact::{Fact, Ground};
use crate::cases::matter::{Party, PartyRole};
use crate::cases::port::NewCase;
use crate::http::access::AtConsole;
use crate::http::address::{Query, Unread};
use crate::http::bodies::Posted;
use crate::http::console::{page, regions};
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::web::cases::{CaseForm, words};
use crate::web::console::{Choice, Frame, Typed};

/// A case as it is typed.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct TypedCase {
    /// Made with the form: the same form sent twice is one case
    id: String,
    /// The lead from which it is opened; may be empty
    lead: String,
    title: String,
    /// lead, inspection, report, transfer, superior or enterprise
    ground: String,
    region: String,
    found_on: String,
    /// Labels, one a line or with commas; may be empty
    codes: String,
    /// Name of the respondent; may be empty
    party: String,
    /// A note; may be empty
    text: String,
}

/// The form, with the labels that an address names.
#[utoipa::path(
    get,
    path = "/officer/cases/new",
    tag = "officer console",
    params(
        ("codes" = Option<String>, Query, description = "Serials, with commas"),
        ("lead" = Option<String>, Query, description = "Id of a lead"),
        ("title" = Option<String>, Query, description = "Title"),
        ("region" = Option<String>, Query, description = "GB/T 2260"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A form"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn form(
    State(desk): State<Desk>,
    AtConsole { frame, .. }: AtConsole<Serving<Working>>,
    asked: Result<Query<TypedCase>, Unread>,
) -> Result<Response, Problem> {
    let mut typed = asked.map_or_else(|_| TypedCase::default(), |Query(asked)| asked);
    typed.id = ids::new_id(desk.clock.now()).to_string();
    typed.codes = typed.codes.replace(',', "\n");
    typed.found_on = desk.today().to_string();
    if !typed.lead.is_empty() {
        Ground::Lead.slug().clone_into(&mut typed.ground);
    }
    render(frame, typed, &[], StatusCode::OK)
}

/// Opens a case.
#[utoipa::path(
    post,
    path = "/officer/cases",
    tag = "officer console",
    request_body(content = TypedCase, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Opened: to the page of the case"),
        (status = 422, body = String, content_type = "text/html", description = "The form, with what is wrong"),
    )
)]
pub async fn open(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Serving<Working>>,
    Posted(typed): Posted<TypedCase>,
) -> Result<Response, Problem> {
    let opened = match read(&desk, &who, &typed).await? {
        Ok(new) => desk.ledger.open_case(&new, &by).await,
        Err(faults) => Err(LedgerError::Invalid(faults).into()),
    };
    match opened {
        Ok(file) => Ok(Redirect::to(&format!("/officer/cases/{}", file.id)).into_response()),
        Err(CaseError::Ledger(LedgerError::Invalid(faults))) => {
            render(frame, typed, &faults, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => Err(error.into()),
    }
}

async fn read(
    desk: &Desk,
    who: &Officer,
    typed: &TypedCase,
) -> Result<Result<NewCase, Vec<FieldError>>, Problem> {
    let mut facts = Vec::new();
    if !typed.codes.trim().is_empty() {
        match units(desk, &typed.codes.replace(',', "\n"), "").await? {
            Ok(units) => facts.extend(units.into_iter().map(Fact::Unit)),
            Err(faults) => return Ok(Err(faults)),
        }
    }
    facts.extend(respondent(&typed.party));
    let text = typed.text.trim().to_owned();
    facts.extend((!text.is_empty()).then_some(Fact::Note { text }));
    // Whoever opens it has it until it is given to somebody else.
    facts.push(Fact::Assigned { to: Some(who.login.clone()) });
    Ok(head(desk, who, typed, facts).map_err(|fault| vec![fault]))
}

fn respondent(name: &str) -> Option<Fact> {
    let name = name.trim().to_owned();
    let empty = String::new;
    (!name.is_empty()).then(|| {
        Fact::Party(Party {
            role: PartyRole::Respondent,
            name,
            uscc: empty(),
            contact: empty(),
            address: empty(),
            note: empty(),
        })
    })
}

fn head(
    desk: &Desk,
    who: &Officer,
    typed: &TypedCase,
    facts: Vec<Fact>,
) -> Result<NewCase, FieldError> {
    let lead = typed.lead.trim();
    Ok(NewCase {
        id: uuid("id", &typed.id)?,
        office: who.office,
        title: typed.title.trim().to_owned(),
        ground: Ground::from_slug(&typed.ground)
            .ok_or_else(|| FieldError::new("ground", "is not known", "choose one of the list"))?,
        lead: if lead.is_empty() { None } else { Some(uuid("lead", lead)?) },
        region: region(&typed.region)?,
        found_on: day("found_on", &typed.found_on)?,
        today: desk.today(),
        facts,
    })
}

fn render(
    f: Frame,
    typed: TypedCase,
    faults: &[FieldError],
    status: StatusCode,
) -> Result<Response, Problem> {
    let lang = f.lang;
    let said = |field: &str| {
        let fault = faults.iter().find(|fault| fault.field == field)?;
        let line = fault.line.map_or_else(String::new, |line| match lang {
            crate::base::Lang::Zh => format!("第{line}行："),
            crate::base::Lang::En => format!("Line {line}: "),
        });
        Some(format!("{line}{}", words::fault(fault, lang)))
    };
    let shown = ["title", "found_on", "codes", "text", "name", "region", "ground"];
    let other = faults.iter().filter(|fault| !shown.contains(&fault.field.as_str()));
    let form = CaseForm {
        other: other.map(|fault| words::fault(fault, lang)).collect(),
        title: Typed { error: said("title"), value: typed.title },
        grounds: Ground::ALL
            .iter()
            .map(|ground| Choice {
                value: ground.slug().to_owned(),
                text: words::ground(*ground).of(lang).to_owned(),
                chosen: ground.slug() == typed.ground,
            })
            .collect(),
        regions: regions(&typed.region, &f),
        found_on: Typed { error: said("found_on"), value: typed.found_on },
        codes: Typed { error: said("codes"), value: typed.codes },
        party: Typed { error: said("name"), value: typed.party },
        text: Typed { error: said("text"), value: typed.text },
        id: typed.id,
        lead: typed.lead,
        f,
    };
    page(&form, lang, status)
}
