//! The ticket of an answer's page, and what comes back of it.

use axum::http::{HeaderMap, StatusCode};

use crate::code::Payload;
use crate::http::Services;
use crate::http::client::Client;
use crate::http::consumer::ask::Asked;
use crate::http::consumer::visit::device_of;
use crate::http::problem::Problem;
use crate::reports::Ticket;
use crate::reports::ticket::{Bad, Sender};
use crate::scan::service::{Device, RecordState};
use crate::scan::{Outcome, Tag48};

/// The sealed ticket of an answer to a person who scanned a label; `None` where
/// nothing can be reported: of a number that was typed, of what cannot be
/// confirmed now, and for who only looked.
pub fn of(asked: &Asked, services: &Services, client: &Client, is_a_scan: bool) -> Option<String> {
    services.media.as_ref()?;
    let (answer, tags) = (&asked.answer, &services.scanner.tags);
    let outcome = answer.verdict.outcome;
    let kept = matches!(answer.recorded, RecordState::Recorded | RecordState::Repeated);
    // Forgeries have no history that they could be recorded in.
    let may = is_a_scan && (kept || outcome == Outcome::NotGenuine);
    let Device::Cookie(cookie) = &asked.visit.device else { return None };
    if !may || outcome == Outcome::CannotConfirm {
        return None;
    }
    let payload = answer.payload.map(Payload::to_bytes);
    let scan = tags.scan(&payload.unwrap_or_default(), asked.visit.scan_id.as_bytes());
    let serial = match (&answer.own, answer.payload) {
        (Some(own), _) => own.serial.clone(),
        (None, Some(payload)) => payload.to_string(),
        (None, None) => String::new(),
    };
    let ticket = Ticket {
        at: asked.at.0,
        opened: None,
        payload,
        scan: scan.get(),
        device: tags.cookie(cookie).get(),
        network: tags.network(client.address),
        outcome: outcome.slug().to_owned(),
        reason: answer.verdict.reasons.first().map_or("", |reason| reason.slug()).to_owned(),
        serial,
        first: answer.scans.map(|scans| (scans.first_at.0, scans.first_place)),
        reference: asked.reference.clone(),
    };
    Some(ticket.sealed(&services.seals))
}

/// Who sends a form.
pub(super) fn sender(services: &Services, headers: &HeaderMap, client: &Client) -> Sender {
    let tags = &services.scanner.tags;
    let device: Option<Tag48> = device_of(headers).map(|cookie| tags.cookie(&cookie));
    Sender { device, network: tags.network(client.address) }
}

/// Why a form is not taken, and what to do.
pub(super) fn refused(bad: Bad) -> Problem {
    let (slug, zh, en) = match bad {
        Bad::Unknown | Bad::OtherBrowser => (
            "ticket_unknown",
            "请重新扫一次标签上的码，再从结果页进入；须使用同一部手机、同一个浏览器，并允许本站使用Cookie。",
            "Scan the label again and come from the page of its answer, with the same phone and \
             browser; let this site keep its cookie.",
        ),
        Bad::TooOld => (
            "ticket_too_old",
            "页面打开太久，已经失效。请重新扫一次标签上的码，再从结果页进入。",
            "The page was open for too long. Scan the label again and come from the page of its \
             answer.",
        ),
        Bad::TooFast => (
            "too_fast",
            "提交得太快。请返回上一页，核对内容后再提交。",
            "That was sent too fast. Go back, read it over, and send it again.",
        ),
    };
    Problem::new(StatusCode::CONFLICT, slug, zh, en)
}
