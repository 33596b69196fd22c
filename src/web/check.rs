//! The page on the spot: its frame. What stands in it its scripts fill in.

use askama::Template;

use crate::scan::Outcome;
use crate::visits::measure::Act;
use crate::web::console::Frame;
use crate::web::verdict::icon;

#[derive(Template)]
#[template(path = "console/check.html")]
pub struct CheckPage {
    pub f: Frame,
    /// Tells one account's records from another's; empty in the kept copy.
    pub account: String,
    /// Whose page it is; empty in the kept copy.
    pub login: String,
    /// GB/T 2260 of the officer's office; 0: anywhere.
    pub region: u16,
    /// Where the keys are published that sign kits.
    pub office_keys: &'static str,
    /// Slug and name of every measure.
    pub acts: Vec<(&'static str, &'static str)>,
    /// Slug and drawing of every outcome.
    pub icons: Vec<(&'static str, &'static str)>,
}

impl CheckPage {
    pub fn new(f: Frame, login: String, account: String, region: u16) -> Self {
        let icons = Outcome::ALL.map(|outcome| (outcome.slug(), icon(outcome))).to_vec();
        let acts = Act::OFFERED.map(|act| (act.slug(), act.text(f.lang))).to_vec();
        let office_keys = "/.well-known/office-jwks.json";
        Self { f, account, login, region, office_keys, acts, icons }
    }
}
