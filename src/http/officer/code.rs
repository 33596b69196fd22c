//! `/officer/codes/{serial}`: what is known of one label.

use std::collections::HashMap;
use std::hash::Hash;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::causes::{self, Stated};
use super::dossier;
use crate::auth::Officer;
use crate::base::FieldError;
use crate::cases::DecisionRecord;
use crate::code::{Layer, Payload};
use crate::handoff::secret::grouped;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::console::page;
use crate::http::consumer::ask::reference_of;
use crate::http::desk::Desk;
use crate::http::handoff::planting_text;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::Placement;
use crate::registry::register::BatchFacts;
use crate::scan::basis::basis;
use crate::scan::reason::{minute_text, place_text};
use crate::scan::{CodeId, History, Marks, Observation, Place, Reason, Tag48};
use crate::web::cases::words;
use crate::web::console::{self, Frame, Typed, percent};
use crate::web::dossier::ReasonLine;
use crate::web::officer::{self, CodePage, DecisionLine, ScanLine};
use crate::web::text;
use crate::web::verdict::{date_text, named};

/// Scans of the time line.
pub(super) const SCANS_MAX: u32 = 500;

/// The verdict, the time line and the decisions of one label.
#[utoipa::path(
    get,
    path = "/officer/codes/{serial}",
    tag = "officer console",
    params(("serial" = String, Path, description = "20 characters")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such label was issued"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Officer>,
    Path(serial): Path<String>,
) -> Result<Response, Problem> {
    let label = find(&desk, &serial)?;
    code_page(&desk, (frame, &who), label, Filled::default(), StatusCode::OK).await
}

/// A label that was issued.
pub(super) struct Label {
    pub(super) payload: Payload,
    pub(super) facts: std::sync::Arc<BatchFacts>,
    pub(super) number: u64,
}

/// What was typed into the forms of the page, and what is wrong with it.
#[derive(Default)]
pub(super) struct Filled {
    pub(super) note: Typed,
    pub(super) cause: Stated,
    pub(super) fault: Option<FieldError>,
}

pub(super) fn find(desk: &Desk, serial: &str) -> Result<Label, Problem> {
    let payload = Payload::from_serial_text(serial).map_err(|_| Problem::nothing())?;
    match desk.scanner.register.load().place(&payload) {
        Placement::Issued { facts, number, .. } => Ok(Label { payload, facts, number }),
        Placement::NotIssued => Err(Problem::nothing()),
    }
}

pub(super) async fn code_page(
    desk: &Desk,
    (f, who): (Frame, &Officer),
    label: Label,
    filled: Filled,
    status: StatusCode,
) -> Result<Response, Problem> {
    let (lang, zone) = (f.lang, &desk.zone);
    let id = CodeId { payload: label.payload.to_bytes(), number: label.number };
    let reviewed = desk.scanner.review(id, desk.clock.now()).await.map_err(|error| {
        tracing::warn!(%error, "a history was not read for an officer");
        Problem::busy()
    })?;
    let (verdict, history) = reviewed.ok_or_else(Problem::nothing)?;
    let scans = desk.ledger.scans_of(&id.payload, SCANS_MAX).await?;
    let decisions = desk.ledger.decisions(&id.payload).await?;
    let causes = desk.ledger.causes(&id.payload).await?;
    let first = verdict.reasons.first().ok_or_else(Problem::broken)?;
    let planting = match label.payload.layer {
        Layer::Outer | Layer::Inner => {
            desk.ledger.planting(label.facts.batch.id, label.number).await?
        }
        Layer::Case | Layer::Pallet => None,
    };
    let own = desk.ledger.serial_of(label.facts.batch.id, label.number).await?;
    let code = CodePage {
        serial: label.payload.to_string(),
        serial_path: label.payload.serial_text(),
        outcome: verdict.outcome.slug(),
        outcome_text: text::headline(verdict.outcome, first).of(lang).to_owned(),
        risk: percent(verdict.risk),
        policy: verdict.judged_by(),
        // Of a label that nobody has scanned its history tells nothing.
        reasons: verdict
            .reasons
            .iter()
            .chain(&verdict.doubts)
            .filter(|reason| **reason != Reason::FirstScan)
            .map(|reason| reason_line(reason, &history, &scans, &f, zone))
            .collect(),
        facts: facts(&label, own.as_deref(), &f),
        leak: planting.map(|planting| {
            let package = grouped(&planting.package_number);
            let from = planting_text(&planting, &f, zone);
            let says = format!("{package} · {} · {from}", planting.house);
            officer::Leak { planted: planting.planted, says }
        }),
        more_scans: history.count().saturating_sub(scans.len() as u64),
        scans: timeline(&scans, &f, zone),
        decisions: decisions.iter().map(|decision| decision_line(decision, &f, zone)).collect(),
        note: filled.note,
        causes: causes.iter().map(|cause| causes::line(cause, &f, zone)).collect(),
        cause: causes::form(&filled.cause, filled.fault.as_ref(), &f),
        dossier: dossier::of(desk, &f, &label, &history, &scans, who.office).await?,
        f,
    };
    page(&code, lang, status)
}

/// A reason, and the scans of the time line on which it rests.
pub(super) fn reason_line(
    reason: &Reason,
    history: &History,
    scans: &[Observation],
    f: &Frame,
    zone: &jiff::tz::TimeZone,
) -> ReasonLine {
    let at = |tag: &Tag48| scans.iter().position(|seen| seen.scan == *tag).map(|at| at + 1);
    ReasonLine {
        text: reason.text(f.lang, zone),
        scans: basis(reason, history).iter().filter_map(at).collect(),
    }
}

/// `own`: what stands on a label that its maker numbered itself.
fn facts(label: &Label, own: Option<&str>, f: &Frame) -> Vec<(&'static str, String)> {
    let lang = f.lang;
    let (batch, product) = (&label.facts.batch, &label.facts.product);
    let anywhere = || lang.pick("不限", "anywhere").to_owned();
    let name = |zh, en| lang.pick(zh, en);
    vec![
        (
            name(
                "标签上的编号（企业自编，无签名）",
                "Number on the label (the maker's own, unsigned)",
            ),
            own.unwrap_or_default().to_owned(),
        ),
        (name("产品", "Product"), named(&product.name, lang).to_owned()),
        (name("企业", "Maker"), named(&label.facts.enterprise.name, lang).to_owned()),
        (name("批次", "Batch"), format!("{} · {}", batch.id, batch.lot)),
        (name("生产日期", "Made on"), date_text(batch.made_on, lang)),
        (name("销往", "Destination"), Place(batch.destination).text(lang).unwrap_or_else(anywhere)),
        (name("经销商", "Dealer"), batch.dealer.clone()),
        match label.payload.layer {
            Layer::Case => (name("箱序号", "Case number"), label.number.to_string()),
            Layer::Pallet => (name("托盘序号", "Pallet number"), label.number.to_string()),
            _ => (name("序号", "Number"), label.number.to_string()),
        },
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .collect()
}

/// Numbers things in the order in which they are first seen.
struct Order<K>(HashMap<K, usize>);

impl<K: Hash + Eq> Order<K> {
    fn of(&mut self, key: K) -> usize {
        let next = self.0.len() + 1;
        *self.0.entry(key).or_insert(next)
    }
}

fn timeline(scans: &[Observation], f: &Frame, zone: &jiff::tz::TimeZone) -> Vec<ScanLine> {
    let (mut phones, mut networks) = (Order(HashMap::new()), Order(HashMap::new()));
    (1..)
        .zip(scans)
        .map(|(number, seen)| {
            let place = place_text(seen.place, f.lang);
            ScanLine {
                number,
                at: minute_text(seen.at, f.lang, zone),
                place: match seen.spot {
                    Some(_) => format!("{place} · {}", f.t("本人定位", "given by a tap")),
                    None => place,
                },
                phone: match seen.device.get() {
                    // Thinned: an old scan has neither.
                    0 => String::new(),
                    _ => format!("{}{}", f.t("手机", "phone "), phones.of(seen.device)),
                },
                network: if seen.device.get() == 0 && seen.network == 0 {
                    String::new()
                } else {
                    format!(
                        "{}{}{}",
                        f.t("网络", "network "),
                        networks.of(seen.network),
                        network_kind(seen.marks, f)
                    )
                },
                channel: console::channel(seen.channel).of(f.lang),
                note: notes(seen, f),
                reference: reference_of(seen.scan),
            }
        })
        .collect()
}

/// What stands behind the number of a network that is no buyer's own.
fn network_kind(marks: Marks, f: &Frame) -> &'static str {
    if marks.has(Marks::HOSTED) {
        f.lang.pick(" · 机房网络", " · data centre")
    } else if marks.has(Marks::PRIVATE) {
        f.lang.pick(" · 内网", " · private")
    } else if marks.has(Marks::CARRIER_NAT) {
        f.lang.pick(" · 运营商级NAT", " · carrier NAT")
    } else {
        ""
    }
}

fn notes(seen: &Observation, f: &Frame) -> &'static str {
    match (seen.marks.has(Marks::FOREIGN_HOST), seen.marks.has(Marks::CLAIMED)) {
        (true, _) => f.lang.pick("网址不是我们的", "under a host that is not ours"),
        (false, true) => f.lang.pick("设备为自称", "device as claimed"),
        (false, false) => "",
    }
}

fn decision_line(d: &DecisionRecord, f: &Frame, zone: &jiff::tz::TimeZone) -> DecisionLine {
    DecisionLine {
        at: minute_text(d.decided_at, f.lang, zone),
        by: d.decided_by.clone(),
        decision: officer::decision(d.decision).of(f.lang),
        note: words::of_a_case(&d.note, f.lang).unwrap_or_else(|| d.note.clone()),
    }
}
