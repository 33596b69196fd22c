//! What console and API share of traceability: scans of a line, documents of
//! events, what is wrong in words.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::base::{By, FieldError, Lang, UnixMs};
use crate::http::desk::Desk;
use crate::http::exports::taken;
use crate::http::json;
use crate::http::problem::Problem;
use crate::registry::{BatchRef, Register, Uscc};
use crate::trace::line::{Batch, Level, Outcome, Scan, Told};
use crate::trace::port::{Filter, Recording, Refused, Why};
use crate::trace::{Act, capture, document, service};

/// Bytes of the scans of one call.
pub const SCANS_BYTES_MAX: usize = 256 * 1024;
/// Seconds in which a document must have come.
pub const DOCUMENT_WAIT: Duration = Duration::from_secs(8);
/// Events read at once of those that are exported.
const PAGE: u32 = 200;

/// Scans of a packing line, in order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Scans {
    /// The enterprise's name for the line.
    line: String,
    /// Made once by the device; its scans are numbered within it.
    session: Uuid,
    /// `case`: bottles into cases; `pallet`: cases on pallets.
    #[schema(value_type = String)]
    level: Level,
    /// How many belong in a case, or on a pallet.
    size: usize,
    /// Code of a registered place.
    place: Option<String>,
    /// At most 200; the same ones may be sent again until they are answered.
    scans: Vec<OneScan>,
}

/// One scan.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OneScan {
    /// Counts up within the session.
    n: u64,
    /// What the scanner read: a code, its URL or serial, an SSCC, a pallet
    /// number; or ZM:RESET, ZM:CLOSE.
    code: String,
    /// RFC 3339 with the offset of the floor.
    at: String,
}

/// Answers in the order of the scans.
#[derive(Serialize, ToSchema)]
pub struct Answers {
    answers: Vec<Answer>,
}

/// What became of a scan.
#[derive(Serialize, ToSchema)]
pub struct Answer {
    n: u64,
    /// taken, opened, packed, reset, refused, or repeated
    #[schema(value_type = String)]
    outcome: Outcome,
    /// Of a refusal: a stable slug.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    zh: String,
    en: String,
    /// In hand after it.
    has: usize,
    size: usize,
}

impl From<Told> for Answer {
    fn from(t: Told) -> Self {
        let Told { n, outcome, reason, zh, en, has, size, .. } = t;
        Self { n, outcome, reason, zh, en, has, size }
    }
}

fn read(body: &[u8]) -> Result<Batch, Problem> {
    let sent: Scans = json::read(body)?;
    let scan = |scan: OneScan| {
        let fault = |e: FieldError| Problem::invalid(vec![e]);
        let at = capture::instant("at", &scan.at).map_err(fault)?;
        let offset_minutes = capture::offset_of("at", &scan.at).map_err(fault)?;
        Ok(Scan { n: scan.n, text: scan.code, at, offset_minutes })
    };
    let scans = sent.scans.into_iter().map(scan).collect::<Result<_, Problem>>()?;
    let Scans { line, session, level, size, place, .. } = sent;
    let batch = Batch { line, session, level, size, place, scans };
    batch.check().map_err(Problem::invalid)?;
    Ok(batch)
}

/// Takes the scans of a line.
///
/// # Errors
/// 400 and 422 for what is no list of scans; a scan that is refused is none.
pub async fn take(desk: &Desk, own: &Uscc, body: &[u8], by: &By) -> Result<Answers, Problem> {
    let batch = read(body)?;
    let register = desk.scanner.register.load_full();
    let told = desk.ledger.scan_line(recording(desk, own, &register), &batch, by).await?;
    if desk.ledger.customs(own).await?.activates {
        // Again with every repeat, and before the answer: whoever did not get
        // it sends the scans again.
        let packed = told.iter().flat_map(|told| &told.packed);
        service::activate(&*desk.ledger, own, packed, by).await?;
    }
    for told in &told {
        metrics::counter!("zhenma_line_scans_total", "outcome" => slug(told.outcome)).increment(1);
    }
    Ok(Answers { answers: told.into_iter().map(Answer::from).collect() })
}

const fn slug(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Taken => "taken",
        Outcome::Opened => "opened",
        Outcome::Packed => "packed",
        Outcome::Reset => "reset",
        Outcome::Refused => "refused",
        Outcome::Repeated => "repeated",
    }
}

/// What events are recorded with.
pub fn recording<'a>(desk: &'a Desk, own: &'a Uscc, register: &'a Register) -> Recording<'a> {
    Recording { own, register, origin: desk.site.origin() }
}

/// What is wrong with an event.
pub fn fault(why: &Why, lang: Lang) -> FieldError {
    match why {
        Why::Invalid(fault) => fault.clone(),
        Why::Impossible(refusal) => {
            let problem = format!("{}: {}", refusal.slug(), refusal.text(lang));
            FieldError::new("units", problem, "see their history; declare a wrong record an error")
        }
    }
}

/// The problem with a document, its event named.
pub fn refused(refused: &Refused) -> Problem {
    let mut fault = fault(&refused.why, Lang::En);
    fault.field = format!("eventList[{}].{}", refused.index, fault.field);
    Problem::invalid(vec![fault])
}

/// Which events somebody asks for.
#[derive(Clone, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    pub batch: String,
    #[serde(default)]
    pub act: String,
    /// Days of the installation's zone, both inclusive.
    #[serde(default)]
    pub from: String,
    #[serde(default)]
    pub until: String,
}

impl Asked {
    /// # Errors
    /// Naming the first that cannot be read.
    pub fn filter(&self, zone: &TimeZone) -> Result<Filter, FieldError> {
        let batch = match self.batch.trim() {
            "" => None,
            text => Some(
                text.parse::<BatchRef>()
                    .map_err(|e| FieldError::new("batch", e, "write KEY-BATCH"))?,
            ),
        };
        let act = match self.act.trim() {
            "" => None,
            slug => Some(Act::from_slug(slug).ok_or_else(|| {
                let known = Act::ALL.map(Act::slug).join(", ");
                FieldError::new("act", "is not known", format!("write one of {known}"))
            })?),
        };
        let until =
            day("until", &self.until)?.map(|day| day.saturating_add(jiff::Span::new().days(1)));
        let start = |day: Option<Date>| {
            let zoned = day.and_then(|day| day.to_zoned_datetime(zone.clone()).ok());
            zoned.map(|zoned| UnixMs(zoned.timestamp().as_millisecond()))
        };
        Ok(Filter { batch, act, from: start(day("from", &self.from)?), until: start(until) })
    }
}

fn day(field: &str, text: &str) -> Result<Option<Date>, FieldError> {
    match text.trim() {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| FieldError::new(field, "is no day", "write 2026-11-27")),
    }
}

/// An EPCIS document that is written while it is read, however long it is. That it
/// was taken stands in the trail.
///
/// # Errors
/// Those of the ledger.
pub async fn exported(
    desk: &Desk,
    own: Uscc,
    filter: Filter,
    by: &By,
) -> Result<Response, Problem> {
    let asked = serde_json::json!({"format": "jsonld",
        "batch": filter.batch.map(|batch| batch.to_string()), "act": filter.act.map(Act::slug),
        "from": filter.from.map(|at| at.0), "until": filter.until.map(|at| at.0)});
    taken(desk, by, "events", Some(&own), asked).await?;
    let ledger = Arc::clone(&desk.ledger);
    let head = document::head(desk.clock.now());
    // Position and whether an event stands before; `None` when all is written.
    let pages = stream::unfold(Some((0_i64, false)), move |state| {
        let (ledger, own, filter) = (Arc::clone(&ledger), own.clone(), filter.clone());
        async move {
            let (after, mut begun) = state?;
            let events = match ledger.events(&own, &filter, Some(after), PAGE).await {
                Ok(events) => events,
                Err(error) => {
                    // The document ends short, so that no reader takes it for whole.
                    tracing::error!(%error, "an export of events was broken off");
                    let broken = std::io::Error::other("the ledger gave no answer");
                    return Some((Err(broken), None));
                }
            };
            let mut text = String::new();
            for kept in &events {
                text.push_str(if begun { ",\n" } else { "" });
                begun = true;
                match &kept.declared {
                    Some(declared) => {
                        text.push_str(&document::with_declaration(&kept.body, declared));
                    }
                    None => text.push_str(&kept.body),
                }
            }
            let next = events.last().map(|last| (last.seq, begun));
            Some((Ok(Bytes::from(text)), next.filter(|_| events.len() == PAGE as usize)))
        }
    });
    let whole = stream::once(async move { Ok::<_, std::io::Error>(Bytes::from(head)) })
        .chain(pages)
        .chain(stream::once(async { Ok(Bytes::from_static(document::TAIL.as_bytes())) }));
    let headers = [
        (header::CONTENT_TYPE, "application/ld+json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"events.jsonld\""),
    ];
    Ok((headers, Body::from_stream(whole)).into_response())
}
