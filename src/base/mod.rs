//! Ground layer: time, randomness, bounds. Nothing here knows what a code is.

pub mod clock;
#[cfg(feature = "server")]
pub mod ids;
pub mod limits;
pub mod rng;

pub use clock::{Clock, UnixMs};
