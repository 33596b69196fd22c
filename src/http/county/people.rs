//! `/county/people`: officers and administrators, and everybody's account.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;

use crate::auth::people::{self, Reach};
use crate::auth::{Administrator, Role};
use crate::base::{By, FieldError};
use crate::http::access::AtConsole;
use crate::http::bodies::Posted;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::lists::{Asked, shown, status_of};
use crate::http::people::{
    Done, Invited, Office, SentTo, after, invite, invite_form, person_page, staff_roles,
};
use crate::http::problem::{Problem, ProblemDocument};
use crate::lists::{List, Within};
use crate::web::console::Frame;
use crate::web::people::PeoplePage;

pub(super) const BASE: &str = "/county/people";

pub(super) fn office(frame: Frame, by: By) -> Office {
    Office { frame, by, reach: Reach::All, base: BASE }
}

async fn list(
    desk: &Desk,
    office: Office,
    typed: &Invited,
    faults: &[FieldError],
    asked: &Asked,
) -> Result<Response, Problem> {
    let mut frame = office.frame;
    BASE.clone_into(&mut frame.path);
    let lang = frame.lang;
    let list = shown(desk, &Within::County, List::Staff, asked, (BASE, &frame)).await?;
    let status = status_of(&list, faults);
    let mut form = invite_form(desk, BASE.to_owned(), typed, faults, lang);
    form.duties.clear();
    form.roles = staff_roles(&typed.role, lang);
    form.programs = false;
    let page_of = PeoplePage { list, invite: form, f: frame };
    page(&page_of, lang, status)
}

/// The county's staff.
#[utoipa::path(
    get,
    path = "/county/people",
    tag = "county console",
    params(
        ("q" = Option<String>, Query, description = "Part of a text of a row"),
        ("sort" = Option<String>, Query, description = "A column that sorts; downwards with - before it"),
        ("after" = Option<String>, Query, description = "Behind which row, from the page before"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what cannot be read"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { frame, by, .. }: AtConsole<Administrator>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(asked) = asked.unwrap_or_default();
    list(&desk, office(frame, by), &Invited::default(), &[], &asked).await
}

/// Makes an officer's or administrator's account and shows the link by which it
/// is taken up.
#[utoipa::path(
    post,
    path = "/county/people",
    tag = "county console",
    request_body(content = Invited, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "The link, this once"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn add(
    State(desk): State<Desk>,
    AtConsole { frame, by, .. }: AtConsole<Administrator>,
    Posted(invited): Posted<Invited>,
) -> Result<Response, Problem> {
    let office = office(frame, by);
    let invited = Invited { program: None, ..invited };
    let role = Role::parse(&invited.role, None, "");
    match invite(&desk, office, &invited, role, BASE.to_owned()).await? {
        Ok(response) => Ok(response),
        Err((office, faults)) => list(&desk, office, &invited, &faults, &Asked::default()).await,
    }
}

/// One account, an enterprise's too.
#[utoipa::path(
    get,
    path = "/county/people/{login}",
    tag = "county console",
    params(("login" = String, Path, description = "Of the account")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such account"),
    )
)]
pub async fn person(
    State(desk): State<Desk>,
    AtConsole { frame, by, .. }: AtConsole<Administrator>,
    Path(login): Path<String>,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Problem> {
    person_page(&desk, office(frame, by), &login, None, &done).await
}

/// Closes an account.
#[utoipa::path(
    post,
    path = "/county/people/{login}/close",
    tag = "county console",
    params(("login" = String, Path, description = "Of the account")),
    responses(
        (status = 303, description = "To the page of the account"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such account"),
        (status = 422, body = String, content_type = "text/html", description = "One's own, or nobody would be left in charge"),
    )
)]
pub async fn close(
    State(desk): State<Desk>,
    AtConsole { frame, by, .. }: AtConsole<Administrator>,
    Path(login): Path<String>,
) -> Result<Response, Problem> {
    let came = people::set_open(&*desk.ledger, &Reach::All, &login, false, &by).await;
    after(&desk, office(frame, by), &login, "closed", came).await
}

/// Opens an account again.
#[utoipa::path(
    post,
    path = "/county/people/{login}/open",
    tag = "county console",
    params(("login" = String, Path, description = "Of the account")),
    responses(
        (status = 303, description = "To the page of the account"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such account"),
        (status = 422, body = String, content_type = "text/html", description = "One's own"),
    )
)]
pub async fn open(
    State(desk): State<Desk>,
    AtConsole { frame, by, .. }: AtConsole<Administrator>,
    Path(login): Path<String>,
) -> Result<Response, Problem> {
    let came = people::set_open(&*desk.ledger, &Reach::All, &login, true, &by).await;
    after(&desk, office(frame, by), &login, "open", came).await
}

/// Makes a link: the invitation again, or a new password.
#[utoipa::path(
    post,
    path = "/county/people/{login}/link",
    tag = "county console",
    params(("login" = String, Path, description = "Of the account")),
    request_body(content = SentTo, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "The link, this once"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such account"),
        (status = 422, body = String, content_type = "text/html", description = "One's own, closed, or a program's"),
    )
)]
pub async fn link(
    State(desk): State<Desk>,
    AtConsole { frame, by, .. }: AtConsole<Administrator>,
    Path(login): Path<String>,
    Posted(sent): Posted<SentTo>,
) -> Result<Response, Problem> {
    crate::http::people::link(&desk, office(frame, by), &login, sent).await
}

/// Removes the second factor of somebody who lost it.
#[utoipa::path(
    post,
    path = "/county/people/{login}/second-factor/remove",
    tag = "county console",
    params(("login" = String, Path, description = "Of the account")),
    responses(
        (status = 303, description = "To the page of the account"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such account"),
        (status = 422, body = String, content_type = "text/html", description = "One's own"),
    )
)]
pub async fn remove_second_factor(
    State(desk): State<Desk>,
    AtConsole { frame, by, .. }: AtConsole<Administrator>,
    Path(login): Path<String>,
) -> Result<Response, Problem> {
    let came = people::remove_second_factor(&*desk.ledger, &Reach::All, &login, &by).await;
    after(&desk, office(frame, by), &login, "removed", came).await
}
