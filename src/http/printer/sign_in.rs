//! `/printer/sign-in` and `sign-out`: by the number of a package and its code.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;
use utoipa::ToSchema;

use super::{PACKAGE, PICK_UP, by};
use crate::handoff::{Package, secret};
use crate::http::bodies::Posted;
use crate::http::client::Client;
use crate::http::console::{frame, page};
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::http::sign_in::sign_out;
use crate::scan::tags::Network;
use crate::web::console::{Area, Frame};
use crate::web::handoff::{CounterDoor, refusal};

/// What the form sends.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Credentials {
    number: String,
    code: String,
}

/// What people type.
#[utoipa::path(
    get,
    path = "/printer",
    tag = "pick-up",
    responses((status = 308, description = "To /printer/"))
)]
pub async fn door() -> Redirect {
    Redirect::permanent("/printer/")
}

/// The form.
#[utoipa::path(
    get,
    path = "/printer/sign-in",
    tag = "pick-up",
    responses((status = 200, body = String, content_type = "text/html", description = "A form"))
)]
pub async fn form(parts: Parts) -> Result<Response, Problem> {
    answer(frame(&parts, Area::Printer), StatusCode::OK, |_| {})
}

/// Begins a session that sees one package.
#[utoipa::path(
    post,
    path = "/printer/sign-in",
    tag = "pick-up",
    request_body(content = Credentials, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the package"),
        (status = 410, body = String, content_type = "text/html", description = "The pick-up is over; says why and what to do"),
        (status = 422, body = String, content_type = "text/html", description = "Number or code are wrong"),
        (status = 429, body = String, content_type = "text/html", description = "Too many tries"),
    )
)]
pub async fn enter(
    State(desk): State<Desk>,
    Extension(client): Extension<Client>,
    session: Session,
    parts: Parts,
    Posted(given): Posted<Credentials>,
) -> Result<Response, Problem> {
    let f = frame(&parts, Area::Printer);
    let lang = f.lang;
    let number = secret::plain(&given.number);
    let network = client.address.map(Network::of);
    if let Err(wait_s) = desk.sign_ins.check_pick_up(network, &format!("package {number}")) {
        metrics::counter!("zhenma_http_shed_total", "bound" => "sign_in").increment(1);
        let status = StatusCode::TOO_MANY_REQUESTS;
        return answer(f, status, |door| door.locked_s = Some(wait_s));
    }
    let by = by(&parts, &desk, &number);
    let hash = secret::kept(&given.code);
    match desk.ledger.pick_up(&number, &hash, &by).await? {
        None => answer(f, StatusCode::UNPROCESSABLE_ENTITY, |door| {
            (door.failed, door.number) = (true, given.number);
        }),
        Some(package) => match package.admits(by.at) {
            Err(why) => answer(f, StatusCode::GONE, |door| {
                door.refused = Some(refusal(why).of(lang));
            }),
            Ok(()) => {
                begin(&session, &package).await?;
                Ok(Redirect::to("/printer/").into_response())
            }
        },
    }
}

fn answer(
    f: Frame,
    status: StatusCode,
    fill: impl FnOnce(&mut CounterDoor),
) -> Result<Response, Problem> {
    let lang = f.lang;
    let mut door =
        CounterDoor { f, number: String::new(), failed: false, locked_s: None, refused: None };
    fill(&mut door);
    page(&door, lang, status)
}

async fn begin(session: &Session, package: &Package) -> Result<(), Problem> {
    let begun = async {
        session.cycle_id().await?;
        // Nobody's session of a console goes on under it.
        session.clear().await;
        session.insert(PACKAGE, package.id).await?;
        session.insert(PICK_UP, package.pick_up).await
    };
    begun.await.map_err(|error| {
        tracing::error!(%error, "a session was not begun");
        Problem::busy()
    })
}

/// Ends the session.
#[utoipa::path(
    post,
    path = "/printer/sign-out",
    tag = "pick-up",
    responses((status = 303, description = "Signed out"))
)]
pub async fn leave(session: Session) -> Result<Response, Problem> {
    sign_out(&session, Area::Printer).await
}
