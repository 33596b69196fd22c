//! `POST /enterprise/orders/{id}/approve` and `reject`: a second person's word.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::order::{find, order_page};
use crate::auth::Member;
use crate::auth::duty::{Acting, Approving};
use crate::base::{By, LedgerError, grounds};
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies::Posted;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::web::console::Frame;

/// Why an order is not approved.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Grounds {
    reason: String,
}

/// Lets an order be made. Whoever placed it cannot.
#[utoipa::path(
    post,
    path = "/enterprise/orders/{id}/approve",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Id of the order")),
    responses(
        (status = 303, description = "To the page of the order"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such order of this enterprise"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with why it was refused"),
    )
)]
pub async fn approve(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Approving>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    decide(&desk, &who, frame, &id, None, &by).await
}

/// Refuses an order, with the reason.
#[utoipa::path(
    post,
    path = "/enterprise/orders/{id}/reject",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Id of the order")),
    request_body(content = Grounds, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of the order"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such order of this enterprise"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with why it was refused"),
    )
)]
pub async fn reject(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Approving>>,
    Path(id): Path<String>,
    Posted(given): Posted<Grounds>,
) -> Result<Response, Problem> {
    decide(&desk, &who, frame, &id, Some(&given.reason), &by).await
}

async fn decide(
    desk: &Desk,
    who: &Member,
    frame: Frame,
    id: &str,
    reason: Option<&str>,
    by: &By,
) -> Result<Response, Problem> {
    let order = find(desk, who, id).await?;
    let reason = reason.map(|text| grounds("reason", text)).transpose();
    let decided = match reason {
        Ok(reason) => desk.ledger.approve(order.id, reason.as_deref(), by).await,
        Err(fault) => Err(LedgerError::Invalid(vec![fault])),
    };
    match decided {
        Ok(order) => Ok(Redirect::to(&format!("/enterprise/orders/{}", order.id)).into_response()),
        Err(LedgerError::Invalid(faults)) => {
            let order = find(desk, who, id).await?;
            let fault = faults.first();
            order_page(desk, who, frame, order, fault, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(error) => Err(error.into()),
    }
}
