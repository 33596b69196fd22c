//! Leads in words: lines of the list, what a form may choose, what was wrong.

use crate::base::{FieldError, Lang};
use crate::http::console::regions;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::leads::Kind;
use crate::leads::desk::{Lead, Typed as TypedDeed, Wanted};
use crate::scan::reason::minute_text;
use crate::web::console::{Choice, Frame, Typed};
use crate::web::leads::{DeedForm, LeadLine, kind, points, product};
use crate::web::verdict::named;

/// Officers to whom a lead may be given.
const WORKERS_MAX: u32 = 500;
/// Enterprises and products to choose from.
const CHOICES_MAX: usize = 500;

/// Whose goods: product, or the maker where no product is known.
pub(super) fn goods(desk: &Desk, lead: &Lead, f: &Frame) -> String {
    let register = desk.scanner.register.load();
    let product = lead.product.as_ref().and_then(|gtin| register.products.get(gtin));
    let maker = lead.enterprise.as_ref().and_then(|uscc| register.enterprises.get(uscc));
    match (product, maker) {
        (Some(product), _) => named(&product.name, f.lang).to_owned(),
        (None, Some(maker)) => named(&maker.name, f.lang).to_owned(),
        (None, None) => String::new(),
    }
}

pub(super) fn line(desk: &Desk, lead: &Lead, f: &Frame) -> LeadLine {
    let today = desk.today();
    let mut work = Vec::new();
    let whose = lead.assigned_to.as_ref();
    work.extend(whose.map(|login| format!("{} {login}", f.t("承办人", "assigned to"))));
    let late = lead.due_on.is_some_and(|due| due < today);
    work.extend(lead.due_on.map(|due| format!("{} {due}", f.t("期限", "due"))));
    let rests = lead.snoozed_until.filter(|until| *until >= today);
    work.extend(
        rests.map(|until| format!("{} {until} {}", f.t("暂缓至", "rests until"), lead.grounds)),
    );
    LeadLine {
        id: lead.id.to_string(),
        score: points(lead.score),
        factors: product(&lead.factors, f.lang),
        kind: kind(lead.kind).of(f.lang),
        serial: lead
            .key
            .strip_prefix("label/")
            .filter(|_| lead.kind == Kind::Code)
            .map(str::to_owned),
        why: named(&lead.why, f.lang).to_owned(),
        goods: goods(desk, lead, f),
        place: lead.place.text(f.lang).unwrap_or_else(|| f.t("不详", "unknown").to_owned()),
        codes: lead.codes,
        people: lead.people,
        seen: minute_text(lead.seen_at, f.lang, &desk.zone),
        work,
        late,
    }
}

pub(super) struct Narrowed {
    pub kinds: Vec<Choice>,
    pub enterprises: Vec<Choice>,
    pub products: Vec<Choice>,
    pub places: Vec<Choice>,
}

fn choice(value: String, text: String, chosen: Option<String>) -> Choice {
    Choice { chosen: chosen.as_ref() == Some(&value), value, text }
}

/// What the list may be narrowed by. Products are those of the enterprise that
/// is chosen, if one is.
pub(super) fn choices(desk: &Desk, wanted: &Wanted, f: &Frame) -> Narrowed {
    let all = || choice(String::new(), f.t("全部", "all").to_owned(), None);
    let register = desk.scanner.register.load();
    let chosen = |text: Option<String>| text;
    let mut enterprises: Vec<_> = register.enterprises.values().collect();
    enterprises.sort_by(|a, b| a.uscc.as_str().cmp(b.uscc.as_str()));
    let mut products: Vec<_> = register
        .products
        .values()
        .filter(|p| wanted.enterprise.as_ref().is_none_or(|of| p.enterprise == *of))
        .collect();
    products.sort_by(|a, b| a.gtin.as_str().cmp(b.gtin.as_str()));
    let kinds = Kind::ALL.into_iter().map(|k| {
        let now = wanted.kind.map(|kind| kind.slug().to_owned());
        choice(k.slug().to_owned(), kind(k).of(f.lang).to_owned(), now)
    });
    let enterprise = chosen(wanted.enterprise.as_ref().map(ToString::to_string));
    let product = chosen(wanted.product.as_ref().map(ToString::to_string));
    let place = wanted.place.map(|place| place.to_string()).unwrap_or_default();
    Narrowed {
        kinds: std::iter::once(all()).chain(kinds).collect(),
        enterprises: std::iter::once(all())
            .chain(enterprises.into_iter().take(CHOICES_MAX).map(|e| {
                choice(e.uscc.to_string(), named(&e.name, f.lang).to_owned(), enterprise.clone())
            }))
            .collect(),
        products: std::iter::once(all())
            .chain(products.into_iter().take(CHOICES_MAX).map(|p| {
                choice(p.gtin.to_string(), named(&p.name, f.lang).to_owned(), product.clone())
            }))
            .collect(),
        places: regions(&place, f),
    }
}

/// The form with what was typed.
pub(super) async fn typed(
    desk: &Desk,
    deed: &TypedDeed,
    fault: Option<&FieldError>,
    f: &Frame,
) -> Result<DeedForm, Problem> {
    let nobody = Choice {
        value: String::new(),
        text: f.t("（无，退回待分派）", "(nobody)").to_owned(),
        chosen: deed.assignee.is_empty(),
    };
    let workers = desk.ledger.lead_workers(WORKERS_MAX).await?;
    let workers = workers.into_iter().map(|(login, name, _)| Choice {
        text: format!("{name} · {login}"),
        chosen: login == deed.assignee,
        value: login,
    });
    let error = |field: &str| fault.filter(|e| e.field == field).map(|e| said(e, f.lang));
    let of = |field, value: &String| Typed { value: value.clone(), error: error(field) };
    let fields = ["due_on", "until", "grounds"];
    let other = fault.filter(|e| !fields.contains(&e.field.as_str()));
    Ok(DeedForm {
        workers: std::iter::once(nobody).chain(workers).collect(),
        due_on: of("due_on", &deed.due_on),
        until: of("until", &deed.until),
        grounds: of("grounds", &deed.grounds),
        other: other.map(|e| said(e, f.lang)),
    })
}

pub(super) fn said(fault: &FieldError, lang: Lang) -> String {
    let zh = match fault.field.as_str() {
        "after" => "这个翻页链接不完整或已失效。",
        "due_on" => "请填今天或一年以内的日期",
        "until" => "请填暂缓到哪一天，今天起一年以内",
        "grounds" => "请写明理由，最多1000个字",
        "assignee" => "请选择本系统内在岗的执法人员",
        "leads" => "请先勾选线索，一次最多100条",
        "deed" => "请用下面的按钮",
        _ => "不能按这个条件筛选。",
    };
    match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En if fault.field == "leads" => "Choose at least one lead (at most 100).".to_owned(),
        Lang::En => fault.sentence(),
    }
}
