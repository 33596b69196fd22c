//! Visits on the spot: typed views of their pages.

use askama::Template;

use crate::base::Lang;
use crate::visits::record::{Sampling, SignedAs};
use crate::web::console::{Frame, Typed};
use crate::web::text::Text;

pub const fn sampling(sampling: Sampling) -> Text {
    match sampling {
        Sampling::Random => Text("随机抽取", "picked at random"),
        Sampling::Picked => Text("人工选取", "chosen"),
        Sampling::All => Text("全部查验", "all units"),
    }
}

pub const fn signed_as(role: SignedAs) -> Text {
    match role {
        SignedAs::Seller => Text("当事人", "seller"),
        SignedAs::Officer => Text("检查人员", "officer"),
        SignedAs::Witness => Text("见证人", "witness"),
    }
}

/// Whether label and goods belong together; nothing where nobody said.
pub const fn matches(matches: Option<bool>) -> Text {
    match matches {
        Some(true) => Text("相符", "match"),
        Some(false) => Text("不符", "do not match"),
        None => Text("", ""),
    }
}

pub fn kind(slug: &str, lang: Lang) -> &'static str {
    let (zh, en) = match slug {
        "visit" => ("开始检查", "visit begun"),
        "check" => ("查验标签", "label checked"),
        "photo" => ("拍照", "photo"),
        "seal" => ("登记物品", "goods listed"),
        "sweep" => ("抽查", "sweep"),
        "signature" => ("签名", "signature"),
        _ => ("记录", "note"),
    };
    lang.pick(zh, en)
}

pub struct VisitLine {
    pub id: String,
    pub at: String,
    pub seller: String,
    pub region: String,
    pub by: String,
    pub checks: u32,
    pub photos: u32,
    pub seals: u32,
    pub overtaken: u32,
    pub cases: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "console/visits.html")]
pub struct VisitsPage {
    pub f: Frame,
    pub visits: Vec<VisitLine>,
    /// Where the next page begins.
    pub next: Option<u64>,
}

pub struct SweepView {
    pub sentence: String,
    pub bad: bool,
    pub plan: String,
    pub caveats: Vec<String>,
}

pub struct CheckLine {
    pub at: String,
    pub code: String,
    /// Where the label was issued.
    pub path: Option<String>,
    pub shown: &'static str,
    pub shown_class: String,
    /// What the register said on arrival, where it was something else.
    pub now: Option<String>,
    pub quantity: u32,
    pub matches: &'static str,
    pub note: String,
    pub photos: Vec<PictureView>,
    pub offline: bool,
}

pub struct PictureView {
    pub hash: String,
    pub short: String,
    pub at: String,
    pub caption: String,
    /// The file has come.
    pub there: bool,
}

pub struct SealLine {
    pub act: &'static str,
    pub what: String,
    pub quantity: String,
    pub seal_number: String,
    pub kept_at: String,
    pub codes: Vec<String>,
}

pub struct SignatureView {
    pub role: &'static str,
    pub signer: String,
    pub at: String,
    pub refused: bool,
    pub picture: Option<PictureView>,
}

pub struct EventLine {
    pub phone_clock: String,
    pub server_clock: String,
    pub received: String,
    pub kind: &'static str,
    pub says: String,
    pub circumstances: String,
    pub overtaken: bool,
    pub hash: String,
}

#[derive(Template)]
#[template(path = "console/visit.html")]
pub struct VisitPage {
    pub f: Frame,
    pub id: String,
    pub seller: String,
    pub facts: Vec<(&'static str, String)>,
    pub cases: Vec<(String, String)>,
    pub overtaken: usize,
    pub sweeps: Vec<SweepView>,
    pub checks: Vec<CheckLine>,
    pub seals: Vec<SealLine>,
    pub photos: Vec<PictureView>,
    /// Whether who was there, who signed and where exactly it was is shown.
    pub persons: bool,
    pub signatures: Vec<SignatureView>,
    pub notes: Vec<(String, String)>,
    pub timeline: Vec<EventLine>,
    /// The number of a case, as it was typed.
    pub number: Typed,
}
