//! From a code to what a printer takes: the QR symbol, pictures, sheets, and
//! the engine that issues a whole order.
//!
//! No storage and no clock: what an order yields depends on its inputs alone.

mod penalty;
pub mod png;
pub mod svg;
pub mod symbol;

pub use png::png;
pub use svg::svg;
pub use symbol::{Symbol, SymbolError};
