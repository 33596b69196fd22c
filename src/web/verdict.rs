//! The page of one label.

use std::sync::Arc;

use askama::Template;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::base::{Lang, UnixMs};
use crate::code::Payload;
use crate::registry::journey::Milestone;
use crate::registry::{Bilingual, Enterprise, Layers};
use crate::scan::reason::minute_text;
use crate::scan::service::{Answer, Item, RecordState, ScanSummary};
use crate::scan::{Outcome, Reason};
use crate::web::journey::{self, Step};
use crate::web::text::{self, Inside, Text};

/// Everything a verdict's page shows, in the reader's language.
#[derive(Template)]
#[template(path = "verdict.html")]
pub struct VerdictPage {
    lang: Lang,
    outcome: Outcome,
    headline: &'static str,
    icon: &'static str,
    /// Whether the page says who issued the label: where it did issue it.
    issued: bool,
    lead: String,
    /// That it is the label of a case: beside the verdict, not under it.
    case: Option<String>,
    /// That nothing signs it, and what its history says: beside the verdict too.
    unsigned: Option<Unsigned>,
    /// To choose from, where more than one maker's list has it.
    makers: Vec<(String, String)>,
    more: Vec<String>,
    first_query: Option<FirstQuery>,
    not_recorded: bool,
    item: Option<ItemView>,
    journey: Vec<Step>,
    serial: Option<String>,
    next: Vec<Text>,
    /// Whether the complaints line is named.
    call: bool,
    /// Binds a report or a note to this scan; none where there is nothing to report.
    ticket: Option<String>,
    reference: String,
    /// Whether an officer finds the label by it: forgeries have no history.
    reference_leads: bool,
    asked_at: String,
    other_language: String,
    form_label: Text,
    typed: String,
}

struct Unsigned {
    /// `None` where the lead says it.
    mark: Option<String>,
    history: Option<String>,
}

struct FirstQuery {
    at: String,
    place: Option<String>,
    is_this: bool,
    phones: u32,
}

struct ItemView {
    name: String,
    net_content: String,
    maker: String,
    lot: String,
    made_on: String,
    expires_on: Option<String>,
    expired: bool,
    standard: String,
}

/// What the page needs beside the answer.
pub struct Asked<'a> {
    pub lang: Lang,
    pub zone: &'a TimeZone,
    pub at: UnixMs,
    /// Short text that an officer finds the scan by.
    pub reference: String,
    pub ticket: Option<String>,
    /// Address of this page in the other language.
    pub other_language: String,
    /// What was typed, to be mended in the form when it is no code.
    pub typed: &'a str,
    /// Of the label's batch.
    pub milestones: &'a [Milestone],
}

/// Characters of a mistyped text that the form gives back.
const TYPED_CHARACTERS_MAX: usize = 160;

impl VerdictPage {
    pub fn new(answer: &Answer, asked: Asked<'_>) -> Self {
        let Asked { lang, zone, at, .. } = asked;
        let verdict = &answer.verdict;
        let outcome = verdict.outcome;
        let first = verdict.reasons.first().unwrap_or(&Reason::HistoryUnavailable { signed: true });
        let told = |reason: &Reason| reason.text(lang, zone);
        // Where and when it was first queried has a place of its own, and so
        // has what a case's label is.
        let more = verdict.reasons.iter().skip(1);
        let told_above = |r: &&Reason| {
            matches!(r, Reason::SeenByOthers { .. } | Reason::CaseLabel | Reason::NoSignature)
        };
        let unsigned = verdict.reasons.contains(&Reason::NoSignature).then(|| {
            let marked = *first == Reason::NoSignature;
            Unsigned {
                mark: (!marked).then(|| told(&Reason::NoSignature)),
                history: verdict.reasons.get(1).filter(|_| marked).map(told),
            }
        });
        // The first behind the mark is told with it.
        let behind = usize::from(unsigned.as_ref().is_some_and(|u| u.history.is_some()));
        let more = more.skip(behind).filter(|r| !told_above(r));
        let item = answer.item.as_ref();
        let case = verdict.reasons.contains(&Reason::CaseLabel);
        let inside = match item {
            Some(_) if case => Inside::Items,
            Some(i) if i.facts.batch.layers == Layers::OuterAndInner => Inside::Code,
            _ => Inside::Nothing,
        };
        let malformed = matches!(first, Reason::Malformed { .. });
        // A slip in typing is likelier than a forger who makes up numbers.
        let mistyped =
            *first == Reason::NeverIssued && Payload::from_serial_text(asked.typed.trim()).is_ok();
        Self {
            lang,
            outcome,
            headline: if mistyped { text::NO_SUCH_NUMBER } else { text::headline(outcome, first) }
                .of(lang),
            icon: icon(outcome),
            issued: matches!(outcome, Outcome::Genuine | Outcome::SeenBefore),
            lead: told(first),
            case: case.then(|| told(&Reason::CaseLabel)),
            unsigned,
            makers: to_choose_from(answer, lang),
            more: more.map(told).collect(),
            first_query: answer.scans.map(|s| FirstQuery::new(s, first, lang, zone)),
            not_recorded: answer.recorded == RecordState::Failed,
            item: item.map(|item| ItemView::new(item, lang, zone, at)),
            journey: journey::steps(asked.milestones, lang, zone),
            serial: match &answer.own {
                Some(own) => Some(own.serial.clone()),
                None => answer.payload.filter(|_| !malformed).map(|p| p.to_string()),
            },
            next: if mistyped {
                text::MISTYPED.into()
            } else {
                text::next_steps(outcome, first, inside)
            },
            call: !malformed
                && !mistyped
                && matches!(outcome, Outcome::Suspect | Outcome::NotGenuine | Outcome::Withdrawn),
            ticket: asked.ticket.filter(|_| !mistyped),
            reference: asked.reference,
            reference_leads: matches!(
                answer.recorded,
                RecordState::Recorded | RecordState::Repeated
            ),
            asked_at: minute_text(at, lang, zone),
            other_language: asked.other_language,
            form_label: if malformed || mistyped { text::FORM_LABEL } else { text::FORM_AGAIN },
            typed: if malformed || mistyped {
                asked.typed.chars().take(TYPED_CHARACTERS_MAX).collect()
            } else {
                String::new()
            },
        }
    }
}

fn to_choose_from(answer: &Answer, lang: Lang) -> Vec<(String, String)> {
    let Some(own) = answer.own.as_ref().filter(|own| own.makers.len() > 1) else {
        return Vec::new();
    };
    let link = |maker: &Arc<Enterprise>| {
        let path = format!("{}?lang={}", own.path_of(maker), lang.tag());
        (named(&maker.name, lang).to_owned(), path)
    };
    own.makers.iter().map(link).collect()
}

impl FirstQuery {
    fn new(scans: ScanSummary, decided: &Reason, lang: Lang, zone: &TimeZone) -> Self {
        Self {
            at: minute_text(scans.first_at, lang, zone),
            place: scans.first_place.text(lang),
            is_this: *decided == Reason::FirstScan && scans.devices == 1,
            phones: scans.devices,
        }
    }
}

impl ItemView {
    fn new(item: &Item, lang: Lang, zone: &TimeZone, at: UnixMs) -> Self {
        let facts = &item.facts;
        let batch = &facts.batch;
        let today = Timestamp::from_millisecond(at.0)
            .map(|now| now.to_zoned_datetime(zone.clone()).date())
            .unwrap_or(Date::MIN);
        Self {
            name: named(&facts.product.name, lang).to_owned(),
            net_content: facts.product.net_content.clone(),
            maker: named(&facts.enterprise.name, lang).to_owned(),
            lot: batch.lot.clone(),
            made_on: date_text(batch.made_on, lang),
            expires_on: batch.expires_on.map(|day| date_text(day, lang)),
            expired: batch.expires_on.is_some_and(|day| day < today),
            standard: facts.product.standard.clone(),
        }
    }
}

/// One of two names; the Chinese one where there is no English.
pub fn named(name: &Bilingual, lang: Lang) -> &str {
    match lang {
        Lang::En if !name.en.is_empty() => &name.en,
        _ => &name.zh,
    }
}

/// A day in words: `2026年3月12日`, `12 Mar 2026`.
pub fn date_text(day: Date, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
        Lang::En => day.strftime("%-d %b %Y").to_string(),
    }
}

macro_rules! svg {
    ($inside:literal) => {
        concat!(
            r#"<svg viewBox="0 0 48 48" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="4" stroke-linecap="round" stroke-linejoin="round">"#,
            $inside,
            "</svg>"
        )
    };
}

/// The shape of a verdict; the words beside it say the same.
pub const fn icon(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Genuine => svg!(r#"<circle cx="24" cy="24" r="21"/><path d="M14 25l7 7 13-15"/>"#),
        Outcome::SeenBefore => svg!(
            r#"<path d="M3 24s8-14 21-14 21 14 21 14-8 14-21 14S3 24 3 24z"/><circle cx="24" cy="24" r="6"/>"#
        ),
        Outcome::Suspect => {
            svg!(r#"<path d="M24 5L3 43h42z"/><path d="M24 19v11M24 37v.1"/>"#)
        }
        Outcome::NotGenuine => svg!(
            r#"<path d="M15 3h18l12 12v18L33 45H15L3 33V15z"/><path d="M16 16l16 16M32 16L16 32"/>"#
        ),
        Outcome::Withdrawn => svg!(
            r#"<path d="M14 27V12a3 3 0 0 1 6 0v10M20 22V7a3 3 0 0 1 6 0v15M26 22V9a3 3 0 0 1 6 0v14M32 24V14a3 3 0 0 1 6 0v16c0 9-6 15-14 15-7 0-10-3-13-8l-6-9c-1-3 3-5 5-3l4 4"/>"#
        ),
        Outcome::NotOnSale => {
            svg!(r#"<circle cx="24" cy="24" r="21"/><path d="M24 11v13l9 6"/>"#)
        }
        Outcome::CannotConfirm => svg!(
            r#"<circle cx="24" cy="24" r="21"/><path d="M17 18a7 7 0 1 1 11 6c-3 2-4 3-4 6M24 36v.1"/>"#
        ),
    }
}
