//! Names of lists and of their columns.

use crate::lists::List;
use crate::web::text::Text;

pub const fn title(list: List) -> Text {
    match list {
        List::Products => Text("产品", "Products"),
        List::Batches => Text("全部批次", "All batches"),
        List::Orders => Text("全部订单", "All orders"),
        List::Packages => Text("印制包", "Packages"),
        List::Movements => Text("标签移动记录", "Movements of labels"),
        List::Closings => Text("盘点记录", "Counts"),
        List::Recalls => Text("召回与报失", "Recalls and losses"),
        List::Places => Text("场所与经销商", "Places and dealers"),
        List::Events => Text("流通事项", "Events of goods"),
        List::Deliveries => Text("投递记录", "Deliveries"),
        List::People => Text("成员", "Members"),
        List::Trail => Text("操作日志", "Audit trail"),
        List::Enterprises => Text("企业", "Enterprises"),
        List::Staff => Text("工作人员", "Staff"),
    }
}

/// What is said where there is nothing yet: how something comes.
pub const fn empty(list: List) -> Text {
    match list {
        List::Products => Text(
            "还没有登记产品。每种规格登记一个产品，然后就可以为它订购标签。",
            "No product is registered yet. Register one for each size; then labels can be ordered for it.",
        ),
        List::Batches => Text(
            "还没有批次。订购标签时一并登记。",
            "There are no batches yet. One is registered with the order of its labels.",
        ),
        List::Orders => Text(
            "还没有订单。有计划职责的人在“订购标签”里下单。",
            "There are no orders yet. Whoever plans places them under “Order labels”.",
        ),
        List::Packages => Text(
            "还没有印制包。交给印刷厂的订单做好后，会各有一个。",
            "There are no packages yet. Each order for a printing house becomes one.",
        ),
        List::Movements => Text(
            "还没有移动。启用、印制、报废等都记在这里。",
            "Nothing has moved yet. What is printed, activated or spoiled is kept here.",
        ),
        List::Closings => Text(
            "还没有盘点。在“日结盘点”里登记。",
            "Nothing was counted yet. Counts are recorded under “Closing”.",
        ),
        List::Recalls => Text(
            "还没有召回或报失。提出后由另一位有审批职责的人批准，批准后一秒内，所有查询都会显示停售。",
            "There are none. One person asks, another with the duty to approve says yes; within a second of that, every scan shows it.",
        ),
        List::Places => Text(
            "还没有登记。先登记自己的车间、仓库，再登记经销商；发货、收货时从中选择。",
            "None yet. Register your halls and stores, then your dealers: they are chosen from when goods are shipped.",
        ),
        List::Events => Text(
            "还没有事项。装箱线、检验、发货登记之后会出现在这里。",
            "There are no events yet. What the line packs, stations inspect and sales ship appears here.",
        ),
        List::Deliveries => Text(
            "还没有消息。发送一条测试消息试试。",
            "There are none yet. Send a test to see one.",
        ),
        List::People => Text("还没有成员。", "There is nobody yet."),
        List::Trail => Text("还没有记录。", "There are no rows yet."),
        List::Enterprises => Text(
            "还没有登记企业。登记后，再邀请企业的负责人。",
            "No enterprise is registered yet. Register one, then invite its owner.",
        ),
        List::Staff => Text("还没有工作人员。", "There is nobody yet."),
    }
}

type Shown = (&'static str, Text, &'static str);

const fn head(name: &'static str, zh: &'static str, en: &'static str) -> Shown {
    (name, Text(zh, en), "")
}

const fn number(name: &'static str, zh: &'static str, en: &'static str) -> Shown {
    (name, Text(zh, en), "n")
}

const fn wide(name: &'static str, zh: &'static str, en: &'static str) -> Shown {
    (name, Text(zh, en), "w")
}

const fn labelled(name: &'static str, zh: &'static str, en: &'static str) -> Shown {
    (name, Text(zh, en), "l")
}

/// The columns that a page shows: by which one sorts, and what stands over it.
pub(super) const fn heads(list: List) -> &'static [Shown] {
    match list {
        List::Products => {
            const {
                &[
                    wide("name_zh", "名称", "Name"),
                    head("gtin", "商品条码", "GTIN"),
                    head("net_content", "净含量", "Net content"),
                    head("category", "类别", "Category"),
                    head("standard", "执行标准", "Standard"),
                    number("shelf_life_days", "保质期（天）", "Shelf life (days)"),
                ]
            }
        }
        List::Batches => {
            const {
                &[
                    head("created_at", "批次", "Batch"),
                    wide("name_zh", "产品", "Product"),
                    head("lot", "批号", "Lot"),
                    head("made_on", "生产日期", "Made"),
                    head("destination", "销往", "Destination"),
                    number("labels", "标签", "Labels"),
                    number("on_sale", "已启用", "On sale"),
                ]
            }
        }
        List::Orders => {
            const {
                &[
                    head("created_at", "下单时间", "Placed"),
                    head("batch", "批次", "Batch"),
                    head("lot", "批号", "Lot"),
                    head("state", "状态", "State"),
                    number("labels", "标签", "Labels"),
                    number("labels_done", "已完成", "Done"),
                    labelled("needed_by", "交货日期", "Needed by"),
                    head("created_by", "下单人", "By"),
                ]
            }
        }
        List::Packages => {
            const {
                &[
                    head("number", "包号", "Package"),
                    head("batch", "批次", "Batch"),
                    wide("house", "印刷厂", "Printing house"),
                    head("state", "状态", "State"),
                    labelled("sign_off", "验收", "Sign-off"),
                    head("created_at", "建立时间", "Made"),
                    head("created_by", "建立人", "By"),
                ]
            }
        }
        List::Movements => {
            const {
                &[
                    head("moved_at", "时间", "When"),
                    head("kind", "做了什么", "What"),
                    number("labels", "枚数", "Labels"),
                    head("first", "序号", "Numbers"),
                    wide("from_place", "从何处到何处", "From and to"),
                    head("moved_by", "登记人", "By"),
                    wide("reason", "原因、单号", "Reason, reference"),
                ]
            }
        }
        List::Closings => {
            const {
                &[
                    head("closed_at", "日期", "Day"),
                    head("batch", "批次", "Batch"),
                    wide("account", "状态、地点", "State, place"),
                    number("book", "账面", "Book"),
                    number("counted", "实数", "Counted"),
                    number("missing", "缺失", "Missing"),
                    number("unexplained", "未查明", "Unexplained"),
                    head("closed_by", "登记人", "By"),
                    wide("note", "备注", "Note"),
                ]
            }
        }
        _ => others(list),
    }
}

const fn others(list: List) -> &'static [Shown] {
    match list {
        List::Recalls => {
            const {
                &[
                    head("proposed_at", "提出时间", "Asked"),
                    head("kind", "类型", "Kind"),
                    head("state", "状态", "State"),
                    number("labels", "标签", "Labels"),
                    wide("reason_zh", "原因", "Reason"),
                    head("proposed_by", "提出人", "By"),
                ]
            }
        }
        List::Places => {
            const {
                &[
                    head("code", "代号", "Code"),
                    wide("name_zh", "名称", "Name"),
                    head("kind", "类型", "Kind"),
                    head("region", "地区", "Region"),
                    head("gln", "GLN", "GLN"),
                ]
            }
        }
        List::Events => {
            const {
                &[
                    head("event_at", "时间", "Time"),
                    head("act", "事项", "Event"),
                    wide("unit", "对象", "Of"),
                    number("units", "件数", "Items"),
                    head("place", "地点", "Place"),
                    head("recorded_by", "登记人", "By"),
                ]
            }
        }
        List::Deliveries => {
            const {
                &[
                    head("happened_at", "时间", "Happened"),
                    head("kind", "通知", "Event"),
                    head("state", "状态", "State"),
                    number("tries", "次数", "Attempts"),
                    labelled("last_at", "最近一次", "Last one"),
                    labelled("next_at", "下次", "Next"),
                ]
            }
        }
        List::Trail => {
            const {
                &[
                    number("seq", "序号", "No."),
                    head("at", "时间", "When"),
                    head("login", "谁", "Who"),
                    labelled("origin", "从哪里", "From where"),
                    head("action", "操作", "Action"),
                    wide("object", "对象", "Object"),
                ]
            }
        }
        List::Enterprises => {
            const {
                &[
                    wide("name_zh", "企业", "Enterprise"),
                    head("uscc", "统一社会信用代码", "Unified social credit code"),
                    head("gs1_prefix", "厂商识别代码", "GS1 prefix"),
                    number("licences", "许可证", "Licences"),
                    labelled("first_expiry", "最早到期", "First to expire"),
                ]
            }
        }
        _ => {
            const {
                &[
                    head("login", "账号", "Login"),
                    head("name", "姓名", "Name"),
                    wide("duties", "职责", "Duties"),
                    head("state", "状态", "State"),
                    labelled("second_factor", "两步验证", "Second step"),
                    labelled("last_seen_at", "最近使用", "Last seen"),
                ]
            }
        }
    }
}
