//! One question to the scanner, from a page or from a POST, and what the
//! answers' renderings need.

use axum::http::{HeaderMap, Method};

use tracing::Span;

use crate::auth::{Role, SignedIn};
use crate::base::{Lang, UnixMs};
use crate::code::{Payload, base32};
use crate::http::Services;
use crate::http::client::Client;
use crate::http::consumer::visit::{Visit, device_of};
use crate::http::problem::Problem;
use crate::scan::own::Named;
use crate::scan::service::{Answer, Item, Question, RecordState};
use crate::scan::{Channel, Tag48};

/// An answer with all that its rendering needs.
pub struct Asked {
    pub answer: Answer,
    pub visit: Visit,
    pub lang: Lang,
    pub at: UnixMs,
    /// Whether whoever asks hears more than everybody may.
    pub sees_all: bool,
    /// Eight characters in two groups, to be read out to an officer.
    pub reference: String,
}

/// What a request asks beside its text.
pub struct Wish {
    pub lang: Lang,
    pub at: UnixMs,
    pub location: Option<(f64, f64, f64)>,
    pub channel: Option<Channel>,
    pub record: bool,
}

/// The part of a request that every question looks at.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    pub method: &'a Method,
    pub headers: &'a HeaderMap,
    pub client: &'a Client,
}

/// Counts the scan against the rates of its device and network.
///
/// # Errors
/// [`Problem`] 429, which says nothing about the label.
pub fn admit(services: &Services, head: Head<'_>) -> Result<(), Problem> {
    let device = device_of(head.headers);
    services.throttle.check(device, head.client.address).map_err(|wait_s| {
        metrics::counter!("zhenma_http_shed_total", "bound" => "rate").increment(1);
        Problem::too_many(wait_s)
    })
}

/// Finds out what a text names, before anything is known of it.
///
/// # Errors
/// [`Problem`] 429 for a network that asked for too many numbers that no list
/// has; it says nothing about this one.
pub async fn name(services: &Services, head: Head<'_>, text: &str) -> Result<Named, Problem> {
    let named = services.scanner.name(text).await;
    if !matches!(named, Named::Code(_)) {
        let (address, now) = (head.client.address, services.clock.now());
        services.misses.check(address, now).map_err(|wait_s| {
            metrics::counter!("zhenma_http_shed_total", "bound" => "own_misses").increment(1);
            Problem::too_many(wait_s)
        })?;
        if named.is_missed() {
            services.misses.count(address, now);
        }
    }
    Ok(named)
}

/// Asks the scanner.
pub async fn ask(
    services: &Services,
    head: Head<'_>,
    named: Named,
    visit: Visit,
    wish: Wish,
) -> Asked {
    // Whoever cannot be told now is not taken for a buyer: a maker's scan
    // among the buyers' would take the first query from an honest one.
    let identified = services.identify.identify(head.headers).await;
    let record = wish.record && identified.is_ok();
    let signed_in = identified.unwrap_or(None);
    let mut answer = services
        .scanner
        .answer(Question {
            named,
            scan_id: visit.scan_id,
            device: visit.device.clone(),
            address: head.client.address,
            location: wish.location,
            channel: believed(wish.channel, signed_in.as_ref()),
            record,
            at: wish.at,
        })
        .await;
    let sees_all = sees_all(signed_in.as_ref(), answer.item.as_ref());
    let reference = reference(services, answer.payload, &visit);
    let outcome = answer.verdict.outcome.slug();
    let reason = answer.verdict.reasons.first().map_or("none", |r| r.slug());
    let recorded = answer.recorded.slug();
    let span = Span::current();
    span.record("outcome", outcome).record("reason", reason);
    span.record("recorded", recorded).record("reference", &*reference);
    if answer.recorded == RecordState::Failed {
        // The buyer may read the reference out, and no history has it.
        tracing::warn!(reference, outcome, "a scan was not recorded");
    }
    services.counts.verdict(answer.verdict.outcome, answer.recorded);
    if !sees_all {
        answer.verdict.veil();
    }
    Asked { answer, visit, lang: wish.lang, at: wish.at, sees_all, reference }
}

/// Whether more is told than everybody may hear: officers hear it of every
/// label, an enterprise of its own.
fn sees_all(who: Option<&SignedIn>, item: Option<&Item>) -> bool {
    match who.map(|who| &who.role) {
        Some(Role::Officer { .. }) => true,
        Some(Role::Member { enterprise, .. }) => {
            item.is_some_and(|item| item.facts.enterprise.uscc.as_str() == enterprise)
        }
        Some(Role::Administrator) | None => false,
    }
}

/// A channel other than consumer is believed only of who is signed in for it.
/// The first of a role's channels is meant where the scan names none.
fn believed(claimed: Option<Channel>, signed_in: Option<&SignedIn>) -> Channel {
    let channels: &[Channel] = match signed_in.map(|who| &who.role) {
        Some(Role::Officer { .. }) => &[Channel::Officer],
        Some(Role::Member { .. }) => &[Channel::Factory, Channel::Retail],
        Some(Role::Administrator) | None => &[],
    };
    match claimed {
        Some(channel) if channels.contains(&channel) => channel,
        Some(_) => Channel::Consumer,
        None => channels.first().copied().unwrap_or_default(),
    }
}

/// Made of the scan's tag, so that who has the tag in the ledger finds it by
/// what is read out.
fn reference(services: &Services, payload: Option<Payload>, visit: &Visit) -> String {
    let bytes = payload.map_or([0; 12], Payload::to_bytes);
    reference_of(services.scanner.tags.scan(&bytes, visit.scan_id.as_bytes()))
}

/// `ABCD-EFGH`: the upper 40 of the tag's 48 bits.
pub fn reference_of(tag: Tag48) -> String {
    let mut text = String::with_capacity(9);
    base32::encode_into(&tag.to_bytes()[..5], &mut text);
    text.insert(4, '-');
    text
}

/// The range of tags whose reference this is; `None` when it is none. Small
/// letters, spaces and missing dashes are taken as people say them.
pub fn tags_of_reference(text: &str) -> Option<(Tag48, Tag48)> {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let [a, b, c, d, e] =
        (plain.len() == 8).then(|| base32::decode::<5>(plain.as_bytes()).ok()).flatten()?;
    Some((Tag48::from_bytes([a, b, c, d, e, 0]), Tag48::from_bytes([a, b, c, d, e, 0xff])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::office::FIRST;
    use crate::auth::{Duties, Seat};

    #[test]
    fn a_reference_leads_back_to_its_tag() {
        let tag = Tag48::from_bytes([1, 2, 3, 4, 5, 6]);
        let text = reference_of(tag);
        assert_eq!(text.len(), 9);
        let said = text.to_ascii_lowercase().replace('-', " ");
        let (low, high) = tags_of_reference(&said).expect("a reference");
        assert!(low <= tag && tag <= high);
        assert_eq!(tags_of_reference("AAAA"), None);
        assert_eq!(tags_of_reference("AAAA-AAA0"), None);
    }

    #[test]
    fn a_channel_is_believed_only_of_who_is_signed_in_for_it() {
        let who = |role| SignedIn { login: "x".into(), name: "x".into(), role };
        let officer = who(Role::Officer { office: FIRST, seat: Seat::Officer });
        let member = who(Role::Member { enterprise: "e".into(), duties: Duties::OWNER });
        for (claimed, signed_in, wanted) in [
            (Some(Channel::Factory), None, Channel::Consumer),
            (None, Some(&officer), Channel::Officer),
            (Some(Channel::Factory), Some(&officer), Channel::Consumer),
            (Some(Channel::Consumer), Some(&officer), Channel::Consumer),
            (None, Some(&member), Channel::Factory),
            (Some(Channel::Retail), Some(&member), Channel::Retail),
            (Some(Channel::Officer), Some(&member), Channel::Consumer),
        ] {
            assert_eq!(believed(claimed, signed_in), wanted, "{claimed:?}");
        }
    }
}
