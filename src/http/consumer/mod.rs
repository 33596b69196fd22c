//! What buyers use: the page of a code, the form, the home page, the same answer
//! as JSON; and what a printer sees who scans a proof.

pub mod answer;
pub mod ask;
pub mod busy;
pub mod check;
pub mod counts;
pub mod direct;
pub mod home;
pub mod page;
pub mod preview;
pub mod proof;
mod recent;
pub mod report;
pub mod scans;
pub mod visit;
