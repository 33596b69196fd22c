//! `/officer/policies`: what decides, what would, and who signed it off.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Officer;
use crate::auth::office::{Serving, Supervising};
use crate::base::{FieldError, Lang, ids};
use crate::http::access::AtConsole;
use crate::http::bodies::Posted;
use crate::http::console::{instant_of, page};
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::scan::judge::Policy;
use crate::scan::policies::{Comparison, Difference, PolicyRecord, SignOff, Term, sign_off};
use crate::scan::reason::minute_text;
use crate::web::console::{Choice, Frame, Typed, percent};
use crate::web::officer::{ComparisonView, DifferenceLine, PoliciesPage, PolicyLine, TermLine};

/// A policy and from when on it decides.
#[derive(Default, Deserialize, ToSchema)]
pub struct Signature {
    /// Name of the policy
    #[serde(default)]
    policy: String,
    /// Local time such as 2026-12-01T08:00; empty: at once
    #[serde(default)]
    effective_at: String,
    #[serde(default)]
    note: String,
}

/// Policies, what replays say of them, and who signed which.
#[utoipa::path(
    get,
    path = "/officer/policies",
    tag = "officer console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { frame, .. }: AtConsole<Officer>,
) -> Result<Response, Problem> {
    let known = known(&desk).await?;
    render(&desk, frame, &known, &Signature::default(), None, StatusCode::OK).await
}

/// Signs a policy off.
#[utoipa::path(
    post,
    path = "/officer/policies",
    tag = "officer console",
    request_body(content = Signature, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the page of policies"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn sign(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Serving<Supervising>>,
    Posted(signature): Posted<Signature>,
) -> Result<Response, Problem> {
    let known = known(&desk).await?;
    match term(&desk, &known, &signature, &who) {
        Ok((term, record)) => {
            desk.ledger.add_policy(record, &by).await?;
            desk.ledger.sign_policy(&term, &by).await?;
            desk.show_changes().await;
            Ok(Redirect::to("/officer/policies").into_response())
        }
        Err(fault) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            render(&desk, frame, &known, &signature, Some(&fault), status).await
        }
    }
}

/// Those of the ledger, and what comes with this version.
async fn known(desk: &Desk) -> Result<Vec<PolicyRecord>, Problem> {
    let mut known = desk.ledger.policies().await?;
    let shipped = PolicyRecord::shipped();
    if known.iter().all(|record| record.name != shipped.name) {
        known.push(shipped);
    }
    Ok(known)
}

fn term<'a>(
    desk: &Desk,
    known: &'a [PolicyRecord],
    signature: &Signature,
    who: &Officer,
) -> Result<(Term, &'a PolicyRecord), FieldError> {
    let now = desk.clock.now();
    let effective_at = match signature.effective_at.trim() {
        "" => now,
        local => instant_of("effective_at", local, &desk.zone)?,
    };
    let record = known
        .iter()
        .find(|record| record.name == signature.policy)
        .ok_or_else(|| FieldError::new("policy", "is not known", "choose one of the list"))?;
    let asked = SignOff { effective_at, by: &who.login, note: &signature.note, now };
    let policies = desk.scanner.policies.load();
    sign_off(&asked, record, policies.at(now), ids::new_id(now)).map(|term| (term, record))
}

async fn render(
    desk: &Desk,
    f: Frame,
    known: &[PolicyRecord],
    signature: &Signature,
    fault: Option<&FieldError>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let lang = f.lang;
    let terms = desk.ledger.terms().await?;
    let error = |field: &str| fault.filter(|f| f.field == field).map(|f| said(f, lang));
    // Who added it is told of the policy, where the form shows it.
    let policy_error = error("policy").or_else(|| error("signed_by"));
    let view = PoliciesPage {
        policies: known.iter().map(|record| line(desk, record, &terms, &f)).collect(),
        terms: terms.iter().map(|term| term_line(desk, term, lang)).collect(),
        choices: known
            .iter()
            .map(|record| Choice {
                value: record.name.clone(),
                text: record.name.clone(),
                chosen: record.name == signature.policy,
            })
            .collect(),
        policy_error,
        effective_at: Typed { value: signature.effective_at.clone(), error: error("effective_at") },
        note: Typed { value: signature.note.clone(), error: error("note") },
        f,
    };
    page(&view, lang, status)
}

fn said(fault: &FieldError, lang: Lang) -> String {
    let zh = match fault.field.as_str() {
        "signed_by" => "这份规则是您提出的，须由另一位执法人员签发",
        "policy" if fault.problem.starts_with("was not compared") => {
            "这份规则还没有和现行规则对比。请先在服务器上运行 zhenma policy compare"
        }
        "policy" => "请从列表中选择",
        "effective_at" => "请填现在或一年以内的时间；已经给出的结论不会改变",
        _ => "请写明依据，最多1000个字",
    };
    match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => fault.sentence(),
    }
}

fn line(desk: &Desk, record: &PolicyRecord, terms: &[Term], f: &Frame) -> PolicyLine {
    let now = desk.clock.now();
    let lang = f.lang;
    let minute = |at| minute_text(at, lang, &desk.zone);
    let decides = *desk.scanner.policies.load().at(now).name == *record.name;
    let own = terms.iter().filter(|term| term.policy == record.name);
    let next = own.map(|term| term.effective_at).filter(|at| *at > now).min();
    let state = match (decides, next) {
        (true, _) => f.t("现行", "decides now").to_owned(),
        (false, Some(at)) => match lang {
            Lang::Zh => format!("{}起生效", minute(at)),
            Lang::En => format!("from {}", minute(at)),
        },
        (false, None) => f.t("未生效", "not in force").to_owned(),
    };
    let read = Policy::read(&record.body).ok();
    let risk = |risk: Option<f32>| risk.map_or_else(|| "?".to_owned(), |r| percent(f64::from(r)));
    PolicyLine {
        name: record.name.clone(),
        state,
        decides,
        suspect: risk(read.as_ref().map(|p| p.suspect_risk)),
        lead: risk(read.as_ref().map(|p| p.lead_risk)),
        added: match &record.added_by {
            Some(by) => format!("{by} · {}", minute(record.added_at)),
            None => f.t("随软件发布", "came with the software").to_owned(),
        },
        comparison: record.comparison.as_ref().map(|c| comparison(c, f, minute(c.at))),
    }
}

fn comparison(c: &Comparison, f: &Frame, at: String) -> ComparisonView {
    let line = |what, d: &Difference| DifferenceLine {
        what,
        count: d.count,
        more: d.count.saturating_sub(d.serials.len() as u64),
        serials: d.serials.clone(),
    };
    ComparisonView {
        against: c.against.clone(),
        at,
        scans: c.scans,
        codes: c.codes,
        differences: vec![
            line(f.t("多显示可疑", "more labels suspect:"), &c.suspect_more),
            line(f.t("少显示可疑", "fewer labels suspect:"), &c.suspect_fewer),
            line(f.t("多列为存疑", "more on the list:"), &c.lead_more),
            line(f.t("少列为存疑", "fewer on the list:"), &c.lead_fewer),
        ],
    }
}

fn term_line(desk: &Desk, term: &Term, lang: Lang) -> TermLine {
    TermLine {
        policy: term.policy.clone(),
        from: minute_text(term.effective_at, lang, &desk.zone),
        by: term.signed_by.clone(),
        signed: minute_text(term.signed_at, lang, &desk.zone),
        note: term.note.clone(),
    }
}
