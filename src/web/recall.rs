//! Recalls at the enterprise's console: typed views and words.

use askama::Template;

use crate::base::{FieldError, Lang};
use crate::recall::returns::Outcome;
use crate::recall::{Kind, Refusal, State};
use crate::web::console::{Choice, Frame, Typed};
use crate::web::lists::ListView;
use crate::web::text::Text;

pub const fn kind(kind: Kind) -> Text {
    match kind {
        Kind::Recall => Text("召回", "recall"),
        Kind::Loss => Text("报失（丢失或被盗）", "loss or theft"),
        Kind::Lift => Text("恢复销售", "back on sale"),
    }
}

pub const fn state(state: State) -> Text {
    match state {
        State::Proposed => Text("待审批", "waits for approval"),
        State::Approved => Text("已生效", "in force"),
        State::Rejected => Text("未批准", "rejected"),
        State::Closed => Text("已结案", "closed"),
    }
}

pub const fn outcome(outcome: Outcome) -> Text {
    match outcome {
        Outcome::Recovered => Text("收回", "recovered"),
        Outcome::Destroyed => Text("销毁", "destroyed"),
    }
}

pub fn refusal(refusal: &Refusal, lang: Lang) -> String {
    let zh = match refusal {
        Refusal::Stale => "标签的状态与您刚才看到的不同了，请看清最新情况后再决定。".to_owned(),
        Refusal::Own => {
            "这是您本人提出的，或者经您生成的接口密钥、登录链接提出的，须由另一位有审批职责的人决定。"
                .to_owned()
        }
        Refusal::Decided { by } => format!("{by} 已经处理过了。"),
        Refusal::NotOpen => "它没有生效，或者已经结案。".to_owned(),
    };
    match lang {
        Lang::Zh => zh,
        Lang::En => {
            let said = refusal.to_string();
            let first = said.chars().next().map(|c| c.to_uppercase().to_string());
            format!("{}{}.", first.unwrap_or_default(), said.get(1..).unwrap_or_default())
        }
    }
}

/// What is wrong with a field of one of the forms.
pub fn fault(e: &FieldError, lang: Lang) -> String {
    let line = |zh: &str| match e.line {
        Some(line) => format!("第{line}行：{zh}"),
        None => zh.to_owned(),
    };
    let zh = match e.field.as_str() {
        "scope" if e.problem.starts_with("is a case") => {
            line("这个箱或托盘没有装箱记录，请写明其中的序号")
        }
        "sent_to" => "从那天起没有发往这个场所的记录".to_owned(),
        "since" => "请填日期，例如2026-11-01".to_owned(),
        "scope" if e.problem.ends_with("is not held by it") => {
            line("有些序号并没有因它停售，请只写仍停售的")
        }
        "scope" => line("请写本企业的批次、批次内的序号，或标签编号"),
        "codes" if e.problem.ends_with("counted before") => line("有些标签已经登记过，请去掉"),
        "codes" => line("请写这次召回范围内的标签编号，一行一枚"),
        "reason" => "原因要有中文和英文，各不超过200个字，不能换行".to_owned(),
        "remedy" => "处理办法各不超过200个字，不能换行".to_owned(),
        "notice" => "公告各不超过4000个字".to_owned(),
        "items" => "数量不对：收回的不能多于生效时在售的，销毁的不能多于收回的；数量和编号只填一项"
            .to_owned(),
        "note" if e.problem.starts_with("is too long") => "最多1000个字，不能有控制字符".to_owned(),
        "note" => "请写明依据，最多1000个字".to_owned(),
        "place" => "请从列表中选择地区".to_owned(),
        _ => format!("{}: {}; {}", e.field, e.problem, e.remedy),
    };
    match lang {
        Lang::Zh => zh,
        Lang::En => match e.line {
            Some(line) => format!("Line {line} {}; {}", e.problem, e.remedy),
            None => format!("{}; {}", e.problem, e.remedy),
        },
    }
}

pub struct RecallLine {
    pub id: String,
    pub kind: &'static str,
    pub state: &'static str,
    pub labels: u64,
    pub at: String,
}

#[derive(Template)]
#[template(path = "console/recalls.html")]
pub struct RecallsPage {
    pub f: Frame,
    pub list: ListView,
    /// Whether whoever looks may ask for one.
    pub asks: bool,
}

#[derive(Template)]
#[template(path = "console/recall_form.html")]
pub struct RecallForm {
    pub f: Frame,
    pub id: String,
    /// Empty for a new recall or loss.
    pub lifts: String,
    pub kinds: Vec<Choice>,
    pub scope: Typed,
    /// Further faults of the scope, by line.
    pub scope_faults: Vec<String>,
    pub places: Vec<Choice>,
    pub sent_error: Option<String>,
    pub since: Typed,
    pub reason_zh: Typed,
    pub reason_en: Typed,
    pub remedy_zh: Typed,
    pub remedy_en: Typed,
    pub notice_zh: Typed,
    pub notice_en: Typed,
}

pub struct RegionLine {
    pub place: String,
    pub labels: u64,
    pub scans: u64,
}

pub struct ReturnLine {
    pub at: String,
    pub outcome: &'static str,
    pub items: u64,
    pub place: String,
    pub note: String,
    pub by: String,
}

/// The form for goods that came back.
pub struct ReturnForm {
    pub id: String,
    pub outcomes: Vec<Choice>,
    pub places: Vec<Choice>,
    pub items: Typed,
    pub codes: Typed,
    pub note: String,
}

#[derive(Template)]
#[template(path = "console/recall.html")]
pub struct RecallPage {
    pub f: Frame,
    pub recall: RecallLine,
    /// Why something that was asked for was not done.
    pub refused: Option<String>,
    pub facts: Vec<(&'static str, String)>,
    pub ranges: Vec<String>,
    pub more_ranges: usize,
    /// How many labels stand how, now.
    pub tally: Vec<(&'static str, u64)>,
    pub regions: Vec<RegionLine>,
    pub fingerprint: String,
    /// Whether whoever looks may say yes or no.
    pub decides: bool,
    /// Whether it is one's own, to be taken back.
    pub own: bool,
    /// On sale at the approval, recovered, destroyed, outstanding, percent of those back.
    pub progress: Option<[u64; 5]>,
    pub returns: Vec<ReturnLine>,
    pub returning: Option<ReturnForm>,
    pub lifts: Option<String>,
    pub liftable: bool,
    pub closable: bool,
    pub note: Typed,
    pub notices: [(&'static str, String); 2],
}
