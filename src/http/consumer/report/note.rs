//! `POST /note`: what an answer said, kept under a check value. A POST, so that
//! no crawler makes any.

use axum::Extension;
use axum::extract::State;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};

use super::open::Asked;
use super::tickets::{refused, sender};
use super::{doors, media};
use crate::base::{By, UnixMs};
use crate::code::Payload;
use crate::http::bodies::Posted;
use crate::http::client::Client;
use crate::http::desk::Desk;
use crate::http::negotiate;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::BatchRef;
use crate::reports::note::{First, Goods};
use crate::reports::{Note, Ticket};

/// Keeps what an answer said, and leads to the page that says it again.
#[utoipa::path(
    post,
    path = "/note",
    tag = "consumer",
    params(("lang" = Option<String>, Query, description = "zh or en, before Accept-Language")),
    request_body(content = Asked, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of the note"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "The ticket is none of this browser, or too old"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Too many from this network"),
    )
)]
pub async fn make(
    State(desk): State<Desk>,
    Extension(client): Extension<Client>,
    parts: Parts,
    Posted(asked): Posted<Asked>,
) -> Result<Response, Problem> {
    media(&desk)?;
    doors(&desk).note(client.address)?;
    let (seals, now) = (&desk.seals, desk.clock.now());
    let from = sender(&desk, &parts.headers, &client);
    let ticket = Ticket::of_answer(seals, &asked.ticket, from, now).map_err(refused)?;
    let (check, content) = note_of(&desk, ticket).content(seals);
    desk.ledger.keep_note(&check, &content, &By::buyer(now)).await?;
    let lang = negotiate::lang(&parts.uri, &parts.headers);
    let path = format!("/v/{}?lang={}", check.plain(), lang.tag());
    Ok(Redirect::to(&path).into_response())
}

/// The answer as it was given, and the product as it is registered.
fn note_of(desk: &Desk, ticket: Ticket) -> Note {
    let register = desk.scanner.register.load();
    let payload = ticket.payload.and_then(|payload| Payload::from_bytes(payload).ok());
    let batch = payload.map(|p| BatchRef { key: p.key, batch: p.batch });
    // Of a forged label nothing is known: what it names is not its own.
    let known = batch.filter(|_| ticket.outcome != "not_genuine");
    let facts = known.and_then(|batch| register.batches.get(&batch));
    Note {
        outcome: ticket.outcome,
        reason: ticket.reason,
        at: UnixMs(ticket.at),
        serial: ticket.serial,
        reference: ticket.reference,
        first: ticket.first.map(|(at, region)| First { day: day_of(desk, at), region }),
        product: facts.map(|facts| Goods {
            gtin: facts.product.gtin.to_string(),
            name: facts.product.name.clone(),
            maker: facts.enterprise.name.clone(),
            net_content: facts.product.net_content.clone(),
            lot: facts.batch.lot.clone(),
        }),
    }
}

fn day_of(desk: &Desk, at: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
    at.to_zoned_datetime(desk.zone.clone()).date().to_string()
}
