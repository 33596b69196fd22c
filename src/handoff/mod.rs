//! The hand-off of ordered labels to a printing house: who it is, the sealed
//! package that it picks up, what it reports, and the quality office's word on
//! the roll that comes back.
//!
//! A package belongs to one order. It is sealed (see [`seal`]) to a key that we
//! do not have, carries spare labels among which some are planted (see
//! [`spares`]), and is picked up three times at most. What leaks is told by the
//! planted code that somebody meets. Not here: making labels (`label`), the
//! states of labels (`registry`), pages (`http`).

pub mod alarm;
pub mod bundle;
pub mod house;
pub mod package;
pub mod papers;
pub mod port;
pub mod report;
pub mod seal;
pub mod secret;
pub mod settings;
pub mod sign_off;
pub mod spares;

pub use house::{NewPrintHouse, PrintHouse};
pub use package::{Download, Package, Refusal};
pub use settings::Settings;
