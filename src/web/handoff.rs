//! Pages of the hand-off: settings, printing houses, packages, rolls, and the
//! counter where a printing house picks up.

use askama::Template;

use crate::base::{FieldError, Lang};
use crate::handoff::Refusal;
use crate::handoff::alarm::Alarm;
use crate::handoff::package::PackageState;
use crate::handoff::report::ReportKind;
use crate::web::console::{self, Frame, Typed};
use crate::web::text::Text;

/// As [`console::fault`], for the forms of these pages.
pub fn fault(e: &FieldError, lang: Lang) -> String {
    let zh = match e.field.as_str() {
        "approval_labels" => "请填0至100000000之间的整数",
        "sign_off_labels" => "请填3至100之间的整数",
        "pick_up_days" | "printed_days" | "activated_days" => "请填1至365之间的天数",
        "name" => "请填1至80个字，不能以 = + - @ 开头；印刷厂最多100家",
        "contact" => "最多200个字，一行，不能以 = + - @ 开头",
        "recipient" => "不是 age 公钥：请粘贴 age-keygen 给出的、以 age1 开头的一行，或者留空",
        "approver" => "自己下的订单不能自己审批，用自己生成的接口密钥下的也一样；请由另一个人审批",
        "approval" => "这张订单已经不在等待审批",
        "reason" => "请写明原因，最多1000个字",
        "spares" => "放行的数量不能超过已报废而未补的数量，也不能超过备用标签的一半",
        "range" => "请填本订单内可印的序号，例如0-999；补印的须先报过报废",
        "on_sale" => "没有可启用的备用标签：须已放行，并由印刷厂报告已印",
        "package" => "这一包的状态已经变了，请刷新页面",
        "used" => {
            "这张订单里有标签已经印过、用过、启用，或者已在别的印制包里，不能再交给印刷厂：请先撤销那次操作或结束那个包，或另订一批标签"
        }
        "nothing" => "还没有下载过这一包，也没有报告印过标签，不能签收",
        "order" => "这张订单现在不能移交：须已下发制作，并指定了印刷厂",
        "thirds" if e.problem.contains("first") => "整卷的前三分之一还没有扫，请扫一枚",
        "thirds" if e.problem.contains("middle") => "整卷的中间三分之一还没有扫，请扫一枚",
        "thirds" => "整卷的后三分之一还没有扫，请扫一枚",
        "codes" => return codes_fault(e, lang),
        _ => return console::fault(e, lang),
    };
    match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => e.sentence(),
    }
}

fn codes_fault(e: &FieldError, lang: Lang) -> String {
    let line = e.line.map(|line| match lang {
        Lang::Zh => format!("第{line}行："),
        Lang::En => format!("line {line}: "),
    });
    let said = match lang {
        Lang::En => e.sentence(),
        Lang::Zh => match e.problem.as_str() {
            p if p.starts_with("is no code") => "不是我们的码，或者签名不对，请重扫".to_owned(),
            p if p.starts_with("is no label") => "不是商品标签，请扫这一卷上的标签".to_owned(),
            p if p.starts_with("is of batch") => "是别的批次的标签，请把各批次的卷分开".to_owned(),
            p if p.ends_with("for this package") => {
                "不在本包可印的序号之内，这一卷先不要用，并告诉企业负责人".to_owned()
            }
            p if p.ends_with("reported spoiled") => "已报废，请从卷上取下".to_owned(),
            _ => "合格的标签还不够，请再扫几枚".to_owned(),
        },
    };
    format!("{}{said}", line.unwrap_or_default())
}

pub const fn refusal(refusal: Refusal) -> Text {
    match refusal {
        Refusal::NotReady => Text(
            "文件还在准备，请过几分钟再来。",
            "The files are still being made. Come back in a few minutes.",
        ),
        Refusal::Expired => Text(
            "取件期已过（文件备好后7天）。请委托企业重新开一次取件。",
            "The pick-up has expired: it is good for 7 days. Ask the enterprise for a new one.",
        ),
        Refusal::Ended => Text(
            "委托企业已结束这次取件。需要时请与企业联系。",
            "The enterprise has ended this pick-up. Ask them if you still need it.",
        ),
        Refusal::UsedUp => Text(
            "三次下载已用完，这次没有下载。请委托企业重新开一次取件。",
            "All three downloads are used, so this one was refused. Ask the enterprise for a new \
             pick-up.",
        ),
        Refusal::Closed => Text(
            "取件码错得太多，取件已关闭。请委托企业重新开一次取件。",
            "Too many wrong codes closed this pick-up. Ask the enterprise for a new one.",
        ),
        Refusal::Sent => Text(
            "这一次下载已经完整发出。还要的话，请在取件页上开始下一次下载。",
            "This download was sent whole. Begin the next one on the pick-up page.",
        ),
        Refusal::Over => Text(
            "这一次下载已经结束：一次下载可以在24小时内断点续传。请在取件页上开始下一次下载。",
            "This download is over: it may be taken up for 24 hours. Begin the next one on the \
             pick-up page.",
        ),
    }
}

pub const fn state(state: PackageState) -> Text {
    match state {
        PackageState::Building => Text("准备中", "being prepared"),
        PackageState::Ready => Text("可取件", "ready"),
        PackageState::Ended => Text("已结束", "ended"),
    }
}

pub const fn report(kind: ReportKind) -> Text {
    match kind {
        ReportKind::Printed => Text("已印", "printed"),
        ReportKind::Spoiled => Text("报废", "spoiled"),
        ReportKind::Reprinted => Text("补印", "reprinted"),
    }
}

pub fn alarm(alarm: Alarm, lang: Lang) -> String {
    match (alarm, lang) {
        (Alarm::NotPickedUp(days), Lang::Zh) => format!("{days}天了还没有取件"),
        (Alarm::NotPickedUp(days), Lang::En) => format!("not picked up for {days} days"),
        (Alarm::NotPrinted(days), Lang::Zh) => format!("取件{days}天了还没有报印完"),
        (Alarm::NotPrinted(days), Lang::En) => {
            format!("picked up {days} days ago and not reported printed")
        }
        (Alarm::NotActivated(days), Lang::Zh) => format!("验收{days}天了还没有启用"),
        (Alarm::NotActivated(days), Lang::En) => {
            format!("signed off {days} days ago and none is on sale")
        }
        (Alarm::WrongCodes, Lang::Zh) => "取件码错得太多，取件已关闭".to_owned(),
        (Alarm::WrongCodes, Lang::En) => "closed after too many wrong codes".to_owned(),
    }
}

/// What the enterprise is to look after, with the page that says more.
pub struct AlarmLine {
    pub path: String,
    pub name: String,
    pub says: String,
}

/// A planted code, or a spare, that somebody met.
pub struct LeakLine {
    pub planted: bool,
    pub path: String,
    pub package: String,
    pub house: String,
    /// Which downloads carried it, when and from where.
    pub from: String,
    pub seen: String,
    pub scans: u64,
}

#[derive(Template)]
#[template(path = "console/settings.html")]
pub struct SettingsPage {
    pub f: Frame,
    pub saved: bool,
    pub fields: Vec<SettingField>,
}

pub struct SettingField {
    pub name: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    pub typed: Typed,
}

pub struct HouseLine {
    pub id: String,
    pub name: String,
    pub contact: String,
    /// The end of its public key, for people to compare.
    pub key: Option<String>,
    pub retired: bool,
}

#[derive(Template)]
#[template(path = "console/printers.html")]
pub struct HousesPage {
    pub f: Frame,
    pub houses: Vec<HouseLine>,
    pub name: Typed,
    pub contact: Typed,
    pub recipient: Typed,
}

/// What an order's page says of approval and hand-over.
#[derive(Default)]
pub struct OrderHandOver {
    /// What the labels are for: name and value.
    pub goods: Vec<(&'static str, String)>,
    /// Why a second person is asked, while one is.
    pub bound: Option<String>,
    pub ordered_by: String,
    pub needed_by: Option<String>,
    pub house: Option<String>,
    pub approved_by: Option<String>,
    pub waits: bool,
    /// Whoever looks may approve it.
    pub may_approve: bool,
    /// Placed by whoever looks.
    pub own: bool,
    /// It may be handed over now.
    pub may_hand_over: bool,
    /// Id and number.
    pub package: Option<(String, String)>,
    /// What is late of it.
    pub alarm: Option<String>,
    pub error: Option<String>,
}

/// What is shown once.
#[derive(Template)]
#[template(path = "console/package_secrets.html")]
pub struct SecretsPage {
    pub f: Frame,
    pub id: String,
    pub number: String,
    pub code: String,
    pub passphrase: Option<String>,
    pub house: String,
    pub contact: String,
    /// Where it is picked up.
    pub url: String,
}

pub struct DownloadLine {
    pub number: u32,
    pub at: String,
    pub network: String,
    pub sent: String,
    pub whole: bool,
}

pub struct VisitLine {
    pub at: String,
    pub network: String,
    pub good: bool,
}

pub struct ReportLine {
    pub kind: &'static str,
    pub first: u64,
    pub last: u64,
    pub at: String,
    pub network: String,
}

#[derive(Template)]
#[template(path = "console/package.html")]
pub struct PackagePage {
    pub f: Frame,
    pub id: String,
    pub number: String,
    pub order: String,
    pub batch: String,
    pub house: String,
    pub state: &'static str,
    pub building: bool,
    pub ended: bool,
    pub problem: Option<String>,
    pub alarm: Option<String>,
    pub leaks: Vec<LeakLine>,
    pub items: Option<(u64, u64)>,
    pub good_until: Option<String>,
    pub pick_up: u32,
    pub downloads: Vec<DownloadLine>,
    pub visits: Vec<VisitLine>,
    pub wrong_codes: u32,
    pub reports: Vec<ReportLine>,
    pub printed: u64,
    pub spoiled: u64,
    pub reprinted: u64,
    pub spares_listed: usize,
    /// Released, reported printed, and not on sale yet.
    pub spares_ready: usize,
    pub spares_on_sale: usize,
    /// Numbers that the house may print.
    pub released: Vec<u64>,
    pub releasable: u64,
    pub release: Typed,
    pub sign_off: Option<SignOffLine>,
    pub accepted: bool,
    pub may_plan: bool,
    pub may_activate: bool,
    pub may_test: bool,
    pub may_be_renewed: bool,
    pub error: Option<String>,
}

pub struct SignOffLine {
    pub accepted: bool,
    pub reason: String,
    pub by: String,
    pub at: String,
}

#[derive(Template)]
#[template(path = "console/sign_off.html")]
pub struct SignOffPage {
    pub f: Frame,
    pub id: String,
    pub number: String,
    pub items: Option<(u64, u64)>,
    pub needed: u32,
    pub codes: String,
    pub errors: Vec<String>,
    pub reason: Typed,
    pub done: bool,
}

#[derive(Template)]
#[template(path = "console/counter_door.html")]
pub struct CounterDoor {
    pub f: Frame,
    pub number: String,
    pub failed: bool,
    pub locked_s: Option<u64>,
    pub refused: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "console/counter.html")]
pub struct CounterPage {
    pub f: Frame,
    pub number: String,
    pub enterprise: String,
    pub house: String,
    pub product: String,
    pub lot: String,
    pub batch: String,
    pub format: String,
    pub labels: u64,
    pub items: Option<(u64, u64)>,
    pub needed_by: Option<String>,
    pub good_until: Option<String>,
    pub building: bool,
    /// As the file of this download is called, or of the next.
    pub file: String,
    /// The number of the next download.
    pub next: Option<u32>,
    pub left: u32,
    pub downloads: Vec<CounterDownload>,
    /// Under a passphrase: the key file comes with it.
    pub key_file: bool,
    pub released: Vec<u64>,
    pub reports: Vec<ReportLine>,
    pub printed: u64,
    pub spoiled: u64,
    pub reprinted: u64,
    pub may_report: bool,
    pub kind: String,
    pub range: Typed,
    pub refused: Option<String>,
}

pub struct CounterDownload {
    pub number: u32,
    pub file: String,
    pub size: String,
    pub sha256: String,
    pub at: String,
    /// It may still be sent.
    pub open: bool,
}
