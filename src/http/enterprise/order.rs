//! `/enterprise/orders/{id}`: how far an order is, and its files.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::home::own;
use super::order_handoff;
use crate::auth::Member;
use crate::auth::duty::{Acting, Planning};
use crate::base::FieldError;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::orders::{self, LISTED_FILES_MAX};
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::order::{Order, OrderState};
use crate::registry::service::Scope;
use crate::web::console::{FileLine, Frame, OrderPage};

/// An order and its files.
#[utoipa::path(
    get,
    path = "/enterprise/orders/{id}",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Id of the order")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such order of this enterprise"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Member>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let order = find(&desk, &who, &id).await?;
    order_page(&desk, &who, frame, order, None, StatusCode::OK).await
}

/// The page, with what stands against an approval or a hand-over.
pub(super) async fn order_page(
    desk: &Desk,
    who: &Member,
    mut frame: Frame,
    order: Order,
    fault: Option<&FieldError>,
    status: StatusCode,
) -> Result<Response, Problem> {
    frame.path = format!("/enterprise/orders/{}", order.id);
    let running = !order.state.is_final();
    // Not while somebody may be writing why it is refused.
    frame.refresh = order.state.is_under_way().then_some(2);
    let (files, more) = match order.state {
        OrderState::Done => orders::files(&order, LISTED_FILES_MAX).await?,
        _ => (Vec::new(), 0),
    };
    let lang = frame.lang;
    let line = orders::line(&order, &frame, &desk.zone, desk.clock.now());
    let order_page = OrderPage {
        percent: (line.done * 100).checked_div(line.total).unwrap_or(0),
        order: line,
        failed: order.state == OrderState::Failed,
        problem: order.problem.clone(),
        rejected: order.state == OrderState::Rejected,
        stopped: matches!(order.state, OrderState::Failed | OrderState::Cancelled),
        files: files
            .into_iter()
            .map(|file| FileLine { size: orders::size_text(file.bytes), name: file.path })
            .collect(),
        more,
        running,
        hand_over: order_handoff::of(desk, who, &order, fault, lang).await?,
        f: frame,
    };
    page(&order_page, lang, status)
}

pub(super) async fn find(desk: &Desk, who: &Member, id: &str) -> Result<Order, Problem> {
    let id = id.parse().map_err(|_| Problem::nothing())?;
    orders::find(&*desk.ledger, &Scope::One(own(who)?), id).await
}

/// Stops an order; what is made stays until it is asked for again.
#[utoipa::path(
    post,
    path = "/enterprise/orders/{id}/cancel",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Id of the order")),
    responses(
        (status = 303, description = "To the page of the order"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such order of this enterprise"),
    )
)]
pub async fn cancel(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Acting<Planning>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let order = find(&desk, &who, &id).await?;
    desk.ledger.cancel(order.id, &by).await?;
    Ok(Redirect::to(&format!("/enterprise/orders/{}", order.id)).into_response())
}

/// Asks again for an order that failed or was cancelled: it goes on where it
/// stopped.
#[utoipa::path(
    post,
    path = "/enterprise/orders/{id}/retry",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Id of the order")),
    responses(
        (status = 303, description = "To the page of the order"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such order of this enterprise"),
    )
)]
pub async fn retry(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Acting<Planning>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let order = find(&desk, &who, &id).await?;
    desk.ledger.place(&order.new, &by).await?;
    Ok(Redirect::to(&format!("/enterprise/orders/{}", order.id)).into_response())
}

/// One file of a finished order.
#[utoipa::path(
    get,
    path = "/enterprise/orders/{id}/files/{*name}",
    tag = "enterprise console",
    params(
        ("id" = Uuid, Path, description = "Id of the order"),
        ("name" = String, Path, description = "Path of the file, as the manifest has it"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream", description = "The file"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such file"),
    )
)]
pub async fn file(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Acting<Planning>>,
    Path((id, name)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let order = find(&desk, &who, &id).await?;
    orders::file(&*desk.ledger, &order, &name, request, &by).await
}
