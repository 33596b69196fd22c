//! Traceability: what is done with bottles, cases and pallets, as EPCIS 2.0
//! events, and what follows from them: which case holds a bottle, what a
//! pallet holds, where it is.
//!
//! [`Event`] is the one form in which everything arrives, from hand scanners
//! ([`mod@line`]), files of a shift ([`shift`]), other systems ([`capture`]) and
//! the console. [`rules`] decide, without I/O, whether it is possible; the
//! ledger keeps it as a row, and the state of each unit it touched as another.
//! [`document`] writes it as JSON-LD.
//!
//! Many bottles at once are a [`Range`] of running numbers, so that a day's
//! bottling is one event. Only what is packed, and so moves on its own, has a
//! row for each. Not here: the labels themselves (`registry`), and what buyers
//! scanned (`scan`).

mod act;
pub mod capture;
pub mod document;
pub mod epc;
pub mod event;
pub mod line;
pub mod milestones;
pub mod place;
pub mod port;
mod refusal;
pub mod rules;
pub mod service;
pub mod shift;
mod unit;

pub use act::{Act, EventType, Hands};
pub use event::Event;
pub use refusal::{Refusal, name};
pub use unit::{Range, Unit, UnitKind};

#[cfg(test)]
mod tests;
