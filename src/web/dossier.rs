//! What an officer's page of a label shows beside its verdict and its scans.

use std::sync::Arc;

use askama::Template;

use crate::dossier::Unknown;
use crate::registry::Standing;
use crate::registry::register::Withdrawal;
use crate::web::console::Frame;
use crate::web::map::Map;
use crate::web::overview::Shape;
use crate::web::text::Text;
use crate::web::trace::EventLine;

/// A reason, and the lines of the time line on which it rests.
pub struct ReasonLine {
    pub text: String,
    pub scans: Vec<usize>,
}

/// Scans of a town.
pub struct PlaceLine {
    pub name: String,
    /// Four digits of GB/T 2260; `None`: not known.
    pub code: Option<u16>,
    pub scans: u64,
    pub phones: usize,
    pub first: String,
    pub last: String,
}

/// What a policy says of the same history.
pub struct PolicyLine {
    pub name: String,
    pub decides: bool,
    /// For its colour.
    pub outcome: &'static str,
    pub says: &'static str,
    pub risk: String,
}

/// A label beside it in the print run.
pub struct NeighbourLine {
    pub number: u64,
    pub serial: String,
    pub standing: &'static str,
    pub scans: u64,
    pub by_buyers: u64,
    pub last: String,
    /// Of its flag: the risk, and whether it is open.
    pub flag: Option<(String, bool)>,
}

pub struct Dossier {
    pub map: Arc<Map>,
    pub shapes: Vec<Shape>,
    pub places: Vec<PlaceLine>,
    pub policies: Vec<PolicyLine>,
    pub neighbours: Vec<NeighbourLine>,
    /// Where its maker's records have it, and what happened to it on the way.
    pub whereabouts: &'static str,
    /// Names and codes of what holds it, the innermost first.
    pub holders: Vec<(String, String)>,
    pub way: Vec<EventLine>,
    /// SVG of the label as it was laid out.
    pub likeness: Option<String>,
    pub unknown: Vec<String>,
    pub cases: Vec<CaseLink>,
    pub leads: Vec<LeadLink>,
    pub reports: Vec<ReportLink>,
    pub checks: Vec<FieldCheck>,
    /// Checks by officers of other offices.
    pub other_checks: u64,
}

/// A lead that the label is in, or was.
pub struct LeadLink {
    pub id: String,
    pub kind: &'static str,
    pub score: String,
    pub why: String,
    pub state: &'static str,
}

/// A buyer's report of the label, without what was written freely.
pub struct ReportLink {
    pub number: String,
    /// None of a report that another office's case has.
    pub href: Option<String>,
    pub at: String,
    pub wrong: String,
    pub place: String,
    pub photos: usize,
    pub state: &'static str,
}

/// What an officer found of the label on the spot.
pub struct FieldCheck {
    /// Path of the visit, where it was within one.
    pub visit: Option<String>,
    pub at: String,
    pub by: String,
    pub shown: &'static str,
    /// Slug of the outcome, for its colour.
    pub shown_class: String,
    /// What the register said otherwise on arrival.
    pub now: Option<String>,
    pub quantity: u32,
    pub matches: &'static str,
    pub note: String,
    /// Paths of its photos, as far as they have come; none without a case.
    pub photos: Vec<String>,
    /// How many there are.
    pub photo_count: usize,
}

/// How a label stands in the register, in a word.
pub const fn standing(standing: &Standing) -> Text {
    match standing {
        Standing::OnSale => Text("在售", "on sale"),
        Standing::NotActivated { .. } => Text("未启用", "not activated"),
        Standing::Spoiled => Text("印废", "spoiled"),
        Standing::Planted => Text("布控码", "planted"),
        Standing::Missing => Text("盘点缺失", "missing"),
        Standing::Withdrawn { kind, .. } => match kind {
            Withdrawal::Recalled => Text("召回", "recalled"),
            Withdrawal::Blocked => Text("停用", "blocked"),
            Withdrawal::Stolen => Text("报失", "reported stolen"),
            Withdrawal::Void => Text("作废", "void"),
        },
    }
}

/// What the record does not tell, in a sentence.
pub fn unknown(what: &Unknown) -> (String, String) {
    let plain = |zh: &str, en: &str| (zh.to_owned(), en.to_owned());
    match what {
        Unknown::NeverScanned => plain(
            "没有人查询过，没有可供研判的记录。",
            "Nobody has scanned it: there is no history to judge.",
        ),
        Unknown::WhichIsFirst => plain(
            "首次查询的那一枚也可能就是复制品：记录分不出哪一枚是原件。",
            "The first label scanned may have been a copy too: the record does not tell which \
             one is the original.",
        ),
        Unknown::Places { without, of } => (
            format!("{of}次查询中有{without}次地点未知。"),
            format!("{without} of {of} scans have no place."),
        ),
        Unknown::Phones { without, of } => (
            format!("{of}次查询中有{without}次的手机认不准：其中两次可能是同一部。"),
            format!(
                "{without} of {of} scans are of phones that cannot be told for sure: two may be one."
            ),
        ),
        Unknown::Left { scans } => (
            format!("另有{scans}次查询只计了数，研判用的历史里没有逐条保留。"),
            format!(
                "{scans} more scans are counted only; the history that is judged has not each."
            ),
        ),
        Unknown::Way => plain("企业没有登记过它的流向。", "Its maker recorded nothing of its way."),
        Unknown::InHand => plain(
            "还没有执法人员当面扫过：实物标签是什么样，不知道。",
            "No officer has scanned it: how the label in hand looks is not known.",
        ),
        Unknown::Maker => plain(
            "编号由企业自编、没有签名：是否为企业所印，凭编号无从知道。",
            "The number is the maker's own and unsigned: whether the maker printed it, the number \
             does not tell.",
        ),
        Unknown::Contents => {
            plain("瓶里、袋里装的是什么，标签说明不了。", "What is inside, no label tells.")
        }
    }
}

/// A case of the office in which the label is.
pub struct CaseLink {
    pub id: String,
    pub number: String,
    pub title: String,
}

pub struct LookLine {
    pub number: usize,
    pub at: String,
    pub place: String,
    /// Degrees and how exact; empty: not given.
    pub spot: String,
    /// Labels, cases of goods and days of the phone, and how many of its labels were
    /// met again in another province.
    pub phone: Option<(u32, u32, u32, u32)>,
}

/// What tells of the people who scanned a label.
#[derive(Template)]
#[template(path = "console/look.html")]
pub struct LookPage {
    pub f: Frame,
    pub serial: String,
    pub serial_path: String,
    pub case: String,
    pub case_id: String,
    pub lines: Vec<LookLine>,
}
