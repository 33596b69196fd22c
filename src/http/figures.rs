//! Figures for a month, as the consoles and the public page have them; and
//! `/accuracy`, the error rate that everybody may read.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::base::{LedgerError, UnixMs};
use crate::figures::port::Span;
use crate::figures::{Came, Counts, Month, Share};
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::negotiate;
use crate::http::problem::Problem;
use crate::scan::reason::minute_text;
use crate::web::figures::{AccuracyLine, AccuracyPage, per_thousand_text, share_text};

/// Months of the public page, the one under way among them.
const MONTHS: usize = 12;
/// The public page is counted anew after so long: anybody may ask for it.
const KEPT_MS: i64 = 10 * 60_000;

/// From and before of a month.
pub(super) fn span(desk: &Desk, month: Month) -> Span {
    let next = month.after();
    Span {
        from: month.begins(&desk.zone),
        until: next.begins(&desk.zone),
        first_day: month.first_day(),
        last_day: next.first_day(),
    }
}

/// A month of what everybody may read.
#[derive(Clone, Serialize, ToSchema)]
pub struct PublicMonth {
    /// `2026-11`
    month: String,
    /// Buyers' scans.
    scans: u64,
    /// Labels that began to be shown as suspect.
    shown: u64,
    /// Of labels once shown as suspect, those on which officers decided in the month.
    decided: u64,
    copied: u64,
    /// In order, or explained by a cause.
    in_order: u64,
    cannot_tell: u64,
}

/// The error rate of the system, with what it is a share of.
#[derive(Clone, Serialize, ToSchema)]
pub struct Accuracy {
    /// RFC 3339
    as_of: String,
    /// Latest first.
    months: Vec<PublicMonth>,
    /// Of `decided`, those that were in order or explained.
    wrong: u64,
    decided: u64,
    /// `wrong / decided` and its interval of 95 % (Wilson); null where nothing was
    /// decided.
    error_rate: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

/// What was counted last, and when.
#[derive(Default)]
pub struct Counted(Mutex<Option<(UnixMs, Arc<Accuracy>)>>);

impl Counted {
    fn fresh(&self, now: UnixMs) -> Option<Arc<Accuracy>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, counted) = kept.as_ref()?;
        (0..KEPT_MS).contains(&now.since(*at)).then(|| Arc::clone(counted))
    }

    fn keep(&self, now: UnixMs, counted: &Arc<Accuracy>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some((now, Arc::clone(counted)));
    }
}

fn month_of(month: Month, counts: &Counts) -> PublicMonth {
    let shown = |wanted: fn(Came) -> bool| {
        counts.closed.iter().filter(|closed| closed.shown && wanted(closed.came)).count() as u64
    };
    PublicMonth {
        month: month.to_string(),
        scans: counts.scans,
        shown: counts.opened_shown,
        decided: counts.wrong().of,
        copied: shown(|came| came == Came::Copied),
        in_order: counts.wrong().part,
        cannot_tell: shown(|came| came == Came::CannotTell),
    }
}

async fn counted(desk: &Desk) -> Result<Arc<Accuracy>, LedgerError> {
    let now = desk.clock.now();
    if let Some(fresh) = desk.counted.fresh(now) {
        return Ok(fresh);
    }
    let mut month = Month::of(desk.today());
    let mut months = Vec::with_capacity(MONTHS);
    for _ in 0..MONTHS {
        let figures = desk.ledger.figures(&span(desk, month)).await?;
        months.push(month_of(month, &figures.all));
        month = month.before();
    }
    let wrong = Share {
        part: months.iter().map(|month| month.in_order).sum(),
        of: months.iter().map(|month| month.decided).sum(),
    };
    let counted = Arc::new(Accuracy {
        as_of: jiff::Timestamp::from_millisecond(now.0).unwrap_or_default().to_string(),
        months,
        wrong: wrong.part,
        decided: wrong.of,
        error_rate: wrong.value(),
        low: wrong.interval().map(|(low, _)| low),
        high: wrong.interval().map(|(_, high)| high),
    });
    desk.counted.keep(now, &counted);
    Ok(counted)
}

/// How often "suspect" was wrong, as far as officers have decided: what EU
/// medicines publish of their alerts, for labels.
#[utoipa::path(
    get,
    path = "/accuracy",
    tag = "consumer",
    params(("lang" = Option<String>, Query, description = "zh or en, before Accept-Language")),
    responses(
        (status = 200, description = "A page, or the same as JSON", content((Accuracy = "application/json"), (String = "text/html"))),
    )
)]
pub async fn accuracy(State(desk): State<Desk>, parts: Parts) -> Result<Response, Problem> {
    let counted = counted(&desk).await?;
    let mut response = if !negotiate::prefers_html(&parts.headers) {
        Json(&*counted).into_response()
    } else {
        let lang = negotiate::lang(&parts.uri, &parts.headers);
        let share = Share { part: counted.wrong, of: counted.decided };
        let at = counted.as_of.parse::<jiff::Timestamp>().unwrap_or_default();
        let told = match share.of {
            0 => lang.pick("还没有认定过的，无从计算。", "Nothing was decided yet.").to_owned(),
            of => format!("{}   {} / {of}", share_text(share), share.part),
        };
        let shown = AccuracyPage {
            lines: counted.months.iter().map(line).collect(),
            wrong: share,
            told,
            as_of: minute_text(UnixMs(at.as_millisecond()), lang, &desk.zone),
            lang,
        };
        page(&shown, lang, axum::http::StatusCode::OK)?
    };
    let vary = HeaderValue::from_static("accept, accept-language");
    response.headers_mut().insert(header::VARY, vary);
    Ok(response)
}

#[allow(clippy::cast_precision_loss, reason = "counts")]
fn line(month: &PublicMonth) -> AccuracyLine {
    let rate = (month.scans > 0).then(|| month.shown as f64 * 1_000.0 / month.scans as f64);
    AccuracyLine {
        month: month.month.clone(),
        scans: month.scans,
        shown: month.shown,
        per_thousand: per_thousand_text(rate),
        decided: month.decided,
        copied: month.copied,
        in_order: month.in_order,
        cannot_tell: month.cannot_tell,
    }
}
