//! How the rows of lists read. A slug that is not known, as one of a later
//! version, is shown as it is.

use crate::auth::{Duties, Duty, Seat};
use crate::base::Lang;
use crate::exports::Cell;
use crate::handoff::package::PackageState;
use crate::hooks::delivery::DeliveryState;
use crate::lists::List;
use crate::recall;
use crate::registry::Gtin;
use crate::registry::movement::{Account, Kind};
use crate::registry::order::OrderState;
use crate::scan::Place;
use crate::scan::reason::{minute_text, place_text};
use crate::trace::place::PlaceKind;
use crate::trace::{Act, Unit, name};
use crate::web::lists::{CellView, Words};
use crate::web::products::category;
use crate::web::text::Text;
use crate::web::{book, console, handoff, people, trace, trail, webhooks};

/// A row by the names of its columns.
struct Row<'a, 'w> {
    list: List,
    cells: &'a [Cell],
    words: &'a Words<'w>,
}

impl Row<'_, '_> {
    fn cell(&self, name: &str) -> &Cell {
        let at = self.list.columns().iter().position(|column| column.name == name);
        at.and_then(|at| self.cells.get(at)).unwrap_or(&Cell::Empty)
    }

    fn lang(&self) -> Lang {
        self.words.f.lang
    }

    fn text(&self, name: &str) -> String {
        match self.cell(name) {
            Cell::Empty => String::new(),
            Cell::Text(text) | Cell::Whole(text) => text.clone(),
            Cell::Number(number) => number.to_string(),
            Cell::Instant(at) => minute_text(*at, self.lang(), self.words.zone),
        }
    }

    fn number(&self, name: &str) -> i64 {
        if let Cell::Number(number) = self.cell(name) { *number } else { 0 }
    }

    fn plain(&self, name: &str) -> CellView {
        CellView { text: self.text(name), ..CellView::default() }
    }

    fn link(&self, text: String, path: &str, id: &str) -> CellView {
        let href = Some(format!("{path}{}", self.text(id)));
        CellView { text, href, ..CellView::default() }
    }

    /// The text of a slug.
    fn told<T>(
        &self,
        name: &str,
        read: fn(&str) -> Option<T>,
        told: impl Fn(T) -> Text,
    ) -> CellView {
        let slug = self.text(name);
        let text = read(&slug).map(|known| told(known).of(self.lang()).to_owned());
        said(text.unwrap_or(slug))
    }

    /// In the page's language, Chinese where there is no other.
    fn named(&self) -> String {
        let (zh, en) = (self.text("name_zh"), self.text("name_en"));
        if self.lang() == Lang::En && !en.is_empty() { en } else { zh }
    }

    fn region(&self, name: &str) -> CellView {
        match Place(u16::try_from(self.number(name)).unwrap_or_default()) {
            Place(0) => said(self.lang().pick("不限", "anywhere")),
            place => said(place_text(place, self.lang())),
        }
    }

    fn place(&self, name: &str) -> String {
        let code = self.text(name);
        self.words.places.get(&code).cloned().unwrap_or(code)
    }

    fn way(&self, from: String, to: String) -> CellView {
        said(match (from.as_str(), to.as_str()) {
            (from, to) if from == to => to.to_owned(),
            ("", to) => format!("→ {to}"),
            (from, "") => from.to_owned(),
            (from, to) => format!("{from} → {to}"),
        })
    }
}

fn said(text: impl Into<String>) -> CellView {
    CellView { text: text.into(), ..CellView::default() }
}

fn joined(texts: [String; 2]) -> CellView {
    let [one, other] = texts;
    said(if one.is_empty() || other.is_empty() {
        one + &other
    } else {
        format!("{one} · {other}")
    })
}

pub(super) fn cells(list: List, cells: &[Cell], words: &Words<'_>) -> Vec<CellView> {
    let row = Row { list, cells, words };
    match list {
        List::Products => product(&row),
        List::Batches => batch(&row),
        List::Orders => order(&row),
        List::Packages => package(&row),
        List::Movements => movement(&row),
        List::Closings => closing(&row),
        List::Recalls => recalled(&row),
        List::Places => site(&row),
        List::Events => event(&row),
        List::Deliveries => delivery(&row),
        List::People | List::Staff => person(&row),
        List::Trail => told_in_the_trail(&row),
        List::Enterprises => enterprise(&row),
    }
}

fn product(row: &Row<'_, '_>) -> Vec<CellView> {
    let name = match row.words.f.may(Duty::Planner) {
        true => row.link(row.named(), "/enterprise/products/", "gtin"),
        false => said(row.named()),
    };
    let days = match row.cell("shelf_life_days") {
        Cell::Empty => said(row.lang().pick("长期", "no limit")),
        _ => row.plain("shelf_life_days"),
    };
    let category = said(category(&row.text("category")).of(row.lang()));
    let gtin = said(Gtin::printed(&row.text("gtin")));
    vec![name, gtin, row.plain("net_content"), category, row.plain("standard"), days]
}

fn batch(row: &Row<'_, '_>) -> Vec<CellView> {
    vec![
        row.link(row.text("batch"), "/enterprise/batches/", "batch"),
        said(row.named()),
        row.plain("lot"),
        row.plain("made_on"),
        row.region("destination"),
        row.plain("labels"),
        row.plain("on_sale"),
    ]
}

fn order(row: &Row<'_, '_>) -> Vec<CellView> {
    let state = row.told("state", OrderState::from_slug, console::order_state);
    let waits = row.text("state") == OrderState::AwaitingApproval.slug();
    let mut cells = vec![
        row.link(row.text("created_at"), "/enterprise/orders/", "id"),
        row.link(row.text("batch"), "/enterprise/batches/", "batch"),
        row.plain("lot"),
        CellView { strong: waits, ..state },
    ];
    cells.extend(["labels", "labels_done", "needed_by", "created_by"].map(|name| row.plain(name)));
    cells
}

fn package(row: &Row<'_, '_>) -> Vec<CellView> {
    let sign_off = match row.text("sign_off").as_str() {
        "accepted" => row.lang().pick("合格", "accepted").to_owned(),
        "rejected" => row.lang().pick("不合格", "rejected").to_owned(),
        other => other.to_owned(),
    };
    vec![
        row.link(row.text("number"), "/enterprise/packages/", "id"),
        row.link(row.text("batch"), "/enterprise/batches/", "batch"),
        row.plain("house"),
        row.told("state", PackageState::from_slug, handoff::state),
        said(sign_off),
        row.plain("created_at"),
        row.plain("created_by"),
    ]
}

fn movement(row: &Row<'_, '_>) -> Vec<CellView> {
    let (first, last) = (row.number("first"), row.number("last"));
    // Several runs of numbers may lie between the first and the last.
    let gaps = if last - first + 1 > row.number("labels") { "…" } else { "–" };
    let numbers = if first == last { first.to_string() } else { format!("{first}{gaps}{last}") };
    vec![
        row.plain("moved_at"),
        row.told("kind", Kind::from_slug, book::kind),
        row.plain("labels"),
        said(numbers),
        row.way(row.text("from_place"), row.text("to_place")),
        row.plain("moved_by"),
        joined([row.text("reason"), row.text("reference")]),
    ]
}

fn closing(row: &Row<'_, '_>) -> Vec<CellView> {
    let account = row.told("account", Account::from_slug, book::account).text;
    let [book, counted, missing] = ["book", "counted", "missing"].map(|name| row.number(name));
    let mut cells = vec![
        row.plain("day"),
        row.link(row.text("batch"), "/enterprise/batches/", "batch"),
        joined([account, row.text("place")]),
    ];
    cells.extend(["book", "counted", "missing"].map(|name| row.plain(name)));
    cells.push(said((book - counted - missing).to_string()));
    cells.extend(["closed_by", "note"].map(|name| row.plain(name)));
    cells
}

fn recalled(row: &Row<'_, '_>) -> Vec<CellView> {
    let (zh, en) = (row.text("reason_zh"), row.text("reason_en"));
    let state = row.told("state", recall::State::from_slug, crate::web::recall::state);
    let waits = row.text("state") == recall::State::Proposed.slug();
    vec![
        row.link(row.text("proposed_at"), "/enterprise/recalls/", "id"),
        row.told("kind", recall::Kind::from_slug, crate::web::recall::kind),
        CellView { strong: waits, ..state },
        row.plain("labels"),
        said(if row.lang() == Lang::En && !en.is_empty() { en } else { zh }),
        row.plain("proposed_by"),
    ]
}

fn site(row: &Row<'_, '_>) -> Vec<CellView> {
    let region = if row.number("region") == 0 { said("") } else { row.region("region") };
    let kind = row.told("kind", PlaceKind::from_slug, trace::place_kind);
    vec![row.plain("code"), said(row.named()), kind, region, row.plain("gln")]
}

fn event(row: &Row<'_, '_>) -> Vec<CellView> {
    let unit = row.text("unit");
    let unit = unit.parse::<Unit>().map_or(unit, |unit| name(&unit, row.lang()));
    let mut act = row.told("act", Act::from_slug, trace::act);
    if row.number("error") == 1 {
        act.text += row.lang().pick(" · 已声明有误", " · declared wrong");
    }
    let from = [row.place("from_place"), row.place("place")];
    let from = from.into_iter().find(|place| !place.is_empty()).unwrap_or_default();
    vec![
        row.plain("event_at"),
        act,
        said(unit),
        row.plain("units"),
        row.way(from, row.place("to_place")),
        row.plain("recorded_by"),
    ]
}

fn delivery(row: &Row<'_, '_>) -> Vec<CellView> {
    let waits = row.text("state") == DeliveryState::Pending.slug();
    let last = joined([row.text("last_at"), row.text("last_status")]);
    vec![
        row.plain("happened_at"),
        row.told("kind", crate::hooks::Kind::from_slug, webhooks::kind),
        row.told("state", DeliveryState::from_slug, webhooks::delivery_state),
        row.plain("tries"),
        last,
        if waits { row.plain("next_at") } else { said("") },
    ]
}

fn person(row: &Row<'_, '_>) -> Vec<CellView> {
    let base = if row.list == List::Staff { "/county/people/" } else { "/enterprise/people/" };
    let lang = row.lang();
    let duties = match row.text("role").as_str() {
        "administrator" => lang.pick("县级管理员", "county administrator").to_owned(),
        "officer" => {
            let seat = row.text("duties");
            Seat::from_slug(&seat).map_or(seat, |seat| people::seat_text(seat).of(lang).to_owned())
        }
        _ => {
            let slugs = row.text("duties");
            Duties::parse(&slugs).map_or(slugs, |duties| people::duties_text(duties, lang))
        }
    };
    let state = match row.text("state").as_str() {
        "closed" => lang.pick("已停用", "closed").to_owned(),
        "open" => lang.pick("正常", "open").to_owned(),
        "invited" => lang.pick("已邀请", "invited").to_owned(),
        "program" => lang.pick("程序", "program").to_owned(),
        other => other.to_owned(),
    };
    let on = row.number("second_factor") > 0;
    vec![
        row.link(row.text("login"), base, "login"),
        row.plain("name"),
        said(duties),
        said(state),
        said(if on { lang.pick("已启用", "on") } else { lang.pick("未启用", "off") }),
        row.plain("last_seen_at"),
    ]
}

fn told_in_the_trail(row: &Row<'_, '_>) -> Vec<CellView> {
    let mut cells: Vec<_> = ["seq", "at", "login", "origin"].map(|name| row.plain(name)).into();
    cells.push(said(trail::action(&row.text("action"), row.lang())));
    cells.push(said(trail::object(&row.text("object"), row.lang())));
    cells
}

fn enterprise(row: &Row<'_, '_>) -> Vec<CellView> {
    let mut cells = vec![row.link(row.named(), "/county/enterprises/", "uscc")];
    let rest = ["uscc", "gs1_prefix", "licences", "first_expiry"];
    cells.extend(rest.map(|name| row.plain(name)));
    cells
}
