//! What the register says of a label whose record arrives.

use crate::base::{Lang, UnixMs};
use crate::http::consumer::check::tidy;
use crate::http::desk::Desk;
use crate::scan::Channel;
use crate::scan::own::{Named, Text};
use crate::scan::service::{Device, Question};
use crate::visits::Says;
use crate::visits::record::Check;
use crate::visits::says::is_overtaken;

/// Judged on the history of now, which it leaves as it is: a record tells of what
/// was seen some time ago.
pub(super) async fn look(desk: &Desk, check: &Check, at: UnixMs) -> (Option<[u8; 12]>, Says) {
    let question = Question {
        named: named(desk, &check.code).await,
        scan_id: uuid::Uuid::nil(),
        device: Device::Claimed(String::new()),
        address: None,
        location: None,
        channel: Channel::Officer,
        record: false,
        at,
    };
    let answer = desk.scanner.answer(question).await;
    let (outcome, first) = (answer.verdict.outcome.slug(), answer.verdict.reasons.first());
    let reason = first.map_or("", |reason| reason.slug());
    let words = |lang| first.map(|reason| reason.text(lang, &desk.zone)).unwrap_or_default();
    let says = Says {
        outcome: outcome.to_owned(),
        reason: reason.to_owned(),
        zh: words(Lang::Zh),
        en: words(Lang::En),
        serial: answer.payload.map(|payload| payload.serial_text()),
        at,
        overtaken: is_overtaken(&check.shown, outcome, reason),
    };
    // Of a label that was issued: a forged text names one too.
    let issued = answer.item.is_some();
    (answer.payload.filter(|_| issued).map(|payload| payload.to_bytes()), says)
}

/// As it was scanned, else as people type.
pub(super) async fn named(desk: &Desk, text: &str) -> Named {
    let named = desk.scanner.name(text).await;
    match named {
        Named::Code(Text::Malformed(_)) | Named::Nowhere(_) => {
            let tidied = Text::of(&tidy(text));
            if tidied.payload().is_some() { Named::Code(tidied) } else { named }
        }
        _ => named,
    }
}
