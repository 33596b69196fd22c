//! `/enterprise/trace/acts/{act}`: forms for shipping, receiving, returning,
//! destroying, inspecting, unpacking.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::home::own;
use crate::auth::Member;
use crate::base::{By, FieldError, Lang};
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::bodies;
use crate::http::console::{instant_of, page};
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::trace::recording;
use crate::registry::service::parse_range;
use crate::registry::{Register, Uscc};
use crate::trace::event::{EVENT_UNITS_MAX, Report, Transaction};
use crate::trace::place::PlaceKind;
use crate::trace::port::Why;
use crate::trace::{Act, Event, Range, Unit, service};
use crate::web::console::{Choice, Frame, Typed};
use crate::web::fault::particular;
use crate::web::trace::{self, ActPage, ReportForm};
use crate::web::verdict::named;

/// Acts that have a form.
pub(super) const FORMS: [Act; 6] =
    [Act::Shipped, Act::Received, Act::Returned, Act::Inspected, Act::Unpacked, Act::Destroyed];

/// Bytes of a form with as many codes as an event takes, as long as they are.
const FORM_BYTES_MAX: usize = 256 * 1024;

/// An act as it is typed and scanned.
#[derive(Clone, Default, Deserialize, ToSchema)]
pub struct TypedAct {
    /// One a line
    #[serde(default)]
    codes: String,
    /// Local time such as 2026-12-01T08:00; empty: now
    #[serde(default)]
    at: String,
    #[serde(default)]
    place: String,
    #[serde(default)]
    to: String,
    /// Number of the dispatch advice
    #[serde(default)]
    document: String,
    /// Of an inspection, instead of codes
    #[serde(default)]
    batch: String,
    #[serde(default)]
    range: String,
    #[serde(default)]
    station: String,
    #[serde(default)]
    number: String,
    /// passed or failed
    #[serde(default)]
    result: String,
    #[serde(default)]
    sha256: String,
}

/// The form of an act.
#[utoipa::path(
    get,
    path = "/enterprise/trace/acts/{act}",
    tag = "enterprise console",
    params(("act" = String, Path, description = "shipped, received, returned, inspected, unpacked or destroyed")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not for these duties"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such form"),
    )
)]
pub async fn form(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Member>,
    Path(act): Path<String>,
) -> Result<Response, Problem> {
    let act = allowed(&act, &who)?;
    act_page(&desk, frame, &own(&who)?, act, TypedAct::default(), Said::default()).await
}

/// Records an act.
#[utoipa::path(
    post,
    path = "/enterprise/trace/acts/{act}",
    tag = "enterprise console",
    params(("act" = String, Path, description = "shipped, received, returned, inspected, unpacked or destroyed")),
    request_body(content = TypedAct, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "It is recorded; the form for the next"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not for these duties"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such form"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what stands in the way"),
    )
)]
pub async fn record(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Member>,
    Path(act): Path<String>,
    request: axum::extract::Request,
) -> Result<Response, Problem> {
    let act = allowed(&act, &who)?;
    let own = own(&who)?;
    let (parts, body) = request.into_parts();
    let body = bodies::whole(body, FORM_BYTES_MAX).await?;
    let typed: TypedAct = bodies::form(parts.headers.get(header::CONTENT_TYPE), body).await?;
    let register = desk.scanner.register.load_full();
    let said = match read(&desk, act, &typed, &register, &own, &by) {
        Err(said) => *said,
        Ok(events) => keep(&desk, &own, &register, events, &by).await?,
    };
    desk.show_changes().await;
    let typed = if said.done.is_some() { kept_fields(typed) } else { typed };
    act_page(&desk, frame, &own, act, typed, said).await
}

/// The act of a form, for who has the duty.
fn allowed(slug: &str, who: &Member) -> Result<Act, Problem> {
    let act = FORMS.into_iter().find(|act| act.slug() == slug).ok_or_else(Problem::nothing)?;
    if who.duties.allow(trace::duty(act.hands())) { Ok(act) } else { Err(Problem::not_your_duty()) }
}

/// What stays in the form for the next.
fn kept_fields(typed: TypedAct) -> TypedAct {
    TypedAct { codes: String::new(), at: String::new(), ..typed }
}

/// What is wrong, or what was done.
#[derive(Default)]
struct Said {
    fault: Option<FieldError>,
    refusal: Option<Why>,
    /// Of codes: the line.
    line: Option<usize>,
    done: Option<u64>,
}

impl From<FieldError> for Box<Said> {
    fn from(fault: FieldError) -> Self {
        Self::new(Said { fault: Some(fault), ..Said::default() })
    }
}

fn read(
    desk: &Desk,
    act: Act,
    typed: &TypedAct,
    register: &Register,
    own: &Uscc,
    by: &By,
) -> Result<Vec<Event>, Box<Said>> {
    let text = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let at = match text(&typed.at) {
        Some(local) => instant_of("at", &local, &desk.zone)?,
        None => by.at,
    };
    let instant = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    let offset = desk.zone.to_offset(instant).seconds() / 60;
    let mut event = Event::new(service::new_id(by), act, at, offset);
    event.place = text(&typed.place);
    event.units = units(&typed.codes, register, own)?;
    if act == Act::Shipped {
        event.to = text(&typed.to);
        event.from.clone_from(&event.place);
        event.transaction = document(desk, own, typed)?;
    }
    if act == Act::Inspected {
        event.report = Some(Report {
            station: typed.station.trim().to_owned(),
            number: typed.number.trim().to_owned(),
            passed: typed.result != "failed",
            sha256: typed.sha256.trim().to_owned(),
        });
        event.range = range(typed, register, own)?;
    }
    if act != Act::Unpacked {
        return Ok(vec![event]);
    }
    // One event a case: each has its own contents.
    let parents = std::mem::take(&mut event.units);
    let none = || FieldError::new("codes", "are missing", "scan at least one");
    if parents.is_empty() {
        return Err(none().into());
    }
    let one = |parent| Event { id: service::new_id(by), parent: Some(parent), ..event.clone() };
    Ok(parents.into_iter().map(one).collect())
}

fn units(codes: &str, register: &Register, own: &Uscc) -> Result<Vec<Unit>, Box<Said>> {
    let lines = codes.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let mut units = Vec::new();
    for (n, line) in lines {
        let refused = |why| {
            Box::new(Said {
                refusal: Some(Why::Impossible(why)),
                line: Some(n + 1),
                ..Said::default()
            })
        };
        units.push(Unit::read(line, register, own).map_err(refused)?);
        if units.len() > EVENT_UNITS_MAX {
            return Err(FieldError::new("codes", "are too many", "record 500 at once").into());
        }
    }
    Ok(units)
}

/// A number becomes an address of ours.
fn document(desk: &Desk, own: &Uscc, typed: &TypedAct) -> Result<Option<Transaction>, FieldError> {
    let number = typed.document.trim();
    if number.is_empty() {
        return Ok(None);
    }
    if !number.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c)) {
        let remedy = "write letters, digits, - _ or .";
        return Err(FieldError::new("document", "cannot be used", remedy));
    }
    let uri = format!("{}/id/{own}/desadv/{number}", desk.site.origin());
    Ok(Some(Transaction { kind: "desadv".to_owned(), uri }))
}

fn range(typed: &TypedAct, register: &Register, own: &Uscc) -> Result<Option<Range>, FieldError> {
    let name = typed.batch.trim();
    if name.is_empty() {
        return Ok(None);
    }
    let unknown = || FieldError::new("batch", "is not known", "write KEY-BATCH of yours");
    let batch = name.parse().map_err(|_| unknown())?;
    let facts = register.batches.get(&batch).filter(|f| f.batch.enterprise == *own);
    let count = facts.ok_or_else(unknown)?.batch.count;
    let (first, last) = match typed.range.trim() {
        "" => (0, count - 1),
        text => parse_range(text)?,
    };
    let range = Range { batch, first, last };
    range.check(register, own)?;
    Ok(Some(range))
}

async fn keep(
    desk: &Desk,
    own: &Uscc,
    register: &Register,
    events: Vec<Event>,
    by: &By,
) -> Result<Said, Problem> {
    let done: u64 =
        events.iter().map(|e| e.range.map_or(e.units.len().max(1) as u64, |r| r.count())).sum();
    let with = recording(desk, own, register);
    match service::record_all(&*desk.ledger, with, events, by).await? {
        Ok(_) => Ok(Said { done: Some(done), ..Said::default() }),
        Err(Why::Invalid(fault)) => Ok(*Box::<Said>::from(fault)),
        Err(why) => Ok(Said { refusal: Some(why), ..Said::default() }),
    }
}

fn said(fault: &FieldError, lang: Lang) -> String {
    let zh = match fault.field.as_str() {
        "at" => "请填时间，例如2026-12-01T08:00",
        "codes" | "units" => "请扫至少一个码，最多500个",
        "batch" => "没有这个批次",
        "range" => "请填批次内的序号，例如0-999",
        "station" | "number" => "请填1至80个字",
        "sha256" => "SHA-256是64位十六进制数；没有就留空",
        "document" => "单号只能有字母、数字和 - _ .",
        _ => "请从列表中选择",
    };
    particular(fault, lang).unwrap_or_else(|| match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => fault.sentence(),
    })
}

async fn act_page(
    desk: &Desk,
    f: Frame,
    own: &Uscc,
    act: Act,
    typed: TypedAct,
    outcome: Said,
) -> Result<Response, Problem> {
    let lang = f.lang;
    let fault = outcome.fault.as_ref();
    let error = |fields: &[&str]| {
        fault.filter(|e| fields.contains(&e.field.as_str())).map(|e| said(e, lang))
    };
    let field = |name: &str, value: &String| Typed { value: value.clone(), error: error(&[name]) };
    let sites = desk.ledger.sites(own).await?;
    let of = |kind, chosen: &str| -> Vec<Choice> {
        sites
            .iter()
            .filter(|site| site.kind == kind)
            .map(|site| Choice {
                value: site.code.clone(),
                text: named(&site.name, lang).to_owned(),
                chosen: site.code == chosen,
            })
            .collect()
    };
    let away = if act == Act::Inspected { PlaceKind::Station } else { PlaceKind::Dealer };
    let here = if act == Act::Received { PlaceKind::Dealer } else { PlaceKind::Site };
    let refusal = outcome.refusal.as_ref().map(|why| {
        let words = match why {
            Why::Impossible(refusal) => refusal.text(lang),
            Why::Invalid(fault) => said(fault, lang),
        };
        match (outcome.line, lang) {
            (Some(n), Lang::Zh) => format!("第{n}行：{words}"),
            (Some(n), Lang::En) => format!("line {n}: {words}"),
            (None, _) => words,
        }
    });
    let title = trace::act(act).of(lang);
    let view = ActPage {
        act,
        title,
        help: trace::act_help(act).of(lang),
        codes: Typed { value: typed.codes.clone(), error: error(&["codes", "units"]) },
        at: field("at", &typed.at),
        places: of(here, &typed.place),
        place_error: error(&["place"]),
        dealers: of(away, &typed.to),
        to_error: error(&["to"]),
        document: field("document", &typed.document),
        report: ReportForm {
            batch: field("batch", &typed.batch),
            range: field("range", &typed.range),
            station: field("station", &typed.station),
            number: field("number", &typed.number),
            failed: typed.result == "failed",
            sha256: field("sha256", &typed.sha256),
        },
        fault: refusal,
        done: outcome.done.map(|n| match lang {
            Lang::Zh => format!("已登记{title}，{n}件"),
            Lang::En => format!("Recorded: {title}, {n}"),
        }),
        f,
    };
    let wrong = outcome.fault.is_some() || view.fault.is_some();
    page(&view, lang, if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK })
}
