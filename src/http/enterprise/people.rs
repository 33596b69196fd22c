//! `/enterprise/people`: the members of the enterprise and what they may do.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use crate::auth::duty::Owning;
use crate::auth::people::{self, Reach};
use crate::auth::{Acting, Duty, Role};
use crate::base::{By, FieldError, LedgerError};
use crate::http::access::AtConsole;
use crate::http::address::{Path, Query, Unread};
use crate::http::bodies::Posted;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::lists::{Asked, shown, status_of};
use crate::http::people::{
    Charge, Done, Invited, SentTo, Ticked, after, invite, invite_form, person_page,
};
use crate::http::problem::{Problem, ProblemDocument};
use crate::lists::{List, Within};
use crate::registry::Uscc;
use crate::web::console::Frame;
use crate::web::people::PeoplePage;

const BASE: &str = "/enterprise/people";

fn charge(who: &Acting<Owning>, frame: Frame, by: By) -> Charge {
    Charge { frame, by, reach: Reach::Enterprise(who.enterprise.clone()), base: BASE }
}

async fn list(
    desk: &Desk,
    charge: Charge,
    enterprise: &str,
    typed: &Invited,
    faults: &[FieldError],
    asked: &Asked,
) -> Result<Response, Problem> {
    let mut frame = charge.frame;
    BASE.clone_into(&mut frame.path);
    let lang = frame.lang;
    let own = Uscc::parse(enterprise).map_err(|_| Problem::broken())?;
    let list = shown(desk, &Within::Enterprise(own), List::People, asked, (BASE, &frame)).await?;
    let status = status_of(&list, faults);
    let page_of = PeoplePage {
        list,
        invite: invite_form(desk, BASE.to_owned(), typed, faults, lang),
        f: frame,
    };
    page(&page_of, lang, status)
}

/// The members of the enterprise.
#[utoipa::path(
    get,
    path = "/enterprise/people",
    tag = "enterprise console",
    params(
        ("q" = Option<String>, Query, description = "Part of a text of a row"),
        ("sort" = Option<String>, Query, description = "A column that sorts; downwards with - before it"),
        ("after" = Option<String>, Query, description = "Behind which row, from the page before"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not an owner"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what cannot be read"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Owning>>,
    asked: Result<Query<Asked>, Unread>,
) -> Result<Response, Problem> {
    let Query(asked) = asked.unwrap_or_default();
    list(&desk, charge(&who, frame, by), &who.enterprise, &Invited::default(), &[], &asked).await
}

/// Makes an account and shows the link by which it is taken up.
#[utoipa::path(
    post,
    path = "/enterprise/people",
    tag = "enterprise console",
    request_body(content = Invited, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "The link, this once"),
        (status = 303, description = "A program's account: to the keys"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not an owner"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn add(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Owning>>,
    Posted(invited): Posted<Invited>,
) -> Result<Response, Problem> {
    let charge = charge(&who, frame, by);
    let enterprise = who.enterprise.clone();
    let role = invited.duties.some().map(|duties| Role::Member { enterprise, duties });
    let back = if invited.program.is_some() { "/enterprise/keys" } else { BASE };
    match invite(&desk, charge, &invited, role, back.to_owned()).await? {
        Ok(response) => Ok(response),
        Err((charge, faults)) => {
            list(&desk, charge, &who.enterprise, &invited, &faults, &Asked::default()).await
        }
    }
}

/// One member.
#[utoipa::path(
    get,
    path = "/enterprise/people/{login}",
    tag = "enterprise console",
    params(("login" = String, Path, description = "Of the member")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not an owner"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such member"),
    )
)]
pub async fn person(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Owning>>,
    Path(login): Path<String>,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Problem> {
    person_page(&desk, charge(&who, frame, by), &login, None, &done).await
}

/// Changes what a member may do.
#[utoipa::path(
    post,
    path = "/enterprise/people/{login}/duties",
    tag = "enterprise console",
    params(("login" = String, Path, description = "Of the member")),
    request_body(content = Ticked, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of the member"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not an owner"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such member"),
        (status = 422, body = String, content_type = "text/html", description = "No duty is ticked, or no owner would be left"),
    )
)]
pub async fn duties(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Owning>>,
    Path(login): Path<String>,
    Posted(ticked): Posted<Ticked>,
) -> Result<Response, Problem> {
    let charge = charge(&who, frame, by);
    let came = match ticked.duties.some() {
        Err(wrong) => Err(LedgerError::Invalid(vec![wrong])),
        Ok(duties) => {
            people::change_duties(&*desk.ledger, &charge.reach, &login, duties, &charge.by).await
        }
    };
    let left_charge = login == who.login && !ticked.duties.duties().allow(Duty::Owner);
    if came.is_ok() && left_charge {
        // Whoever gave the charge away has no business on the page any more.
        return Ok(Redirect::to("/enterprise/").into_response());
    }
    after(&desk, charge, &login, "duties", came).await
}

/// Closes a member's account.
#[utoipa::path(
    post,
    path = "/enterprise/people/{login}/close",
    tag = "enterprise console",
    params(("login" = String, Path, description = "Of the member")),
    responses(
        (status = 303, description = "To the page of the member"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not an owner"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such member"),
        (status = 422, body = String, content_type = "text/html", description = "One's own, or no owner would be left"),
    )
)]
pub async fn close(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Owning>>,
    Path(login): Path<String>,
) -> Result<Response, Problem> {
    let charge = charge(&who, frame, by);
    let came = people::set_open(&*desk.ledger, &charge.reach, &login, false, &charge.by).await;
    after(&desk, charge, &login, "closed", came).await
}

/// Opens a member's account again.
#[utoipa::path(
    post,
    path = "/enterprise/people/{login}/open",
    tag = "enterprise console",
    params(("login" = String, Path, description = "Of the member")),
    responses(
        (status = 303, description = "To the page of the member"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not an owner"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such member"),
        (status = 422, body = String, content_type = "text/html", description = "One's own"),
    )
)]
pub async fn open(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Owning>>,
    Path(login): Path<String>,
) -> Result<Response, Problem> {
    let charge = charge(&who, frame, by);
    let came = people::set_open(&*desk.ledger, &charge.reach, &login, true, &charge.by).await;
    after(&desk, charge, &login, "open", came).await
}

/// Makes a link: the invitation again, or a new password.
#[utoipa::path(
    post,
    path = "/enterprise/people/{login}/link",
    tag = "enterprise console",
    params(("login" = String, Path, description = "Of the member")),
    request_body(content = SentTo, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "The link, this once"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not an owner"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such member"),
        (status = 422, body = String, content_type = "text/html", description = "One's own, closed, or a program's"),
    )
)]
pub async fn link(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Owning>>,
    Path(login): Path<String>,
    Posted(sent): Posted<SentTo>,
) -> Result<Response, Problem> {
    crate::http::people::link(&desk, charge(&who, frame, by), &login, sent).await
}

/// Removes the second factor of a member who lost it.
#[utoipa::path(
    post,
    path = "/enterprise/people/{login}/second-factor/remove",
    tag = "enterprise console",
    params(("login" = String, Path, description = "Of the member")),
    responses(
        (status = 303, description = "To the page of the member"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not an owner"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such member"),
        (status = 422, body = String, content_type = "text/html", description = "One's own"),
    )
)]
pub async fn remove_second_factor(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Owning>>,
    Path(login): Path<String>,
) -> Result<Response, Problem> {
    let charge = charge(&who, frame, by);
    let came = people::remove_second_factor(&*desk.ledger, &charge.reach, &login, &charge.by).await;
    after(&desk, charge, &login, "removed", came).await
}
