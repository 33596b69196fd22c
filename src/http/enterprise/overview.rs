//! `/enterprise/overview`: where labels are, when and where they are scanned, what
//! is flagged, which lots travel unusually.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::ToSpan;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::batch::{bars, find};
use super::home::own;
use super::overview_flow;
use crate::auth::duty::{Acting, Withdrawing};
use crate::auth::{Duty, Member};
use crate::base::{Lang, grounds, ids};
use crate::cases::Flag;
use crate::code::Payload;
use crate::http::access::AtConsole;
use crate::http::bodies::Posted;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::overview::{DAYS, figures, kinds};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::provinces::{province, shapes};
use crate::overview::Reply;
use crate::overview::late::IDLE_DAYS;
use crate::registry::{BatchRef, RangeFact, Register, Uscc};
use crate::scan::diversion::Travelled;
use crate::scan::ledger::DayCount;
use crate::scan::reason::minute_text;
use crate::web::console::{Frame, Typed};
use crate::web::overview::{
    AccusedLine, BlockedLine, IdleLine, LotLine, OverviewPage, ProvinceLine, Share, account,
};
use crate::web::verdict::{date_text, named};

const REPLIES_MAX: u32 = 500;
/// Blocked ranges that are listed.
const BLOCKED_MAX: u32 = 50;

/// The overview.
#[utoipa::path(
    get,
    path = "/enterprise/overview",
    tag = "enterprise console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Member>,
) -> Result<Response, Problem> {
    render(&desk, &who, frame, Typed::default(), StatusCode::OK).await
}

/// What the form of a reply sends.
#[derive(Deserialize, ToSchema)]
pub struct Said {
    #[serde(default)]
    id: String,
    /// KEY-BATCH
    #[serde(default)]
    batch: String,
    #[serde(default)]
    reply: String,
}

/// Keeps what the enterprise or its dealer says to a lot.
#[utoipa::path(
    post,
    path = "/enterprise/overview/replies",
    tag = "enterprise console",
    request_body(content = Said, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Kept: to the overview"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such batch of this enterprise"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
    )
)]
pub async fn reply(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Withdrawing>>,
    Posted(said): Posted<Said>,
) -> Result<Response, Problem> {
    let (Ok(text), Ok(id)) = (grounds("reply", &said.reply), said.id.parse::<Uuid>()) else {
        let error = frame.t("请写1至1000个字", "write 1 to 1000 characters").to_owned();
        let typed = Typed { value: said.reply, error: Some(error) };
        return render(&desk, &who, frame, typed, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let batch = find(&desk, &who, &said.batch).await?.id;
    let reply = Reply { id, batch, text, by: by.login.clone(), at: by.at };
    desk.ledger.reply(&reply, &by).await?;
    Ok(Redirect::to("/enterprise/overview").into_response())
}

async fn render(
    desk: &Desk,
    who: &Member,
    f: Frame,
    reply: Typed,
    status: StatusCode,
) -> Result<Response, Problem> {
    let (own, lang) = (own(who)?, f.lang);
    let figures = figures(desk, &own).await?;
    let replies = desk.ledger.replies(&own, REPLIES_MAX).await?;
    let register = desk.scanner.register.load_full();
    let day = |&(day, scans): &(i64, u64)| DayCount { day, scans, labels: 0 };
    let days: Vec<_> = figures.days.iter().map(day).collect();
    let (today, accused) = (figures.today, &figures.accused);
    let counts = figures.accounts.iter();
    let overview = OverviewPage {
        accounts: Share::of(counts.map(|(on, n)| (account(*on).of(lang).to_owned(), *n)).collect()),
        busiest: days.iter().map(|day| day.scans).max().unwrap_or(0),
        scans: days.iter().map(|day| day.scans).sum(),
        bars: bars(&days, today),
        first_day: date_text(today.saturating_sub((DAYS - 1).days()), lang),
        last_day: date_text(today, lang),
        shapes: shapes(desk, &figures.scanned, lang),
        map: Arc::clone(&desk.map),
        provinces: provinces(&figures.scanned, &figures.firsts, lang),
        kinds: kinds(accused)
            .into_iter()
            .map(|(code, n)| (crate::web::overview::kind(code).of(lang).to_owned(), n))
            .collect(),
        blocked: blocked(desk, &own, lang).await?,
        accused: accused.iter().map(|flag| accused_line(flag, lang)).collect(),
        idle: figures.idle.iter().filter_map(|waits| idle_line(waits, &register, lang)).collect(),
        idle_days: IDLE_DAYS,
        flows: overview_flow::provinces(&figures.flows, lang),
        lot_flows: overview_flow::lots(&figures.flows, &register, lang),
        lots: figures.lots.iter().map(|lot| lot_line(lot, desk, &replies, &f)).collect(),
        reply_id: ids::new_id(desk.clock.now()).to_string(),
        reply,
        replies: who.duties.allow(Duty::Quality) || who.duties.allow(Duty::Sales),
        f,
    };
    page(&overview, lang, status)
}

fn provinces(
    scanned: &BTreeMap<u8, u64>,
    firsts: &BTreeMap<u8, u64>,
    lang: Lang,
) -> Vec<ProvinceLine> {
    let mut all: Vec<u8> = scanned.keys().chain(firsts.keys()).copied().collect();
    all.sort_unstable();
    all.dedup();
    let count = |of: &BTreeMap<u8, u64>, code| of.get(&code).copied().unwrap_or(0);
    let mut lines: Vec<_> = all
        .into_iter()
        .map(|code| ProvinceLine {
            name: province(code, lang),
            scans: count(scanned, code),
            firsts: count(firsts, code),
        })
        .collect();
    lines.sort_by_key(|line| std::cmp::Reverse((line.scans, line.firsts)));
    lines
}

/// What offices took off sale, and until when.
async fn blocked(desk: &Desk, own: &Uscc, lang: Lang) -> Result<Vec<BlockedLine>, Problem> {
    let now = desk.clock.now();
    let minute = |at| minute_text(at, lang, &desk.zone);
    let found = desk.ledger.blocked_of(own, now, BLOCKED_MAX).await?;
    let line = |fact: RangeFact| BlockedLine {
        batch: fact.batch.to_string(),
        first: fact.first,
        last: fact.last,
        reason: lang.pick(&fact.reason.zh, &fact.reason.en).to_owned(),
        since: minute(fact.set_at),
        until: fact.until.map(minute).unwrap_or_default(),
    };
    Ok(found.into_iter().map(line).collect())
}

fn accused_line(flag: &Flag, lang: Lang) -> AccusedLine {
    let serial = Payload::from_bytes(flag.payload).map(|p| p.to_string());
    let why = flag.reasons.first().map(|r| lang.pick(&r.zh, &r.en).to_owned());
    AccusedLine {
        serial: serial.unwrap_or_default(),
        batch: flag.batch.to_string(),
        why: why.unwrap_or_default(),
    }
}

fn idle_line((days, batch): &(i64, BatchRef), of: &Register, lang: Lang) -> Option<IdleLine> {
    let facts = of.batches.get(batch)?;
    Some(IdleLine {
        batch: batch.to_string(),
        lot: facts.batch.lot.clone(),
        product: named(&facts.product.name, lang).to_owned(),
        days: *days,
    })
}

fn lot_line(lot: &Travelled, desk: &Desk, replies: &[Reply], f: &Frame) -> LotLine {
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let of_lot = |batch: BatchRef| {
        let said = replies.iter().filter(move |reply| reply.batch == batch);
        said.map(|r| format!("{} · {} · {}", r.text, r.by, minute_text(r.at, f.lang, &desk.zone)))
    };
    let register = desk.scanner.register.load();
    let facts = register.batches.get(&lot.batch);
    LotLine {
        batch: lot.batch.to_string(),
        lot: facts.map(|facts| facts.batch.lot.clone()).unwrap_or_default(),
        destination: province(lot.destination, f.lang),
        labels: lot.labels,
        outside: lot.outside,
        share: format!(
            "{} ({} – {})",
            percent(f64::from(lot.outside) / f64::from(lot.labels.max(1))),
            percent(lot.share.0),
            percent(lot.share.1)
        ),
        usual: percent(lot.usual),
        most: lot.most.map_or_else(String::new, |(code, labels)| {
            format!("{} {labels}", province(code, f.lang))
        }),
        chance: match lot.chance {
            chance if chance < 0.0001 => "< 0.01 %".to_owned(),
            chance => format!("{:.2} %", chance * 100.0),
        },
        unusual: lot.unusual,
        replies: of_lot(lot.batch).collect(),
    }
}
