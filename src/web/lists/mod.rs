//! Lists of the consoles: one typed view for all of them. What a list is called
//! and has is in `heads`, how a row reads in `cells`.

mod cells;
mod heads;

use std::collections::BTreeMap;

use askama::Template;
use jiff::tz::TimeZone;

use crate::exports::Cell;
use crate::lists::{List, Mark, Sorts, Wanted};
use crate::web::console::{Area, Choice, Frame};

pub use heads::{empty, title};

/// What a row is told with beside its cells.
pub struct Words<'a> {
    pub f: &'a Frame,
    pub zone: &'a TimeZone,
    /// Names of the enterprise's places by their code.
    pub places: BTreeMap<String, String>,
}

#[derive(Default)]
pub struct CellView {
    pub text: String,
    pub href: Option<String>,
    /// It waits for somebody.
    pub strong: bool,
    /// n a number, w as wide as a phone, l told with its head on a phone.
    pub class: &'static str,
    /// Told before it on a phone, where there is no head.
    pub label: Option<&'static str>,
}

pub struct Head {
    pub text: &'static str,
    pub class: &'static str,
    /// Where its sorting leads; `None` where it does not sort.
    pub href: Option<String>,
    /// `ascending` or `descending`, where the list is sorted by it.
    pub sorted: Option<&'static str>,
}

pub struct ListView {
    pub title: &'static str,
    /// The page that it stands on.
    pub path: String,
    pub find: String,
    /// What its rows belong to, which the form for finding carries along.
    pub of: String,
    /// Ways of sorting, for where heads are not shown.
    pub sorts: Vec<Choice>,
    /// Without what was looked for.
    pub all: String,
    pub heads: Vec<Head>,
    pub rows: Vec<Vec<CellView>>,
    pub first: Option<String>,
    pub next: Option<String>,
    /// Query of the files, with what was found in them.
    pub files: String,
    pub empty: &'static str,
    pub error: Option<String>,
}

impl ListView {
    /// Nothing was looked for, and nothing is there.
    pub fn is_bare(&self) -> bool {
        self.rows.is_empty() && self.find.is_empty() && self.first.is_none() && self.error.is_none()
    }
}

/// A page of a list as a page shows it. `path` is the page that it stands on,
/// `of` what its rows belong to, where that is no enterprise.
pub fn view(
    wanted: &Wanted,
    (rows, next): (&[Vec<Cell>], Option<&Mark>),
    (path, of): (&str, &str),
    words: &Words<'_>,
) -> ListView {
    let at = |sort: &str, after: &str| address(path, of, &wanted.find, sort, after);
    let sort = wanted.sort();
    let files = [("of", of), ("q", &wanted.find), ("sort", &sort)];
    let list = wanted.list;
    ListView {
        title: title(list).of(words.f.lang),
        path: path.to_owned(),
        find: wanted.find.clone(),
        of: of.to_owned(),
        sorts: sorts(wanted, words.f),
        all: address(path, of, "", &sort, ""),
        heads: heads(wanted, &at, words.f),
        rows: rows.iter().map(|row| line(list, row, words)).collect(),
        first: wanted.after.as_ref().map(|_| at(&sort, "")),
        next: next.map(|mark| at(&sort, &mark.text())),
        files: format!("/{}/lists/{}?{}", area(words.f), list.slug(), query(&files)),
        empty: empty(list).of(words.f.lang),
        error: None,
    }
}

fn area(f: &Frame) -> &'static str {
    if f.area == Area::County { "county" } else { "enterprise" }
}

fn address(path: &str, of: &str, find: &str, sort: &str, after: &str) -> String {
    let query = query(&[("of", of), ("q", find), ("sort", sort), ("after", after)]);
    format!("{path}?{}", query.trim_end_matches('&'))
}

/// `q=a&sort=b&`, without what is empty (RFC 3986, 2.1).
pub fn query(pairs: &[(&str, &str)]) -> String {
    let escaped = |text: &str| {
        text.bytes().fold(String::new(), |out, b| match b {
            b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => {
                out + &char::from(b).to_string()
            }
            b => out + &format!("%{b:02X}"),
        })
    };
    let some = pairs.iter().filter(|(_, value)| !value.is_empty());
    some.fold(String::new(), |out, (name, value)| out + &format!("{name}={}&", escaped(value)))
}

fn heads(wanted: &Wanted, at: &impl Fn(&str, &str) -> String, f: &Frame) -> Vec<Head> {
    let column = |name: &str| wanted.list.columns().iter().find(|column| column.name == name);
    let head = |(name, text, class): &(&str, crate::web::text::Text, &'static str)| {
        let by = column(name).filter(|column| column.sorts != Sorts::No);
        let is_it = by.is_some_and(|column| column.name == wanted.by.name);
        // The other way round where it is sorted by it already.
        let turned = if is_it && !wanted.down { format!("-{name}") } else { (*name).to_owned() };
        Head {
            text: text.of(f.lang),
            class,
            href: by.map(|_| at(&turned, "")),
            sorted: is_it.then_some(if wanted.down { "descending" } else { "ascending" }),
        }
    };
    heads::heads(wanted.list).iter().map(head).collect()
}

/// Each column that sorts, both ways, under the name of its head.
fn sorts(wanted: &Wanted, f: &Frame) -> Vec<Choice> {
    let sorting = wanted.list.columns().iter().filter(|column| column.sorts != Sorts::No);
    let named = sorting.filter_map(|column| {
        let head = heads::heads(wanted.list).iter().find(|(name, ..)| *name == column.name)?;
        Some((column.name, head.1.of(f.lang)))
    });
    let both = named.flat_map(|(name, text)| [(name, text, false), (name, text, true)]);
    let choice = |(name, text, down): (&str, &str, bool)| Choice {
        value: format!("{}{name}", if down { "-" } else { "" }),
        text: format!("{text} {}", if down { "↓" } else { "↑" }),
        chosen: (name, down) == (wanted.by.name, wanted.down),
    };
    both.map(choice).collect()
}

/// A row with its cells; numbers and what has no words of its own are told with
/// their heads on a phone.
fn line(list: List, row: &[Cell], words: &Words<'_>) -> Vec<CellView> {
    let heads = heads::heads(list);
    let mut cells = cells::cells(list, row, words);
    for (cell, (_, text, class)) in cells.iter_mut().zip(heads) {
        cell.class = class;
        cell.label = Some(text.of(words.f.lang))
            .filter(|_| matches!(*class, "n" | "l") && !cell.text.is_empty());
    }
    cells
}

/// A page that is a list and nothing else.
#[derive(Template)]
#[template(path = "console/list_page.html")]
pub struct ListPage {
    pub f: Frame,
    pub list: ListView,
    /// Where its rows belong, to go back to.
    pub back: Option<(String, String)>,
}
