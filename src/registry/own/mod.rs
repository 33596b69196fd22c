//! Serials that an enterprise made itself: labels from before, without a
//! signature, known by a list that it imported.
//!
//! An import makes an ordinary [`crate::registry::Batch`] under the key number
//! [`crate::keys::KeyNumber::OWN`], so that all that is said of running numbers is
//! said of it unchanged; the running number of a serial is its place in the
//! import. What is new is the way from what stands on a label to that number: a
//! row a serial in the ledger ([`port`]). Nothing of it proves anything: whoever
//! reads a serial can copy it, whoever sees two can guess a third.
//!
//! Start at [`serial`] for how a serial is compared, [`maker`] for how it is
//! asked for, [`import`] for how a list gets in.

pub mod import;
pub mod lines;
pub mod maker;
pub mod port;
pub mod serial;
pub mod sort;

pub use maker::{Asked, Maker, Makers, OldAddress};
pub use serial::Case;
