//! The enterprise's console: typed view of exports.

use askama::Template;

use crate::exports::Kind;
use crate::web::console::Frame;
use crate::web::text::Text;

/// Name of a kind, and what its file has.
pub const fn kind(kind: Kind) -> (Text, Text) {
    match kind {
        Kind::Products => {
            (Text("产品", "Products"), Text("登记的全部产品", "all that are registered"))
        }
        Kind::Batches => (
            Text("批次", "Batches"),
            Text("批号、日期、销往、数量", "lot, dates, destination, count"),
        ),
        Kind::Ranges => (
            Text("区段", "Ranges"),
            Text(
                "启用、作废、停用、召回等登记，含已撤销的",
                "what was said of labels: on sale, void, blocked, recalled; lifted ones too",
            ),
        ),
        Kind::Orders => (
            Text("订单", "Orders"),
            Text("规格、进度、下单人", "specification, progress, who placed it"),
        ),
        Kind::Movements => (
            Text("标签台账", "Movements of labels"),
            Text(
                "从印制到启用的每一笔收付",
                "every entry of the book, from printing to activation",
            ),
        ),
        Kind::Recalls => (
            Text("召回与报失", "Recalls and losses"),
            Text(
                "事由、补救、提出人、批准人、结案",
                "reason, remedy, who asked, who approved, the close",
            ),
        ),
        Kind::Scans => (
            Text("查询记录", "Scans"),
            Text(
                "编号、时间、地市、渠道；不含查询人的任何标识，不含执法查询",
                "serial, instant, prefecture, channel; nothing that tells who scanned, and no scan by an officer",
            ),
        ),
        Kind::Flags => (
            Text("可疑标签", "Suspect labels"),
            Text(
                "已显示“可疑”或已认定为复制的标签",
                "labels that are shown as suspect, or were found copied",
            ),
        ),
        Kind::People => (
            Text("人员", "People"),
            Text("本企业账号与职责", "accounts of the enterprise and their duties"),
        ),
        Kind::Trail => (
            Text("操作日志", "Audit trail"),
            Text(
                "谁在何时改了什么，带前后内容和校验值",
                "who changed what and when, with before, after and seal",
            ),
        ),
    }
}

pub struct ExportLine {
    pub kind: &'static str,
    pub name: &'static str,
    pub has: &'static str,
}

#[derive(Template)]
#[template(path = "console/exports.html")]
pub struct ExportsPage {
    pub f: Frame,
    pub kinds: Vec<ExportLine>,
}
