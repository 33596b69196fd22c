//! The note of an answer as a paper that goes with a complaint. It says what a
//! query was told, and of nobody that they did anything.

use crate::base::Lang;
use crate::document::{Paper, Picture};
use crate::label::png::png;
use crate::label::symbol::Symbol;
use crate::web::report::NoteText;

/// Dots of the picture a module of its symbol, and its width on paper.
const MODULE_DOTS: u32 = 8;
const SYMBOL_MM: f32 = 32.0;

/// `check` has its dashes; `url` is where the note is verified. The same note
/// gives the same bytes.
pub fn paper(says: &NoteText, check: &str, url: &str, lang: Lang) -> Vec<u8> {
    let t = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    let title = t("标签查询记录", "Note of a label's query");
    let footer = format!("{} {check}", t("校验码", "Check value"));
    let mut paper = Paper::new(title, &footer, lang);
    paper.title(title);
    paper.paragraph(t(
        "以下为一枚商品标签在“真码”系统中的一次查询结果，由查询人自愿保存。",
        "This is what one query of a product's label was told by Zhenma, kept at the wish of \
         whoever asked.",
    ));
    paper.heading(t("查询结果", "What the query was told"));
    paper.paragraph(&says.headline);
    paper.fields(&says.rows);
    paper.heading(t("核验", "How to verify it"));
    let how = t(
        "打开下面的网址或扫描二维码，页面会显示本记录原有的内容；与本文件不一致的，以页面为准。\
         查不到的，本文件不是本系统出具的，或者内容已被改动。",
        "Open the address below or scan the symbol: the page says what this note said. Where this \
         paper says otherwise, the page holds. If nothing is found, the paper was not made here \
         or was changed.",
    );
    paper.paragraph(how);
    paper.fields(&[
        (t("校验码", "Check value"), check.to_owned()),
        (t("网址", "Address"), url.to_owned()),
    ]);
    // An address is short: it always has a symbol.
    let symbol = Symbol::of(url).ok().map(|symbol| png(&symbol, MODULE_DOTS, None));
    if let Some(picture) = symbol.and_then(|png| Picture::read(&png).ok()) {
        paper.picture(picture, SYMBOL_MM, t("扫码核验", "Scan to verify"));
    }
    paper.heading(t("说明", "What it is and is not"));
    for says in [
        t(
            "一、本记录只说明上述时间对上述标签的查询结果，不是检验报告，不认定商品真假，\
             也不认定任何单位或个人有违法行为。",
            "1. It says what a query of this label was told at this time. It is no test of the \
             goods, says nothing of whether they are genuine, and of nobody that they broke a law.",
        ),
        t(
            "二、首次查询只列日期和地区。标签若被复制，最先被查询的也可能是复制的一枚。",
            "2. Of the first query its day and region alone are told. If a label was copied, the \
             one that was queried first may be a copy too.",
        ),
        t(
            "三、商品信息为企业当时的登记内容，此后可能有变化。",
            "3. The product is given as its maker had registered it then; that may have changed.",
        ),
        t(
            "四、可随12315投诉举报材料一并提交；执法人员可凭查询参考号调取记录。",
            "4. It may go with a complaint to 12315; officers find the record by the reference.",
        ),
    ] {
        paper.small(says);
    }
    paper.finish()
}
