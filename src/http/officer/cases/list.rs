//! `/officer/cases`: which cases the office has, most urgent first.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

use crate::auth::Officer;
use crate::base::Lang;
use crate::cases::file::State as Stands;
use crate::cases::port::{CASES_SHOWN_MAX, CaseLine, Counts, Mark, Wanted};
use crate::http::access::AtConsole;
use crate::http::address::{Query, Unread};
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::scan::Place;
use crate::web::cases::{CaseRow, CasesPage, GivenLine, Tab, words};
use crate::web::console::Frame;
use crate::web::lists::query;
use crate::web::verdict::date_text;

/// Cases that the office gave away that are listed.
const GIVEN_SHOWN_MAX: u32 = 200;
/// Characters that are looked for.
const FIND_CHARACTERS_MAX: usize = 64;

#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    show: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

/// The office's cases.
#[utoipa::path(
    get,
    path = "/officer/cases",
    tag = "officer console",
    params(
        ("show" = Option<String>, Query, description = "mine, open, overdue, closing, closed, all or given"),
        ("q" = Option<String>, Query, description = "Part of a number or a title, or a serial"),
        ("after" = Option<String>, Query, description = "Behind which case, from the page before"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Officer>,
    asked: Result<Query<Asked>, Unread>,
) -> Result<Response, Problem> {
    let asked = asked.map_or_else(|_| Asked::default(), |Query(asked)| asked);
    let counts = desk.ledger.count_cases(who.office, &who.login, desk.today()).await?;
    let usual = if counts.mine > 0 { "mine" } else { "open" };
    let known = ["mine", "open", "overdue", "closing", "closed", "all", "given"];
    let show = known.into_iter().find(|slug| *slug == asked.show).unwrap_or(usual);
    let wanted = wanted(&desk, &who, show, &asked);
    let (lines, next) = desk.ledger.list_cases(&wanted, CASES_SHOWN_MAX).await?;
    let given = if show == "given" { given(&desk, &who, &frame).await? } else { Vec::new() };
    let next = next.map(|mark| {
        let after = written(&mark);
        let query = query(&[("show", show), ("q", &asked.q), ("after", &after)]);
        format!("/officer/cases?{}", query.trim_end_matches('&'))
    });
    let lang = frame.lang;
    let listed = CasesPage {
        tabs: tabs(&counts, show, lang),
        show,
        find: asked.q,
        cases: lines.iter().map(|line| row(&desk, line, lang)).collect(),
        next,
        given,
        f: frame,
    };
    page(&listed, lang, StatusCode::OK)
}

fn wanted(desk: &Desk, who: &Officer, show: &str, asked: &Asked) -> Wanted {
    let live = vec![Stands::Open, Stands::Closing];
    let wanted = Wanted {
        office: who.office,
        find: asked.q.trim().chars().take(FIND_CHARACTERS_MAX).collect(),
        after: read_mark(&asked.after),
        ..Wanted::default()
    };
    match show {
        "mine" => Wanted { states: live, assignee: Some(who.login.clone()), ..wanted },
        "overdue" => Wanted { states: live, due_before: Some(desk.today()), ..wanted },
        "closing" => Wanted { states: vec![Stands::Closing], ..wanted },
        "closed" => Wanted { states: vec![Stands::Closed], ..wanted },
        "open" => Wanted { states: live, ..wanted },
        _ => wanted,
    }
}

fn written(mark: &Mark) -> String {
    let day = mark.due_on.map_or_else(String::new, |day| day.to_string());
    format!("{day}.{}", mark.id)
}

fn read_mark(text: &str) -> Option<Mark> {
    let (day, id) = text.split_once('.')?;
    let due_on = if day.is_empty() { None } else { Some(day.parse().ok()?) };
    Some(Mark { due_on, id: id.parse::<Uuid>().ok()? })
}

fn tabs(counts: &Counts, show: &str, lang: Lang) -> Vec<Tab> {
    [
        ("mine", "我的", "mine", Some(counts.mine)),
        ("open", "在办", "open", Some(counts.open)),
        ("overdue", "超期", "overdue", Some(counts.overdue)),
        ("closing", "待审批结案", "to be closed", Some(counts.closing)),
        ("closed", "已结案", "closed", Some(counts.closed)),
        ("all", "全部", "all", None),
        ("given", "已移送", "handed over", None),
    ]
    .into_iter()
    .map(|(slug, zh, en, count)| Tab {
        href: format!("/officer/cases?show={slug}"),
        text: lang.pick(zh, en),
        count,
        chosen: slug == show,
    })
    .collect()
}

fn row(desk: &Desk, line: &CaseLine, lang: Lang) -> CaseRow {
    let over = |day| line.state.is_open() && day < desk.today();
    CaseRow {
        id: line.id.to_string(),
        number: line.number.clone(),
        title: line.title.clone(),
        state: words::state(line.state).of(lang),
        assignee: line.assignee.clone().unwrap_or_default(),
        units: line.units,
        place: Place(line.region).text(lang).unwrap_or_default(),
        due: line.due_on.map(|day| (date_text(day, lang), over(day))),
        waits: line.waits,
        hold: line.hold,
    }
}

async fn given(desk: &Desk, who: &Officer, f: &Frame) -> Result<Vec<GivenLine>, Problem> {
    let offices = desk.ledger.offices().await?;
    let given = desk.ledger.given_away(who.office, GIVEN_SHOWN_MAX).await?;
    Ok(given.iter().map(|one| super::view::given(desk, one, &offices, f)).collect())
}
