//! The engine: an observation joins a code's history, and a pure judge turns
//! the history into a verdict.
//!
//! What it is not: it does not parse requests, render pages or know a store.
//! Start at [`service::Scanner::answer`], the walk of one scan.

pub mod across;
pub mod basis;
pub mod diversion;
mod examined;
pub mod forgeries;
pub mod fresh;
pub mod history;
pub mod hosting;
pub mod judge;
pub mod ledger;
pub mod observation;
pub mod own;
pub mod place;
pub mod policies;
pub mod port;
pub mod pressure;
pub mod profile;
pub mod reason;
pub mod replay;
pub mod retention;
mod review;
pub mod service;
pub mod signatures;
pub mod spread;
pub mod tags;
pub mod verdict;
pub mod walk;

pub use history::History;
pub use observation::{Channel, Marks, Observation, Spot, Tag48};
pub use place::Place;
pub use port::{CodeId, Cursor, Entry, LogId, Recorded, ScanState, StateError};
pub use verdict::{Assurance, Outcome, Reason, Verdict};
