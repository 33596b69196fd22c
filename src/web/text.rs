//! The words of the public pages, both languages beside each other. Reasons
//! have theirs in `scan::reason`. All speak of the label, which is what was
//! checked, and never of what is in the package.

use crate::base::Lang;
use crate::scan::{Outcome, Reason};

/// One text in Chinese and English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text(pub &'static str, pub &'static str);

impl Text {
    pub const fn of(self, lang: Lang) -> &'static str {
        lang.pick(self.0, self.1)
    }
}

pub const BRAND: Text = Text("真码", "Zhenma");
pub const OTHER_LANGUAGE: Text = Text("English", "中文");

// The page of one label.
pub const ISSUED_BY_BEFORE: Text = Text("这枚标签由", "This label was issued by ");
pub const ISSUED_BY_AFTER: Text = Text("发出。", ".");
pub const QUERIES: Text = Text("查询记录", "Queries");
pub const FIRST_QUERY: Text = Text("首次查询", "First query");
pub const FIRST_IS_THIS: Text = Text("就是这一次", "this one");
pub const PHONES: Text = Text("查过的手机", "Phones so far");
pub const PHONES_UNIT: Text = Text("部", "");
pub const NOT_RECORDED: Text = Text(
    "这次查询没能记录下来，请稍后再查一次。",
    "This query could not be recorded; please query again later.",
);
pub const WHY: Text = Text("说明", "In detail");
pub const PRODUCT: Text = Text("标签登记的商品", "What the label is registered for");
pub const NAME: Text = Text("名称", "Name");
pub const NET_CONTENT: Text = Text("规格", "Net content");
pub const MAKER: Text = Text("生产企业", "Maker");
pub const LOT: Text = Text("批号", "Batch");
pub const MADE: Text = Text("生产日期", "Made on");
pub const EXPIRES: Text = Text("保质期至", "Best before");
pub const EXPIRED: Text = Text("已过期", "passed");
pub const STANDARD: Text = Text("执行标准", "Standard");
pub const SERIAL: Text = Text("编号", "Number");
pub const COMPARE: Text = Text(
    "请与手中的商品对一对。对不上，标签可能是从别处挪来的。",
    "Compare this with what you hold: if it differs, the label may have been moved.",
);
pub const JOURNEY: Text = Text("这批商品的经历", "History of this batch");
pub const NEXT: Text = Text("接下来", "What to do");
pub const LIMITS: Text = Text(
    "码只能证明标签的来历，证明不了包装里装的是什么；标签若被复制，最先扫的那一枚也会显示首次查询。",
    "A code tells where a label comes from, not what is in the package; if a label was copied, \
     the first copy scanned also shows a first query.",
);
pub const REFERENCE: Text = Text("查询参考号", "Reference");
pub const AFTER: Text = Text("觉得有问题？", "Something wrong with it?");
pub const REPORT: Text = Text("举报", "Report it");
pub const NOTE: Text = Text("保存这次查询记录", "Keep a note of this answer");
pub const REQUEST: Text = Text("请求编号", "Request");
pub const REFERENCE_USE: Text = Text(
    "向企业或执法人员反映情况时，请报这个号。",
    "Read this out when you talk to the maker or to an officer.",
);
pub const REFERENCE_ALONE: Text = Text(
    "反映情况时，请连同标签的照片一起提供这个号。",
    "Give it together with a photo of the label when you report this.",
);
pub const FOOTER: Text = Text(
    "真码只核对标签，由采用它的企业提供，不是行政机关的证明。页面不记录您的姓名、电话和精确位置。",
    "Zhenma checks labels for the makers who use it; it is no certificate of any authority. \
     This page keeps no name, number or precise place of yours.",
);

pub const ACCURACY: Text = Text(
    "“可疑”说错过多少次：公开的误报率",
    "How often “suspect” was wrong: our public error rate",
);

// The form.
pub const FORM_LABEL: Text =
    Text("标签破损？输入印在码下的编号", "Label torn? Type the number printed under the code");
pub const FORM_AGAIN: Text =
    Text("再查一枚：输入印在码下的编号", "Check another: type the number printed under the code");
pub const FORM_HINT: Text = Text(
    "20个字符，只有字母A到Z和数字2到7，空格可不输。",
    "20 characters, letters A to Z and digits 2 to 7; spaces do not matter.",
);
pub const FORM_BUTTON: Text = Text("查询", "Check");

// Home.
pub const HOME_TITLE: Text = Text("查一查手里的标签", "Check the label in your hand");
pub const HOME_LEAD: Text = Text(
    "用手机相机或微信扫标签上的二维码，就能看到这枚标签是谁发出的、以前有没有人查过。",
    "Scan the QR code on the label with your phone's camera: you will see who issued the label \
     and whether anybody has queried it before.",
);
pub const HOME_HOW: Text = Text("怎么看结果", "How to read the answer");
pub const HOME_SHOW: Text = Text("样例标签", "Sample labels");
pub const HOME_PHONE: Text =
    Text("用手机扫，或直接点开。", "Scan them with a phone, or just open them.");

// A proof.
pub const PROOF_TITLE: Text = Text("此尺寸读取良好", "Reads well at this size");
pub const PROOF_SIZE_BEFORE: Text = Text("每模块 ", "");
pub const PROOF_SIZE_AFTER: Text = Text(" 毫米", " mm a module");
pub const PROOF_IS_NONE: Text =
    Text("本码为打样码，不代表任何产品。", "This is a printer's proof and stands for no product.");
pub const PROOF_STEPS: [Text; 3] = [
    Text("再试更小的一枚。", "Try the next smaller one."),
    Text(
        "用最旧的手机、在弱光下也试一次。",
        "Try with the oldest phone you have too, and in poor light.",
    ),
    Text(
        "找出能一次读出的最小尺寸，印刷时选比它大一级的。",
        "Find the smallest size that reads at the first try, and print one size larger.",
    ),
];
pub const PROOF_ON_PRODUCT: Text = Text("在商品上扫到的？", "Found on a product?");
pub const PROOF_NO_LABEL: Text = Text(
    "打样码只用来试印，不该出现在商品上，也证明不了商品的来历。请向商家问清楚，并告诉生产企业。",
    "A proof is for trial prints only. It has no place on a product and vouches for none: ask the \
     seller, and tell the maker.",
);

// When there is no answer.
pub const BACK_HOME: Text = Text("回首页", "To the home page");
pub const NOT_FOUND: Text = Text("这里没有这个页面", "There is no such page");
pub const BUSY: Text = Text("查询的人太多，请稍等再试", "Very busy: please try again in a moment");
pub const TOO_MANY: Text =
    Text("查询过于频繁，请稍后再试", "Too many queries: please wait a moment");
pub const BROKEN: Text =
    Text("服务出了点问题，请稍后再试", "Something went wrong here: please try again later");
pub const REFUSED: Text = Text("这个请求没法处理", "This request cannot be answered");
pub const NO_ACCUSATION: Text =
    Text("这不说明标签有任何问题。", "This says nothing about the label.");

/// The big words of a verdict, for what decided it.
pub fn headline(outcome: Outcome, first: &Reason) -> Text {
    words(outcome, first.slug())
}

/// The same of slugs that were kept.
pub fn headline_of(outcome: &str, reason: &str) -> Text {
    let known = Outcome::ALL.into_iter().find(|one| one.slug() == outcome);
    known.map_or(Text("", ""), |outcome| words(outcome, reason))
}

fn words(outcome: Outcome, reason: &str) -> Text {
    match (outcome, reason) {
        (Outcome::Genuine, _) => Text("标签有效", "The label is valid"),
        (Outcome::SeenBefore, _) => Text("标签有效，以前有人查过", "Valid label, queried before"),
        (Outcome::Suspect, _) => Text("标签可疑", "The label is suspect"),
        (Outcome::NotGenuine, "malformed") => Text("这不是有效的码", "This is not a valid code"),
        (Outcome::NotGenuine, "not_listed") => {
            Text("企业名单里没有这个编号", "Not in the maker's list")
        }
        (Outcome::NotGenuine, _) => {
            Text("不是登记企业发出的标签", "Not a label of any registered maker")
        }
        (Outcome::Withdrawn, "recalled") => {
            Text("这批商品正在召回", "This batch is being recalled")
        }
        (Outcome::Withdrawn, "void") => Text("标签已作废", "The label is void"),
        (Outcome::Withdrawn, _) => Text("标签已停用", "The label is blocked"),
        (Outcome::NotOnSale, "spoiled") => Text("这是印坏的废标", "A label spoiled in printing"),
        (Outcome::NotOnSale, "planted") => Text("这枚标签不用于销售", "Not a label for sale"),
        (Outcome::NotOnSale, _) => Text("标签尚未启用", "The label is not in use yet"),
        (Outcome::CannotConfirm, "serial_only") => {
            Text("单凭编号无法确认", "A number alone cannot confirm")
        }
        (Outcome::CannotConfirm, "key_revoked") => Text("无法确认", "Cannot confirm"),
        (Outcome::CannotConfirm, "no_signature") => Text(
            "编号在册，但没有签名，无法确认",
            "A listed number without a signature: cannot confirm",
        ),
        (Outcome::CannotConfirm, "several_makers") => Text("请选择企业", "Choose the maker"),
        (Outcome::CannotConfirm, _) => Text("暂时无法确认", "Cannot confirm just now"),
    }
}

/// One line for the legend of the home page.
pub const fn legend(outcome: Outcome) -> Text {
    match outcome {
        Outcome::Genuine => Text(
            "标签由登记企业发出，还没有别人查过",
            "Issued by a registered maker; nobody else has queried it",
        ),
        Outcome::SeenBefore => Text(
            "标签有效，以前查过，看看时间地点对不对得上",
            "Valid; see whether the time and place of the first query make sense",
        ),
        Outcome::Suspect => Text(
            "查询记录不像是一件商品的，标签可能被复制",
            "The queries do not fit one item; the label may have been copied",
        ),
        Outcome::NotGenuine => Text("不是登记企业发出的", "Not issued by any registered maker"),
        Outcome::Withdrawn => Text("召回、停用或作废", "Recalled, blocked or void"),
        Outcome::NotOnSale => {
            Text("已发出但尚未启用，不怪您", "Issued but not in use yet; no fault of yours")
        }
        Outcome::CannotConfirm => Text(
            "此刻或仅凭编号下不了结论",
            "Nothing can be concluded just now, or from a number alone",
        ),
    }
}

const SEALED: Text = Text(
    "看一看封口、瓶盖和标签有没有动过的痕迹。",
    "Look whether seal, cap and label have been tampered with.",
);
const INNER: Text = Text(
    "打开以后，再扫一次里面的码（瓶盖内或刮开层下）。",
    "After opening, scan the code inside too (under the cap or the scratch layer).",
);
const CASE_SEALED: Text = Text(
    "看一看箱子的封口和箱码有没有动过的痕迹。",
    "Look whether the case's seal and label have been tampered with.",
);
const CASE_ITEMS: Text = Text(
    "开箱以后，再扫每一件商品自己的码。",
    "After opening the case, scan the code of each item in it.",
);
const FITS: Text = Text(
    "想一想这个时间和地点对不对得上：是不是家人、送礼的人或店家查过。",
    "Ask yourself whether time and place fit: family, the giver or the shop may have queried it.",
);
const FITS_IF_ANY: Text = Text(
    "以前有人查过的，想一想时间和地点对不对得上；对不上，就别急着开封，向商家问清楚。",
    "If it was queried before, ask yourself whether time and place fit; if they do not, leave it \
     closed and ask the seller.",
);
const CHOOSE_MAKER: Text = Text(
    "看一看标签或包装上印的是哪家企业，从上面选出来；都不是，就不要使用。",
    "See which maker stands on the label or the packaging and choose it above; if it is none of \
     them, do not use it.",
);
const DOES_NOT_FIT: Text = Text(
    "对不上，就别急着开封，留好商品和小票，向商家问清楚。",
    "If they do not fit, leave it closed, keep item and receipt, and ask the seller.",
);
const KEEP: Text = Text(
    "先别打开、别使用，商品、包装和购物小票都留好。",
    "Leave it closed and unused; keep the item, its packaging and the receipt.",
);
const ASK_SELLER: Text = Text("请购买的商家给出说明。", "Ask the seller to explain.");
const SCAN_AGAIN: Text = Text(
    "擦净标签，对着整枚码重新扫一次；手工输入的，请逐字核对。",
    "Wipe the label and scan the whole code again; if you typed it, compare each character.",
);
const FOLLOW_RECALL: Text =
    Text("按上面的说明处理，不要再使用。", "Follow what is said above, and do not use it.");
const TELL_SELLER: Text = Text(
    "请告诉商家或生产企业，多半是出库登记漏了一步。",
    "Tell the seller or the maker: most likely a step was missed when it left the factory.",
);
const ASK_WHENCE: Text = Text(
    "请向商家问清商品的来源，并告诉生产企业。",
    "Ask the seller where it came from, and tell the maker.",
);
const RECEIPT: Text = Text("请保留购物小票。", "Keep the receipt.");
const LATER: Text = Text("过几分钟再扫一次。", "Scan again in a few minutes.");
const SCAN_SYMBOL: Text = Text(
    "标签上的二维码还在的话，请直接扫码。",
    "If the QR code on the label is still there, scan that instead.",
);
const ASK_MAKER: Text = Text("可以联系生产企业核实。", "The maker can look into it for you.");

/// A number that was typed in and never issued.
pub const NO_SUCH_NUMBER: Text = Text("没有这个编号", "There is no such number");
pub const MISTYPED: [Text; 2] = [
    Text(
        "请逐字核对再输一次：没有数字0和1，像1的都是字母I，像0的都是字母O。",
        "Compare each character and type it again: there is no digit 0 or 1; what looks like 1 \
         is the letter I, and what looks like 0 is the letter O.",
    ),
    Text(
        "核对无误仍是这个结果，标签就不是登记企业发出的：先别使用，留好商品和小票，可拨打12315反映。",
        "If it is right and the answer stays, no registered maker issued the label: do not use it, \
         keep item and receipt, and call 12315.",
    ),
];

/// What else there is to scan behind a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inside {
    Nothing,
    /// The code under the cap or scratch layer.
    Code,
    /// The items of a case.
    Items,
}

/// What to do next, in order.
pub fn next_steps(outcome: Outcome, first: &Reason, inside: Inside) -> Vec<Text> {
    let (seal, inner) = match inside {
        Inside::Nothing => (SEALED, None),
        Inside::Code => (SEALED, Some(INNER)),
        Inside::Items => (CASE_SEALED, Some(CASE_ITEMS)),
    };
    match (outcome, first.slug()) {
        (Outcome::Genuine, _) => [Some(seal), inner].into_iter().flatten().collect(),
        (Outcome::SeenBefore, _) => {
            [Some(FITS), Some(DOES_NOT_FIT), inner].into_iter().flatten().collect()
        }
        (Outcome::NotGenuine, "malformed") => vec![SCAN_AGAIN],
        (Outcome::Suspect | Outcome::NotGenuine, _) => vec![KEEP, ASK_SELLER],
        (Outcome::Withdrawn, "recalled") => vec![FOLLOW_RECALL, RECEIPT],
        (Outcome::Withdrawn, _) => vec![KEEP, ASK_SELLER],
        (Outcome::NotOnSale, "spoiled" | "planted") => vec![ASK_WHENCE, RECEIPT],
        (Outcome::NotOnSale, _) => vec![TELL_SELLER, RECEIPT],
        (Outcome::CannotConfirm, "serial_only") => vec![SCAN_SYMBOL, ASK_MAKER],
        (Outcome::CannotConfirm, "no_signature") => vec![FITS_IF_ANY, seal, RECEIPT, ASK_MAKER],
        (Outcome::CannotConfirm, "several_makers") => vec![CHOOSE_MAKER],
        (Outcome::CannotConfirm, "key_revoked") => vec![RECEIPT, ASK_MAKER],
        (Outcome::CannotConfirm, _) => vec![LATER, RECEIPT],
    }
}

// The complaints line, where the answer is not a good one.
pub const CALL_BEFORE: Text = Text("拨打", "Call ");
pub const CALL_AFTER: Text = Text(
    "（消费者投诉举报热线），报上下面的参考号。",
    " (consumer complaints line) and read out the reference below.",
);
pub const CALL_AFTER_ALONE: Text = Text("（消费者投诉举报热线）。", " (consumer complaints line).");
