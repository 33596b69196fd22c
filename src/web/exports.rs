//! The enterprise's console: typed view of exports.

use askama::Template;

use crate::exports::Kind;
use crate::web::console::Frame;
use crate::web::text::Text;

/// Name of a kind, and what its file has.
pub const fn kind(kind: Kind) -> (Text, Text) {
    match kind {
        Kind::Enterprise => (
            Text("企业与设置", "The enterprise"),
            Text("名称、审批与提醒期限、追溯设置", "names, approval and alarms, traceability"),
        ),
        Kind::Licences => {
            (Text("许可证", "Licences"), Text("种类、编号、有效期", "kind, number, until when"))
        }
        Kind::Printers => (
            Text("印刷厂", "Printing houses"),
            Text("联系人、公钥，含已停用的", "contact and public key; closed ones too"),
        ),
        Kind::Packages => (
            Text("印制包", "Packages"),
            Text("交给谁、状态、验收结论", "for whom, state, sign-off; not what is planted"),
        ),
        Kind::Visits => (
            Text("领取记录", "Visits to packages"),
            Text("何时、何网段、领取码对错", "when, from which network, right code or wrong"),
        ),
        Kind::Downloads => (
            Text("下载记录", "Downloads"),
            Text("每次下载的起止与网段", "begin, end and network of each"),
        ),
        Kind::Reports => (
            Text("印刷回报", "Reports of printing houses"),
            Text("印好、作废、补印的号段", "numbers printed, spoiled, printed again"),
        ),
        Kind::Schedules => (
            Text("定时启用", "Scheduled activations"),
            Text("待执行、已执行、已取消", "waiting, booked, cancelled"),
        ),
        Kind::Closings => {
            (Text("日结", "Closings"), Text("账面、实点、缺失", "book, count, what is missing"))
        }
        Kind::Places => (
            Text("场所与经销商", "Places and dealers"),
            Text("追溯用到的全部地点", "all that traceability names"),
        ),
        Kind::Events => (
            Text("追溯事件", "Traceability events"),
            Text(
                "生产、检验、装箱、发货等；JSON Lines 为 EPCIS 2.0 事件",
                "bottling, inspection, packing, shipping; JSON Lines has EPCIS 2.0 events",
            ),
        ),
        Kind::RecallRanges => (
            Text("召回号段", "Ranges of recalls"),
            Text("每次召回或报失涉及的号段", "numbers that each recall or loss takes in"),
        ),
        Kind::Returns => (
            Text("召回收回记录", "Goods that came back"),
            Text("收回、销毁的数量与地区", "recovered or destroyed, how many, where"),
        ),
        Kind::Replies => (
            Text("流向说明", "Replies about lots"),
            Text("对异常流向所作的说明", "what was said to lots that travel unusually"),
        ),
        Kind::Alarms => {
            (Text("提醒", "Alarms"), Text("已发出的逾期提醒", "what was raised for being late"))
        }
        Kind::Keys => (
            Text("接口密钥", "API keys"),
            Text("持有人、用途、有效期，不含密钥本身", "whose, for what, until when; not the keys"),
        ),
        Kind::Webhooks => (
            Text("消息推送", "Webhooks"),
            Text("接收地址与通知种类，不含签名密钥", "addresses and events; not the secrets"),
        ),
        Kind::Products => {
            (Text("产品", "Products"), Text("登记的全部产品", "all that are registered"))
        }
        Kind::Batches => (
            Text("批次", "Batches"),
            Text("批号、日期、销往、数量", "lot, dates, destination, count"),
        ),
        Kind::OwnImports => (
            Text("自有编号清单", "Lists of own serials"),
            Text(
                "已导入的清单、旧网址、大小写规则",
                "what was imported, the old address, how letters count",
            ),
        ),
        Kind::OwnSerials => (
            Text("自有编号", "Own serials"),
            Text("每个编号所在的批次和序号", "the batch and the number of each"),
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
