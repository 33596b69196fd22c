//! `/county/people`: officers and administrators, and everybody's account.

use axum::extract::State;
use axum::response::Response;

use crate::auth::people::{self, Reach};
use crate::auth::{Administrator, Seat};
use crate::base::{By, FieldError, LedgerError};
use crate::http::access::AtConsole;
use crate::http::address::{Path, Query, Unread};
use crate::http::bodies::Posted;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::lists::{Asked, shown, status_of};
use crate::http::people::{
    Charge, Done, Invited, Seated, SentTo, after, invite, invite_form, office_id, offices,
    person_page, staff_roles,
};
use crate::http::problem::{Problem, ProblemDocument};
use crate::lists::{List, Within};
use crate::web::console::Frame;
use crate::web::people::PeoplePage;

pub(super) const BASE: &str = "/county/people";

pub(super) fn charge(frame: Frame, by: By) -> Charge {
    Charge { frame, by, reach: Reach::All, base: BASE }
}

async fn list(
    desk: &Desk,
    charge: Charge,
    typed: &Invited,
    faults: &[FieldError],
    asked: &Asked,
) -> Result<Response, Problem> {
    let mut frame = charge.frame;
    BASE.clone_into(&mut frame.path);
    let lang = frame.lang;
    let list = shown(desk, &Within::County, List::Staff, asked, (BASE, &frame)).await?;
    let status = status_of(&list, faults);
    let mut form = invite_form(desk, BASE.to_owned(), typed, faults, lang);
    form.duties.clear();
    form.roles = staff_roles(&typed.role, lang);
    form.offices = offices(desk, &typed.office, lang).await?;
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
    asked: Result<Query<Asked>, Unread>,
) -> Result<Response, Problem> {
    let Query(asked) = asked.unwrap_or_default();
    list(&desk, charge(frame, by), &Invited::default(), &[], &asked).await
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
    let charge = charge(frame, by);
    let invited = Invited { program: None, ..invited };
    match invite(&desk, charge, &invited, invited.of_staff(), BASE.to_owned()).await? {
        Ok(response) => Ok(response),
        Err((charge, faults)) => list(&desk, charge, &invited, &faults, &Asked::default()).await,
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
    person_page(&desk, charge(frame, by), &login, None, &done).await
}

/// Gives an officer another seat, or a seat in another office.
#[utoipa::path(
    post,
    path = "/county/people/{login}/seat",
    tag = "county console",
    params(("login" = String, Path, description = "Of the account")),
    request_body(content = Seated, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of the account"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such officer, or no such office"),
        (status = 422, body = String, content_type = "text/html", description = "No such seat"),
    )
)]
pub async fn seat(
    State(desk): State<Desk>,
    AtConsole { frame, by, .. }: AtConsole<Administrator>,
    Path(login): Path<String>,
    Posted(seated): Posted<Seated>,
) -> Result<Response, Problem> {
    people::find(&*desk.ledger, &Reach::All, &login, by.at).await?;
    let came = match (office_id(&seated.office), Seat::parse(&seated.seat)) {
        (Ok(of), Ok(seat)) => desk.ledger.set_seat(&login, of, seat, &by).await,
        (of, seat) => Err(LedgerError::Invalid(of.err().into_iter().chain(seat.err()).collect())),
    };
    after(&desk, charge(frame, by), &login, "seat", came).await
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
    after(&desk, charge(frame, by), &login, "closed", came).await
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
    after(&desk, charge(frame, by), &login, "open", came).await
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
    crate::http::people::link(&desk, charge(frame, by), &login, sent).await
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
    after(&desk, charge(frame, by), &login, "removed", came).await
}
