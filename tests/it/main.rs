//! The integration tests, in one binary because each one links everything.

mod faults;
mod format;
mod keys;
mod kills;
mod labels;
mod need;
mod orders;
mod outages;
mod redis_server;
mod registry;
mod site;
mod store_contract;
mod tidy;
