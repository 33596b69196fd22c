//! `/enterprise/recalls/{id}`: what it takes in, how far it is, what can be done.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{ask, find, line, returns};
use crate::auth::{Duty, Member};
use crate::base::{Lang, UnixMs};
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::recall::service::tally;
use crate::recall::{Kind, Recall, Tally, Word, fingerprint};
use crate::scan::Place;
use crate::scan::reason::minute_text;
use crate::web::console::{Frame, Typed};
use crate::web::recall::{self, RecallPage, RegionLine, ReturnLine};
use crate::web::verdict::named;

/// Ranges that are listed.
const RANGES_SHOWN_MAX: usize = 20;
/// Returns that are listed.
const RETURNS_SHOWN_MAX: u32 = 200;

/// What is shown beside the recall itself.
#[derive(Default)]
pub(super) struct Beside {
    /// Why something was not done.
    pub refused: Option<String>,
    /// The grounds that were typed.
    pub note: Typed,
    /// The form of goods that came back, as it was typed.
    pub returning: Option<returns::Filled>,
}

/// A recall, its goods and what can be done.
#[utoipa::path(
    get,
    path = "/enterprise/recalls/{id}",
    tag = "enterprise console",
    params(("id" = Uuid, Path, description = "Id of the recall")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such recall of this enterprise"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Member>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let recall = find(&desk, &who, &id).await?;
    recall_page(&desk, &who, frame, recall, Beside::default(), StatusCode::OK).await
}

pub(super) async fn recall_page(
    desk: &Desk,
    who: &Member,
    f: Frame,
    r: Recall,
    beside: Beside,
    status: StatusCode,
) -> Result<Response, Problem> {
    let lang = f.lang;
    let id = r.proposal.id;
    let ranges = &r.proposal.ranges;
    // What is decided upon is as fresh as can be.
    desk.show_changes().await;
    let now = tally(&desk.scanner.register.load(), ranges);
    let since = r.decided.as_ref().filter(|_| r.on_sale > 0).map_or(UnixMs(0), |word| word.at);
    let regions = desk.ledger.scanned_where(ranges, since).await?;
    let waits = r.decided.is_none();
    let own = r.proposed_by == who.login || r.proposed_key_by.as_ref() == Some(&who.login);
    let asks = who.duties.allow(Duty::Quality) || who.duties.allow(Duty::Sales);
    let took_off = r.proposal.kind != Kind::Lift && r.decided.is_some() && r.on_sale > 0;
    let progress = if took_off { Some(desk.ledger.progress_of(id).await?) } else { None };
    let returns = desk.ledger.returns(id, RETURNS_SHOWN_MAX).await?;
    let liftable = asks && !desk.ledger.in_force(id).await?.is_empty();
    let recall_page = RecallPage {
        recall: line(&r, &f, &desk.zone),
        refused: beside.refused,
        facts: facts(&r, &f, desk),
        ranges: ranges.iter().take(RANGES_SHOWN_MAX).map(ask::written).collect(),
        more_ranges: ranges.len().saturating_sub(RANGES_SHOWN_MAX),
        tally: counts(&now, &f),
        regions: regions
            .iter()
            .map(|region| RegionLine {
                place: place(region.province, lang),
                labels: region.labels,
                scans: region.scans,
            })
            .collect(),
        fingerprint: fingerprint(ranges, &now),
        decides: waits && !own && who.duties.allow(Duty::Approver),
        own: waits && own,
        progress: progress.map(|p| {
            let percent = (p.recovered * 100).checked_div(p.on_sale).unwrap_or(0);
            [p.on_sale, p.recovered, p.destroyed, p.outstanding(), percent]
        }),
        returns: returns
            .iter()
            .map(|back| ReturnLine {
                at: minute_text(back.noted_at, lang, &desk.zone),
                outcome: recall::outcome(back.outcome).of(lang),
                items: back.items,
                place: place(back.place, lang),
                note: back.note.clone(),
                by: back.noted_by.clone(),
            })
            .collect(),
        returning: (asks && r.is_open()).then(|| returns::form(beside.returning, desk, &f)),
        lifts: r.proposal.lifts.map(|of| of.to_string()),
        liftable,
        closable: asks && r.is_open(),
        note: beside.note,
        notices: [
            (f.t("公告（中文）", "Notice (Chinese)"), r.proposal.notice.zh.clone()),
            (f.t("公告（英文）", "Notice (English)"), r.proposal.notice.en.clone()),
        ],
        f,
    };
    page(&recall_page, lang, status)
}

fn place(code: u16, lang: Lang) -> String {
    Place(code).text(lang).unwrap_or_else(|| lang.pick("地区未知", "unknown").to_owned())
}

fn counts(now: &Tally, f: &Frame) -> Vec<(&'static str, u64)> {
    [
        (f.t("在售", "on sale"), now.on_sale),
        (f.t("尚未启用", "not yet on sale"), now.not_on_sale),
        (f.t("废标、布控码和缺失", "spoiled, planted or missing"), now.never_for_sale),
        (f.t("已停售", "off sale already"), now.withdrawn),
    ]
    .into()
}

fn facts(r: &Recall, f: &Frame, desk: &Desk) -> Vec<(&'static str, String)> {
    let minute = |at| minute_text(at, f.lang, &desk.zone);
    let told = |word: &Word| format!("{} · {} · {}", minute(word.at), word.by, word.note);
    let mut facts = vec![
        (f.t("原因", "Reason"), named(&r.proposal.reason, f.lang).to_owned()),
        (f.t("处理办法", "Remedy"), named(&r.proposal.remedy, f.lang).to_owned()),
        (f.t("提出", "Asked"), format!("{} · {}", minute(r.proposed_at), r.proposed_by)),
    ];
    facts.extend(r.decided.as_ref().map(|word| (f.t("审批", "Decided"), told(word))));
    facts.extend(r.closed.as_ref().map(|word| (f.t("结案", "Closed"), told(word))));
    facts.retain(|(_, value)| !value.is_empty());
    facts
}
