//! Ground layer: time, randomness, bounds, names of places. Nothing here knows
//! what a code is.

pub mod by;
pub mod cidr;
pub mod clock;
mod hex;
#[cfg(feature = "server")]
pub mod ids;
pub mod lang;
#[cfg(feature = "server")]
pub mod ledger_error;
pub mod limits;
#[cfg(feature = "server")]
pub mod line;
pub mod near;
#[cfg(feature = "server")]
pub mod places;
pub mod rng;
#[cfg(feature = "server")]
pub mod seal;

pub use by::{By, Origin};
pub use cidr::Cidr;
pub use clock::{Clock, UnixMs};
pub use hex::hex;
pub use lang::Lang;
#[cfg(feature = "server")]
pub use ledger_error::{FieldError, GROUNDS_CHARACTERS_MAX, LedgerError, grounds, remark};
#[cfg(feature = "server")]
pub use line::{is_a_formula, line, misleads};
pub use near::Near;
