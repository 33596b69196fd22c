//! From a code to what a printer takes: the QR symbol, pictures, sheets, and
//! the engine that issues a whole order.
//!
//! No storage and no clock: what an order yields depends on its inputs alone.

mod penalty;
pub mod png;
pub mod sheet;
pub mod svg;
pub mod symbol;
mod typeface;

pub use png::png;
pub use sheet::sheet;
pub use svg::svg;
pub use symbol::{Symbol, SymbolError};
