//! Pages: templates, their typed views, texts and static files. Knows what an
//! answer is and nothing of requests.
//!
//! A page is complete in one response: its style stands in the page and is
//! allowed by its hash ([`style::HASH`]). Two pages alone need scripts, since they
//! work while the network is down: the packing line's, and the officer's on the
//! spot.

pub mod account;
pub mod assets;
pub mod book;
pub mod buyers_reports;
pub mod cases;
pub mod check;
pub mod console;
pub mod county;
pub mod dossier;
pub mod evidence;
pub mod exports;
pub mod fault;
pub mod figures;
pub mod handoff;
pub mod home;
pub mod inquiries;
pub mod journey;
pub mod leads;
pub mod lists;
pub mod map;
pub mod message;
pub mod officer;
pub mod overview;
pub mod own;
pub mod people;
pub mod place;
pub mod products;
pub mod proof;
pub mod recall;
pub mod report;
pub mod report_paper;
pub mod style;
pub mod text;
pub mod trace;
pub mod trail;
pub mod verdict;
pub mod visits;
pub mod webhooks;
