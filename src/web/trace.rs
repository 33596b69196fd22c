//! Traceability at the enterprise's console: typed views of its pages.

use askama::Template;

use crate::auth::Duty;
use crate::trace::place::PlaceKind;
use crate::trace::rules::Whereabouts;
use crate::trace::{Act, Hands};
use crate::web::console::{Choice, Frame, Typed};
use crate::web::lists::ListView;
use crate::web::text::Text;

/// A packing line.
#[derive(Template)]
#[template(path = "console/line.html")]
pub struct LinePage {
    pub f: Frame,
    pub case_size: usize,
    pub pallet_size: usize,
    pub places: Vec<Choice>,
}

/// Where goods are, and what was done with them.
#[derive(Template)]
#[template(path = "console/trace.html")]
pub struct TracePage {
    pub f: Frame,
    pub looked_up: Typed,
    pub unit: Option<UnitView>,
    /// What whoever looks may record.
    pub acts: Vec<Choice>,
    pub filter: FilterView,
    pub events: Vec<EventLine>,
    /// Of a declaration that was refused.
    pub refused: Option<String>,
    pub may_declare: bool,
}

pub struct UnitView {
    pub name: String,
    pub code: String,
    pub whereabouts: &'static str,
    pub place: Option<String>,
    /// Name and code, the innermost first.
    pub holders: Vec<(String, String)>,
    pub contents: Vec<(String, String)>,
    pub history: Vec<EventLine>,
}

pub struct EventLine {
    pub id: String,
    pub at: String,
    pub act: &'static str,
    pub what: String,
    pub place: String,
    pub by: String,
    /// Why it was declared an error.
    pub error: Option<&'static str>,
}

#[derive(Default)]
pub struct FilterView {
    pub batch: Typed,
    pub acts: Vec<Choice>,
    pub from: Typed,
    pub until: Typed,
    /// The same as a query, for the export.
    pub query: String,
}

/// The form of one act.
#[derive(Template)]
#[template(path = "console/act.html")]
pub struct ActPage {
    pub f: Frame,
    pub act: Act,
    pub title: &'static str,
    pub help: &'static str,
    pub codes: Typed,
    pub at: Typed,
    pub places: Vec<Choice>,
    pub place_error: Option<String>,
    pub dealers: Vec<Choice>,
    pub to_error: Option<String>,
    pub document: Typed,
    pub report: ReportForm,
    /// What stands in the way, of no field alone.
    pub fault: Option<String>,
    pub done: Option<String>,
}

#[derive(Default)]
pub struct ReportForm {
    pub batch: Typed,
    pub range: Typed,
    pub station: Typed,
    pub number: Typed,
    pub failed: bool,
    pub sha256: Typed,
}

/// Places, dealers, stations; and what is set for goods.
#[derive(Template)]
#[template(path = "console/places.html")]
pub struct PlacesPage {
    pub f: Frame,
    pub list: ListView,
    pub may_change: bool,
    pub code: Typed,
    pub kinds: Vec<Choice>,
    pub kind_error: Option<String>,
    pub name_zh: Typed,
    pub name_en: Typed,
    pub gln: Typed,
    pub regions: Vec<Choice>,
    pub region_error: Option<String>,
    pub owns: bool,
    pub name_dealers: bool,
    pub activates: bool,
    pub case_size: Typed,
    pub pallet_size: Typed,
}

/// The duty that an act takes.
pub const fn duty(hands: Hands) -> Duty {
    match hands {
        Hands::Line => Duty::Line,
        Hands::Quality => Duty::Quality,
        Hands::Sales => Duty::Sales,
    }
}

pub const fn act(act: Act) -> Text {
    match act {
        Act::Bottled => Text("灌装下线", "bottled"),
        Act::Commissioned => Text("下线", "commissioned"),
        Act::Inspected => Text("检验", "inspected"),
        Act::Packed => Text("装箱", "packed"),
        Act::Unpacked => Text("拆箱", "unpacked"),
        Act::Shipped => Text("发货", "shipped"),
        Act::Received => Text("收货", "received"),
        Act::Returned => Text("退回", "returned"),
        Act::Destroyed => Text("销毁", "destroyed"),
        Act::Linked => Text("关联单据", "linked to a document"),
        Act::Attached => Text("附上设备", "attached"),
        Act::Detached => Text("取下设备", "detached"),
    }
}

/// What the form of an act is for.
pub const fn act_help(act: Act) -> Text {
    match act {
        Act::Shipped => Text(
            "扫箱码或托盘码。没有装箱的瓶、已召回或停用的货不能发。",
            "Scan cases or pallets. Loose bottles and withdrawn goods stay.",
        ),
        Act::Received => Text("替经销商登记到货。", "Records that goods came to the dealer."),
        Act::Returned => Text(
            "登记发出的货回到企业，之后可以拆箱、重装、再发或销毁。",
            "Records that shipped goods came back; then they can be unpacked, packed, shipped \
             again or destroyed.",
        ),
        Act::Destroyed => Text(
            "箱或托盘销毁时，里面的一并记为销毁，不能再流转。",
            "What is in a case or on a pallet goes with it, for good.",
        ),
        Act::Inspected => Text(
            "填检验机构的报告。可以按批次和序号，也可以扫单件。结果会显示在消费者的页面上。",
            "Give the station's report, for numbers of a batch or for single goods. Buyers read \
             the result.",
        ),
        Act::Unpacked => Text(
            "扫箱码或托盘码：里面的全部取出。要重装，拆箱后再上装箱线。",
            "Scan a case or pallet: all in it comes out. To pack it anew, go to the line after.",
        ),
        _ => Text("", ""),
    }
}

pub const fn whereabouts(whereabouts: Whereabouts) -> Text {
    match whereabouts {
        Whereabouts::AtMaker => Text("在企业", "at the maker's"),
        Whereabouts::InTransit => Text("在途", "under way"),
        Whereabouts::Received => Text("经销商已收货", "received by the dealer"),
        Whereabouts::Returned => Text("已退回", "returned"),
        Whereabouts::Destroyed => Text("已销毁", "destroyed"),
    }
}

pub const fn place_kind(kind: PlaceKind) -> Text {
    match kind {
        PlaceKind::Site => Text("自有场所", "site of ours"),
        PlaceKind::Dealer => Text("经销商", "dealer"),
        PlaceKind::Station => Text("检验机构", "inspection station"),
    }
}
