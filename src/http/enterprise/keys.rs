//! `/enterprise/keys`: the API keys of the enterprise's people and programs.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Acting;
use crate::auth::api_key::{self, Wanted};
use crate::auth::duty::Owning;
use crate::auth::people::{Of, Person, Reach};
use crate::auth::port::ApiKey;
use crate::base::{By, FieldError, Lang, UnixMs};
use crate::http::access::AtConsole;
use crate::http::account::confirm;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::client::Client;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::people::{Boxes, faults, said, scope_text};
use crate::http::problem::{Problem, ProblemDocument};
use crate::scan::reason::minute_text;
use crate::web::console::{Choice, Frame, Typed};
use crate::web::people::{KeyLine, KeyPage, KeysPage, duty_boxes};

const BASE: &str = "/enterprise/keys";
/// Days that the form proposes.
const DAYS: &str = "365";

/// A key that is wanted.
#[derive(Clone, Deserialize, ToSchema)]
pub struct NewKey {
    /// Whose it is
    #[serde(default)]
    login: String,
    #[serde(default)]
    label: String,
    #[serde(default)]
    days: String,
    /// Of who makes it
    #[serde(default)]
    password: String,
    #[serde(flatten)]
    duties: Boxes,
}

/// How the key before ends.
#[derive(Deserialize, ToSchema)]
pub struct Overlap {
    /// 0 to 30
    #[serde(default)]
    overlap_days: String,
    /// Of who replaces it
    #[serde(default)]
    password: String,
}

/// As a fault of the form, where it is not the password of who asks: a browser
/// that was left open must not give a key away.
async fn confirmed(
    desk: &Desk,
    headers: &HeaderMap,
    client: &Client,
    (who, lang): (&Acting<Owning>, Lang),
    password: &str,
) -> Result<Vec<FieldError>, Problem> {
    let tried = confirm(desk, headers, client, &who.login, password.to_owned(), lang).await?;
    Ok(tried.err().map(|says| FieldError::new("password", says, "")).into_iter().collect())
}

fn reach(who: &Acting<Owning>) -> Reach {
    Reach::Enterprise(who.enterprise.clone())
}

fn key_line(key: &ApiKey, desk: &Desk, f: &Frame, now: UnixMs) -> KeyLine {
    let minute = |at| minute_text(at, f.lang, &desk.zone);
    KeyLine {
        id: api_key::id(key),
        label: key.label.clone(),
        login: key.login.clone(),
        scope: scope_text(key.scope, f.lang),
        made: match &key.made_by {
            Some(maker) => format!("{} · {maker}", minute(key.created_at)),
            None => minute(key.created_at),
        },
        expires: minute(key.expires_at),
        used: key.last_used_at.map_or_else(|| f.t("未用过", "never").to_owned(), minute),
        good: key.expires_at > now,
    }
}

/// Accounts that may have keys, programs first.
fn accounts(people: &[Person], chosen: &str) -> Vec<Choice> {
    let (programs, people): (Vec<_>, Vec<_>) =
        people.iter().filter(|p| p.is_open()).partition(|p| p.is_program());
    let choice = |p: &Person| Choice {
        value: p.account.login.clone(),
        text: format!("{} · {}", p.account.login, p.account.name),
        chosen: p.account.login == chosen,
    };
    programs.into_iter().chain(people).map(choice).collect()
}

async fn list(
    desk: &Desk,
    mut f: Frame,
    who: &Acting<Owning>,
    by: &By,
    (typed, faults): (&NewKey, &[FieldError]),
) -> Result<Response, Problem> {
    BASE.clone_into(&mut f.path);
    let lang = f.lang;
    let keys = desk.ledger.api_keys(Some(&who.enterprise)).await?;
    let people = desk.ledger.people(Of::Enterprise(&who.enterprise), by.at).await?;
    let error = |field: &str| faults.iter().find(|e| e.field == field).map(|e| said(e, lang));
    let fields = ["login", "label", "days", "duties", "password"];
    let password_error = faults.iter().find(|e| e.field == "password").map(|e| e.problem.clone());
    let shown = KeysPage {
        keys: keys.iter().map(|key| key_line(key, desk, &f, by.at)).collect(),
        accounts: accounts(&people, &typed.login),
        account_error: error("login"),
        label: Typed { value: typed.label.clone(), error: error("label") },
        days: Typed { value: typed.days.clone(), error: error("days") },
        duties: duty_boxes(typed.duties.duties(), lang),
        duties_error: error("duties"),
        password_error,
        other: faults.iter().find(|e| !fields.contains(&e.field.as_str())).map(|e| said(e, lang)),
        f,
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(&shown, lang, status)
}

fn empty() -> NewKey {
    NewKey {
        login: String::new(),
        label: String::new(),
        days: DAYS.to_owned(),
        password: String::new(),
        duties: Boxes::default(),
    }
}

fn shown(mut f: Frame, key: String, overlap_days: Option<u16>) -> Result<Response, Problem> {
    BASE.clone_into(&mut f.path);
    let lang = f.lang;
    page(&KeyPage { f, key, overlap_days }, lang, StatusCode::OK)
}

/// The keys of the enterprise.
#[utoipa::path(
    get,
    path = "/enterprise/keys",
    tag = "enterprise console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not an owner"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Owning>>,
) -> Result<Response, Problem> {
    list(&desk, frame, &who, &by, (&empty(), &[])).await
}

/// Makes a key and shows it, this once.
#[utoipa::path(
    post,
    path = "/enterprise/keys",
    tag = "enterprise console",
    request_body(content = NewKey, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "The key, this once"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not an owner"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such account"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn add(
    State(desk): State<Desk>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    AtConsole { who, frame, by }: AtConsole<Acting<Owning>>,
    Posted(new): Posted<NewKey>,
) -> Result<Response, Problem> {
    let wrong = confirmed(&desk, &headers, &client, (&who, frame.lang), &new.password).await?;
    if !wrong.is_empty() {
        return list(&desk, frame, &who, &by, (&new, &wrong)).await;
    }
    let scope = new.duties.duties();
    let wanted = Wanted {
        login: new.login.clone(),
        label: new.label.clone(),
        scope: (!scope.is_empty()).then_some(scope),
        // What is no number is no number of days either.
        days: new.days.trim().parse().unwrap_or(0),
    };
    match api_key::make(&*desk.ledger, &reach(&who), wanted, &by).await {
        Ok(key) => shown(frame, key, None),
        Err(error) => list(&desk, frame, &who, &by, (&new, &faults(error)?)).await,
    }
}

/// Puts a new key in the place of one and shows it, this once.
#[utoipa::path(
    post,
    path = "/enterprise/keys/{id}/replace",
    tag = "enterprise console",
    params(("id" = String, Path, description = "As the page lists it")),
    request_body(content = Overlap, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "The new key, this once"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not an owner"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such key, or it is over"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn replace(
    State(desk): State<Desk>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    AtConsole { who, frame, by }: AtConsole<Acting<Owning>>,
    Path(id): Path<String>,
    Posted(overlap): Posted<Overlap>,
) -> Result<Response, Problem> {
    let keys = desk.ledger.api_keys(Some(&who.enterprise)).await?;
    keys.iter().find(|key| api_key::id(key) == id).ok_or_else(Problem::nothing)?;
    let wrong = confirmed(&desk, &headers, &client, (&who, frame.lang), &overlap.password).await?;
    if !wrong.is_empty() {
        return list(&desk, frame, &who, &by, (&empty(), &wrong)).await;
    }
    // What is no number of days is more than are taken.
    let days = overlap.overlap_days.trim().parse().unwrap_or(u16::MAX);
    match api_key::replace(&*desk.ledger, &reach(&who), &id, days, &by).await {
        Ok(key) => shown(frame, key, Some(days)),
        Err(error) => list(&desk, frame, &who, &by, (&empty(), &faults(error)?)).await,
    }
}

/// Ends a key at once.
#[utoipa::path(
    post,
    path = "/enterprise/keys/{id}/end",
    tag = "enterprise console",
    params(("id" = String, Path, description = "As the page lists it")),
    responses(
        (status = 303, description = "To the list"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not an owner"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such key, or it is over"),
    )
)]
pub async fn end(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Acting<Owning>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    api_key::end(&*desk.ledger, &reach(&who), &id, &by).await?;
    Ok(Redirect::to(BASE).into_response())
}
