//! The enterprise's console: typed views of webhooks.

use askama::Template;

use crate::base::{FieldError, Lang};
use crate::hooks::delivery::DeliveryState;
use crate::hooks::{Kind, Trouble, Why};
use crate::web::console::{Choice, Frame, Typed};
use crate::web::text::Text;

pub const fn kind(kind: Kind) -> Text {
    match kind {
        Kind::FlagOpened => Text("标签被判可疑", "a label is suspect"),
        Kind::FlagDecided => Text("可疑标签有了结论", "what was found of a suspect label"),
        Kind::OrderAwaitingApproval => Text("订单等待审批", "an order awaits approval"),
        Kind::OrderDone => Text("订单制作完成", "an order is done"),
        Kind::OrderFailed => Text("订单制作失败", "an order failed"),
        Kind::RecallAwaitingApproval => Text("召回等待审批", "a recall awaits approval"),
        Kind::RecallApproved => Text("召回生效", "a recall stands"),
        Kind::RecallLifted => Text("召回撤销", "a recall is lifted"),
        Kind::PackageNotPickedUp => Text("印制包逾期未领取", "a package is not picked up in time"),
        Kind::PackageNotPrinted => Text("印制包逾期未印完", "a package is not printed in time"),
        Kind::PackageNotActivated => {
            Text("标签验收后逾期未启用", "labels are not activated in time after sign-off")
        }
        Kind::PackageClosed => Text("领取码多次输错，领取已关闭", "wrong codes closed a pick-up"),
        Kind::PackageLeaked => Text("扫到了不该印出的码", "a code never to be printed was scanned"),
        Kind::BatchNotActivated => Text("批次迟迟没有启用", "a batch is not activated"),
        Kind::ClosingMissing => Text("日结发现标签缺失", "a closing found labels missing"),
        Kind::InquiryOpened => Text("市场监管部门请求协助辨认", "an office asks about your labels"),
        Kind::LabelsBlocked => Text("市场监管部门停用标签", "an office took labels off sale"),
        Kind::LabelsUnblocked => {
            Text("市场监管部门停用解除或到期", "what an office blocked is on sale again")
        }
        Kind::Test => Text("测试", "test"),
    }
}

/// Why a call came to nothing.
pub const fn trouble(trouble: Trouble) -> Text {
    match trouble {
        Trouble::Name => Text("域名无法解析", "the name is not known"),
        Trouble::Address => {
            Text("指向不允许访问的内网地址", "it leads to an address that may not be called")
        }
        Trouble::Connection => Text("连接不上或中断", "no connection, or it broke"),
        Trouble::Certificate => Text("TLS证书不被信任", "its TLS certificate is not trusted"),
        Trouble::Time => Text("超时未应答", "no answer in time"),
        Trouble::Answer => Text("应答不是HTTP", "the answer is not HTTP"),
        Trouble::Status => Text("对方没有接受", "it did not accept it"),
    }
}

/// Why an endpoint is not called.
pub const fn delivery_state(state: DeliveryState) -> Text {
    match state {
        DeliveryState::Done => Text("已送达", "delivered"),
        DeliveryState::Failed => Text("已放弃", "given up"),
        DeliveryState::Pending => Text("待发送", "waiting"),
    }
}

pub const fn why(why: Why) -> Text {
    match why {
        Why::Owner => Text("已停用", "disabled"),
        Why::Failing => Text("连续三天失败，已自动停用", "disabled after failing for three days"),
        Why::Gone => Text("对方答复不再接收（410），已自动停用", "disabled: it answered 410 Gone"),
    }
}

/// What is wrong with a field of the forms.
pub fn said(fault: &FieldError, lang: Lang) -> String {
    let zh = match fault.field.as_str() {
        "url" if fault.problem.ends_with("may be") => "在用的地址已满，请先停用一个",
        "url" if fault.problem.contains("private network") => {
            "这是内网地址；确需使用，请管理员在 ZHENMA_WEBHOOK_ALLOW 中放行"
        }
        "url" => "请填以 https:// 开头的完整网址，域名用英文或punycode",
        "events" => "请至少选择一种通知",
        _ => "请填开始时间",
    };
    match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => fault.sentence(),
    }
}

pub struct EndpointLine {
    pub id: String,
    pub url: String,
    pub kinds: Vec<&'static str>,
    pub state: &'static str,
    /// It is not called, and not by its owner's wish.
    pub broken: bool,
}

#[derive(Template)]
#[template(path = "console/webhooks.html")]
pub struct WebhooksPage {
    pub f: Frame,
    pub endpoints: Vec<EndpointLine>,
    pub url: Typed,
    pub kinds: Vec<Choice>,
    pub kinds_error: Option<String>,
}

pub struct DeliveryLine {
    pub event: String,
    pub kind: &'static str,
    pub happened: String,
    pub state: &'static str,
    pub tries: u32,
    /// Status, time and trouble of the last attempt.
    pub last: String,
    pub next: String,
    pub broken: bool,
}

#[derive(Template)]
#[template(path = "console/webhook.html")]
pub struct WebhookPage {
    pub f: Frame,
    pub endpoint: EndpointLine,
    pub created: String,
    pub ended: bool,
    /// Since when every call failed.
    pub failing: Option<String>,
    /// A new one, shown this once.
    pub secret: Option<String>,
    /// Until when the secret before signs too.
    pub old_until: Option<String>,
    pub deliveries: Vec<DeliveryLine>,
    pub since: Typed,
}
