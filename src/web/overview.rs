//! What an enterprise sees of its goods at a glance: typed views.

use std::sync::Arc;

use askama::Template;

use crate::registry::movement::Account;
use crate::web::console::{Bar, Frame, Typed};
use crate::web::map::Map;
use crate::web::text::Text;

pub const fn account(account: Account) -> Text {
    match account {
        Account::Issued => Text("已发码，未印", "issued, not printed"),
        Account::Printed => Text("已印，未贴", "printed, not applied"),
        Account::Spoiled => Text("印废", "spoiled"),
        Account::Applied => Text("已贴，未启用", "applied, not on sale"),
        Account::Returned => Text("退回", "returned"),
        Account::Destroyed => Text("销毁", "destroyed"),
        Account::Activated => Text("已启用", "on sale"),
        Account::Held => Text("暂扣", "held"),
    }
}

/// What a reason is about, in few words.
pub fn kind(reason: &str) -> Text {
    match reason {
        "too_many_independent_scans" => Text("查询的人太多", "too many people"),
        "neighbours_elsewhere" => Text("邻号在别处集中出现", "neighbours turn up elsewhere"),
        "places_too_far_apart" => Text("地点相距太远", "places too far apart"),
        "many_at_once" => Text("短时间内多次查询", "many at once"),
        "officer_found_copied" => Text("执法人员认定复制", "found copied by an officer"),
        "foreign_host" => Text("网址不是本站的", "another site's address"),
        _ => Text("其他", "other"),
    }
}

pub struct Share {
    pub name: String,
    pub count: u64,
    /// Of the largest, 0 to 100.
    pub percent: u64,
}

impl Share {
    /// A bar each, the longest for the largest count.
    pub fn of(counts: Vec<(String, u64)>) -> Vec<Self> {
        let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
        let share = |(name, count)| Self { name, count, percent: (count * 100).div_ceil(most) };
        counts.into_iter().map(share).collect()
    }
}

pub struct ProvinceLine {
    pub name: String,
    /// Buyers' scans in the days shown.
    pub scans: u64,
    /// Labels first scanned there, ever.
    pub firsts: u64,
}

/// A province on the map.
pub struct Shape {
    pub path: String,
    /// Its name in few letters, and where that stands.
    pub label: String,
    pub x: f64,
    pub y: f64,
    /// `Henan: 1204`
    pub title: String,
    /// 0 none, 1 few to 5 most.
    pub step: u8,
}

/// A province to which was shipped, or in which was scanned what was shipped.
pub struct FlowLine {
    pub name: String,
    pub shipped: u64,
    pub firsts: u64,
    /// Of the largest of either, 0 to 100.
    pub shipped_percent: u64,
    pub firsts_percent: u64,
}

pub struct LotFlowLine {
    pub batch: String,
    pub lot: String,
    pub shipped: u64,
    pub firsts: u64,
    /// `Henan 120 / 34`
    pub by_province: Vec<String>,
}

pub struct LotLine {
    pub batch: String,
    pub lot: String,
    pub destination: String,
    pub labels: u32,
    pub outside: u32,
    /// Share outside, and its interval of 95 %.
    pub share: String,
    pub usual: String,
    pub most: String,
    pub chance: String,
    pub unusual: bool,
    pub replies: Vec<String>,
}

pub struct IdleLine {
    pub batch: String,
    pub lot: String,
    pub product: String,
    pub days: i64,
}

pub struct AccusedLine {
    pub serial: String,
    pub batch: String,
    pub why: String,
}

/// Labels that an office took off sale.
pub struct BlockedLine {
    pub batch: String,
    pub first: u64,
    pub last: u64,
    pub reason: String,
    pub since: String,
    pub until: String,
}

#[derive(Template)]
#[template(path = "console/overview.html")]
pub struct OverviewPage {
    pub f: Frame,
    pub accounts: Vec<Share>,
    pub bars: Vec<Bar>,
    pub busiest: u64,
    pub scans: u64,
    pub first_day: String,
    pub last_day: String,
    pub map: Arc<Map>,
    pub shapes: Vec<Shape>,
    pub provinces: Vec<ProvinceLine>,
    pub blocked: Vec<BlockedLine>,
    pub accused: Vec<AccusedLine>,
    pub kinds: Vec<(String, u64)>,
    pub idle: Vec<IdleLine>,
    /// Days after which a batch is idle.
    pub idle_days: i64,
    pub flows: Vec<FlowLine>,
    pub lot_flows: Vec<LotFlowLine>,
    pub lots: Vec<LotLine>,
    /// Made with the form of a reply.
    pub reply_id: String,
    pub reply: Typed,
    /// Whether whoever looks may reply.
    pub replies: bool,
}

/// 0 none, 1 to 5 by fifths of the largest.
pub fn step(count: u64, most: u64) -> u8 {
    let fifth = (count * 5).div_ceil(most.max(1));
    u8::try_from(fifth.min(5)).unwrap_or(5)
}
