//! `/officer/reports`: what buyers reported, and one report.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::auth::Officer;
use crate::auth::office::Working;
use crate::auth::trail::Entry;
use crate::base::{By, LedgerError, UnixMs};
use crate::cases::file::State as CaseState;
use crate::cases::port::{CASES_SHOWN_MAX, Sight, Wanted as CasesWanted};
use crate::code::Payload;
use crate::http::access::AtConsole;
use crate::http::address::{Path, Query, counted};
use crate::http::console::page;
use crate::http::consumer::ask::reference_of;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::BatchRef;
use crate::reports::{ClosedAs, Report, State as ReportState, Wanted};
use crate::scan::Place;
use crate::scan::reason::minute_text;
use crate::web::buyers_reports::{
    ContactView, Deed, ReportLine, ReportPage, ReportsPage, Said, StateChoice,
};
use crate::web::console::{Choice, Frame, Typed};
use crate::web::report::{closed_text, state_text};
use crate::web::text;
use crate::web::verdict::named;

/// Reports of one page.
const PAGE: u32 = 50;

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    near: String,
    #[serde(default, deserialize_with = "counted")]
    before: Option<u64>,
}

/// Reports, newest first.
#[utoipa::path(
    get,
    path = "/officer/reports",
    tag = "officer console",
    params(
        ("state" = Option<String>, Query, description = "received, looked_at, in_case or closed"),
        ("near" = Option<String>, Query, description = "1: of the office's own region alone"),
        ("before" = Option<u64>, Query, description = "Behind this one of the list"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    AtConsole { who, frame: f, .. }: AtConsole<Officer>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let home = home_of(&desk, who.office).await?;
    let near = asked.near == "1";
    let region = home.filter(|_| near);
    let chosen = ReportState::from_slug(&asked.state);
    let wanted = Wanted { state: chosen, region, before: asked.before };
    let mut found = desk.ledger.buyers_reports(&wanted, PAGE + 1).await?;
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let counts = desk.ledger.reports_counted(region).await?;
    let states = ReportState::ALL.into_iter().zip(counts);
    let last = found.last().map(|report| report.seq).filter(|_| more);
    let lang = f.lang;
    let shown = ReportsPage {
        states: states
            .map(|(state, count)| StateChoice {
                slug: state.slug(),
                text: state_text(state, lang),
                count,
                chosen: chosen == Some(state),
            })
            .collect(),
        near: home.map(|home| (near, home.text(lang).unwrap_or_default())),
        lines: found.iter().map(|report| line(&desk, report, &f)).collect(),
        next: last.map(|seq| {
            let near = if near { "&near=1" } else { "" };
            format!("/officer/reports?state={}{near}&before={seq}", asked.state_slug(chosen))
        }),
        f,
    };
    page(&shown, lang, StatusCode::OK)
}

impl Asked {
    /// What was asked for, and never what was typed.
    const fn state_slug(&self, chosen: Option<ReportState>) -> &'static str {
        match chosen {
            Some(state) => state.slug(),
            None => "",
        }
    }
}

/// The region of an office; none for one that is anywhere's.
async fn home_of(desk: &Desk, office: Uuid) -> Result<Option<Place>, Problem> {
    let offices = desk.ledger.offices().await?;
    let own = offices.iter().find(|one| one.id == office);
    Ok(own.map(|own| Place(own.region)).filter(|place| *place != Place::UNKNOWN))
}

fn payload_of(report: &Report) -> Option<Payload> {
    report.payload.and_then(|payload| Payload::from_bytes(payload).ok())
}

fn product_of(desk: &Desk, report: &Report, f: &Frame) -> Option<String> {
    let payload = payload_of(report)?;
    let batch = BatchRef { key: payload.key, batch: payload.batch };
    let register = desk.scanner.register.load();
    let facts = register.batches.get(&batch).filter(|_| report.outcome != "not_genuine")?;
    Some(named(&facts.product.name, f.lang).to_owned())
}

fn region_of(report: &Report, f: &Frame) -> String {
    report.region.text(f.lang).unwrap_or_else(|| f.t("不详", "not known").to_owned())
}

fn line(desk: &Desk, report: &Report, f: &Frame) -> ReportLine {
    let wrong: Vec<_> = report.wrong.iter().map(|wrong| wrong.text(f.lang)).collect();
    let unknown = f.t("登记中没有", "not registered");
    ReportLine {
        id: report.id.to_string(),
        number: report.number.to_string(),
        received: minute_text(report.received_at, f.lang, &desk.zone),
        state: state_text(report.state(), f.lang),
        wrong: wrong.join(f.t("；", "; ")),
        product: product_of(desk, report, f).unwrap_or_else(|| unknown.to_owned()),
        serial: payload_of(report).map(Payload::serial_text).unwrap_or_default(),
        place: region_of(report, f),
        photos: report.photos.len(),
        case: report.case.as_ref().map(|case| case.number.clone()),
    }
}

/// One report: what was said, its photos, what was done about it.
#[utoipa::path(
    get,
    path = "/officer/reports/{id}",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "UUID")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "There is no such report"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Officer>,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let report = find(&desk, id).await?;
    if is_theirs(&desk, &who, &report).await? {
        let photos = report.photos.len();
        looked(&desk, &report, ("report.show", json!({"photos": photos})), &by).await?;
    }
    let contact = sealed_view(&report, &who, &frame);
    shown(&desk, &who, frame, &report, contact, (Typed::default(), StatusCode::OK)).await
}

pub(super) async fn find(desk: &Desk, id: Uuid) -> Result<Report, Problem> {
    desk.ledger.buyers_report(id).await?.ok_or_else(Problem::nothing)
}

/// Whether what was said in a report, and by whom, is for this office: anybody's
/// before it stands in a case, and then of the office that has the case.
pub(super) async fn is_theirs(
    desk: &Desk,
    who: &Officer,
    report: &Report,
) -> Result<bool, Problem> {
    let Some(case) = &report.case else { return Ok(true) };
    match desk.ledger.case_file(who.office, case.id).await {
        Ok(sight) => Ok(matches!(sight, Sight::Own(_))),
        Err(LedgerError::NotFound(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Tells the trail who looks at what somebody said, before it is shown.
pub(super) async fn looked(
    desk: &Desk,
    report: &Report,
    (action, after): (&'static str, Value),
    by: &By,
) -> Result<(), Problem> {
    let object = format!("report {}", report.id);
    let entry = Entry { action, object, enterprise: None, before: Value::Null, after };
    Ok(desk.ledger.note(by, &entry).await?)
}

pub(super) fn sealed_view(report: &Report, who: &Officer, f: &Frame) -> ContactView {
    if !report.has_contact {
        return ContactView::None;
    }
    if report.case.is_none() {
        return ContactView::Closed(f.t(
            "举报人留有联系方式。并入案件后，由办案人员查看。",
            "One was left. It can be opened once the report is part of a case.",
        ));
    }
    if who.seat.answers::<Working>() {
        return ContactView::Sealed;
    }
    ContactView::Closed(f.t("只有办案人员可以查看。", "Those who work on cases can open it."))
}

/// The page of a report, as far as whoever looks may act on it.
pub(super) async fn shown(
    desk: &Desk,
    who: &Officer,
    f: Frame,
    report: &Report,
    contact: ContactView,
    (case_asked, status): (Typed, StatusCode),
) -> Result<Response, Problem> {
    let lang = f.lang;
    let theirs = is_theirs(desk, who, report).await?;
    let working = theirs && who.seat.answers::<Working>();
    let open = working && report.state() != ReportState::Closed;
    let may_link = open && report.case.is_none();
    let others = match &report.payload {
        Some(payload) => desk.ledger.reports_of(payload).await?,
        None => Vec::new(),
    };
    let minute = |at: UnixMs| minute_text(at, lang, &desk.zone);
    let serial = payload_of(report).map(Payload::serial_text);
    let page_of = ReportPage {
        id: report.id.to_string(),
        number: report.number.to_string(),
        state: state_text(report.state(), lang),
        serial_path: serial.as_ref().map(|serial| format!("/officer/codes/{serial}")),
        serial: serial.unwrap_or_default(),
        answer: text::headline_of(&report.outcome, &report.reason).of(lang).to_owned(),
        facts: vec![
            (f.t("查询参考号", "Reference"), reference_of(report.scan)),
            (f.t("收到时间", "Received"), minute(report.received_at)),
            (f.t("扫码地区", "Region of the scan"), region_of(report, &f)),
            (
                f.t("标签登记的商品", "Registered product"),
                product_of(desk, report, &f).unwrap_or_else(|| "—".to_owned()),
            ),
        ],
        wrong: report.wrong.iter().map(|wrong| wrong.text(lang)).collect(),
        said: theirs.then(|| Said {
            note: report.note.clone(),
            shop: report.shop.clone(),
            place: report.place.clone(),
            photos: (1..=report.photos.len())
                .map(|n| format!("/officer/reports/{}/photos/{n}", report.id))
                .collect(),
            contact,
        }),
        deeds: deeds(report, &f, minute),
        others: others
            .iter()
            .filter(|other| other.id != report.id)
            .map(|other| {
                let path = format!("/officer/reports/{}", other.id);
                (other.number.to_string(), path, state_text(other.state(), lang))
            })
            .collect(),
        case: report
            .case
            .as_ref()
            .filter(|_| theirs)
            .map(|case| (case.number.clone(), format!("/officer/cases/{}", case.id))),
        may_look: open && report.looked.is_none(),
        may_link,
        may_close: open && report.case.is_none(),
        may_tell: working && report.has_contact && report.told.is_none(),
        cases: if may_link { open_cases(desk, who, &f).await? } else { Vec::new() },
        case_asked,
        endings: ClosedAs::ALL.map(|how| (how.slug(), closed_text(how, lang))).to_vec(),
        f,
    };
    page(&page_of, lang, status)
}

fn deeds(report: &Report, f: &Frame, minute: impl Fn(UnixMs) -> String) -> Vec<Deed> {
    let deed = |what, (by, at): &(String, UnixMs)| Deed { what, by: by.clone(), at: minute(*at) };
    let closed = report.closed.as_ref();
    [
        report.looked.as_ref().map(|by| deed(f.t("开始核查", "looked into it"), by)),
        closed.map(|(how, by, at)| deed(closed_text(*how, f.lang), &(by.clone(), *at))),
        report.told.as_ref().map(|by| deed(f.t("已告知举报人", "told the reporter"), by)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What a report can become part of: a new case, or one of the office's open ones.
async fn open_cases(desk: &Desk, who: &Officer, f: &Frame) -> Result<Vec<Choice>, Problem> {
    let wanted =
        CasesWanted { office: who.office, states: vec![CaseState::Open], ..CasesWanted::default() };
    let (cases, _) = desk.ledger.list_cases(&wanted, CASES_SHOWN_MAX).await?;
    let new = Choice {
        value: "new".to_owned(),
        text: f.t("新建案件", "a new case").to_owned(),
        chosen: true,
    };
    let known = cases.into_iter().map(|case| Choice {
        value: case.id.to_string(),
        text: format!("{} {}", case.number, case.title),
        chosen: false,
    });
    Ok(std::iter::once(new).chain(known).collect())
}
