//! `/officer/places/{place}`: all that is known of a town or province.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::known::report_link;
use super::lead_words;
use crate::auth::Officer;
use crate::base::{Lang, UnixMs};
use crate::cases::Flag;
use crate::cases::port::CaseLine;
use crate::code::Payload;
use crate::dossier::port::Forged;
use crate::dossier::unknown::unknown_there;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::provinces::{province, shapes};
use crate::leads::desk::{Lead, Wanted};
use crate::reports::Report;
use crate::scan::Place;
use crate::scan::reason::minute_text;
use crate::visits::{Fact, Kept};
use crate::web::cases::words;
use crate::web::console::{Frame, percent};
use crate::web::dossier::ReportLink;
use crate::web::place::{EventLine, FlagLine, PlacePage, WorkLine, unknown_there as said_unknown};
use crate::web::verdict::named;

/// What is listed of each kind.
const FLAGS_MAX: u32 = 200;
const FORGED_MAX: u32 = 100;
const LEADS_MAX: u32 = 20;
const WORK_MAX: u32 = 50;
/// Lines of the time line.
const EVENTS_MAX: usize = 80;

/// A place: leads, flagged labels, forged codes, reports, visits, cases, and what
/// happened when.
#[utoipa::path(
    get,
    path = "/officer/places/{place}",
    tag = "officer console",
    params(("place" = u16, Path, description = "GB/T 2260, four digits; a province ends with two noughts")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such place"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame: f, .. }: AtConsole<Officer>,
    Path(place): Path<String>,
) -> Result<Response, Problem> {
    let code: u16 = place.parse().map_err(|_| Problem::nothing())?;
    let lang = f.lang;
    let name = Place(code).text(lang).ok_or_else(Problem::nothing)?;
    let there = There::read(&desk, &who, code).await?;
    let met = met(&there.flags);
    let unknown = unknown_there(
        code.is_multiple_of(100),
        there.visits.len(),
        there.forged.len(),
        there.unplaced,
    );
    let shown = PlacePage {
        name,
        code,
        leads: there.leads.iter().map(|lead| lead_words::line(&desk, lead, &f)).collect(),
        more_leads: there.more_leads,
        flags: there.flags.iter().map(|flag| flag_line(&desk, flag, lang)).collect(),
        map: desk.map.clone(),
        shapes: shapes(&desk, &met, lang),
        met: met.iter().map(|(code, labels)| (province(*code, lang), *labels)).collect(),
        forged: there.forged.iter().map(|forged| forged_line(forged, &f)).collect(),
        reports: there.reports(&desk, &f),
        visits: there.visits.iter().map(|kept| visit_line(kept, &desk, &f)).collect(),
        cases: there.cases.iter().map(|case| case_line(case, &desk, &f)).collect(),
        events: there.events(&desk, &f),
        unknown: unknown
            .into_iter()
            .map(said_unknown)
            .map(|(zh, en)| lang.pick(&zh, &en).to_owned())
            .collect(),
        f,
    };
    page(&shown, lang, StatusCode::OK)
}

/// What is known of the place.
struct There {
    leads: Vec<Lead>,
    more_leads: bool,
    flags: Vec<Flag>,
    forged: Vec<Forged>,
    reports: Vec<Report>,
    /// Reports of no known place.
    unplaced: u64,
    visits: Vec<Kept>,
    cases: Vec<CaseLine>,
}

impl There {
    async fn read(desk: &Desk, who: &Officer, code: u16) -> Result<Self, Problem> {
        let ledger = &desk.ledger;
        let wanted = Wanted { place: Some(code), ..Wanted::todo(&who.login, desk.today()) };
        let (leads, next) = ledger.list_leads(&wanted, LEADS_MAX).await?;
        let (reports, unplaced) = ledger.reports_there(code, WORK_MAX).await?;
        Ok(Self {
            leads,
            more_leads: next.is_some(),
            flags: ledger.flags_in(code, FLAGS_MAX).await?,
            forged: ledger.forged_in(code, FORGED_MAX).await?,
            reports,
            unplaced,
            visits: ledger.visits_there(who.office, code, WORK_MAX).await?,
            cases: ledger.cases_there(who.office, code, WORK_MAX).await?,
        })
    }

    fn reports(&self, desk: &Desk, f: &Frame) -> Vec<ReportLink> {
        let reports = self.reports.iter();
        reports.map(|report| report_link(report, desk, f, &self.cases)).collect()
    }

    /// What happened, the latest first.
    fn events(&self, desk: &Desk, f: &Frame) -> Vec<EventLine> {
        let mut all: Vec<(UnixMs, EventLine)> = Vec::new();
        let mut event = |at: UnixMs, what, says: String, href: Option<String>| {
            let line = EventLine { at: minute_text(at, f.lang, &desk.zone), what, says, href };
            all.push((at, line));
        };
        for flag in &self.flags {
            let line = flag_line(desk, flag, f.lang);
            let href = format!("/officer/codes/{}", line.serial);
            event(
                flag.opened_at,
                f.lang.pick("标签存疑", "label flagged"),
                line.product,
                Some(href),
            );
        }
        for lead in &self.leads {
            let href = format!("/officer/leads/{}", lead.id);
            let why = named(&lead.why, f.lang).to_owned();
            event(lead.opened_at, f.lang.pick("线索形成", "lead came up"), why, Some(href));
        }
        for report in &self.reports {
            let link = report_link(report, desk, f, &self.cases);
            let what = f.lang.pick("收到举报", "buyer's report");
            event(report.received_at, what, link.wrong, link.href);
        }
        for kept in &self.visits {
            let line = visit_line(kept, desk, f);
            let what = f.lang.pick("现场检查", "visit");
            event(kept.made_by_server(), what, line.name, Some(line.href));
        }
        for case in &self.cases {
            let line = case_line(case, desk, f);
            let says = format!("{} {}", line.name, case.title);
            event(case.opened_at, f.lang.pick("建案", "case opened"), says, Some(line.href));
        }
        for forged in &self.forged {
            let Ok(day) = forged.day.parse::<jiff::civil::Date>() else { continue };
            let Ok(at) = day.at(0, 0, 0, 0).to_zoned_datetime(jiff::tz::TimeZone::UTC) else {
                continue;
            };
            let (_, kind, batch, seen) = forged_line(forged, f);
            let says = format!("{kind} {batch} × {seen}");
            let at = UnixMs(at.timestamp().as_millisecond());
            event(at, f.lang.pick("伪造的码被扫", "forged codes scanned"), says, None);
        }
        all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        all.into_iter().take(EVENTS_MAX).map(|(_, line)| line).collect()
    }
}

/// Flagged labels by province in which each was met.
fn met(flags: &[Flag]) -> BTreeMap<u8, u64> {
    let mut out = BTreeMap::new();
    for flag in flags {
        let provinces: BTreeSet<u8> = flag.spread.places.iter().map(|p| p.province()).collect();
        for code in provinces {
            *out.entry(code).or_default() += 1;
        }
    }
    out
}

fn visit_line(kept: &Kept, desk: &Desk, f: &Frame) -> WorkLine {
    let seller = match &kept.record.fact {
        Fact::Visit(opening) => opening.seller.name.clone(),
        _ => String::new(),
    };
    WorkLine {
        href: format!("/officer/visits/{}", kept.record.id),
        name: seller,
        at: minute_text(kept.made_by_server(), f.lang, &desk.zone),
        says: kept.arrival.recorded_by.clone(),
    }
}

fn case_line(case: &CaseLine, desk: &Desk, f: &Frame) -> WorkLine {
    let state = words::state(case.state).of(f.lang);
    let outcome = case.outcome.map(|outcome| words::outcome(outcome).of(f.lang));
    WorkLine {
        href: format!("/officer/cases/{}", case.id),
        name: case.number.clone(),
        at: minute_text(case.opened_at, f.lang, &desk.zone),
        says: [&*case.title, state, outcome.unwrap_or_default()]
            .join(" · ")
            .trim_end_matches(" · ")
            .to_owned(),
    }
}

fn forged_line(forged: &Forged, f: &Frame) -> (String, &'static str, String, u64) {
    let kind = match forged.kind.as_str() {
        "never_issued" => f.lang.pick("从未发出的编号", "number never issued"),
        "not_listed" => f.lang.pick("名单里没有的编号", "number in no list"),
        _ => f.lang.pick("签名不对", "wrong signature"),
    };
    let batch = forged.batch.map(|batch| batch.to_string()).unwrap_or_default();
    (forged.day.clone(), kind, batch, forged.seen)
}

fn flag_line(desk: &Desk, flag: &Flag, lang: Lang) -> FlagLine {
    let register = desk.scanner.register.load();
    let facts = register.batches.get(&flag.batch);
    let serial = Payload::from_bytes(flag.payload).map(Payload::serial_text);
    let why = flag.reasons.first();
    FlagLine {
        serial: serial.unwrap_or_default(),
        product: facts.map_or("", |facts| named(&facts.product.name, lang)).to_owned(),
        batch: flag.batch.to_string(),
        why: why.map_or("", |why| lang.pick(&why.zh, &why.en)).to_owned(),
        risk: percent(flag.risk),
        scans: flag.scans,
        updated: minute_text(flag.updated_at, lang, &desk.zone),
    }
}
