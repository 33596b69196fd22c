//! What the consoles share, and the typed views of the enterprise's pages.

use askama::Template;

use crate::auth::office::{Advising, Supervising, Working};
use crate::auth::{Duties, Duty, Seat};
use crate::base::{FieldError, Lang};
use crate::label::Kind;
use crate::registry::order::OrderState;
use crate::registry::{Layers, RangeState};
use crate::scan::Channel;
use crate::web::book::Book;
use crate::web::fault::particular;
use crate::web::text::Text;

/// What every page of a console has.
#[derive(Clone, Debug)]
pub struct Frame {
    pub lang: Lang,
    /// Name of who signed in.
    pub who: Option<String>,
    /// Of a member: what the page offers.
    pub duties: Duties,
    /// Of an officer: the same.
    pub seat: Option<Seat>,
    pub area: Area,
    /// Path of this page, for the link to the other language.
    pub path: String,
    /// What else its address says, each pair with `&` behind it.
    pub query: String,
    /// Seconds after which the page asks again, while something is under way.
    pub refresh: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    Enterprise,
    Officer,
    County,
    /// The counter where a printing house picks up.
    Printer,
}

impl Area {
    pub const fn home(self) -> &'static str {
        match self {
            Self::Enterprise => "/enterprise/",
            Self::Officer => "/officer/",
            Self::County => "/county/",
            Self::Printer => "/printer/",
        }
    }
}

impl Frame {
    /// Whether whoever looks at the page works on leads and cases.
    pub fn works(&self) -> bool {
        self.seat.is_some_and(Seat::answers::<Working>)
    }

    /// Whether they may say yes to what another asked for.
    pub fn advises(&self) -> bool {
        self.seat.is_some_and(Seat::answers::<Advising>)
    }

    pub fn supervises(&self) -> bool {
        self.seat.is_some_and(Seat::answers::<Supervising>)
    }

    /// Whether whoever looks at the page may do it.
    pub const fn may(&self, duty: Duty) -> bool {
        self.duties.allow(duty)
    }

    /// In the link of the navigation to `href`: whether this page is it, or below it.
    pub fn here(&self, href: &str) -> &'static str {
        match self.path.strip_prefix(href) {
            Some("") => " aria-current=\"page\"",
            Some(below) if below.starts_with('/') => " aria-current=\"true\"",
            _ => "",
        }
    }

    pub const fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.lang.pick(zh, en)
    }

    pub(super) fn sheet(&self) -> String {
        crate::web::assets::url("console.css")
    }

    pub(super) const fn title(&self) -> &'static str {
        match self.area {
            Area::Enterprise => self.t("真码 · 企业", "Zhenma · Enterprise"),
            Area::Officer => self.t("真码 · 市场监管", "Zhenma · Officer"),
            Area::County => self.t("真码 · 县级管理", "Zhenma · County"),
            Area::Printer => self.t("真码 · 印刷厂取件", "Zhenma · Pick-up"),
        }
    }
}

/// A field of a form with what was typed and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub value: String,
    pub error: Option<String>,
}

impl Typed {
    pub fn of(name: &str, value: &str, faults: &[FieldError], lang: Lang) -> Self {
        let error = faults.iter().find(|e| e.field == name).map(|e| fault(e, lang));
        Self { value: value.to_owned(), error }
    }
}

/// What is wrong with a field of a form. Domains speak English; in Chinese a
/// form says of each of its fields what may stand there.
pub fn fault(e: &FieldError, lang: Lang) -> String {
    if let Some(said) = particular(e, lang) {
        return said;
    }
    let zh = match e.field.as_str() {
        "product" => "请选择一个已登记的产品",
        "lot" => "请填1至20个字母、数字或 - . _ /",
        "made_on" => "请填生产日期，例如2026-11-01",
        "expires_on" => "到期日不能早于生产日期；不限期就留空",
        "destination" => "请从列表中选择",
        "dealer" => "最多80个字，不能以 = + - @ 开头",
        "count" if e.problem.starts_with("the batch holds") => {
            "超出了这个批次的序号；请减少数量，或另外登记一个批次"
        }
        "count" => "请填1至100000000之间的整数",
        "cases" => "箱码不能多于标签数，也不能超出企业剩余的箱序列号；不需要就留空",
        "pallets" => "托盘码不能多于箱码，须先填箱码数量；不需要就留空",
        "range" => "请填批次内的序号，例如0-999",
        "key" => "企业没有可用的签名密钥，请联系管理员",
        "format" | "layers" => "请从列表中选择",
        "first" => "请填批次内的起始序号，从0开始",
        "codes" => "这个批次没有所选的码",
        "template" => "版式用于PDF、ZPL和整页图片，其他格式请选“自动选择”",
        "own_template" => "自定版式写法有误，请对照 zhenma label templates 的输出",
        "module_mm" => "请填0.255至2之间的毫米数；CSV不用填",
        "split" => "每个文件：CSV任意，PDF最多10000件，ZPL和ZIP最多200000件；一码一个文件时不用填",
        "packing" => "ZIP和整页图片只用于SVG和PNG",
        "drawing" => "由打印机绘制只用于ZPL",
        "together" => "同卷交替只用于PDF、ZPL和整页图片",
        "columns" => "列写作 列名=字段，只用于CSV；请对照下面列出的字段，GBK须能写出列名和内容",
        "separator" | "encoding" => "只用于CSV",
        "printer" => "所选设备不适合这种格式，或没有这么宽；请换设备或版式",
        "module" => {
            "按这台设备的打印精度，模块不足0.255毫米，手机读不出；请换精度合适的设备或填大一些的模块"
        }
        "quiet_zone" => "二维码四周要留4个模块的空白；请把标签放大或把模块缩小",
        "edge" => "有内容离标签边缘不足1毫米；请往里移",
        "contrast" => "二维码与底色反差不足，或浅码深底；请用深色印在浅底上",
        "ink" => "专色名称或CMYK数值有误",
        "text" => "有文字字库没有、放不下，或压住了二维码；请改字、加宽或移开",
        "paper" => "标签放不进所选的纸；请减少列数行数或换大一些的纸",
        "sscc" => {
            "这个版式印SSCC：请选箱码或托盘码，并确认企业登记了GS1厂商识别代码；条码也不能太窄或压住二维码"
        }
        "version" | "symbol" => "站点域名太长，二维码会太密；请联系管理员换短域名",
        "login" => "账号用3至64个小写字母、数字或 . _ - @",
        "name" => "请填1至80个字，不能有换行、控制字符或改变书写方向的字符",
        "duties" => "请至少选择一项职责",
        "label" => "请填1至80个字的用途",
        "days" => "有效期请填1至1100天",
        "overlap_days" => "旧密钥最多再用30天，请填0至30",
        "password" => "密码请用12至128个字符，一句话也可以",
        "gtin" => "请填包装上的8、12、13或14位商品条码，末位为校验码；已登记的不能再登记",
        "category" => "请从列表中选择",
        "standard" => "请填1至80个字，例如GB/T 10781.1",
        "net_content" => "请填1至80个字，例如500 mL；订过标签后不能改，另一种规格请另外登记",
        "shelf_life_days" => "请填1至36500之间的整数；长期保存就留空",
        "uscc" => "请填18位统一社会信用代码；已登记的企业不能改名",
        "name_zh" | "name_en" => "请填1至80个字，不能以 = + - @ 开头",
        "gs1_prefix" => "厂商识别代码为4至12位数字，且未被其他企业登记",
        "licence_kind" | "licence_number" | "licences.kind" | "licences.number" => "请填1至80个字",
        "licence_expires_on" => "请填到期日，例如2029-06-30",
        "needed_by" => "请填日期，例如2026-12-01",
        "house" => "请从列表中选择印刷厂",
        "order_key" => "这张表单已经用来下过别的订单，请重新打开表单",
        _ => return format!("{}: {}; {}", e.field, e.problem, e.remedy),
    };
    match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => e.sentence(),
    }
}

pub const fn order_state(state: OrderState) -> Text {
    match state {
        OrderState::AwaitingApproval => Text("等待审批", "awaiting approval"),
        OrderState::Rejected => Text("未获批准", "rejected"),
        OrderState::Queued => Text("排队中", "waiting"),
        OrderState::Running => Text("制作中", "being made"),
        OrderState::Done => Text("已完成", "done"),
        OrderState::Failed => Text("失败", "failed"),
        OrderState::Cancelled => Text("已取消", "cancelled"),
    }
}

pub const fn range_state(state: RangeState) -> Text {
    match state {
        RangeState::Activated => Text("已启用", "on sale"),
        RangeState::Spoiled => Text("印废", "spoiled"),
        RangeState::Planted => Text("布控码", "planted"),
        RangeState::Missing => Text("盘点缺失", "missing"),
        RangeState::Void => Text("作废", "void"),
        RangeState::Stolen => Text("报失", "reported stolen"),
        RangeState::Blocked => Text("停用", "blocked"),
        RangeState::Recalled => Text("召回", "recalled"),
    }
}

pub const fn layers(layers: Layers) -> Text {
    match layers {
        Layers::Outer => Text("只有外码", "outer code alone"),
        Layers::OuterAndInner => Text("外码和内码", "outer and inner code"),
    }
}

pub const fn format(kind: Kind) -> Text {
    match kind {
        Kind::Csv => {
            Text("CSV 表格（由印刷厂制码）", "CSV table, for printers who draw the symbol")
        }
        Kind::Svg => Text("SVG 图片，一码一张", "SVG pictures, one a label"),
        Kind::Png => Text("PNG 图片，一码一张", "PNG pictures, one a label"),
        Kind::Pdf => Text("PDF 标签页", "PDF sheets of labels"),
        Kind::Zpl => Text("ZPL 标签机文件", "ZPL files for a label printer"),
    }
}

/// What a layout that comes with us is for.
pub fn template(name: &str) -> Text {
    match name {
        "a4-35" => Text("A4，每页35枚，裁切线", "A4, 35 a page, lines to cut along"),
        "a4-8" => Text("A4 不干胶，每页8枚", "A4 self-adhesive, 8 a page"),
        "roll-40x30" => Text("卷装 40×30 mm", "roll, 40 x 30 mm"),
        "roll-30x40x3" => Text("卷装 30×40 mm，三联，裁切标记", "roll, 30 x 40 mm, three across"),
        "cap-20" => Text("瓶盖 20×20 mm，只有二维码", "cap, 20 x 20 mm, the symbol alone"),
        "case-100x150" => Text("箱标 100×150 mm，带 SSCC", "case label, 100 x 150 mm, with SSCC"),
        _ => Text("自定版式", "a layout of your own"),
    }
}

pub const fn channel(channel: Channel) -> Text {
    match channel {
        Channel::Consumer => Text("消费者", "consumer"),
        Channel::Retail => Text("门店", "retail"),
        Channel::Officer => Text("执法", "officer"),
        Channel::Factory => Text("企业", "factory"),
    }
}

/// `97 %`; never 100, as nothing here is certain.
pub fn percent(share: f64) -> String {
    if share > 0.99 { "> 99 %".to_owned() } else { format!("{:.0} %", share * 100.0) }
}

#[derive(Template)]
#[template(path = "console/sign_in.html")]
pub struct SignInPage {
    pub f: Frame,
    pub login: String,
    pub failed: bool,
    pub locked_s: Option<u64>,
}

pub struct BatchLine {
    pub id: String,
    pub product: String,
    pub lot: String,
    pub made_on: String,
    pub count: u64,
    pub activated: u64,
    /// Of serials of the maker's own: nothing signs them.
    pub own: bool,
}

pub struct OrderLine {
    pub id: String,
    pub batch: String,
    pub format: String,
    pub state: &'static str,
    pub done: u64,
    pub total: u64,
    /// While it is being made.
    pub seconds_left: Option<u64>,
    pub created: String,
}

#[derive(Template)]
#[template(path = "console/enterprise_home.html")]
pub struct EnterpriseHome {
    pub f: Frame,
    pub enterprise: String,
    pub batches: Vec<BatchLine>,
    pub orders: Vec<OrderLine>,
    pub alarms: Vec<crate::web::handoff::AlarmLine>,
    pub leaks: Vec<crate::web::handoff::LeakLine>,
}

pub struct Choice {
    pub value: String,
    pub text: String,
    pub chosen: bool,
}

#[derive(Template)]
#[template(path = "console/order_form.html")]
pub struct OrderForm {
    pub f: Frame,
    pub order_key: String,
    pub products: Vec<Choice>,
    pub product_error: Option<String>,
    pub lot: Typed,
    pub made_on: Typed,
    pub expires_on: Typed,
    pub destinations: Vec<Choice>,
    pub dealer: Typed,
    pub layers: Vec<Choice>,
    pub count: Typed,
    pub cases: Typed,
    pub pallets: Typed,
    /// The batch whose labels are ordered; none for one that the order
    /// registers.
    pub batch: Option<BatchLine>,
    pub cases_held: u64,
    pub pallets_held: u64,
    pub first: Typed,
    pub needed_by: Typed,
    pub houses: Vec<Choice>,
    pub house_error: Option<String>,
    /// SVG of a label as it would be, with no code on it.
    pub picture: Option<String>,
    pub labels: LabelFields,
    /// What is wrong with no field of the form.
    pub other: Vec<String>,
}

/// The part of the order form that says what the labels are like.
pub struct LabelFields {
    pub formats: Vec<Choice>,
    pub templates: Vec<Choice>,
    pub template_error: Option<String>,
    pub own_template: Typed,
    pub printers: Vec<Choice>,
    pub printer_error: Option<String>,
    pub module_mm: Typed,
    pub codes: Vec<Choice>,
    pub codes_error: Option<String>,
    pub pairs: Vec<Choice>,
    pub pairs_error: Option<String>,
    pub split: Typed,
    pub packings: Vec<Choice>,
    pub packing_error: Option<String>,
    pub drawings: Vec<Choice>,
    pub drawing_error: Option<String>,
    pub columns: Typed,
    pub separators: Vec<Choice>,
    pub separator_error: Option<String>,
    pub encodings: Vec<Choice>,
    pub encoding_error: Option<String>,
    /// Whether the rarer options are shown.
    pub open: bool,
}

pub struct FileLine {
    pub name: String,
    pub size: String,
}

#[derive(Template)]
#[template(path = "console/order.html")]
pub struct OrderPage {
    pub f: Frame,
    pub order: OrderLine,
    pub percent: u64,
    pub failed: bool,
    /// Why it failed, in the words of the program.
    pub problem: Option<String>,
    /// Failed or cancelled: it may be asked for again.
    pub stopped: bool,
    pub files: Vec<FileLine>,
    /// More files than are listed.
    pub more: usize,
    pub running: bool,
    /// Not approved; the problem says why.
    pub rejected: bool,
    pub hand_over: crate::web::handoff::OrderHandOver,
}

pub struct Bar {
    pub day: String,
    pub scans: u64,
    pub labels: u64,
    /// In the chart's units.
    pub x: u64,
    pub y: u64,
    pub height: u64,
}

pub struct RangeLine {
    pub first: u64,
    pub last: u64,
    pub state: &'static str,
    /// Why, as whoever scans one reads it.
    pub reason: String,
    /// When an office's block is over by itself.
    pub until: Option<String>,
    pub by: String,
    pub at: String,
    pub lifted: bool,
}

#[derive(Template)]
#[template(path = "console/batch.html")]
pub struct BatchPage {
    pub f: Frame,
    pub batch: BatchLine,
    /// All there ever were.
    pub scans: u64,
    pub expires_on: String,
    pub destination: String,
    pub dealer: String,
    pub cases: u64,
    /// SSCC of the first case and of the last.
    pub sscc: Option<(String, String)>,
    pub pallets: u64,
    /// The same of its pallets.
    pub pallet_sscc: Option<(String, String)>,
    /// The latest ones.
    pub ranges: Vec<RangeLine>,
    pub more_ranges: bool,
    pub bars: Vec<Bar>,
    pub busiest: u64,
    /// Both ends of the chart.
    pub first_day: String,
    pub last_day: String,
    pub book: Book,
}
