//! The integration tests, in one binary because each one links everything.

mod tidy;
