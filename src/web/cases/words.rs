//! Words of case files, as an office writes them.

use crate::base::{FieldError, Lang};
use crate::cases::fact::{Fact, Ground, Opinion, Outcome, Ruling};
use crate::cases::file::{Refusal, State};
use crate::cases::matter::PartyRole;
use crate::web::text::Text;

pub const fn state(state: State) -> Text {
    match state {
        State::Open => Text("办理中", "open"),
        State::Closing => Text("待审批结案", "waits to be closed"),
        State::Closed => Text("已结案", "closed"),
        State::Merged => Text("已并案", "merged"),
        State::Void => Text("误建作废", "void, opened by mistake"),
    }
}

pub const fn ground(ground: Ground) -> Text {
    match ground {
        Ground::Lead => Text("系统线索", "a lead"),
        Ground::Inspection => Text("监督检查", "an inspection"),
        Ground::Report => Text("投诉举报", "a complaint or report"),
        Ground::Transfer => Text("其他部门移送", "transferred by another authority"),
        Ground::Superior => Text("上级交办", "assigned from above"),
        Ground::Enterprise => Text("权利人举报", "reported by the owner of the mark"),
    }
}

pub const fn role(role: PartyRole) -> Text {
    match role {
        PartyRole::Respondent => Text("当事人", "respondent"),
        PartyRole::Owner => Text("权利人", "owner of the mark"),
        PartyRole::Informant => Text("投诉举报人", "informant"),
        PartyRole::Witness => Text("证人", "witness"),
        PartyRole::Other => Text("其他", "other"),
    }
}

pub const fn ruling(ruling: Ruling) -> Text {
    match ruling {
        Ruling::File => Text("立案", "filed"),
        Ruling::NotFile => Text("不予立案", "not filed"),
        Ruling::ExtendCheck => Text("延长核查期限", "more time for the check"),
        Ruling::ExtendCase => Text("延长办案期限", "more time for the decision"),
        Ruling::Preserve => Text("先行登记保存", "preserved as evidence"),
        Ruling::Seize => Text("查封、扣押", "sealed up or detained"),
        Ruling::Sample => Text("抽样取证", "sampled as evidence"),
        Ruling::Penalty => Text("行政处罚决定", "penalty"),
        Ruling::NoPenalty => Text("不予处罚", "no penalty"),
        Ruling::Refer => Text("移送公安机关", "referred to the police"),
        Ruling::Other => Text("其他", "other"),
    }
}

pub const fn outcome(outcome: Outcome) -> Text {
    match outcome {
        Outcome::Counterfeit => Text("假冒", "counterfeit"),
        Outcome::Genuine => Text("标签无误", "labels in order"),
        Outcome::Diverted => Text("窜货", "diverted"),
        Outcome::LabelDefect => Text("标签印制缺陷", "label defect"),
        Outcome::CannotTell => Text("无法认定", "cannot tell"),
    }
}

/// A label's decision that came of a case notes its number and how it ended, as
/// slugs; `None` for a note that somebody wrote.
pub fn of_a_case(note: &str, lang: Lang) -> Option<String> {
    let (number, ended) = note.split_once(' ')?;
    let ended = match ended {
        "reopened" => lang.pick("重新办理", "taken up again"),
        slug => outcome(Outcome::from_slug(slug)?).of(lang),
    };
    Some(format!("{} {number} · {ended}", lang.pick("案件", "case")))
}

pub const fn opinion(opinion: Opinion) -> Text {
    match opinion {
        Opinion::Ours => Text("是本企业的产品或标签", "ours"),
        Opinion::NotOurs => Text("不是本企业的产品或标签", "not ours"),
        Opinion::CannotTell => Text("无法辨认", "cannot tell"),
    }
}

/// What sort of entry it is.
pub const fn kind(fact: &Fact) -> Text {
    match fact {
        Fact::Opened { .. } => Text("建案", "opened"),
        Fact::Assigned { .. } => Text("分派", "assigned"),
        Fact::Due { .. } => Text("待办", "to do"),
        Fact::Done { .. } => Text("办结待办", "done"),
        Fact::Party(_) => Text("相关人员", "party"),
        Fact::Place(_) => Text("地点", "place"),
        Fact::Unit(_) => Text("涉案标签", "label"),
        Fact::Photo(_) => Text("照片", "photo"),
        Fact::Statement(_) => Text("陈述", "statement"),
        Fact::Note { .. } => Text("记录", "note"),
        Fact::Visit { .. } => Text("现场检查", "visit"),
        Fact::Question { .. } => Text("请企业辨认", "question to an enterprise"),
        Fact::Answer { .. } => Text("企业答复", "answer of an enterprise"),
        Fact::Dropped { .. } => Text("撤销询问", "question taken back"),
        Fact::Decision { .. } => Text("决定", "decision"),
        Fact::Block { .. } => Text("停用标签", "block"),
        Fact::Unblock { .. } => Text("解除停用", "block lifted"),
        Fact::ProposedClose { .. } => Text("提请结案", "closing proposed"),
        Fact::SentBack { .. } => Text("退回", "sent back"),
        Fact::Closed { .. } => Text("结案", "closed"),
        Fact::Reopened { .. } => Text("重新办理", "reopened"),
        Fact::HandedOver { .. } => Text("移送", "handed over"),
        Fact::Merged { .. } => Text("并入他案", "merged"),
        Fact::Joined { .. } => Text("他案并入", "joined"),
        Fact::Split { .. } => Text("分案", "split off"),
        Fact::SplitFrom { .. } => Text("分案而来", "split from"),
        Fact::Hold { .. } => Text("证据保全", "legal hold"),
        Fact::Voided { .. } => Text("作废", "void"),
        Fact::Withdrawn { .. } => Text("撤回记录", "taken back"),
    }
}

pub fn refusal(refusal: &Refusal, lang: Lang) -> String {
    let zh = match refusal {
        Refusal::NotOpen(state) => {
            format!("案件{}，不能再添加。", self::state(*state).of(Lang::Zh))
        }
        Refusal::NotProposed => "没有人提请按这个结论结案，请看清最新情况后再决定。".to_owned(),
        Refusal::Proposed => "已有人提请结案，请先审批。".to_owned(),
        Refusal::Own => {
            "这是您本人提出的，或者经您生成的接口密钥、登录链接提出的，须由另一位负责人或法制人员审批。"
                .to_owned()
        }
        Refusal::Held => "案件处于证据保全状态，请先解除保全。".to_owned(),
        Refusal::Already => "已经是这样了，或者重复了。".to_owned(),
        Refusal::ReachedOthers => {
            "案件已有决定、询问或停用，不是误建，不能作废，请按程序结案。".to_owned()
        }
        Refusal::NoEntry => "没有这条记录，或者已经撤回。".to_owned(),
        Refusal::Stands => "这种记录不能撤回。".to_owned(),
        Refusal::Waiting => "还有向企业发出的询问没有答复，请等待答复或撤销询问。".to_owned(),
        Refusal::NotAlone => "这种记录不能单独添加。".to_owned(),
        Refusal::Full => "案件内容太多，请分案。".to_owned(),
        Refusal::NoUnits => "案件里没有涉案标签，只能以“假冒”或“无法认定”结案。".to_owned(),
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
    let zh = match e.field.as_str() {
        "title" => "请填案由，最多120个字",
        "found_on" => "请填发现线索的日期，不能晚于今天",
        "name" | "of" => "请填姓名或名称，最多120个字",
        "uscc" => "请填18位统一社会信用代码，没有就留空",
        "text" | "grounds" => "请写明内容，最多4000个字，不能有控制字符",
        "codes" => "请每行写一枚标签：编号、完整的码或网址；伪造的码不能列入，请写在记录里",
        "what" | "kind" | "role" | "outcome" | "ground" | "region" | "to" | "into" => {
            "请从列表中选择"
        }
        "on" | "taken_on" | "due" => "请填日期，例如2026-12-01",
        "until" => "请填停用截止时间，晚于现在，且在一年以内",
        "reason_zh" | "reason_en" => "原因要有中文和英文，各不超过200个字：查询者会看到",
        "scope" => "请每行写一项：批次 1-4、批次内的序号 1-4 100-199，或标签、箱、托盘的编号",
        "enterprise" => "请选择企业；这些标签须是它的",
        "photos" => "请从本案照片中选择",
        // Said in the language of the page already.
        "photo" => return e.problem.clone(),
        "caption" => "请写照片说明，最多120个字",
        "entries" => "请至少选择一枚标签",
        "signer" | "position" => "请填签署人姓名和职务",
        "opinion" => "请选择辨认意见",
        "files" => "附件须为JPEG、PNG或WebP图片，且大小在限度以内",
        "password" => "密码不对",
        "confirm" => "请确认由您签署",
        _ => return format!("{}: {}; {}", e.field, e.problem, e.remedy),
    };
    match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => e.sentence(),
    }
}
