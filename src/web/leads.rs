//! Officers' work-list: typed views of its pages, and the words for what is in it.

use askama::Template;

use crate::base::Lang;
use crate::leads::Kind;
use crate::leads::desk::Tab;
use crate::web::console::{Choice, Frame, Typed};
use crate::web::text::Text;

pub const fn kind(kind: Kind) -> Text {
    match kind {
        Kind::Code => Text("单枚标签", "one label"),
        Kind::Run => Text("相邻编号", "neighbouring numbers"),
        Kind::Carton => Text("同一箱", "one case"),
        Kind::Package => Text("印制包", "print package"),
        Kind::Phone => Text("一部手机", "one phone"),
        Kind::Place => Text("伪造码聚集地", "forged codes in a place"),
        Kind::Lot => Text("窜货批次", "lot sold elsewhere"),
        Kind::Told => Text("举报移送", "told by others"),
    }
}

pub const fn tab(tab: Tab) -> Text {
    match tab {
        Tab::Todo => Text("全部待办", "To do"),
        Tab::Open => Text("待分派", "Nobody's"),
        Tab::Mine => Text("我的", "Mine"),
        Tab::Others => Text("他人办理", "Others'"),
        Tab::Overdue => Text("逾期", "Overdue"),
        Tab::Snoozed => Text("暂缓", "At rest"),
        Tab::Done => Text("已了结", "Done"),
    }
}

/// Who told of a lead.
pub fn source(slug: &str) -> Text {
    match slug {
        "forged" => Text("伪造码统计", "forged codes counted"),
        "diverted" => Text("流向分析", "how the lot travels"),
        "consumer" => Text("消费者反映", "a consumer"),
        "enterprise" => Text("企业提供", "the maker"),
        _ => Text("市场监管部门", "an office"),
    }
}

/// What was done with a lead.
pub fn act(slug: &str) -> Text {
    match slug {
        "opened" => Text("线索形成", "it came up"),
        "assigned" => Text("分派", "assigned"),
        "released" => Text("退回待分派", "released"),
        "due" => Text("设定期限", "due date"),
        "snoozed" => Text("暂缓", "put to rest"),
        "woken" => Text("恢复办理", "woken"),
        "closed" => Text("了结", "closed"),
        "merged" => Text("合并", "merged"),
        "case" => Text("转为案件", "became a case"),
        _ => Text("重新打开", "opened again"),
    }
}

pub struct TabLink {
    pub href: String,
    pub text: &'static str,
    pub count: u64,
    pub chosen: bool,
}

pub struct LeadLine {
    pub id: String,
    pub score: String,
    /// The four factors behind it.
    pub factors: String,
    pub kind: &'static str,
    /// Of a lead of one label.
    pub serial: Option<String>,
    pub why: String,
    pub goods: String,
    pub place: String,
    pub codes: u64,
    pub people: u32,
    pub seen: String,
    /// Whose it is, when it is due, until when it rests; empty: nobody's.
    pub work: Vec<String>,
    pub late: bool,
}

/// What is typed into the form for several leads, or for one.
pub struct DeedForm {
    pub workers: Vec<Choice>,
    pub due_on: Typed,
    pub until: Typed,
    pub grounds: Typed,
    /// What is wrong with no field.
    pub other: Option<String>,
}

#[derive(Template)]
#[template(path = "console/leads.html")]
pub struct LeadsPage {
    pub f: Frame,
    pub asked: Typed,
    pub tabs: Vec<TabLink>,
    /// Slug of the part that is shown.
    pub tab: &'static str,
    pub open: u64,
    pub kinds: Vec<Choice>,
    pub enterprises: Vec<Choice>,
    pub products: Vec<Choice>,
    pub places: Vec<Choice>,
    pub error: Option<String>,
    pub leads: Vec<LeadLine>,
    pub first: Option<String>,
    pub next: Option<String>,
    pub file: String,
    /// What the list's address says, for the way back.
    pub back: String,
    /// None for who only reads, and where nothing is open.
    pub deed: Option<DeedForm>,
}

pub struct LeadCodeLine {
    pub serial: String,
    pub number: u64,
    pub batch: String,
    pub risk: String,
    pub people: u32,
    pub scans: u64,
    pub places: String,
    pub seen: String,
    pub left: bool,
}

pub struct SaidLine {
    pub source: &'static str,
    pub origin: String,
    pub reference: String,
    pub place: String,
    pub says: String,
    pub at: String,
    pub gone: bool,
}

pub struct ActLine {
    pub at: String,
    pub by: String,
    pub act: &'static str,
    pub says: String,
}

pub struct Factor {
    pub name: &'static str,
    pub value: String,
    pub says: String,
}

pub struct CaseLink {
    /// None of a case that another office has.
    pub href: Option<String>,
    pub number: String,
}

#[derive(Template)]
#[template(path = "console/lead.html")]
pub struct LeadPage {
    pub f: Frame,
    pub lead: LeadLine,
    pub key: String,
    pub open: bool,
    /// Why and by whom it was closed.
    pub closed: Option<String>,
    pub factors: Vec<Factor>,
    pub facts: Vec<(&'static str, String)>,
    pub codes: Vec<LeadCodeLine>,
    pub sources: Vec<SaidLine>,
    pub acts: Vec<ActLine>,
    pub cases: Vec<CaseLink>,
    /// The form for a case of these labels.
    pub new_case: Option<String>,
    pub deed: Option<DeedForm>,
}

/// `211.4`
pub fn points(tenths: i64) -> String {
    format!("{}.{}", tenths / 10, (tenths % 10).abs())
}

/// `可能 97 % × 危害 1 × 新近 0.9 × 面 2.4`
pub fn product(factors: &crate::leads::score::Factors, lang: Lang) -> String {
    let (p, h) = (crate::web::console::percent(factors.probability), short(factors.harm));
    let (n, r) = (short(factors.freshness), short(factors.reach));
    match lang {
        Lang::Zh => format!("可能性 {p} × 危害 {h} × 时效 {n} × 波及 {r}"),
        Lang::En => format!("probability {p} × harm {h} × freshness {n} × reach {r}"),
    }
}

/// Two digits at most, without noughts behind.
pub fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
