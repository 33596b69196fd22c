//! The book of a batch as pages show it, and its words.

use askama::Template;

use crate::registry::movement::{Account, Kind};
use crate::web::console::{Choice, Frame, Typed};
use crate::web::text::Text;

pub const fn account(account: Account) -> Text {
    match account {
        Account::Issued => Text("待印", "not printed"),
        Account::Printed => Text("已印待贴", "printed, not applied"),
        Account::Spoiled => Text("印废", "spoiled"),
        Account::Applied => Text("已贴待启用", "applied, not on sale"),
        Account::Returned => Text("已退回", "returned"),
        Account::Destroyed => Text("已销毁", "destroyed"),
        Account::Activated => Text("已启用", "on sale"),
        Account::Held => Text("暂扣", "held"),
    }
}

/// What all that came to an account is called, whether it went on or not.
pub const fn through(account: Account) -> Text {
    match account {
        Account::Issued => Text("发码", "issued"),
        Account::Printed => Text("印制", "printed"),
        Account::Applied => Text("贴标", "applied"),
        other => self::account(other),
    }
}

pub const fn kind(kind: Kind) -> Text {
    match kind {
        Kind::Print => Text("印制", "print"),
        Kind::Spoil => Text("报废", "spoil"),
        Kind::Reprint => Text("补印", "reprint"),
        Kind::Apply => Text("贴标", "apply"),
        Kind::Return => Text("退回", "return"),
        Kind::Destroy => Text("销毁", "destroy"),
        Kind::Activate => Text("启用", "activate"),
        Kind::Hold => Text("暂扣", "hold"),
        Kind::Release => Text("解除暂扣", "release"),
        Kind::Transfer => Text("移交", "hand over"),
        Kind::Undo => Text("撤回", "undo"),
    }
}

/// `total = part + part + ...`
pub struct SumLine {
    pub name: &'static str,
    pub total: u64,
    pub parts: Vec<(&'static str, u64)>,
}

/// The labels at one place, by account.
pub struct PlaceLine {
    pub place: String,
    pub cells: Vec<(&'static str, u64)>,
}

pub struct MovementLine {
    pub id: String,
    pub at: String,
    pub kind: &'static str,
    pub labels: u64,
    pub numbers: String,
    pub way: String,
    pub by: String,
    pub why: String,
    /// Labels that were taken back; 0: none.
    pub undone: u64,
    pub may_undo: bool,
}

pub struct WaitingLine {
    pub id: String,
    pub due: String,
    pub labels: u64,
    pub numbers: String,
    pub by: String,
}

/// What somebody typed, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Forms {
    pub range: Typed,
    pub at: Typed,
    pub kind: String,
    pub kind_error: Option<String>,
    pub numbers: Typed,
    pub place: Typed,
    pub reason: Typed,
    pub reference: Typed,
    pub file: Typed,
    /// Lines of a file that are wrong.
    pub lines: Vec<String>,
    /// What stands in the way of taking a movement back.
    pub undo: Option<String>,
    /// Which of the forms is open.
    pub open: &'static str,
}

pub struct Book {
    pub sums: Vec<SumLine>,
    pub places: Vec<PlaceLine>,
    pub heads: Vec<&'static str>,
    pub movements: Vec<MovementLine>,
    pub waiting: Vec<WaitingLine>,
    pub kinds: Vec<Choice>,
    pub file_kinds: Vec<Choice>,
    /// Tells the forms of this page from those sent again.
    pub request: String,
    pub may_activate: bool,
    pub forms: Forms,
}

pub struct ClosingLine {
    pub day: String,
    pub batch: String,
    pub account: &'static str,
    pub place: String,
    pub book: u64,
    pub counted: u64,
    pub missing: u64,
    pub unexplained: i64,
    pub by: String,
    pub note: String,
}

pub struct MissingLine {
    pub id: String,
    pub batch: String,
    pub numbers: String,
    pub labels: u64,
    pub place: String,
    pub since: String,
    pub by: String,
}

/// A holding that can be counted.
pub struct CountLine {
    pub batch: String,
    pub product: String,
    pub account: &'static str,
    pub place: String,
    pub labels: u64,
    pub missing: u64,
}

#[derive(Template)]
#[template(path = "console/closing.html")]
pub struct ClosingPage {
    pub f: Frame,
    pub today: String,
    pub book: Vec<CountLine>,
    pub missing: Vec<MissingLine>,
    pub closings: Vec<ClosingLine>,
    pub holdings: Vec<Choice>,
    pub holding_error: Option<String>,
    pub counted: Typed,
    pub numbers: Typed,
    pub note: Typed,
    pub may_close: bool,
    pub may_lift: bool,
}
