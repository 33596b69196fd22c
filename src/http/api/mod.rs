//! The enterprise API: what consoles and shell do, for programs with a key.
//! An administrator's key reaches every enterprise, a member's its own; what
//! belongs to another does not exist.

mod activations;
mod alarms;
mod balance;
mod batches;
mod closings;
mod enterprises;
mod evidence;
mod exports;
mod imports;
mod input;
mod inquiries;
mod leads;
mod movement_file;
mod movement_records;
mod movements;
mod orders;
mod overview;
mod own_imports;
mod packages;
mod printers;
mod products;
mod ranges;
mod recall_records;
mod recalls;
mod settings;
mod trace;
mod trace_import;
mod trace_places;
mod trace_units;
mod webhooks;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoResponses, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::base::{By, FieldError};
use crate::http::address::{Query, Unread};
use crate::http::desk::Desk;
use crate::http::json;
use crate::http::problem::{Problem, ProblemDocument};
use crate::registry::Bilingual;
use crate::registry::fields::Fields;
use crate::registry::import::ImportKind;
use crate::registry::port::Registered;
use crate::registry::service::{Scope, register};

pub fn router(desk: Desk) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(enterprises::list, enterprises::add))
        .routes(routes!(evidence::list, evidence::ask))
        .routes(routes!(evidence::take))
        .routes(routes!(products::list, products::add))
        .routes(routes!(products::change))
        .routes(routes!(batches::list, batches::add))
        .routes(routes!(batches::show))
        .routes(routes!(batches::scans))
        .routes(routes!(ranges::list, ranges::mark))
        .routes(routes!(ranges::lift))
        .routes(routes!(movements::list, movements::make))
        .routes(routes!(movements::show))
        .routes(routes!(movements::take_back))
        .routes(routes!(balance::show))
        .routes(routes!(activations::list, activations::schedule))
        .routes(routes!(activations::cancel))
        .routes(routes!(activations::scan))
        .routes(routes!(closings::list))
        .routes(routes!(closings::close))
        .routes(routes!(orders::list, orders::place))
        .routes(routes!(orders::show))
        .routes(routes!(orders::cancel))
        .routes(routes!(orders::files))
        .routes(routes!(orders::file))
        .routes(routes!(own_imports::list))
        .routes(routes!(own_imports::show))
        .routes(routes!(own_imports::serials))
        .routes(routes!(exports::take))
        .routes(routes!(webhooks::list, webhooks::add))
        .routes(routes!(webhooks::disable))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(webhooks::replay))
        .routes(routes!(packages::approve))
        .routes(routes!(packages::show, packages::hand_over))
        .routes(routes!(trace::scan))
        .routes(routes!(trace::export, trace::capture))
        .routes(routes!(trace_units::show))
        .routes(routes!(trace_places::list, trace_places::put))
        .routes(routes!(printers::list, printers::add))
        .routes(routes!(printers::retire))
        .routes(routes!(settings::show, settings::set))
        .routes(routes!(settings::customs, settings::set_customs))
        .routes(routes!(leads::list, leads::pass_on))
        .routes(routes!(leads::tell))
        .routes(routes!(alarms::list))
        .routes(routes!(alarms::approvals))
        .routes(routes!(overview::show))
        .routes(routes!(recalls::list, recalls::ask))
        .routes(routes!(recalls::show))
        .routes(routes!(recalls::decide))
        .routes(routes!(recalls::came_back))
        .routes(routes!(recalls::close))
        .routes(routes!(inquiries::list))
        .routes(routes!(inquiries::answer))
        .with_state(desk)
}

/// Imports, which take longer and are larger than anything else.
pub fn imports(desk: Desk) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(imports::import))
        .routes(routes!(movement_file::make))
        .routes(routes!(trace_import::import))
        .with_state(desk)
}

/// Lists of own serials, which may take longest of all.
pub fn lists(desk: Desk) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(own_imports::import)).with_state(desk)
}

/// What every route for a key may say first.
#[derive(IntoResponses)]
pub enum Refused {
    /// No valid key
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(ProblemDocument),
    /// Not for this role
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemDocument),
}

/// What telling of leads is answered with.
#[derive(IntoResponses)]
pub enum TellAnswers {
    /// They are told
    #[response(status = 201)]
    Told(leads::ToldRecord),
    /// All were told before
    #[response(status = 200)]
    Before(leads::ToldRecord),
    /// Not JSON
    #[response(status = 400, content_type = "application/problem+json")]
    NotJson(ProblemDocument),
    /// The body came too slowly
    #[response(status = 408, content_type = "application/problem+json")]
    TooSlow(ProblemDocument),
    /// Longer than 1 MiB
    #[response(status = 413, content_type = "application/problem+json")]
    TooLong(ProblemDocument),
    /// Neither JSON, CSV nor JSON Lines
    #[response(status = 415, content_type = "application/problem+json")]
    OtherMedia(ProblemDocument),
    /// Nothing was told; names line and field of what is wrong
    #[response(status = 422, content_type = "application/problem+json")]
    Wrong(ProblemDocument),
}

/// A name in Chinese and English.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Words {
    #[serde(default)]
    zh: String,
    #[serde(default)]
    en: String,
}

impl From<&Bilingual> for Words {
    fn from(text: &Bilingual) -> Self {
        Self { zh: text.zh.clone(), en: text.en.clone() }
    }
}

impl From<Words> for Bilingual {
    fn from(words: Words) -> Self {
        Self { zh: words.zh, en: words.en }
    }
}

/// Latest rows of a list, and how many are given when nothing is said.
const ROWS_MAX: u32 = 1_000;
const ROWS: u32 = 100;

/// How many rows a list gives, latest first.
#[derive(Deserialize)]
struct Page {
    limit: Option<u32>,
}

impl Page {
    fn rows(page: Result<Query<Self>, Unread>) -> Result<u32, Problem> {
        let wrong = |problem: String| {
            let remedy = format!("write 1 to {ROWS_MAX}");
            Problem::invalid(vec![FieldError::new("limit", problem, remedy)])
        };
        let Query(page) = page.map_err(|e| wrong(e.0))?;
        match page.limit {
            None => Ok(ROWS),
            Some(rows @ 1..=ROWS_MAX) => Ok(rows),
            Some(rows) => Err(wrong(format!("{rows} rows are not given at once"))),
        }
    }
}

/// Registers one object that a program sent; gives its fields back.
async fn add(
    desk: &Desk,
    scope: &Scope,
    by: &By,
    kind: ImportKind,
    body: &[u8],
) -> Result<(Registered, Fields), Problem> {
    let rows = [(0, json::read(body)?)];
    let keys = desk.scanner.keys.load_full();
    let done = register(&*desk.ledger, &keys, scope, kind, &rows, by).await?;
    desk.show_changes().await;
    let [(_, row)] = rows;
    Ok((done.into_iter().next().ok_or_else(Problem::broken)?, row))
}

/// What was added, under the address where it is read again; 200 where the
/// very same was there before.
fn added(is_new: bool, address: &str, body: impl Serialize) -> Response {
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = (status, Json(body)).into_response();
    if let Ok(value) = HeaderValue::from_str(address) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}
