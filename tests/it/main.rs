//! The integration tests, in one binary because each one links everything.

mod api;
mod authz;
mod consoles;
mod demo;
mod doctor;
mod faults;
mod format;
mod http_bed;
mod http_browser;
mod http_log;
mod http_ops;
mod http_page;
mod http_scans;
mod keys;
mod kills;
mod labels;
mod need;
mod openapi;
mod orders;
mod outages;
mod redis_server;
mod registry;
mod site;
mod staff_bed;
mod store_contract;
mod tidy;
