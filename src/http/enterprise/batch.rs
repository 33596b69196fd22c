//! `/enterprise/batches/{batch}`: how a batch stands and when it is scanned.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::{Timestamp, ToSpan, civil::Date};

use super::book_view;
use super::home::{batch_line, own};
use crate::auth::Member;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::overview::DAYS;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::service::{self, Scope};
use crate::registry::{Batch, BatchRef, RangeFact, RangeState};
use crate::scan::Place;
use crate::scan::ledger::DayCount;
use crate::scan::reason::minute_text;
use crate::web::book::Forms;
use crate::web::console::{Bar, BatchPage, Frame, RangeLine};
use crate::web::verdict::date_text;

/// Facts of ranges that are shown; the exports have all.
const RANGES_SHOWN: usize = 50;

/// A batch, its ranges, its scans by day.
#[utoipa::path(
    get,
    path = "/enterprise/batches/{batch}",
    tag = "enterprise console",
    params(("batch" = String, Path, description = "KEY-BATCH")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such batch of this enterprise"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Member>,
    Path(batch): Path<String>,
) -> Result<Response, Problem> {
    let batch = find(&desk, &who, &batch).await?;
    batch_page(&desk, frame, batch, Forms::default(), StatusCode::OK).await
}

/// The batch of that name, if it is this member's.
pub(super) async fn find(desk: &Desk, who: &Member, name: &str) -> Result<Batch, Problem> {
    let id: BatchRef = name.parse().map_err(|_| Problem::nothing())?;
    Ok(service::batch(&*desk.ledger, &Scope::One(own(who)?), id).await?)
}

pub(super) async fn batch_page(
    desk: &Desk,
    f: Frame,
    batch: Batch,
    forms: Forms,
    status: StatusCode,
) -> Result<Response, Problem> {
    let lang = f.lang;
    let zone = &desk.zone;
    let now = Timestamp::from_millisecond(desk.clock.now().0).unwrap_or_default();
    let offset_ms = i64::from(zone.to_offset(now).seconds()) * 1_000;
    let today = now.to_zoned_datetime(zone.clone()).date();
    let since = desk.clock.now().plus_ms(-(DAYS - 1) * 86_400_000);
    let days = desk.ledger.scans_by_day(batch.id, since, offset_ms).await?;
    let facts = desk.ledger.ranges(batch.id).await?;
    let said =
        |fact: &&RangeFact| !matches!(fact.state, RangeState::Activated | RangeState::Spoiled);
    let ranges: Vec<_> = facts.iter().filter(said).collect();
    let book = book_view::book(desk, &batch, forms, &f).await?;
    let anywhere = f.t("不限", "anywhere").to_owned();
    let page_of = BatchPage {
        batch: batch_line(&batch, &desk.scanner.register.load(), &f),
        scans: desk.ledger.scans_in(batch.id).await?,
        expires_on: batch
            .expires_on
            .map_or_else(|| f.t("不限", "without limit").to_owned(), |day| date_text(day, lang)),
        destination: Place(batch.destination).text(lang).unwrap_or(anywhere),
        dealer: batch.dealer.clone(),
        cases: batch.cases,
        sscc: batch.sscc_ends().map(|(first, last)| (first.into(), last.into())),
        pallets: batch.pallets,
        pallet_sscc: batch.pallet_sscc_ends().map(|(first, last)| (first.into(), last.into())),
        more_ranges: ranges.len() > RANGES_SHOWN,
        ranges: ranges
            .into_iter()
            .rev()
            .take(RANGES_SHOWN)
            .map(|fact| range_line(fact, &f, zone))
            .collect(),
        busiest: days.iter().map(|day| day.scans).max().unwrap_or(0),
        bars: bars(&days, today),
        first_day: date_text(today.saturating_sub((DAYS - 1).days()), lang),
        last_day: date_text(today, lang),
        book,
        f,
    };
    page(&page_of, lang, status)
}

/// Units of the chart: ten a day across, 110 for the busiest day.
pub(super) fn bars(days: &[DayCount], today: Date) -> Vec<Bar> {
    let epoch = jiff::civil::date(1970, 1, 1);
    let last = epoch.until(today).map_or(0, |span| i64::from(span.get_days()));
    let busiest = days.iter().map(|day| day.scans).max().unwrap_or(1).max(1);
    days.iter()
        .filter(|day| (0..DAYS).contains(&(last - day.day)))
        .map(|day| {
            let height = (day.scans * 110).div_ceil(busiest);
            Bar {
                day: epoch.saturating_add(day.day.days()).to_string(),
                scans: day.scans,
                labels: day.labels,
                x: u64::try_from(DAYS - 1 - (last - day.day)).unwrap_or(0) * 10,
                y: 120 - height,
                height,
            }
        })
        .collect()
}

fn range_line(fact: &RangeFact, f: &Frame, zone: &jiff::tz::TimeZone) -> RangeLine {
    RangeLine {
        first: fact.first,
        last: fact.last,
        state: crate::web::console::range_state(fact.state).of(f.lang),
        reason: f.lang.pick(&fact.reason.zh, &fact.reason.en).to_owned(),
        until: fact.until.map(|at| minute_text(at, f.lang, zone)),
        // Who of an office it was is no business of the maker.
        by: match fact.until {
            Some(_) => f.t("市场监管部门", "a market regulation office").to_owned(),
            None => fact.set_by.clone(),
        },
        at: minute_text(fact.set_at, f.lang, zone),
        lifted: fact.lifted_at.is_some(),
    }
}
