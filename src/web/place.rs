//! What is known of a town or province: typed view of its page.

use std::sync::Arc;

use askama::Template;

use crate::dossier::unknown::UnknownThere;
use crate::web::console::Frame;
use crate::web::dossier::ReportLink;
use crate::web::leads::LeadLine;
use crate::web::map::Map;
use crate::web::overview::Shape;

/// A flagged label that was scanned there.
pub struct FlagLine {
    pub serial: String,
    pub product: String,
    pub batch: String,
    pub why: String,
    pub risk: String,
    pub scans: u64,
    pub updated: String,
}

/// One thing that happened there.
pub struct EventLine {
    pub at: String,
    pub what: &'static str,
    pub says: String,
    pub href: Option<String>,
}

/// A visit or a case of the office: address, name, and what is said of it.
pub struct WorkLine {
    pub href: String,
    pub name: String,
    pub at: String,
    pub says: String,
}

#[derive(Template)]
#[template(path = "console/place.html")]
pub struct PlacePage {
    pub f: Frame,
    pub name: String,
    /// GB/T 2260, four digits.
    pub code: u16,
    pub leads: Vec<LeadLine>,
    /// There are more.
    pub more_leads: bool,
    pub flags: Vec<FlagLine>,
    /// Where else the flagged labels were met: provinces, and how many of them.
    pub map: Arc<Map>,
    pub shapes: Vec<Shape>,
    pub met: Vec<(String, u64)>,
    /// Day, kind, batch that was named, how many.
    pub forged: Vec<(String, &'static str, String, u64)>,
    pub reports: Vec<ReportLink>,
    pub visits: Vec<WorkLine>,
    pub cases: Vec<WorkLine>,
    /// Latest first.
    pub events: Vec<EventLine>,
    pub unknown: Vec<String>,
}

/// What the record of a place does not tell, in a sentence.
pub fn unknown_there(what: UnknownThere) -> (String, String) {
    let plain = |zh: &str, en: &str| (zh.to_owned(), en.to_owned());
    match what {
        UnknownThere::Where => plain(
            "查询的地点按网络推定，最细到地级市：在哪条街、哪家店，不知道。",
            "Scans are placed by their network, in a prefecture at best: in which street or shop, \
             nobody knows.",
        ),
        UnknownThere::Town => plain(
            "只定位到省的查询也在其中，在哪个市不知道。",
            "Scans that are known by their province alone are in it: in which town, nobody knows.",
        ),
        UnknownThere::Reports { without } => (
            format!("另有{without}份举报地区不详，其中可能有这里的。"),
            format!("{without} more reports are of no known place: some may be of here."),
        ),
        UnknownThere::Visit => {
            plain("本局还没有在这里做过现场检查。", "No officer of this office has been there.")
        }
        UnknownThere::Forgers => plain(
            "伪造的码按日计数，不逐条保留：多少人扫过，不知道。",
            "Forged codes are counted by day and not kept: how many people scanned them, nobody \
             knows.",
        ),
        UnknownThere::Others => plain(
            "其他局在这里的检查和案件归该局，这里看不到。",
            "What other offices found there is theirs, and not shown here.",
        ),
    }
}
