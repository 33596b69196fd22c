//! `/enterprise/trace`: where goods are, and what was done with them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::home::own;
use crate::auth::duty::{Acting, Testing};
use crate::auth::{Duty, Member};
use crate::base::{FieldError, Lang};
use crate::http::access::AtConsole;
use crate::http::address::{Query, Unread};
use crate::http::bodies::Posted;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::http::trace::{Asked, exported, recording};
use crate::http::trace_lines::{Places, line, places_of};
use crate::registry::{Register, Uscc};
use crate::trace::capture::Captured;
use crate::trace::event::{Declaration, ErrorReason};
use crate::trace::port::{Filter, Why};
use crate::trace::{Act, Unit, name};
use crate::web::console::{Choice, Frame, Typed};
use crate::web::trace::{self, FilterView, TracePage, UnitView, whereabouts};

/// Events that the page lists, the latest.
const LISTED_MAX: u32 = 100;
/// What is wrong with days that are in the other order.
const BACKWARDS: &str = "is before the first day";

/// What is looked up, and which events are listed.
#[derive(Clone, Default, Deserialize)]
pub struct Wish {
    #[serde(default)]
    q: String,
    #[serde(flatten)]
    asked: Asked,
}

/// Looks up a bottle, case or pallet, and lists events.
#[utoipa::path(
    get,
    path = "/enterprise/trace",
    tag = "enterprise console",
    params(
        ("q" = Option<String>, Query, description = "Code, serial, SSCC or pallet number"),
        ("batch" = Option<String>, Query, description = "KEY-BATCH"),
        ("act" = Option<String>, Query, description = "packed, shipped, inspected ..."),
        ("from" = Option<String>, Query, description = "First day"),
        ("until" = Option<String>, Query, description = "Last day"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Member>,
    wish: Result<Query<Wish>, Unread>,
) -> Result<Response, Problem> {
    let Query(wish) = wish.unwrap_or_default();
    trace_page(&desk, frame, &own(&who)?, wish, None).await
}

/// The events of the list as an EPCIS 2.0 document.
#[utoipa::path(
    get,
    path = "/enterprise/trace/events.jsonld",
    tag = "enterprise console",
    responses(
        (status = 200, body = Object, content_type = "application/ld+json", description = "EPCISDocument"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn export(
    State(desk): State<Desk>,
    AtConsole { who, by, .. }: AtConsole<Member>,
    asked: Result<Query<Asked>, Unread>,
) -> Result<Response, Problem> {
    let Query(asked) = asked.unwrap_or_default();
    let filter = asked.filter(&desk.zone).and_then(in_order);
    let filter = filter.map_err(|fault| Problem::invalid(vec![fault]))?;
    exported(&desk, own(&who)?, filter, &by).await
}

/// Which event was wrong, and how.
#[derive(Deserialize, ToSchema)]
pub struct Wrong {
    #[serde(default)]
    id: String,
    /// did_not_occur or incorrect_data
    #[serde(default)]
    reason: String,
}

/// Declares an event an error: what followed from it is taken back.
#[utoipa::path(
    post,
    path = "/enterprise/trace/declare",
    tag = "enterprise console",
    request_body(content = Wrong, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Done: to the page"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what stands in the way"),
    )
)]
pub async fn declare(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Testing>>,
    Posted(wrong): Posted<Wrong>,
) -> Result<Response, Problem> {
    let own = own(&who)?;
    let reason = ErrorReason::from_slug(&wrong.reason).unwrap_or(ErrorReason::IncorrectData);
    let declaration = Declaration { at: by.at, reason, corrective: Vec::new() };
    let register = desk.scanner.register.load_full();
    let sent = [Captured::Declared { id: wrong.id, declaration }];
    match desk.ledger.record(recording(&desk, &own, &register), &sent, &by).await? {
        Ok(_) => {
            desk.show_changes().await;
            Ok(Redirect::to("/enterprise/trace").into_response())
        }
        Err(refused) => {
            let words = why_not(&refused.why, frame.lang);
            trace_page(&desk, frame, &own, Wish::default(), Some(words)).await
        }
    }
}

fn why_not(why: &Why, lang: Lang) -> String {
    match (why, lang) {
        (Why::Impossible(refusal), _) => refusal.text(lang),
        (Why::Invalid(fault), Lang::En) => fault.sentence(),
        (Why::Invalid(fault), Lang::Zh) if fault.problem.contains("later events") => {
            "这些货之后还有别的事项，请从最后一项起逐项声明".to_owned()
        }
        (Why::Invalid(_), Lang::Zh) => "没有找到这个事项".to_owned(),
    }
}

async fn trace_page(
    desk: &Desk,
    f: Frame,
    own: &Uscc,
    wish: Wish,
    refused: Option<String>,
) -> Result<Response, Problem> {
    let lang = f.lang;
    let register = desk.scanner.register.load_full();
    let places = places_of(desk, own, lang).await?;
    let mut looked_up = Typed { value: wish.q.trim().to_owned(), error: None };
    let mut unit = None;
    if !looked_up.value.is_empty() {
        match Unit::read(&looked_up.value, &register, own) {
            Ok(found) => unit = Some(unit_view(desk, (&f, &places), own, &register, &found).await?),
            Err(refusal) => looked_up.error = Some(refusal.text(lang)),
        }
    }
    let (filter, fault) = match wish.asked.filter(&desk.zone).and_then(in_order) {
        Ok(filter) => (filter, None),
        Err(fault) => (Filter::default(), Some(fault)),
    };
    let events = desk.ledger.events(own, &filter, None, LISTED_MAX).await?;
    let wrong = refused.is_some() || fault.is_some() || looked_up.error.is_some();
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let view = TracePage {
        looked_up,
        unit,
        acts: offered(&f),
        filter: filter_view(&wish.asked, fault.as_ref(), lang),
        events: events.iter().map(|kept| line(kept, &places, desk, &f)).collect(),
        refused,
        may_declare: f.duties.allow(Duty::Quality),
        f,
    };
    page(&view, lang, status)
}

/// Acts whose forms there are, of those that the duties reach.
fn offered(f: &Frame) -> Vec<Choice> {
    super::trace_act::FORMS
        .into_iter()
        .filter(|act| f.duties.allow(trace::duty(act.hands())))
        .map(|act| Choice {
            value: act.slug().to_owned(),
            text: trace::act(act).of(f.lang).to_owned(),
            chosen: false,
        })
        .collect()
}

/// What ends before it begins would find nothing, and not say why.
fn in_order(filter: Filter) -> Result<Filter, FieldError> {
    if filter.from.zip(filter.until).is_some_and(|(from, until)| from >= until) {
        return Err(FieldError::new("until", BACKWARDS, "swap the days"));
    }
    Ok(filter)
}

fn filter_view(asked: &Asked, fault: Option<&FieldError>, lang: Lang) -> FilterView {
    let typed = |field: &str, value: &String| {
        let error = fault.filter(|fault| fault.field == field).map(|fault| match &*fault.problem {
            BACKWARDS => lang.pick(
                "结束日期早于开始日期，请对调。",
                "The end is before the beginning; swap them.",
            ),
            _ => lang.pick("写法不对", "This cannot be read."),
        });
        Typed { value: value.clone(), error: error.map(str::to_owned) }
    };
    let pairs = [
        ("batch", &asked.batch),
        ("act", &asked.act),
        ("from", &asked.from),
        ("until", &asked.until),
    ];
    // Nothing else of them would have passed the filter.
    let safe = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    let query: Vec<_> = pairs
        .iter()
        .filter(|(_, value)| !value.trim().is_empty())
        .map(|(name, value)| format!("{name}={}", value.chars().filter(safe).collect::<String>()))
        .collect();
    FilterView {
        batch: typed("batch", &asked.batch),
        acts: Act::ALL
            .into_iter()
            .map(|act| Choice {
                value: act.slug().to_owned(),
                text: trace::act(act).of(lang).to_owned(),
                chosen: act.slug() == asked.act,
            })
            .collect(),
        from: typed("from", &asked.from),
        until: typed("until", &asked.until),
        query: query.join("&"),
    }
}

fn code_of(unit: &Unit, register: &Register) -> String {
    match unit {
        Unit::Pallet { code, .. } => code.clone(),
        unit => unit.payload(register).map(|p| p.serial_text()).unwrap_or_default(),
    }
}

async fn unit_view(
    desk: &Desk,
    (f, places): (&Frame, &Places),
    own: &Uscc,
    register: &Register,
    unit: &Unit,
) -> Result<UnitView, Problem> {
    let picture = desk.ledger.picture(own, unit).await?;
    let outermost = picture.holders.last().map_or(&picture.state, |(_, state)| state);
    let linked = |unit: &Unit| (name(unit, f.lang), code_of(unit, register));
    Ok(UnitView {
        name: name(unit, f.lang),
        code: code_of(unit, register),
        whereabouts: whereabouts(outermost.whereabouts).of(f.lang),
        place: outermost.place.as_ref().map(|code| places.get(code).unwrap_or(code).clone()),
        holders: picture.holders.iter().map(|(unit, _)| linked(unit)).collect(),
        contents: picture.contents.iter().map(|(unit, _)| linked(unit)).collect(),
        history: picture.history.iter().map(|kept| line(kept, places, desk, f)).collect(),
    })
}
