//! What buyers use: the page of a code, the form, the home page, and the same
//! answer as JSON.

pub mod answer;
pub mod ask;
pub mod check;
pub mod home;
pub mod page;
pub mod preview;
pub mod scans;
pub mod visit;
