//! `/enterprise/lists/{list}`: long tables, narrowed, sorted, page by page, and
//! as files.

use axum::extract::State;
use axum::response::Response;

use super::home::own;
use crate::auth::{Duty, Member};
use crate::http::access::AtConsole;
use crate::http::address::{Path, Query, Unread};
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::lists::{Asked, file, shown, status};
use crate::http::problem::{Problem, ProblemDocument};
use crate::lists::{Belongs, List, Within};
use crate::web::console::Frame;
use crate::web::lists::ListPage;

/// A list of the enterprise, narrowed and sorted: a page of it, or with `format`
/// a file of all of it. Cells of CSV that a spreadsheet would take for a formula
/// have an apostrophe before them.
#[utoipa::path(
    get,
    path = "/enterprise/lists/{list}",
    tag = "enterprise console",
    params(
        ("list" = String, Path, description = "products, batches, orders, packages, movements, closings, recalls, places, events; deliveries, people and trail for owners"),
        ("q" = Option<String>, Query, description = "Part of a text of a row"),
        ("sort" = Option<String>, Query, description = "A column that sorts; downwards with - before it"),
        ("after" = Option<String>, Query, description = "Behind which row, from the page before"),
        ("of" = Option<String>, Query, description = "Of movements the batch, of deliveries the endpoint"),
        ("format" = Option<String>, Query, description = "csv or jsonl: a file"),
    ),
    responses(
        (status = 200, description = "A page, or the file", content(
            (String = "text/html"),
            (String = "text/csv"),
            (String = "application/x-ndjson"),
        )),
        (status = 303, description = "To the form for signing in"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "For owners"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such list, or not of this enterprise"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what cannot be read"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Two files of yours are under way"),
        (status = 503, body = ProblemDocument, content_type = "application/problem+json", description = "Too many files are under way"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Member>,
    Path(list): Path<String>,
    asked: Result<Query<Asked>, Unread>,
) -> Result<Response, Problem> {
    let list = List::from_slug(&list).ok_or_else(Problem::nothing)?;
    if list.is_for_owners() && !who.duties.allow(Duty::Owner) {
        return Err(Problem::not_your_duty());
    }
    let Query(asked) = asked.unwrap_or_default();
    let (within, back) = within(&desk, &who, list, &asked, &frame).await?;
    if let Some(sent) = file(&desk, &within, list, &asked, &by).await? {
        return Ok(sent);
    }
    let path = format!("/enterprise/lists/{}", list.slug());
    let (view, lang) = (shown(&desk, &within, list, &asked, (&path, &frame)).await?, frame.lang);
    let status = status(&view);
    page(&ListPage { f: frame, list: view, back }, lang, status)
}

type Back = Option<(String, String)>;

/// Whose rows, and the page that they belong to.
async fn within(
    desk: &Desk,
    who: &Member,
    list: List,
    asked: &Asked,
    f: &Frame,
) -> Result<(Within, Back), Problem> {
    let own = own(who)?;
    match list.belongs() {
        Belongs::County => Err(Problem::nothing()),
        Belongs::Enterprise => Ok((Within::Enterprise(own), None)),
        Belongs::Batch => {
            let id = asked.of.parse().map_err(|_| Problem::nothing())?;
            let batch = desk.ledger.batch(id).await?;
            if batch.enterprise != own {
                return Err(Problem::nothing());
            }
            let back =
                (format!("/enterprise/batches/{id}"), format!("{} {id}", f.t("批次", "Batch")));
            Ok((Within::Batch(own, id), Some(back)))
        }
        Belongs::Endpoint => {
            let id = asked.of.parse().map_err(|_| Problem::nothing())?;
            let endpoint = desk.ledger.endpoint(&own, id).await?;
            Ok((
                Within::Endpoint(own, id),
                Some((format!("/enterprise/webhooks/{id}"), endpoint.url)),
            ))
        }
    }
}
