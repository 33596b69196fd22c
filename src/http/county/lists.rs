//! `/county/lists/{list}`: the county's long tables, and as files.

use axum::extract::State;
use axum::response::Response;

use crate::auth::Administrator;
use crate::http::access::AtConsole;
use crate::http::address::{Path, Query, Unread};
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::lists::{Asked, file, shown, status};
use crate::http::problem::{Problem, ProblemDocument};
use crate::lists::{Belongs, List, Within};
use crate::web::lists::ListPage;

/// A list of the county: a page of it, or with `format` a file of all of it.
#[utoipa::path(
    get,
    path = "/county/lists/{list}",
    tag = "county console",
    params(
        ("list" = String, Path, description = "enterprises, staff"),
        ("q" = Option<String>, Query, description = "Part of a text of a row"),
        ("sort" = Option<String>, Query, description = "A column that sorts; downwards with - before it"),
        ("after" = Option<String>, Query, description = "Behind which row, from the page before"),
        ("format" = Option<String>, Query, description = "csv or jsonl: a file"),
    ),
    responses(
        (status = 200, description = "A page, or the file", content(
            (String = "text/html"),
            (String = "text/csv"),
            (String = "application/x-ndjson"),
        )),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such list"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what cannot be read"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Two files of yours are under way"),
        (status = 503, body = ProblemDocument, content_type = "application/problem+json", description = "Too many files are under way"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { frame, by, .. }: AtConsole<Administrator>,
    Path(list): Path<String>,
    asked: Result<Query<Asked>, Unread>,
) -> Result<Response, Problem> {
    let list = List::from_slug(&list).filter(|list| list.belongs() == Belongs::County);
    let list = list.ok_or_else(Problem::nothing)?;
    let Query(asked) = asked.unwrap_or_default();
    if let Some(sent) = file(&desk, &Within::County, list, &asked, &by).await? {
        return Ok(sent);
    }
    let path = format!("/county/lists/{}", list.slug());
    let view = shown(&desk, &Within::County, list, &asked, (&path, &frame)).await?;
    let (lang, status) = (frame.lang, status(&view));
    page(&ListPage { f: frame, list: view, back: None }, lang, status)
}
