//! The officer's console: typed view of a case's packages of evidence.

use askama::Template;

use crate::auth::office::Seat;
use crate::web::console::Frame;
use crate::web::text::Text;

pub const fn seat(seat: Seat) -> Text {
    match seat {
        Seat::Officer => Text("办案人员", "officer"),
        Seat::Supervisor => Text("办案负责人", "supervisor"),
        Seat::Legal => Text("法制审核", "legal"),
        Seat::Auditor => Text("监督", "auditor"),
    }
}

/// A package that lies ready.
pub struct BuiltLine {
    pub size: String,
    pub files: u32,
    pub sha256: String,
    pub key: String,
    /// By whom it was dated and when, or why not.
    pub dated: String,
    pub downloads: u64,
}

pub struct PackageLine {
    pub name: String,
    pub path: String,
    pub entries: u32,
    pub by: String,
    pub asked: String,
    pub problem: Option<String>,
    pub built: Option<BuiltLine>,
}

#[derive(Template)]
#[template(path = "console/evidence.html")]
pub struct EvidencePage {
    pub f: Frame,
    pub case: String,
    pub number: String,
    pub title: String,
    pub entries: u32,
    /// Whether who looks may ask for one.
    pub wants: bool,
    /// Whether what was just asked for was made before.
    pub same: bool,
    pub packages: Vec<PackageLine>,
}
