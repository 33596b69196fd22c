//! The integration tests, in one binary because each one links everything.

mod api;
mod authz;
mod consoles;
mod decoders;
mod demo;
mod deploy;
#[path = "../../benches/distort.rs"]
mod distort;
mod doctor;
mod faults;
mod follower;
mod format;
mod http_bed;
mod http_browser;
mod http_log;
mod http_ops;
mod http_page;
mod http_proof;
mod http_scans;
mod keys;
mod kills;
mod label_kinds;
mod labels;
mod need;
mod openapi;
mod orders;
mod outages;
mod reading;
mod readme;
mod redis_server;
mod registry;
mod site;
mod staff_bed;
mod store_contract;
mod tidy;
mod zpl;
