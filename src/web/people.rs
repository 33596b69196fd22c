//! Accounts and API keys as those see them who answer for them: typed views.

use askama::Template;

use crate::auth::{Duties, Duty, Role, Seat};
use crate::base::Lang;
use crate::web::console::{Choice, Frame, Typed};
use crate::web::lists::ListView;
use crate::web::text::Text;

pub const fn duty_text(duty: Duty) -> Text {
    match duty {
        Duty::Owner => Text("负责人", "owner"),
        Duty::Planner => Text("计划", "planner"),
        Duty::Approver => Text("审批", "approver"),
        Duty::Line => Text("产线", "line"),
        Duty::Quality => Text("质量", "quality"),
        Duty::Sales => Text("销售", "sales"),
        Duty::Viewer => Text("查看", "viewer"),
    }
}

/// What a duty is good for, beside a box to tick.
const fn duty_help(duty: Duty) -> Text {
    match duty {
        Duty::Owner => {
            Text("成员、密钥、设置，以及其他各项", "members, keys, settings, and all the rest")
        }
        Duty::Planner => {
            Text("登记产品和批次，订购标签", "registers products and batches, orders labels")
        }
        Duty::Approver => Text("审批大额订单和召回", "approves large orders and recalls"),
        Duty::Line => Text("启用、装箱", "activates, packs"),
        Duty::Quality => Text("验收标签、检验、停用", "signs off rolls, inspects, blocks"),
        Duty::Sales => Text("发货、收货、退货", "ships, receives, returns"),
        Duty::Viewer => Text("只看", "reads"),
    }
}

pub const fn seat_text(seat: Seat) -> Text {
    match seat {
        Seat::Officer => Text("执法人员", "officer"),
        Seat::Supervisor => Text("办案负责人", "supervisor"),
        Seat::Legal => Text("法制审核", "legal review"),
        Seat::Auditor => Text("审计（只看）", "auditor (reads)"),
    }
}

/// What somebody is: duties, a seat, or the county's administrator.
pub fn role_text(role: &Role, lang: Lang) -> String {
    match role {
        Role::Administrator => lang.pick("县级管理员", "county administrator").to_owned(),
        Role::Officer { seat, .. } => seat_text(*seat).of(lang).to_owned(),
        Role::Member { duties, .. } => duties_text(*duties, lang),
    }
}

/// The seats to choose from.
pub fn seats(chosen: &str, lang: Lang) -> Vec<Choice> {
    let one = |seat: Seat| Choice {
        value: seat.slug().to_owned(),
        text: seat_text(seat).of(lang).to_owned(),
        chosen: seat.slug() == chosen,
    };
    Seat::ALL.into_iter().map(one).collect()
}

/// `计划、产线`; `planner, line`
pub fn duties_text(duties: Duties, lang: Lang) -> String {
    let names: Vec<_> = duties.iter().map(|duty| duty_text(duty).of(lang)).collect();
    names.join(lang.pick("、", ", "))
}

/// A box for each duty.
pub fn duty_boxes(chosen: Duties, lang: Lang) -> Vec<Choice> {
    let text = |duty| {
        let (name, help) = (duty_text(duty).of(lang), duty_help(duty).of(lang));
        lang.pick("{}（{}）", "{} ({})").replacen("{}", name, 1).replacen("{}", help, 1)
    };
    let one = |duty: Duty| Choice {
        value: duty.slug().to_owned(),
        text: text(duty),
        chosen: chosen.names(duty),
    };
    Duty::ALL.into_iter().map(one).collect()
}

pub struct PersonLine {
    pub login: String,
    pub name: String,
    /// Duties, or the role.
    pub what: String,
    pub state: String,
    pub open: bool,
    pub second_factor: bool,
    pub seen: String,
}

/// The fields of an invitation.
pub struct InviteForm {
    /// Where it is sent.
    pub action: String,
    pub login: Typed,
    pub name: Typed,
    /// Of a member.
    pub duties: Vec<Choice>,
    pub duties_error: Option<String>,
    /// Of the county's staff.
    pub roles: Vec<Choice>,
    /// Where there is more than one to choose from.
    pub offices: Vec<Choice>,
    /// Whether it may be for a program.
    pub programs: bool,
    /// Whether we can send mail.
    pub mail: bool,
    pub mail_to: Typed,
    /// What is wrong with no field of the form.
    pub other: Option<String>,
}

#[derive(Template)]
#[template(path = "console/people.html")]
pub struct PeoplePage {
    pub f: Frame,
    pub list: ListView,
    pub invite: InviteForm,
}

#[derive(Template)]
#[template(path = "console/person.html")]
pub struct PersonPage {
    pub f: Frame,
    pub base: &'static str,
    pub person: PersonLine,
    /// One's own account has a page of its own.
    pub own: bool,
    pub program: bool,
    /// Chose a password already.
    pub joined: bool,
    pub duties: Vec<Choice>,
    /// Of an officer.
    pub seats: Vec<Choice>,
    pub offices: Vec<Choice>,
    pub mail: bool,
    pub wrong: Option<String>,
    pub done: Option<&'static str>,
}

/// A link, shown once.
#[derive(Template)]
#[template(path = "console/link.html")]
pub struct LinkPage {
    pub f: Frame,
    pub name: String,
    pub invitation: bool,
    pub url: String,
    pub until: String,
    /// Whether it went by mail, if that was asked for.
    pub mailed: Option<bool>,
    /// Whence one came.
    pub back: String,
}

pub struct KeyLine {
    pub id: String,
    pub label: String,
    pub login: String,
    pub scope: String,
    pub made: String,
    pub expires: String,
    pub used: String,
    pub good: bool,
}

#[derive(Template)]
#[template(path = "console/keys.html")]
pub struct KeysPage {
    pub f: Frame,
    pub keys: Vec<KeyLine>,
    pub accounts: Vec<Choice>,
    pub account_error: Option<String>,
    pub label: Typed,
    pub days: Typed,
    pub duties: Vec<Choice>,
    pub duties_error: Option<String>,
    pub password_error: Option<String>,
    pub other: Option<String>,
}

/// A key, shown once.
#[derive(Template)]
#[template(path = "console/key.html")]
pub struct KeyPage {
    pub f: Frame,
    pub key: String,
    /// Days for which the one before is still good.
    pub overlap_days: Option<u16>,
}
