//! `/county/enterprises/{uscc}`: one enterprise, its licences and its owners.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::enterprises::{licence_line, today};
use super::people::{BASE, charge};
use crate::auth::people::Of;
use crate::auth::{Administrator, Duties, Role};
use crate::base::{FieldError, LedgerError, UnixMs};
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::people::{Invited, invite, invite_form, person_line};
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::{Licence, Uscc};
use crate::web::console::{Frame, Typed};
use crate::web::county::{EnterprisePage, LicenceForm};

/// A licence of an enterprise.
#[derive(Default, Deserialize, ToSchema)]
pub struct NewLicence {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    number: String,
    /// Such as 2029-06-30
    #[serde(default)]
    expires_on: String,
}

/// What was typed into the forms of the page.
#[derive(Default)]
struct Filled {
    licence: NewLicence,
    owner: Invited,
    faults: Vec<FieldError>,
}

/// What the path names, if it is registered.
fn uscc(text: &str) -> Result<Uscc, Problem> {
    Uscc::parse(text).map_err(|_| Problem::nothing())
}

async fn enterprise_page(
    desk: &Desk,
    mut f: Frame,
    of: &Uscc,
    now: UnixMs,
    filled: Filled,
) -> Result<Response, Problem> {
    let path = format!("/county/enterprises/{of}");
    f.path.clone_from(&path);
    let (lang, today) = (f.lang, today(desk, now)?);
    let e = desk.ledger.enterprise(of).await?;
    let people = desk.ledger.people(Of::Enterprise(of.as_str()), now).await?;
    let Filled { licence, owner, faults } = filled;
    let typed = |name: &str, value: &str| Typed::of(name, value, &faults, lang);
    let mut invite = invite_form(desk, format!("{path}/owners"), &owner, &faults, lang);
    // An owner: nothing to choose.
    invite.duties.clear();
    invite.programs = false;
    invite.other = None;
    let shown = EnterprisePage {
        uscc: of.to_string(),
        name_zh: e.name.zh.clone(),
        name_en: e.name.en.clone(),
        gs1_prefix: e.gs1_prefix.clone().map(String::from).unwrap_or_default(),
        licences: e.licences.iter().map(|l| licence_line(l, today, &f)).collect(),
        licence: LicenceForm {
            kind: typed("licences.kind", &licence.kind),
            number: typed("licences.number", &licence.number),
            expires_on: typed("licence_expires_on", &licence.expires_on),
        },
        base: BASE,
        people: people.iter().map(|p| person_line(p, desk, lang, now)).collect(),
        invite,
        f,
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(&shown, lang, status)
}

/// One enterprise.
#[utoipa::path(
    get,
    path = "/county/enterprises/{uscc}",
    tag = "county console",
    params(("uscc" = String, Path, description = "Unified social credit code")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "Not registered"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { frame, by, .. }: AtConsole<Administrator>,
    Path(of): Path<String>,
) -> Result<Response, Problem> {
    enterprise_page(&desk, frame, &uscc(&of)?, by.at, Filled::default()).await
}

/// Adds a licence, or gives the one of the same kind and number another end.
#[utoipa::path(
    post,
    path = "/county/enterprises/{uscc}/licences",
    tag = "county console",
    params(("uscc" = String, Path, description = "Unified social credit code")),
    request_body(content = NewLicence, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of the enterprise"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "Not registered"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn licence(
    State(desk): State<Desk>,
    AtConsole { frame, by, .. }: AtConsole<Administrator>,
    Path(of): Path<String>,
    Posted(new): Posted<NewLicence>,
) -> Result<Response, Problem> {
    let of = uscc(&of)?;
    let expires_on = new.expires_on.trim().parse().map_err(|_| {
        let fault = FieldError::new("licence_expires_on", "is no date", "write 2029-06-30");
        LedgerError::Invalid(vec![fault])
    });
    let kept = match expires_on {
        Err(error) => Err(error),
        Ok(expires_on) => {
            let (kind, number) = (new.kind.trim().to_owned(), new.number.trim().to_owned());
            desk.ledger.set_licence(&of, &Licence { kind, number, expires_on }, &by).await
        }
    };
    match kept {
        Ok(()) => {
            desk.show_changes().await;
            Ok(Redirect::to(&format!("/county/enterprises/{of}")).into_response())
        }
        Err(LedgerError::Invalid(faults)) => {
            let filled = Filled { licence: new, faults, ..Filled::default() };
            enterprise_page(&desk, frame, &of, by.at, filled).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Invites an owner of the enterprise.
#[utoipa::path(
    post,
    path = "/county/enterprises/{uscc}/owners",
    tag = "county console",
    params(("uscc" = String, Path, description = "Unified social credit code")),
    request_body(content = Invited, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "The link, this once"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "Not registered"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn invite_owner(
    State(desk): State<Desk>,
    AtConsole { frame, by, .. }: AtConsole<Administrator>,
    Path(of): Path<String>,
    Posted(owner): Posted<Invited>,
) -> Result<Response, Problem> {
    let of = uscc(&of)?;
    desk.ledger.enterprise(&of).await?;
    let owner = Invited { program: None, ..owner };
    let role = Role::Member { enterprise: of.to_string(), duties: Duties::OWNER };
    let back = format!("/county/enterprises/{of}");
    match invite(&desk, charge(frame, by), &owner, Ok(role), back).await? {
        Ok(response) => Ok(response),
        Err((charge, faults)) => {
            let filled = Filled { owner, faults, ..Filled::default() };
            enterprise_page(&desk, charge.frame, &of, charge.by.at, filled).await
        }
    }
}
