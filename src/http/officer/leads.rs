//! `/officer/`: the work-list.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Redirect, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::lead_words::{choices, line, said, typed};
use crate::auth::Officer;
use crate::auth::office::Working;
use crate::base::FieldError;
use crate::exports::{Cell, Format};
use crate::http::access::AtConsole;
use crate::http::address::{Query, Unread};
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::exports::{File, ROWS_AT_ONCE, send_file};
use crate::http::problem::Problem;
use crate::http::turns::Holder;
use crate::leads::desk::{Asked, LEADS_SHOWN, Lead, Mark, Tab, Typed as TypedDeed, Wanted};
use crate::scan::Place;
use crate::web::console::{Frame, Typed};
use crate::web::leads::{LeadsPage, TabLink, tab};

/// Columns of the list as a file.
const COLUMNS: [&str; 17] = [
    "lead",
    "kind",
    "score",
    "probability",
    "harm",
    "freshness",
    "reach",
    "enterprise",
    "gtin",
    "batch",
    "place",
    "codes",
    "people",
    "seen_at",
    "assigned_to",
    "due_on",
    "why",
];

/// What people type.
#[utoipa::path(
    get,
    path = "/officer",
    tag = "officer console",
    responses((status = 308, description = "To /officer/"))
)]
pub async fn door() -> Redirect {
    Redirect::permanent("/officer/")
}

/// What an address asks of the work-list, of a page and of a program alike.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct AskedLeads {
    /// todo, open, mine, others, overdue, snoozed or done [default: todo]
    tab: String,
    /// code, run, carton, package, phone, place, lot or told
    kind: String,
    /// GB/T 2260, four digits
    place: String,
    /// Its code
    enterprise: String,
    /// Its GTIN
    product: String,
    /// Behind which lead, from the page before
    after: String,
}

impl From<AskedLeads> for Asked {
    fn from(asked: AskedLeads) -> Self {
        let AskedLeads { tab, kind, place, enterprise, product, after } = asked;
        Self { tab, kind, enterprise, product, place, after }
    }
}

/// The list, or a file of it.
#[derive(Default, Deserialize)]
pub struct AskedList {
    #[serde(flatten)]
    list: AskedLeads,
    #[serde(default)]
    format: String,
}

/// Leads, what comes first at the top; or, with `format`, a file of all that is
/// asked for.
#[utoipa::path(
    get,
    path = "/officer/",
    tag = "officer console",
    params(
        AskedLeads,
        ("format" = Option<String>, Query, description = "csv: a file"),
    ),
    responses(
        (status = 200, description = "A page, or the file", content((String = "text/html"), (String = "text/csv"))),
        (status = 303, description = "To the form for signing in"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what cannot be read"),
        (status = 429, body = crate::http::problem::ProblemDocument, content_type = "application/problem+json", description = "Two files of the office are under way"),
        (status = 503, body = crate::http::problem::ProblemDocument, content_type = "application/problem+json", description = "Too many files are under way"),
    )
)]
pub async fn leads(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Officer>,
    asked: Result<Query<AskedList>, Unread>,
) -> Result<Response, Problem> {
    let asked = asked.map_or_else(|_| AskedList::default(), |Query(asked)| asked);
    let wanted = Wanted::read(&asked.list.into(), &who.login, desk.today());
    match (asked.format.as_str(), wanted) {
        ("csv", Ok(wanted)) => file(&desk, who.office, wanted, &by).await,
        (_, wanted) => {
            let told = Told { wanted, ..Told::default() };
            list(&desk, &who, frame, told).await
        }
    }
}

/// What a page of the list has to tell.
pub(super) struct Told {
    pub wanted: Result<Wanted, FieldError>,
    /// What was looked up and not found.
    pub asked: Typed,
    /// What was to be done, and why it was not.
    pub deed: TypedDeed,
    pub fault: Option<FieldError>,
    pub status: StatusCode,
}

impl Default for Told {
    fn default() -> Self {
        let fault = FieldError::new("tab", "is not known", "choose one of the list");
        Self {
            wanted: Err(fault),
            asked: Typed::default(),
            deed: TypedDeed::default(),
            fault: None,
            status: StatusCode::OK,
        }
    }
}

/// The list, with what was looked up and not found, or what could not be done.
pub(super) async fn list(
    desk: &Desk,
    who: &Officer,
    f: Frame,
    told: Told,
) -> Result<Response, Problem> {
    let (error, wanted) = match told.wanted {
        Ok(wanted) => (None, wanted),
        Err(fault) => (Some(said(&fault, f.lang)), Wanted::todo(&who.login, desk.today())),
    };
    let (leads, next) = match error {
        None => desk.ledger.list_leads(&wanted, LEADS_SHOWN).await?,
        Some(_) => (Vec::new(), None),
    };
    let counts = desk.ledger.count_leads(&wanted).await?;
    let writes = who.seat.answers::<Working>() && wanted.tab != Tab::Done && !leads.is_empty();
    let deed = match writes {
        true => Some(typed(desk, &told.deed, told.fault.as_ref(), &f).await?),
        false => None,
    };
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { told.status };
    let narrowed = choices(desk, &wanted, &f);
    let view = LeadsPage {
        asked: told.asked,
        tabs: Tab::ALL
            .into_iter()
            .map(|part| TabLink {
                href: format!(
                    "/officer/?{}",
                    address(&Wanted { tab: part, ..wanted.clone() }, None)
                ),
                text: tab(part).of(f.lang),
                count: counts.of(part),
                chosen: part == wanted.tab,
            })
            .collect(),
        tab: wanted.tab.slug(),
        open: counts.of(Tab::Todo) + counts.snoozed,
        kinds: narrowed.kinds,
        enterprises: narrowed.enterprises,
        products: narrowed.products,
        places: narrowed.places,
        error,
        leads: leads.iter().map(|lead| line(desk, lead, &f)).collect(),
        first: wanted.after.as_ref().map(|_| format!("/officer/?{}", address(&wanted, None))),
        next: next.map(|mark| format!("/officer/?{}", address(&wanted, Some(&mark)))),
        file: format!("/officer/?{}&format=csv", address(&wanted, None)),
        back: address(&wanted, wanted.after.as_ref()),
        deed,
        f,
    };
    let lang = view.f.lang;
    page(&view, lang, status)
}

/// What an address says of a list.
pub(super) fn address(wanted: &Wanted, after: Option<&Mark>) -> String {
    let mut out = format!("tab={}", wanted.tab.slug());
    let mut say = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            out.push_str(&format!("&{name}={value}"));
        }
    };
    say("kind", wanted.kind.map(|kind| kind.slug().to_owned()));
    say("place", wanted.place.map(|place| place.to_string()));
    say("enterprise", wanted.enterprise.as_ref().map(ToString::to_string));
    say("product", wanted.product.as_ref().map(ToString::to_string));
    say("after", after.map(Mark::text));
    out
}

/// All that was asked for, from the first on.
async fn file(
    desk: &Desk,
    office: uuid::Uuid,
    wanted: Wanted,
    by: &crate::base::By,
) -> Result<Response, Problem> {
    let file = File {
        name: "leads",
        columns: COLUMNS.to_vec(),
        format: Format::Csv { marked: true },
        asked: serde_json::json!({"format": "csv", "tab": wanted.tab.slug()}),
        of: Holder::Office(office),
    };
    let ledger = std::sync::Arc::clone(&desk.ledger);
    let next = move |after: Option<Mark>| {
        let ledger = std::sync::Arc::clone(&ledger);
        let wanted = Wanted { after, ..wanted.clone() };
        async move {
            let (leads, next) = ledger.list_leads(&wanted, ROWS_AT_ONCE).await?;
            Ok((leads.iter().map(cells).collect(), next))
        }
    };
    send_file(desk, file, by, next).await
}

fn cells(lead: &Lead) -> Vec<Cell> {
    let text = |text: Option<String>| Cell::of(text, Cell::Text);
    let number = |n: u64| Cell::Number(i64::try_from(n).unwrap_or(i64::MAX));
    let factor = |value: f64| Cell::Text(crate::web::leads::short(value));
    let Place(place) = lead.place;
    vec![
        Cell::Text(lead.id.to_string()),
        Cell::Text(lead.kind.slug().to_owned()),
        Cell::Text(crate::web::leads::points(lead.score)),
        factor(lead.factors.probability),
        factor(lead.factors.harm),
        factor(lead.factors.freshness),
        factor(lead.factors.reach),
        text(lead.enterprise.as_ref().map(ToString::to_string)),
        text(lead.product.as_ref().map(ToString::to_string)),
        text(lead.batch.map(|batch| batch.to_string())),
        number(u64::from(place)),
        number(lead.codes),
        number(u64::from(lead.people)),
        Cell::Instant(lead.seen_at),
        text(lead.assigned_to.clone()),
        text(lead.due_on.map(|day| day.to_string())),
        Cell::Text(lead.why.zh.clone()),
    ]
}
