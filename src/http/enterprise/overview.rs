//! `/enterprise/overview`: where labels are, when and where they are scanned, what
//! is flagged, which lots travel unusually.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::batch::{DAYS, bars, find};
use super::home::own;
use crate::auth::duty::{Acting, Withdrawing};
use crate::auth::{Duty, Member};
use crate::base::{Lang, grounds, ids};
use crate::cases::Flag;
use crate::code::Payload;
use crate::http::access::AtConsole;
use crate::http::bodies::Posted;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::overview::late::idle_days;
use crate::overview::{self, Reply};
use crate::registry::movement::Account;
use crate::registry::{BatchRef, Uscc};
use crate::scan::Place;
use crate::scan::diversion::Travelled;
use crate::scan::ledger::DayCount;
use crate::scan::reason::minute_text;
use crate::web::console::{Frame, Typed};
use crate::web::map::letters;
use crate::web::overview::{
    AccusedLine, IdleLine, LotLine, OverviewPage, ProvinceLine, Shape, Share, account, step,
};
use crate::web::verdict::{date_text, named};

const ACCUSED_SHOWN_MAX: u32 = 100;
const IDLE_SHOWN_MAX: usize = 50;
const LOTS_SHOWN_MAX: usize = 50;
const REPLIES_MAX: u32 = 500;

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
    let now = Timestamp::from_millisecond(desk.clock.now().0).unwrap_or_default();
    let today = now.to_zoned_datetime(desk.zone.clone()).date();
    let epoch = jiff::civil::date(1970, 1, 1);
    let last = epoch.until(today).map_or(0, |span| i64::from(span.get_days()));
    let since = last - (DAYS - 1);
    let days: Vec<_> = desk
        .ledger
        .buyers_by_day(&own, since)
        .await?
        .into_iter()
        .map(|(day, scans)| DayCount { day, scans, labels: 0 })
        .collect();
    let scanned: BTreeMap<u8, u64> =
        desk.ledger.buyers_by_province(&own, since).await?.into_iter().collect();
    let accounts = desk.ledger.labels_by_account(&own).await?;
    let accused = desk.ledger.accused(&own, ACCUSED_SHOWN_MAX).await?;
    let replies = desk.ledger.replies(&own, REPLIES_MAX).await?;
    let register = desk.scanner.register.load_full();
    let (firsts, lots) = {
        let across = desk.scanner.across.read().unwrap_or_else(PoisonError::into_inner);
        let firsts = overview::first_scans(&register, &across, &own);
        (firsts, overview::travelled(&register, &across, &own))
    };
    let by_account: HashMap<Account, u64> = accounts.into_iter().collect();
    let counts = Account::ALL.map(|on| (on, by_account.get(&on).copied().unwrap_or(0)));
    let counts = counts.into_iter().filter(|(_, labels)| *labels > 0);
    let overview = OverviewPage {
        accounts: Share::of(counts.map(|(on, n)| (account(on).of(lang).to_owned(), n)).collect()),
        busiest: days.iter().map(|day| day.scans).max().unwrap_or(0),
        scans: days.iter().map(|day| day.scans).sum(),
        bars: bars(&days, today),
        first_day: date_text(today.saturating_sub((DAYS - 1).days()), lang),
        last_day: date_text(today, lang),
        shapes: shapes(desk, &scanned, lang),
        map: Arc::clone(&desk.map),
        provinces: provinces(&scanned, &firsts, lang),
        kinds: kinds(&accused, lang),
        accused: accused.iter().map(|flag| accused_line(flag, lang)).collect(),
        idle: idle(desk, &own, lang),
        lots: lots
            .iter()
            .take(LOTS_SHOWN_MAX)
            .map(|lot| lot_line(lot, desk, &replies, &f))
            .collect(),
        reply_id: ids::new_id(desk.clock.now()).to_string(),
        reply,
        replies: who.duties.allow(Duty::Quality) || who.duties.allow(Duty::Sales),
        f,
    };
    page(&overview, lang, status)
}

fn province(code: u8, lang: Lang) -> String {
    let unknown = || lang.pick("地区未知", "unknown").to_owned();
    Place(u16::from(code) * 100).text(lang).unwrap_or_else(unknown)
}

fn shapes(desk: &Desk, scanned: &BTreeMap<u8, u64>, lang: Lang) -> Vec<Shape> {
    let most = scanned.iter().filter(|(code, _)| **code != 0).map(|(_, n)| *n).max().unwrap_or(0);
    desk.map
        .shapes
        .iter()
        .map(|shape| {
            let scans = scanned.get(&shape.code).copied().unwrap_or(0);
            let name = province(shape.code, lang);
            // Two characters tell them apart, but for two that have three.
            let short = if matches!(shape.code, 15 | 23) { 3 } else { 2 };
            Shape {
                path: shape.path.clone(),
                label: match lang {
                    Lang::Zh => name.chars().take(short).collect(),
                    Lang::En => letters(shape.code).to_owned(),
                },
                x: shape.middle.0,
                y: shape.middle.1,
                title: format!("{name}: {scans}"),
                step: step(scans, most),
            }
        })
        .collect()
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

/// What was said first of each, and of how many.
fn kinds(accused: &[Flag], lang: Lang) -> Vec<(String, u64)> {
    let mut counts = BTreeMap::<&str, u64>::new();
    for reason in accused.iter().filter_map(|flag| flag.reasons.first()) {
        *counts.entry(&reason.code).or_default() += 1;
    }
    let mut counts: Vec<_> = counts
        .into_iter()
        .map(|(code, n)| (crate::web::overview::kind(code).of(lang).to_owned(), n))
        .collect();
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    counts
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

/// Batches of which nothing was put on sale, the oldest first.
fn idle(desk: &Desk, own: &Uscc, lang: Lang) -> Vec<IdleLine> {
    let now = desk.clock.now();
    let register = desk.scanner.register.load();
    let mut idle: Vec<_> = register
        .batches
        .values()
        .filter(|facts| facts.batch.enterprise == *own)
        .filter_map(|facts| Some((idle_days(facts, now)?, facts)))
        .collect();
    idle.sort_by_key(|(days, facts)| std::cmp::Reverse((*days, facts.batch.id)));
    idle.iter()
        .take(IDLE_SHOWN_MAX)
        .map(|(days, facts)| IdleLine {
            batch: facts.batch.id.to_string(),
            lot: facts.batch.lot.clone(),
            product: named(&facts.product.name, lang).to_owned(),
            days: *days,
        })
        .collect()
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
