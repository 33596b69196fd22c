//! `POST /report`: from an answer to the form.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::tickets::{refused, sender};
use super::{media, page};
use crate::base::Lang;
use crate::http::bodies::Posted;
use crate::http::client::Client;
use crate::http::desk::Desk;
use crate::http::negotiate;
use crate::http::problem::{Problem, ProblemDocument};
use crate::reports::Ticket;
use crate::web::report::{ReportForm, Said};

#[derive(Deserialize, ToSchema)]
pub struct Asked {
    /// What the page of the answer carries.
    pub ticket: String,
}

/// Opens the form of a report for the label whose answer the ticket stood in.
#[utoipa::path(
    post,
    path = "/report",
    tag = "consumer",
    params(("lang" = Option<String>, Query, description = "zh or en, before Accept-Language")),
    request_body(content = Asked, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "The form"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "The ticket is none of this browser, or too old"),
    )
)]
pub async fn open(
    State(desk): State<Desk>,
    Extension(client): Extension<Client>,
    parts: Parts,
    Posted(asked): Posted<Asked>,
) -> Result<Response, Problem> {
    media(&desk)?;
    let (seals, now) = (&desk.seals, desk.clock.now());
    let from = sender(&desk, &parts.headers, &client);
    let ticket = Ticket::of_answer(seals, &asked.ticket, from, now).map_err(refused)?;
    let lang = negotiate::lang(&parts.uri, &parts.headers);
    let form = form(&desk, &ticket.opened_at(now), Said::default(), lang);
    page(&form, lang, StatusCode::OK)
}

/// The form for a ticket, with what was said so far.
pub(super) fn form(desk: &Desk, ticket: &Ticket, said: Said, lang: Lang) -> ReportForm {
    let register = desk.scanner.register.load();
    let payload = ticket.payload.and_then(|p| crate::code::Payload::from_bytes(p).ok());
    let goods = payload.and_then(|payload| {
        let batch = crate::registry::BatchRef { key: payload.key, batch: payload.batch };
        register.batches.get(&batch).cloned()
    });
    // Of a forged label nothing is known: what it names is not its own.
    let goods = goods.filter(|_| ticket.outcome != "not_genuine");
    ReportForm {
        lang,
        ticket: ticket.sealed(&desk.seals),
        serial: ticket.serial.clone(),
        product: goods
            .map(|facts| crate::web::verdict::named(&facts.product.name, lang).to_owned()),
        reference: ticket.reference.clone(),
        said,
    }
}
