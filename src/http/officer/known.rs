//! What the work on a label brought: leads, buyers' reports, checks on the spot.

use std::collections::HashSet;

use uuid::Uuid;

use super::code::Label;
use crate::base::LedgerError;
use crate::cases::port::CaseLine;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::leads::desk::State;
use crate::media::Sha256Hex;
use crate::reports::Report;
use crate::scan::Outcome;
use crate::scan::reason::{minute_text, place_text};
use crate::visits::{Fact, Kept};
use crate::web::console::Frame;
use crate::web::dossier::{FieldCheck, LeadLink, ReportLink};
use crate::web::leads;
use crate::web::report::state_text;
use crate::web::verdict::named;

/// Checks on the spot that are listed.
const CHECKS_MAX: u32 = 50;
/// Photos of one check that are shown.
const PHOTOS_MAX: usize = 6;

pub(super) async fn leads(desk: &Desk, label: &Label, f: &Frame) -> Result<Vec<LeadLink>, Problem> {
    let mut out = Vec::new();
    for id in desk.ledger.leads_of(&label.payload.to_bytes()).await? {
        let lead = match desk.ledger.lead(id).await {
            Ok(file) => file.lead,
            // It went into another since.
            Err(LedgerError::NotFound(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        out.push(LeadLink {
            id: lead.id.to_string(),
            kind: leads::kind(lead.kind).of(f.lang),
            score: leads::points(lead.score),
            why: named(&lead.why, f.lang).to_owned(),
            state: match lead.state {
                State::Open => f.lang.pick("待办", "open"),
                State::Done => f.lang.pick("已了结", "done"),
                State::Merged => f.lang.pick("已合并", "merged"),
            },
        });
    }
    Ok(out)
}

pub(super) async fn reports(
    desk: &Desk,
    label: &Label,
    f: &Frame,
    cases: &[CaseLine],
) -> Result<Vec<ReportLink>, Problem> {
    let reports = desk.ledger.reports_of(&label.payload.to_bytes()).await?;
    Ok(reports.iter().map(|report| report_link(report, desk, f, cases)).collect())
}

/// A report that is part of a case is that office's own.
pub(super) fn report_link(
    report: &Report,
    desk: &Desk,
    f: &Frame,
    cases: &[CaseLine],
) -> ReportLink {
    let wrong: Vec<_> = report.wrong.iter().map(|wrong| wrong.text(f.lang)).collect();
    let ours = |id: Uuid| cases.iter().any(|case| case.id == id);
    let open = report.case.as_ref().is_none_or(|case| ours(case.id));
    ReportLink {
        number: report.number.to_string(),
        href: open.then(|| format!("/officer/reports/{}", report.id)),
        at: minute_text(report.received_at, f.lang, &desk.zone),
        wrong: wrong.join(f.t("；", "; ")),
        place: place_text(report.region, f.lang),
        photos: report.photos.len(),
        state: state_text(report.state(), f.lang),
    }
}

/// Checks by officers of the office, and how many others made. Photos are shown for
/// a case of the office that has the label, and for nothing else.
pub(super) async fn checks(
    desk: &Desk,
    label: &Label,
    f: &Frame,
    office: Uuid,
    for_case: bool,
) -> Result<(Vec<FieldCheck>, u64), Problem> {
    let payload = label.payload.to_bytes();
    let (kept, others) = desk.ledger.field_checks(office, &payload, CHECKS_MAX).await?;
    let mut out = Vec::new();
    for one in &kept {
        let mut check = check(one, desk, f);
        if for_case {
            check.photos = photos(desk, one, check.visit.as_deref()).await?;
        }
        out.push(check);
    }
    Ok((out, others))
}

fn check(kept: &Kept, desk: &Desk, f: &Frame) -> FieldCheck {
    let says = kept.says.as_ref().filter(|says| says.overtaken);
    let mut view = FieldCheck {
        visit: kept.record.visit().map(|visit| format!("/officer/visits/{visit}")),
        at: minute_text(kept.made_by_server(), f.lang, &desk.zone),
        by: kept.arrival.recorded_by.clone(),
        shown: "",
        shown_class: String::new(),
        now: says.map(|says| Outcome::word_of(&says.outcome, f.lang).to_owned()),
        quantity: 0,
        matches: "",
        note: String::new(),
        photos: Vec::new(),
        photo_count: 0,
    };
    if let Fact::Check(check) = &kept.record.fact {
        view.shown = check.shown_words(kept.record.made_offline, f.lang);
        view.shown_class.clone_from(&check.shown);
        view.quantity = check.quantity;
        view.matches = crate::web::visits::matches(check.found.matches_label).of(f.lang);
        view.note.clone_from(&check.found.note);
        view.photo_count = check.photos.len();
    }
    view
}

/// Paths of those that have come.
async fn photos(desk: &Desk, kept: &Kept, visit: Option<&str>) -> Result<Vec<String>, Problem> {
    let (Fact::Check(check), Some(visit)) = (&kept.record.fact, visit) else {
        return Ok(Vec::new());
    };
    let (mut out, mut seen) = (Vec::new(), HashSet::new());
    for hash in check.photos.iter().take(PHOTOS_MAX).filter(|hash| seen.insert(*hash)) {
        let Some(named) = Sha256Hex::parse(hash) else { continue };
        if desk.ledger.media(&named).await?.is_some() {
            out.push(format!("{visit}/pictures/{hash}"));
        }
    }
    Ok(out)
}
