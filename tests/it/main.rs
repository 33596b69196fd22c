//! The integration tests, in one binary because each one links everything.

mod need;
mod store_contract;
mod tidy;
