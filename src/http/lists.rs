//! Lists as the consoles show and send them: what an address asks for, the page
//! of it, the file of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::base::{By, FieldError, Lang};
use crate::exports::Format;
use crate::http::desk::Desk;
use crate::http::exports::{File, ROWS_AT_ONCE, send_file};
use crate::http::problem::Problem;
use crate::http::turns::Holder;
use crate::lists::{FIND_CHARACTERS_MAX, List, Mark, ROWS, Wanted, Within};
use crate::web::console::Frame;
use crate::web::lists::{ListView, Words, view};
use crate::web::verdict::named;

/// What an address asks of a list.
#[derive(Clone, Default, Deserialize)]
pub struct Asked {
    /// Part of a text of a row.
    #[serde(default)]
    pub q: String,
    /// A column; with `-` before it downwards.
    #[serde(default)]
    pub sort: String,
    /// Behind which row; from the page before.
    #[serde(default)]
    pub after: String,
    /// The batch or the endpoint whose rows they are.
    #[serde(default)]
    pub of: String,
    /// `csv` or `jsonl`: a file instead of a page.
    #[serde(default)]
    pub format: String,
}

impl Asked {
    fn wanted(&self, list: List) -> Result<Wanted, FieldError> {
        Wanted::read(list, &self.q, &self.sort, &self.after)
    }
}

/// Status of a page with a list.
pub(super) const fn status(list: &ListView) -> StatusCode {
    if list.error.is_none() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}

/// Status of a page with a list and a form.
pub(super) fn status_of(list: &ListView, faults: &[FieldError]) -> StatusCode {
    if faults.is_empty() { status(list) } else { StatusCode::UNPROCESSABLE_ENTITY }
}

/// A page of a list that stands on the page at `path`. What cannot be read of
/// the address is told on it.
///
/// # Errors
/// Those of the ledger.
pub(super) async fn shown(
    desk: &Desk,
    within: &Within,
    list: List,
    asked: &Asked,
    (path, f): (&str, &Frame),
) -> Result<ListView, Problem> {
    let words = Words { f, zone: &desk.zone, places: places(desk, within, list, f).await? };
    let at = (path, asked.of.as_str());
    match asked.wanted(list) {
        Ok(wanted) => {
            let page = desk.ledger.list(within, &wanted, ROWS).await?;
            Ok(view(&wanted, (&page.rows, page.next.as_ref()), at, &words))
        }
        Err(fault) => {
            let plain = view(&Wanted::usual(list), (&[], None), at, &words);
            Ok(ListView { error: Some(told(&fault, f.lang)), find: asked.q.clone(), ..plain })
        }
    }
}

fn told(fault: &FieldError, lang: Lang) -> String {
    let zh = match fault.field.as_str() {
        "q" => format!("查找的内容最多{FIND_CHARACTERS_MAX}个字，不能有控制字符。"),
        "sort" => "不能按这一列排序，请点表头。".to_owned(),
        _ => "这个翻页链接不完整或已失效。".to_owned(),
    };
    match lang {
        Lang::Zh => zh,
        Lang::En => format!("{}: {}; {}.", fault.field, fault.problem, fault.remedy),
    }
}

/// Names of places, where the rows of the list say where.
async fn places(
    desk: &Desk,
    within: &Within,
    list: List,
    f: &Frame,
) -> Result<BTreeMap<String, String>, Problem> {
    let Some(of) = within.enterprise().filter(|_| list == List::Events) else {
        return Ok(BTreeMap::new());
    };
    let sites = desk.ledger.sites(of).await?;
    let pair = |site: &crate::trace::place::Site| {
        (site.code.clone(), named(&site.name, f.lang).to_owned())
    };
    Ok(sites.iter().map(pair).collect())
}

/// All that was asked for as a file; `None` where a page was.
///
/// # Errors
/// 422 for what cannot be read of the address, 503 and 429 while too many are under way.
pub(super) async fn file(
    desk: &Desk,
    within: &Within,
    list: List,
    asked: &Asked,
    by: &By,
) -> Result<Option<Response>, Problem> {
    let format = match asked.format.as_str() {
        "" => return Ok(None),
        "csv" => Format::Csv { marked: true },
        "jsonl" => Format::JsonLines,
        other => {
            let problem = format!("{other:?} is not known");
            let fault = FieldError::new("format", problem, "write csv or jsonl");
            return Err(Problem::invalid(vec![fault]));
        }
    };
    let wanted = asked.wanted(list).map_err(|fault| Problem::invalid(vec![fault]))?;
    let file = File {
        name: list.slug(),
        columns: list.columns().iter().map(|column| column.name).collect(),
        format,
        // Not the words that were looked for: somebody may have typed a code.
        asked: serde_json::json!({"format": format.extension(),
            "narrowed": !wanted.find.is_empty(), "of": asked.of}),
        of: within.enterprise().cloned().map_or(Holder::County, Holder::Enterprise),
    };
    let (ledger, within) = (Arc::clone(&desk.ledger), within.clone());
    let next = move |after: Option<Mark>| {
        let (ledger, within) = (Arc::clone(&ledger), within.clone());
        // From the first row on, whichever page the link stood on.
        let wanted = Wanted { after, ..wanted.clone() };
        async move {
            let page = ledger.list(&within, &wanted, ROWS_AT_ONCE).await?;
            Ok((page.rows, page.next))
        }
    };
    send_file(desk, file, by, next).await.map(Some)
}
