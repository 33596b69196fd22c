//! `/officer/leads/{id}`: all of one lead.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::lead_words::{line, typed};
use crate::auth::office::Working;
use crate::auth::trail::Entry;
use crate::auth::{Office, Officer};
use crate::base::{By, FieldError};
use crate::code::Payload;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::leads::desk::{Lead, State as Standing, Typed};
use crate::leads::port::{LeadCode, LeadFile, SourceLine};
use crate::leads::told::Source;
use crate::scan::Place;
use crate::scan::reason::{minute_text, place_text};
use crate::web::console::{Frame, percent};
use crate::web::leads::{
    ActLine, CaseLink, Factor, LeadCodeLine, LeadPage, SaidLine, act, short, source,
};
use crate::web::verdict::named;

/// Labels that the form of a case is given.
const CASE_CODES_MAX: usize = 200;
/// Places of a label that its line names.
const PLACES_SHOWN: usize = 4;

/// A lead: why it is one, its labels, who told of it, what was done.
#[utoipa::path(
    get,
    path = "/officer/leads/{id}",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "Of the lead")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in, or to the lead in which this one goes on"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such lead"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Officer>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = id.parse().map_err(|_| Problem::nothing())?;
    one(&desk, (&who, &by), frame, id, (&Typed::default(), None)).await
}

/// The page, with what was typed and what is wrong with it.
pub(super) async fn one(
    desk: &Desk,
    (who, by): (&Officer, &By),
    f: Frame,
    id: Uuid,
    (deed, fault): (&Typed, Option<&FieldError>),
) -> Result<Response, Problem> {
    let file = desk.ledger.lead(id).await?;
    if let Some(into) = file.lead.merged_into {
        return Ok(Redirect::to(&format!("/officer/leads/{into}")).into_response());
    }
    let lang = f.lang;
    let informants = informants(desk, (who, by), &file).await?;
    let deed = match who.seat.answers::<Working>() {
        true => Some(typed(desk, deed, fault, &f).await?),
        false => None,
    };
    let open = file.lead.state == Standing::Open;
    let view = LeadPage {
        lead: line(desk, &file.lead, &f),
        key: file.lead.key.clone(),
        open,
        closed: (!open).then(|| closed(desk, &file, &f)),
        factors: factors(&file.lead, &f),
        facts: facts(desk, &file.lead, &f),
        codes: file.codes.iter().map(|code| code_line(desk, code, &f)).collect(),
        sources: file.sources.iter().map(|said| said_line(said, desk, &informants, &f)).collect(),
        acts: file
            .acts
            .iter()
            .map(|done| ActLine {
                at: minute_text(done.at, lang, &desk.zone),
                by: done.by.clone(),
                act: act(&done.act).of(lang),
                says: if done.act == "merged" { String::new() } else { done.says.clone() },
            })
            .collect(),
        cases: file
            .cases
            .iter()
            .map(|(case, office, number)| CaseLink {
                href: (*office == who.office).then(|| format!("/officer/cases/{case}")),
                number: number.clone(),
            })
            .collect(),
        new_case: (open && deed.is_some()).then(|| new_case(&file)),
        deed,
        f,
    };
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page(&view, lang, status)
}

/// Whose informants are shown: the names of the offices that told, for a case of the
/// reader's office that came of the lead, and those of the own office always. A
/// reference leads to whoever informed that office, so that a look at one is told in
/// the trail before it is shown.
async fn informants(
    desk: &Desk,
    (who, by): (&Officer, &By),
    file: &LeadFile,
) -> Result<HashMap<String, Office>, Problem> {
    let case = file.cases.iter().find(|(_, office, _)| *office == who.office);
    let shown = |office: &Office| case.is_some() || office.id == who.office;
    let told = |office: &Office| {
        let id = office.id.to_string();
        file.sources.iter().any(|said| said.source == Source::Office.slug() && said.origin == id)
    };
    let offices = desk.ledger.offices().await?;
    let seen: HashMap<_, _> = offices
        .into_iter()
        .filter(|office| shown(office) && told(office))
        .map(|office| (office.id.to_string(), office))
        .collect();
    if !seen.is_empty() {
        let entry = Entry {
            action: "lead.look",
            object: format!("lead {}", file.lead.id),
            enterprise: None,
            before: Value::Null,
            after: json!({"case": case.map(|(_, _, number)| number), "offices": seen.len()}),
        };
        desk.ledger.note(by, &entry).await?;
    }
    Ok(seen)
}

fn said_line(
    said: &SourceLine,
    desk: &Desk,
    informants: &HashMap<String, Office>,
    f: &Frame,
) -> SaidLine {
    let (origin, reference) = match informants.get(&said.origin) {
        Some(office) => (office.name(f.lang).to_owned(), said.reference.clone()),
        None if said.source == Source::Office.slug() => {
            let closed =
                f.t("来源和文号建案后可查看", "who and which reference: once it is a case");
            (closed.to_owned(), String::new())
        }
        None => (maker(desk, &said.origin, f), said.reference.clone()),
    };
    SaidLine {
        source: source(&said.source).of(f.lang),
        origin,
        reference,
        place: place_text(said.place, f.lang),
        says: f.lang.pick(&said.says_zh, &said.says_en).to_owned(),
        at: minute_text(said.at, f.lang, &desk.zone),
        gone: said.gone_at.is_some(),
    }
}

fn serial(payload: &[u8; 12]) -> String {
    Payload::from_bytes(*payload).map_or_else(|_| String::new(), Payload::serial_text)
}

/// The form for a case of what is left of the lead.
fn new_case(file: &LeadFile) -> String {
    let codes = file.codes.iter().filter(|code| code.left_at.is_none());
    let codes: Vec<String> = codes.take(CASE_CODES_MAX).map(|code| serial(&code.payload)).collect();
    let Place(region) = file.lead.place;
    format!("/officer/cases/new?lead={}&region={region}&codes={}", file.lead.id, codes.join(","))
}

fn closed(desk: &Desk, file: &LeadFile, f: &Frame) -> String {
    let lead = &file.lead;
    let at = lead.closed_at.map_or_else(String::new, |at| minute_text(at, f.lang, &desk.zone));
    let case = file.cases.iter().find(|(_, _, number)| *number == lead.grounds);
    match &lead.closed_by {
        Some(by) if case.is_some() => {
            format!("{} {} · {at} · {by}", f.t("已转案件", "Became case"), lead.grounds)
        }
        Some(by) => {
            format!("{} {at} · {by} · {}", f.t("不作进一步核查", "No further action"), lead.grounds)
        }
        None => {
            let nothing = f.t(
                "涉及标签均已认定，或情况已不存在",
                "Its labels are decided, or what was told holds no more",
            );
            format!("{} {at} · {nothing}", f.t("已了结", "Done"))
        }
    }
}

fn factors(lead: &Lead, f: &Frame) -> Vec<Factor> {
    let x = &lead.factors;
    let factor = |name, value, says: &str| Factor { name, value, says: says.to_owned() };
    vec![
        factor(
            f.t("可能性", "Probability"),
            percent(x.probability),
            f.t("最可疑的三枚标签与各方反映，按互不相干的证据合计", "its three riskiest labels and what others told, as independent witnesses"),
        ),
        factor(
            f.t("危害", "Harm"),
            short(x.harm),
            f.t("食品、酒、肉、油为1，其他商品0.6，窜货0.1", "1 for food, liquor, meat and oil, 0.6 for other goods, 0.1 for a lot sold elsewhere"),
        ),
        factor(
            f.t("时效", "Freshness"),
            short(x.freshness),
            f.t("最近一次查询在7天内为1，30天内0.9，90天内0.7，一年内0.45，更早0.25", "1 within 7 days of the latest scan, 0.9 within 30, 0.7 within 90, 0.45 within a year, then 0.25"),
        ),
        factor(
            f.t("波及", "Reach"),
            short(x.reach),
            f.t("随疑似复制的标签数、手机数和省份数增加，最高3", "grows with labels probably copied, phones and provinces; at most 3"),
        ),
    ]
}

fn facts(desk: &Desk, lead: &Lead, f: &Frame) -> Vec<(&'static str, String)> {
    let lang = f.lang;
    let register = desk.scanner.register.load();
    let maker = lead.enterprise.as_ref().and_then(|uscc| register.enterprises.get(uscc));
    let name = |zh, en| lang.pick(zh, en);
    let minute = |at| minute_text(at, lang, &desk.zone);
    [
        (name("产品", "Product"), super::lead_words::goods(desk, lead, f)),
        (
            name("企业", "Maker"),
            maker.map_or_else(String::new, |m| named(&m.name, lang).to_owned()),
        ),
        (name("批次", "Batch"), lead.batch.map_or_else(String::new, |batch| batch.to_string())),
        (name("主要地区", "Mostly in"), place_text(lead.place, lang)),
        (name("省份", "Provinces"), lead.provinces.to_string()),
        (name("手机", "Phones"), lead.people.to_string()),
        (name("形成", "Came up"), minute(lead.opened_at)),
        (name("最近", "Latest"), minute(lead.seen_at)),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .collect()
}

fn code_line(desk: &Desk, code: &LeadCode, f: &Frame) -> LeadCodeLine {
    let places = code.places.iter().take(PLACES_SHOWN).map(|place| place_text(*place, f.lang));
    let mut places = places.collect::<Vec<_>>().join(f.t("、", "; "));
    let more = code.places.len().saturating_sub(PLACES_SHOWN);
    if more > 0 {
        places.push_str(&match f.lang {
            crate::base::Lang::Zh => format!("等{}处", code.places.len()),
            crate::base::Lang::En => format!("; {more} more"),
        });
    }
    let risk =
        if code.risk > 0.0 { percent(code.risk) } else { f.t("未列入", "none").to_owned() };
    LeadCodeLine {
        serial: serial(&code.payload),
        number: code.number,
        batch: code.batch.to_string(),
        risk,
        people: code.people,
        scans: code.scans,
        places,
        seen: minute_text(code.seen_at, f.lang, &desk.zone),
        left: code.left_at.is_some(),
    }
}

/// An enterprise by its name.
fn maker(desk: &Desk, origin: &str, f: &Frame) -> String {
    let register = desk.scanner.register.load();
    let maker = register.enterprises.iter().find(|(uscc, _)| uscc.as_str() == origin);
    maker.map_or_else(|| origin.to_owned(), |(_, maker)| named(&maker.name, f.lang).to_owned())
}
